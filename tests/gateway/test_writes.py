"""The steps that write single records: one path for all faces, alone on a connection or several in a transaction."""

import asyncio
import json
from collections.abc import AsyncGenerator
from decimal import Decimal
from typing import Any, cast

import asyncpg
import pytest

from janua.errors import (
    InvalidQuery,
    InvalidRecord,
    StaleCatalog,
    UniqueConflict,
    UnknownCollection,
    UnknownRecord,
    VersionMismatch,
)
from janua.gateway import records, schemas, writes
from janua.gateway.answers import Precondition
from janua.gateway.gateway import ATTEMPTS, Gateway, open_gateway
from janua.gateway.writes import Writing
from janua.model.catalog import Catalog
from janua.model.identifiers import new_id, parse_id
from janua.model.patch import MergePatch
from janua.model.types import Json, Text
from janua.query.nodes import Always, Column, Compare, Link
from janua.query.ownership import is_own
from janua.query.parts import Elements, First, Members, Meta, Part, RelatedOne, Structured, Typed, Whole
from janua.sql.parts import RECORD
from janua.sql.upsert import Key
from janua.storage.pool import Connection, connection
from tests.gateway.builders import BOOKS, a_document, a_schema, in_transaction

pytestmark = pytest.mark.anyio

TITLE = Members((("key", Meta("id")), ("t", Typed(("title",), Text())), ("at", Meta("version"))))


@pytest.fixture
async def lent(library: Gateway) -> AsyncGenerator[Connection]:
    async with connection(library.pool) as c:
        yield c


def to_books(gateway: Gateway, c: Connection, shown: Part = RECORD) -> Writing:
    return Writing(gateway, c, gateway.live.catalog.collection("books"), shown)


def by_isbn(gateway: Gateway) -> Key:
    return writes.unique_key(gateway.live.catalog.collection("books"), "isbn")


async def count(gateway: Gateway, collection: str) -> int:
    async with connection(gateway.pool) as c:
        return await c.fetchval(f'SELECT count(*) FROM collections."{collection}"')


async def test_each_write_is_one_round_trip(library: Gateway, lent: Connection) -> None:
    to, sent = to_books(library, lent), list[str]()
    key = new_id()
    await lent.fetch("SELECT $1::int[]", [])  # the first array of a connection makes asyncpg look up its type

    async def statements(step: Any) -> int:
        sent.clear()
        with lent.query_logger(lambda query: sent.append(query.query)):
            await step
            await asyncio.sleep(0)  # asyncpg tells of a query at the next turn of the event loop
        return len(sent)

    assert await statements(writes.create(to, key, a_document(title="A", isbn="1"))) == 1
    assert await statements(writes.replace(to, key, a_document(title="B", isbn="1"))) == 1
    assert await statements(writes.upsert(to, new_id(), a_document(title="C", isbn="1"), by_isbn(library))) == 1
    assert await statements(writes.delete(to, key)) == 1


async def test_every_write_shows_the_record_as_asked(library: Gateway, lent: Connection) -> None:
    to, key = to_books(library, lent, TITLE), new_id()
    written = [
        await writes.create(to, key, a_document(title="A")),
        await writes.replace(to, key, a_document(title="B")),
        await writes.replace(to, key, a_document(title="C", isbn="1"), Precondition(match=frozenset({2}))),
        await writes.upsert(to, new_id(), a_document(title="D", isbn="1"), by_isbn(library)),
        await writes.patch(to, key, MergePatch({"title": "E"})),
        await writes.delete(to, key),
    ]
    titles = ["A", "B", "C", "D", "E", "E"]
    versions = [1, 2, 3, 4, 5, 5]
    assert [json.loads(each.text) for each in written] == [
        {"key": str(key), "t": title, "at": version} for title, version in zip(titles, versions, strict=True)
    ]
    assert [each.version for each in written] == versions


def test_only_parts_of_the_record_itself_are_shown_by_a_write() -> None:
    related = RelatedOne(Link("to_one", "authors", "author_id"), Whole())
    assert is_own(RECORD)
    assert is_own(Structured(("a",), Members((("b", Elements(("a", "b"), Typed((), Text()))),))))
    assert not is_own(related)
    assert not is_own(First("books", Always(holds=True), Whole()))
    assert not is_own(Members((("deep", Structured((), Members((("in", Elements((), related)),)))),)))


