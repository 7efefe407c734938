"""Thousands of clients that send a byte now and then, and one that sends requests."""

import asyncio
import resource
import time

import pytest

from tests.faults.running import janua_serve

pytestmark = pytest.mark.anyio

PROMISED_SOCKETS, PROMISED_SECONDS = 5000, 0.1
FEWER_SOCKETS, SECONDS = 300, 0.5  # the promise, on a machine that does much else
ROUNDS, REQUESTS = 3, 200
REQUEST = b"GET /api/records?limit=1 HTTP/1.1\r\nHost: x\r\n\r\n"
SLOW = b"GET /api/records HTTP/1.1\r\nX-Slow: "

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.mark.slow
async def test_five_thousand_slow_clients_do_not_make_others_wait(database: str) -> None:
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit < PROMISED_SOCKETS + 500:
        pytest.skip(f"needs {PROMISED_SOCKETS + 500} open files, may have {limit}")
    await assert_not_kept_waiting(database, PROMISED_SOCKETS, PROMISED_SECONDS)


async def test_slow_clients_do_not_make_others_wait_and_are_sent_away(database: str) -> None:
    await assert_not_kept_waiting(database, FEWER_SOCKETS, SECONDS)


async def assert_not_kept_waiting(database: str, sockets: int, seconds: float) -> None:
    """Fail unless the 99th percentile of another's requests is within so many seconds, at the best of some rounds."""
    async with janua_serve(database, JANUA_SERVER__RECEIVE_TIMEOUT="20") as served:
        slow: list[Connection] = []
        for _ in range(sockets):
            slow.append(await asyncio.open_connection("127.0.0.1", served.port))  # noqa: PERF401 -- one after another
        # While they begin, and then while all of them are in the middle of a request.
        rounds = [await percentile(served.port, slow), *[await percentile(served.port, []) for _ in range(ROUNDS - 1)]]
        print(f"p99 beside {sockets} slow clients: {[round(each * 1000) for each in rounds]} ms")
        async with asyncio.timeout(120):
            heads = [await reader.readline() for reader, _ in slow]
        assert {head[9:12] for head in heads} <= {b"408", b""}
        assert heads.count(b"") < sockets / 2, "those that had begun a request are told why"
        assert min(rounds) < seconds, rounds
        assert await answered(served.port) < SECONDS
        for _, writer in slow:
            writer.close()


async def percentile(port: int, beginning: list[Connection]) -> float:
    """Return the 99th percentile of the seconds that requests take, while slow ones begin between them."""
    times: list[float] = []
    for number in range(REQUESTS):
        for _, writer in beginning[number::REQUESTS]:
            writer.write(SLOW)
        times.append(await answered(port))
        await asyncio.sleep(0.01)
    return sorted(times)[int(len(times) * 0.99)]


async def answered(port: int) -> float:
    start = time.monotonic()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert head[9:12] == b"200"
    return time.monotonic() - start
