"""Writing many records at once: all or none, never more than allowed, and never without saying which."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

import pytest

from janua.errors import (
    InvalidQuery,
    InvalidRecord,
    QueryTooLarge,
    RelationConflict,
    TooManyRecords,
    UniqueConflict,
)
from janua.gateway import bulk, records, schemas, writes
from janua.gateway.answers import RecordAnswer
from janua.gateway.gateway import Gateway
from janua.gateway.writes import Writing
from janua.model.catalog import Catalog
from janua.model.patch import MergePatch
from janua.query.nodes import Filter
from janua.query.parts import Members, Meta, Part, Whole
from janua.query.plan import Planned, plan_filter
from janua.registry.explanation import LISTED
from janua.sql.parts import RECORD
from janua.storage.pool import Connection, connection
from tests.gateway.builders import a_document, a_schema, in_transaction

pytestmark = pytest.mark.anyio

T = TypeVar("T")
SHOWN = Members((("id", Meta("id")), ("now", Whole()), ("version", Meta("version"))))


async def writing(
    gateway: Gateway, step: Callable[[Writing], Awaitable[T]], collection: str = "books", shown: Part = RECORD
) -> T:
    """Run one step in a transaction of its own."""

    async def write(c: Connection, catalog: Catalog) -> T:
        return await step(Writing(gateway, c, catalog.collection(collection), shown))

    return await in_transaction(gateway, write)


async def alone(gateway: Gateway, step: Callable[[Writing], Awaitable[T]]) -> T:
    """Run one step that is one statement."""
    async with connection(gateway.pool) as c:
        return await step(Writing(gateway, c, gateway.live.catalog.collection("books")))


def a_filter(gateway: Gateway, where: Any, collection: str = "books") -> Planned[Filter]:
    return plan_filter(gateway.live.catalog, collection, where, limits=gateway.query_limits)


async def some_books(gateway: Gateway, number: int) -> Sequence[RecordAnswer]:
    documents = [a_document(title=f"T{each}", price=each) for each in range(number)]
    return await writing(gateway, lambda to: bulk.create_many(to, documents))


async def stored(gateway: Gateway) -> dict[str, Any]:
    async with connection(gateway.pool) as c:
        rows = await c.fetch("SELECT data->>'title' AS title, data->>'price' AS price, version FROM collections.books")
    return {row["title"]: (row["price"], row["version"]) for row in rows}


async def test_many_documents_are_stored_by_one_statement_and_answered_in_order(library: Gateway) -> None:
    sent: list[str] = []
    documents = [a_document(title=f"T{each}", price=1 / (each + 1)) for each in range(50)]
    async with connection(library.pool) as c:
        to = Writing(library, c, library.live.catalog.collection("books"), SHOWN)
        # The first array of a connection makes asyncpg look up its type.
        await c.fetch("SELECT $1::uuid[], $2::text[]", [], [])
        with c.query_logger(lambda query: sent.append(query.query)):
            made = await bulk.create_many(to, documents)
            await asyncio.sleep(0)  # asyncpg tells of a query at the next turn of the event loop
        assert await bulk.create_many(to, []) == []
    assert len(sent) == 1
    assert [json.loads(each.text)["now"]["title"] for each in made] == [f"T{each}" for each in range(50)]
    assert [json.loads(each.text)["id"] for each in made] == [each.id for each in made]
    assert all(each.created and each.version == 1 for each in made)
    assert len(await stored(library)) == 50


async def test_the_violations_of_all_documents_are_told_with_their_places(library: Gateway) -> None:
    documents = [a_document(title="A"), a_document(title=7, price="x"), a_document(title="B"), a_document({})]
    with pytest.raises(InvalidRecord) as caught:
        await writing(library, lambda to: bulk.create_many(to, documents))
    assert {each.pointer for each in caught.value.violations} == {"/1/title", "/1/price", "/3"}
    assert await stored(library) == {}


async def test_however_many_documents_are_invalid_so_many_violations_are_listed(library: Gateway) -> None:
    documents = [a_document({})] * (LISTED + 1)
    with pytest.raises(InvalidRecord) as caught:
        await writing(library, lambda to: bulk.create_many(to, documents))
    assert len(caught.value.violations) == LISTED


@pytest.mark.parametrize(
    ("isbns", "input"),
    [(["1", None, None, "1"], 3), ([None, "9", "2"], 1), (["a", "b", "a", "9"], 2), (["x" * 13, "y", "x" * 13], 2)],
)
@pytest.mark.parametrize("in_a_transaction", [True, False])
async def test_a_taken_value_among_many_names_its_field_and_input_and_stores_none(
    library: Gateway, isbns: list[str | None], input: int, in_a_transaction: bool
) -> None:
    await writing(library, lambda to: bulk.create_many(to, [a_document(title="There", isbn="9")]))
    documents = [a_document(title="A", **({} if each is None else {"isbn": each})) for each in isbns]
    with pytest.raises(UniqueConflict) as caught:
        await (writing if in_a_transaction else alone)(library, lambda to: bulk.create_many(to, documents))
    assert (caught.value.fields, caught.value.input) == (["isbn"], input)
    assert caught.value.members()["input"] == input
    assert str(caught.value).startswith(f"input {input}: ")
    assert [*await stored(library)] == ["There"]


async def test_a_relation_to_no_record_among_many_names_its_field_and_input(library: Gateway) -> None:
    documents = [a_document(title="A"), a_document(title="B", author_id=str(UUID(int=7)))]
    with pytest.raises(RelationConflict) as caught:
        await writing(library, lambda to: bulk.create_many(to, documents))
    assert (caught.value.field, caught.value.input) == ("author", 1)


async def test_a_conflict_of_one_record_is_told_without_an_input(library: Gateway) -> None:
    await writing(library, lambda to: bulk.create_many(to, [a_document(title="A", isbn="1")]))
    with pytest.raises(UniqueConflict) as caught:
        await records.create(library, "books", a_document(title="B", isbn="1"))
    assert "input" not in caught.value.members()


async def test_records_that_match_are_patched_and_shown_in_order_of_id(library: Gateway) -> None:
    made = await some_books(library, 5)
    chosen = a_filter(library, {"price": {"gte": 2}})
    change = MergePatch({"price": 9.50})
    changed = await writing(library, lambda to: bulk.update_many(to, chosen, change), shown=SHOWN)
    assert [each.id for each in changed] == [each.id for each in made[2:]]
    assert [json.loads(each.text)["now"]["price"] for each in changed] == [9.5] * 3
    assert {each.version for each in changed} == {2}
    found = await stored(library)
    assert (found["T1"], found["T4"]) == (("1", 1), ("9.5", 2))
    nothing = a_filter(library, {"price": {"in": []}})
    assert await writing(library, lambda to: bulk.update_many(to, nothing, change)) == []


async def test_every_result_of_a_bulk_update_is_validated_and_all_violations_name_their_record(
    library: Gateway,
) -> None:
    made = await some_books(library, 3)
    chosen = a_filter(library, {"price": {"gte": 1}})
    with pytest.raises(InvalidRecord) as caught:
        await writing(library, lambda to: bulk.update_many(to, chosen, MergePatch({"title": 7})))
    assert {each.pointer for each in caught.value.violations} == {f"/{each.id}/title" for each in made[1:]}
    assert {version for _, version in (await stored(library)).values()} == {1}


async def test_a_bulk_write_over_its_limit_touches_nothing_and_says_the_limit(library: Gateway) -> None:
    await some_books(library, 5)
    before = await stored(library)
    chosen = a_filter(library, {"price": {"gte": 1}})
    steps: list[Callable[[Writing], Awaitable[object]]] = [
        lambda to: bulk.update_many(to, chosen, MergePatch({"price": 0}), 3),
        lambda to: bulk.delete_many(to, chosen, 3),
        lambda to: bulk.lock_many(to, chosen, 3),
        lambda to: bulk.delete_many(to, chosen, 0),
    ]
    for step in steps:
        with pytest.raises(TooManyRecords, match=r"more than [30] records of books match"):
            await writing(library, step)
        assert await stored(library) == before
    assert len(await writing(library, lambda to: bulk.delete_many(to, chosen, 4))) == 4


async def test_without_a_number_a_bulk_write_is_limited_by_the_setting(library: Gateway) -> None:
    most = library.settings.limits.bulk_at_most
    await some_books(library, most + 1)
    with pytest.raises(TooManyRecords) as caught:
        await writing(library, lambda to: bulk.delete_many(to, a_filter(library, {"price": {"gte": 0}})))
    assert caught.value.limit == most
    assert len(await stored(library)) == most + 1


@pytest.mark.parametrize("at_most", [-1, 1001, 10**30])
async def test_a_bulk_write_cannot_ask_for_more_than_a_page_has(library: Gateway, at_most: int) -> None:
    chosen = a_filter(library, {"price": {"gte": 0}})
    with pytest.raises((InvalidQuery, QueryTooLarge), match=str(at_most)):
        await writing(library, lambda to: bulk.delete_many(to, chosen, at_most))


@pytest.mark.parametrize(
    "where", [None, {}, {"_and": []}, {"_not": {"_or": []}}, {"_or": [{"title": {"eq": "A"}}, {}]}]
)
async def test_a_filter_that_leaves_nothing_out_is_refused(library: Gateway, where: Any) -> None:
    await some_books(library, 1)
    everything = a_filter(library, where)
    steps: list[Callable[[Writing], Awaitable[object]]] = [
        lambda to: bulk.update_many(to, everything, MergePatch({"price": 0})),
        lambda to: bulk.delete_many(to, everything),
        lambda to: bulk.lock_many(to, everything),
    ]
    for step in steps:
        with pytest.raises(InvalidQuery, match="non-empty filter"):
            await writing(library, step)
    assert await stored(library) == {"T0": ("0", 1)}


async def test_deleted_records_are_returned_as_they_were(library: Gateway) -> None:
    made = await some_books(library, 4)
    chosen = a_filter(library, {"price": {"lt": 2}})
    removed = await writing(library, lambda to: bulk.delete_many(to, chosen), shown=SHOWN)
    assert [json.loads(each.text) for each in removed] == [
        {"id": made[each].id, "now": {"title": f"T{each}", "price": each}, "version": 1} for each in range(2)
    ]
    wanted = [UUID(made[each].id) for each in (3, 0, 2)]
    listed = await writing(library, lambda to: bulk.delete_listed(to, wanted))
    assert [each.id for each in listed] == [made[3].id, made[2].id]
    assert await stored(library) == {}


async def test_a_bulk_delete_of_related_records_is_refused_as_a_whole(library: Gateway) -> None:
    authors = [await records.create(library, "authors", a_document(name=name)) for name in ("Ada", "Bob")]
    await records.create(library, "books", a_document(title="A", author_id=authors[1].id))
    chosen = a_filter(library, {"name": {"in": ["Ada", "Bob"]}}, "authors")
    with pytest.raises(RelationConflict):
        await writing(library, lambda to: bulk.delete_many(to, chosen), "authors")
    assert (await records.fetch(library, "authors", authors[0].id)).version == 1


async def test_a_filter_through_a_relation_chooses_what_is_written(library: Gateway) -> None:
    ada = await records.create(library, "authors", a_document(name="Ada"))
    await records.create(library, "books", a_document(title="A", author_id=ada.id))
    await records.create(library, "books", a_document(title="B"))
    chosen = a_filter(library, {"author": {"name": {"eq": "Ada"}}})
    change = MergePatch({"price": 1})
    await writing(library, lambda to: bulk.update_many(to, chosen, change))
    assert await stored(library) == {"A": ("1", 2), "B": (None, 1)}


async def test_bulk_updates_at_once_lose_no_change(library: Gateway) -> None:
    await schemas.register(library, "tallies", a_schema({"kind": {"type": "string"}}))
    documents = [a_document(kind="a") for _ in range(5)]
    await writing(library, lambda to: bulk.create_many(to, documents), "tallies")
    chosen = a_filter(library, {"kind": {"eq": "a"}}, "tallies")

    async def update(number: int) -> None:
        change = MergePatch({f"n{number}": number})
        await writing(library, lambda to: bulk.update_many(to, chosen, change), "tallies")

    await asyncio.gather(*(update(each) for each in range(6)))
    async with connection(library.pool) as c:
        rows = await c.fetch("SELECT data::text AS data, version FROM collections.tallies")
    assert [json.loads(row["data"]) for row in rows] == [{"kind": "a", **{f"n{each}": each for each in range(6)}}] * 5
    assert {row["version"] for row in rows} == {7}


async def test_a_record_that_stops_matching_meanwhile_is_left_alone(library: Gateway) -> None:
    [book] = await some_books(library, 1)
    chosen = a_filter(library, {"price": {"eq": 0}})

    async def change_first(c: Connection, catalog: Catalog) -> None:
        to = Writing(library, c, catalog.collection("books"))
        await writes.patch(to, UUID(book.id), MergePatch({"price": 5}))
        waiting.append(asyncio.create_task(writing(library, lambda to: bulk.delete_many(to, chosen))))
        async with connection(library.pool) as other:
            while not await other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                await other.execute("SELECT pg_sleep(0.01)")

    waiting: list[asyncio.Task[Sequence[RecordAnswer]]] = []
    await in_transaction(library, change_first)
    assert await waiting[0] == []
    assert await stored(library) == {"T0": ("5", 2)}
