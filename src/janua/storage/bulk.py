"""Statements on many records at once, run. Each is one round trip; errors are those of `records`."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from janua.errors import RelationConflict, UniqueConflict
from janua.model.collection import Collection
from janua.query.nodes import Filter
from janua.query.operands import Value
from janua.query.parts import Part
from janua.sql import bulk, collisions, ddl
from janua.sql.statement import values_for
from janua.storage.pool import Connection
from janua.storage.records import Stored, refusals

Documents = Mapping[UUID, bytes]
"""Documents by the ids of their records."""


@dataclass(frozen=True, slots=True)
class Matching:
    """A filter, the values of its operands, and how many records it may find."""

    filter: Filter
    values: Sequence[Value]
    at_most: int


async def insert_many(
    connection: Connection, collection: Collection, documents: Documents, shown: Part
) -> Sequence[Stored]:
    """Store new records and return them in the order given.

    Raises: as `records.insert`; a conflict says which of the documents it is about.
    """
    statement = bulk.insert_many_statement(collection, shown).text
    try:
        # Within a transaction, a savepoint: what has failed must not keep us from asking why.
        async with connection.transaction() if connection.is_in_transaction() else nullcontext():
            return await _write(connection, collection, statement, documents)
    except (UniqueConflict, RelationConflict) as error:
        error.input = await _refused(connection, collection, documents, error.__cause__)
        raise


async def update_many(
    connection: Connection, collection: Collection, documents: Documents, shown: Part
) -> Sequence[Stored]:
    """Replace the documents of records that this transaction has locked. Raises: as `records.update`."""
    return await _write(connection, collection, bulk.update_many_statement(collection, shown).text, documents)


async def lock_matching(
    connection: Connection, collection: Collection, matching: Matching
) -> Sequence[tuple[UUID, str]] | None:
    """Lock the records that match until the transaction ends: their ids and documents, in order of id.

    None when they are too many. Raises: `StaleCatalog`.
    """
    statement = bulk.matching_statement(collection.name, matching.filter, len(matching.values))
    async with refusals(collection):
        rows = await connection.fetch(statement.text, *values_for(statement, (*matching.values, matching.at_most)))
    return None if len(rows) > matching.at_most else [(row["id"], row["text"]) for row in rows]


async def delete_matching(
    connection: Connection, collection: Collection, matching: Matching, shown: Part
) -> Sequence[Stored] | None:
    """Remove the records that match and return them as they were, in order of id; None when they are too many.

    Raises: as `records.delete`.
    """
    position = len(matching.values)
    statement = bulk.delete_many_statement(collection.name, matching.filter, position, collection.revision, shown)
    async with refusals(collection):
        rows = await connection.fetch(statement.text, *values_for(statement, (*matching.values, matching.at_most)))
    if rows[0]["matched"] > matching.at_most:
        return None
    return [_stored(row) for row in rows if row["id"] is not None]


async def delete_listed(
    connection: Connection, collection: Collection, ids: Sequence[UUID], shown: Part
) -> Sequence[Stored]:
    """Remove records by id and return those that were there, in the order given. Raises: as `records.delete`."""
    async with refusals(collection):
        rows = await connection.fetch(bulk.delete_listed_statement(collection, shown).text, ids)
    found = {row["id"]: _stored(row) for row in rows}
    return [found[each] for each in ids if each in found]


async def _refused(
    connection: Connection, collection: Collection, documents: Documents, cause: BaseException | None
) -> int | None:
    """Return the place (from 0) of the first document that a violated constraint refuses, if it still does."""
    called = cause.constraint_name if isinstance(cause, asyncpg.IntegrityConstraintViolationError) else None
    constraint = ddl.constraint_of(collection, called or "")
    if constraint is None:
        return None
    statement = collisions.refused_statement(collection, constraint)
    place = await connection.fetchval(statement.text, [each.decode() for each in documents.values()])
    return None if place is None else place - 1


async def _write(
    connection: Connection, collection: Collection, statement: str, documents: Documents
) -> Sequence[Stored]:
    async with refusals(collection):
        rows = await connection.fetch(statement, list(documents), [each.decode() for each in documents.values()])
    found = {row["id"]: _stored(row) for row in rows}
    return [found[each] for each in documents]


def _stored(row: asyncpg.Record) -> Stored:
    return Stored(str(row["id"]), row["version"], row["text"])
