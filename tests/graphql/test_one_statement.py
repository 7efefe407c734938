"""However much an operation asks for, PostgreSQL is asked once: its own log of statements says so."""

import json
from collections import defaultdict
from typing import Any

import asyncpg
import pytest

from janua.storage.pool import acquire, release
from tests.api.serving import SCHEMAS
from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

FOUR_LEVELS = """
query($city: String, $rating: Int) {
  books(where: {publisher: {city: {eq: $city}}, author: {country: {eq: "NL"}}}, orderBy: [{title: ASC}]) {
    totalCount
    nodes {
      title
      author {
        name
        books(first: 3, orderBy: [{title: DESC}], where: {reviews: {some: {rating: {gte: $rating}}}}) {
          totalCount
          nodes {
            title
            reviews(orderBy: [{rating: DESC}, {id: ASC}]) {
              totalCount
              nodes { rating book { title author { country } } }
            }
          }
        }
      }
    }
  }
  authorsTotal: authors { totalCount }
  booksAggregate(groupBy: [genre]) { key { genre } count max { price } }
}
"""


@pytest.fixture
async def library(reading: Reading) -> Reading:
    """The example schemas, with four authors, sixteen books and many reviews."""
    names = ("authors", "books", "reviews")
    await reading.register({name: json.loads((SCHEMAS / f"{name}.json").read_text()) for name in names})
    return reading


def some_books(authors: list[str]) -> list[dict[str, Any]]:
    genres = ("fiction", "history", "science")
    return [
        {
            "title": f"Book {number:02}",
            "author_id": authors[number % len(authors)],
            "genre": genres[number % 3],
            "price": number,
            "publisher": {"city": "Utrecht" if number % 2 else "Gent"},
        }
        for number in range(16)
    ]


@pytest.fixture
async def statements(library: Reading) -> list[str]:
    """The statements that connections of the pool send from now on, as asyncpg logs them."""
    seen: list[str] = []
    pool = library.gateway.pool

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        seen.append(record.query)

    holders = [await acquire(pool) for _ in range(library.gateway.settings.database.pool_max)]
    for each in holders:
        each.add_query_logger(note)
    for each in holders:
        await release(pool, each)
    seen.clear()
    return seen


async def test_four_levels_with_counts_and_filters_are_one_statement(library: Reading, statements: list[str]) -> None:
    authors = [{"name": f"Author {number}", "country": "NL" if number < 2 else "BE"} for number in range(4)]
    author_ids = await library.store("authors", *authors)
    books = some_books(author_ids)
    book_ids = await library.store("books", *books)
    reviews: list[dict[str, Any]] = [
        {"book_id": book_ids[number % 11], "rating": number % 5 + 1} for number in range(40)
    ]
    review_ids = await library.store("reviews", *reviews)
    variables = {"city": "Utrecht", "rating": 4}
    # The first time asyncpg may have to ask about types, so the second counts.
    first = await library.ask(FOUR_LEVELS, variables)
    statements.clear()
    assert await library.ask(FOUR_LEVELS, variables) == first
    assert len([each for each in statements if '"collections".' in each]) == 1, statements
    by_book: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for id, review in zip(review_ids, reviews, strict=True):
        by_book[review["book_id"]].append((id, review["rating"]))

    def shown_reviews(book: int) -> dict[str, Any]:
        listed = sorted(by_book[book_ids[book]], key=lambda each: (-each[1], each[0]))
        author = authors[book % 4]
        inner = {"title": books[book]["title"], "author": {"country": author["country"]}}
        return {"totalCount": len(listed), "nodes": [{"rating": rating, "book": inner} for _, rating in listed]}

    def shown_author(number: int) -> dict[str, Any]:
        own = [book for book in range(16) if book % 4 == number]
        praised = [book for book in own if any(rating >= 4 for _, rating in by_book[book_ids[book]])]
        last = sorted(praised, reverse=True)[:3]
        nodes = [{"title": books[book]["title"], "reviews": shown_reviews(book)} for book in last]
        return {"name": authors[number]["name"], "books": {"totalCount": len(praised), "nodes": nodes}}

    expected = [book for book in range(16) if book % 2 and book % 4 < 2]
    assert first["books"] == {
        "totalCount": len(expected),
        "nodes": [{"title": books[book]["title"], "author": shown_author(book % 4)} for book in expected],
    }
    assert first["authorsTotal"] == {"totalCount": 4}
    assert first["booksAggregate"] == [
        {"key": {"genre": "fiction"}, "count": 6, "max": {"price": 15}},
        {"key": {"genre": "history"}, "count": 5, "max": {"price": 13}},
        {"key": {"genre": "science"}, "count": 5, "max": {"price": 14}},
    ]
