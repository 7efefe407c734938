"""Statements that are run together answer each as if it were run by itself, whatever becomes of the others."""

import asyncio
import random
import time
from typing import Any

import asyncpg
import pytest

from janua.config import Settings
from janua.errors import DatabaseUnavailable, StatementTimeout
from janua.sql.statement import Statement
from janua.storage import batches as module
from janua.storage.batches import Batches
from janua.storage.pool import Pool, acquire, connection, open_pool, release
from janua.telemetry.spans import Kind, Step, Trace, current

pytestmark = pytest.mark.anyio

GIVEN = "unnest($1::int[]) WITH ORDINALITY AS given(n, place)"
TENTH = Statement("SELECT 10 / $1::int AS answer", (), f"SELECT place, (10 / n)::text AS answer FROM {GIVEN}")
"""Fails for 0."""
SLOW = Statement(
    "SELECT $1::int::text AS answer FROM (SELECT pg_sleep(0.3)) AS alone",
    (),
    f"SELECT place, n::text AS slept, n::text AS answer FROM {GIVEN}, (SELECT pg_sleep(0.3)) AS slept",
)
ENDLESS = Statement("SELECT pg_sleep(60)", (), f"SELECT place, pg_sleep(60)::text FROM {GIVEN}")
STORE = Statement(
    "INSERT INTO collections.n VALUES ($1::int) RETURNING n::text",
    (),
    f"""WITH stored AS (INSERT INTO collections.n SELECT n FROM {GIVEN} RETURNING n)
    SELECT place, n::text FROM stored JOIN {GIVEN} USING (n)""",
)


@pytest.fixture
def batches(pool: Pool) -> Batches:
    return Batches(pool, reads=True, writes=True)


@pytest.fixture
async def statements(pool: Pool) -> list[str]:
    """The statements that connections of the pool send from now on, as asyncpg logs them."""
    seen: list[str] = []

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        # A connection that meets a type for the first time asks about it.
        if "typeinfo" not in record.query and "'jit'" not in record.query:
            seen.append(record.query)

    holders = [await acquire(pool) for _ in range(10)]
    for each in holders:
        each.add_query_logger(note)
    for each in holders:
        await release(pool, each)
    return seen


@pytest.fixture
async def table(pool: Pool) -> None:
    async with connection(pool) as c:
        await c.execute("CREATE TABLE collections.n (n int PRIMARY KEY)")


async def answer(batches: Batches, statement: Statement, number: int, *, writes: bool = False) -> Any:
    row = await batches.fetch(statement, (number,), writes=writes)
    return None if row is None else row[-1]


async def gathered(batches: Batches, statement: Statement, *numbers: int, writes: bool = False) -> list[Any]:
    asked = (answer(batches, statement, each, writes=writes) for each in numbers)
    return await asyncio.gather(*asked, return_exceptions=True)


OTHERS = """FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()
    AND datname = current_database() AND query LIKE '%' || $1 || '%'"""

ASLEEP = f"{OTHERS} AND wait_event = 'PgSleep'"


async def cut(pool: Pool, text: str, function: str = "pg_terminate_backend") -> None:
    """Cut the connections that run a statement with this text, as soon as one sleeps; before, it may not notice."""
    async with asyncio.timeout(20), connection(pool) as c:
        while not await c.fetchval(f"SELECT count({function}(pid)) {ASLEEP}", text):  # noqa: ASYNC110 -- PostgreSQL tells no event
            await asyncio.sleep(0.005)


