"""Workers follow the database within a second, whatever is lost on the way, and know of each other."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count

import asyncpg
import pytest

from janua.config import Settings
from janua.errors import DatabaseAhead, JanuaError
from janua.gateway import schemas
from janua.gateway.gateway import Gateway, open_gateway, require_servable
from janua.gateway.live import FORMAT
from janua.gateway.workers import await_workers
from janua.storage import workers as storage
from janua.storage.pool import connection
from tests.gateway.builders import a_schema

pytestmark = pytest.mark.anyio

PATIENCE = 10.0  # seconds, for what should take less than one
PROMISED = 1.0  # seconds until all workers serve what one has registered
ROUNDS = 5
CUT_FOLLOWERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid IN (SELECT pid FROM pg_locks
        WHERE locktype = 'advisory' AND classid::bigint = hashtext('janua.workers')::bigint & 4294967295)
"""


@pytest.fixture
async def workers(settings: Settings) -> AsyncGenerator[list[Gateway]]:
    """Three workers, as three processes would be."""
    async with AsyncExitStack() as stack:
        opened = [
            await stack.enter_async_context(open_gateway(settings, name=f"test {number}", serves=True))
            for number in range(3)
        ]
        yield opened


async def test_a_worker_serves_when_those_that_register_know_of_it(gateway: Gateway, settings: Settings) -> None:
    for number in range(ROUNDS):
        async with open_gateway(settings, name=f"late {number}", serves=True):
            assert (await await_workers(gateway.pool, 0, 0)).live == 1


async def all_live(gateway: Gateway, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await await_workers(gateway.pool, 0, 0)).live != count:  # noqa: ASYNC110 -- the state is in the database
            await asyncio.sleep(0.05)


async def converge(workers: list[Gateway], revision: int | None = None) -> float:
    """Return the seconds until all workers serve a revision, that of the first one if none is named.

    Nothing hints at it but what the workers hear themselves: `Live.reach` would have them look.
    """
    wanted = workers[0].live.catalog.revision if revision is None else revision
    started = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while any(each.live.catalog.revision < wanted for each in workers):  # noqa: ASYNC110 -- nothing tells
            await asyncio.sleep(0.005)
    return time.monotonic() - started


async def usually(seconds: Callable[[], Awaitable[float]]) -> float:
    """Return the median of some rounds: a machine busy with other things may hold up one of them, and not most."""
    return statistics.median([await seconds() for _ in range(ROUNDS)])


async def test_what_one_worker_registers_all_serve(workers: list[Gateway]) -> None:
    await schemas.register(workers[0], "things", a_schema({"n": {}}))
    await converge(workers)
    assert {each.live.catalog.collection("things").version for each in workers} == {1}


async def test_workers_converge_within_a_second_by_notifications(workers: list[Gateway]) -> None:
    numbers = count()

    async def registered() -> float:
        await schemas.register(workers[0], "things", a_schema({f"n{next(numbers)}": {}}))
        return await converge(workers)

    assert await usually(registered) < PROMISED


async def test_workers_converge_within_a_second_without_a_notification(workers: list[Gateway], database: str) -> None:
    administrator = await asyncpg.connect(database)

    async def advanced() -> float:
        statement = "UPDATE janua.catalog SET revision = revision + 1 RETURNING revision"
        return await converge(workers, await administrator.fetchval(statement))

    assert await usually(advanced) < PROMISED
    await administrator.close()


async def test_workers_converge_within_a_second_after_the_connections_they_listen_on_were_cut(
    workers: list[Gateway], database: str
) -> None:
    administrator, numbers = await asyncpg.connect(database), count()

    async def cut() -> float:
        assert await administrator.fetchval(CUT_FOLLOWERS) == 3
        await schemas.register(workers[0], "things", a_schema({f"n{next(numbers)}": {}}))
        seconds = await converge(workers)
        await all_live(workers[0], 3)
        async with asyncio.timeout(PATIENCE):
            while await administrator.fetchval("SELECT count(*) FROM janua.workers") != 3:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.05)
        return seconds

    assert await usually(cut) < PROMISED
    await administrator.close()


async def test_a_pool_that_is_used_up_does_not_keep_a_worker_from_following(
    workers: list[Gateway], settings: Settings
) -> None:
    async with AsyncExitStack() as held:
        for _ in range(settings.database.pool_max):
            await held.enter_async_context(connection(workers[1].pool))
        await schemas.register(workers[0], "things", a_schema({"n": {}}))
        assert await converge(workers) < PATIENCE / 2


async def test_waiting_for_workers_ends_when_all_serve_the_revision(workers: list[Gateway]) -> None:
    await schemas.register(workers[0], "things", a_schema({"n": {}}))
    found = await await_workers(workers[0].pool, workers[0].live.catalog.revision, PATIENCE)
    assert (found.live, found.serving) == (3, 3)
    assert {each.live.catalog.revision for each in workers} == {workers[0].live.catalog.revision}


async def test_waiting_for_a_worker_that_does_not_follow_ends_in_time_and_says_so(
    gateway: Gateway, settings: Settings
) -> None:
    async with storage.following(settings.database, lambda: None, name="stuck") as stuck:
        await storage.announce(stuck, await storage.next_number(stuck), "stuck", 0)
        found = await await_workers(gateway.pool, 1, 0.3)
        assert (found.live, found.serving) == (1, 0)
    # Its row is still there, and young: it might be connecting again.
    assert (await await_workers(gateway.pool, 1, 0)).live == 1
    async with connection(gateway.pool) as c:
        await c.execute("UPDATE janua.workers SET seen_at = seen_at - interval '4 seconds'")
    assert (await await_workers(gateway.pool, 1, 0)).live == 0


async def test_a_worker_that_stops_is_forgotten_at_once(settings: Settings, gateway: Gateway) -> None:
    async with open_gateway(settings, name="brief", serves=True):
        await all_live(gateway, 1)
    async with connection(gateway.pool) as c:
        assert await storage.load_live(c) == []
        assert await c.fetchval("SELECT count(*) FROM janua.workers") == 0


async def test_a_catalog_never_goes_back(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", a_schema({"n": {}}))
    older = gateway.live.catalog
    await schemas.register(gateway, "things", a_schema({"m": {}}))
    gateway.live.publish(older)
    assert gateway.live.catalog.collection("things").version == 2


async def test_a_registry_of_a_newer_format_is_refused_at_the_start_and_later(
    gateway: Gateway, settings: Settings
) -> None:
    async with connection(gateway.pool) as c:
        await c.execute("UPDATE janua.catalog SET format = $1, revision = revision + 1", FORMAT + 1)
    async with asyncio.timeout(PATIENCE):
        while not refusal_of(gateway):  # noqa: ASYNC110 -- nothing tells
            await asyncio.sleep(0.01)
    for attempt in (require_servable(settings), schemas.register(gateway, "things", a_schema({}))):
        with pytest.raises(DatabaseAhead):
            await attempt
    with pytest.raises(DatabaseAhead) as refused:
        async with open_gateway(settings):
            pass
    assert "upgrade this Janua" in str(refused.value)
    async with connection(gateway.pool) as c:
        await c.execute("UPDATE janua.catalog SET format = $1", FORMAT)
    async with asyncio.timeout(PATIENCE):
        while refusal_of(gateway):  # noqa: ASYNC110 -- nothing tells
            await asyncio.sleep(0.01)


def refusal_of(gateway: Gateway) -> JanuaError | None:
    return gateway.live.refusal
