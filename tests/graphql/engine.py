"""An engine for tests of the transport: a small GraphQL schema, executed by graphql-core; no database.

`Query` has `hello`, `echo(value)`, `wait(seconds)`, `fails` and `broken`, `Mutation` has `count`, which counts.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    build_schema,
    execute,
    get_operation_ast,
    print_schema,
    validate,
)
from starlette.applications import Starlette
from starlette.middleware import Middleware

from janua.api.boundary import Boundary
from janua.api.directory import Directory
from janua.api.graphql.exchange import Answered, Asked
from janua.api.graphql.faults import errors_body, fault
from janua.api.graphql.http import GraphQLEndpoint, graphql_routes
from janua.api.graphql.limits import parse_document
from janua.api.pages import page_routes
from janua.api.protocol import ServerConfig
from janua.api.wire import json_bytes
from janua.config import Settings
from janua.errors import MethodNotAllowed, StatementTimeout, UnknownCollection, UnknownField
from tests.api.serving import serving

SCHEMA = build_schema(
    """
    scalar JSON
    type Query { hello: String! echo(value: JSON): JSON wait(seconds: Float!): Float fails: Int broken: Int }
    type Mutation { count: Int! }
    """
)


Info = GraphQLResolveInfo[Any]


class SmallEngine:
    """Executes operations of the small schema; remembers what it was asked, and what was cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._limits = settings.graphql
        self.forget()

    def forget(self) -> None:
        """Start anew."""
        self.asked: list[Asked] = []
        self.cancelled = 0
        self.counted = 0

    async def execute(self, asked: Asked) -> Answered:
        self.asked.append(asked)
        self._known(asked.collection)
        if asked.operation_name == "Timeout":
            raise StatementTimeout
        try:
            document = parse_document(asked.query, self._limits)
            if errors := validate(SCHEMA, document):
                return Answered(errors_body(*errors), 400, errors_before_execution=True)
        except GraphQLError as error:
            return Answered(errors_body(error), 400, errors_before_execution=True)
        operation = get_operation_ast(document, asked.operation_name)
        if operation is not None and operation.operation.value == "mutation" and not asked.mutations_allowed:
            raise MethodNotAllowed("GET", ("POST",))
        found = execute(
            SCHEMA, document, self, variable_values=dict(asked.variables), operation_name=asked.operation_name
        )
        return _answered(found if isinstance(found, ExecutionResult) else await found)

    async def sdl(self, collection: str | None) -> str:
        self._known(collection)
        return print_schema(SCHEMA)

    async def sample(self, collection: str | None) -> str:
        self._known(collection)
        return "{ hello } # </script>"

    def hello(self, _: Info) -> str:
        return "world"

    def echo(self, _: Info, value: object) -> object:
        return value

    async def wait(self, _: Info, seconds: float) -> float:
        try:
            await asyncio.sleep(float(seconds))
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return seconds

    def fails(self, _: Info) -> int:
        raise UnknownField("books", "titel", ("title",))

    def broken(self, _: Info) -> int:
        raise RuntimeError("SELECT secret")

    async def count(self, _: Info) -> int:
        await asyncio.sleep(0.5)
        self.counted += 1
        return self.counted

    def _known(self, collection: str | None) -> None:
        if collection not in (None, "books"):
            raise UnknownCollection(collection)


def _answered(result: ExecutionResult) -> Answered:
    if result.data is None and result.errors:
        return Answered(errors_body(*result.errors), 400, errors_before_execution=True)
    response: dict[str, Any] = {"data": result.data}
    if result.errors:
        response["errors"] = [fault(each) for each in result.errors]
    return Answered(json_bytes(response))


@contextlib.asynccontextmanager
async def serving_engine(settings: Settings, engine: SmallEngine, *, dev: bool = True) -> AsyncGenerator[str]:
    """Serve an engine as the application does; return the address."""
    endpoint = GraphQLEndpoint(settings, dev=dev)
    graphql = graphql_routes(endpoint)
    boundary = Middleware(Boundary, url_bytes=settings.limits.url_bytes, directory=Directory(graphql))
    app = Starlette(routes=[*graphql, *page_routes()], middleware=[boundary])
    app.state.graphql = engine
    config = ServerConfig(
        app, head_seconds=settings.server.receive_timeout, url_bytes=settings.limits.url_bytes, log_config=None,
        access_log=False, ws="none", lifespan="off", max_in_flight=settings.server.max_in_flight,
    )  # fmt: skip
    async with serving(config) as address:
        yield address
