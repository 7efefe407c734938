"""A client that hangs up ends its query: the task that runs it is cancelled, and with it its SQL.

A mutation is left to finish. A server with the extension `WHEN_GONE` tells when the client has gone, which costs a
request nothing; a task that listens for it would cost as much as a small answer. Start at `Watch`; `sending.Cycle` is
the server's side of it.
"""

import asyncio
import re
from collections.abc import Callable
from types import TracebackType
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Scope

WHEN_GONE: Final = "janua.when_gone"
Told = Callable[[asyncio.Task[None]], None]
"""Is called with the task of a request whose client has gone."""
WhenGone = Callable[[Told | None], None]

# The word in a comment or a string makes a query one that is left to finish, too: nothing is lost by that.
_MUTATION = re.compile(r"\bmutation\b")


class Watch:
    """A context in which a request is answered; it ends with `ClientDisconnect` when the client hangs up first.

    `query` is that of GraphQL, if it is one; a request that writes over REST is not watched.
    """

    __slots__ = ("_cancelled", "_query", "_tell")

    def __init__(self, scope: Scope, query: str = "") -> None:
        self._tell: WhenGone | None = scope.get("extensions", {}).get(WHEN_GONE)
        self._query = query
        self._cancelled: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        if self._tell is not None:
            self._tell(self._hung_up)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._tell is not None:
            self._tell(None)
        if kind is asyncio.CancelledError and self._cancelled is not None:
            # Whoever else cancelled the task gets what he wanted.
            if self._cancelled.uncancel() > 0:
                return
            raise ClientDisconnect from error

    def _hung_up(self, task: asyncio.Task[None]) -> None:
        if not _MUTATION.search(self._query):
            self._cancelled = task
            task.cancel()
