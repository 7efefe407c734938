"""Request bodies: type, size and time are checked before and while they arrive, never after.

Start at `read_body`, which returns all of a small body, and `stream_body`, which passes on a large one in parts.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping

from starlette.requests import ClientDisconnect, Request

from janua.api.headers import media_type
from janua.api.rest.resource import gateway_of
from janua.errors import DocumentTooLarge, RequestTooSlow, UnsupportedMediaType

JSON_ONLY = ("application/json",)


async def read_body(request: Request, limit: int, accepted: tuple[str, ...] = JSON_ONLY) -> tuple[str, bytes]:
    """Return the media type (one of `accepted`) and the bytes of the body.

    Raises: `UnsupportedMediaType`, `DocumentTooLarge` above `limit` bytes, `RequestTooSlow`.
    """
    found = check_head(request, limit, accepted)
    seconds = gateway_of(request).settings.server.receive_timeout
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            async for part in _limited(request, limit):
                parts.append(part)  # noqa: PERF401 -- a comprehension would hide that this waits
    except TimeoutError:
        raise RequestTooSlow(seconds) from None
    return found, b"".join(parts)


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
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise UnsupportedMediaType(f"with content encoding {encoding}", accepted)
    return media_type(request.headers.getlist("Content-Type"), accepted)


async def _limited(request: Request, limit: int | None) -> AsyncGenerator[bytes]:
    size = 0
    more = True
    while more:
        message: Mapping[str, object] = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body = message.get("body", b"")
        assert isinstance(body, bytes)  # noqa: S101 -- what the ASGI specification says
        more = bool(message.get("more_body", False))
        size += len(body)
        if limit is not None and size > limit:
            raise DocumentTooLarge("bytes", limit)
        if body:
            yield body
