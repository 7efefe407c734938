"""Pages put one after the other are the whole, whatever the order, its nulls and ties, and the direction of reading."""

import random
from itertools import product
from typing import Any

import pytest

from janua.query.ast import OrderTerm, PageRequest, ReadQuery
from janua.storage.pool import Pool
from tests.query.builders import a_catalog, library
from tests.sql.builders import Connection, an_id, an_index, cursors, indexed, prepare, read, store

pytestmark = pytest.mark.anyio

RECORDS = 60
LONG = "same " * 30
VALUES: dict[str, list[Any]] = {
    "title": ["b", "a", LONG, LONG + "b", LONG + "a", "é" * 600, "é" * 600 + "b", "", None],
    "isbn": ["1", "2", "é", None],
    "price": [1, 2**60 + 1, 2**60, -1, None],
    "in_stock": [True, False, None],
    "published": ["2026-01-01", "1999-12-31", None],
    "sold_at": ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.000001Z", None],
    "opens": ["12:00:00Z", "09:00:00Z", None],
    "code": [str(an_id(1)), str(an_id(2)), None],
    "genre": ["novel", "sci-fi", None],
    "author_id": [str(an_id(number)) for number in range(4)] + [None],
}
ORDERS: list[tuple[OrderTerm, ...]] = [
    *((OrderTerm((name,), direction),) for name, direction in product(VALUES, ("asc", "desc"))),
    *((OrderTerm(("price",), direction, nulls),) for direction, nulls in product(("asc", "desc"), ("first", "last"))),
    (OrderTerm(("title",), "asc", "first"),),
    (OrderTerm(("isbn",)), OrderTerm(("price",), "desc")),
    (OrderTerm(("isbn",), "desc", "last"), OrderTerm(("title",), "asc", "first"), OrderTerm(("in_stock",))),
    (OrderTerm(("author", "name")),),
    (OrderTerm(("author", "name"), "desc"), OrderTerm(("genre",))),
    (OrderTerm(("publisher", "city"), "desc"),),
    (OrderTerm(("_meta", "version"), "desc"),),
    (OrderTerm(("id",), "desc"),),
    (),
]


async def fill(connection: Connection) -> Any:
    source = random.Random(7)
    authors, tags, books = library()
    catalog = a_catalog(authors, tags, indexed(books, an_index("btree", "price"), an_index("btree", "title")))
    await prepare(connection, *catalog.collections.values())
    await store(connection, "authors", [{"name": "Ann"}, {"name": "Bob"}, {"name": None}, {}])
    await store(connection, "books", [a_book(source) for _ in range(RECORDS)])
    return catalog


def a_book(source: random.Random) -> dict[str, Any]:
    book = {name: source.choice(values) for name, values in VALUES.items() if source.random() < 0.9}
    return book | {"publisher": source.choice([None, {}, {"city": None}, {"city": "A"}, {"city": "B"}])}


async def test_pages_one_after_the_other_are_the_whole_in_both_directions(pool: Pool) -> None:
    async with pool.acquire() as connection:
        catalog = await fill(connection)
        for order in ORDERS:
            whole, *_ = await cursors(
                connection, catalog, ReadQuery("books", order=order, page=PageRequest(first=1000))
            )
            assert sorted(whole) == list(range(RECORDS))
            for size in (1, 7, 25):
                assert await forwards(connection, catalog, order, size) == whole, (order, size)
                assert await backwards(connection, catalog, order, size) == whole, (order, size)


async def forwards(connection: Connection, catalog: Any, order: tuple[OrderTerm, ...], size: int) -> list[int]:
    found: list[int] = []
    after: str | None = None
    while True:
        query = ReadQuery("books", order=order, page=PageRequest(first=size, after=after))
        page, _, after, more = await cursors(connection, catalog, query)
        found += page
        if not more:
            return found


async def backwards(connection: Connection, catalog: Any, order: tuple[OrderTerm, ...], size: int) -> list[int]:
    found: list[int] = []
    before: str | None = None
    while True:
        query = ReadQuery("books", order=order, page=PageRequest(last=size, before=before), spelling="graphql")
        page, before, _, more = await cursors(connection, catalog, query)
        found = page + found
        if not more:
            return found


async def test_null_is_the_largest_value_unless_asked_otherwise(pool: Pool) -> None:
    async with pool.acquire() as connection:
        catalog = a_catalog(*library())
        await prepare(connection, *catalog.collections.values())
        await store(connection, "books", [{"price": 2}, {"price": None}, {"price": 1}, {}])
        cases: list[tuple[OrderTerm, list[int]]] = [
            (OrderTerm(("price",)), [2, 0, 1, 3]),
            (OrderTerm(("price",), "desc"), [3, 1, 0, 2]),
            (OrderTerm(("price",), "asc", "first"), [1, 3, 2, 0]),
            (OrderTerm(("price",), "desc", "last"), [0, 2, 3, 1]),
        ]
        for order, expected in cases:
            found, *_ = await cursors(connection, catalog, ReadQuery("books", order=(order,)))
            assert found == expected, order


async def test_an_empty_page_has_no_keys_and_a_page_of_none_says_that_there_are_more(pool: Pool) -> None:
    async with pool.acquire() as connection:
        catalog = await fill(connection)
        empty = await read(connection, catalog, "books", {"price": {"gt": 2**62}}, count=True)
        assert tuple(empty) == ("[]", 0, None, None, 0)
        none = await read(connection, catalog, "books", page=PageRequest(first=0), count=True)
        assert tuple(none) == ("[]", 1, None, None, RECORDS)


async def test_an_offset_skips_records_of_the_order(pool: Pool) -> None:
    async with pool.acquire() as connection:
        catalog = await fill(connection)
        order = (OrderTerm(("title",), "desc"),)
        whole, *_ = await cursors(connection, catalog, ReadQuery("books", order=order, page=PageRequest(first=100)))
        page = PageRequest(first=10, offset=13)
        found, *_ = await cursors(connection, catalog, ReadQuery("books", order=order, page=page))
        assert found == whole[13:23]
