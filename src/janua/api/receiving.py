"""The body of a request, all of it; its size and its time are held while it arrives.

ASGI hands a body over in messages that have to be waited for, and waiting has a timer, which takes as long as reading a
small document. Most bodies came along with their head; a server with the extension `TAKE` hands that over
at once. Start at `receive_body`; `sending.Cycle` is the server's side of it.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from janua.errors import DocumentTooLarge, RequestTooSlow

TAKE: Final = "janua.take_body"
Take = Callable[[], bytes | None]
"""Hands over the body if all of it is here, and the request still wants an answer."""


async def receive_body(scope: Scope, receive: Receive, *, limit: int | None, seconds: float) -> bytes:
    """Return the body. Raises: `DocumentTooLarge` above `limit` bytes, `RequestTooSlow`, `ClientDisconnect`."""
    take: Take | None = scope.get("extensions", {}).get(TAKE)
    body = None if take is None else take()
    if body is not None:
        check_size(len(body), limit)
        return body
    parts: list[bytes] = []
    size, more = 0, True
    try:
        async with asyncio.timeout(seconds):
            while more:
                part, more = await receive_part(receive)
                size += len(part)
                check_size(size, limit)
                parts.append(part)
    except TimeoutError:
        raise RequestTooSlow(seconds) from None
    return b"".join(parts)


async def receive_part(receive: Receive) -> tuple[bytes, bool]:
    """Return the next part of a body, and whether there may be more. Raises: `ClientDisconnect`."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    return message.get("body", b""), message.get("more_body", False)


def check_size(size: int, limit: int | None) -> None:
    """Hold the bytes that came so far against a limit. Raises: `DocumentTooLarge`."""
    if limit is not None and size > limit:
        raise DocumentTooLarge("bytes", limit)
