"""What clients may send that few do: offers of another protocol, oddly framed bodies, the protocol of 1996."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest

from janua.app import server_config
from janua.gateway.gateway import Gateway
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

OFFER = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAA\r\n"
"""As Java's HttpClient sends it with its first request."""
PATIENCE = 20.0


@pytest.fixture
async def address(gateway: Gateway) -> AsyncGenerator[httpx.URL]:
    async with serving(server_config(gateway.settings, gateway=gateway)) as found:
        yield httpx.URL(found)


async def answers(address: httpx.URL, *parts: str, until: str) -> str:
    """Send parts of requests one after the other; return what came back up to the last of `until`, or all of it."""
    reader, writer = await asyncio.open_connection(address.host, address.port)
    received = b""
    try:
        async with asyncio.timeout(PATIENCE):
            for part in parts:
                writer.write(part.encode("latin-1"))
                await writer.drain()
                await asyncio.sleep(0.05)
            while until.encode() not in received and (more := await reader.read(65536)):
                received += more
    finally:
        writer.close()
    return received.decode("latin-1")


def post(body: str, more: str = "") -> str:
    head = f"POST /records HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{more}"
    return f"{head}Content-Length: {len(body)}\r\n\r\n{body}"


async def test_an_offer_of_another_protocol_is_passed_over_and_its_body_is_read(address: httpx.URL) -> None:
    answer = await answers(address, post('{"a": 1}', OFFER), until='"data": {"a": 1}')
    assert answer.startswith("HTTP/1.1 201 ")
    in_parts = post('{"b": 2}', OFFER)
    answer = await answers(address, *(in_parts[n : n + 60] for n in range(0, len(in_parts), 60)), until='{"b": 2}')
    assert answer.startswith("HTTP/1.1 201 ")


async def test_a_body_in_chunks_comes_with_an_offer_too(address: httpx.URL) -> None:
    head = post("", OFFER).replace("Content-Length: 0", "Transfer-Encoding: chunked")
    answer = await answers(address, head, '5\r\n{"c":\r\n3\r\n 3}\r\n', "0\r\n\r\n", until='{"c": 3}')
    assert answer.startswith("HTTP/1.1 201 ")


async def test_the_connection_goes_on_after_an_offer(address: httpx.URL) -> None:
    websocket = "GET /livez HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n"
    answer = await answers(address, websocket * 500 + post('{"d": 4}'), until='{"d": 4}')
    assert answer.count("HTTP/1.1 200 OK") == 500
    assert "HTTP/1.1 201 Created" in answer


async def test_what_is_no_request_is_told_so(address: httpx.URL, caplog: pytest.LogCaptureFixture) -> None:
    for sent, why in {
        "BREW / HTTP/1.1\r\nHost: test\r\n\r\n": "Invalid method",
        "CONNECT test:443 HTTP/1.1\r\nHost: test\r\n\r\n": "CONNECT",
        "GET / HTTP/1.1\r\nHost : test\r\n\r\n": "Invalid header",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03": "use http://",
    }.items():
        answer = await answers(address, sent, until='"}')
        assert answer.startswith("HTTP/1.1 400 "), sent
        assert why in answer
    assert caplog.records == []


async def test_a_body_that_breaks_its_framing_is_told_so(address: httpx.URL) -> None:
    head = post("").replace("Content-Length: 0", "Transfer-Encoding: chunked")
    answer = await answers(address, head, '8\r\n{"e": 5}\r\nno length\r\n', until='"}')
    assert answer.startswith("HTTP/1.1 400 ")
    assert "Invalid character in chunk size" in answer
    stored = await answers(address, "GET /records?where={} HTTP/1.0\r\n\r\n", until='"total"')
    assert '"items":[]' in stored


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_an_answer_of_unknown_length_ends_as_the_version_of_http_has_it(address: httpx.URL, version: str) -> None:
    for n in range(3):
        await answers(address, post(f'{{"n": {n}}}'), until='"data"')
    ask = f"GET /records/export HTTP/{version}\r\nHost: test\r\nConnection: close\r\n\r\n"
    head, _, body = (await answers(address, ask, until="never")).partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 ")
    if version == "1.0":
        assert "transfer-encoding" not in head
        assert body == '{"n": 0}\n{"n": 1}\n{"n": 2}\n'
    else:
        assert "transfer-encoding: chunked" in head
        assert body.endswith("0\r\n\r\n")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Host: test:8080", 200),
        ("Host: [::1]:8080", 200),
        ("Host:", 200),
        ("X-Other: test", 400),
        ("Host: a\r\nHost: a", 400),
        ("Host: a, b", 400),
        ("Host: a/b", 400),
        ("Host: a:80:90", 400),
        ("Host: a\r\nTransfer-Encoding: gzip, chunked", 400),
    ],
)
async def test_a_head_that_others_may_read_otherwise_is_refused(address: httpx.URL, head: str, status: int) -> None:
    answer = await answers(address, f"GET /livez HTTP/1.1\r\n{head}\r\n\r\n", until="}")
    assert answer.startswith(f"HTTP/1.1 {status} ")
