"""Answers whose body is known when they begin: one message through all layers, written to the socket at once.

ASGI has a message for the head of an answer and another for its body; each goes through every layer, and uvicorn
writes each by itself, which is a fifth of a small request. A server with the extension `EXTENSION` takes the `body` in
the message that starts the answer. Start at `send_response`; `Cycle` is the server's side of it.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

from janua.api.watch import Told
from janua.api.wire import JsonText

EXTENSION: Final = "janua.whole_answer"
WHOLE: Final = frozenset({Response, JsonText})
"""Classes of answers that have their whole body, and nothing to do after they are sent."""
BODILESS: Final = frozenset({204, 304})

Headers = Sequence[tuple[bytes, bytes]]


async def send_response(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    """Send an answer, whole if it is one that can be."""
    if type(response) in WHOLE and response.background is None:
        await send_whole(scope, send, response.status_code, response.raw_headers, bytes(response.body))
    else:
        await response(scope, receive, send)


async def send_whole(scope: Scope, send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send an answer; its headers have their `content-length`, unless the status has no body."""
    if EXTENSION in scope.get("extensions", ()):
        await send({"type": "http.response.start", "status": status, "headers": headers, "body": body})
        return
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class Cycle(RequestResponseCycle):
    """A request on a connection, and its answer."""

    keep_alive: bool
    task: "asyncio.Task[None] | None" = None
    _told: Told | None = None
    _is_unframed = False
    closes = False
    """The connection is to be closed when the client has sent what it still sends."""

    @property
    def streams(self) -> bool:
        """Whether the request waits for its client: for the rest of its body, or to take its answer."""
        return self.more_body or (self.response_started and not self.response_complete)

    def when_gone(self, told: Told | None) -> None:
        """Call `told` when the client has gone, at once if it has, or nobody any more; see `watch`."""
        self._told = told
        if self.disconnected:
            self.be_gone()

    def be_gone(self) -> None:
        """Tell that the client has gone."""
        if self._told is not None and self.task is not None:
            self._told(self.task)

    def part(self) -> None:
        """Let go of what refers to it: in a circle, only a search for garbage would free their memory, long after."""
        self.task = None
        self.scope.pop("extensions", None)

    def take_body(self) -> bytes | None:
        """Return the body if all of it is here; asked before anything of it is received, see `receiving`."""
        if self.more_body or self.disconnected or self.response_complete:
            return None
        body, self.body = bytes(self.body), bytearray()
        self.flow.resume_reading()
        self.message_event.clear()
        return body

    async def send(self, message: Any) -> None:  # noqa: ANN401 -- uvicorn's messages are unions of its own
        """Take a message of the answer."""
        if message["type"] != "http.response.start" or "body" not in message:
            if self.more_body and message["type"] == "http.response.body" and not message.get("more_body", False):
                self.closes, self.keep_alive = not self.keep_alive, True
            if self.scope["http_version"] != "1.1":
                self._leave_unframed(message)
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if self.response_started:
            raise RuntimeError("the answer has begun already")
        written = self._written(message)
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        self.transport.write(written)
        self.message_event.set()
        self.let_go()
        self.on_response()

    def let_go(self) -> None:
        """Close the connection of an answer that is written, unless it is kept; a client that still sends is heard out.

        That is for the protocol: closed earlier, the client would lose the answer.
        """
        if self.more_body:
            self.closes = not self.keep_alive
        elif not self.keep_alive:
            self.transport.close()

    def _leave_unframed(self, message: Message) -> None:
        """Let the end of the connection be the end of an answer of unknown length: HTTP/1.0 has no chunks."""
        if message["type"] == "http.response.start":
            self._is_unframed = all(name.lower() != b"content-length" for name, _ in message["headers"])
            if self._is_unframed:
                self.chunked_encoding = False
        elif self._is_unframed:
            self.expected_content_length = len(message.get("body", b""))

    def _written(self, message: Message) -> bytes:
        status: int = message["status"]
        lines = [STATUS_LINE[status]]
        for name, value in (*self.default_headers, *message["headers"]):
            if name == b"connection":
                self.keep_alive = self.keep_alive and value.lower() != b"close"
            elif name == b"traceparent":  # ours, and another one each time
                lines.append(b"traceparent: " + value + b"\r\n")
            else:
                lines.append(_line(name, value))
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        if self.scope["method"] != "HEAD" and status not in BODILESS:
            lines.append(message["body"])
        return b"".join(lines)


@lru_cache(maxsize=1024)
def _line(name: bytes, value: bytes) -> bytes:
    """Return the line of a header. Raises: `RuntimeError` when it would be more than one."""
    if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
        raise RuntimeError("a header has characters that HTTP does not allow")
    return name + b": " + value + b"\r\n"
