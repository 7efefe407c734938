"""Extracts: narrow tables with typed columns of a few fields, and the covering index on them, as DDL.

PostgreSQL answers from an index alone only where the index has columns, not expressions. So a covering index is not one
of the collection's table but of an extract, which has a row for each record: its id, and what `expressions` reads of
its document. Triggers keep it from the moment that it is made (`make`); what was there before is put in by batches
(`fill`, `patch`). So a row that is there is always right; rows may be missing until `is_complete`.

An extract is called after its index, `{collection}$${digest}$values`. Start at `columns_of`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from typing import assert_never

from janua.model.collection import Collection, Index, IndexKey, Path
from janua.model.extract import Extract
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.model.widths import key_width
from janua.sql import selects, terms
from janua.sql.expressions import Row, value_of
from janua.sql.places import place_at
from janua.sql.selects import table
from janua.sql.statement import quoted, render
from janua.sql.terms import Tree, cast, number, parameter, text
from janua.sql.triggers import LONGEST, part_name

MARK = "$$"
"""What stands between the name of a collection and the digest of a definition; relations have names between theirs."""
LONGEST_DATE = 10
RESERVED = ("id", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid")
"""Columns that every table of ours, or of PostgreSQL, has."""
TRIGGERS = ("inserted", "updated", "deleted", "emptied")
OFTEN = "autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_vacuum_scale_factor = 0.05"
"""An index answers alone only for pages that a vacuum has seen since they were written; an extract has few of them."""

CHANGED = Row("changed", typed=False)


@dataclass(frozen=True, slots=True)
class HeldColumn:
    """A column of an extract: its name, its SQL type, and the expression that it holds of a record `changed`."""

    name: str
    path: Path
    type: str
    expression: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What an extract is called, and what belongs to it, by the name of its index."""

    index: str

    @property
    def collection(self) -> str:
        """The collection that it is of."""
        return self.index.partition(MARK)[0]

    @property
    def table(self) -> str:
        """The extract itself."""
        return self._named("values")

    @property
    def primary(self) -> str:
        """Its primary key."""
        return self._named("pkey")

    @property
    def function(self) -> str:
        """The function of its triggers."""
        return self._named("kept")

    @property
    def triggers(self) -> tuple[str, ...]:
        """The triggers on the table of the collection."""
        return tuple(self._named(each) for each in TRIGGERS)

    def _named(self, part: str) -> str:
        digest = self.index.partition(MARK)[2]
        return part_name(self.collection, f"${digest}", part)


def index_name(collection: Collection, index: Index) -> str:
    """Return the name of a covering index: of all that its extract is made of."""
    columns = [(each.name, each.type, each.expression) for each in columns_of(collection, index)]
    directions = [each.descending for each in index.keys]
    digest = sha256(repr((collection.name, columns, directions)).encode()).hexdigest()[:12]
    return f"{collection.name}{MARK}{digest}"


def extract_of(collection: Collection, index: Index) -> Extract:
    """Return the extract of a covering index, as queries know it."""
    columns = tuple((each.path, each.name) for each in columns_of(collection, index))
    return Extract(Parts(index_name(collection, index)).table, columns)


def covering(collection: Collection) -> dict[str, Extract]:
    """Return the extracts that a collection declares, by the names of their indexes."""
    declared = [each for each in collection.indexes if each.include]
    return {index_name(collection, each): extract_of(collection, each) for each in declared}


def index_definition(collection: Collection, index: Index) -> str:
    """Return CREATE INDEX of a covering index from the table's name on.

    What is included is a key, too: so the smallest and largest values of the first of it are at the edges of what the
    index has for its declared keys.
    """
    columns = {each.path: quoted(each.name) for each in columns_of(collection, index)}
    keys = [columns[each.path] + _direction(each) for each in index.keys]
    included = [columns[each] for each in index.include]
    held = Parts(index_name(collection, index)).table
    return f"{render(table(held))} USING btree ({', '.join((*keys, *included))})"


def columns_of(collection: Collection, index: Index) -> list[HeldColumn]:
    """Return the columns of an extract besides the id: the keys of its index, then what is included."""
    found: list[HeldColumn] = []
    for path in (*(each.path for each in index.keys), *index.include):
        place = place_at(collection, path)
        type, value = _bounded(place.type, value_of(CHANGED, place))
        found.append(HeldColumn(_column_name(path, len(found), found), path, type, render(value)))
    return found


