"""Pages of GraphQL put one after the other are the whole, in both directions, at the root and inside records."""

from itertools import product
from random import Random
from typing import Any

import pytest

from janua.gateway import queries
from janua.query.ast import PageRequest, ReadQuery
from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

AUTHORS = {
    "title": "Author",
    "type": "object",
    "properties": {"name": {"type": ["string", "null"]}, "tag_ids": {"type": "array", "items": {"type": "string"}}},
}
BOOKS: dict[str, Any] = {
    "title": "Book",
    "type": "object",
    "properties": {
        "title": {"type": ["string", "null"]},
        "price": {"type": ["number", "null"], "x-index": True},
        "sold": {"type": ["string", "null"], "format": "date-time"},
        "in_stock": {"type": "boolean"},
        "publisher": {"type": "object", "properties": {"city": {"type": ["string", "null"]}}},
        "author_id": {
            "type": ["string", "null"],
            "format": "uuid",
            "x-relation": {"collection": "authors", "field": "author", "inverse": "books"},
        },
    },
}
LONG = "same " * 60
VALUES: dict[str, list[Any]] = {
    "title": ["a", "b", LONG, LONG + "a", "é", "", None],
    "price": [1, 2**53 + 1, 2**53, -1, None],
    "sold": ["2026-01-31T12:00:00Z", "2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00.000001Z", None],
    "in_stock": [True, False],
    "publisher": [{}, {"city": None}, {"city": "A"}, {"city": "B"}],
}
ORDERS: list[list[dict[str, Any]]] = [
    [],
    [{"title": "ASC"}],
    [{"price": "DESC"}, {"title": "ASC"}],
    [{"price": "ASC_NULLS_FIRST"}, {"sold": "DESC_NULLS_LAST"}],
    [{"publisher": {"city": "DESC"}}, {"in_stock": "ASC"}],
    [{"author": {"name": "ASC_NULLS_FIRST"}}],
    [{"_meta": {"version": "DESC"}}, {"sold": "ASC"}],
    [{"id": "DESC"}],
]
COUNT = 26
ROOT = """query($o: [BookOrderBy!], $w: BookWhere, $first: Int, $after: String, $last: Int, $before: String) {
    books(orderBy: $o, where: $w, first: $first, after: $after, last: $last, before: $before) { PAGE } }"""
INSIDE = """query($id: ID, $o: [BookOrderBy!], $w: BookWhere, $first: Int, $after: String, $last: Int,
    $before: String) { author(id: $id) {
        books(orderBy: $o, where: $w, first: $first, after: $after, last: $last, before: $before) { PAGE } } }"""
BY_INFO = "nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
BY_EDGES = "edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage }"
Ids = list[str]


@pytest.fixture
async def shop(reading: Reading) -> Reading:
    await reading.register({"authors": AUTHORS, "books": BOOKS})
    authors = await reading.store("authors", {"name": "Ann"}, {"name": None}, {})
    random = Random(3)
    for _ in range(COUNT):
        book = {name: random.choice(values) for name, values in VALUES.items() if random.random() < 0.9}
        await reading.store("books", book | {"author_id": random.choice([*authors[:2], authors[0], None])})
    return reading


async def one_page(shop: Reading, query: str, variables: Any) -> tuple[Ids, Any]:
    """Return the ids of a page, and its page info with cursors wherever they came from."""
    data = await shop.ask(query, variables)
    connection = data["books"] if "books" in data else data["author"]["books"]
    if "nodes" in connection:
        return [each["id"] for each in connection["nodes"]], connection["pageInfo"]
    edges = connection["edges"]
    cursors = {"startCursor": edges[0]["cursor"], "endCursor": edges[-1]["cursor"]} if edges else {}
    return [each["node"]["id"] for each in edges], connection["pageInfo"] | cursors


async def all_pages(shop: Reading, query: str, variables: Any, size: int, *, backward: bool) -> Ids:
    """Return the ids of all pages, in order."""
    found: Ids = []
    cursor = None
    while True:
        page = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        ids, info = await one_page(shop, query, variables | page)
        assert len(ids) <= size
        assert info["hasPreviousPage" if not backward else "hasNextPage"] == (cursor is not None)
        found = ids + found if backward else found + ids
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return found
        cursor = info["startCursor" if backward else "endCursor"]


