"""Small schemas and documents for the tests of the verbs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeVar

from janua.gateway.gateway import Gateway, in_one_transaction, with_current_catalog
from janua.model.catalog import Catalog
from janua.model.json import dumps
from janua.model.types import Json
from janua.registry.document import Document, Limits, read_document
from janua.storage.pool import Connection

T = TypeVar("T")

AUTHORS: dict[str, Json] = {
    "title": "Author",
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}
BOOKS: dict[str, Json] = {
    "title": "Book",
    "type": "object",
    "properties": {
        "title": {"type": "string", "x-index": True},
        "isbn": {"type": "string", "maxLength": 13, "x-unique": True},
        "price": {"type": "number", "x-index": True},
        "author_id": {
            "type": ["string", "null"],
            "format": "uuid",
            "x-relation": {"collection": "authors", "field": "author", "inverse": "books"},
        },
    },
    "required": ["title"],
}


def a_schema(properties: Mapping[str, Any], *, required: tuple[str, ...] = (), **more: Any) -> dict[str, Json]:
    """Return the schema of an object."""
    return {"type": "object", "properties": dict(properties), "required": list(required), **more}


def a_document(value: Json = None, /, **members: Json) -> Document:
    """Return a document of this value, or of an object with these members."""
    return read_document(dumps(members if value is None else value).encode(), Limits())


async def stream(*texts: str | bytes) -> AsyncIterator[bytes]:
    """Yield the texts as the chunks of a body."""
    for each in texts:
        yield each.encode() if isinstance(each, str) else each


async def in_transaction(gateway: Gateway, write: Callable[[Connection, Catalog], Awaitable[T]]) -> T:
    """Run writes in one transaction with the current catalog, as an operation of GraphQL does."""
    return await with_current_catalog(gateway, lambda catalog: in_one_transaction(gateway, lambda c: write(c, catalog)))