async def test_a_part_with_operands_is_no_part_of_a_write(library: Gateway, lent: Connection) -> None:
    other = First("authors", Compare(Column("id"), "eq", 0), Whole())
    with pytest.raises(ValueError, match="operands"):
        await writes.create(to_books(library, lent, other), new_id(), a_document(title="A"))


async def test_an_upsert_by_a_unique_field_creates_then_replaces_and_keeps_the_id(
    library: Gateway, lent: Connection
) -> None:
    to, first, second = to_books(library, lent), new_id(), new_id()
    made = await writes.upsert(to, first, a_document(title="A", isbn="1"), by_isbn(library))
    again = await writes.upsert(to, second, a_document(title="B", isbn="1"), by_isbn(library))
    assert [(each.id, each.created, each.version) for each in (made, again)] == [
        (str(first), True, 1),
        (str(first), False, 2),
    ]
    by_id = await writes.upsert(to, first, a_document(title="C", isbn="2"), "id")
    assert (by_id.id, by_id.created) == (str(first), False)
    await writes.create(to, second, a_document(title="D", isbn="3"))
    with pytest.raises(UniqueConflict) as caught:
        await writes.upsert(to, first, a_document(title="E", isbn="3"), "id")
    assert caught.value.fields == ["isbn"]


@pytest.mark.parametrize("field", ["title", "price", "nothing", ""])
def test_only_a_unique_field_is_upserted_by(library: Gateway, field: str) -> None:
    books = library.live.catalog.collection("books")
    with pytest.raises(InvalidQuery, match="one of isbn, id"):
        writes.unique_key(books, field)


@pytest.mark.parametrize("document", [{"title": "A"}, {"title": "A", "nested": {}}, {"title": "A", "nested": None}])
async def test_an_upsert_needs_a_value_to_go_by(gateway: Gateway, document: Any) -> None:
    key = {"type": ["string", "null"], "maxLength": 20, "x-unique": True}
    nested = {"type": ["object", "null"], "properties": {"key": key}}
    await schemas.register(gateway, "things", a_schema({"title": {"type": "string"}, "nested": nested}))
    async with connection(gateway.pool) as c:
        to = Writing(gateway, c, gateway.live.catalog.collection("things"))
        by = writes.unique_at(to.collection, ("nested", "key"))
        assert by == writes.unique_key(to.collection, "nested.key")
        with pytest.raises(InvalidQuery, match=r"no value at /nested/key"):
            await writes.upsert(to, new_id(), a_document(document), by)
        made = await writes.upsert(to, new_id(), a_document(title="A", nested={"key": "x"}), by)
        assert made.created
    assert await count(gateway, "things") == 1


async def test_of_upserts_at_once_by_one_value_one_creates(library: Gateway) -> None:
    async def upsert(title: str) -> bool:
        async with connection(library.pool) as c:
            document = a_document(title=title, isbn="1")
            return (await writes.upsert(to_books(library, c), new_id(), document, by_isbn(library))).created

    assert sorted(await asyncio.gather(*(upsert(str(each)) for each in range(6)))) == [False] * 5 + [True]
    assert await count(library, "books") == 1


async def test_a_transaction_is_all_or_nothing_and_later_steps_see_earlier_ones(library: Gateway) -> None:
    author, book = new_id(), new_id()

    async def write(c: Connection, catalog: Catalog) -> int:
        await writes.create(Writing(library, c, catalog.collection("authors")), author, a_document(name="Ada"))
        to = Writing(library, c, catalog.collection("books"))
        await writes.create(to, book, a_document(title="A", author_id=str(author)))
        return (await writes.patch(to, book, MergePatch({"title": "B"}))).version

    async def fail(c: Connection, catalog: Catalog) -> None:
        await write(c, catalog)
        await writes.create(Writing(library, c, catalog.collection("books")), new_id(), a_document(title=7))

    with pytest.raises(InvalidRecord):
        await in_transaction(library, fail)
    assert (await count(library, "authors"), await count(library, "books")) == (0, 0)
    assert await in_transaction(library, write) == 2
    assert (await count(library, "authors"), await count(library, "books")) == (1, 1)


