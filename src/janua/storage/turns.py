"""Who is next to get a connection: so many places, given in the order in which they were asked for.

asyncpg's own queue lets newcomers overtake those who wait, some of them for seconds. Start at `Turns`.
"""

import asyncio
from collections import deque


class Turns:
    """The places of one event loop."""

    __slots__ = ("_free", "_waiting")

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_free(self) -> bool:
        """Return whether there is a place at once."""
        return self._free > 0

    async def take(self, seconds: float) -> None:
        """Wait for a place, at most so long; `give` it back afterwards. Raises: `TimeoutError`."""
        if self._free > 0:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        late = loop.call_later(seconds, _be_late, turn)
        try:
            await turn
        except asyncio.CancelledError:
            # It may have been given a place just before.
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give()
            raise
        finally:
            late.cancel()

    def give(self) -> None:
        """Give a place back, or on to the one who waits the longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


def _be_late(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(TimeoutError())
