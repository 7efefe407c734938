"""Connections to PostgreSQL, and what its errors mean to Janua.

In: the `database` settings. Out: a pool; `connection` lends one of its connections and turns errors of asyncpg and
the network into errors of Janua. Start at `connection`.

A connection is not reset when it is given back, which would cost a round trip every time; an open transaction is
rolled back all the same. So change the session with `SET LOCAL` only, and release what locks you take for a session.
The client gives up on a statement a little after the server should have; work that lifts `statement_timeout` passes
`timeout=UNHURRIED` to asyncpg as well.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from janua.config import Database
from janua.errors import (
    DatabaseUnavailable,
    InvalidConfiguration,
    JanuaError,
    StatementConflict,
    StatementTimeout,
    StorageFull,
)
from janua.storage.addresses import note_address
from janua.storage.turns import Turns
from janua.telemetry import metrics
from janua.telemetry.spans import note_step
from janua.telemetry.statements import statement

if TYPE_CHECKING:
    AnyPool = asyncpg.Pool[asyncpg.Record]
    PlainConnection = asyncpg.Connection[asyncpg.Record]
    Lent = PoolConnectionProxy[asyncpg.Record]
else:  # asyncpg's classes take no parameters at run time
    AnyPool, PlainConnection, Lent = asyncpg.Pool, asyncpg.Connection, PoolConnectionProxy
Connection = PlainConnection | Lent

UNHURRIED: Final = 7 * 86_400.0
"""Seconds that asyncpg may wait for work without a limit of its own, such as an index build."""

CLIENT_MARGIN: Final = 5.0  # seconds after the server's own timeout; it counts when the server hangs
UNNOTICED: Final = 0.001  # seconds that waiting for a connection may take before it is measured
KEPT_STATEMENT: Final = 16_384  # characters; PostgreSQL keeps 70 times as much for a prepared one, on each connection
AT_HAND: Final = 4  # connections that asyncpg does not get back at once; it closes others that are idle for long
CLOSE_PATIENCE: Final = 5.0  # seconds for PostgreSQL to take leave; then the connections are cut
SEARCH_PATH: Final = "pg_catalog, public"  # extensions are in public; Janua's own names are always qualified


class Pool(AnyPool):
    """A pool that knows how long to wait for one of its connections, and for their end."""

    acquire_timeout: float = 5.0
    turns: Turns
    streams: Turns
    """Who may keep a connection for as long as a client pleases."""
    at_hand: "list[Lent]"
    """Connections that were given back, and are lent again without asyncpg, which takes 50 µs to do so."""

    async def close(self) -> None:
        """Close all connections, those that hang by cutting them: the process is about to end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_PATIENCE):
                while self.at_hand:
                    await _give_back(self, self.at_hand.pop())
                await super().close()


