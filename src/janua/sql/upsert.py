"""What an upsert goes by, and the statement that stores one record by it.

`Key` and `conflict_on` also serve the import (`staging`), which upserts as many lines as one likes.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from sqlglot import exp

from janua.model.collection import Collection, Index
from janua.query.parts import Part
from janua.sql import terms
from janua.sql.expressions import Row
from janua.sql.indexes import predicate, unique_keys
from janua.sql.parts import RECORD
from janua.sql.statement import Statement, render
from janua.sql.terms import name
from janua.sql.write import inserting, is_created, proposed, record_columns, replacing

Key = Index | Literal["id"]
"""What an upsert goes by: a unique index, or the id."""


def upsert_statement(collection: Collection, key: Key, shown: Part = RECORD) -> Statement:
    """Return the statement that stores a record or replaces the one of the same key: `$1` uuid, `$2` jsonb.

    A record that is replaced keeps its id. A row is `id` uuid, `version` int, `text` text, `created` boolean. Guarded
    as in `write`. PostgreSQL refuses it (invalid_column_reference) while the unique index is being built.
    """
    return _upsert(_Served(collection.name, collection.revision, collection), key, shown)


def conflict_on(collection: Collection, key: Key) -> exp.OnConflict:
    """Return `ON CONFLICT … DO UPDATE` by a key."""
    if key == "id":
        return replacing([name("id")])
    row = Row(None)
    where = None if key.where is None else predicate(collection, key, row)
    return replacing([terms.conflict_key(each) for each in unique_keys(collection, key, row)], where)


@dataclass(frozen=True, slots=True)
class _Served:
    """A collection as part of a key: there is one of a name and a revision."""

    name: str
    revision: int
    collection: Collection = field(compare=False)


@lru_cache(maxsize=256)
def _upsert(served: _Served, key: Key, shown: Part) -> Statement:
    collection = served.collection
    rows = proposed(collection.name, collection.version, collection.revision)
    returning = [*record_columns(shown), is_created()]
    return Statement(
        render(inserting(collection.name, rows, conflict=conflict_on(collection, key), returning=returning))
    )