def make(collection: Collection, index: Index) -> list[str]:
    """Return the statements that make an extract, empty, with its index and triggers: writers are to be kept out."""
    parts, columns = Parts(index_name(collection, index)), columns_of(collection, index)
    held = "".join(f", {quoted(each.name)} {each.type}" for each in columns)
    id = f'"id" uuid CONSTRAINT {quoted(parts.primary)} PRIMARY KEY'
    owner, function = render(table(collection.name)), f"{render(table(parts.function))}()"
    inserted, updated, deleted, emptied = (quoted(each) for each in parts.triggers)
    each_statement = f'REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION {function}'
    return [
        f"CREATE TABLE {render(table(parts.table))} ({id}{held}) WITH ({OFTEN})",
        f"CREATE INDEX {quoted(parts.index)} ON {index_definition(collection, index)}",
        f"CREATE OR REPLACE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS {_body(parts, columns)}",
        f"CREATE TRIGGER {inserted} AFTER INSERT ON {owner} {each_statement}",
        f"CREATE TRIGGER {updated} AFTER UPDATE ON {owner} {each_statement}",
        f"CREATE TRIGGER {deleted} AFTER DELETE ON {owner} FOR EACH ROW EXECUTE FUNCTION {function}",
        f"CREATE TRIGGER {emptied} AFTER TRUNCATE ON {owner} FOR EACH STATEMENT EXECUTE FUNCTION {function}",
    ]


def drop(index: str) -> list[str]:
    """Return the statements that remove an extract, or what is left of it, by the name of its index."""
    parts = Parts(index)
    return [
        f"DROP FUNCTION IF EXISTS {render(table(parts.function))}() CASCADE",
        f"DROP TABLE IF EXISTS {render(table(parts.table))}",
    ]


def fill_all(collection: Collection, index: Index) -> str:
    """Return the statement that puts all records into an extract: writers are to be kept out."""
    return _put(collection, index, render(table(collection.name, "changed")))


def fill(collection: Collection, index: Index) -> str:
    """Return the statement that puts the next records in order of id into an extract: `$1` uuid after, `$2` bigint.

    One row: `last`, the id of the last of them as text, null when there are no more. Those that somebody is writing
    right now are left out, so that nobody waits for anybody in a circle (see `patch`).
    """
    after = terms.compare(CHANGED.column("id"), ">", cast(parameter(1), "uuid"))
    return _batch(collection, index, after, parameter(2))


def patch(collection: Collection, index: Index) -> str:
    """Return the statement that puts records which an extract lacks into it: `$1` bigint, how many; as `fill`."""
    return _batch(collection, index, _is_missing(collection, index), parameter(1))


def is_complete(collection: Collection, index: Index) -> str:
    """Return the query whether an extract has all records: one boolean."""
    missing = selects.select(number(1), source=table(collection.name, "changed"), where=_is_missing(collection, index))
    return render(selects.select(terms.negated(selects.exists(missing))))


def differences(collection: Collection, index: Index) -> str:
    """Return the query that counts records of which an extract does not have what their documents say."""
    columns = columns_of(collection, index)
    held, owner = render(table(extract_of(collection, index).table, "held")), render(table(collection.name, "changed"))
    ours = ['"held"."id"', *(f'"held".{quoted(each.name)}' for each in columns)]
    theirs = ['"changed"."id"', *(each.expression for each in columns)]
    return (
        f'SELECT count(*) FROM {owner} FULL JOIN {held} ON "held"."id" = "changed"."id" '  # noqa: S608 -- quoted names
        f"WHERE {_is_other(ours, theirs)}"
    )


def vacuum(index: str) -> str:
    """Return the statement after which the index answers alone, and PostgreSQL knows what is in it."""
    return f"VACUUM (ANALYZE) {render(table(Parts(index).table))}"


def _batch(collection: Collection, index: Index, where: Tree, limit: Tree) -> str:
    rows = selects.select(
        CHANGED.column("id"),
        CHANGED.column("data"),
        source=table(collection.name, "changed"),
        where=where,
        order=[selects.ordered(CHANGED.column("id"), descending=False, nulls_first=False)],
        limit=cast(limit, "bigint"),
    )
    return (
        f'WITH "changed" AS MATERIALIZED ({render(rows)} FOR SHARE OF "changed" SKIP LOCKED), '  # noqa: S608 -- rendered
        f'"put" AS ({_put(collection, index, "changed")}) '
        'SELECT max("id"::text) AS "last" FROM "changed"'
    )


