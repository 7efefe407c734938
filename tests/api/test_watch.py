"""A client that has gone ends what is done for it, whenever it went; and nothing of a request outlives it."""

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator
from contextvars import ContextVar

import httpx
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from janua.api.protocol import ServerConfig
from janua.api.watch import Watch
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

LONG = 30.0
BEFORE = 0.3  # seconds that a request takes before it is watched


class Kept:
    """Something that a request has in its context."""


kept: ContextVar[Kept | None] = ContextVar("kept", default=None)
seen: list["weakref.ref[Kept]"] = []
ended: list[str] = []


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/long":
        await asyncio.sleep(BEFORE)
        try:
            with Watch(scope):
                await asyncio.sleep(LONG)
        except ClientDisconnect:
            ended.append("gone")
            return
        ended.append("to its end")
    found = Kept()
    seen.append(weakref.ref(found))
    kept.set(found)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
async def address() -> AsyncGenerator[httpx.URL]:
    seen.clear()
    ended.clear()
    config = ServerConfig(
        app, head_seconds=5, url_bytes=1000, max_in_flight=10, lifespan="off", server_header=False, log_config=None
    )
    async with serving(config) as found:
        yield httpx.URL(found)


@pytest.mark.parametrize("after", [0.05, 2 * BEFORE])
async def test_a_client_that_goes_ends_its_request_also_before_it_is_watched(address: httpx.URL, after: float) -> None:
    _, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.sleep(after)
    writer.close()
    async with asyncio.timeout(LONG / 2):
        while not ended:  # noqa: ASYNC110 -- an event would belong to the loop of the first test
            await asyncio.sleep(0.01)
    assert ended == ["gone"]


async def test_what_a_request_has_in_its_context_goes_though_the_connection_stays(address: httpx.URL) -> None:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    for _ in range(3):
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"ok")
    await asyncio.sleep(0.05)
    gc.collect()
    assert [each() for each in seen] == [None] * 3
    writer.close()
