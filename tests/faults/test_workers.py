"""Workers that are killed under load: the others serve, and what was acknowledged is there."""

import asyncio
import os
import random
import signal
from collections import Counter
from pathlib import Path

import asyncpg
import httpx
import pytest

from janua.model.identifiers import new_id
from tests.faults.running import Served, janua_serve, status

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

KILLS = int(os.environ.get("JANUA_TEST_KILLS", "10"))


def workers(served: Served) -> list[int]:
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    return [int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


async def test_killed_workers_lose_no_acknowledged_write(database: str) -> None:
    acknowledged: set[str] = set()
    statuses = Counter[int]()
    stopped = asyncio.Event()

    async def write(http: httpx.AsyncClient) -> None:
        while not stopped.is_set():
            id = str(new_id())
            try:
                answer = await http.put(f"/records/{id}", json={"id": id})
            except httpx.TransportError:
                continue  # it was with the worker that died: nobody knows whether it is stored
            statuses[answer.status_code] += 1
            if answer.status_code == 201:
                acknowledged.add(id)

    async with (
        janua_serve(database, "--workers", "2") as served,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}", timeout=60) as http,
    ):
        tasks = [asyncio.create_task(write(http)) for _ in range(6)]
        for _ in range(KILLS):
            async with asyncio.timeout(120):
                while len(alive := workers(served)) < 2:  # noqa: ASYNC110 -- another process tells no event
                    await asyncio.sleep(0.1)
            os.kill(random.choice(alive), signal.SIGKILL)
            before = len(acknowledged)
            async with asyncio.timeout(120):
                while len(acknowledged) < before + 20:  # noqa: ASYNC110 -- counted by other tasks
                    await asyncio.sleep(0.05)
        stopped.set()
        await asyncio.gather(*tasks)
        assert await status(served.port, "/readyz") == 200
    connection = await asyncpg.connect(database)
    stored = Counter(row[0] for row in await connection.fetch("SELECT id::text FROM collections.records"))
    await connection.close()
    assert acknowledged - stored.keys() == set()
    assert set(stored.values()) == {1}
    assert statuses.keys() <= {201, 503}
