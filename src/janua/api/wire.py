"""Answers as bytes: dataclasses, mappings and sequences → exact JSON.

Start at `json_bytes`. Texts that PostgreSQL made are never parsed: `json_object` puts them in as they are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from decimal import Decimal
from json import JSONEncoder
from typing import cast
from uuid import UUID

from starlette.responses import Response

from janua.model.json import dumps
from janua.model.types import Json

JSON = "application/json"


def plain(value: object) -> Json:
    """Return a value as JSON: dataclasses by their fields, times in RFC 3339 in UTC, everything else as it is."""
    match value:
        case None | bool() | str() | int() | float() | Decimal():
            return value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case UUID():
            return str(value)
        case Mapping():
            return {str(name): plain(each) for name, each in cast(Mapping[object, object], value).items()}
        case Sequence():
            return [plain(each) for each in cast(Sequence[object], value)]
        case _ if is_dataclass(value):
            return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def json_bytes(value: object) -> bytes:
    """Return the JSON text of a value in UTF-8; half surrogate pairs, which have no UTF-8, become `?`."""
    try:
        text = _QUICK.encode(value)
    except _Exact:
        text = dumps(plain(value))
    return text.encode(errors="replace")


class _Exact(Exception):
    """There is a number that only `dumps` writes with all its digits."""


def _default(value: object) -> Json:
    if isinstance(value, Decimal):
        raise _Exact
    if is_dataclass(value):  # before `plain` looks at all that is inside: the encoder does
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return plain(value)


_QUICK = JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":"), default=_default)
"""Python's own encoder, which takes a tenth of the time."""


def json_object(**members: str) -> bytes:
    """Return a JSON object whose members are JSON texts already."""
    return ("{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}").encode()


class JsonText(Response):
    """An answer whose body is JSON already: its headers are made in a fifth of the time."""

    def __init__(self, body: bytes, **headers: str) -> None:
        self.status_code = 200
        self.background = None
        self.body = body
        self.raw_headers = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            *((name.encode(), value.encode("latin-1")) for name, value in headers.items()),
        ]


def json_response(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that consists of this value."""
    return Response(json_bytes(value), status, headers, media_type=JSON)
