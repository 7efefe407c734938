"""Answers that are known when they begin are one message and one write, and HTTP as any other."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from janua.api.protocol import LINGER_SECONDS, ServerConfig
from janua.api.sending import EXTENSION, send_response, send_whole
from janua.app import create_app
from janua.config import Settings
from janua.gateway.gateway import Gateway
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

ANSWERS = {
    "/": (200, {"content-type": "text/plain"}, "all of it"),
    "/gone": (204, {}, ""),
    "/same": (304, {"etag": '"1"'}, "not to be sent"),
    "/closing": (413, {"connection": "close"}, "too large"),
    "/split": (200, {"x-wrong": "a\r\nset-cookie: b"}, "never"),
}


async def whole(scope: Scope, receive: Receive, send: Send) -> None:
    status, headers, body = ANSWERS[scope["path"].removeprefix("/parts")]
    if scope["path"].startswith("/parts"):
        scope = {**scope, "extensions": {}}
    await send_response(Response(body, status, headers), scope, receive, send)


@pytest.fixture
async def http() -> AsyncGenerator[httpx.AsyncClient]:
    config = ServerConfig(
        whole, head_seconds=5, url_bytes=1000, max_in_flight=10, lifespan="off", server_header=False, log_config=None
    )
    async with serving(config) as address, httpx.AsyncClient(base_url=address) as client:
        yield client


async def sent(app: Any, scope: Scope) -> list[Message]:
    """Return the messages of an answer as the server gets them."""
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": scope.get("given", b""), "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, send)
    return messages


def asked(path: str, body: bytes = b"", **more: Any) -> Scope:
    head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())] if body else []
    return {
        "type": "http", "method": "POST" if body else "GET", "path": path, "query_string": b"", "headers": head,
        "scheme": "http", "http_version": "1.1", "server": None, "root_path": "", "given": body, **more,
    }  # fmt: skip


@pytest.mark.parametrize("path", ["/api/records", "/api/records/0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77", "/graphql"])
async def test_an_answer_of_either_face_is_one_message(settings: Settings, gateway: Gateway, path: str) -> None:
    app = create_app(settings, gateway=gateway)
    body = json.dumps({"query": "{ __typename }"}).encode() if path == "/graphql" else b""
    async with app.router.lifespan_context(app):
        [message] = await sent(app, asked(path, body, extensions={EXTENSION: {}}))
        head, rest = await sent(app, asked(path, body))
    assert message == {**head, "body": rest["body"]}
    assert (b"content-length", str(len(message["body"])).encode()) in head["headers"]


async def test_an_answer_is_the_same_as_in_two_messages(http: httpx.AsyncClient) -> None:
    answer = await http.get("/")
    assert (answer.status_code, answer.text) == (200, "all of it")
    assert answer.headers["content-length"] == "9"
    assert "date" in answer.headers
    assert "connection" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [("HEAD", "/"), ("GET", "/gone"), ("GET", "/same")])
async def test_what_has_no_body_is_followed_by_the_next_answer_at_once(
    http: httpx.AsyncClient, method: str, path: str
) -> None:
    async with asyncio.timeout(5):
        first = await http.request(method, path)
        assert first.content == b""
        assert (await http.get("/")).text == "all of it"


async def test_an_answer_may_close_its_connection_and_says_so_once(http: httpx.AsyncClient) -> None:
    assert (await http.get("/closing")).headers.get_list("connection") == ["close"]
    assert (await http.get("/", headers={"connection": "close"})).headers.get_list("connection") == ["close"]


@pytest.mark.parametrize("path", ["/", "/parts/"])
@pytest.mark.parametrize("connection", ["close", "keep-alive"])
async def test_a_client_that_still_sends_does_not_lose_its_answer(
    http: httpx.AsyncClient, path: str, connection: str
) -> None:
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\nContent-Length: 3000000\r\n\r\n"
    writer.write(head.encode())
    for _ in range(30):  # it reads the answer when all is sent, as many do
        writer.write(b" " * 100_000)
        await writer.drain()
        await asyncio.sleep(LINGER_SECONDS / 20)
    async with asyncio.timeout(LINGER_SECONDS * 0.9):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(9) == b"all of it"
        if connection == "close":
            assert await reader.read() == b""
        else:
            writer.write(b"GET /gone HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 204")
    writer.close()


async def test_a_client_that_pauses_in_what_nobody_reads_is_left(http: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n ")
    async with asyncio.timeout(LINGER_SECONDS * 10):
        assert (await reader.read()).endswith(b"all of it")
    writer.close()


async def test_a_header_of_two_lines_is_never_written(http: httpx.AsyncClient) -> None:
    answer = await http.get("/split")
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers


async def test_a_server_without_the_extension_gets_the_messages_of_asgi() -> None:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await send_whole({"type": "http"}, send, 200, [], b"x")
    assert messages == [
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.body", "body": b"x"},
    ]
