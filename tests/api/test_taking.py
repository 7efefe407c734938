"""A client that takes nothing of its answer is cut off, one that takes little is not."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator

import httpx
import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from janua.api import taking
from janua.api.protocol import ServerConfig
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

PART, PARTS = b"x" * 1_000_000, 30
PATIENCE = 1.0
NOTICED = 20 * PATIENCE
"""On a busy machine."""

ended: list[float] = []


async def much(scope: Scope, receive: Receive, send: Send) -> None:
    async def parts() -> AsyncGenerator[bytes]:
        try:
            for _ in range(PARTS):
                yield PART
        finally:
            ended.append(time.monotonic())

    answer = StreamingResponse(parts()) if scope["path"] == "/parts" else Response(PART * PARTS)
    await answer(scope, receive, send)


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[httpx.URL]:
    monkeypatch.setattr(taking, "TAKE_SECONDS", PATIENCE)
    ended.clear()
    config = ServerConfig(
        much, head_seconds=60, url_bytes=1000, max_in_flight=10, lifespan="off", server_header=False, log_config=None,
        loop="uvloop", timeout_keep_alive=1,
    )  # fmt: skip
    async with serving(config) as found:
        yield httpx.URL(found)


async def asked(address: httpx.URL, path: str) -> socket.socket:
    taker = socket.socket()
    taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.to_thread(taker.connect, (address.host, address.port))
    taker.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    taker.setblocking(False)
    return taker


async def taken(taker: socket.socket, pause: float = 0.0) -> int:
    """Return how many bytes come before the connection ends, one way or the other."""
    count = 0
    try:
        while more := await asyncio.get_running_loop().sock_recv(taker, 1_000_000):
            count += len(more)
            await asyncio.sleep(pause)
            if count >= PARTS * len(PART):
                break
    except ConnectionResetError:
        pass
    return count


@pytest.mark.parametrize("path", ["/parts", "/whole"])
async def test_who_takes_nothing_is_cut_off(address: httpx.URL, path: str) -> None:
    with await asked(address, path) as taker:
        await asyncio.sleep(5 * PATIENCE)
        async with asyncio.timeout(NOTICED):
            assert await taken(taker) < PARTS * len(PART)
            while path == "/parts" and not ended:  # noqa: ASYNC110 -- the server tells no event
                await asyncio.sleep(0.05)


async def test_who_takes_little_gets_all(address: httpx.URL) -> None:
    with await asked(address, "/parts") as taker:
        start = time.monotonic()
        await asyncio.get_running_loop().sock_recv(taker, 1)
        while time.monotonic() < start + 3 * PATIENCE:
            await asyncio.get_running_loop().sock_recv(taker, 20_000)
            await asyncio.sleep(0.1)
        async with asyncio.timeout(NOTICED):
            assert await taken(taker) > PARTS * len(PART) / 2
