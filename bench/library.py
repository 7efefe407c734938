"""The library: 1,000 authors and 100,000 books, the same ones every time, as documents and as relational tables.

Start at `fill`, which registers Janua's example schemas and imports the documents, and `fill_tables`, which makes the
tables `library.authors` and `library.books` of them, with the same indexes, for peers that serve tables. Parse Server
serves only tables that it made: `prepare_parse` before its start, and `fill_parse` after it.
"""

import json
import random
from collections.abc import AsyncGenerator, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from janua.gateway import schemas, transfer
from janua.gateway.gateway import Gateway
from janua.registry.document import Limits, read_schema

AUTHORS, BOOKS = 1_000, 100_000
GENRES = ["fiction", "science_fiction", "history", "science", "biography", "children"]
CITIES = ["Utrecht", "Leiden", "Gent", "Antwerpen", "Den Haag"]
TAGS = ["award", "classic", "debut", "series", "signed", "translated"]
SCHEMAS = Path(__file__).parents[1] / "schemas"
TABLES = Path(__file__).parent / "library.sql"
PARSE_TABLES = Path(__file__).parent / "parse" / "library.sql"
VACUUM = "VACUUM (ANALYZE)"
"""Of the collections, too: an index answers alone only for pages that a vacuum has seen."""

Entry = tuple[str, dict[str, Any]]
"""An id and a document."""


@cache
def authors() -> list[Entry]:
    """Return the authors."""
    chance = random.Random(1)  # noqa: S311 -- test data
    countries = ["NL", "BE", "DE", "FR"]
    return [
        (made_id(chance, number), {"name": f"Author {number}", "country": chance.choice(countries)})
        for number in range(AUTHORS)
    ]


def books(count: int = BOOKS) -> Iterator[Entry]:
    """Yield the books, in order of id."""
    chance = random.Random(2)  # noqa: S311 -- test data
    writers = [id for id, _ in authors()]
    for number in range(count):
        book = {
            "title": f"Book {number} of {chance.choice(CITIES)}",
            "author_id": chance.choice(writers),
            "isbn": f"978{number:010}",
            "genre": chance.choice(GENRES),
            "status": "published",
            "price": chance.randint(100, 9999) / 100,
            "in_stock": chance.random() < 0.5,
            "pages": chance.randint(50, 900),
            "published": f"{chance.randint(1950, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
            "publisher": {"name": f"Publisher {chance.randint(1, 50)}", "city": chance.choice(CITIES)},
            "tags": chance.sample(TAGS, chance.randint(0, 3)),
        }
        yield made_id(chance, number), book


def made_id(chance: random.Random, number: int) -> str:
    """Return a UUIDv7 whose time is the number, so that ids are in the order of their making, as Janua's are."""
    return str(UUID(int=number << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)))


async def fill(gateway: Gateway) -> None:
    """Register the example schemas, and import authors and books."""
    await register(gateway)
    await transfer.import_documents(gateway, "authors", lines(authors()), records=True)
    await transfer.import_documents(gateway, "books", lines(books()), records=True)


async def register(gateway: Gateway) -> None:
    """Register the example schemas."""
    documents = {each.stem: read_schema(each.read_bytes(), "json", Limits()) for each in SCHEMAS.glob("*.json")}
    await schemas.register_many(gateway, documents)


async def lines(entries: Iterable[Entry]) -> AsyncGenerator[bytes]:
    """Yield whole records as an import reads them."""
    for id, document in entries:
        yield json.dumps({"id": id, "data": document}).encode() + b"\n"


async def fill_tables(dsn: str) -> None:
    """Make the relational tables of what is in the collections."""
    await _run(dsn, TABLES.read_text(), VACUUM)


async def prepare_parse(dsn: str) -> None:
    """Make the schema in which Parse Server makes its tables."""
    await _run(dsn, "CREATE SCHEMA parse")


async def fill_parse(dsn: str) -> None:
    """Fill the tables that Parse Server has made with what is in the collections."""
    await _run(dsn, PARSE_TABLES.read_text(), VACUUM)


async def _run(dsn: str, *statements: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        for each in statements:
            await connection.execute(each, timeout=600)
    finally:
        await connection.close()
