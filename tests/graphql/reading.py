"""Asking GraphQL about documents on a real PostgreSQL: register schemas, store documents, send operations.

Numbers of answers are exact: `int`, or `Decimal` where there is a fraction or an exponent.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from janua.api.graphql.exchange import Asked
from janua.api.graphql.execution import Engine
from janua.config import Settings
from janua.gateway import records, schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.model.json import dumps, loads
from janua.registry.document import Limits, read_document


@dataclass(frozen=True)
class Reading:
    """A gateway and the engine of GraphQL in front of it."""

    gateway: Gateway
    engine: Engine

    async def register(self, documents: Mapping[str, Any]) -> None:
        """Register schemas, all at once."""
        await schemas.register_many(self.gateway, documents)

    async def store(self, collection: str, *documents: Any, ids: list[str] | None = None) -> list[str]:
        """Store documents, in this order; return their ids. Documents of bytes are JSON text."""
        found: list[str] = []
        for place, each in enumerate(documents):
            text = each if isinstance(each, bytes) else dumps(each).encode()
            id = None if ids is None else ids[place]
            found.append((await records.create(self.gateway, collection, read_document(text, Limits()), id=id)).id)
        return found

    async def body(self, query: str, variables: Any = None, *, collection: str | None = None) -> Any:
        """Return the answer to an operation, with errors if there are some."""
        given: Any = loads(dumps(variables or {}))
        answered = await self.engine.execute(Asked(query, None, given, collection, True, None))
        return loads(answered.body.decode())

    async def ask(self, query: str, variables: Any = None, *, collection: str | None = None) -> Any:
        """Return the data of an answer without errors."""
        body = await self.body(query, variables, collection=collection)
        assert "errors" not in body, (body["errors"], query, variables)
        return body["data"]

    async def nodes(self, query: str, variables: Any = None) -> list[Any]:
        """Return the nodes of the only connection of an answer."""
        [connection] = (await self.ask(query, variables)).values()
        return connection["nodes"]

    async def refusal(self, query: str, variables: Any = None) -> Any:
        """Return the only error of an answer without data."""
        body = await self.body(query, variables)
        assert body.get("data") is None, body
        [error] = body["errors"]
        return error


@asynccontextmanager
async def reading_of(settings: Settings, *, name: str = "test") -> AsyncGenerator[Reading]:
    """Open a gateway with an engine of its own, as one worker has them."""
    async with open_gateway(settings, name=name) as gateway:
        yield Reading(gateway, Engine(gateway, dev=True))
