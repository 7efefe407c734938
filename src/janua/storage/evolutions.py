"""What is known of evolutions, and what becomes of the records in them, as PostgreSQL keeps it.

`janua.evolutions` has one row for each; `janua.evolved` has what was seen of each record of those under way. One
process works on the evolution of a collection at a time, the one that holds its advisory lock.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from janua.model.collection import Collection
from janua.sql import evolution as sql
from janua.sql.ddl import Check
from janua.storage.pool import UNHURRIED, Connection
from janua.storage.records import refusals
from janua.storage.tables import offenders

State = Literal["running", "paused", "failed", "done", "aborted"]
UNDER_WAY: tuple[State, ...] = ("running", "paused", "failed")

_WORKER = "hashtext('janua.evolutions'), hashtext($1)"
"""The advisory lock of whoever works on the evolution of a collection."""
_EVOLUTION = (
    'id, collection, from_version, to_version, document::text, steps::text, "references"::text, state, switching, '
    "reason, revision, total, checked, changed, created_at, updated_at"
)

# From one number to the next by the index: there may be millions of records of one that is under way.
_CLEAR = """
    WITH RECURSIVE seen(evolution) AS (
        (SELECT evolution FROM janua.evolved ORDER BY evolution LIMIT 1)
        UNION ALL
        SELECT (SELECT e.evolution FROM janua.evolved e WHERE e.evolution > s.evolution ORDER BY e.evolution LIMIT 1)
        FROM seen s WHERE s.evolution IS NOT NULL
    )
    DELETE FROM janua.evolved WHERE evolution IN (
        SELECT s.evolution FROM seen s WHERE NOT EXISTS (
            SELECT FROM janua.evolutions e WHERE e.id = s.evolution AND e.state IN ('running', 'paused', 'failed')))
