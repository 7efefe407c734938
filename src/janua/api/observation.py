"""Around every HTTP request: its trace, its place in the metrics, `traceparent` and `Server-Timing` in its answer.

Plain ASGI, outside of everything else, so that what is measured is what the client gets. Start at `Observation`.
"""

import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from time import perf_counter
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from janua.gateway.live import Live
from janua.model.catalog import Catalog
from janua.telemetry.metrics import NOW, request_answered
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
from janua.telemetry.traceparent import Headers, traceparent
from janua.telemetry.tracing import Tracing

UNTRACED: Final = ("/traces", "/static", "/livez", "/readyz", "/metrics", "/favicon.ico")
GONE: Final[int] = 499  # the client went away before its answer began; nginx's number for it
SLOW_SECONDS: Final = 5.0

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Observed:
    """What there is to observe requests with while the application runs."""

    tracing: Tracing
    live: Live | None = None


class Observation:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, observed: Observed) -> None:
        self._app = app
        self._observed = observed
        self._tracing = observed.tracing

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Measure one request."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        if not self._tracing.is_on:
            return self._watched(scope, receive, send)
        trace = None if scope["path"].startswith(UNTRACED) else self._tracing.begin(scope["headers"])
        if trace is None:
            current.set(None)  # this task's context may come from one that was traced
            return self._watched(scope, receive, send)
        current.set((trace, trace.id))
        return self._traced(trace, scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = GONE

        def passed_on(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        NOW.requests += 1
        start = perf_counter()
        try:
            await self._app(scope, receive, passed_on)
        finally:
            count(scope, status, perf_counter() - start)

    async def _traced(self, trace: Trace, scope: Scope, receive: Receive, send: Send) -> None:
        status = GONE

        def passed_on(message: Message) -> Awaitable[None]:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *self._headers(trace)]
            return send(message)

        NOW.requests += 1
        try:
            await self._app(scope, receive, passed_on)
        finally:
            trace.end = perf_counter()
            count(scope, status, trace.end - trace.start)
            trace.error = str(status) if status >= 500 else ""
            live = self._observed.live
            trace.describe = partial(described, scope, status, None if live is None else live.catalog)
            self._tracing.end(trace)

    def _headers(self, trace: Trace) -> Headers:
        named = (b"traceparent", traceparent(trace.trace_id, trace.id, sampled=trace.sampled))
        if self._tracing.recent is None:
            return (named,)
        return named, (b"server-timing", server_timing(trace, perf_counter() - trace.start).encode())


def count(scope: Scope, status: int, seconds: float) -> None:
    """Note that a request is over, and how it went."""
    NOW.requests -= 1
    route: str = getattr(scope.get("route"), "path", "")  # nothing, when there is nothing at the path
    request_answered(scope["method"], route, status, seconds)
    if status == 500 or seconds > SLOW_SECONDS:
        log.warning("%s %s: %d after %.1f s", scope["method"], scope["path"], status, seconds)


def described(scope: Scope, status: int, catalog: Catalog | None) -> Description:
    """Return what a request was; without its query string, which may hold people's data."""
    agent = b""
    for name, value in scope["headers"]:
        if name == b"user-agent":
            agent = value
    path: str = scope["path"]
    parameters: Mapping[str, str] = scope.get("path_params", {})
    name = parameters.get("collection") or ("records" if path.startswith("/records") else "")
    collection = None if catalog is None else catalog.collections.get(name)
    route: str = getattr(scope.get("route"), "path", "")
    step = _step(
        scope["method"], route, status, scope["scheme"], scope["http_version"], agent,
        -1 if catalog is None else catalog.revision, name, 0 if collection is None else collection.version,
        *(scope["server"] or ()),
    )  # fmt: skip
    return Description(step, {"url.path": path}, scope["query_string"].decode("latin-1"))


@lru_cache(maxsize=2048)
def _step(  # noqa: PLR0913, PLR0917 -- all that a request has in common with others
    method: str, route: str, status: int, scheme: str, version: str, agent: bytes, revision: int, collection: str,
    schema_version: int, host: str = "", port: int | None = None,
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
    if revision >= 0:
        known[REVISION] = revision
        if collection:
            known[COLLECTION] = collection
        if schema_version:
            known[SCHEMA_VERSION] = schema_version
    return Step(f"{method} {route}".strip(), Kind.SERVER, known)


def server_timing(trace: Trace, seconds: float) -> str:
    """Return what browsers show beside a request: all of it, and each kind of step (W3C Server Timing)."""
    sums: dict[str, float] = {}
    for each in trace.steps:
        sums[step_of(each)] = sums.get(step_of(each), 0.0) + (each.end - each.start if each.end else 0) * 1e3
    return ", ".join([f"total;dur={seconds * 1000:.1f}", *(f"{step};dur={each:.1f}" for step, each in sums.items())])


def step_of(span: Span) -> str:
    """Return what kind of step a span is: `sql`, or its own name as a header can spell it."""
    return "sql" if span.kind is Kind.CLIENT else span.name.replace(" ", "-").replace(".", "-")