def _put(collection: Collection, index: Index, source: str) -> str:
    columns = columns_of(collection, index)
    into = render(table(extract_of(collection, index).table))
    names = ", ".join(['"id"', *(quoted(each.name) for each in columns)])
    values = ", ".join(['"changed"."id"', *(each.expression for each in columns)])
    return f"INSERT INTO {into} ({names}) SELECT {values} FROM {source} ON CONFLICT DO NOTHING"  # noqa: S608 -- quoted names


def _body(parts: Parts, columns: list[HeldColumn]) -> str:
    """Return the trigger function: what a statement wrote is put in, and written again only where it is another value.

    By its id each time, so that no plan that is kept for one record is a bad one for many, or the other way round.
    """
    into, names = render(table(parts.table)), [quoted(each.name) for each in columns]
    listed = ", ".join(['"id"', *names])
    values = ", ".join(['"changed"."id"', *(each.expression for each in columns)])
    changes = ", ".join(f"{each} = excluded.{each}" for each in names)
    before, after = ([f"{of}.{each}" for each in names] for of in ('"held"', "excluded"))
    put = (
        f'INSERT INTO {into} AS "held" ({listed}) SELECT {values} FROM "changed" '  # noqa: S608 -- quoted names
        f'ON CONFLICT ("id") DO UPDATE SET {changes} WHERE {_is_other(before, after)}'
    )
    gone = f'DELETE FROM {into} AS "held" WHERE "held"."id" = old."id"'  # noqa: S608 -- a quoted name
    choices = f"IF TG_OP = 'DELETE' THEN {gone}; ELSIF TG_OP = 'TRUNCATE' THEN TRUNCATE {into}; ELSE {put}; END IF"
    return render(text(f"BEGIN {choices}; RETURN NULL; END"))


def _is_other(values: Iterable[str], others: Iterable[str]) -> str:
    """Return the comparison of rows to the last bit: 1.0 and 1.00 are equal numbers, but not the same text."""
    before, after = (f"CAST(ROW({', '.join(each)}) AS record)" for each in (values, others))
    return f"{before} OPERATOR(pg_catalog.*<>) {after}"


def _is_missing(collection: Collection, index: Index) -> Tree:
    held = Row("held")
    same = terms.compare(held.column("id"), "=", CHANGED.column("id"))
    source = table(extract_of(collection, index).table, "held")
    return terms.negated(selects.exists(selects.select(number(1), source=source, where=same)))


def _column_name(path: Path, place: int, found: list[HeldColumn]) -> str:
    """Return the path as one would write it, or a number where PostgreSQL cannot have that."""
    taken = {*RESERVED, *(each.name for each in found)}
    called = ".".join(path)
    if called and len(called.encode()) <= LONGEST and called not in taken:
        return called
    return next(each for each in (f"{'$' * times}{place + 1}" for times in count(1)) if each not in taken)


def _direction(key: IndexKey) -> str:
    return " DESC" if key.descending else ""


def _bounded(type: Type, value: Tree) -> tuple[str, Tree]:
    """Return the SQL type of a column, and a value that fits an index whatever is stored.

    A longer text than the schema allows is cut to one character more, so that it equals none that is allowed; a number
    of more digits (500 on a side of its point, or those of its bounds) is left out.
    """
    match type:
        case Text(max_length=longest):
            return _text(value, longest or 0)
        case Enum(values=values):
            return _text(value, max((len(each.value) for each in values), default=0))
        case Date():
            return _text(value, LONGEST_DATE)
        case Integer() | Number():
            width = terms.call("pg_column_size", value)
            return "numeric", terms.case(terms.compare(width, "<=", number(key_width(type) or 0)), value.copy())
        case Boolean():
            return "boolean", value
        case DateTime() | Time():
            return "timestamptz", value
        case Uuid():
            return "uuid", value
        case Array() | Object() | Union() | Anything():
            raise TypeError(f"{type} has no order, so no covering index holds it")
        case _:
            assert_never(type)


def _text(value: Tree, longest: int) -> tuple[str, Tree]:
    return 'text COLLATE "C"', terms.call("left", value, number(longest + 1))
