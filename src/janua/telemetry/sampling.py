"""Which traces are sent: as `OTEL_TRACES_SAMPLER` and the caller want it.

The samplers are the SDK's. What its own ones decide is worked out here without calling them, which takes as long as
half of a traced request's steps; any other one, which the environment names, is asked. Start at `Sampling.samples`.
"""

from typing import Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import Decision, ParentBased, Sampler, StaticSampler, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, TraceState, set_span_in_context

from janua.telemetry.traceparent import Caller

_LOW: Final = TraceIdRatioBased.TRACE_ID_LIMIT
"""The part of a trace's id by which its share is decided, as in `tracing`."""


class Sampling:
    """Decides; made once, of the environment or of a `sampler`."""

    __slots__ = ("_follows", "_sampler", "bound")

    def __init__(self, sampler: Sampler | None = None) -> None:
        self._sampler = sampler or TracerProvider(shutdown_on_exit=False).sampler
        self._follows = type(self._sampler) is ParentBased and _is_plain(self._sampler)
        # Private in the SDK: without it, every trace would be asked for.
        root: Any = getattr(self._sampler, "_root", None) if self._follows else self._sampler
        self.bound = _bound(root)
        """Below which number the low part of a trace's id has to be if nobody called; None: only the sampler knows."""

    def samples(self, trace: int, caller: Caller | None) -> bool:
        """Say whether a trace of this id is to be sent."""
        if self.bound is None:
            return self._asked(trace, caller)
        if caller is not None and self._follows:
            return caller.sampled
        return trace & _LOW < self.bound

    def _asked(self, trace: int, caller: Caller | None) -> bool:
        parent = Context() if caller is None else _context(caller)
        return self._sampler.should_sample(parent, trace, "").decision is Decision.RECORD_AND_SAMPLE


def _is_plain(sampler: Sampler) -> bool:
    """Say whether a sampler does what its caller did, and nothing else for callers on this machine."""
    sampled, unsampled = (_context(Caller(1, 1, sampled=each, state="")) for each in (True, False))
    first, second = (sampler.should_sample(each, 1, "").decision for each in (sampled, unsampled))
    return first is Decision.RECORD_AND_SAMPLE and second is Decision.DROP


def _bound(root: object) -> int | None:
    """Return below which number the low part of an id has to be, None for what only the sampler itself can tell."""
    match root:
        case StaticSampler():
            return _LOW + 1 if root.should_sample(None, 0, "").decision is Decision.RECORD_AND_SAMPLE else 0
        case TraceIdRatioBased():
            return root.bound
        case _:
            return None


def _context(caller: Caller) -> Context:
    flags = TraceFlags(TraceFlags.SAMPLED if caller.sampled else TraceFlags.DEFAULT)
    state = TraceState.from_header([caller.state]) if caller.state else None
    context = SpanContext(caller.trace, caller.span, is_remote=True, trace_flags=flags, trace_state=state)
    return set_span_in_context(NonRecordingSpan(context), Context())
