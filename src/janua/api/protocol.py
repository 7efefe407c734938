"""Uvicorn's HTTP protocol with bounds: a request's head must arrive in time and cannot be endless, and not all of
them are worked on at once.

Uvicorn waits for ever for the rest of a head, and keeps all of it. The body is bounded by the endpoints. Requests that
are too many are refused here, before anything is made for them; at the end of a worker, requests that are on their way
on open connections are still answered. Start at `BoundedProtocol`; `ServerConfig` carries its bounds to it.
"""

import asyncio
from contextvars import Context
from functools import partial
from typing import Any, Final, cast

import uvicorn
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from janua.api.admission import FEWEST, Gate
from janua.api.boundary import HEADER_BYTES
from janua.api.problems import problem_response
from janua.api.receiving import TAKE
from janua.api.repeated import Heads
from janua.api.sending import EXTENSION, Cycle
from janua.api.simple import ALWAYS, is_simple
from janua.api.taking import TakingProtocol
from janua.api.watch import WHEN_GONE
from janua.errors import HeadersTooLarge, InvalidRequest, JanuaError, Overloaded, RequestTooSlow, UrlTooLong
from janua.telemetry import metrics
from janua.telemetry.logs import Format, Level, configure

LINGER_SECONDS: Final = 1.0
"""How long a client is waited for that was answered before it had sent its whole body, whenever it pauses."""
LINGER_MOST: Final = 10.0
"""How long what it sends is thrown away at most; a reset would lose the answer."""
LEAVE_SECONDS: Final = 0.5
"""How long an idle connection of a worker that stops is still listened to: a request may be on its way."""


class ServerConfig(uvicorn.Config):
    """Uvicorn's settings, and ours: seconds for the head of a request, bytes of its path and query string; `log`."""

    log: tuple[Level, Format] | None = None

    def __init__(
        self,
        app: Any,  # noqa: ANN401 -- uvicorn's
        *,
        head_seconds: float,
        url_bytes: int,
        max_in_flight: int,
        fewest_in_flight: int = FEWEST,
        log: tuple[Level, Format] | None = None,
        **settings: Any,  # noqa: ANN401 -- as above
    ) -> None:
        super().__init__(app, http=BoundedProtocol, **settings)
        self.head_seconds = head_seconds
        self.url_bytes = url_bytes
        self.gate = Gate(max_in_flight, fewest_in_flight)
        self.log = log

    def configure_logging(self) -> None:
        """Write log lines as the settings say; uvicorn calls this in every worker, the one process of others does."""
        if self.log is not None:
            configure(*self.log)


