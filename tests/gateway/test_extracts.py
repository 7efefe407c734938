"""Extracts are filled while others write, used when they hold everything, mended when a part is gone, and dropped."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from janua.config import Settings
from janua.errors import StaleCatalog
from janua.gateway import evolutions, queries, records, schemas, transfer
from janua.gateway.doctor import examine
from janua.gateway.evolver import work_once
from janua.gateway.gateway import Gateway, open_gateway, require_unmoved
from janua.model.extract import Extract
from janua.model.types import Json
from janua.query.ast import AggregateQuery
from janua.query.plan import plan_aggregate
from janua.sql.extracts import Parts
from janua.storage import workers
from janua.storage.pool import connection
from tests.gateway.builders import a_document, a_schema, stream

pytestmark = pytest.mark.anyio

FIELDS: dict[str, Any] = {
    "genre": {"type": "string", "maxLength": 20},
    "price": {"type": "number"},
    "title": {"type": "string"},
}
PLAIN = a_schema(FIELDS)
COVERING: dict[str, Any] = {"x-indexes": [{"fields": ["genre"], "include": ["price"]}]}
COVERED = a_schema(FIELDS, **COVERING)
ASKED = AggregateQuery("books", None, group_by=("genre",), measures=(("sum", "price"),))
RECORDS = 300


@pytest.fixture
def online(settings: Settings) -> Settings:
    """Settings under which every collection with a record is large."""
    registry = settings.registry.model_copy(update={"online_index_rows": 0})
    return settings.model_copy(update={"registry": registry})


@pytest.fixture
async def large(online: Settings) -> AsyncGenerator[Gateway]:
    """A gateway with books, all of them large in number."""
    async with open_gateway(online, name="test") as gateway:
        await schemas.register(gateway, "books", PLAIN)
        await import_books(gateway, RECORDS)
        yield gateway


async def import_books(gateway: Gateway, count: int) -> None:
    lines = (f'{{"genre": "g{number % 3}", "price": {number}}}\n' for number in range(count))
    await transfer.import_documents(gateway, "books", stream("".join(lines)))


def extracts(gateway: Gateway) -> tuple[Extract, ...]:
    return gateway.live.catalog.extracts.get("books", ())


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 -- it is the indexer that makes it hold
            await asyncio.sleep(0.02)


async def until_used(gateway: Gateway) -> None:
    await until(lambda: bool(extracts(gateway)))


async def index_name(gateway: Gateway) -> str:
    [index] = (await schemas.describe(gateway, "books")).indexes
    return index.name


async def parts_left(gateway: Gateway) -> int:
    query = (
        "SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'books$$%') "
        "+ (SELECT count(*) FROM pg_proc WHERE proname LIKE 'books$$%') "
        "+ (SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'books$$%')"
    )
    async with connection(gateway.pool) as c:
        return await c.fetchval(query)


async def answers(gateway: Gateway) -> list[Json]:
    """Return what an aggregate answers as it is planned now, which is by an extract, and what documents answer."""
    planned = plan_aggregate(gateway.live.catalog, ASKED, gateway.query_limits)
    assert planned.plan.extract is not None
    by_extract = await queries.aggregate(gateway, ASKED)
    catalog = gateway.live.catalog
    gateway.live.catalog = replace(catalog, extracts={})
    by_documents = await queries.aggregate(gateway, ASKED)
    gateway.live.catalog = catalog
    return [json.loads(each.items) for each in (by_extract, by_documents)]


async def assert_agreed(gateway: Gateway) -> None:
    by_extract, by_documents = await answers(gateway)
    assert by_extract == by_documents
    assert list((await examine(gateway, records=True)).findings) == []


async def test_a_new_collection_has_its_extract_at_once(gateway: Gateway) -> None:
    await schemas.register(gateway, "books", COVERED)
    await import_books(gateway, 30)
    assert len(extracts(gateway)) == 1
    await assert_agreed(gateway)


async def test_the_registry_shows_what_an_index_includes(gateway: Gateway) -> None:
    await schemas.register(gateway, "books", COVERED)
    [index] = (await schemas.describe(gateway, "books")).indexes
    assert (index.kind, index.fields, index.include, index.state) == ("btree", ["genre"], ["price"], "valid")


async def test_a_covering_index_serves_no_lists(gateway: Gateway) -> None:
    await schemas.register(gateway, "books", COVERED)
    assert [each["pointer"] for each in (await schemas.describe(gateway, "books")).fields if each["indexed"]] == []


async def test_an_extract_of_a_large_collection_is_used_when_it_holds_all_records(large: Gateway) -> None:
    async with connection(large.pool) as c, c.transaction():
        [id] = await c.fetchrow("SELECT id FROM collections.books FOR UPDATE LIMIT 1") or []
        await schemas.register(large, "books", COVERED)
        # Somebody writes this record, so it cannot be put in yet, and all others are.
        count = f'SELECT count(*) FROM collections."{Parts(await index_name(large)).table}"'
        async with asyncio.timeout(20):
            while await c.fetchval(count) < RECORDS - 1:  # noqa: ASYNC110 -- it is the indexer that puts them in
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        assert extracts(large) == ()
        assert [each.state for each in (await schemas.describe(large, "books")).indexes] == ["building"]
        await c.execute("""UPDATE collections.books SET data = data || '{"price": 1.50}' WHERE id = $1""", id)
    await until_used(large)
    await assert_agreed(large)


async def test_every_kind_of_write_is_seen_by_an_extract_that_is_being_filled(large: Gateway) -> None:
    async with connection(large.pool) as c, c.transaction():
        await c.execute("SELECT FROM collections.books FOR UPDATE LIMIT 1")
        await schemas.register(large, "books", COVERED)
        for number in range(20):
            made = await records.create(large, "books", a_document(genre="new", price=number))
            await records.replace(large, "books", made.id, a_document(genre="g1", price=number))
            if number % 2:
                await records.delete(large, "books", made.id)
            await import_books(large, 3)
        assert extracts(large) == ()
    await until_used(large)
    await assert_agreed(large)


async def test_a_worker_that_does_not_know_of_an_extract_reads_documents(large: Gateway, online: Settings) -> None:
    async with open_gateway(online, name="old") as old:
        catalog = old.live.catalog
        await schemas.register(large, "books", COVERED)
        await until_used(large)
        old.live.catalog = catalog
        assert plan_aggregate(catalog, ASKED, old.query_limits).plan.extract is None
        assert (await queries.aggregate(old, ASKED)).items == (await queries.aggregate(large, ASKED)).items


async def test_an_extract_that_is_declared_no_more_goes_when_no_worker_reads_it(large: Gateway) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    parts = await parts_left(large)
    async with connection(large.pool) as worker:
        number = await workers.next_number(worker)
        await workers.announce(worker, number, "slow", large.live.catalog.revision)
        await schemas.register(large, "books", PLAIN)
        large.indexer.wake()
        assert extracts(large) == ()
        await asyncio.sleep(1)
        assert await parts_left(large) == parts
        assert list((await examine(large, records=True)).findings) == []
        await workers.beat(worker, number, large.live.catalog.revision)
        async with asyncio.timeout(30):
            while await parts_left(large):  # noqa: ASYNC110 -- it is the indexer that drops them
                await asyncio.sleep(0.05)
    assert list((await examine(large)).findings) == []


async def test_what_was_read_of_an_extract_that_is_made_anew_is_read_again(large: Gateway) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    before = large.live.catalog
    await require_unmoved(large, before)
    async with connection(large.pool) as c:
        await c.execute(f'DROP FUNCTION collections."{Parts(await index_name(large)).function}" CASCADE')
    large.indexer.wake()
    await until(lambda: not extracts(large))
    with pytest.raises(StaleCatalog):
        await require_unmoved(large, before)
    await until_used(large)
    with pytest.raises(StaleCatalog):
        await require_unmoved(large, before)


async def test_an_extract_that_is_declared_again_is_used_again(large: Gateway) -> None:
    for schema in (COVERED, PLAIN, COVERED, PLAIN, COVERED):
        await schemas.register(large, "books", schema)
        await import_books(large, 2)
    await until_used(large)
    await assert_agreed(large)


async def test_nothing_is_left_of_an_extract_when_its_collection_is_dropped(gateway: Gateway) -> None:
    await schemas.register(gateway, "books", COVERED)
    await import_books(gateway, 3)
    assert await parts_left(gateway)
    await schemas.drop(gateway, "books", with_records=True)
    assert await parts_left(gateway) == 0


@pytest.mark.parametrize(
    "damage",
    [
        'DROP FUNCTION collections."{0.function}" CASCADE',
        'ALTER TABLE collections.books DISABLE TRIGGER "{0.triggers[1]}"',
        'DROP INDEX collections."{0.index}"',
        'DROP TABLE collections."{0.table}"',
        'ALTER TABLE collections."{0.table}" DROP CONSTRAINT "{0.primary}"',
    ],
)
async def test_an_extract_that_lacks_a_part_is_made_anew(large: Gateway, damage: str) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    used = large.live.catalog.revision
    async with connection(large.pool) as c:
        await c.execute(damage.format(Parts(await index_name(large))))
        if "TRIGGER" in damage:
            await c.execute("""UPDATE collections.books SET data = data || '{"genre": "unseen"}'""")
    assert (await examine(large)).findings
    large.indexer.wake()
    await until(lambda: large.live.catalog.revision >= used + 2)
    await until_used(large)
    await assert_agreed(large)


async def test_an_index_of_an_earlier_form_answers_and_is_made_anew(large: Gateway) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    asked = AggregateQuery("books", {"genre": {"eq": "g1"}}, measures=(("max", "price"), ("sum", "price")))
    expected = (await queries.aggregate(large, asked)).items
    name, used = await index_name(large), large.live.catalog.revision
    made = "SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relname = $1"
    async with connection(large.pool) as c:
        of_now = await c.fetchval(made, name)
        assert of_now.endswith("(genre, price)")
        async with c.transaction():
            await c.execute(f'DROP INDEX collections."{name}"')
            await c.execute(of_now.replace("(genre, price)", "(genre) INCLUDE (price)"))
        assert (await queries.aggregate(large, asked)).items == expected
        large.indexer.wake()
        await until(lambda: large.live.catalog.revision >= used + 2)
        await until_used(large)
        assert await c.fetchval(made, name) == of_now
    assert (await queries.aggregate(large, asked)).items == expected
    await assert_agreed(large)


async def test_what_somebody_changed_in_an_extract_is_found_and_mended_as_told(large: Gateway) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    parts, used = Parts(await index_name(large)), large.live.catalog.revision
    async with connection(large.pool) as c:
        await c.execute(f"UPDATE collections.\"{parts.table}\" SET price = price + 1 WHERE genre = 'g1'")
        assert list((await examine(large)).findings) == []
        [finding] = (await examine(large, records=True)).findings
        assert f"{RECORDS // 3} records" in finding.problem
        await c.execute(finding.problem.partition("after ")[2])
    large.indexer.wake()
    await until(lambda: large.live.catalog.revision >= used + 2)
    await until_used(large)
    await assert_agreed(large)


async def test_an_evolution_brings_extracts_along(large: Gateway) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    fields = {"kind": FIELDS["genre"], "price": FIELDS["price"]}
    covering: dict[str, Any] = {"x-indexes": [{"fields": ["kind"], "include": ["price"]}]}
    renamed = a_schema(fields, additionalProperties=False, **covering)
    steps: list[Json] = [{"op": "move", "from": "/genre", "path": "/kind"}, {"op": "remove", "path": "/title"}]
    await evolutions.begin(large, "books", renamed, steps)
    await work_once(large)
    await until(lambda: large.live.catalog.collection("books").version == 3)
    await until_used(large)
    asked = replace(ASKED, group_by=("kind",))
    assert plan_aggregate(large.live.catalog, asked, large.query_limits).plan.extract is not None
    groups: Any = json.loads((await queries.aggregate(large, asked)).items)
    assert [each["count"] for each in groups] == [RECORDS // 3] * 3
    assert list((await examine(large, records=True)).findings) == []


async def test_an_evolution_keeps_an_extract_that_both_versions_declare(large: Gateway) -> None:
    await schemas.register(large, "books", COVERED)
    await until_used(large)
    steps: list[Json] = [{"op": "default", "path": "/title", "value": "-"}]
    titled = a_schema(FIELDS, required=("title",), **COVERING)
    await evolutions.begin(large, "books", titled, steps)
    await work_once(large)
    await until(lambda: large.live.catalog.collection("books").version == 3)
    await assert_agreed(large)


async def test_writes_of_many_records_at_once_are_seen_by_an_extract(gateway: Gateway) -> None:
    await schemas.register(gateway, "books", COVERED)
    await import_books(gateway, 9)
    async with connection(gateway.pool) as c:
        await c.execute(
            "UPDATE collections.books SET data = jsonb_set(data, '{genre}', '\"g9\"') WHERE data->>'genre' = 'g1'"
        )
        await c.execute("DELETE FROM collections.books WHERE data->>'genre' = 'g2'")
    await assert_agreed(gateway)
    assert [each["key"]["genre"] for each in cast("Any", (await answers(gateway))[0])] == ["g0", "g9"]
