"""A GraphQL application as tutorials show it: Strawberry, a resolver for every relation, no data loader.

It reads and writes the relational tables of `bench.library`, and answers `POST /graphql`.
"""

import contextlib
import os
from collections.abc import AsyncGenerator
from datetime import date
from uuid import UUID

import asyncpg
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.schema.config import StrawberryConfig

CONNECTIONS = 10
POOL: list[asyncpg.Pool] = []
BOOK = "id, title, price::float8, genre, pages, in_stock, published, author_id"


@strawberry.type
class Author:
    """A row of `library.authors`."""

    id: strawberry.ID
    name: str
    country: str | None

    @strawberry.field
    async def books(self, first: int) -> "Books":
        """Return the books of the author."""
        query = f"SELECT {BOOK} FROM library.books WHERE author_id = $1 ORDER BY id LIMIT $2"  # noqa: S608 -- constants
        return Books(nodes=[book_of(row) for row in await POOL[0].fetch(query, UUID(self.id), first)])


@strawberry.type
class Book:
    """A row of `library.books`."""

    id: strawberry.ID
    title: str
    price: float | None
    genre: str | None
    pages: int | None
    in_stock: bool | None
    published: date | None
    author_id: strawberry.Private[UUID | None]

    @strawberry.field
    async def author(self) -> Author | None:
        """Return who wrote it."""
        return await author_of(self.author_id) if self.author_id else None


@strawberry.type
class Books:
    """A page of books."""

    nodes: list[Book]


@strawberry.type
class Figures:
    """What the books of a genre are in figures."""

    count: int
    avg: float | None
    max: float | None


@strawberry.input
class BookInput:
    """A book to store."""

    title: str
    author_id: strawberry.ID
    genre: str
    price: float
    in_stock: bool
    pages: int
    published: date


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    async def book(self, id: strawberry.ID) -> Book | None:
        """Return one book."""
        row = await POOL[0].fetchrow(f"SELECT {BOOK} FROM library.books WHERE id = $1", UUID(id))  # noqa: S608 -- constants
        return book_of(row) if row else None

    @strawberry.field
    async def books(self, genre: str, first: int) -> Books:
        """Return the first books of a genre."""
        query = f"SELECT {BOOK} FROM library.books WHERE genre = $1 ORDER BY id LIMIT $2"  # noqa: S608 -- constants
        return Books(nodes=[book_of(row) for row in await POOL[0].fetch(query, genre, first)])

    @strawberry.field
    async def author(self, id: strawberry.ID) -> Author | None:
        """Return one author."""
        return await author_of(UUID(id))

    @strawberry.field
    async def genre_figures(self, genre: str) -> Figures:
        """Return the figures of a genre."""
        query = (
            "SELECT count(*), avg(price)::float8 AS avg, max(price)::float8 AS max FROM library.books WHERE genre = $1"
        )
        return Figures(**dict(await POOL[0].fetchrow(query, genre)))


@strawberry.type
class Mutation:
    """What can be written."""

    @strawberry.mutation
    async def create_book(self, input: BookInput) -> Book:
        """Store a book."""
        return await stored(input)

    @strawberry.mutation
    async def create_books(self, inputs: list[BookInput]) -> list[Book]:
        """Store several books, one after the other."""
        return [await stored(each) for each in inputs]


def create_app() -> Starlette:
    """Return the application; its database is the one that `NAIVE_DSN` names."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with asyncpg.create_pool(os.environ["NAIVE_DSN"], min_size=CONNECTIONS, max_size=CONNECTIONS) as pool:
            POOL[:] = [pool]
            yield

    schema = strawberry.Schema(Query, Mutation, config=StrawberryConfig(auto_camel_case=False))
    endpoint = GraphQL(schema)
    return Starlette(routes=[Route("/graphql", endpoint)], lifespan=lifespan)


async def stored(input: BookInput) -> Book:
    """Store a book."""
    if input.price < 0 or not input.title:
        raise ValueError("a book has a title, and a price that is not negative")
    query = f"""INSERT INTO library.books (title, price, genre, pages, in_stock, published, author_id)
        VALUES ($1, $2::float8::numeric, $3, $4, $5, $6, $7) RETURNING {BOOK}"""  # noqa: S608 -- constants
    written = (input.title, input.price, input.genre, input.pages, input.in_stock, input.published)
    return book_of(await POOL[0].fetchrow(query, *written, UUID(input.author_id)))


async def author_of(id: UUID) -> Author | None:
    """Return one author."""
    row = await POOL[0].fetchrow("SELECT id, name, country FROM library.authors WHERE id = $1", id)
    return Author(id=strawberry.ID(str(row["id"])), name=row["name"], country=row["country"]) if row else None


def book_of(row: asyncpg.Record) -> Book:
    """Return a row as a book."""
    return Book(**{**dict(row), "id": strawberry.ID(str(row["id"]))})
