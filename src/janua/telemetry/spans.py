"""Steps of a request, measured: a `Trace` is a list of `Span`s, the first of them the request itself.

`span` measures a block as a step of the current request, and costs next to nothing when there is none: most requests
are not traced. These are not OpenTelemetry's own span objects, which take 50 µs each to make and as long again to
encode; `janua.telemetry.otlp` writes the same bytes from these. Names and attributes follow OpenTelemetry's semantic
conventions. Start at `span`.
"""

import random
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from enum import IntEnum
from typing import Any, Final

Value = str | int | float | bool

COLLECTION: Final = "janua.collection"
SCHEMA_VERSION: Final = "janua.schema_version"
REVISION: Final = "janua.catalog_revision"
STATUS: Final = "http.response.status_code"
ROUTE: Final = "http.route"
QUERY: Final = "db.query.text"
ERROR: Final = "janua.error"
"""Attribute of a request: the code of the error that it was answered with, the first one of several."""
OPERATION: Final = "graphql.operation.name"
OPERATION_TYPE: Final = "graphql.operation.type"
ROOT_FIELDS: Final = "janua.graphql.root_fields"


class Kind(IntEnum):
    """Which side of a call a span is on, as OTLP numbers it."""

    INTERNAL = 1
    SERVER = 2
    CLIENT = 3


class Span:
    """One step: `start` and `end` are nanoseconds since the trace began, `end` is 0 while it runs."""

    __slots__ = ("attributes", "end", "error", "id", "kind", "name", "parent", "start", "trace")

    def __init__(self, trace: "Trace", name: str, kind: Kind, parent: int, attributes: dict[str, Value]) -> None:
        self.trace = trace
        self.name = name
        self.kind = kind
        self.id = _new_id(64)
        self.parent = parent
        self.attributes = attributes
        self.error = ""
        self.end = 0
        self.start = time.perf_counter_ns() - trace.origin

    def finish(self, error: BaseException | None = None) -> None:
        """Note that the step is over, and what went wrong in it: the kind of error, for its text may hold documents."""
        self.end = time.perf_counter_ns() - self.trace.origin
        if error is not None:
            self.error = getattr(error, "code", None) or type(error).__name__


class Trace:
    """All steps of one request; `parent` is the caller's span, 0 when it named none, `sampled` whether it is sent."""

    __slots__ = ("id", "origin", "parameters", "parent", "sampled", "spans", "started", "state")

    def __init__(self, id: int = 0, parent: int = 0, *, sampled: bool = True, state: str = "") -> None:
        self.id = id or _new_id(128)
        self.parent = parent
        self.sampled = sampled
        self.state = state
        self.spans: list[Span] = []
        self.started = time.time_ns()
        self.origin = time.perf_counter_ns()
        self.parameters: dict[int, tuple[Any, ...]] | None = None
        """Span id of each statement → the values that were bound; None unless they are kept, for developers."""

    @property
    def root(self) -> Span:
        """The request itself."""
        return self.spans[0]

    def at(self, moment: float) -> int:
        """Return a time of `perf_counter` in nanoseconds since the trace began."""
        return round(moment * 1e9) - self.origin

    def begin(self, name: str, kind: Kind, attributes: Mapping[str, Value], parent: int | None = None) -> Span:
        """Start a step; the caller finishes it."""
        made = Span(self, name, kind, self.parent if parent is None else parent, {**attributes})
        self.spans.append(made)
        return made


current: ContextVar[Span | None] = ContextVar("current", default=None)
"""The innermost step that is running, None in a request that is not traced."""


class _Measured:
    """A running step, as a block."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span

    def __enter__(self) -> Span:
        self._token = current.set(self._span)
        return self._span

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        current.reset(self._token)
        self._span.finish(error)


_UNMEASURED: Final = nullcontext()
MOST_SPANS: Final = 500
"""Steps of one request that are kept; the rest is done unmeasured."""


def span(
    name: str, attributes: Mapping[str, Value] | None = None, kind: Kind = Kind.INTERNAL
) -> AbstractContextManager[Span | None]:
    """Measure a block as a step of the current request; gives None when the request is not traced."""
    outer = current.get()
    if outer is None or len(outer.trace.spans) >= MOST_SPANS:
        return _UNMEASURED
    return _Measured(outer.trace.begin(name, kind, attributes or {}, outer.id))


def annotate(name: str, value: Value) -> None:
    """Say something more of the current request."""
    step = current.get()
    if step is not None and value != "":
        step.trace.root.attributes[name] = value


def note_step(name: str, seconds: float, ended: float | None = None) -> None:
    """Add a step that ended now, or at this time of `perf_counter`: what is only worth telling when it took long."""
    outer = current.get()
    if outer is not None and len(outer.trace.spans) < MOST_SPANS:
        step = outer.trace.begin(name, Kind.INTERNAL, {}, outer.id)
        step.end = step.start if ended is None else outer.trace.at(ended)
        step.start = step.end - round(seconds * 1e9)


def _new_id(bits: int) -> int:
    # Never zero, which means that there is none; the W3C asks for random, not for secret.
    return random.getrandbits(bits) or 1