class BoundedProtocol(TakingProtocol):
    """One connection."""

    config: ServerConfig
    _deadline: asyncio.TimerHandle | None = None
    _in_head = True
    _is_new = False
    _head_bytes = 0
    _in_body = False
    _begun = False
    _refused = False
    _leaving = False
    _held: bytes | None = None
    _held_bytes = 0
    _has_place = False
    _refused_at = _quiet_since = float("-inf")
    _lingers_until: float | None = None
    _heard = False

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Start waiting for the first request."""
        super().connection_made(transport)
        self._heads = Heads()
        self.access_log = False  # it is decided by who listens to the logger, and all of ours do
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting, and working for who has gone."""
        self._stop_waiting()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        if isinstance(self.cycle, Cycle):
            self.cycle.be_gone()

    def data_received(self, data: bytes) -> None:
        """Take the next bytes; refuse the request when its head has too many, and when there is no place for it."""
        if self._refused:
            return
        if self._held is not None:
            self._held += data
        elif self.config.gate.full and self._is_idle() and is_simple(data):
            self._held, self._held_bytes = data, len(data)
            self.config.gate.enter(self.loop, self._admit_held, self._turn_away_held)
        else:
            self._take(data)

    def _is_idle(self) -> bool:
        between = not self._head_bytes and not self._in_body and not self._leaving
        return between and (not self._begun or self.cycle.response_complete)

    def _admit_held(self) -> None:
        """Work on the request whose bytes were kept; it has its place."""
        data, self._held = self._held or b"", None
        if self.transport.is_closing():
            self.config.gate.leave()
            return
        self._has_place = True
        self._take(data)
        if self._has_place:  # it was not a request after all
            self._has_place = False
            self.config.gate.leave()

    def _turn_away_held(self) -> None:
        """Refuse the request whose bytes were kept, without having read them: this costs a quarter of reading them."""
        data, self._held = self._held or b"", None
        metrics.NOW.refused += 1
        self.transport.write(REFUSAL)
        self._refused_at = self.loop.time()
        if more := data[self._held_bytes :]:
            self.data_received(more)

    def _take(self, data: bytes) -> None:
        """Work on what came: a request like one before, or whatever the parser makes of it."""
        if not self._is_idle():
            self._parse(data)
        elif (again := self._heads.again(data)) is not None:
            self._stop_waiting()
            self.cycle = self._cycle(again.scope)
            self.cycle.body += again.body
            self.cycle.more_body = False
            self.cycle.message_event.set()
            self._begun = True
            self._start_asgi_task(self.cycle, cast("Any", self).app)
        else:
            before = self.cycle
            self._parse(data)
            if self.cycle is not before:
                self._heads.learn(data, cast("Scope", self.cycle.scope))

    def _cycle(self, scope: Any) -> Cycle:  # noqa: ANN401 -- uvicorn's
        """Return a request with this scope, as uvicorn makes one."""
        self.scope = scope
        self.headers, self.url = scope["headers"], scope["raw_path"]
        scope["state"] = self.app_state.copy()
        return Cycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=True,
            on_response=self.on_response_complete,
        )

    def _parse(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_new:  # most heads are here at once, and need no timer
            self._is_new = False
            self._wait_for_head()
        if self._in_head and self._head_bytes > self.config.url_bytes + HEADER_BYTES:
            self._refuse(self._url_error() or HeadersTooLarge(HEADER_BYTES))

    def on_message_begin(self) -> None:
        """Note that the head of the next request begins."""
        super().on_message_begin()
        self._in_head = self._is_new = True
        self._head_bytes = max(self._head_bytes, 1)

    def on_headers_complete(self) -> None:
        """Hand the request over."""
        if self.is_offered_another:
            return
        self._in_head = self._is_new = False
        self._head_bytes = 0
        self._in_body = True
        self._stop_waiting()
        super().on_headers_complete()
        self._begun = True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:  # noqa: ANN401 -- uvicorn's
        """Work on a request once there is a place for it."""
        # Uvicorn makes cycles of its own class, in the middle of reading a head.
        cycle.__class__ = Cycle
        assert isinstance(cycle, Cycle)  # noqa: S101 -- for the type checker
        scope: Any = cycle.scope  # uvicorn's type has no place for functions
        known = scope.get("extensions", {})
        scope["extensions"] = {**known, EXTENSION: {}, TAKE: cycle.take_body, WHEN_GONE: cycle.when_gone}
        if self._leaving:
            cycle.keep_alive = False
        if self._has_place:
            self._has_place = False
            self._admit(cycle, app)
        elif cycle.scope["path"] in ALWAYS:
            self._begin(cycle, app, has_place=False)
        elif self.config.gate.take():
            self._admit(cycle, app)
        else:
            self.config.gate.enter(self.loop, partial(self._admit, cycle, app), partial(self._turn_away, cycle))

    def _admit(self, cycle: Cycle, app: Any) -> None:  # noqa: ANN401 -- uvicorn's
        if cycle.disconnected:
            self.config.gate.leave()
            cycle.part()
            return
        self.config.gate.begin(cycle)
        self._begin(cycle, app, has_place=True)

    def _begin(self, cycle: Cycle, app: Any, *, has_place: bool) -> None:  # noqa: ANN401 -- uvicorn's
        # In a context of its own, not of the request that has just left its place to this one.
        cycle.task = self.loop.create_task(self._work(cycle, app, has_place=has_place), context=Context())
        self.tasks.add(cycle.task)

    async def _work(self, cycle: Cycle, app: Any, *, has_place: bool) -> None:  # noqa: ANN401 -- uvicorn's
        try:
            await cycle.run_asgi(app)
        finally:
            if has_place:
                self.config.gate.leave(cycle)
            if cycle.task is not None:
                self.tasks.discard(cycle.task)
            cycle.part()

    def _turn_away(self, cycle: Cycle) -> None:
        """Answer a request that there was no place for; nobody reads its body."""
        if cycle.disconnected:
            cycle.part()
            return
        metrics.NOW.refused += 1
        answer = REFUSAL if cycle.keep_alive else CLOSING_REFUSAL
        self.transport.write(answer[: answer.index(b"{")] if cycle.scope["method"] == "HEAD" else answer)
        cycle.response_complete = True
        cycle.let_go()
        cycle.part()
        self.on_response_complete()

    def shutdown(self) -> None:
        """Answer what is under way, and what is on its way to an idle connection, then close it."""
        self._leaving = True
        if self._begun and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif not self._head_bytes:
            self._stop_waiting()
            self._unset_keepalive_if_required()
            self._deadline = self.loop.call_later(LEAVE_SECONDS, self.transport.close)

    def on_body(self, body: bytes) -> None:
        """Note that more of a body came, be it of a request that is answered already."""
        self._heard = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Note that the request is here as a whole."""
        if self.is_offered_another:
            return
        if self._in_body:
            self._in_body = False
            self._stop_waiting()
        super().on_message_complete()
        if self._lingers_until is not None:
            self._lingers_until = None
            if isinstance(self.cycle, Cycle) and self.cycle.closes:
                self.transport.close()
            else:
                self._be_quiet()

    def on_response_complete(self) -> None:
        """Allow the rest of a body that was answered before it was there some time, not for ever."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._be_quiet()
        if self._in_body and not self.transport.is_closing():
            self._stop_waiting()
            self._lingers_until = self.loop.time() + LINGER_MOST
            self._linger()

    def _linger(self) -> None:
        self._heard = False
        self._deadline = self.loop.call_later(LINGER_SECONDS, self._linger_on)

    def _linger_on(self) -> None:
        if self._heard and self._lingers_until is not None and self.loop.time() < self._lingers_until:
            self._linger()
        else:
            self.transport.close()

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

    def _be_quiet(self) -> None:
        """Wait for the next request, with one timer for all of them: to start one each time costs more."""
        self._quiet_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait_for_next()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that nothing was heard of, not even what was refused."""
        self.timeout_keep_alive_task = None
        quiet = self.loop.time() - max(self._quiet_since, self._refused_at)
        if self._held is not None:
            self._wait_for_next()
        elif not self._is_idle():
            return  # the next answer begins anew
        elif quiet >= self.config.timeout_keep_alive:
            super().timeout_keep_alive_handler()
        else:
            self._wait_for_next(quiet)

    def _wait_for_next(self, waited: float = 0.0) -> None:
        seconds = self.config.timeout_keep_alive - waited
        # In a context of its own: that of the request which is just answered would keep its trace.
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler, context=Context())

    def _head_is_late(self) -> None:
        if self._held is not None or self.loop.time() - self._refused_at < self.config.head_seconds:
            self._wait_for_head()
            return
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
        elif self._in_body and not self.pipeline and not self.cycle.response_started:
            self.cycle.disconnected = True  # for whoever waits for the rest of its body
            self.cycle.message_event.set()
            self.transport.write(_raw_response(error))
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def _raw_response(error: JanuaError, connection: bytes = b"connection: close") -> bytes:
    response = problem_response(error)
    kept = [b"%s: %s" % each for each in response.raw_headers if each[0] != b"connection"]
    lines = [b"HTTP/1.1 %d Refused" % response.status_code, *kept, connection]
    return b"\r\n".join(lines) + b"\r\n\r\n" + bytes(response.body)


REFUSAL: Final = _raw_response(Overloaded(), b"connection: keep-alive")
CLOSING_REFUSAL: Final = _raw_response(Overloaded())
