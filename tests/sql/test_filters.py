"""Filters on a real PostgreSQL, held against what they mean in plain Python."""

import random
from decimal import Decimal
from typing import Any

import pytest

from janua.model.collection import Index, IndexKey
from janua.model.json import dumps, loads
from janua.model.types import Text
from janua.query.ast import RawFilter
from janua.query.plan import plan_filter
from janua.storage.pool import Pool
from tests.query.builders import LIMITS, a_catalog, a_collection, library
from tests.sql.builders import an_id, an_index, indexed, numbers, prepare, store
from tests.sql.reference import holds

pytestmark = pytest.mark.anyio

LONG = "x" * 127
TEXTS = [
    "", " ", "a", "A", "ab", "Ab", "abc", "b", "Zoë", "Zoe\u0308", "ZOË", "100%", "100_", "1\\0", "'; --", '"q"', "é",
    "e\u0301", "😀", "😀a", "\U0010ffff", LONG, LONG + "y", LONG + "yz", LONG + "yZ", LONG + "z" * 500,
    LONG + "z" * 501, "1", "true", "null", "\n", "{}", "straße", "STRASSE", "\u017f",
]  # fmt: skip
NUMBERS: list[Any] = [
    0, -1, 1, Decimal("1.0"), Decimal("1.10"), 2**53, 2**53 + 1, 2**63, -(2**64), Decimal("-0.5"), 10**399,
]  # fmt: skip
CODES = ["0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77", "0198C5A4-7C1E-7D6A-B8F0-3F2A9D1C5E78", str(an_id(3))]
MOMENTS = ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.000001Z", "1999-12-31t23:59:60z"]
TIMES = ["12:00:00Z", "13:00:00+01:00", "23:30:00-02:00", "00:00:00.5Z"]
DATES = ["2026-01-31", "2026-02-01", "0001-01-01", "9999-12-31"]
JSONS: list[Any] = [
    1, Decimal("1.0"), True, "1", [], {}, [1], [1, 2], {"a": 1}, {"a": None}, {"a": {"b": [1, "x"]}}, [[1]], ["x"],
]  # fmt: skip
SCALARS: dict[str, list[Any]] = {
    "title": TEXTS,
    "isbn": [each for each in TEXTS if len(each) <= 20],
    "price": NUMBERS,
    "pages": [0, 1, -1, 2**53 + 1, Decimal("1.0")],
    "in_stock": [True, False],
    "published": DATES,
    "sold_at": MOMENTS,
    "opens": TIMES,
    "code": CODES,
    "genre": ["novel", "sci-fi"],
    "attributes": JSONS,
}
OPERATORS = {
    "title": "eq ne in notIn gt gte lt lte contains startsWith endsWith icontains ieq like ilike",
    "isbn": "eq ne in notIn gt gte lt lte contains startsWith endsWith icontains ieq like ilike",
    "in_stock": "eq ne in notIn",
    "attributes": "eq ne containsJson",
}


def a_document(random: random.Random) -> dict[str, Any]:
    """Return a document whose properties are often missing or null, and made of hard values."""
    document = {name: random.choice([*values, None]) for name, values in SCALARS.items() if random.random() < 0.7}
    arrays: dict[str, list[Any]] = {"tags": TEXTS[:8], "codes": CODES}
    for name, values in arrays.items():
        if random.random() < 0.8:
            document[name] = random.choice([None, [], random.choices([*values, None], k=random.randint(1, 3))])
    if random.random() < 0.8:
        document["lines"] = random.choice([None, [], [a_line(random) for _ in range(random.randint(1, 3))]])
    if random.random() < 0.8:
        document["publisher"] = random.choice([None, {}, {"city": random.choice([*TEXTS[:9], None])}])
    if random.random() < 0.3:
        document["page-count"] = random.choice([1, 2, None])
    return document


def a_line(random: random.Random) -> dict[str, Any] | None:
    return random.choice(
        [None, {}, {"sku": random.choice(TEXTS[:6])}, {"sku": "a", "amount": random.choice(NUMBERS), "parts": [1, 2]}]
    )


