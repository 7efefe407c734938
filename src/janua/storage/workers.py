"""The processes that serve, as the database knows them; and the connection by which each of them follows it.

`following` opens that connection, which listens for new catalog revisions. A worker has a row, and holds an advisory
lock on this connection, so that a killed one is known to be gone soon. A worker whose connection was cut a moment
ago still serves: it counts as live for `GRACE`, in which it connects again.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from janua.config import Database
from janua.storage.pool import CLIENT_MARGIN, Connection, dsn_of, opening, session_settings, translate
from janua.storage.schemas import CHANNEL

GRACE = "3 seconds"
LOST = "10 seconds"
"""After this long without a sign, a worker counts as gone though its connection is there: its host is cut off."""

_LIVE = f"""
    SELECT id, name, revision, started_at, seen_at FROM janua.workers w
    WHERE seen_at > now() - interval '{LOST}' AND (seen_at > now() - interval '{GRACE}' OR EXISTS (
        SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.classid::bigint = hashtext('janua.workers')::bigint & 4294967295 AND l.objid::bigint = w.id))
    ORDER BY id
"""  # noqa: S608 -- constants of this module only


@dataclass(frozen=True, slots=True)
class StoredWorker:
    """A live worker and the catalog revision that it serves."""

    id: int
    name: str
    revision: int
    started_at: datetime
    seen_at: datetime


@asynccontextmanager
async def following(database: Database, wake: Callable[[], None], *, name: str) -> AsyncGenerator[Connection]:
    """Open a connection of its own that calls `wake` at a new catalog revision, and when it is cut.

    Raises: as `pool.connection`.
    """
    dsn = dsn_of(database)
    with opening(dsn):
        connection = await asyncpg.connect(
            dsn,
            timeout=database.acquire_timeout,
            command_timeout=database.statement_timeout + CLIENT_MARGIN,
            server_settings=session_settings(database, name),
        )

    def hear(*_: object) -> None:
        wake()

    try:
        connection.add_termination_listener(hear)
        await connection.add_listener(CHANNEL, hear)
        yield connection
    except Exception as error:
        raise translate(error) or error from error
    finally:
        with suppress(TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=1)


async def next_number(connection: Connection) -> int:
    """Return a number for a worker that no other has or had."""
    return await connection.fetchval("SELECT nextval('janua.workers_id_seq')")


async def announce(connection: Connection, worker: int, name: str, revision: int) -> None:
    """Make this connection that of a worker, and forget those that are gone."""
    await connection.execute(f"DELETE FROM janua.workers WHERE seen_at < now() - interval '{LOST}'")  # noqa: S608 -- a constant
    await connection.execute("SELECT pg_advisory_lock(hashtext('janua.workers'), $1)", worker)
    await connection.execute(
        "INSERT INTO janua.workers (id, name, revision) VALUES ($1, $2, $3)", worker, name, revision
    )


async def beat(connection: Connection, worker: int, revision: int) -> bool:
    """Say that a worker lives and what it serves; return whether it was still known."""
    known = await connection.fetchval(
        "UPDATE janua.workers SET revision = $2, seen_at = now() WHERE id = $1 RETURNING true", worker, revision
    )
    return known is not None


async def leave(connection: Connection, worker: int) -> None:
    """Forget a worker that stops serving, or that goes on under another number."""
    await connection.execute("DELETE FROM janua.workers WHERE id = $1", worker)


async def load_live(connection: Connection) -> Sequence[StoredWorker]:
    """Return the live workers."""
    return [StoredWorker(*row) for row in await connection.fetch(_LIVE)]
