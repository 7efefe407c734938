"""Record ids: UUIDs of version 7 (RFC 9562, section 5.7), so that ids made later sort later."""

import os
import re
import threading
import time
from uuid import UUID

from janua.errors import InvalidId

_PATTERN = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class IdSource:
    """Makes ids that increase strictly within a process, also within one millisecond."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> UUID:
        """Return a fresh id: 48 bits of milliseconds, 12 bits of fraction (section 6.2, method 3), 62 random bits."""
        now = time.time_ns()
        ticks = (now // 1_000_000 << 12) | (now % 1_000_000 * 4096 // 1_000_000)
        with self._lock:
            self._last = ticks = max(ticks, self._last + 1)
        milliseconds, fraction = ticks >> 12, ticks & 0xFFF
        random = int.from_bytes(os.urandom(8), "big") >> 2
        return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | random)


new_id = IdSource().next


def is_id(text: str) -> bool:
    """Return whether `parse_id` takes a text."""
    return _PATTERN.fullmatch(text) is not None


def parse_id(text: str) -> UUID:
    """Return the id that a client wrote.

    Raises: `InvalidId` unless it is a UUID in its usual form, in either case.
    """
    if not _PATTERN.fullmatch(text):
        raise InvalidId(text)
    return UUID(int=int(text.replace("-", ""), 16))  # it is in form, which `UUID` would look at again