async def test_a_conditional_replace_that_meets_a_taken_id_leaves_the_transaction_usable(library: Gateway) -> None:
    """Between its look and its insert somebody else creates the record: a savepoint takes the violation."""
    key = new_id()
    rival = await asyncpg.connect(library.settings.database.dsn.get_secret_value())  # type: ignore[union-attr] -- set

    async def write(c: Connection, catalog: Catalog) -> int:
        to = Writing(library, c, catalog.collection("authors"))
        step = asyncio.create_task(
            writes.replace(to, key, a_document(name="Bob"), Precondition(none_match=frozenset({7})))
        )
        while not await rival.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await rival.execute("SELECT pg_sleep(0.01)")
        await held.commit()
        answer = await step
        await writes.create(to, new_id(), a_document(name="Cy"))
        return answer.version

    held = rival.transaction()
    await held.start()
    await rival.execute(
        "INSERT INTO collections.authors (id, data, schema_version) VALUES ($1, $2, 1)", key, '{"name": "Ada"}'
    )
    try:
        assert await in_transaction(library, write) == 2
    finally:
        await rival.close()
    assert await count(library, "authors") == 2


async def test_a_transaction_that_meets_a_new_schema_runs_again_with_it_from_the_start(
    library: Gateway, settings: Any
) -> None:
    seen: list[int] = []
    properties, pages = BOOKS["properties"], cast("Json", {"type": "integer"})
    assert isinstance(properties, dict)
    wider: dict[str, Json] = {**BOOKS, "properties": {**properties, "pages": pages}}

    async with open_gateway(settings, name="other") as other:

        async def write(c: Connection, catalog: Catalog) -> int:
            seen.append(catalog.collection("books").version)
            await writes.create(Writing(library, c, catalog.collection("authors")), new_id(), a_document(name="Ada"))
            if len(seen) == 1:
                await schemas.register(other, "books", wider)
            document = a_document(title="A", pages="many" if len(seen) == 1 else 3)
            to = Writing(library, c, catalog.collection("books"))
            return (await writes.create(to, new_id(), document)).version

        assert await in_transaction(library, write) == 1
    assert seen == [1, 2]
    assert (await count(library, "authors"), await count(library, "books")) == (1, 1)


async def test_a_transaction_follows_changes_of_schemas_only_so_long_and_nothing_else(library: Gateway) -> None:
    runs: list[Exception] = []

    async def run(error: Exception) -> int:
        runs.clear()

        async def write(c: Connection, catalog: Catalog) -> None:
            runs.append(error)
            raise error

        with pytest.raises(type(error)):
            await in_transaction(library, write)
        return len(runs)

    assert await run(StaleCatalog("books")) == ATTEMPTS
    assert await run(UniqueConflict("books", ["isbn"])) == 1
    assert await run(RuntimeError("a bug")) == 1


async def test_a_collection_that_was_dropped_meanwhile_is_unknown(library: Gateway, settings: Any) -> None:
    await schemas.register(library, "things", True)
    thing = await records.create(library, "things", a_document(n=1))
    old = library.live.catalog
    async with open_gateway(settings, name="other") as other:
        await schemas.drop(other, "things", with_records=True)
    for step in (
        lambda: records.patch(library, "things", thing.id, MergePatch({})),
        lambda: records.create(library, "things", a_document(n=2)),
    ):
        library.live.publish(old)
        with pytest.raises(UnknownCollection):
            await step()


async def test_steps_tell_what_is_missing_or_changed(library: Gateway, lent: Connection) -> None:
    to, key = to_books(library, lent), parse_id("01890000-0000-7000-8000-000000000000")
    for step in (writes.patch(to, key, MergePatch({})), writes.delete(to, key)):
        with pytest.raises(UnknownRecord):
            await step
    await writes.create(to, key, a_document(title="A"))
    at_two = Precondition(match=frozenset({2}))
    for step in (
        writes.patch(to, key, MergePatch({}), at_two),
        writes.delete(to, key, at_two),
        writes.replace(to, key, a_document(title="B"), at_two),
    ):
        with pytest.raises(VersionMismatch) as caught:
            await step
        assert caught.value.current == 1


async def test_a_value_made_into_a_document_keeps_every_digit(library: Gateway, lent: Connection) -> None:
    made = await writes.made_document(library, {"title": "A", "price": Decimal("0.10"), "n": 2**53 + 1})
    answer = await writes.create(to_books(library, lent), new_id(), made)
    assert '"price": 0.10' in answer.text
    assert "9007199254740993" in answer.text
