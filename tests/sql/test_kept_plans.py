"""PostgreSQL keeps the plan of a page where no value could make another one better, and only there."""

from typing import Any

import pytest

from janua.model.catalog import Catalog
from janua.query.ast import OrderTerm, PageRequest, ReadQuery
from janua.query.plan import plan_read
from janua.sql.select import select_statement
from janua.sql.statement import values_for
from janua.storage.pool import Pool
from tests.query.builders import KEY, a_catalog, library
from tests.sql.builders import LIMITS, Connection, an_index, cursors, indexed, prepare, store

pytestmark = pytest.mark.anyio

RUNS = 12
COMPARED = 5
"""So many plans for the values PostgreSQL makes before it compares them with one for all values."""
BY_PRICE = (OrderTerm(("price",)),)


@pytest.fixture
async def catalog(pool: Pool) -> Catalog:
    authors, tags, books = library()
    found = a_catalog(authors, tags, indexed(books, an_index("btree", "price"), an_index("btree", "genre")))
    async with pool.acquire() as lent:
        await prepare(lent, *found.collections.values())
        records = [
            {"price": number % 50 or None, "genre": "sci-fi" if number == 7 else "novel"} for number in range(2000)
        ]
        await store(lent, "books", records)
        await lent.execute("ANALYZE collections.books")
    return found


async def plans(connection: Connection, catalog: Catalog, query: ReadQuery) -> tuple[int, int]:
    """How often a page was read with the plan that is kept, and how often with one for its values."""
    planned = plan_read(catalog, query, LIMITS, KEY)
    statement = select_statement(planned.plan)
    prepared = await connection.prepare(statement.text)
    for _ in range(RUNS):
        row = await prepared.fetchrow(*values_for(statement, planned.values))
        assert row is not None
        assert row["fetched"] > 0
    counted = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1"
    [found] = await connection.fetch(counted, statement.text)
    return found["generic_plans"], found["custom_plans"]


@pytest.mark.parametrize("size", [None, 10, 20, 100])
@pytest.mark.parametrize("order", [(), BY_PRICE])
async def test_a_first_page_of_a_common_size_without_a_filter_is_planned_once(
    pool: Pool, catalog: Catalog, size: int | None, order: tuple[Any, ...]
) -> None:
    async with pool.acquire() as lent:
        query = ReadQuery("books", order=order, page=PageRequest(first=size))
        assert await plans(lent, catalog, query) == (RUNS, 0)


@pytest.mark.parametrize(
    ("size", "where"), [(20, {"genre": {"eq": "sci-fi"}}), (20, {"price": {"gt": 1}}), (33, None)], ids=str
)
async def test_a_page_with_a_filter_or_of_another_size_is_planned_for_its_values(
    pool: Pool, catalog: Catalog, size: int, where: Any
) -> None:
    async with pool.acquire() as lent:
        query = ReadQuery("books", where=where, page=PageRequest(first=size))
        assert await plans(lent, catalog, query) == (0, RUNS)


@pytest.mark.parametrize("order", [(), BY_PRICE])
async def test_a_page_after_a_cursor_is_planned_no_more_once_all_plans_cost_the_same(
    pool: Pool, catalog: Catalog, order: tuple[Any, ...]
) -> None:
    async with pool.acquire() as lent:
        _, _, last, _ = await cursors(lent, catalog, ReadQuery("books", order=order, page=PageRequest(first=20)))
        query = ReadQuery("books", order=order, page=PageRequest(first=20, after=last))
        kept, for_values = await plans(lent, catalog, query)
        assert (kept, for_values) == (RUNS - COMPARED, COMPARED)
