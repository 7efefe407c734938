"""Workers that are killed under load: the others serve, and what was acknowledged is there."""

import asyncio
import os
import random
import signal
from datetime import datetime
from functools import partial

import asyncpg
import httpx
import pytest

from tests.faults.running import janua_serve, status, wait_until, workers
from tests.faults.working import BOOKS, Work, assert_whole, stored

pytestmark = pytest.mark.anyio

PROMISED_KILLS = 50


async def assert_killed_workers_lose_nothing(database: str, kills: int) -> Work:
    """Kill one of two workers after the other, each when the one before has been replaced."""
    async with (
        janua_serve(database, "--workers", "2") as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as http,
    ):
        assert (await http.put("/registry/books?wait=60", json=BOOKS)).status_code == 201
        watcher = await asyncpg.connect(database)
        async with Work(http).running() as work:
            for _ in range(kills):
                now = await watcher.fetchval("SELECT now()")
                os.kill(random.choice(workers(served)), signal.SIGKILL)
                async with asyncio.timeout(120):
                    await work.reach(20)
                await wait_until(partial(is_replaced, watcher, now), 120)
        await watcher.close()
        assert await status(served.port, "/readyz") == 200
    print(f"{work.statuses}, {work.unanswered} unanswered, slowest {work.slowest:.1f} s")
    assert work.statuses.keys() <= {200, 201, 503}
    assert_whole(work, await stored(database))
    return work


async def is_replaced(watcher: asyncpg.Connection, killed_at: datetime) -> bool:
    return await watcher.fetchval("SELECT count(*) FROM janua.workers WHERE started_at > $1", killed_at) > 0


@pytest.mark.slow
async def test_fifty_killed_workers_lose_no_acknowledged_write(database: str) -> None:
    work = await assert_killed_workers_lose_nothing(database, PROMISED_KILLS)
    assert work.unanswered > 0


async def test_killed_workers_lose_no_acknowledged_write(database: str) -> None:
    await assert_killed_workers_lose_nothing(database, 2)
