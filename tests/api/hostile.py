"""How bad input is written down: a `Case` is a request and the refusal it must get.

The catalogue is in `hostile_schemas`, `hostile_documents` and `hostile_requests`. Bodies are made when a test asks for
them, because some have megabytes.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import quote

JSON = {"Content-Type": "application/json"}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
AN_ID = "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"
"""The id of the one record of `things`."""
ANOTHER_ID = "0198c5a4-7c1e-7d6a-b8f0-000000000000"

THINGS = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "x-index": True},
        "isbn": {"type": "string", "x-unique": True},
        "name": {"type": "string", "x-index": "trigram"},
        "text": {"type": "string", "x-index": "fulltext"},
        "tags": {"type": "array", "items": {"type": "string"}, "x-index": "gin"},
        "number": {"type": "integer", "x-index": True},
        "price": {"type": "number"},
        "flag": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "unique": {"type": "array", "uniqueItems": True},
        "linear": {"type": "string", "pattern": "^(a+)+$"},
        "looking": {"type": "string", "pattern": "^(?=(a+)+b)"},
        "again": {"type": "string", "pattern": "^(a+)+\\1$"},
        "middle": {"type": "string", "pattern": "(?:(?=.*a).)+b$"},
        "many": {"type": "array", "items": {"not": {"pattern": "^(?=a)(a|aa)+\\1$"}}},
        "nested": {"type": "object", "properties": {"city": {"type": "string"}}},
        "parent_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "things", "field": "parent"}},
    },
}
"""The collection that the documents and requests are meant for."""


INVALID = "registry.invalid_schema"


@dataclass(frozen=True)
class Case:
    """One bad request: the answer must have this status and code, and point there."""

    name: str
    status: int
    code: str
    body: Callable[[], bytes] = bytes
    pointer: str | None = None
    method: str = "GET"
    path: str = "/api/things"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return self.name


def text(value: object) -> Callable[[], bytes]:
    return lambda: json.dumps(value).encode()


def schema(name: str, body: object, pointer: str | None, code: str = INVALID) -> Case:
    made = cast(Callable[[], bytes], body) if callable(body) else text(body)
    status = {INVALID: 422, "document.malformed": 400, "document.too_large": 413}[code]
    return Case(name, status, code, made, pointer, "PUT", "/registry/bad", JSON)


def document(name: str, status: int, code: str, body: Callable[[], bytes] | bytes, pointer: str | None = None) -> Case:
    made = body if callable(body) else lambda: body
    return Case(name, status, code, made, pointer, "POST", "/api/things", JSON)


def query(name: str, code: str, asked: str, status: int = 400) -> Case:
    return Case(name, status, code, path=f"/api/things?{asked}")


def where(value: object) -> str:
    return "where=" + quote(value if isinstance(value, str) else json.dumps(value))


def write(name: str, status: int, code: str, body: bytes, method: str = "POST", path: str = "", **headers: str) -> Case:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Case(name, status, code, lambda: body, None, method, f"/api/things{path}", named)


def patch(name: str, status: int, code: str, body: Callable[[], bytes] | bytes, media_type: str) -> Case:
    made = body if callable(body) else lambda: body
    return Case(name, status, code, made, None, "PATCH", f"/api/things/{AN_ID}", {"Content-Type": media_type})


def put(name: str, status: int, code: str, **headers: str) -> Case:
    return write(name, status, code, b"{}", "PUT", f"/{AN_ID}", **JSON, **headers)


def registry(name: str, status: int, code: str, method: str, path: str, body: bytes) -> Case:
    return Case(name, status, code, lambda: body, None, method, f"/registry{path}", JSON)
