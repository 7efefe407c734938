"""Tables of collections as a whole: apply DDL, lock, count, walk all documents.

The statements come from `janua.sql`; here they run, in the caller's transaction.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing

import asyncpg

from janua.errors import StatementConflict
from janua.sql import maintenance
from janua.storage.copying import SEPARATOR, copied
from janua.storage.indexes import stop_building
from janua.storage.pool import UNHURRIED, Connection

BATCH_BYTES = 256 * 1024
"""Bytes of documents at a time when all are walked."""
LOCK_SECONDS = 0.2
LOCK_PATIENCE = 10.0


async def apply(connection: Connection, statements: Iterable[str]) -> None:
    """Run statements in order; however long they take, for they are part of a registration."""
    await connection.execute("SET LOCAL statement_timeout = 0")
    for statement in statements:
        await connection.execute(statement, timeout=UNHURRIED)


async def lock(connection: Connection, collections: Sequence[str]) -> None:
    """Keep writers out of collections until the transaction ends, and the builders of their indexes, which it cancels.

    Writers wait behind a lock that is waited for, so it is waited for `LOCK_SECONDS` at a time, with pauses between.
    Raises: `StatementConflict` after `LOCK_PATIENCE` seconds.
    """
    if not collections:
        return
    try:
        async with asyncio.timeout(LOCK_PATIENCE):
            for each in sorted(collections):
                await stop_building(connection, each)
            while not await _try_lock(connection, maintenance.lock(collections)):  # noqa: ASYNC110 -- it waits for other processes
                await asyncio.sleep(LOCK_SECONDS)
    except TimeoutError as error:
        raise StatementConflict from error


async def lock_at_once(connection: Connection, statement: str) -> None:
    """Take a lock that nobody holds for longer than `LOCK_SECONDS`. Raises: `StatementConflict`."""
    if not await _try_lock(connection, statement):
        raise StatementConflict


async def _try_lock(connection: Connection, statement: str) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {round(LOCK_SECONDS * 1000)}")
            await connection.execute(statement)
            await connection.execute("SET LOCAL lock_timeout = DEFAULT")
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def count_up_to(connection: Connection, collection: str, limit: int) -> int:
    """Return the number of records, counted no further than `limit`."""
    return await connection.fetchval(maintenance.count_up_to(collection, limit))


async def fetch_horizon(connection: Connection) -> int:
    """Return the oldest transaction whose writes a statement after this one may not see, as its low 32 bits."""
    return await connection.fetchval("SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text::bigint")


async def documents(connection: Connection, collection: str, since: int | None = None) -> AsyncGenerator[bytes]:
    """Yield all records in batches of lines for `records_of`, in no order, from one snapshot; needs a transaction.

    With `since`, a horizon, only those written by it or later.
    """
    await connection.execute("SET LOCAL statement_timeout = 0")
    batch: list[bytes] = []
    size = 0
    async with aclosing(copied(connection, maintenance.documents(collection, since))) as chunks:
        async for chunk in chunks:
            batch.append(chunk)
            size += len(chunk)
            if size >= BATCH_BYTES and chunk.endswith(b"\n"):
                yield b"".join(batch)
                batch, size = [], 0
    if batch:
        yield b"".join(batch)


def records_of(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Return the (id, document text) of the lines of a batch."""
    for line in lines:
        id, _, document = line.partition(SEPARATOR)
        yield id.decode(), document


async def offenders(connection: Connection, check: str) -> Sequence[tuple[str, str]]:
    """Return the first records, as (id, document text), that a check of `sql.ddl.checks` finds."""
    return [(row["id"], row["document"]) for row in await connection.fetch(check, timeout=UNHURRIED)]
