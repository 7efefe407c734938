"""Who gets in when there are too many: a bounded number of requests at work, a short wait for the next, then 503.

More requests at work do not make a worker faster, only each of them slower. So while requests are refused there are
only so many places as are served within `AIM_SECONDS`, and when none are refused any more, all of them again: a worker
that has little to do takes a crowd on at once. What waits for its own client, to send its body or to take its answer,
is no work: it has its place among all, says nothing of how fast the worker is, and leaves the fewer places to others.

A request that finds no place waits for at most `WAIT_SECONDS`; while few wait they are served in turn, and when there
are more than could be served in time the newest goes first, whose client still wants its answer. Start at `Gate`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from janua.telemetry import metrics

WAIT_SECONDS: Final = 0.025
SHORT_WAIT_SECONDS: Final = 0.01  # when there were too many just before: most would wait in vain
ROOM: Final = 4096  # that may wait at once
AIM_SECONDS: Final = 0.03  # that a request takes when there are too many
INTERVAL_SECONDS: Final = 0.1  # from one look at how it goes to the next
PAUSE_SECONDS: Final = 1.0  # after which nothing is known any more
FEWEST: Final = 24
TOLERATED: Final = 0.05  # refused, as a share of those served: too few for fewer places
WIDER: Final = 1.1

Step = Callable[[], None]


class Request(Protocol):
    """What has a place."""

    @property
    def streams(self) -> bool:
        """Whether it waits for its client rather than for the worker."""
        ...


@dataclass(slots=True, frozen=True)
class Waiting:
    """A request outside the gate: what lets it in, and what sends it away."""

    until: float
    admit: Step
    refuse: Step


class Gate:
    """The places of one worker: `most` of them, `fewest` when it has too much to do."""

    def __init__(self, most: int, fewest: int = FEWEST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._fewest = min(most, fewest)
        self._clock = clock
        self.places = float(most)
        self._taken = 0
        self._at_work: set[Request] = set()
        self._streaming: set[Request] = set()
        self._waiting: deque[Waiting] = deque()
        self._sweep: asyncio.TimerHandle | None = None
        self._since = clock()
        self._served = self._refused = 0

    def take(self) -> bool:
        """Take a place if there is one, which has to be left again; else `enter`."""
        self._look()
        if self.full:
            return False
        self._taken += 1
        return True

    def enter(self, loop: asyncio.AbstractEventLoop, admit: Step, refuse: Step) -> None:
        """Call `admit` as soon as there is a place, `refuse` when there was none in time; it then has to `leave`."""
        if self.take():
            admit()
        elif len(self._waiting) >= ROOM:
            self._refused += 1
            refuse()
        else:
            self._waiting.append(Waiting(loop.time() + self._patience, admit, refuse))
            if self._sweep is None:
                self._sweep = loop.call_later(self._patience, self._refuse_late, loop)

    @property
    def full(self) -> bool:
        """Whether the next one has to wait."""
        return self._taken >= self._most or self._taken - len(self._streaming) >= self.places

    def begin(self, request: Request) -> None:
        """Know which request it is that has taken a place."""
        self._at_work.add(request)

    def leave(self, request: Request | None = None) -> None:
        """Give a place back, and on to who waits; without a `request` it was not used."""
        self._taken -= 1
        if request is not None:
            self._at_work.discard(request)
            if request in self._streaming:
                self._streaming.discard(request)
            else:
                self._served += 1
        self._look()
        self._admit()

    @property
    def _patience(self) -> float:
        return WAIT_SECONDS if self.places >= self._most else SHORT_WAIT_SECONDS

    def _admit(self) -> None:
        while self._waiting and not self.full:
            self._taken += 1
            (self._waiting.popleft() if len(self._waiting) <= self.places else self._waiting.pop()).admit()

    def _refuse_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Send away those whose time is up; they wait in order of their arrival."""
        self._sweep = None
        self._look()
        self._admit()
        now = loop.time()
        while self._waiting and self._waiting[0].until <= now:
            self._refused += 1
            self._waiting.popleft().refuse()
        if self._waiting:
            self._sweep = loop.call_later(max(0.001, self._waiting[0].until - now), self._refuse_late, loop)

    def _look(self) -> None:
        """Now and then, see how many places there should be, and which requests are not worked on."""
        now = self._clock()
        if (passed := now - self._since) < INTERVAL_SECONDS:
            return
        self.places = self._fitting(passed)
        self._streaming = {each for each in self._at_work if each.streams}
        self._since = now
        self._served = self._refused = 0
        metrics.NOW.places = int(self.places)

    def _fitting(self, passed: float) -> float:
        if passed >= PAUSE_SECONDS:
            return self._most
        if self._refused <= self._served * TOLERATED:
            return min(self._most, self.places * WIDER + 1)
        # Little's law: what is served in a second, times how long each may take, is how many may be at work.
        wanted = self._served / passed * AIM_SECONDS
        return min(self._most, max(self._fewest, (self.places + wanted) / 2))
