"""The hand-written floor: Starlette and asyncpg, one statement a request, PostgreSQL's bytes sent on as they are."""

import contextlib
import os
from collections.abc import AsyncGenerator
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

    routes = [
        Route("/api/books/{id}", one),
        Route("/api/books", listed),
        Route("/api/books", create, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def _json(text: str) -> Response:
    return Response(text, media_type="application/json")
