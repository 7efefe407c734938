"""Around every HTTP request: its trace, its place in the metrics, `traceparent` and `Server-Timing` in its answer.

Plain ASGI, outside of everything else, so that what is measured is what the client gets. Start at `Observation`.
"""

import logging
import time
from collections.abc import Awaitable, Mapping
from functools import lru_cache, partial
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from janua.model.catalog import Catalog
from janua.telemetry import metrics
from janua.telemetry.spans import (
    COLLECTION,
    REVISION,
    ROUTE,
    SCHEMA_VERSION,
    STATUS,
    Description,
    Kind,
    Span,
    Step,
    Trace,
    Value,
    current,
)
from janua.telemetry.traceparent import traceparent
from janua.telemetry.tracing import Tracing

UNTRACED: Final = ("/traces", "/static", "/livez", "/readyz", "/metrics", "/favicon.ico")
GONE: Final = 499  # the client went away before its answer began; nginx's number for it
SLOW_SECONDS: Final = 5.0
REQUEST: Final = Step("", Kind.SERVER)  # until it is known which

log = logging.getLogger(__name__)


class Observation:
    """ASGI middleware; the application's state has the `tracing`, while it runs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Measure one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        measured = _Measured(scope, send)
        metrics.Now.requests += 1
        try:
            await self._app(scope, receive, measured.send)
        finally:
            metrics.Now.requests -= 1
            measured.finish()


class _Measured:
    """One request."""

    __slots__ = ("_scope", "_send", "_span", "_start", "_status", "_trace", "_tracing")

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._status = GONE
        self._tracing: Tracing | None = getattr(scope["app"].state, "tracing", None)
        self._trace: Trace | None = None
        if self._tracing is not None and self._tracing.is_on and not scope["path"].startswith(UNTRACED):
            self._trace = self._tracing.begin(scope["headers"])
        # Set even to None: this task's context may come from one that was traced.
        self._span = None if self._trace is None else self._trace.begin(REQUEST)
        current.set(self._span)
        self._start = time.perf_counter()

    def send(self, message: Message) -> Awaitable[None]:
        """Pass on a message of the answer; not a coroutine of its own, which would be one more for each request."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if self._trace is not None and self._tracing is not None:
                self._add_headers(message, self._trace, dev=self._tracing.recent is not None)
        return self._send(message)

    def finish(self) -> None:
        """Note how it went."""
        seconds = time.perf_counter() - self._start
        route = route_of(self._scope)
        metrics.request_answered(self._scope["method"], route, self._status, seconds)
        if self._status == 500 or seconds > SLOW_SECONDS:
            log.warning("%s %s: %d after %.1f s", self._scope["method"], self._scope["path"], self._status, seconds)
        if self._trace is not None and self._span is not None and self._tracing is not None:
            self._span.finish()
            if self._status >= 500:
                self._span.error = str(self._status)
            self._trace.describe = partial(described, self._scope, self._status, catalog_of(self._scope))
            if self._trace.parameters is not None:
                self._trace.query = self._scope["query_string"].decode("latin-1")
            self._tracing.end(self._trace)

    def _add_headers(self, message: Message, trace: Trace, *, dev: bool) -> None:
        added = [(b"traceparent", traceparent(trace.id, trace.root.id, sampled=trace.sampled))]
        if dev:
            added.append((b"server-timing", server_timing(trace, time.perf_counter() - self._start).encode()))
        message["headers"] = [*message.get("headers", ()), *added]


def route_of(scope: Scope) -> str:
    """Return the template of the path, empty when there is nothing at it."""
    return getattr(scope.get("route"), "path", "")


def described(scope: Scope, status: int, catalog: Catalog | None) -> Description:
    """Return what a request was; without its query string, which may hold people's data."""
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    server = scope["server"] or ("", 0)
    known = (scope["method"], route_of(scope), status, scope["scheme"], scope["http_version"], *server, agent)
    return _step(*known, _about(scope, catalog)), {"url.path": scope["path"]}


@lru_cache(maxsize=2048)
def _step(  # noqa: PLR0913, PLR0917 -- all that a request has in common with others
    method: str, route: str, status: int, scheme: str, version: str, host: str, port: int | None, agent: bytes,
    about: tuple[tuple[str, Value], ...],
) -> Step:  # fmt: skip
    known: dict[str, Value] = {
        "http.request.method": method,
        "url.scheme": scheme,
        "network.protocol.version": version,
        STATUS: status,
    }
    if route:
        known[ROUTE] = route
    if host:
        known |= {"server.address": host, "server.port": port or 0}
    if agent:
        known["user_agent.original"] = agent.decode("latin-1")
    return Step(f"{method} {route}".strip(), Kind.SERVER, known | dict(about))


def catalog_of(scope: Scope) -> Catalog | None:
    """Return the catalog that is served, None before there is one."""
    gateway = getattr(scope["app"].state, "gateway", None)
    return None if gateway is None else gateway.live.catalog


def _about(scope: Scope, catalog: Catalog | None) -> tuple[tuple[str, Value], ...]:
    """Return which collection, schema version and catalog a request was about."""
    if catalog is None:
        return ()
    found: list[tuple[str, Value]] = [(REVISION, catalog.revision)]
    parameters: Mapping[str, Any] = scope.get("path_params", {})
    generic = "records" if scope["path"].startswith("/records") else ""
    if name := parameters.get("collection", generic):
        found.append((COLLECTION, name))
        if collection := catalog.collections.get(name):
            found.append((SCHEMA_VERSION, collection.version))
    return tuple(found)


def server_timing(trace: Trace, seconds: float) -> str:
    """Return what browsers show beside a request: all of it, and each kind of step (W3C Server Timing)."""
    sums: dict[str, float] = {}
    for each in trace.spans[1:]:
        sums[step_of(each)] = sums.get(step_of(each), 0.0) + (each.end - each.start if each.end else 0) / 1e6
    return ", ".join([f"total;dur={seconds * 1000:.1f}", *(f"{step};dur={each:.1f}" for step, each in sums.items())])


def step_of(span: Span) -> str:
    """Return what kind of step a span is: `sql`, or its own name as a header can spell it."""
    return "sql" if span.kind is Kind.CLIENT else span.name.replace(" ", "-").replace(".", "-")