async def test_who_waits_is_answered_by_one_statement_each_with_its_own_row(
    batches: Batches, statements: list[str]
) -> None:
    numbers = list(range(1, 21))
    assert [str(each) for each in await gathered(batches, TENTH, *numbers)] == [str(10 // each) for each in numbers]
    await asyncio.sleep(0.01)  # asyncpg logs a little later
    assert statements == [TENTH.text, TENTH.together]


async def test_who_finds_nobody_ahead_is_not_put_together(batches: Batches, statements: list[str]) -> None:
    for number in (1, 2, 5):
        assert await answer(batches, TENTH, number) == 10 // number
    await asyncio.sleep(0.01)
    assert statements == [TENTH.text] * 3


async def test_turned_off_each_runs_by_itself(pool: Pool, statements: list[str]) -> None:
    await gathered(Batches(pool, reads=False, writes=True), TENTH, *range(1, 9))
    await asyncio.sleep(0.01)
    assert statements == [TENTH.text] * 8


async def test_an_error_of_one_is_not_told_to_the_others(batches: Batches) -> None:
    found = await gathered(batches, TENTH, 1, 2, 0, 5, 0, 10)
    assert isinstance(found[2], asyncpg.DivisionByZeroError)
    assert isinstance(found[4], asyncpg.DivisionByZeroError)
    assert [int(found[each]) for each in (0, 1, 3, 5)] == [10, 5, 2, 1]


async def test_who_is_cancelled_leaves_the_others_alone(batches: Batches) -> None:
    tasks = [asyncio.create_task(answer(batches, SLOW, each)) for each in range(6)]
    await asyncio.sleep(0.1)
    for each in (0, 2, 4):
        tasks[each].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [isinstance(each, asyncio.CancelledError) for each in found] == [True, False] * 3
    assert [found[each] for each in (3, 5)] == ["3", "5"]
    assert len(await gathered(batches, SLOW, 7, 8)) == 2


async def test_what_nobody_waits_for_any_more_is_cancelled(pool: Pool, batches: Batches) -> None:
    tasks = [asyncio.create_task(answer(batches, ENDLESS, each)) for each in range(4)]
    await asyncio.sleep(0.3)
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(20), connection(pool) as c:
        while await c.fetchval(f"SELECT count(*) {OTHERS}", "pg_sleep(60)"):  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.05)


async def test_a_backend_that_is_killed_costs_no_read_that_is_one_of_many(pool: Pool, batches: Batches) -> None:
    tasks = [asyncio.create_task(answer(batches, SLOW, each)) for each in range(10)]
    await cut(pool, "AS slept")
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert found[1:] == [str(each) for each in range(1, 10)]


async def test_what_does_not_come_back_holds_the_next_up_only_for_a_moment(batches: Batches) -> None:
    stuck = asyncio.create_task(answer(batches, ENDLESS, 1))
    await asyncio.sleep(0)
    also_stuck = [asyncio.create_task(answer(batches, ENDLESS, each)) for each in (2, 3)]
    await asyncio.sleep(0.5)
    lane = batches._lanes[ENDLESS.text]  # noqa: SLF001 -- how many wait shows nowhere else
    assert not lane.waiting
    for each in (stuck, *also_stuck):
        each.cancel()
    await asyncio.gather(stuck, *also_stuck, return_exceptions=True)


async def test_without_a_connection_all_who_wait_are_told_in_time_and_the_next_are_served(settings: Settings) -> None:
    changes = {"acquire_timeout": 0.3, "pool_min": 1, "pool_max": 1}
    async with await open_pool(settings.database.model_copy(update=changes), name="one") as pool:
        batches = Batches(pool, reads=True, writes=True)
        async with connection(pool):
            started = time.monotonic()
            found = await gathered(batches, TENTH, 1, 2, 5)
            assert [type(each) for each in found] == [DatabaseUnavailable] * 3
            assert time.monotonic() - started < 3
        assert [int(each) for each in await gathered(batches, TENTH, 1, 2, 5)] == [10, 5, 2]


async def test_a_read_that_waits_for_a_connection_takes_along_who_came_since(settings: Settings) -> None:
    changes = {"pool_min": 1, "pool_max": 1}
    async with await open_pool(settings.database.model_copy(update=changes), name="one") as pool:
        batches = Batches(pool, reads=True, writes=True)
        async with connection(pool):
            tasks = [asyncio.create_task(answer(batches, TENTH, each)) for each in (1, 2, 5)]
            await asyncio.sleep(0.05)
            tasks.append(asyncio.create_task(answer(batches, TENTH, 10)))
            await asyncio.sleep(0.05)
        found = await asyncio.gather(*tasks)
        assert {type(each) for each in found} == {str}  # by the statement for many
        assert found == ["10", "5", "2", "1"]


async def test_who_would_be_late_by_itself_too_is_not_run_again(
    pool: Pool, batches: Batches, monkeypatch: pytest.MonkeyPatch, statements: list[str]
) -> None:
    monkeypatch.setattr(module, "SOON", 0.0)
    cancelled = cut(pool, "AS slept", "pg_cancel_backend")
    _, found = await asyncio.gather(cancelled, gathered(batches, SLOW, 1, 2, 3))
    assert [type(each) for each in found[1:]] == [StatementTimeout] * 2
    assert statements.count(SLOW.text) == 1


async def test_no_wake_up_is_lost_among_many_that_come_go_and_fail(pool: Pool, batches: Batches) -> None:
    chance = random.Random(6)

    async def client(number: int) -> list[int]:
        wrong: list[int] = []
        for turn in range(40):
            asked = chance.choice((0, 1, 2, 5, 10))
            await asyncio.sleep(chance.choice((0, 0, 0.0005)))
            try:
                async with asyncio.timeout(chance.choice((0.0003, 0.002, None))):
                    found = int(await answer(batches, TENTH, asked))
            except (TimeoutError, asyncpg.DivisionByZeroError, DatabaseUnavailable):
                continue
            if found != 10 // asked:
                wrong.append(turn * 100 + number)
        return wrong

    async def killer() -> None:
        async with connection(pool) as c:
            for _ in range(20):
                await asyncio.sleep(0.005)
                await c.fetchval(f"SELECT count(pg_terminate_backend(pid)) {OTHERS}", "10 / n")

    async with asyncio.timeout(60):
        *found, _ = await asyncio.gather(*(client(each) for each in range(30)), killer())
    assert found == [[]] * 30
    assert [int(each) for each in await gathered(batches, TENTH, 1, 2, 5)] == [10, 5, 2]
    lane = batches._lanes[TENTH.text]  # noqa: SLF001 -- that nothing is left shows nowhere else
    assert not lane.waiting
    assert lane.ahead is None


async def test_long_answers_are_put_together_in_smaller_numbers(
    batches: Batches, statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", 8)
    for _ in range(3):
        await gathered(batches, TENTH, *[1] * 40)
    await asyncio.sleep(0.01)
    assert statements.count(TENTH.together or "") > 6


async def test_the_trace_of_each_has_its_own_statement_and_with_how_many_it_ran(batches: Batches) -> None:
    async def traced(number: int) -> Trace:
        trace = Trace(step=Step("request", Kind.SERVER))
        trace.parameters = {}
        current.set((trace, trace.id))
        await answer(batches, SLOW, number)
        return trace

    traces = await asyncio.gather(*(traced(each) for each in range(4)))
    for number, trace in enumerate(traces):
        [ran] = [each for each in trace.spans if each.kind is Kind.CLIENT]
        assert ran.attributes.get("db.operation.batch.size") == (None if number == 0 else 3)
        assert ran.attributes["db.query.text"] == SLOW.text
        assert trace.parameters == {ran.id: (number,)}
        assert 0.25 < ran.end - ran.start < 10
    assert [each.name for each in traces[1].spans] == ["request", "connection", "SELECT"]


@pytest.mark.usefixtures("table")
async def test_a_write_that_fails_does_not_undo_the_others(pool: Pool, batches: Batches) -> None:
    found = await gathered(batches, STORE, 1, 2, 3, 2, 4, 1, writes=True)
    assert [each if isinstance(each, str) else type(each) for each in found] == [
        "1", "2", "3", asyncpg.UniqueViolationError, "4", asyncpg.UniqueViolationError,
    ]  # fmt: skip
    async with connection(pool) as c:
        assert await c.fetchval("SELECT array_agg(n ORDER BY n) FROM collections.n") == [1, 2, 3, 4]


@pytest.mark.usefixtures("table")
async def test_a_write_of_which_nobody_knows_whether_it_was_done_is_not_repeated(
    pool: Pool, batches: Batches, statements: list[str]
) -> None:
    slow = "BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END"
    async with connection(pool) as c:
        await c.execute(f"CREATE FUNCTION collections.wait() RETURNS trigger LANGUAGE plpgsql AS $${slow}$$")
        await c.execute("CREATE TRIGGER w BEFORE INSERT ON collections.n EXECUTE FUNCTION collections.wait()")
    tasks = [asyncio.create_task(answer(batches, STORE, each, writes=True)) for each in range(5)]
    await cut(pool, "WITH stored")
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert found[0] == "0"
    assert [type(each) for each in found[1:]] == [DatabaseUnavailable] * 4
    async with connection(pool) as c:
        assert await c.fetchval("SELECT array_agg(n) FROM collections.n") == [0]
    assert statements.count(STORE.text) == 1
