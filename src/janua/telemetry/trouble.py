"""What cannot be done for a while is said when it begins, now and then while it lasts, and when it is over.

Work that is tried again several times a second would otherwise fill the log while PostgreSQL is away. Start at
`Trouble`.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

AGAIN_SECONDS: Final = 60.0


class Trouble:
    """One kind of work that may not be possible now: `failing` and `over` are what is said of it."""

    def __init__(
        self, log: logging.Logger, failing: str, over: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._failing = failing
        self._over = over
        self._clock = clock
        self._said: dict[str, float] = {}

    def lasts(self, reason: str) -> None:
        """Say that it failed, unless this was said less than `AGAIN_SECONDS` ago."""
        now = self._clock()
        if now >= self._said.get(reason, now - AGAIN_SECONDS) + AGAIN_SECONDS:
            self._said[reason] = now
            self._log.warning("%s: %s", self._failing, reason)

    def ends(self) -> None:
        """Say that it is possible again, if it was not."""
        if self._said:
            self._said.clear()
            self._log.warning("%s", self._over)
