"""A client that takes nothing of its answer for long is cut off: it costs memory, and of an export a connection too.

Uvicorn waits for it for ever, even when it has closed the connection on its side. Start at `TakingProtocol`.
"""

import asyncio
import fcntl
import struct
import termios
from contextlib import suppress
from typing import Final

from janua.api.plain import PlainProtocol

TAKE_SECONDS: Final = 60.0
"""How long a client may take nothing at all."""


class TakingProtocol(PlainProtocol):
    """One connection."""

    _look: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """Begin to look whether the client takes anything, as more is kept for it than should be."""
        super().pause_writing()
        self._look_later()

    def resume_writing(self) -> None:
        """Look no more: it does."""
        super().resume_writing()
        self._look_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """Look no more: it is gone."""
        self._look_no_more()
        super().connection_lost(exc)

    def _look_later(self) -> None:
        self._look_no_more()
        self._look = self.loop.call_later(TAKE_SECONDS, self._cut_off_unless_less, self._kept())

    def _look_no_more(self) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _cut_off_unless_less(self, than: int) -> None:
        if self._kept() < than:
            self._look_later()
        else:
            self.transport.abort()

    def _kept(self) -> int:
        """Return how many bytes are kept for the client, here and in the kernel, which takes in much at a time."""
        unsent = bytes(4)
        with suppress(OSError):  # where the kernel does not tell
            unsent = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.TIOCOUTQ, unsent)
        return self.transport.get_write_buffer_size() + struct.unpack("i", unsent)[0]