def a_condition(random: random.Random) -> dict[str, Any]:
    """Return a filter on one property."""
    name = random.choice([*SCALARS, "tags", "codes", "lines", "publisher", "page-count"])
    match name:
        case "tags":
            return {"tags": a_list_condition(random, TEXTS[:8], "eq")}
        case "codes":
            return {"codes": a_list_condition(random, CODES, "eq")}
        case "lines":
            line: dict[str, Any] = random.choice(
                [
                    {"sku": {"eq": "a"}},
                    {"sku": {"eq": "a"}, "amount": {"eq": 1}},
                    {"amount": {"gt": 0}},
                    {"sku": {"isNull": True}},
                ]
            )
            return {
                "lines": random.choice(
                    [{random.choice(["some", "every", "none"]): line}, a_presence(random, "isEmpty")]
                )
            }
        case "publisher":
            city = random.choice([{"eq": random.choice(TEXTS[:9])}, {"ne": "a"}, a_presence(random)])
            return {"publisher": random.choice([{"city": city}, a_presence(random), {"containsJson": {"city": "a"}}])}
        case "page-count":
            return {"page-count": random.choice([{"eq": 1}, {"ne": 1}, a_presence(random)])}
        case _:
            return {name: a_scalar_condition(random, name)}


def a_scalar_condition(random: random.Random, name: str) -> dict[str, Any]:
    if random.random() < 0.2:
        return a_presence(random)
    operator = random.choice(OPERATORS.get(name, "eq ne in notIn gt gte lt lte").split())
    if operator in ("in", "notIn"):
        return {operator: random.choices(SCALARS[name], k=random.randint(0, 3))}
    operand = random.choice(SCALARS[name])
    if operator in ("contains", "startsWith", "endsWith", "icontains"):
        start = random.randint(0, len(operand))
        operand = operand[start : start + random.randint(0, 200)] if operator != "startsWith" else operand[:start]
    if operator in ("like", "ilike"):
        operand = random.choice(["%", "_", "a%", "%b", "1__", "100\\%", "100\\_", "z%", "%x%y%", "\\%", "", "%o_"])
    return {operator: operand}


def a_list_condition(random: random.Random, values: list[str], operator: str) -> dict[str, Any]:
    some = random.choices(values, k=random.randint(0, 3))
    return random.choice(
        [
            {"has": random.choice(values)},
            {"hasAny": some},
            {"hasAll": some},
            {"some": {operator: random.choice(values)}},
            {"every": {"in": values[:3]}},
            {"none": {operator: values[0]}},
            a_presence(random, "isEmpty"),
        ]
    )


def a_presence(random: random.Random, *more: str) -> dict[str, Any]:
    return {random.choice(["isNull", "exists", *more]): random.choice([True, False])}


def a_filter(random: random.Random, depth: int = 0) -> dict[str, Any]:
    if depth == 2 or random.random() < 0.6:
        return a_condition(random)
    parts = [a_filter(random, depth + 1) for _ in range(random.randint(0, 3))]
    return random.choice(
        [{"_and": parts}, {"_or": parts}, {"_not": a_filter(random, depth + 1)}, {"_not": {"_or": parts}}]
    )


INDEXES = (
    *(an_index("btree", each) for each in SCALARS if each != "attributes"),
    *(an_index("gin", each) for each in ("attributes", "tags", "codes", "lines", "publisher")),
    an_index("trigram", "title"),
    an_index("fulltext", "title"),
    an_index("btree", "publisher.city"),
)


@pytest.mark.parametrize("seed", range(6))
async def test_filters_find_what_plain_python_finds_with_indexes_and_without(pool: Pool, seed: int) -> None:
    source = random.Random(seed)
    authors, tags, books = library()
    catalog = a_catalog(authors, tags, indexed(books, *INDEXES))
    documents = [loads(dumps(a_document(source))) for _ in range(250)]
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "books", documents)
        await connection.execute("ANALYZE")
        for turn in range(120):
            await connection.execute(f"SET enable_seqscan = {'on' if turn % 2 else 'off'}")
            where = a_filter(source)
            planned = plan_filter(catalog, "books", where, limits=LIMITS)
            expected = [
                number
                for number, document in enumerate(documents)
                if holds(planned.plan, document, an_id(number), planned.values)
            ]
            assert await numbers(connection, catalog, "books", where) == expected, dumps(dict(where))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"a": {"isNull": True}}, [0, 1]),
        ({"a": {"isNull": False}}, [2, 3]),
        ({"a": {"exists": True}}, [1, 2, 3]),
        ({"a": {"exists": False}}, [0]),
        ({"a": {"eq": "x"}}, [2]),
        ({"a": {"ne": "x"}}, [0, 1, 3]),
        ({"a": {"in": ["x"]}}, [2]),
        ({"a": {"notIn": ["x"]}}, [0, 1, 3]),
        ({"a": {"in": []}}, []),
        ({"a": {"notIn": []}}, [0, 1, 2, 3]),
        ({"_not": {"a": {"gt": "x"}}}, [0, 1, 2]),
        ({"_not": {"a": {"startsWith": "y"}}}, [0, 1, 2]),
        ({"_not": {"_not": {"a": {"eq": "x"}}}}, [2]),
    ],
)
async def test_null_and_missing_are_told_apart_by_exists_only(
    pool: Pool, where: RawFilter, expected: list[int]
) -> None:
    catalog = a_catalog(a_collection("things", a=Text()))
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "things", [{}, {"a": None}, {"a": "x"}, {"a": "y"}])
        assert await numbers(connection, catalog, "things", where) == expected


