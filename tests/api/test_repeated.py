"""A request with a head that its connection has seen before means what it means on a connection of its own."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Self

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from janua.api.protocol import ServerConfig
from janua.api.receiving import receive_body, receive_part
from janua.api.repeated import LARGEST, MOST, Heads, read_headers
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

REST = "Host: test\r\nX-Case: {case}\r\nContent-Length: 4"
ASKED = ("method", "path", "query_string", "http_version", "root_path", "scheme")
QUIET_SECONDS = 1
targets = st.text(st.sampled_from("/ab.%2eE?&=#~-_;:@+* \\é"), max_size=12).map(lambda text: f"/{text}")


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer what the server makes of a request."""
    if scope["path"] == "/slow":
        await asyncio.sleep(2.5 * QUIET_SECONDS)
    if scope["path"].startswith("/parts"):
        body, more = b"", True
        while more:
            part, more = await receive_part(receive)
            body += part
    else:
        body = await receive_body(scope, receive, limit=None, seconds=5)
    told = {each: str(scope[each]) for each in ASKED} | {"raw_path": str(scope["raw_path"]), "body": body.decode()}
    told["headers"] = str(scope["headers"])
    found = json.dumps(told).encode()
    head = [(b"content-length", str(len(found)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": found})


@pytest.fixture
async def address() -> AsyncGenerator[httpx.URL]:
    config = ServerConfig(
        echo, head_seconds=5, url_bytes=1000, max_in_flight=10, lifespan="off", server_header=False, log_config=None,
        timeout_keep_alive=QUIET_SECONDS, date_header=False,
    )  # fmt: skip
    async with serving(config) as found:
        yield httpx.URL(found)


class Connection:
    """A connection that is kept."""

    def __init__(self, address: httpx.URL) -> None:
        self._address = address

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection(self._address.host, self._address.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def ask(self, request: str) -> str:
        """Send a request; return the first line of the answer and its body."""
        self.writer.write(request.encode())
        async with asyncio.timeout(20):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            length = int(head.lower().partition("content-length: ")[2].partition("\r\n")[0])
            return head.partition("\r\n")[0] + (await self.reader.readexactly(length)).decode()


def request(target: str, method: str = "POST", body: str = "[12]", version: str = "1.1", case: str = "") -> str:
    return f"{method} {target} HTTP/{version}\r\n{REST.format(case=case)}\r\n\r\n{body}"


async def both(address: httpx.URL, asked: str) -> tuple[str, str]:
    """Return how a request is answered on a connection that knows its head, and on a new one."""
    async with Connection(address) as known, Connection(address) as new:
        await known.ask(request("/first?a=1"))
        return await known.ask(asked), await new.ask(asked)


async def test_a_request_is_answered_as_on_a_connection_of_its_own(address: httpx.URL) -> None:
    loop = asyncio.get_running_loop()

    @given(targets, st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "post", "TRACE"]))
    @example("/parts", "POST")
    @example("/parts", "GET")
    @example("/a/../b", "POST")
    @example("/a%2Fb", "POST")
    @example("//a", "POST")
    @example("/a?b#c", "POST")
    @example("http://other/a", "POST")
    @example("*", "OPTIONS")
    @settings(max_examples=150, deadline=None)
    def holds(target: str, method: str) -> None:
        asking = both(address, request(target, method))
        found, wanted = asyncio.run_coroutine_threadsafe(asking, loop).result(30)
        assert found == wanted

    await asyncio.to_thread(holds)


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        ("POST /second HTTP/1.0", REST),
        ("POST /second HTTP/1.1", REST + "0"),
        ("POST /second HTTP/1.1", f"{REST}\r\nConnection: close"),
        ("POST /second HTTP/1.1", f"{REST}\r\nContent-Length: 4"),
        ("POST /second HTTP/1.1\r\nX-More: 1", REST),
    ],
)
async def test_a_head_that_is_nearly_known_is_read_as_a_new_one(address: httpx.URL, first: str, rest: str) -> None:
    body = "[12]" + " " * 36 if rest.endswith("40") else "[12]"
    found, wanted = await both(address, f"{first}\r\n{rest.format(case='')}\r\n\r\n{body}")
    assert found == wanted


async def test_a_body_that_comes_later_or_with_the_next_request_is_not_taken_for_another(address: httpx.URL) -> None:
    async with Connection(address) as known:
        await known.ask(request("/first"))
        whole = request("/second", body='"ab"')
        known.writer.write(whole[:-2].encode())
        await asyncio.sleep(0.05)
        assert '"body": "\\"ab\\""' in await known.ask(whole[-2:])
        known.writer.write((request("/third", body='"cd"') + request("/fourth", body='"ef"')).encode())
        assert '"path": "/third"' in await known.ask("")
        assert '"body": "\\"ef\\""' in await known.ask("")


@pytest.mark.parametrize("place", range(1, 60))
async def test_a_head_that_comes_in_two_parts_is_one_wherever_it_is_split(address: httpx.URL, place: int) -> None:
    first = "GET /first HTTP/1.1\r\nHost: x"
    second = f'DELETE /second HTTP/1.1\r\nHost: x{"y" * (place % 3)}\r\nIf-Match: "3"\r\n\r\n'
    split = place % len(second)
    async with Connection(address) as known, Connection(address) as new:
        await known.ask(f"{first}\r\n\r\n")
        answers: list[str] = []
        for each in (known, new):
            each.writer.write(second[:split].encode())
            await asyncio.sleep(0.01)
            answers.append(await each.ask(second[split:]))
        assert answers[0] == answers[1]
        assert "if-match" in answers[0]


async def test_a_connection_is_closed_when_it_was_quiet_for_long_and_not_before(address: httpx.URL) -> None:
    async with Connection(address) as known:
        for path in ("/first", "/slow", "/third"):
            assert f'"path": "{path}"' in await known.ask(request(path))
            await asyncio.sleep(0.6 * QUIET_SECONDS)
        async with asyncio.timeout(10 * QUIET_SECONDS):
            assert await known.reader.read() == b""


def test_only_the_first_heads_of_a_connection_are_remembered_and_no_large_ones() -> None:
    heads, scope = Heads(), {"root_path": "", "headers": []}
    cases = [request("/a", case=each).encode() for each in ["x" * LARGEST, *map(str, range(MOST))]]
    for each in cases:
        assert heads.again(each) is None
        heads.learn(each, scope)
    assert [heads.again(each) is not None for each in cases] == [False, *[True] * MOST]
    heads.learn(request("/a", case="one more").encode(), scope)
    assert heads.again(request("/a", case="one more").encode()) is None


def test_what_is_made_of_headers_is_made_once_unless_it_is_an_error() -> None:
    heads, asked = Heads(), []
    heads.learn(request("/a").encode(), {"root_path": "", "headers": [(b"a", b"1")]})

    def read(headers: list[tuple[bytes, bytes]]) -> int:
        asked.append(headers)
        if len(asked) < 2:
            raise ValueError("not yet")
        return len(headers)

    again = heads.again(request("/b").encode())
    assert again is not None
    with pytest.raises(ValueError, match="not yet"):
        read_headers(again.scope, read)
    assert [read_headers(again.scope, read) for _ in range(3)] == [1, 1, 1]
    assert len(asked) == 2
