"""COPY out of PostgreSQL as a stream of chunks, in constant memory.

Start at `copied`. JSON text holds no control characters, so as CSV that quotes and separates by them it comes out as it
is: `SEPARATOR` stands between the columns of a line, a newline ends it.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine

from janua.storage.pool import UNHURRIED, Connection, discard

SEPARATOR = b"\x02"
QUEUED_CHUNKS = 4
"""Chunks that wait for the reader; PostgreSQL waits when they are that many."""


async def copied(connection: Connection, query: str) -> AsyncGenerator[bytes]:
    """Yield the rows of a query as lines, in chunks as PostgreSQL sends them, from one snapshot.

    The query has no parameters: COPY takes none, and asyncpg would write values into the text wherever it says `$1`,
    in a literal too.

    Closing the generator early closes the connection for good.
    """
    chunks: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_CHUNKS)

    async def keep(chunk: bytes) -> None:
        # asyncpg hands out a bytearray, which not every server sends.
        await chunks.put(bytes(chunk))

    async def copy() -> None:
        await connection.copy_from_query(
            query,
            output=keep,
            format="csv",
            delimiter=SEPARATOR.decode(),
            quote="\x01",
            timeout=UNHURRIED,
        )

    task = asyncio.create_task(_then_end(copy(), chunks))
    try:
        while (chunk := await chunks.get()) is not None:
            yield chunk
        await task
    finally:
        if not task.done():
            # In the middle of a COPY there is nothing to save of a connection; PostgreSQL stops when it is gone.
            discard(connection)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def _then_end(copying: Coroutine[None, None, None], chunks: asyncio.Queue[bytes | None]) -> None:
    """Mark the end of the chunks, also of those that an error cut short; not when nobody reads them any more."""
    [error] = await asyncio.gather(copying, return_exceptions=True)
    await chunks.put(None)
    if error is not None:
        raise error
