"""The last requests, for developers: a bounded memory of traces, with what was bound to their statements.

Start at `Recent`.
"""

from collections import OrderedDict
from collections.abc import Sequence

from janua.telemetry.spans import Trace

KEPT = 500


class Recent:
    """Keeps the last `KEPT` traces, in order of their end."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._traces: OrderedDict[int, tuple[int, Trace]] = OrderedDict()
        self._count = 0

    def keep(self, trace: Trace) -> None:
        """Remember a trace and forget the oldest."""
        self._count += 1
        # Two requests may belong to one trace of a caller's; the span of each is its own.
        self._traces[trace.id] = (self._count, trace)
        while len(self._traces) > self._kept:
            self._traces.popitem(last=False)

    def since(self, number: int) -> tuple[int, Sequence[Trace]]:
        """Return the number of the last trace, and the traces after the one of that number, oldest first."""
        return self._count, [trace for count, trace in self._traces.values() if count > number]

    def find(self, id: int) -> Trace | None:
        """Return the trace whose request has this span id."""
        found = self._traces.get(id)
        return found and found[1]

    def clear(self) -> None:
        """Forget all."""
        self._traces.clear()
