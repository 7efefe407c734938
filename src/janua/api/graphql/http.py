"""GraphQL over HTTP: requests → `Asked`, `Answered` → responses, for `/graphql` and `/graphql/{collection}`.

What is wrong with the request as such (method, media types, size, time) is raised and becomes a problem document, as
everywhere. From then on the client speaks GraphQL, and refusals are in its `errors`. A raw ASGI callable, because most
requests are small and were seen before. Start at `GraphQLEndpoint`.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from janua.api.boundary import REVISION
from janua.api.graphql.exchange import Answered, Asked
from janua.api.graphql.execution import Engine
from janua.api.graphql.faults import errors_body
from janua.api.graphql.negotiation import GRAPHQL_JSON, JSON, answer_type, prefers_page
from janua.api.graphql.page import graphiql
from janua.api.graphql.parameters import Parameters, read_body_parameters, read_url_parameters
from janua.api.graphql.persisted import PersistedDocuments
from janua.api.headers import check_encoding, idempotency_key, media_type
from janua.api.problems import headers_of, status_of
from janua.api.receiving import receive_body
from janua.api.repeated import Headers, read_headers
from janua.api.sending import send_whole
from janua.api.watch import Watch
from janua.config import Settings, is_open
from janua.errors import (
    DocumentTooLarge,
    JanuaError,
    MethodNotAllowed,
    UnknownPersistedDocument,
)
from janua.gateway.gateway import LARGE
from janua.registry.document import SCHEMA_DIGITS, Limits
from janua.telemetry.spans import ERROR, annotate

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
WRAPPING = 4
"""Levels of JSON that a request puts around a document: the body, `variables`, a variable, a list of inputs."""

_TYPES = {each: f"{each}; charset=utf-8".encode() for each in (GRAPHQL_JSON, JSON)}
PATH = "/graphql"


def graphql_routes(endpoint: "GraphQLEndpoint") -> list[Route]:
    """Return the routes of GraphQL; `state.graphql` of the application is the engine behind them."""
    return [Route(PATH, endpoint), Route(f"{PATH}/{{collection}}", endpoint)]


class GraphQLEndpoint:
    """The resource at both paths; `dev` is for what only developers may see unless a setting says otherwise."""

    def __init__(self, settings: Settings, *, dev: bool) -> None:
        limits = settings.limits
        self._limits = Limits(
            limits.document_depth + WRAPPING,
            limits.document_nodes,
            max(limits.number_digits, SCHEMA_DIGITS),
            limits.body_bytes,
        )
        self._receive_seconds = settings.server.receive_timeout
        self._persisted = PersistedDocuments(settings.graphql.persisted_bytes)
        self._shows_page = is_open(settings.graphql.graphiql, dev=dev)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        if method == "POST":
            await self._post(scope, receive, send)
        elif method in ("GET", "HEAD"):
            await self._get(scope, receive, send)
        elif method == "OPTIONS":
            await Response(status_code=204, headers={"Allow": ", ".join(METHODS)})(scope, receive, send)
        else:
            raise MethodNotAllowed(method, METHODS)

    async def _post(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = read_headers(scope, _head)
        if head.length > self._limits.bytes:
            raise DocumentTooLarge("bytes", self._limits.bytes)
        body = await receive_body(scope, receive, limit=self._limits.bytes, seconds=self._receive_seconds)
        try:
            key = None if head.key is None else idempotency_key([head.key])
            if len(body) < LARGE:
                asked = read_body_parameters(body, self._limits)
            else:
                asked = await asyncio.to_thread(read_body_parameters, body, self._limits)
            answered = await self._execute(scope, asked, mutations_allowed=True, idempotency_key=key)
        except JanuaError as error:
            await _refuse(scope, send, error, head.form)
        else:
            await _respond(scope, send, answered, head.form)

    async def _get(self, scope: Scope, receive: Receive, send: Send) -> None:
        accept = read_headers(scope, _accept)
        query_string: bytes = scope["query_string"]
        if b"sdl" in query_string and any(name == "sdl" for name, _ in parse_qsl(query_string.decode("latin-1"), True)):
            await PlainTextResponse(await _engine(scope).sdl(_collection(scope)))(scope, receive, send)
            return
        if self._shows_page and prefers_page(accept):
            await graphiql(await _engine(scope).sample(_collection(scope)))(scope, receive, send)
            return
        form = answer_type(accept)
        try:
            asked = read_url_parameters(query_string, self._limits)
            answered = await self._execute(scope, asked, mutations_allowed=False, idempotency_key=None)
        except JanuaError as error:
            await _refuse(scope, send, error, form)
        else:
            await _respond(scope, send, answered, form)

    async def _execute(
        self,
        scope: Scope,
        parameters: Parameters,
        *,
        mutations_allowed: bool,
        idempotency_key: str | None,
    ) -> Answered:
        query, fresh = self._persisted.resolve(parameters)
        asked = Asked(
            query,
            parameters.operation_name,
            parameters.variables,
            _collection(scope),
            mutations_allowed,
            idempotency_key,
        )
        with Watch(scope, query):
            answered = await _engine(scope).execute(asked)
        if fresh is not None and not answered.errors_before_execution:
            self._persisted.remember(fresh, query)
        return answered


class _Head(NamedTuple):
    """What the headers of a POST say: the media type of the answer, the bytes of the body, the idempotency key."""

    form: str
    length: int
    key: str | None


def _head(headers: Headers) -> _Head:
    """Return what the headers say. Raises: `NotAcceptable`, `UnsupportedMediaType`, `InvalidRequest`."""
    form = answer_type(_joined(headers, b"accept") or b"")
    types = [value.decode("latin-1") for name, value in headers if name == b"content-type"]
    if encoding := _joined(headers, b"content-encoding"):
        check_encoding(encoding.decode("latin-1"), ", ".join(types), (JSON,))
    media_type(types, (JSON,))
    key = _joined(headers, b"idempotency-key")
    length = int(_joined(headers, b"content-length") or 0)
    return _Head(form, length, None if key is None else key.decode("latin-1"))


def _joined(headers: Headers, wanted: bytes) -> bytes | None:
    """Return the values of a header as one (RFC 9110, section 5.3), None when it is not there."""
    found = [value for name, value in headers if name == wanted]
    return b", ".join(found) if found else None


def _accept(headers: Headers) -> bytes:
    return _joined(headers, b"accept") or b""


def _engine(scope: Scope) -> Engine:
    return scope["app"].state.graphql


def _collection(scope: Scope) -> str | None:
    return scope["path_params"].get("collection") if "path_params" in scope else None


async def _respond(scope: Scope, send: Send, answered: Answered, form: str) -> None:
    """Send a response; as `application/json`, only what the server is to blame for has a status of its own."""
    if answered.error:
        annotate(ERROR, answered.error)
    status = answered.status_if_graphql_json
    headers = answered.headers
    if answered.revision is not None:
        headers = {**headers, REVISION: str(answered.revision)}
    await _send(scope, send, status if form == GRAPHQL_JSON or status >= 500 else 200, form, answered.body, headers)


async def _refuse(scope: Scope, send: Send, error: JanuaError, form: str) -> None:
    """Send an error that is about the whole request."""
    annotate(ERROR, error.code)
    # Of this one the client made no mistake: it is an answer, and clients of the protocol read it as one.
    known = form == JSON and isinstance(error, UnknownPersistedDocument)
    await _send(scope, send, 200 if known else status_of(error).value, form, errors_body(error), headers_of(error))


def _send(scope: Scope, send: Send, status: int, form: str, body: bytes, headers: Mapping[str, str]) -> Awaitable[None]:
    sent = [(b"content-type", _TYPES[form]), (b"content-length", b"%d" % len(body))]
    if headers:
        sent += [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return send_whole(scope, send, status, sent, body)