async def test_search_finds_words_and_leaves_out_excluded_ones(pool: Pool) -> None:
    catalog = a_catalog(*library())
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "books", [{"title": "The left hand"}, {"title": "Left, right"}, {"title": None}, {}])
        assert await numbers(connection, catalog, "books", {"title": {"search": "left -right"}}) == [0]
        assert await numbers(connection, catalog, "books", {"title": {"search": '"left hand" or right'}}) == [0, 1]


async def test_relations_are_filtered_both_ways(pool: Pool) -> None:
    catalog = a_catalog(*library())
    ann, bob = str(an_id(0)), str(an_id(1))
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "authors", [{"name": "Ann"}, {"name": "Bob"}, {"name": "Cid"}])
        await store(connection, "tags", [{"label": "old"}, {"label": "new"}])
        documents = [
            {"author_id": ann, "tag_ids": [ann, bob], "price": 1},
            {"author_id": ann, "tag_ids": [], "price": 2},
            {"author_id": bob, "tag_ids": [bob]},
            {"author_id": None},
        ]
        await store(connection, "books", documents)

        async def found(collection: str, where: RawFilter) -> list[int]:
            return await numbers(connection, catalog, collection, where)

        assert await found("books", {"author": {"name": {"eq": "Ann"}}}) == [0, 1]
        assert await found("books", {"author": {"isNull": True}}) == [3]
        assert await found("books", {"_not": {"author": {"name": {"eq": "Ann"}}}}) == [2, 3]
        assert await found("authors", {"books": {"some": {"price": {"gt": 1}}}}) == [0]
        assert await found("authors", {"books": {"every": {"price": {"gte": 1}}}}) == [0, 2]
        assert await found("authors", {"books": {"none": {}}}) == [2]
        assert await found("books", {"tagged": {"some": {"label": {"eq": "old"}}}}) == [0]
        assert await found("books", {"tagged": {"every": {"label": {"eq": "new"}}}}) == [1, 2, 3]
        assert await found("books", {"tag_ids": {"has": ann}}) == [0]
        assert await found("tags", {"books": {"some": {"author": {"name": {"eq": "Bob"}}}}}) == [1]
        assert await found("books", {"id": {"in": [ann, str(an_id(3))]}, "_meta": {"version": {"eq": 1}}}) == [0, 3]


async def test_a_prefix_finds_what_goes_on_with_the_last_characters_there_are(pool: Pool) -> None:
    last = "\U0010ffff"
    texts = ["a", "a" + last * 3 + "b", "a" + last * 600, "b", last * 200]
    catalog = a_catalog(a_collection("things", long=Text(), short=Text(max_length=512)))
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "things", [{"long": each, "short": each[:512]} for each in texts])
        for name in ("long", "short"):
            for prefix, expected in (("a", [0, 1, 2]), ("a" + last, [1, 2]), (last * 130, [4]), ("", [0, 1, 2, 3, 4])):
                assert await numbers(connection, catalog, "things", {name: {"startsWith": prefix}}) == expected


async def test_records_that_are_no_objects_are_filtered_sorted_and_indexed_by_themselves(pool: Pool) -> None:
    words = a_collection("words", root=Text())
    words = indexed(words, Index("btree", (IndexKey(()),)), Index("trigram", (IndexKey(()),)))
    catalog = a_catalog(words)
    async with pool.acquire() as connection:
        await prepare(connection, words)
        await store(connection, "words", ['"b"', '"a"', '"abc"', '""'])
        assert await numbers(connection, catalog, "words", {"eq": "a"}) == [1]
        assert await numbers(connection, catalog, "words", {"startsWith": "a"}) == [1, 2]
        assert await numbers(connection, catalog, "words", {"_not": {"contains": "b"}}) == [1, 3]
