"""Heads of requests that a client sends again: clients that keep their connection send the same headers each time.

To parse a head, and to look what its headers say, takes as long as all else that is done for a small request. So a
connection remembers its first few heads; of a request that has one of them, only the first line is read. What one layer
or another makes of the headers is remembered with them. Start at `Heads.again` and `read_headers`.
"""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from starlette.types import Scope

from janua.api.simple import is_simple

T = TypeVar("T")

MOST: Final = 4  # heads of one connection that are remembered
LARGEST: Final = 4096  # bytes of one of them
MEMO: Final = "janua.read_headers"
"""Extension of a scope: what was made of its headers, by who made it."""

_PLAIN: Final = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (/|(?:/[\w.~-]+)+)(?:\?([\w.~=&%+,:-]*))? HTTP/1\.1")
"""First lines that mean the same to everybody, without anything that has to be decoded."""

Headers = list[tuple[bytes, bytes]]
Memo = dict[object, Any]


class Again(NamedTuple):
    """A whole request that came with a head that is known."""

    scope: Scope
    body: bytes


class _Known:
    """A head: what was made of it when it was parsed, with the first line that it then had."""

    __slots__ = ("first", "length", "memo", "scope")

    def __init__(self, first: bytes, length: int, scope: dict[str, Any]) -> None:
        self.first = first
        self.length = length
        self.scope = scope
        self.memo: Memo = {}


class Heads:
    """The heads of one connection."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[bytes, _Known] = {}

    def again(self, data: bytes) -> Again | None:
        """Return the request that these bytes are, all of them, if they have a head that is known."""
        head, blank, body = data.partition(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        known = self._known.get(rest)
        # Without its end, a head may be the beginning of another one.
        if known is None or not blank or len(body) != known.length:
            return None
        scope = dict(known.scope)
        if first != known.first:
            line = _PLAIN.fullmatch(first)
            if line is None:
                return None
            method, path, query = line.groups(b"")
            scope["method"], scope["path"], scope["raw_path"] = method.decode(), path.decode(), path
            scope["query_string"] = query
        scope["extensions"] = {MEMO: known.memo}
        return Again(scope, body)

    def learn(self, data: bytes, scope: Scope) -> None:
        """Remember the head of these bytes, which was parsed to this `scope`, if they are one whole request.

        Of a client that always sends other heads only the first few are remembered, for that would be in vain.
        """
        if len(self._known) >= MOST or not is_simple(data):
            return
        head, _, body = data.partition(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        if len(rest) <= LARGEST and not scope["root_path"]:
            # Extensions are of this request alone.
            kept = {name: each for name, each in scope.items() if name != "extensions"}
            self._known[rest] = _Known(first, len(body), kept)


def read_headers(scope: Scope, read: Callable[[Headers], T]) -> T:
    """Return what `read` makes of the headers of a request, and nothing else; what it raises is not remembered."""
    memo: Memo | None = scope.get("extensions", {}).get(MEMO)
    if memo is None:
        return read(scope["headers"])
    if read not in memo:
        memo[read] = read(scope["headers"])
    return memo[read]
