"""What the registry's root fields are given: the context of their resolvers, and JSON documents as arguments."""

import asyncio
from typing import Annotated, cast

import strawberry

from janua.api.graphql.context import Context
from janua.api.graphql.registry_types import JsonValue
from janua.errors import MalformedDocument
from janua.gateway.gateway import Gateway
from janua.model.collection import Schema
from janua.model.json import dumps
from janua.model.types import Json
from janua.registry.document import read_schema

Info = strawberry.Info[Context, None]
Document = Annotated[JsonValue, strawberry.argument(description="A JSON Schema.")]
Expected = Annotated[
    int | None, strawberry.argument(description="Fail unless this is the current version; 0: unless there is none.")
]


async def read_given(gateway: Gateway, document: JsonValue) -> Schema:
    """Return the schema, or what holds it, held to the same limits as one that comes as a body of its own.

    Raises: `MalformedDocument`, `DocumentTooLarge`, `UnstorableDocument`.
    """
    return await asyncio.to_thread(_read, gateway, document)


def _read(gateway: Gateway, document: JsonValue) -> Schema:
    try:
        text = dumps(cast(Json, document)).encode()
    except (UnicodeEncodeError, RecursionError):
        raise MalformedDocument("the schema has half of a surrogate pair in it, or is nested too deep") from None
    return read_schema(text, "json", gateway.document_limits)
