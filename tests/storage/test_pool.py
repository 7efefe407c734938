# ruff: noqa: PT012 - what goes wrong inside `connection` is what these tests are about
"""Connections come with the right session, and every fault of the database becomes an error that callers know."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from janua.config import Database, Settings
from janua.errors import (
    DatabaseUnavailable,
    InvalidConfiguration,
    JanuaError,
    StatementConflict,
    StatementTimeout,
    StorageFull,
    UnknownCollection,
)
from janua.storage.pool import (
    KEPT_STATEMENT,
    Pool,
    connected,
    connection,
    of_state,
    open_pool,
    session_settings,
    translate,
)

pytestmark = pytest.mark.anyio

CUT_ALL_OTHERS = """
    SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


def with_database(settings: Settings, **changes: object) -> Database:
    return settings.database.model_copy(update=changes)


@pytest.fixture
async def hasty(settings: Settings) -> AsyncGenerator[Pool]:
    """A pool of one connection whose patience is a fraction of a second."""
    changes = dict.fromkeys(["acquire_timeout", "statement_timeout", "lock_timeout"], 0.2)
    async with await open_pool(with_database(settings, pool_min=1, pool_max=1, **changes), name="hasty") as opened:
        yield opened


async def test_every_connection_starts_with_the_session_that_janua_needs(pool: Pool, settings: Settings) -> None:
    async with connection(pool) as lent:
        for name, value in session_settings(settings.database, "test").items():
            if name.endswith("timeout"):
                found = await lent.fetchval("SELECT setting FROM pg_settings WHERE name = $1", name)
            else:
                found = await lent.fetchval("SELECT current_setting($1)", name)
            assert found.startswith(value), name


async def test_a_connection_given_back_in_a_transaction_is_lent_out_of_it(hasty: Pool) -> None:
    with pytest.raises(UnknownCollection):
        async with connection(hasty) as lent:
            await lent.transaction().start()
            await lent.execute("CREATE TABLE collections.half (n int)")
            raise UnknownCollection("half")
    async with connection(hasty) as lent:
        assert not lent.is_in_transaction()
        assert await lent.fetchval("SELECT to_regclass('collections.half')") is None


async def test_giving_a_connection_back_costs_no_round_trip(hasty: Pool) -> None:
    async with connection(hasty) as lent:
        process = await lent.fetchval("SELECT pg_backend_pid()")
    async with connection(hasty) as lent:
        query = "SELECT query FROM pg_stat_activity WHERE pid = $1"
        assert await lent.fetchval("SELECT pg_backend_pid()") == process
        assert "pg_stat_activity" in await lent.fetchval(query, process)


async def test_an_exhausted_pool_is_unavailable_after_the_acquire_timeout(hasty: Pool) -> None:
    async with connection(hasty):
        started = time.monotonic()
        with pytest.raises(DatabaseUnavailable, match=r"within 0\.2 s"):
            async with connection(hasty):
                pass
        assert 0.15 < time.monotonic() - started < 5


async def test_a_slow_statement_is_a_timeout_and_the_connection_goes_on(hasty: Pool) -> None:
    with pytest.raises(StatementTimeout):
        async with connection(hasty) as lent:
            await lent.execute("SELECT pg_sleep(5)")
    async with connection(hasty) as lent:
        assert await lent.fetchval("SELECT 1") == 1


async def test_a_server_that_hangs_is_a_timeout_too(hasty: Pool) -> None:
    with pytest.raises(StatementTimeout):
        async with connection(hasty) as lent:
            await lent.execute("SET statement_timeout = 0")
            await lent.execute("SELECT pg_sleep(5)", timeout=0.2)


async def test_waiting_for_a_lock_in_vain_is_a_conflict(pool: Pool, hasty: Pool) -> None:
    async with connection(pool) as holding, holding.transaction():
        await holding.execute("LOCK TABLE janua.catalog")
        with pytest.raises(StatementConflict):
            async with connection(hasty) as lent:
                await lent.execute("SET statement_timeout = '5s'")
                await lent.execute("UPDATE janua.catalog SET revision = 1")