"""


@dataclass(frozen=True, slots=True)
class StoredEvolution:
    """One evolution; `document`, `steps` and `references` are JSON text.

    `checked` and `changed` are None while it is under way; then `tally` knows. `revision` made the new version current.
    """

    id: int
    collection: str
    from_version: int
    to_version: int
    document: str
    steps: str
    references: str
    state: State
    switching: bool
    reason: str | None
    revision: int | None
    total: int
    checked: int | None
    changed: int | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewEvolution:
    """An evolution to be begun; JSON as text."""

    collection: str
    from_version: int
    to_version: int
    document: str
    steps: str
    references: str
    total: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """A record as it is: `written` is the transaction that wrote it."""

    id: UUID
    version: int
    written: int
    document: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What becomes of a record: `data` is None when it stays as it is, `violations` when it can be that; JSON text."""

    record: Unseen
    data: str | None = None
    violations: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many records were seen, how many of them change, and how many cannot be brought to the new version."""

    checked: int
    changed: int
    invalid: int


async def begin(connection: Connection, new: NewEvolution) -> int:
    """Store an evolution as running and return its number; there must be none under way."""
    return await connection.fetchval(
        'INSERT INTO janua.evolutions (collection, from_version, to_version, document, steps, "references", total) '
        "VALUES ($1, $2, $3, $4::json, $5::json, $6::jsonb, $7) RETURNING id",
        new.collection,
        new.from_version,
        new.to_version,
        new.document,
        new.steps,
        new.references,
        new.total,
    )


async def next_number(connection: Connection) -> int:
    """Return a number that no evolution has or will have, for one that is only tried."""
    return await connection.fetchval("SELECT nextval('janua.evolutions_id_seq')")


async def load_last(connection: Connection, collection: str) -> StoredEvolution | None:
    """Return the last evolution of a collection, under way or not."""
    row = await connection.fetchrow(
        f"SELECT {_EVOLUTION} FROM janua.evolutions WHERE collection = $1 ORDER BY id DESC LIMIT 1",  # noqa: S608 -- a constant
        collection,
    )
    return StoredEvolution(*row) if row else None


async def load(connection: Connection, id: int) -> StoredEvolution | None:
    """Return an evolution, None when its collection was dropped."""
    row = await connection.fetchrow(f"SELECT {_EVOLUTION} FROM janua.evolutions WHERE id = $1", id)  # noqa: S608 -- a constant
    return StoredEvolution(*row) if row else None


async def load_running(connection: Connection) -> Sequence[tuple[int, str]]:
    """Return the evolutions that somebody should be working on, as (number, collection)."""
    rows = await connection.fetch("SELECT id, collection FROM janua.evolutions WHERE state = 'running' ORDER BY id")
    return [(row["id"], row["collection"]) for row in rows]


async def load_under_way(connection: Connection, collections: Sequence[str]) -> Sequence[tuple[str, State]]:
    """Return those of these collections that have an evolution under way, and its state."""
    rows = await connection.fetch(
        "SELECT collection, state FROM janua.evolutions WHERE collection = ANY($1::text[]) "
        "AND state IN ('running', 'paused', 'failed') ORDER BY collection",
        list(collections),
    )
    return [(row["collection"], row["state"]) for row in rows]


async def set_state(connection: Connection, id: int, state: State) -> None:
    """Record how far an evolution is, and that the new version is not about to become current."""
    await connection.execute(
        "UPDATE janua.evolutions SET state = $2, reason = NULL, switching = false, updated_at = now() WHERE id = $1",
        id,
        state,
    )


async def set_tally(connection: Connection, id: int, tally: Tally) -> None:
    """Record how far an evolution got that is over, as what was seen is forgotten."""
    await connection.execute(
        "UPDATE janua.evolutions SET checked = $2, changed = $3 WHERE id = $1", id, tally.checked, tally.changed
    )


async def fail(connection: Connection, id: int, reason: str) -> None:
    """Record that an evolution, if it still runs, cannot go on until something else changes."""
    await connection.execute(
        "UPDATE janua.evolutions SET state = 'failed', reason = $2, switching = false, updated_at = now() "
        "WHERE id = $1 AND state = 'running'",
        id,
        reason,
    )


async def is_running(connection: Connection, id: int) -> bool:
    """Return whether an evolution is to go on."""
    return await connection.fetchval(
        "SELECT EXISTS (SELECT FROM janua.evolutions WHERE id = $1 AND state = 'running')", id
    )


async def set_done(connection: Connection, id: int, tally: Tally, revision: int) -> None:
    """Record that the new version is current, with a catalog revision."""
    await connection.execute(
        "UPDATE janua.evolutions SET state = 'done', switching = false, reason = NULL, checked = $2, changed = $3, "
        "revision = $4, updated_at = now() WHERE id = $1",
        id,
        tally.checked,
        tally.changed,
        revision,
    )


async def set_switching(connection: Connection, id: int) -> bool:
    """Record that the new version is about to become current; return whether the evolution is running and was not."""
    found = await connection.fetchval(
        "UPDATE janua.evolutions SET switching = true WHERE id = $1 AND state = 'running' AND NOT switching "
        "RETURNING true",
        id,
    )
    return found is not None


async def restart(connection: Connection, id: int, references: str) -> None:
    """Forget what was seen: the records are to be checked with other referenced schemas."""
    await connection.execute('UPDATE janua.evolutions SET "references" = $2::jsonb WHERE id = $1', id, references)
    await connection.execute("DELETE FROM janua.evolved WHERE evolution = $1", id, timeout=UNHURRIED)


async def is_switching(connection: Connection) -> bool:
    """Return whether a new version of any collection is about to become current."""
    return await connection.fetchval(
        "SELECT EXISTS (SELECT FROM janua.evolutions WHERE switching AND state IN ('running', 'paused', 'failed'))"
    )


async def has_switched(connection: Connection, revision: int) -> bool:
    """Return whether records were brought to another schema version since this catalog revision."""
    return await connection.fetchval("SELECT EXISTS (SELECT FROM janua.evolutions WHERE revision > $1)", revision)


async def fetch_unseen(connection: Connection, collection: str, id: int, after: UUID, at_most: int) -> Sequence[Unseen]:
    """Return records that were not seen as they are, in order of id."""
    rows = await connection.fetch(sql.unseen(collection), id, after, at_most, timeout=UNHURRIED)
    return [Unseen(*row) for row in rows]


async def store_seen(connection: Connection, id: int, seen: Sequence[Seen]) -> None:
    """Keep what becomes of records."""
    await connection.execute(
        "INSERT INTO janua.evolved (evolution, record, version, written, data, violations) "
        "SELECT $1, r.id, r.version, r.written, r.data::jsonb, r.violations::jsonb "
        "FROM unnest($2::uuid[], $3::int[], $4::xid[], $5::text[], $6::text[]) "
        "AS r(id, version, written, data, violations) "
        "ON CONFLICT (evolution, record) DO UPDATE SET version = excluded.version, written = excluded.written, "
        "data = excluded.data, violations = excluded.violations",
        id,
        [each.record.id for each in seen],
        [each.record.version for each in seen],
        [each.record.written for each in seen],
        [each.data for each in seen],
        [each.violations for each in seen],
        timeout=UNHURRIED,
    )


async def forget_deleted(connection: Connection, collection: str, id: int) -> None:
    """Forget what would have become of records that are no more."""
    await connection.execute(sql.forget_deleted(collection), id, timeout=UNHURRIED)


async def tally(connection: Connection, id: int) -> Tally:
    """Return how many records were seen."""
    row = await connection.fetchrow(
        "SELECT count(*), count(data), count(violations) FROM janua.evolved WHERE evolution = $1", id, timeout=UNHURRIED
    )
    assert row is not None  # noqa: S101 -- an aggregate always has a row
    return Tally(*row)


async def samples(connection: Connection, id: int, at_most: int) -> Sequence[tuple[str, str]]:
    """Return the first records that cannot be brought to the new version: (id, violations as JSON text)."""
    rows = await connection.fetch(
        "SELECT record::text AS id, violations::text AS violations FROM janua.evolved "
        "WHERE evolution = $1 AND violations IS NOT NULL ORDER BY record LIMIT $2",
        id,
        at_most,
    )
    return [(row["id"], row["violations"]) for row in rows]


async def rewrite(connection: Connection, new: Collection, id: int) -> None:
    """Make the records of a collection what became of them. Raises: `UniqueConflict`, `RelationConflict`."""
    await connection.execute("SET LOCAL statement_timeout = 0")
    async with refusals(new):
        await connection.execute(sql.rewrite(new.name, new.version), id, timeout=UNHURRIED)


async def offending(connection: Connection, new: Collection, id: int) -> Sequence[tuple[Check, str]]:
    """Return the unique indexes and relations that do not allow what becomes of the records: (check, a document)."""
    found = [(each, await offenders(connection, each.statement)) for each in sql.checks(new, id)]
    return [(check, rows[0][1]) for check, rows in found if rows]


async def clear(connection: Connection) -> None:
    """Forget the records of evolutions that are over, or that were dropped with their collections."""
    await connection.execute(_CLEAR, timeout=UNHURRIED)


@asynccontextmanager
async def rolled_back(connection: Connection) -> AsyncGenerator[None]:
    """Open a transaction on one snapshot, however long it takes, and undo all that was done in it."""
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        await connection.execute("SET LOCAL statement_timeout = 0")
        yield
    finally:
        await transaction.rollback()


@asynccontextmanager
async def only_worker(connection: Connection, collection: str) -> AsyncGenerator[bool]:
    """Be the only one who works on the evolution of a collection, and take as long as it takes; false: another is."""
    if not await connection.fetchval(f"SELECT pg_try_advisory_lock({_WORKER})", collection):
        yield False
        return
    await connection.execute("SET statement_timeout = 0")
    try:
        yield True
    finally:
        await connection.execute("RESET statement_timeout")
        await connection.execute(f"SELECT pg_advisory_unlock({_WORKER})", collection)
