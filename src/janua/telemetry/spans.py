"""Steps of a request, measured: a `Trace` is the request, with a list of the `Span`s that were taken for it.

Most of what is told of a step is the same each time it is taken, and is a `Step`, made once.

`span` measures a block as a step of the current request, and costs next to nothing when there is none: most requests
are not traced. These are not OpenTelemetry's own span objects, which take 50 µs each to make and as long again to
encode; `janua.telemetry.protobuf` writes the same bytes from these. Names and attributes follow OpenTelemetry's
semantic conventions. Start at `span`.

Times are seconds of `perf_counter` until somebody asks when it was. A trace knows its spans and no span its trace: what
refers to each other in a circle is only let go by the garbage collector, and until then each request has to fetch
memory that is in no cache of the processor. This was a quarter of what a trace costs.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from enum import IntEnum
from functools import lru_cache
from random import getrandbits
from time import perf_counter
from typing import Any, Final, NamedTuple

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


REQUEST: Final = Step("", Kind.SERVER)
"""A request until it is known which."""


class Span:
    """A step that was taken, from `start` to `end`, 0 while it runs; `parent` is the id of the one that it is in."""

    __slots__ = ("end", "error", "id", "noted", "parent", "start", "step")

    def __init__(self, step: Step, parent: int, start: float) -> None:
        self.step = step
        # Never zero, which means that there is none; the W3C asks for random, not for secret.
        self.id = getrandbits(64) or 1
        self.parent = parent
        self.start = start
        self.end = 0.0
        self.noted: dict[str, Value] | None = None
        """Attributes of this one."""
        self.error = ""

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
        self.end = perf_counter()
        if error is not None:
            self.error = getattr(error, "code", None) or type(error).__name__


class Description(NamedTuple):
    """What a request was; `query` is its query string, which is never sent to a collector."""

    step: Step
    noted: dict[str, Value]
    query: str


Later = Callable[["Trace"], object]
"""Adds to a trace what was written down while the request ran."""


class Trace(Span):
    """A request; `parent` is the caller's span, 0 when it named none, `sampled` whether it is sent."""

    __slots__ = ("_steps", "describe", "later", "parameters", "query", "sampled", "shift", "state", "trace_id")

    def __init__(self, trace_id: int = 0, *, sampled: bool = True, step: Step = REQUEST) -> None:
        # All that a span has, and no call of another function: this is done for each request.
        self.step = step
        self.id = getrandbits(64) or 1
        self.parent = 0
        self.start = perf_counter()
        self.end = 0.0
        self.noted: dict[str, Value] | None = None
        self.error = ""
        self.trace_id = trace_id or getrandbits(128) or 1
        self.state = ""
        self.sampled = sampled
        self.shift = 0
        self._steps: list[Span] = []
        self.later: list[Later] = []
        """Steps that were over when they were told of: to make spans of them can wait until somebody looks."""
        self.parameters: dict[int, tuple[Any, ...]] | None = None
        """Span id of each statement → the values that were bound; None unless they are kept, for developers."""
        self.query = ""
        """The query string; not an attribute, for these are sent to a collector."""
        self.describe: Callable[[], Description] | None = None
        """Tells what the request was: asked after its end, by who wants to know."""

    @property
    def is_full(self) -> bool:
        """Whether it has as many steps as are kept."""
        return len(self._steps) >= MOST_SPANS - 1

    @property
    def steps(self) -> Sequence[Span]:
        """What was done for it, in order of the beginnings."""
        if self.later:
            self._catch_up()
        return self._steps

    def _catch_up(self) -> None:
        told, self.later = self.later, []
        for add in told:
            add(self)
        del self._steps[MOST_SPANS - 1 :]
        self._steps.sort(key=_start)

    @property
    def spans(self) -> Sequence[Span]:
        """The request itself, and its steps."""
        return [self, *self.steps]

    def begin(self, step: Step, parent: int | None = None, start: float | None = None) -> Span:
        """Start a step, now or at this time of `perf_counter`; the caller finishes it."""
        made = Span(step, self.id if parent is None else parent, perf_counter() if start is None else start)
        self._steps.append(made)
        return made

    def settle(self) -> None:
        """Have the request and its steps described, and find out when it was; once: other threads may read it then."""
        if self.later:
            self._catch_up()
        if not self.shift:
            self.shift = time.time_ns() - time.perf_counter_ns()
        if self.describe is not None:
            self.step, noted, self.query = self.describe()
            self.noted = noted if self.noted is None else {**noted, **self.noted}
            self.describe = None

    def at(self, moment: float) -> int:
        """Return when it was, in nanoseconds since 1970, of a trace that is settled."""
        return int(moment * 1e9) + self.shift


def _start(span: Span) -> float:
    return span.start


current: ContextVar[tuple[Trace, int] | None] = ContextVar("current", default=None)
"""The request and the id of its innermost step that is running, None in a request that is not traced."""
MOST_SPANS: Final = 500
"""Steps of one request that are kept; the rest is done unmeasured."""


class _Measured:
    """A step, as a block."""

    __slots__ = ("_span", "_token", "_trace")

    def __init__(self, trace: Trace, span: Span) -> None:
        self._trace = trace
        self._span = span

    def __enter__(self) -> Span:
        self._token = current.set((self._trace, self._span.id))
        return self._span

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        current.reset(self._token)
        self._span.finish(error)


_UNMEASURED: Final = nullcontext()


@lru_cache(maxsize=2048)
def step(name: str, kind: Kind = Kind.INTERNAL, attributes: tuple[tuple[str, Value], ...] = ()) -> Step:
    """Return the step of this name with these attributes, always the same one."""
    return Step(name, kind, dict(attributes))


def span(name: str, attributes: Mapping[str, Value] | None = None) -> AbstractContextManager[Span | None]:
    """Measure a block as a step of the current request; gives None when the request is not traced."""
    outer = current.get()
    if outer is None or outer[0].is_full:
        return _UNMEASURED
    trace, parent = outer
    known = step(name, Kind.INTERNAL, tuple(attributes.items()) if attributes else ())
    return _Measured(trace, trace.begin(known, parent))


def annotate_all(known: Mapping[str, Value]) -> None:
    """Say several things more of the current request."""
    outer = current.get()
    if outer is not None:
        outer[0].noted = {**(outer[0].noted or {}), **known}


def annotate(name: str, value: Value) -> None:
    """Say something more of the current request."""
    outer = current.get()
    if outer is not None and value != "":
        outer[0].note(name, value)


def note_step(name: str, seconds: float) -> None:
    """Add a step that ended now: what is only worth telling when it took long."""
    outer = current.get()
    if outer is not None and not outer[0].is_full:
        end = perf_counter()
        outer[0].begin(step(name), outer[1], end - seconds).end = end
