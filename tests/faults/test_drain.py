"""The end of workers under load: whoever has sent a request gets an answer."""

import asyncio
import signal

import pytest

from tests.faults.running import Load, janua_serve

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

REQUEST = b"GET /api/records HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_no_request_is_lost_when_a_worker_is_told_to_stop(database: str) -> None:
    async with janua_serve(database) as served, Load(served.port, REQUEST).running() as load:
        await asyncio.sleep(1)
        served.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            assert await served.process.wait() == 0
    assert load.statuses.keys() == {200}
    assert load.statuses[200] > 50
    assert load.lost == []


async def test_no_request_is_lost_while_two_workers_are_restarted_in_turn(database: str) -> None:
    async with (
        janua_serve(database, "--workers", "2") as served,
        Load(served.port, REQUEST).running() as load,
    ):
        for _ in range(2):
            answered = load.statuses[200]
            served.process.send_signal(signal.SIGHUP)
            await asyncio.sleep(2)
            async with asyncio.timeout(120):
                while load.statuses[200] < answered + 500:  # noqa: ASYNC110 -- counted by other tasks
                    await asyncio.sleep(0.1)
    assert load.statuses.keys() == {200}
    assert load.lost == []
    assert load.refused == 0
