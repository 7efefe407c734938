"""Records that are read and created at the same time, by both faces: each is answered as it would be by itself."""

import asyncio
import json
import random
from typing import Any

import asyncpg
import pytest

from janua.errors import InvalidRecord, RecordExists, RelationConflict, UniqueConflict, UnknownRecord
from janua.gateway import records, schemas
from janua.model.identifiers import new_id
from janua.model.json import dumps
from janua.registry.document import Limits, read_document
from janua.storage.pool import acquire, connection, release
from tests.gateway.builders import AUTHORS, BOOKS
from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

BOOK = "query ($id: ID!) { book(id: $id) { id title isbn author { name } _meta { version } } }"
BY_ISBN = "query ($isbn: String!) { book(isbn: $isbn) { id title } }"
CREATE = "mutation ($input: BookInput!) { createBook(input: $input) { id title } }"


@pytest.fixture
async def library(reading: Reading) -> Reading:
    await reading.register({"authors": AUTHORS, "books": BOOKS})
    return reading


@pytest.fixture
async def statements(library: Reading) -> list[str]:
    """The statements that connections of the pool send from now on, as asyncpg logs them."""
    seen: list[str] = []
    pool = library.gateway.pool

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        if '"collections"."books"' in record.query:
            seen.append(record.query)

    holders = [await acquire(pool) for _ in range(library.gateway.settings.database.pool_max)]
    for each in holders:
        each.add_query_logger(note)
    for each in holders:
        await release(pool, each)
    return seen


async def outcome(library: Reading, document: Any) -> str | type[BaseException]:
    """Return the id of a record that is created over REST's verb, or the kind of error."""
    text = read_document(dumps(document).encode(), Limits())
    try:
        return (await records.create(library.gateway, "books", text)).id
    except (InvalidRecord, UniqueConflict, RelationConflict) as error:
        return type(error)


async def test_many_reads_at_once_are_answered_like_each_alone(library: Reading, statements: list[str]) -> None:
    [author] = await library.store("authors", {"name": "Ada"})
    ids = await library.store(
        "books",
        *(
            {"title": f"Book {each}", "isbn": str(each), "author_id": author if each % 2 else None}
            for each in range(20)
        ),
    )
    chance = random.Random(3)
    asked: list[tuple[str, dict[str, Any]]] = []
    for _ in range(120):
        id = chance.choice([*ids, str(new_id()), "no id"])
        isbn = str(chance.randrange(30))
        asked.append(chance.choice([(BOOK, {"id": id}), (BY_ISBN, {"isbn": isbn})]))
    alone = [await library.body(*each) for each in asked]
    statements.clear()
    together = await asyncio.gather(*(library.body(*each) for each in asked))
    assert together == alone
    await asyncio.sleep(0.01)  # asyncpg logs a little later
    assert len(statements) < 30
    kinds = {"errors" in each or each["data"]["book"] is None for each in alone}
    assert kinds == {True, False}


async def test_many_records_at_once_are_those_of_each_alone(library: Reading, statements: list[str]) -> None:
    ids = await library.store("books", *({"title": f"Book {each}"} for each in range(10)))
    wanted = [*ids, str(new_id()), *ids, str(new_id())] * 2
    statements.clear()
    found = await asyncio.gather(
        *(records.fetch(library.gateway, "books", each) for each in wanted), return_exceptions=True
    )
    for id, each in zip(wanted, found, strict=True):
        assert isinstance(each, UnknownRecord) if id not in ids else not isinstance(each, BaseException)
        assert isinstance(each, BaseException) or json.loads(each.text)["id"] == each.id == id
    await asyncio.sleep(0.01)
    assert len(statements) < 10


async def test_a_read_sees_every_write_that_was_acknowledged_before_it(library: Reading) -> None:
    async def client() -> None:
        for number in range(15):
            made = await library.ask(CREATE, {"input": {"title": "A"}})
            id = made["createBook"]["id"]
            assert (await library.ask(BOOK, {"id": id}))["book"]["id"] == id
            change = read_document(b'{"title": "%d"}' % number, Limits())
            await records.replace(library.gateway, "books", id, change)
            assert (await library.ask(BOOK, {"id": id}))["book"]["title"] == str(number)

    await asyncio.gather(*(client() for _ in range(12)))


async def test_many_creates_at_once_are_stored_or_refused_each_for_itself(
    library: Reading, statements: list[str]
) -> None:
    missing = str(new_id())
    documents: list[Any] = [{"title": "A", "isbn": str(number % 10)} for number in range(20)]
    documents += [{"title": 7}, {"title": "B", "author_id": missing}, {"title": "C"}]
    found = await asyncio.gather(*(outcome(library, each) for each in documents))
    assert found[20:22] == [InvalidRecord, RelationConflict]
    assert isinstance(found[22], str)
    for number in range(10):
        assert sorted(isinstance(each, str) for each in (found[number], found[number + 10])) == [False, True]
    assert {each for each in found[:20] if not isinstance(each, str)} == {UniqueConflict}
    stored = (await library.ask("{ books(first: 50) { nodes { id } } }"))["books"]["nodes"]
    assert {each["id"] for each in stored} == {each for each in found if isinstance(each, str)}


async def test_creates_that_nothing_is_wrong_with_are_few_statements(library: Reading, statements: list[str]) -> None:
    made = await asyncio.gather(*(library.ask(CREATE, {"input": {"title": str(each)}}) for each in range(40)))
    assert [each["createBook"]["title"] for each in made] == [str(each) for each in range(40)]
    assert len({each["createBook"]["id"] for each in made}) == 40
    await asyncio.sleep(0.01)
    assert 2 <= len([each for each in statements if "INSERT" in each]) < 10


async def test_an_id_that_two_ask_for_at_once_is_given_to_one(library: Reading) -> None:
    id, document = str(new_id()), read_document(b'{"title": "A"}', Limits())
    found = await asyncio.gather(
        *(records.create(library.gateway, "books", document, id=id) for _ in range(8)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in found) == ["RecordAnswer", *["RecordExists"] * 7]
    assert all(isinstance(each, RecordExists) for each in found if isinstance(each, BaseException))


async def test_creates_that_wait_while_the_schema_changes_are_stored_under_the_new_one(library: Reading) -> None:
    """The guard refuses a whole batch; each then starts again with the schema that is current by then."""
    found: list[str | type[BaseException]] = []
    done = asyncio.Event()

    async def creating() -> None:
        while not done.is_set():
            found.append(await outcome(library, {"title": "A"}))

    tasks = [asyncio.create_task(creating()) for _ in range(12)]
    for number in range(6):
        properties: Any = BOOKS["properties"]
        changed: Any = {**BOOKS, "properties": {**properties, f"more_{number}": {"type": "string"}}}
        await schemas.register(library.gateway, "books", changed)
    done.set()
    await asyncio.gather(*tasks)
    assert [each for each in found if not isinstance(each, str)] == []
    async with connection(library.gateway.pool) as c:
        assert await c.fetchval("SELECT count(*) FROM collections.books") == len(found) > 0
