"""How much work a comparison may take: steps, seconds and depth, so that a hostile schema ends as "undecided"."""

import time

STEPS = 60_000
SECONDS = 5.0
"""Of CPU, so that the answer does not depend on what else the machine does."""
DEEPEST = 24
"""Levels of nesting that are looked into at once, for each takes a dozen frames of Python's stack."""


class OutOfEffort(Exception):
    """The work that was allowed is used up."""


class Effort:
    """What is left of the work that is allowed."""

    def __init__(self, steps: int = STEPS, seconds: float = SECONDS) -> None:
        self._steps = steps
        self._end = time.thread_time() + seconds
        self._looks = 0

    def spend(self, steps: int = 1) -> None:
        """Take so many steps. Raises: `OutOfEffort`."""
        self._steps -= steps
        if self._steps < 0 or time.thread_time() > self._end:
            raise OutOfEffort

    def look(self) -> None:
        """Look at one value, which costs little: only the time counts. Raises: `OutOfEffort`."""
        self._looks += 1
        if self._looks % 64 == 0:
            self.spend(0)
