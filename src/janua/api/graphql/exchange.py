"""What passes between GraphQL over HTTP and the execution of operations: `Asked` goes in, `Answered` comes out.

`Engine` is the other side. `http` reads requests and writes answers, and knows nothing of documents; the engine knows
nothing of HTTP.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from janua.model.types import Json


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the text of a document, which of its operations, and its variables.

    `collection` restricts the GraphQL schema to what the collection is related to. Without `mutations_allowed` a
    mutation is a `MethodNotAllowed`. `idempotency_key` says nothing about a query.
    """

    query: str
    operation_name: str | None
    variables: Mapping[str, Json]
    collection: str | None
    mutations_allowed: bool
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One response: its JSON text, and the status that it has as `application/graphql-response+json`.

    As `application/json` it has status 200, unless the server is to blame (500 and above).
    `errors_before_execution` says that the document, the choice of an operation or the variables were wrong. `headers`
    say when to try again.
    """

    body: bytes
    status_if_graphql_json: int = 200
    errors_before_execution: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Engine(Protocol):
    """What executes operations; the application has one as `state.graphql`."""

    async def execute(self, asked: Asked) -> Answered:
        """Return the response to a request.

        Raises a `JanuaError` to refuse the request as a whole: it then has the status of that error in every media
        type. What a client learns about a part of its operation is in `Answered`.
        """
        ...

    async def sdl(self, collection: str | None) -> str:
        """Return the GraphQL schema, of all collections or of one and what it is related to, in SDL.

        Raises: `UnknownCollection`, `IntrospectionOff`.
        """
        ...
