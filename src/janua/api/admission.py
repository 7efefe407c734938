"""Who gets in when there are too many: a bounded number of requests at work, a short wait for the next, then 503.

More requests at work do not make a worker faster, only each of them slower. A request that finds all places taken waits
for at most `WAIT_SECONDS`; while few wait they are served in turn, and when there are more than could be served in
time the newest goes first, whose client still wants its answer. Start at `Gate`.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WAIT_SECONDS: Final = 0.025
ROOM: Final = 4096  # that may wait at once

Step = Callable[[], None]


@dataclass(slots=True, frozen=True)
class Waiting:
    """A request outside the gate: what lets it in, and what sends it away."""

    until: float
    admit: Step
    refuse: Step


class Gate:
    """The places of one worker."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Waiting] = deque()
        self._few = places
        self._sweep: asyncio.TimerHandle | None = None

    def enter(self, loop: asyncio.AbstractEventLoop, admit: Step, refuse: Step) -> None:
        """Call `admit` as soon as there is a place, `refuse` when there was none in time; it then has to `leave`."""
        if self._free > 0:
            self._free -= 1
            admit()
        elif len(self._waiting) >= ROOM:
            refuse()
        else:
            self._waiting.append(Waiting(loop.time() + WAIT_SECONDS, admit, refuse))
            if self._sweep is None:
                self._sweep = loop.call_later(WAIT_SECONDS, self._refuse_late, loop)

    @property
    def full(self) -> bool:
        """Whether the next one has to wait."""
        return self._free <= 0

    def leave(self) -> None:
        """Give a place back, or on to one that waits."""
        if self._waiting:
            (self._waiting.popleft() if len(self._waiting) <= self._few else self._waiting.pop()).admit()
        else:
            self._free += 1

    def _refuse_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send away those whose time is up; they wait in order of their arrival."""
        self._sweep = None
        now = loop.time()
        while self._waiting and self._waiting[0].until <= now:
            self._waiting.popleft().refuse()
        if self._waiting:
            self._sweep = loop.call_later(max(0.001, self._waiting[0].until - now), self._refuse_late, loop)