async def test_a_deadlock_is_a_conflict_for_one_of_the_two(pool: Pool) -> None:
    async with connection(pool) as lent:
        await lent.execute("CREATE TABLE collections.t AS SELECT n FROM generate_series(1, 2) n")

    async def update(first: int, second: int) -> None:
        async with connection(pool) as lent, lent.transaction():
            await lent.execute("SET LOCAL deadlock_timeout = '50ms'")
            await lent.execute("UPDATE collections.t SET n = n WHERE n = $1", first)
            await asyncio.sleep(0.2)
            await lent.execute("UPDATE collections.t SET n = n WHERE n = $1", second)

    outcomes = await asyncio.gather(update(1, 2), update(2, 1), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes if outcome is not None] == [StatementConflict]


async def test_a_table_changed_within_a_transaction_is_a_conflict(pool: Pool) -> None:
    async with connection(pool) as changing:
        await changing.execute("CREATE TABLE collections.t (n int)")
        with pytest.raises(StatementConflict):
            async with connection(pool) as lent:
                await lent.fetch("SELECT * FROM collections.t")
                await changing.execute("ALTER TABLE collections.t ADD COLUMN m int")
                async with lent.transaction():
                    await lent.fetch("SELECT * FROM collections.t")


async def test_cut_connections_are_unavailable_once_and_replaced_after(pool: Pool, database: str) -> None:
    administrator = await asyncpg.connect(database)
    with pytest.raises(DatabaseUnavailable):
        async with connection(pool) as lent:
            await administrator.execute(CUT_ALL_OTHERS)
            await lent.fetchval("SELECT 1")
    await administrator.close()
    for _ in range(5):
        async with connection(pool) as lent:
            assert await lent.fetchval("SELECT 1") == 1


async def test_connections_cut_while_idle_are_replaced_unnoticed(pool: Pool, database: str) -> None:
    async with connection(pool), connection(pool):
        pass  # both are open now
    administrator = await asyncpg.connect(database)
    await administrator.execute(CUT_ALL_OTHERS)
    await administrator.close()
    for _ in range(5):
        async with connection(pool) as lent:
            assert await lent.fetchval("SELECT 1") == 1


