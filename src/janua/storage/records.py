"""Statements on records, run: pages, single records, aggregates, writes.

Every function is one round trip. What PostgreSQL says about constraints becomes an error of ours here, by the names of
the constraints, which `janua.sql.ddl` gave them.
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from janua.errors import InvalidQuery, JanuaError, RecordExists, RelationConflict, StaleCatalog, UniqueConflict
from janua.model.collection import Collection, Index, Relation
from janua.query.operands import Value
from janua.query.parts import AggregatePlan, Part, ReadPlan
from janua.sql import aggregate, ddl, write
from janua.sql import upsert as upserts
from janua.sql.parts import RECORD
from janua.sql.statement import Statement, values_for
from janua.sql.upsert import Key
from janua.storage.batches import Batches
from janua.storage.pool import Connection

GUARD = "JA001"
"""The SQLSTATE that `janua.guard` raises."""

Keys = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as PostgreSQL wrote it: `text` is its JSON; `created` when a write made it."""

    id: str
    version: int
    text: str
    created: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """`items` is the JSON text of an array; `first` and `last` are the order values at its ends, None when empty.

    `more`: there are further records in the direction of reading.
    """

    items: str
    more: bool
    first: Keys | None
    last: Keys | None
    total: int | None


class as_planned:  # noqa: N801 -- a block, like `refusals`
    """Say `StaleCatalog` where a table or column is gone, or not there for a catalog that is older."""

    __slots__ = ()

    def __enter__(self) -> None: ...

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
            raise StaleCatalog("") from error


async def fetch_page(connection: Connection, plan: ReadPlan, statement: Statement, values: Sequence[Value]) -> Page:
    """Return one page by the `sql.select.select_statement` of the plan. Raises: `StaleCatalog`."""
    with as_planned():
        row = await connection.fetchrow(statement.text, *values_for(statement, values))
    assert row is not None  # noqa: S101 -- an aggregate always has a row
    limit = values[plan.limit]
    assert isinstance(limit, int)  # noqa: S101 -- `query.plan` put it there
    return Page(row["items"], row["fetched"] > limit, _keys(row["first_keys"]), _keys(row["last_keys"]), row["total"])


async def fetch_one(batches: Batches, statement: Statement, id: UUID) -> tuple[int, str] | None:
    """Return version and text of the record of this id, if there is one, by a `sql.select.one_statement`.

    Raises: `StaleCatalog`.
    """
    with as_planned():
        row = await batches.fetch(statement, (id,))
    return (row["version"], row["text"]) if row else None


async def fetch_answer(connection: Connection, statement: Statement, arguments: Sequence[object]) -> str:
    """Return the text that a statement of `sql.answer` makes. Raises: `StaleCatalog`."""
    with as_planned():
        return await connection.fetchval(statement.text, *arguments)


async def fetch_point(batches: Batches, statement: Statement, arguments: Sequence[object]) -> str:
    """Return the text that a statement of `sql.answer` makes, perhaps along with others. Raises: `StaleCatalog`."""
    with as_planned():
        row = await batches.fetch(statement, arguments)
    assert row is not None  # noqa: S101 -- an answer always has a row
    return row["answer"]


async def fetch_groups(connection: Connection, plan: AggregatePlan, values: Sequence[Value]) -> tuple[str, bool]:
    """Return the JSON text of the groups, and whether there are more than `plan.limit`. Raises: `StaleCatalog`."""
    statement = aggregate.aggregate_statement(plan)
    with as_planned():
        [row] = await connection.fetch(statement.text, *values_for(statement, values))
    return row["groups"], row["found"] > plan.limit


def _keys(text: str | None) -> Keys | None:
    return None if text is None else tuple(json.loads(text))


async def insert(
    connection: Connection, collection: Collection, id: UUID, document: bytes, shown: Part = RECORD
) -> Stored:
    """Store a new record. Raises: `StaleCatalog`, `RecordExists`, `UniqueConflict`, `RelationConflict`."""
    async with refusals(collection, id):
        row = await connection.fetchrow(write.insert_statement(collection, shown).text, id, document.decode())
    return _written(row, created=True)


async def create(batches: Batches, collection: Collection, id: UUID, document: bytes, shown: Part = RECORD) -> Stored:
    """Store a new record, perhaps along with others, in a transaction that is theirs alone. Raises: as `insert`."""
    async with refusals(collection, id):
        row = await batches.fetch(write.insert_statement(collection, shown), (id, document.decode()), writes=True)
    return _written(row, created=True)


