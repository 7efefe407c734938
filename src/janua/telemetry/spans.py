"""Steps of a request, measured: a `Trace` is a list of `Span`s, the first of them the request itself.

Most of what is told of a step is the same each time it is taken, and is a `Step`, made once.

`span` measures a block as a step of the current request, and costs next to nothing when there is none: most requests
are not traced. These are not OpenTelemetry's own span objects, which take 50 µs each to make and as long again to
encode; `janua.telemetry.protobuf` writes the same bytes from these. Names and attributes follow OpenTelemetry's
semantic conventions. Start at `span`.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from enum import IntEnum
from functools import lru_cache
from random import getrandbits
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


class Step:
    """What is the same each time that something is done; `written` are its bytes, for who writes spans."""

    __slots__ = ("attributes", "kind", "name", "written")

    def __init__(self, name: str, kind: Kind = Kind.INTERNAL, attributes: Mapping[str, Value] | None = None) -> None:
        self.name = name
        self.kind = kind
        self.attributes: Mapping[str, Value] = attributes or {}
        self.written = b""


class Span:
    """A step that was taken: `start` and `end` are nanoseconds since the trace began, `end` is 0 while it runs."""

    __slots__ = ("end", "error", "id", "noted", "parent", "start", "step", "trace")

    def __init__(self, trace: "Trace", step: Step, parent: int) -> None:
        self.trace = trace
        self.step = step
        self.id = getrandbits(64) or 1
        self.parent = parent
        self.noted: dict[str, Value] | None = None
        """Attributes of this one."""
        self.error = ""
        self.end = 0
        self.start = time.perf_counter_ns() - trace.origin

    @property
    def name(self) -> str:
        """What was done."""
        return self.step.name

    @property
    def kind(self) -> Kind:
        """On which side of a call."""
        return self.step.kind

    @property
    def attributes(self) -> Mapping[str, Value]:
        """All that is known of it."""
        return {**self.step.attributes, **(self.noted or {})}

    def note(self, name: str, value: Value) -> None:
        """Say something of this one."""
        if self.noted is None:
            self.noted = {name: value}
        else:
            self.noted[name] = value

    def finish(self, error: BaseException | None = None) -> None:
        """Note that the step is over, and what went wrong in it: the kind of error, for its text may hold documents."""
        self.end = time.perf_counter_ns() - self.trace.origin
        if error is not None:
            self.error = getattr(error, "code", None) or type(error).__name__


Description = tuple[Step, Mapping[str, Value]]


class Trace:
    """All steps of one request; `parent` is the caller's span, 0 when it named none, `sampled` whether it is sent."""

    __slots__ = ("describe", "id", "origin", "parameters", "parent", "query", "sampled", "spans", "started", "state")

    def __init__(self, id: int = 0, *, sampled: bool = True) -> None:
        self.id = id or new_id(128)
        self.parent = 0
        self.sampled = sampled
        self.state = ""
        self.spans: list[Span] = []
        self.started = time.time_ns()
        self.origin = time.perf_counter_ns()
        self.parameters: dict[int, tuple[Any, ...]] | None = None
        """Span id of each statement → the values that were bound; None unless they are kept, for developers."""
        self.query = ""
        """The query string, kept where the values are; not an attribute, for these are sent to a collector."""
        self.describe: Callable[[], Description] | None = None
        """Tells what the request was: asked after its end, by who wants to know."""

    @property
    def root(self) -> Span:
        """The request itself."""
        return self.spans[0]

    def at(self, moment: float) -> int:
        """Return a time of `perf_counter` in nanoseconds since the trace began."""
        return round(moment * 1e9) - self.origin

    def begin(self, step: Step, parent: int | None = None) -> Span:
        """Start a step; the caller finishes it."""
        made = Span(self, step, self.parent if parent is None else parent)
        self.spans.append(made)
        return made

    def settle(self) -> None:
        """Have the request described, once."""
        if self.describe is None:
            return
        self.root.step, noted = self.describe()
        self.root.noted = {**noted, **(self.root.noted or {})}
        self.describe = None


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


@lru_cache(maxsize=2048)
def step(name: str, kind: Kind = Kind.INTERNAL, attributes: tuple[tuple[str, Value], ...] = ()) -> Step:
    """Return the step of this name with these attributes, always the same one."""
    return Step(name, kind, dict(attributes))


def span(name: str, attributes: Mapping[str, Value] | None = None) -> AbstractContextManager[Span | None]:
    """Measure a block as a step of the current request; gives None when the request is not traced."""
    outer = current.get()
    if outer is None or len(outer.trace.spans) >= MOST_SPANS:
        return _UNMEASURED
    known = step(name, Kind.INTERNAL, tuple(attributes.items()) if attributes else ())
    return _Measured(outer.trace.begin(known, outer.id))


def annotate(name: str, value: Value) -> None:
    """Say something more of the current request."""
    inner = current.get()
    if inner is not None and value != "":
        inner.trace.root.note(name, value)


def note_step(name: str, seconds: float, ended: float | None = None) -> None:
    """Add a step that ended now, or at this time of `perf_counter`: what is only worth telling when it took long."""
    outer = current.get()
    if outer is not None and len(outer.trace.spans) < MOST_SPANS:
        made = outer.trace.begin(step(name), outer.id)
        made.end = made.start if ended is None else outer.trace.at(ended)
        made.start = made.end - round(seconds * 1e9)


def new_id(bits: int) -> int:
    """Return an id of so many bits."""
    # Never zero, which means that there is none; the W3C asks for random, not for secret.
    return getrandbits(bits) or 1
