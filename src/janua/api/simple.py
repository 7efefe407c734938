"""Bytes that are one whole request and nothing else, from a client that keeps its connection: most are.

Such a request can wait, be refused or be known again as it is, without having been parsed. Start at `is_simple`.
"""

import re
from typing import Final

ALWAYS: Final = frozenset({"/livez", "/readyz", "/metrics"})
"""Paths for operators, who want to know most when there is most to do."""
ALWAYS_GET: Final = tuple(f"GET {path}".encode() for path in sorted(ALWAYS))
METHODS: Final = (b"GET /", b"POST /", b"PUT /", b"PATCH /", b"DELETE /")
NOT_SIMPLE: Final = (b"\ntransfer-encoding", b"\nexpect", b"\nupgrade", b"\nconnection: close")
LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n")


def is_simple(data: bytes) -> bool:
    """Say whether these bytes are one whole request with its body, if any, from a client that keeps the connection."""
    head, blank, body = data.partition(b"\r\n\r\n")
    if not blank or not head.startswith(METHODS) or head.startswith(ALWAYS_GET):
        return False
    lower = head.lower() + b"\r\n"
    if not lower.partition(b"\r\n")[0].endswith(b" http/1.1") or any(each in lower for each in NOT_SIMPLE):
        return False
    lengths = lower.count(b"\ncontent-length")
    if not lengths:
        return not body
    length = LENGTH.search(lower)
    return lengths == 1 and length is not None and int(length[1]) == len(body)
