"""The indexes that a schema declares, as CREATE INDEX; those that include fields are made by `extracts`.

An index is called `{collection}$${hash of its definition}`: equal definitions have equal names, so what is to be built
and dropped is a difference of sets. Expressions are those of `expressions`, so queries match them, and no stored
document can make a build fail. Start at `indexes`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import assert_never

from janua.model.collection import Collection, Index, IndexKey
from janua.query.limits import QueryLimits
from janua.query.plan import plan_predicate
from janua.sql import extracts, terms
from janua.sql.binds import Binds
from janua.sql.expressions import LONG_KEY, Row, is_long, json_at, key_of, text_at, words_at
from janua.sql.extracts import MARK
from janua.sql.filters import condition
from janua.sql.places import place_at
from janua.sql.selects import table
from janua.sql.statement import render
from janua.sql.terms import Tree, name, number, text

_NAME = re.compile(r".+\$\$[0-9a-f]{12}")

ONLY_TABLE = Row(None)
"""Index expressions name their table's columns without a table."""


@dataclass(frozen=True, slots=True)
class NamedIndex:
    """An index of a collection: `definition` is CREATE INDEX from the table's name on."""

    name: str
    collection: str
    index: Index
    definition: str

    def create(self, *, concurrently: bool = False) -> str:
        """Return CREATE INDEX; `concurrently` lets writers go on, and may not run in a transaction."""
        unique = "UNIQUE " if self.index.unique else ""
        online = "CONCURRENTLY " if concurrently else ""
        return f"CREATE {unique}INDEX {online}{render(name(self.name))} ON {self.definition}"

    def drop(self, *, concurrently: bool = False) -> str:
        """Return DROP INDEX, for an index that may be gone already."""
        return drop_index(self.name, concurrently=concurrently)


def indexes(collection: Collection) -> tuple[NamedIndex, ...]:
    """Return the declared indexes of a collection, each definition once."""
    found = (named_index(collection, each) for each in collection.indexes)
    return tuple({each.name: each for each in found}.values())


def named_index(collection: Collection, index: Index) -> NamedIndex:
    """Return an index with its name and definition."""
    if index.include:
        called = extracts.index_name(collection, index)
        return NamedIndex(called, collection.name, index, extracts.index_definition(collection, index))
    keys = ", ".join(_keys(collection, index))
    where = "" if index.where is None else f" WHERE {render(predicate(collection, index, ONLY_TABLE))}"
    method = "btree" if index.kind == "btree" else "gin"
    definition = f"{render(table(collection.name))} USING {method} ({keys}){where}"
    digest = sha256(f"{index.unique} {definition}".encode()).hexdigest()[:12]
    return NamedIndex(f"{collection.name}{MARK}{digest}", collection.name, index, definition)


def is_index_name(called: str) -> bool:
    """Return whether this is the name of a declared index, of any collection."""
    return _NAME.fullmatch(called) is not None


def collection_of(called: str) -> str:
    """Return the collection that a declared index belongs to."""
    return called.partition(MARK)[0]


def drop_index(called: str, *, concurrently: bool = False) -> str:
    """Return DROP INDEX by name, for an index that may be gone already."""
    online = "CONCURRENTLY " if concurrently else ""
    return f"DROP INDEX {online}IF EXISTS {render(table(called))}"


def predicate(collection: Collection, index: Index, row: Row) -> Tree:
    """Return the condition of a partial index, with its values written out; TRUE for a whole one."""
    if index.where is None:
        return terms.true()
    planned = plan_predicate(collection, index.where, QueryLimits())
    return condition(planned.plan, row, Binds(planned.values))


def unique_keys(collection: Collection, index: Index, row: Row) -> list[Tree]:
    """Return the key expressions of a unique index: long text by its first characters and a hash of all of it."""
    keys: list[Tree] = []
    for each in index.keys:
        place = place_at(collection, each.path)
        keys.append(key_of(row, place))
        if is_long(place.type) and not place.column:
            keys.append(_rest(text_at(row, place.path)))
    return keys


def unique_values(collection: Collection, index: Index, row: Row) -> list[Tree]:
    """Return the keys that have to be there for uniqueness to matter: one null among them makes a record distinct."""
    return [key_of(row, place_at(collection, each.path)) for each in index.keys]


def _keys(collection: Collection, index: Index) -> Sequence[str]:
    match index.kind:
        case "btree":
            return _btree_keys(collection, index)
        case "gin":
            return [_operand(json_at(ONLY_TABLE, each.path)) + " jsonb_path_ops" for each in index.keys]
        case "trigram":
            return [_operand(text_at(ONLY_TABLE, each.path)) + " gin_trgm_ops" for each in index.keys]
        case "fulltext":
            return [_operand(words_at(ONLY_TABLE, each.path)) for each in index.keys]
        case _:
            assert_never(index.kind)


def _btree_keys(collection: Collection, index: Index) -> Sequence[str]:
    if index.unique:
        # A descending key of a unique index would serve no page better: pages end with the id, which it lacks.
        return [_operand(each) for each in unique_keys(collection, index, ONLY_TABLE)]
    keys = [_operand(key_of(ONLY_TABLE, place_at(collection, each.path))) + _direction(each) for each in index.keys]
    return [*keys, render(name("id")) + _direction(index.keys[-1])]


def _direction(key: IndexKey) -> str:
    # Null is the largest value both ways, which is PostgreSQL's default.
    return " DESC" if key.descending else ""


def _operand(value: Tree) -> str:
    return f"({render(value)})"


def _rest(value: Tree) -> Tree:
    """Return a hash of a text that is longer than its key, and nothing for others.

    convert_to would be simpler, but is not immutable; decoding `escape` is, and gives the bytes of the text once its
    backslashes are doubled.
    """
    doubled = terms.call("replace", value, text("\\"), text("\\\\"))
    digest = terms.call("sha256", terms.call("decode", doubled, text("escape")))
    is_longer = terms.compare(terms.call("length", value), ">", number(LONG_KEY))
    return terms.case(is_longer, digest, terms.cast(text(""), "bytea"))
