"""The hand-written floor: Starlette and asyncpg, one statement a request, PostgreSQL's bytes sent on as they are."""

import contextlib
import json
import os
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

RECORD = """json_build_object('id', id::text, 'data', data, 'version', version, 'schema_version', schema_version,
    'created_at', created_at, 'updated_at', updated_at)"""
ONE = f"SELECT {RECORD}::text FROM collections.books WHERE id = $1"  # noqa: S608 -- constants of this module
LIST = f"""SELECT '[' || coalesce(string_agg({RECORD}::text, ','), '') || ']' FROM (
    SELECT * FROM collections.books WHERE data ->> 'genre' COLLATE "C" = $1 ORDER BY id LIMIT 20) AS page"""  # noqa: S608 -- constants
CREATE = f"""INSERT INTO collections.books (id, data, schema_version)
    VALUES (gen_random_uuid(), $1::jsonb, 1) RETURNING {RECORD}::text"""  # noqa: S608 -- constants of this module


STATEMENTS = json.loads(Path(os.environ["FLOOR_STATEMENTS"]).read_text()) if "FLOOR_STATEMENTS" in os.environ else {}
"""What `bench.graphql` compares with: SQL that Janua compiled; a value `$name` is the variable of this name."""


def create_app() -> Starlette:
    """Return the application; its database is the one that `FLOOR_DSN` names."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with asyncpg.create_pool(os.environ["FLOOR_DSN"], min_size=10, max_size=10) as app.state.pool:
            yield

    async def one(request: Request) -> Response:
        return _json(await request.app.state.pool.fetchval(ONE, UUID(request.path_params["id"])))

    async def listed(request: Request) -> Response:
        items = await request.app.state.pool.fetchval(LIST, request.query_params["genre"])
        return _json('{"items":' + items + "}")

    async def create(request: Request) -> Response:
        return _json(await request.app.state.pool.fetchval(CREATE, (await request.body()).decode()))

    async def graphql(request: Request) -> Response:
        variables = (await request.json())["variables"]
        asked = STATEMENTS[request.path_params["case"]]
        values = [_value(each, variables) for each in asked["values"]]
        return _json('{"data": ' + await request.app.state.pool.fetchval(asked["text"], *values) + "}")

    routes = [
        Route("/graphql/{case}", graphql, methods=["POST"]),
        Route("/api/books/{id}", one),
        Route("/api/books", listed),
        Route("/api/books", create, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _value(value: Any, variables: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
    name = value[1:] if isinstance(value, str) and value.startswith("$") else None
    return value if name is None else UUID(variables[name]) if name == "id" else variables[name]


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
