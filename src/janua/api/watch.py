"""A client that hangs up ends its query: the task that runs it is cancelled, and with it its SQL.

`Watch` begins to listen only after a moment, since most answers are sent by then. A mutation is left to finish.
"""

import asyncio
import re
from types import TracebackType
from typing import Any, Self

from starlette.requests import ClientDisconnect
from starlette.types import Receive

PATIENCE_SECONDS = 0.2

# The word in a comment or a string makes a query one that is left to finish, too: nothing is lost by that.
_MUTATION = re.compile(r"\bmutation\b")


class Watch:
    """A context in which a request is answered; it ends with `ClientDisconnect` when the client hangs up first.

    `query` is that of GraphQL, if it is one; a request that writes over REST is not watched.
    """

    __slots__ = ("_gone", "_query", "_receive", "_running", "_timer", "_watcher")

    def __init__(self, receive: Receive, query: str = "") -> None:
        self._receive = receive
        self._query = query
        self._gone = False
        self._running: asyncio.Task[Any] | None = None
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._running = asyncio.current_task()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._start)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        if kind is asyncio.CancelledError and self._gone and self._running is not None:
            # Whoever else cancelled the task gets what he wanted.
            if self._running.uncancel() > 0:
                return
            raise ClientDisconnect from error

    def _start(self) -> None:
        if not _MUTATION.search(self._query):
            self._watcher = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        if self._running is not None:
            self._running.cancel()
