"""What passes between GraphQL over HTTP and the execution of operations: `Asked` goes in, `Answered` comes out.

`http` reads requests and writes answers, and knows nothing of documents; `execution.Engine`, on the other side, knows
nothing of HTTP. It raises a `JanuaError` to refuse a request as a whole: that then has the status of the error in every
media type. What a client learns about a part of its operation is in `Answered`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from janua.model.types import Json

NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class Asked(NamedTuple):
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


class Answered(NamedTuple):
    """One response: its JSON text, and the status that it has as `application/graphql-response+json`.

    As `application/json` it has status 200, unless the server is to blame (500 and above).
    `errors_before_execution` says that the document, the choice of an operation or the variables were wrong. `headers`
    say when to try again, and `revision` is that of the catalog after an operation that may have made a new one.
    `error` is the code of the first of its errors, for the request's trace.
    """

    body: bytes
    status_if_graphql_json: int = 200
    errors_before_execution: bool = False
    headers: Mapping[str, str] = NO_HEADERS
    revision: int | None = None
    error: str = ""
