"""Tables of collections as a whole: apply DDL, lock, count, walk all documents.

The statements come from `janua.sql`; here they run, in the caller's transaction.
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from janua.sql import maintenance
from janua.storage.pool import UNHURRIED, Connection

BATCH = 1000
"""Documents fetched at a time when all are walked."""


async def apply(connection: Connection, statements: Iterable[str]) -> None:
    """Run statements in order; however long they take, for they are part of a registration."""
    await connection.execute("SET LOCAL statement_timeout = 0")
    for statement in statements:
        await connection.execute(statement, timeout=UNHURRIED)


async def lock(connection: Connection, collection: str) -> None:
    """Keep writers of a collection out until the transaction ends. Raises: `StatementConflict`."""
    await connection.execute(maintenance.lock(collection))


async def count_up_to(connection: Connection, collection: str, limit: int) -> int:
    """Return the number of records, counted no further than `limit`."""
    return await connection.fetchval(maintenance.count_up_to(collection, limit))


async def documents(connection: Connection, collection: str) -> AsyncIterator[Sequence[tuple[str, str]]]:
    """Yield all records as batches of (id, document text), in no order, from one snapshot; needs a transaction."""
    cursor = await connection.cursor(maintenance.documents(collection), timeout=UNHURRIED)
    while batch := await cursor.fetch(BATCH):
        yield [(row[0], row[1]) for row in batch]
    # PostgreSQL alters no table that an open cursor of the session reads, and asyncpg closes none before the end.
    await connection.execute("CLOSE ALL")


async def offenders(connection: Connection, check: str) -> Sequence[tuple[str, str]]:
    """Return the first records, as (id, document text), that a check of `sql.ddl.checks` finds."""
    return [(row["id"], row["document"]) for row in await connection.fetch(check, timeout=UNHURRIED)]
