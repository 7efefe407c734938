"""The form of a statement for many finds what the statement finds for each, and only reads of one record have it."""

import random
from typing import Any
from uuid import UUID

import pytest

from janua.query.answers import plan_answer
from janua.query.plan import plan_one
from janua.query.selection import AnswerQuery, ListAsked, Named, NodesAsked, OneAsked, Root
from janua.sql.answer import answer_statement
from janua.sql.select import one_statement
from janua.sql.statement import Statement, values_for
from janua.storage.pool import Pool, connection
from tests.query.builders import KEY, LIMITS, a_catalog
from tests.sql.builders import an_id, prepare, store

pytestmark = pytest.mark.anyio

CATALOG = a_catalog()


def an_answer(*roots: tuple[str, Root]) -> tuple[Statement, tuple[object, ...]]:
    planned = plan_answer(CATALOG, AnswerQuery(roots), LIMITS, KEY)
    return answer_statement(planned.plan), planned.values


def one_book(id: object, *, key: str = "book") -> tuple[str, Root]:
    author = Named("author", ((("id", Named("id")), ("name", Named("name"))),))
    return key, OneAsked("books", None, str(id), (("title", Named("title")), ("author", author)))


def an_answer_of_one(id: object) -> tuple[Statement, tuple[object, ...]]:
    return an_answer(one_book(id))


def a_record(id: object) -> tuple[Statement, tuple[object, ...]]:
    planned = plan_one(CATALOG, "books", str(id), include=("author",), limits=LIMITS)
    return one_statement(planned.plan), planned.values


@pytest.fixture
async def books(pool: Pool) -> Pool:
    async with connection(pool) as c:
        await prepare(c, *CATALOG.collections.values())
        await store(c, "authors", [{"name": f"Author {number}"} for number in range(5)])
        await store(
            c, "books", [{"title": f"Book {number}", "author_id": str(an_id(number % 5))} for number in range(40)]
        )
    return pool


@pytest.mark.parametrize("made", [an_answer_of_one, a_record])
async def test_many_find_what_each_finds(books: Pool, made: Any) -> None:
    wanted = [an_id(number) for number in random.Random(5).choices(range(60), k=50)]
    async with connection(books) as c:
        alone = [
            await c.fetchrow(statement.text, *values_for(statement, values)) for statement, values in map(made, wanted)
        ]
        statement, _ = made(wanted[0])
        rows = await c.fetch(statement.together, wanted)
    together = {row["place"]: tuple(row.values())[1:] for row in rows}
    assert [together.get(place) for place in range(1, 51)] == [row and tuple(row.values()) for row in alone]
    assert any(row is None or "null" in str(row) for row in alone)


async def test_the_form_for_many_is_planned_once_for_all_numbers(books: Pool) -> None:
    text = a_record(an_id(0))[0].together or ""
    async with connection(books) as c:
        for size in (1, 2, 1, 3, 1, 2, 30, 1, 2, 1):
            await c.fetch(text, [an_id(number) for number in range(size)])
        query = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement = $1"
        [plans] = await c.fetch(query, text)
    # PostgreSQL plans the first five each for its values.
    assert tuple(plans.values()) == (5, 5)


def test_a_list_or_a_second_record_makes_it_no_read_of_one() -> None:
    listed = ListAsked("books", (("nodes", NodesAsked((("id", Named("id")),))),))
    several: list[tuple[tuple[str, Root], ...]] = [
        (one_book(UUID(int=1)), one_book(UUID(int=2), key="other")),
        (("books", listed),),
        (("author", OneAsked("authors", None, str(UUID(int=1)), (("books", listed),))),),
    ]
    assert [an_answer(*roots)[0].together for roots in several] == [None] * 3
    assert an_answer(one_book(UUID(int=1)))[0].together is not None