class _Connection(PlainConnection):
    """A connection that is not reset, and measures what runs on it."""

    def get_reset_query(self) -> str:
        return ""

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        with statement(query, args):
            return await super().execute(query, *args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> list[Any]:
        with statement(query, args):
            return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any | None:
        with statement(query, args):
            return await super().fetchrow(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        with statement(query, args):
            return await super().fetchval(query, *args, **options)

    async def copy_from_query(self, query: str, *args: Any, **options: Any) -> str:
        with statement(query, args):
            return await super().copy_from_query(query, *args, **options)

    async def copy_to_table(self, table_name: str, **options: Any) -> str:
        with statement(f"COPY {table_name}"):
            return await super().copy_to_table(table_name, **options)


async def open_pool(database: Database, *, name: str) -> Pool:
    """Open a pool for `database.dsn`; `name` is what `pg_stat_activity` shows after `janua`.

    Close it with `await pool.close()`, or use it as an asynchronous context manager.
    Raises: `DatabaseUnavailable`, `InvalidConfiguration` when the DSN is missing or malformed.
    """
    dsn = dsn_of(database)
    pool = Pool(
        dsn,
        min_size=database.pool_min,
        max_size=database.pool_max,
        max_queries=50_000,
        max_inactive_connection_lifetime=300.0,
        connection_class=_Connection,
        record_class=asyncpg.Record,
        setup=None,
        init=None,
        loop=None,
        timeout=database.acquire_timeout,
        statement_cache_size=500,
        max_cacheable_statement_size=KEPT_STATEMENT,
        command_timeout=database.statement_timeout + CLIENT_MARGIN,
        server_settings=session_settings(database, name),
    )
    pool.acquire_timeout = database.acquire_timeout
    pool.turns = Turns(database.pool_max)
    pool.streams = Turns(max(1, database.pool_max // 2))
    pool.at_hand = []
    with opening(dsn):
        return await pool


def dsn_of(database: Database) -> str:
    """Return the DSN of settings that have one. Raises: `InvalidConfiguration` when they have none."""
    if database.dsn is None:
        raise InvalidConfiguration("database.dsn", "is needed; set JANUA_DATABASE__DSN, or use `janua dev`")
    return database.dsn.get_secret_value()


async def probe(dsn: str) -> None:
    """Connect once, to learn what is wrong with an address. Raises: as `open_pool`."""
    async with connected(dsn):
        return


@asynccontextmanager
async def connected(dsn: str) -> AsyncGenerator[Connection]:
    """Open a connection for a moment, without a pool. Raises: as `open_pool` and `connection`."""
    with opening(dsn):
        found = await asyncpg.connect(dsn, timeout=CLIENT_MARGIN)
    try:
        yield found
    except Exception as error:
        raise translate(error) or error from error
    finally:
        await found.close()


@contextmanager
def opening(dsn: str) -> Generator[None]:
    """Turn the errors of connecting into errors of Janua, with the address noted for those who run it."""
    try:
        yield
    except (asyncpg.ClientConfigurationError, ValueError) as error:
        raise InvalidConfiguration("database.dsn", "is not a PostgreSQL connection string") from error
    except Exception as error:
        known = DatabaseUnavailable() if isinstance(error, TimeoutError) else translate(error)
        if isinstance(known, DatabaseUnavailable) and isinstance(error, OSError):
            note_address(known, dsn, error)
        raise known or error from error


def session_settings(database: Database, name: str) -> dict[str, str]:
    """Return the parameters that every connection starts with; times are in milliseconds."""
    return {
        "application_name": f"janua {name}",
        "search_path": SEARCH_PATH,
        "TimeZone": "UTC",  # to_jsonb(timestamptz) depends on it
        "DateStyle": "ISO",
        "default_transaction_isolation": "read committed",  # janua.guard needs a new snapshot for each statement
        "jit": "off",
        "statement_timeout": str(round(database.statement_timeout * 1000)),
        "lock_timeout": str(round(database.lock_timeout * 1000)),
        "idle_in_transaction_session_timeout": str(round(database.idle_in_transaction_timeout * 1000)),
    }


class connection:  # noqa: N801 -- a block, like `open`
    """Lend a connection; what goes wrong with it inside becomes an error of Janua.

    Errors that say something about the statement (unique, foreign key, `janua.guard`) pass as asyncpg raises them.
    Raises: `DatabaseUnavailable`, `StatementTimeout`, `StatementConflict`, `StorageFull`.
    """

    __slots__ = ("_lent", "_pool")

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        self._lent = await acquire(self._pool)
        return self._lent

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        try:
            if isinstance(error, Exception):
                _tell(error, self._lent)
        finally:
            await release(self._pool, self._lent)


def _tell(error: Exception, lent: Lent) -> None:
    """Raise what an error on a connection means, if that is something else."""
    # An OSError on a sound connection is the caller's own: of a file, say.
    foreign = isinstance(error, OSError) and not isinstance(error, TimeoutError) and is_sound(lent)
    known = None if foreign else translate(error)
    if isinstance(known, DatabaseUnavailable):
        discard(lent)  # what is left of it must not meet the next caller
    if known is not None and known is not error:
        raise known from error


@asynccontextmanager
async def streaming(pool: Pool) -> AsyncGenerator[Connection]:
    """Lend a connection for as long as a client sends or takes: of all there are half, so that others are served.

    Raises: `DatabaseUnavailable`.
    """
    try:
        await pool.streams.take(pool.acquire_timeout)
    except TimeoutError as error:
        reason = f"other imports and exports did not end within {pool.acquire_timeout:g} s"
        raise DatabaseUnavailable(reason) from error
    try:
        async with connection(pool) as lent:
            yield lent
    finally:
        pool.streams.give()


async def acquire(pool: Pool) -> Lent:
    """Take a connection out of the pool; the pool replaces those that PostgreSQL has closed meanwhile."""
    start = time.perf_counter()
    try:
        await pool.turns.take(pool.acquire_timeout)
        try:
            return _at_hand(pool) or await pool.acquire(timeout=pool.acquire_timeout)
        except BaseException:
            pool.turns.give()
            raise
    except TimeoutError as error:
        reason = f"no connection to the database came free within {pool.acquire_timeout:g} s"
        raise DatabaseUnavailable(reason) from error
    except Exception as error:
        raise translate(error) or error from error
    finally:
        if (waited := time.perf_counter() - start) > UNNOTICED:
            metrics.waited(waited)
            note_step("connection", waited)


def _at_hand(pool: Pool) -> Lent | None:
    while pool.at_hand:
        lent = pool.at_hand.pop()
        if is_sound(lent):
            return lent
    return None


async def release(pool: Pool, lent: Lent) -> None:
    """Give a connection back; one that cannot be cleaned up is thrown away, which the caller need not know."""
    try:
        if len(pool.at_hand) < AT_HAND and is_sound(lent) and not lent.is_in_transaction():
            pool.at_hand.append(lent)
        else:
            await _give_back(pool, lent)
    finally:
        pool.turns.give()


async def _give_back(pool: Pool, lent: Lent) -> None:
    try:
        await pool.release(lent, timeout=pool.acquire_timeout)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        discard(lent)


def is_sound(lent: Lent) -> bool:
    """Say whether the connection still holds."""
    try:
        return not lent.is_closed()
    except asyncpg.InterfaceError:  # it was cut, and the pool took it back by itself
        return False


def discard(lent: Connection) -> None:
    """Close the connection at once, for good."""
    with suppress(asyncpg.InterfaceError):  # as above
        lent.terminate()


BY_STATE: Final[dict[str, type[JanuaError]]] = {  # SQLSTATE → error; PostgreSQL, appendix A
    "25006": DatabaseUnavailable,  # read_only_sql_transaction: a standby, after a failover
    "25P03": StatementTimeout,  # idle_in_transaction_session_timeout
    "40001": StatementConflict,  # serialization_failure
    "40P01": StatementConflict,  # deadlock_detected
    "53100": StorageFull,  # disk_full
    "53200": DatabaseUnavailable,  # out_of_memory
    "53300": DatabaseUnavailable,  # too_many_connections
    "55P03": StatementConflict,  # lock_not_available
    "57014": StatementTimeout,  # query_canceled
    "57P01": DatabaseUnavailable,  # admin_shutdown
    "57P02": DatabaseUnavailable,  # crash_shutdown
    "57P03": DatabaseUnavailable,  # cannot_connect_now
    "57P05": DatabaseUnavailable,  # idle_session_timeout
}
GONE: Final = ("clos", "released back to the pool")  # asyncpg tells a cut connection by words only
LOGIN_REFUSED: Final = ("28000", "28P01", "3D000")


def translate(error: BaseException) -> JanuaError | None:
    """Return what an error of asyncpg or the network means to the caller, None if it means nothing general."""
    match error:
        case JanuaError():
            return error
        case asyncpg.InvalidCachedStatementError() | asyncpg.OutdatedSchemaCacheError():
            return StatementConflict()
        case asyncpg.PostgresError():
            return of_state(error.sqlstate or "")
        case asyncpg.InterfaceError() if any(word in str(error) for word in GONE):
            return DatabaseUnavailable()
        case asyncpg.InternalClientError():  # the connection was cut between two statements, and half noticed
            return DatabaseUnavailable()
        case asyncpg.InterfaceError() if isinstance(error.__context__, asyncpg.InternalClientError):
            return DatabaseUnavailable()  # the ROLLBACK after that
        case TimeoutError():
            return StatementTimeout()
        case OSError():
            return DatabaseUnavailable()
        case _:
            return None


def of_state(state: str) -> JanuaError | None:
    """Return the error for an SQLSTATE, whose first two characters are its class."""
    if state in LOGIN_REFUSED:
        return DatabaseUnavailable("PostgreSQL refuses the user, the password or the database name of database.dsn")
    if state.startswith("08"):  # connection_exception
        return DatabaseUnavailable()
    return BY_STATE[state]() if state in BY_STATE else None