async def put(
    connection: Connection, collection: Collection, id: UUID, document: bytes, shown: Part = RECORD
) -> Stored:
    """Store a record, replacing the one of this id. Raises: `StaleCatalog`, `UniqueConflict`, `RelationConflict`."""
    async with refusals(collection, id):
        row = await connection.fetchrow(write.put_statement(collection, shown).text, id, document.decode())
    return _written(row, created=bool(row and row["created"]))


async def upsert(
    connection: Connection, collection: Collection, key: Key, id: UUID, document: bytes, shown: Part = RECORD
) -> Stored:
    """Store a record, replacing the one with the same key, which keeps its id; `id` is for a new one.

    Raises: `StaleCatalog`, `RecordExists`, `UniqueConflict`, `RelationConflict`, `InvalidQuery` while the unique index
    is being built.
    """
    async with refusals(collection, id):
        statement = upserts.upsert_statement(collection, key, shown)
        row = await connection.fetchrow(statement.text, id, document.decode())
    return _written(row, created=bool(row and row["created"]))


async def update(
    connection: Connection, collection: Collection, id: UUID, document: bytes, shown: Part = RECORD, *, version: int
) -> Stored | None:
    """Replace a record that is at `version`; None when it is not, or not there.

    Raises: `StaleCatalog`, `UniqueConflict`, `RelationConflict`.
    """
    async with refusals(collection, id):
        row = await connection.fetchrow(write.update_statement(collection, shown).text, id, document.decode(), version)
    return _written(row, created=False) if row else None


async def delete(
    connection: Connection, collection: Collection, id: UUID, shown: Part = RECORD, *, versions: frozenset[int] | None
) -> Stored | None:
    """Remove a record that is at one of `versions` (None: any) and return it as it was; None when there is none.

    Raises: `StaleCatalog`, `RelationConflict` while others refer to it.
    """
    wanted = None if versions is None else sorted(versions)
    async with refusals(collection, id):
        row = await connection.fetchrow(write.delete_statement(collection, shown).text, id, wanted)
    return _written(row, created=False) if row else None


async def fetch_document(connection: Connection, collection: Collection, id: UUID) -> Stored | None:
    """Return a record whose `text` is its bare document. Raises: `StaleCatalog` when the collection is gone."""
    async with refusals(collection, id):
        row = await connection.fetchrow(write.document_statement(collection).text, id)
    return Stored(str(id), row["version"], row["text"]) if row else None


@asynccontextmanager
async def refusals(collection: Collection, id: UUID | None = None) -> AsyncGenerator[None]:
    """Turn what PostgreSQL says about guards and constraints into errors of ours."""
    try:
        yield
    except asyncpg.PostgresError as error:
        known = _refusal(error, collection, id)
        if known is None:
            raise
        raise known from error


def _refusal(error: asyncpg.PostgresError, collection: Collection, id: UUID | None) -> JanuaError | None:
    match error:
        # The table may be gone, or have columns that this catalog does not know yet.
        case asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError():
            return StaleCatalog(collection.name)
        case asyncpg.UniqueViolationError():
            return _unique_conflict(error.constraint_name or "", collection, id)
        # ON CONFLICT finds no unique index: it is declared, but still being built.
        case asyncpg.InvalidColumnReferenceError():
            return InvalidQuery("on_conflict", "the unique index of this field is still being built; try again later")
        case asyncpg.ForeignKeyViolationError():
            return _relation_conflict(error, collection)
        case _:
            return StaleCatalog(collection.name) if error.sqlstate == GUARD else None


def _unique_conflict(constraint: str, collection: Collection, id: UUID | None) -> JanuaError:
    index = ddl.constraint_of(collection, constraint)
    if isinstance(index, Index):
        return UniqueConflict(collection.name, [".".join(key.path) for key in index.keys])
    return RecordExists(collection.name, str(id or ""))


def _relation_conflict(error: asyncpg.ForeignKeyViolationError, collection: Collection) -> RelationConflict:
    relation = ddl.constraint_of(collection, error.constraint_name or "")
    # PostgreSQL says "is still referenced" of the far side, and "is not present" of ours.
    if isinstance(relation, Relation) and "still referenced" not in (error.detail or ""):
        return RelationConflict(collection.name, relation.field, f"there is no such record in {relation.target}")
    source = (error.table_name or "").partition("$")[0]
    return RelationConflict(collection.name, source, f"records of {source} still refer to it")


def _written(row: asyncpg.Record | None, *, created: bool) -> Stored:
    assert row is not None  # noqa: S101 -- the statement writes a row or raises
    return Stored(str(row["id"]), row["version"], row["text"], created)
