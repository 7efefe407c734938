"""Which server cannot be reached, and why, for whoever runs Janua; clients are not told.

In: a DSN and an error of connecting. Out: a note on the error of Janua. Start at `note_address`.
"""

import os
import re
import socket
from urllib.parse import parse_qs, urlsplit

from janua.errors import DatabaseUnavailable

_NUMBER = re.compile(r"\[Errno (-?\d+)\]")


def note_address(unavailable: DatabaseUnavailable, dsn: str, error: BaseException) -> None:
    """Add a note that names the host and the port of a DSN, never its password, and the cause."""
    unavailable.add_note(
        f"PostgreSQL at {address(dsn)} cannot be reached: {cause(error)}; check database.dsn, and that the server runs"
    )


def address(dsn: str) -> str:
    """Return the hosts and ports that a DSN names."""
    parts = urlsplit(dsn)
    named = parts.netloc.rpartition("@")[2] or next(iter(parse_qs(parts.query).get("host", ())), "localhost")
    return named if ":" in named or named.startswith("/") else f"{named}:5432"


def cause(error: BaseException) -> str:
    """Return why there is no connection, in the words of the operating system where it has some."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "the host name is not known"
    # asyncio joins the errors of several addresses in one message, of which the first will do.
    number = error.errno if isinstance(error, OSError) else None
    found = _NUMBER.search(str(error)) if number is None else None
    number = int(found[1]) if found else number
    return os.strerror(number).lower() if number else "the connection was cut"
