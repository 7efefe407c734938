"""The end of workers under load: whoever has sent a request gets an answer."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from tests.faults.running import Load, Served, janua_serve, wait_until, workers

pytestmark = pytest.mark.anyio

READ = b"GET /api/records HTTP/1.1\r\nHost: x\r\n\r\n"
DOCUMENT = b'{"n": 1}'
WRITE = b"POST /api/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(DOCUMENT),
    DOCUMENT,
)


@contextlib.asynccontextmanager
async def both(served: Served) -> AsyncGenerator[tuple[Load, Load]]:
    """Readers and writers at work."""
    async with Load(served.port, READ, 6).running() as reading, Load(served.port, WRITE, 2).running() as writing:
        yield reading, writing


async def assert_no_request_was_lost(database: str, reading: Load, writing: Load) -> None:
    assert (reading.statuses.keys(), writing.statuses.keys()) == ({200}, {201})
    assert reading.lost == writing.lost == []
    connection = await asyncpg.connect(database)
    stored = await connection.fetchval("SELECT count(*) FROM collections.records")
    await connection.close()
    assert stored == writing.statuses[201]


async def test_no_request_is_lost_when_a_worker_is_told_to_stop(database: str) -> None:
    async with janua_serve(database) as served, both(served) as (reading, writing):
        await asyncio.sleep(1)
        served.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await served.process.wait() == 0
    await assert_no_request_was_lost(database, reading, writing)
    assert reading.statuses[200] > 50


@pytest.mark.slow
async def test_no_request_is_lost_while_two_workers_are_restarted_in_turn(database: str) -> None:
    async with janua_serve(database, "--workers", "2") as served, both(served) as (reading, writing):
        for _ in range(2):
            before = {*workers(served)}
            served.process.send_signal(signal.SIGHUP)

            async def all_are_new(old: set[int] = before) -> bool:
                return old.isdisjoint(workers(served))

            await wait_until(all_are_new, 180)
            await asyncio.sleep(1)
    await assert_no_request_was_lost(database, reading, writing)
    assert reading.refused == writing.refused == 0
