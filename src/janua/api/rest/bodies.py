"""Request bodies: type, size and time are checked before and while they arrive, never after.

Start at `read_body`, which returns all of a small body, and `stream_body`, which passes on a large one in parts.
"""

import asyncio
from collections.abc import AsyncGenerator

from starlette.requests import Request

from janua.api.headers import check_encoding, media_type
from janua.api.receiving import check_size, receive_body, receive_part
from janua.api.rest.resource import gateway_of
from janua.errors import DocumentTooLarge, RequestTooSlow

JSON_ONLY = ("application/json",)


async def read_body(request: Request, limit: int, accepted: tuple[str, ...] = JSON_ONLY) -> tuple[str, bytes]:
    """Return the media type (one of `accepted`) and the bytes of the body.

    Raises: `UnsupportedMediaType`, `DocumentTooLarge` above `limit` bytes, `RequestTooSlow`.
    """
    found = check_head(request, limit, accepted)
    seconds = gateway_of(request).settings.server.receive_timeout
    return found, await receive_body(request.scope, request.receive, limit=limit, seconds=seconds)


async def stream_body(request: Request, limit: int | None) -> AsyncGenerator[bytes]:
    """Yield the parts of the body as they arrive; call `check_head` first.

    Raises: `DocumentTooLarge` above `limit` bytes, `RequestTooSlow` when the next part does not come.
    """
    seconds = gateway_of(request).settings.server.receive_timeout
    parts = _limited(request, limit)
    while True:
        try:
            async with asyncio.timeout(seconds):
                part = await anext(parts, None)
        except TimeoutError:
            raise RequestTooSlow(seconds) from None
        if part is None:
            return
        yield part


def check_head(request: Request, limit: int | None, accepted: tuple[str, ...]) -> str:
    """Return the media type that the headers announce; refuse a body by them while nothing of it was read.

    Raises: `UnsupportedMediaType`, `DocumentTooLarge`, `InvalidRequest`.
    """
    length = request.headers.get("Content-Length", "0")
    if limit is not None and int(length) > limit:
        raise DocumentTooLarge("bytes", limit)
    given = request.headers
    check_encoding(given.get("Content-Encoding", "identity"), given.get("Content-Type", ""), accepted)
    return media_type(request.headers.getlist("Content-Type"), accepted)


async def _limited(request: Request, limit: int | None) -> AsyncGenerator[bytes]:
    size, more = 0, True
    while more:
        part, more = await receive_part(request.receive)
        size += len(part)
        check_size(size, limit)
        if part:
            yield part
