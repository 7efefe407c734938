"""Pages through the gateway: laid end to end they are the whole, in both directions."""

import json

import pytest

from janua.config import Settings
from janua.errors import InvalidCursor, QueryTooLarge, UnknownCollection
from janua.gateway import queries, records, schemas, transfer
from janua.gateway.answers import PageAnswer
from janua.gateway.gateway import Gateway, open_gateway
from janua.model.catalog import Catalog
from janua.model.identifiers import new_id
from janua.query.ast import AggregateQuery, OrderTerm, PageRequest, ReadQuery
from tests.gateway.builders import AUTHORS, BOOKS, stream

pytestmark = pytest.mark.anyio

PRICES = [3, 1, None, 2, 1, None, 2.5, 1, 10, 0]


@pytest.fixture
async def shelf(library: Gateway) -> Gateway:
    books = [{"title": f"t{each}"} | ({} if price is None else {"price": price}) for each, price in enumerate(PRICES)]
    await transfer.import_documents(library, "books", stream("\n".join(map(json.dumps, books))))
    return library


def titles(page: PageAnswer) -> list[str]:
    return [each["data"]["title"] for each in json.loads(page.items)]


@pytest.mark.parametrize(
    "term", [OrderTerm(("price",)), OrderTerm(("price",), "desc"), OrderTerm(("price",), "asc", "first")]
)
@pytest.mark.parametrize("size", [1, 3, 4])
async def test_pages_end_to_end_are_the_whole_forwards_and_backwards(
    shelf: Gateway, term: OrderTerm, size: int
) -> None:
    whole = titles(await queries.read(shelf, ReadQuery("books", order=(term,), page=PageRequest(first=100))))
    assert len(whole) == len(PRICES)
    page = await queries.read(shelf, ReadQuery("books", order=(term,), page=PageRequest(first=size)))
    forwards, ends = titles(page), page
    while page.next:
        page = await queries.read(
            shelf, ReadQuery("books", order=(term,), page=PageRequest(first=size, after=page.next))
        )
        forwards, ends = forwards + titles(page), page
    assert forwards == whole
    backwards = titles(ends)
    while ends.previous:
        before = PageRequest(first=size, before=ends.previous)
        ends = await queries.read(shelf, ReadQuery("books", order=(term,), page=before))
        backwards = titles(ends) + backwards
    assert backwards == whole


async def test_a_cursor_of_another_query_is_refused(shelf: Gateway) -> None:
    page = await queries.read(shelf, ReadQuery("books", page=PageRequest(first=1)))
    with pytest.raises(InvalidCursor):
        await queries.read(shelf, ReadQuery("books", where={"price": {"gt": 1}}, page=PageRequest(after=page.next)))


async def test_an_empty_page_has_no_cursors_and_the_right_total(shelf: Gateway) -> None:
    page = await queries.read(shelf, ReadQuery("books", where={"price": {"gt": 99}}, count=True))
    assert (page.items, page.next, page.previous, page.total) == ("[]", None, None, 0)


async def test_aggregates_are_exact(shelf: Gateway) -> None:
    query = AggregateQuery("books", measures=(("sum", "price"), ("countDistinct", "price")))
    [group] = json.loads((await queries.aggregate(shelf, query)).items)
    assert group["count"] == len(PRICES)
    assert group["sum"]["price"] == sum(each for each in PRICES if each is not None)
    assert group["countDistinct"]["price"] == len({each for each in PRICES if each is not None})


@pytest.mark.parametrize("verb", ["read", "aggregate", "fetch"])
async def test_a_collection_that_another_worker_dropped_is_unknown(shelf: Gateway, verb: str) -> None:
    before: Catalog = shelf.live.catalog
    await schemas.drop(shelf, "books", with_records=True)
    shelf.live.catalog = before
    reads = {
        "read": lambda: queries.read(shelf, ReadQuery("books")),
        "aggregate": lambda: queries.aggregate(shelf, AggregateQuery("books")),
        "fetch": lambda: records.fetch(shelf, "books", str(new_id())),
    }
    with pytest.raises(UnknownCollection):
        await reads[verb]()


async def test_an_answer_that_may_be_too_large_is_refused_with_the_setting_that_decides(settings: Settings) -> None:
    limits = settings.limits.model_copy(update={"answer_records": 50})
    async with open_gateway(settings.model_copy(update={"limits": limits}), name="test") as gateway:
        await schemas.register_many(gateway, {"authors": AUTHORS, "books": BOOKS})
        with pytest.raises(QueryTooLarge, match=r"the limit is 50 \(setting limits\.answer_records\)"):
            await queries.read(gateway, ReadQuery("books", page=PageRequest(first=51)))
