"""The header `traceparent` of the W3C: the trace that a caller has begun, and the one that an answer belongs to.

In: the headers of a request. Out: a `Caller`, None when it names no trace. Start at `caller_of`.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

_HEADER: Final = re.compile(
    rb"[ \t]*(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})"
    rb"(?P<more>-.*)?[ \t]*",
    re.DOTALL,
)
_UNUSED: Final = b"ff"  # a version that is forbidden
SAMPLED: Final = 1
MOST_STATE: Final = 512  # characters that the W3C wants to be passed on

Headers = Sequence[tuple[bytes, bytes]]


class Caller(NamedTuple):
    """The trace of a caller, its span, whether it is sampled, and what vendors say of it (`tracestate`)."""

    trace: int
    span: int
    sampled: bool
    state: str


def caller_of(headers: Headers) -> Caller | None:
    """Return the trace that a request belongs to; a header that is malformed counts for nothing, says the W3C."""
    for name, value in headers:
        if name == b"traceparent":
            return _caller(value, headers)
    return None


def _caller(value: bytes, headers: Headers) -> Caller | None:
    found = _HEADER.fullmatch(value)
    if found is None or found["version"] == _UNUSED or (found["version"] == b"00" and found["more"]):
        return None
    trace, span = int(found["trace"], 16), int(found["span"], 16)
    if not trace or not span:
        return None
    return Caller(trace, span, bool(int(found["flags"], 16) & SAMPLED), _state_of(headers))


def _state_of(headers: Headers) -> str:
    state = ",".join(value.decode("latin-1") for name, value in headers if name == b"tracestate")
    return state if len(state) <= MOST_STATE else ""


def traceparent(trace: int, span: int, *, sampled: bool) -> bytes:
    """Return the header for a span."""
    return b"00-%032x-%016x-%02x" % (trace, span, sampled)