@pytest.mark.parametrize(("text", "shown"), [*product([ROOT, INSIDE], [BY_INFO, BY_EDGES])])
async def test_pages_one_after_the_other_are_the_whole(shop: Reading, text: str, shown: str) -> None:
    query = text.replace("PAGE", shown)
    author = (await shop.nodes("{ authors(first: 1) { nodes { id } } }"))[0]["id"]
    where = {"in_stock": {"isNull": False}}
    for order in ORDERS:
        variables = {"o": order, "w": where} | ({"id": author} if text is INSIDE else {})
        whole, _ = await one_page(shop, query, variables | {"first": 100})
        assert len(whole) == len({*whole}) > 5
        for size in (2, 7):
            assert await all_pages(shop, query, variables, size, backward=False) == whole, (order, size)
            assert await all_pages(shop, query, variables, size, backward=True) == whole, (order, size)


async def test_connections_inside_many_records_have_pages_of_their_own(shop: Reading) -> None:
    query = (
        "{ authors { nodes { id books(first: 2) { nodes { id } pageInfo { endCursor hasNextPage } totalCount } } } }"
    )
    for author in await shop.nodes(query):
        first = author["books"]
        variables = {"id": author["id"], "first": 100, "after": first["pageInfo"]["endCursor"]}
        rest, _ = await one_page(shop, INSIDE.replace("PAGE", BY_INFO), variables)
        assert first["totalCount"] == len(first["nodes"]) + (len(rest) if first["nodes"] else 0)
        assert first["pageInfo"]["hasNextPage"] == bool(first["nodes"] and rest)


async def test_an_empty_page_has_no_cursors(shop: Reading) -> None:
    for page in ('where: {title: {eq: "none"}}', "first: 0", "offset: 100"):
        query = f"{{ books({page}) {{ edges {{ cursor }} pageInfo {{ startCursor endCursor }} }} }}"
        data = await shop.ask(query)
        assert data["books"] == {"edges": [], "pageInfo": {"startCursor": None, "endCursor": None}}


async def test_a_cursor_is_good_for_its_collection_filter_and_order_only(shop: Reading) -> None:
    query = ROOT.replace("PAGE", BY_INFO)
    order = [{"title": "ASC"}]
    _, info = await one_page(shop, query, {"o": order, "first": 2})
    cursor = info["endCursor"]
    await one_page(shop, query, {"o": order, "first": 5, "after": cursor})
    await one_page(shop, query, {"o": order, "last": 5, "before": cursor})
    text = cursor.removeprefix("1.")
    rest = (await queries.read(shop.gateway, ReadQuery("books", page=PageRequest(first=2)))).next
    foreign = [
        {"o": [{"title": "DESC"}], "after": cursor},
        {"o": [{"title": "ASC_NULLS_FIRST"}], "after": cursor},
        {"after": cursor},
        {"o": order, "w": {"title": {"ne": "x"}}, "after": cursor},
        {"o": order, "after": cursor[:-1]},
        {"o": order, "after": cursor + "A"},
        {"o": order, "after": "1." + ("A" if text[0] != "A" else "B") + text[1:]},
        {"o": order, "after": text},
        {"o": order, "after": ""},
        {"o": order, "after": "1." + "A" * 70_000},
        {"o": order, "after": "1.é\u0000😀"},
        {"after": rest},
    ]
    for variables in foreign:
        error = await shop.refusal(query, variables)
        assert error["extensions"]["code"] == "query.invalid_cursor", variables
    error = await shop.refusal(f'{{ authors(after: "{cursor}", orderBy: [{{name: ASC}}]) {{ nodes {{ id }} }} }}')
    assert error["extensions"]["code"] == "query.invalid_cursor"


@pytest.mark.parametrize(
    "page",
    [
        "first: -1", "last: -1", "first: 1, last: 1", "first: 1000000", "offset: -1", "offset: 1, last: 1",
        'first: 1, before: "1.x"', 'last: 1, after: "1.x"', "first: 2147483647",
    ],
)  # fmt: skip
async def test_a_page_that_makes_no_sense_is_refused(shop: Reading, page: str) -> None:
    error = await shop.refusal(f"{{ books({page}) {{ nodes {{ id }} }} }}")
    assert error["extensions"]["code"] in ("query.invalid", "query.too_large", "query.invalid_cursor")
