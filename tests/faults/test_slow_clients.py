"""Thousands of clients that send a byte now and then, and one that sends requests."""

import asyncio
import resource
import time

import pytest

from tests.faults.running import janua_serve

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

SOCKETS = 5000
CANARY_SECONDS = 0.5  # the promise is 0.1, on a machine that does nothing else
REQUEST = b"GET /api/records?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n"


async def test_thousands_of_slow_clients_do_not_make_others_wait_and_are_sent_away(database: str) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit < SOCKETS + 500:
        pytest.skip(f"needs {SOCKETS + 500} open files, may have {limit}")
    async with janua_serve(database, JANUA_SERVER__RECEIVE_TIMEOUT="15") as served:
        slow: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        for _ in range(SOCKETS):
            slow.append(await asyncio.open_connection("127.0.0.1", served.port))  # noqa: PERF401 -- one after another
        times: list[float] = []
        for number in range(200):
            for _, writer in slow[number * 25 : number * 25 + 25]:
                writer.write(b"GET /api/records HTTP/1.1\r\nX-Slow: ")
            times.append(await answered(served.port))
            await asyncio.sleep(0.02)
        assert sorted(times)[int(len(times) * 0.99)] < CANARY_SECONDS
        async with asyncio.timeout(60):
            heads = [await reader.readline() for reader, _ in slow]
        assert {head[9:12] for head in heads} <= {b"408", b""}
        assert heads.count(b"") < SOCKETS / 2, "those that had begun a request are told why"
        assert await answered(served.port) < CANARY_SECONDS
        for _, writer in slow:
            writer.close()


async def answered(port: int) -> float:
    start = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert head[9:12] == b"200"
    return time.monotonic() - start
