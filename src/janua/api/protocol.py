"""Uvicorn's HTTP protocol with bounds: a request's head must arrive in time and cannot be endless.

Uvicorn waits for ever for the rest of a head, and keeps all of it. The body is bounded by the endpoints. Start at
`BoundedProtocol`; `ServerConfig` carries its bounds to it.
"""

import asyncio
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from janua.api.boundary import HEADER_BYTES
from janua.api.problems import problem_response
from janua.errors import HeadersTooLarge, InvalidRequest, JanuaError, RequestTooSlow, UrlTooLong
from janua.telemetry.logs import Format, Level, configure

LINGER_SECONDS = 1.0


class ServerConfig(uvicorn.Config):
    """Uvicorn's settings, and ours: seconds for the head of a request, bytes of its path and query string; `log`."""

    log: tuple[Level, Format] | None = None

    def __init__(
        self,
        app: Any,  # noqa: ANN401 -- uvicorn's
        *,
        head_seconds: float,
        url_bytes: int,
        log: tuple[Level, Format] | None = None,
        **settings: Any,  # noqa: ANN401 -- as above
    ) -> None:
        super().__init__(app, http=BoundedProtocol, **settings)
        self.head_seconds = head_seconds
        self.url_bytes = url_bytes
        self.log = log

    def configure_logging(self) -> None:
        """Write log lines as the settings say; uvicorn calls this in every worker, the one process of others does."""
        if self.log is not None:
            configure(*self.log)


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    config: ServerConfig
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _head_bytes = 0
    _in_body = False
    _begun = False
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Start waiting for the first request."""
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes; refuse the request when its head has too many."""
        if self._refused:
            return
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > self.config.url_bytes + HEADER_BYTES:
            self._refuse(self._url_error() or HeadersTooLarge(HEADER_BYTES))

    def on_message_begin(self) -> None:
        """Start waiting for the head of the next request."""
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = max(self._head_bytes, 1)
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        self._in_head = False
        self._head_bytes = 0
        self._in_body = True
        self._stop_waiting()
        super().on_headers_complete()
        self._begun = True

    def on_message_complete(self) -> None:
        """Note that the request is here as a whole."""
        if self._in_body:
            self._in_body = False
            self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Allow the rest of a body that was answered before it was there a moment, not for ever."""
        super().on_response_complete()
        if self._in_body:
            self._stop_waiting()
            self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, or has a URL that the parser does not take."""
        self._refuse(self._url_error() or InvalidRequest(msg))

    def _url_error(self) -> JanuaError | None:
        url: bytes = getattr(self, "url", b"")
        return UrlTooLong(self.config.url_bytes) if len(url) > self.config.url_bytes else None

    def _wait_for_head(self) -> None:
        self._stop_waiting()
        self._deadline = self.loop.call_later(self.config.head_seconds, self._head_is_late)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _head_is_late(self) -> None:
        # A connection on which nothing was ever sent asks for no answer.
        if self._head_bytes:
            self._refuse(RequestTooSlow(self.config.head_seconds))
        else:
            self.transport.close()

    def _refuse(self, error: JanuaError) -> None:
        """Answer and close, reading on for a moment: a reset would lose the answer."""
        self._refused = True
        self._stop_waiting()
        # An answer to the request before this one may still be on its way.
        if not self._begun or self.cycle.response_complete:
            self.transport.write(_raw_response(error))
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _raw_response(error: JanuaError) -> bytes:
    response = problem_response(error)
    kept = [(name, value) for name, value in response.raw_headers if name != b"connection"]
    lines = [b"HTTP/1.1 %d Refused" % response.status_code, *(b"%s: %s" % each for each in kept), b"connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)