async def test_errors_of_the_caller_and_of_statements_pass_unchanged(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with connection(pool):
            (tmp_path / "missing").read_text()
    with pytest.raises(asyncpg.UniqueViolationError):
        async with connection(pool) as lent:
            await lent.execute("INSERT INTO janua.catalog (revision) VALUES (1)")
    with pytest.raises(asyncpg.DataError):
        async with connection(pool) as lent:
            await lent.fetchval("SELECT $1::int", "one")


@pytest.mark.parametrize(
    ("dsn", "error", "told"),
    [
        (
            "nobody:secret@127.0.0.1:1/nowhere",
            DatabaseUnavailable,
            "at 127.0.0.1:1 cannot be reached: connection refused",
        ),
        (
            "nobody:secret@localhost:1/nowhere",
            DatabaseUnavailable,
            "at localhost:1 cannot be reached: connection refused",
        ),
        (
            "nobody:secret@janua.invalid/nowhere",
            DatabaseUnavailable,
            "at janua.invalid:5432 cannot be reached: the host",
        ),
        (
            "/nowhere?host=/no/where&password=secret",
            DatabaseUnavailable,
            "at /no/where cannot be reached: no such file",
        ),
        ("nobody:secret@127.0.0.1:many/nowhere", InvalidConfiguration, "connection string"),
    ],
)
async def test_a_database_that_cannot_be_opened_is_told_without_secrets_and_to_clients_without_addresses(
    dsn: str, error: type[JanuaError], told: str
) -> None:
    with pytest.raises(error) as caught:
        await open_pool(Settings().with_dsn(f"postgresql://{dsn}").database, name="test")
    shown = f"{caught.value} {caught.value.members()}"
    assert told in caught.value.told_to_operators()
    assert "secret" not in shown + caught.value.told_to_operators()
    assert not any(address in shown for address in ("127.0.0.1", "localhost", "janua.invalid", "/no/where"))


async def test_a_wrong_password_or_database_says_what_to_look_at(database: str) -> None:
    for wrong in (database.replace("janua:", "janua:x", 1), database.replace("?", "_missing?")):
        with pytest.raises(DatabaseUnavailable, match=r"database\.dsn"):
            await open_pool(Settings().with_dsn(wrong).database, name="test")


async def test_closing_cuts_a_connection_that_hangs(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("janua.storage.pool.CLOSE_PATIENCE", 0.2)
    opened = await open_pool(settings.database, name="hanging")
    async with connection(opened) as lent:
        backend = await lent.fetchval("SELECT pg_backend_pid()")
    os.kill(backend, signal.SIGSTOP)
    try:
        async with asyncio.timeout(5):
            await opened.close()
    finally:
        os.kill(backend, signal.SIGCONT)


async def test_without_a_dsn_the_missing_setting_is_named() -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        await open_pool(Settings().database, name="test")
    assert caught.value.setting == "database.dsn"


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("08006", DatabaseUnavailable),
        ("25006", DatabaseUnavailable),
        ("25P03", StatementTimeout),
        ("40001", StatementConflict),
        ("40P01", StatementConflict),
        ("53100", StorageFull),
        ("53300", DatabaseUnavailable),
        ("55P03", StatementConflict),
        ("57014", StatementTimeout),
        ("57P01", DatabaseUnavailable),
        ("57P02", DatabaseUnavailable),
        ("57P03", DatabaseUnavailable),
    ],
)
def test_an_sqlstate_means_one_error(state: str, error: type[JanuaError]) -> None:
    assert type(of_state(state)) is error


async def test_what_the_user_may_not_do_is_told_as_that(database: str) -> None:
    async with connected(database) as c:
        await c.execute("CREATE ROLE nobody_much")
        try:
            with pytest.raises(DatabaseUnavailable, match=r"does not let the user of database\.dsn"):
                async with connected(database) as other:
                    await other.execute("SET ROLE nobody_much; SELECT FROM pg_authid")
        finally:
            await c.execute("DROP ROLE nobody_much")


def test_what_is_no_fault_of_the_database_means_nothing() -> None:
    for error in (
        asyncpg.UniqueViolationError("x"),
        asyncpg.InterfaceError("another operation is in progress"),
        ValueError("x"),
    ):
        assert translate(error) is None


def test_a_rollback_on_a_connection_that_was_cut_in_the_middle_says_no_more_than_that() -> None:
    error = asyncpg.InterfaceError("cannot perform operation: another operation is in progress")
    error.__context__ = asyncpg.InternalClientError("cannot switch to state 21; another operation (2) is in progress")
    assert isinstance(translate(error), DatabaseUnavailable)


async def test_those_who_wait_for_a_connection_get_one_in_turn(settings: Settings) -> None:
    database = settings.database.model_copy(update={"pool_min": 3, "pool_max": 3})
    tickets = count()
    served: list[int] = []

    async def ask() -> None:
        for _ in range(20):
            ticket = next(tickets)
            async with connection(pool) as c:
                served.append(ticket)
                await c.execute("SELECT 1")

    async with await open_pool(database, name="test") as pool:
        await asyncio.gather(*(ask() for _ in range(32)))
    assert served == sorted(served)


async def test_a_huge_statement_is_not_kept_prepared(pool: Pool) -> None:
    async with pool.acquire() as c:
        for length in (10, KEPT_STATEMENT):
            for number in range(3):
                assert await c.fetchval(f"SELECT '{'x' * length}{number}'") == "x" * length + str(number)
        longest = await c.fetchval("SELECT max(length(statement)) FROM pg_prepared_statements")
        assert 0 < longest < KEPT_STATEMENT
