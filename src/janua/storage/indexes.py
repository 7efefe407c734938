"""What is known of the indexes of collections, and building them without stopping anybody.

`janua.indexes` has one row for each declared index; PostgreSQL's own catalog says whether it exists and is valid.
The SQL that makes an index comes from `janua.sql.ddl`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import asyncpg

from janua.errors import UniqueConflict
from janua.model.json import dumps
from janua.sql.indexes import NamedIndex, drop_index
from janua.sql.maintenance import analyze
from janua.storage.pool import UNHURRIED, Connection
from janua.telemetry.metrics import index_build

_BUILDER = "hashtext('janua.indexes'), hashtext($1)"
"""The advisory lock of whoever builds or drops the indexes of a collection."""
_CANCEL_BUILD = """
    SELECT pg_cancel_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = hashtext('janua.indexes')::bigint & 4294967295
    AND objid::bigint = hashtext($1)::bigint & 4294967295
"""

State = Literal["building", "valid", "failed"]


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """A declared index; `definition` is JSON text `{"kind", "fields", "unique"}`, with `include` if it `covers` any."""

    collection: str
    name: str
    definition: str
    state: State
    reason: str | None
    covers: bool


async def declare(connection: Connection, index: NamedIndex, state: State) -> None:
    """Record an index as declared by the current schema version."""
    definition = dumps(
        {
            "kind": index.index.kind,
            "fields": [("-" if key.descending else "") + ".".join(key.path) for key in index.index.keys],
            "unique": index.index.unique,
            **({"include": [".".join(path) for path in index.index.include]} if index.index.include else {}),
        }
    )
    await connection.execute(
        "INSERT INTO janua.indexes (collection, name, definition, state) VALUES ($1, $2, $3::jsonb, $4) "
        "ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, state = excluded.state, reason = NULL, "
        "updated_at = now()",
        index.collection,
        index.name,
        definition,
        state,
    )


async def forget(connection: Connection, names: Sequence[str]) -> None:
    """Remove indexes that no schema version declares any more."""
    await connection.execute("DELETE FROM janua.indexes WHERE name = ANY($1::text[])", list(names))


async def set_state(connection: Connection, name: str, state: State, reason: str | None = None) -> None:
    """Record how far an index is; `reason` says why it failed."""
    await connection.execute(
        "UPDATE janua.indexes SET state = $2, reason = $3, updated_at = now() WHERE name = $1", name, state, reason
    )


async def load(connection: Connection, collection: str | None = None) -> Sequence[StoredIndex]:
    """Return the declared indexes of one collection, or of all."""
    rows = await connection.fetch(
        "SELECT collection, name, definition::text, state, reason, definition ? 'include' FROM janua.indexes "
        "WHERE $1::text IS NULL OR collection = $1 ORDER BY collection, name",
        collection,
    )
    return [StoredIndex(*row) for row in rows]


async def load_ready(connection: Connection) -> Sequence[tuple[str, str, str]]:
    """Return the covering indexes whose extracts hold all records: (collection, name, since when)."""
    rows = await connection.fetch(
        "SELECT collection, name, updated_at::text AS since FROM janua.indexes "
        "WHERE definition ? 'include' AND state = 'valid' ORDER BY name"
    )
    return [(row["collection"], row["name"], row["since"]) for row in rows]


async def load_existing(connection: Connection) -> Mapping[str, bool]:
    """Return the indexes that exist in the schema `collections`: name → whether PostgreSQL can use it."""
    rows = await connection.fetch(
        "SELECT c.relname, i.indisvalid AND i.indisready AS valid FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'collections'"
    )
    return {row["relname"]: row["valid"] for row in rows}


async def build_online(connection: Connection, index: NamedIndex, *, exists: bool) -> None:
    """Build an index while writers go on; `exists`: an invalid one of that name is there and goes first.

    Raises: `UniqueConflict` when stored records are not unique, `StatementConflict`, `StorageFull`.
    """
    try:
        async with unhurried(connection):
            if exists:
                await connection.execute(index.drop(concurrently=True), timeout=UNHURRIED)
            with index_build():
                await connection.execute(index.create(concurrently=True), timeout=UNHURRIED)
            # An index on an expression has no statistics before ANALYZE.
            await connection.execute(analyze(index.collection), timeout=UNHURRIED)
    except asyncpg.UniqueViolationError as error:
        raise UniqueConflict(index.collection, [".".join(key.path) for key in index.index.keys]) from error


async def drop_online(connection: Connection, name: str) -> None:
    """Drop an index while readers and writers go on."""
    async with unhurried(connection):
        await connection.execute(drop_index(name, concurrently=True), timeout=UNHURRIED)


@asynccontextmanager
async def unhurried(connection: Connection) -> AsyncGenerator[None]:
    """Let statements on this connection, outside of transactions, take as long as they need while the block runs."""
    # What is done CONCURRENTLY may not run in a transaction, so the limits are lifted for the session and restored.
    await connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")
    try:
        yield
    finally:
        await connection.execute("RESET statement_timeout; RESET lock_timeout")


async def try_builder_lock(connection: Connection, collection: str) -> bool:
    """Become the only builder of this collection's indexes until `release_builder_lock` or the connection's end.

    Two concurrent builds on one table deadlock, so one builds at a time, whichever worker it is on.
    """
    return await connection.fetchval(f"SELECT pg_try_advisory_lock({_BUILDER})", collection)


async def release_builder_lock(connection: Connection, collection: str) -> None:
    """Let others build again."""
    await connection.execute(f"SELECT pg_advisory_unlock({_BUILDER})", collection)


async def stop_building(connection: Connection, collection: str) -> None:
    """Become the only builder until the transaction ends; a build under way is cancelled, to start again later."""
    while not await connection.fetchval(f"SELECT pg_try_advisory_xact_lock({_BUILDER})", collection):
        await connection.execute(_CANCEL_BUILD, collection)
        await asyncio.sleep(0.05)
