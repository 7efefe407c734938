"""The hand-written floor: Starlette and asyncpg, one statement a request, PostgreSQL's bytes sent on as they are.

`/graphql/{case}` reads the variables and runs the SQL that Janua compiled for the same operation, `/api/…` has
statements of its own, and nothing is validated. `/constant` sends the same bytes every time, without a database: the
most that an application on this server can do.
"""

import contextlib
import json
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

CONNECTIONS = 10
AUTHORS = "collections.authors AS author"
BOOKS = "collections.books AS book"


def record(row: str, more: str = "") -> str:
    """Return the expression of a record's JSON."""
    return f"""json_build_object('id', {row}.id::text, 'data', {row}.data, 'version', {row}.version, 'schema_version',
        {row}.schema_version, 'created_at', {row}.created_at, 'updated_at', {row}.updated_at{more})"""


WRITER = f"(SELECT {record('author')} FROM {AUTHORS} WHERE author.id = page.author_id)"  # noqa: S608 -- constants
WRITTEN = f"""(SELECT json_build_object('items', coalesce(json_agg({record("page")} ORDER BY page.id), '[]')) FROM (
    SELECT * FROM {BOOKS} WHERE book.author_id = author.id ORDER BY book.id LIMIT 100) AS page)"""  # noqa: S608 -- constants
IN_GENRE = """left(book.data ->> 'genre', 512) COLLATE "C" = $1"""
"""In the words of the index that Janua made."""
PAGE = f"""SELECT '[' || coalesce(string_agg(%s::text, ',' ORDER BY page.id), '') || ']'
    FROM (SELECT book.* FROM {BOOKS} WHERE {IN_GENRE} ORDER BY book.id LIMIT 20) AS page"""  # noqa: S608 -- constants
FIGURES = f"""SELECT json_build_object('groups', json_build_array(json_build_object('count', count(*),
    'avg', json_build_object('price', avg((book.data ->> 'price')::numeric)),
    'max', json_build_object('price', max((book.data ->> 'price')::numeric)))))::text
    FROM {BOOKS} WHERE {IN_GENRE}"""  # noqa: S608 -- constants
READS = {
    "get_by_id": f"SELECT {record('book')}::text FROM {BOOKS} WHERE book.id = $1",  # noqa: S608 -- constants
    "list_filter_20": PAGE % record("page"),
    "list_nested_20": PAGE % record("page", f", 'included', json_build_object('author', {WRITER})"),
    "author_books": "SELECT "  # noqa: S608 -- constants
    + record("author", f", 'included', json_build_object('books', {WRITTEN})")
    + f"::text FROM {AUTHORS} WHERE author.id = $1",
    "aggregate": FIGURES,
}
CREATE = f"""INSERT INTO {BOOKS} (id, data, schema_version) VALUES (gen_random_uuid(), $1::jsonb, 1)
    RETURNING {record("book")}::text"""  # noqa: S608 -- constants
CREATE_MANY = f"""WITH made AS (INSERT INTO {BOOKS} (id, data, schema_version)
    SELECT gen_random_uuid(), value, 1 FROM jsonb_array_elements($1::jsonb) AS value RETURNING id)
    SELECT json_agg(json_build_object('id', id))::text FROM made"""  # noqa: S608 -- constants

STATEMENTS = json.loads(Path(os.environ["FLOOR_STATEMENTS"]).read_text()) if "FLOOR_STATEMENTS" in os.environ else {}
"""SQL that Janua compiled for GraphQL operations; a value `$name` is the variable of this name."""
CONSTANT = b'{"data": {"book": {"id": "0", "title": "The same book every time", "price": 12.5, "genre": "history"}}}'

Fetch = Callable[..., Awaitable[str]]


def create_app() -> Starlette:
    """Return the application; its database is the one that `FLOOR_DSN` names."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        size = {"min_size": CONNECTIONS, "max_size": CONNECTIONS}
        async with asyncpg.create_pool(os.environ["FLOOR_DSN"], **size) as app.state.pool:
            yield

    async def constant(request: Request) -> Response:
        await request.body()
        return _json(CONSTANT)

    routes = [
        Route("/graphql/{case}", graphql, methods=["POST"]),
        Route("/constant", constant, methods=["POST", "GET"]),
        Route("/api/authors/{id}", author),
        Route("/api/books/aggregate", aggregate),
        Route("/api/books/import", imported, methods=["POST"]),
        Route("/api/books/{id}", book),
        Route("/api/books", books, methods=["GET"]),
        Route("/api/books", create, methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


async def graphql(request: Request) -> Response:
    """Answer one of the GraphQL cases."""
    fetch: Fetch = request.app.state.pool.fetchval
    variables = (await request.json())["variables"]
    match request.path_params["case"]:
        case "create":
            # What is asked for of the record would be read from its JSON: the whole of it is sent here.
            made = await fetch(CREATE, json.dumps(variables["input"]))
            return _json('{"data": {"createBook": ' + made + "}}")
        case "bulk_create":
            made = await fetch(CREATE_MANY, json.dumps(variables["inputs"]))
            return _json('{"data": {"createBooks": ' + made + "}}")
        case case:
            asked = STATEMENTS[case]
            values = [_value(each, variables) for each in asked["values"]]
            return _json('{"data": ' + await fetch(asked["text"], *values) + "}")


async def book(request: Request) -> Response:
    """Answer with a record."""
    return _json(await request.app.state.pool.fetchval(READS["get_by_id"], UUID(request.path_params["id"])))


async def author(request: Request) -> Response:
    """Answer with a record and its books."""
    return _json(await request.app.state.pool.fetchval(READS["author_books"], UUID(request.path_params["id"])))


async def books(request: Request) -> Response:
    """Answer with a page of records."""
    case = "list_nested_20" if "include" in request.query_params else "list_filter_20"
    items = await request.app.state.pool.fetchval(READS[case], request.query_params["genre"])
    return _json('{"items":' + items + "}")


async def aggregate(request: Request) -> Response:
    """Answer with the figures of a genre."""
    return _json(await request.app.state.pool.fetchval(READS["aggregate"], request.query_params["genre"]))


async def create(request: Request) -> Response:
    """Store a document."""
    return _json(await request.app.state.pool.fetchval(CREATE, (await request.body()).decode()), 201)


async def imported(request: Request) -> Response:
    """Store the documents of a few lines."""
    lines = (await request.body()).decode().splitlines()
    made = await request.app.state.pool.fetchval(CREATE_MANY, f"[{','.join(lines)}]")
    return _json('{"imported": ' + made + "}")


def _value(value: Any, variables: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
    name = value[1:] if isinstance(value, str) and value.startswith("$") else None
    return value if name is None else UUID(variables[name]) if name == "id" else variables[name]


def _json(text: str | bytes, status: int = 200) -> Response:
    return Response(text, status, media_type="application/json")
