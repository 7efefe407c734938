"""Entity tags and preconditions (RFC 9110, sections 8.8.3 and 13.1), `Prefer` and `Idempotency-Key`.

The entity tag of a record is its version, that of a collection's schema the schema version; `If-Match` compares
strongly, so a weak tag never matches it, `If-None-Match` weakly. Start at `precondition_of`.
"""

import re
from collections.abc import AsyncIterator
from hashlib import sha256
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response

from janua.api.headers import idempotency_key
from janua.api.repeated import Headers, read_headers
from janua.api.rest.resource import path_of
from janua.errors import InvalidRequest
from janua.gateway.answers import Precondition
from janua.gateway.idempotency import Idempotency, Streamed

Tags = Literal["*"] | tuple[tuple[bool, str], ...]
"""Any representation there is, or a list of (is weak, opaque tag); an empty header is an empty list."""

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_SECONDS = re.compile(r"[0-9]{1,6}")


def version_tag(version: int) -> str:
    """Return the entity tag of a version."""
    return f'"{version}"'


def content_tag(body: bytes) -> str:
    """Return the entity tag of an answer that has no version of its own."""
    return f'"{sha256(body).hexdigest()[:32]}"'


def precondition_of(request: Request) -> Precondition:
    """Return the state of a record that the request demands.

    Raises: `InvalidRequest` for a malformed header.
    """
    return Precondition(versions_of(request, "If-Match"), versions_of(request, "If-None-Match"))


def versions_of(request: Request, header: Literal["If-Match", "If-None-Match"]) -> Literal["*"] | frozenset[int] | None:
    """Return the versions that a header names; tags that no version has are left out, as they match nothing."""
    tags = _tags_of(request, header)
    if not isinstance(tags, tuple):
        return tags
    strongly = header == "If-Match"
    named = (tag for weak, tag in tags if not (weak and strongly))
    return frozenset(int(each) for each in named if _VERSION.fullmatch(each))


def unchanged(request: Request, tag: str) -> Response | None:
    """Return the 304 when the client has the representation with this tag already.

    Raises: `InvalidRequest` for a malformed `If-None-Match`.
    """
    tags = _tags_of(request, "If-None-Match")
    if tags is None or not (tags == "*" or tag.strip('"') in {each for _, each in tags}):
        return None
    return Response(status_code=304, headers={"ETag": tag})


def wants_minimal(request: Request) -> bool:
    """Return whether the client prefers an answer without a body (RFC 7240); unknown preferences are ignored."""
    return "return=minimal" in _preferences(request)


def preferred_wait(request: Request) -> int | None:
    """Return the seconds of `Prefer: wait=…`, if it is there and makes sense."""
    found = (each.removeprefix("wait=") for each in _preferences(request) if each.startswith("wait="))
    return next((int(each) for each in found if _SECONDS.fullmatch(each)), None)


def _preferences(request: Request) -> list[str]:
    return re.split("[,;]", ",".join(request.headers.getlist("Prefer")).replace(" ", "").lower())


def idempotency_of(request: Request, body: bytes) -> Idempotency | None:
    """Return the idempotency key of a request with this body.

    Raises: `InvalidRequest` for a malformed key.
    """
    key = idempotency_key(request.headers.getlist("Idempotency-Key"))
    if key is None:
        return None
    return Idempotency.of(key, request.method.encode(), path_of(request).encode(), body)


def streamed_idempotency_of(request: Request, body: AsyncIterator[bytes]) -> Streamed | None:
    """Return the idempotency key of a request with a body that is streamed, and parameters.

    Raises: `InvalidRequest` for a malformed key.
    """
    key = idempotency_key(request.headers.getlist("Idempotency-Key"))
    if key is None:
        return None
    query: bytes = request.scope["query_string"]
    return Streamed(key, body, request.method.encode(), path_of(request).encode(), query)


def _are_conditional(headers: Headers) -> bool:
    return any(name in (b"if-match", b"if-none-match") for name, _ in headers)


def _tags_of(request: Request, header: str) -> Tags | None:
    if not read_headers(request.scope, _are_conditional):
        return None
    given = request.headers.getlist(header)
    if not given:
        return None
    text = ", ".join(given).strip(" \t")
    if text == "*":
        return "*"
    tags: list[tuple[bool, str]] = []
    place = 0
    while place < len(text):
        found = _TAG.match(text, place)
        if found is None:
            raise InvalidRequest(f'{header} must be * or a list of entity tags like "3", in double quotes')
        tags.append((found[1] is not None, found[2]))
        place = _next_tag(text, found.end(), header)
    return tuple(tags)


def _next_tag(text: str, place: int, header: str) -> int:
    """Return where the next tag starts; the end of the text if there is none."""
    rest = text[place:].lstrip(" \t")
    if not rest:
        return len(text)
    if not rest.startswith(",") or not rest.strip(", \t"):
        raise InvalidRequest(f"{header} must have a comma between its entity tags, and only there")
    return len(text) - len(rest.lstrip(", \t"))
