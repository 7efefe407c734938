"""Steps bring all stored records to a new schema version at once, whatever is written, refused or stopped meanwhile."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from janua.config import Settings
from janua.errors import (
    EvolutionConflict,
    IncompatibleSchema,
    InvalidSteps,
    SchemaVersionMismatch,
    UnknownCollection,
    UnknownEvolution,
    UnknownField,
)
from janua.gateway import evolutions, queries, records, schemas, transfer
from janua.gateway.answers import Evolution
from janua.gateway.doctor import examine
from janua.gateway.evolver import evolving, work_once
from janua.gateway.evolving import Trial, compiled, fill
from janua.gateway.gateway import Gateway, open_gateway
from janua.query.ast import ReadQuery
from janua.registry.steps import read_steps
from janua.storage import evolutions as storage
from janua.storage.pool import connection
from tests.gateway.builders import AUTHORS, a_document, a_schema, stream

pytestmark = pytest.mark.anyio

OLD = a_schema({"name": {"type": "string"}, "n": {"type": "string"}}, required=("name",), additionalProperties=False)
NEW = a_schema({"title": {"type": "string"}, "n": {"type": "integer"}}, required=("title",), additionalProperties=False)
STEPS: list[Any] = [{"op": "move", "from": "/name", "path": "/title"}, {"op": "cast", "path": "/n", "to": "integer"}]
PATIENCE = 30.0  # seconds, for what takes one on a quiet machine


@pytest.fixture
async def things(gateway: Gateway) -> Gateway:
    """A gateway with a collection `things` of five records, one of which steps do not change otherwise."""
    await schemas.register(gateway, "things", OLD)
    for number in range(5):
        await records.create(gateway, "things", a_document(name=f"T{number}", n=str(number)))
    return gateway


@pytest.fixture
async def other(settings: Settings, things: Gateway) -> AsyncGenerator[Gateway]:
    """Another worker."""
    async with open_gateway(settings, name="other", serves=True) as opened:
        yield opened


async def documents(gateway: Gateway, collection: str = "things") -> list[Any]:
    chunks = [each async for each in transfer.export(gateway, collection)]
    return [json.loads(line) for line in b"".join(chunks).splitlines()]


async def stamps(gateway: Gateway) -> set[tuple[int, int]]:
    """Return the record versions and schema versions that the records have."""
    async with connection(gateway.pool) as c:
        return {tuple(row) for row in await c.fetch("SELECT version, schema_version FROM collections.things")}


async def kept_aside(gateway: Gateway) -> int:
    async with connection(gateway.pool) as c:
        return await c.fetchval("SELECT count(*) FROM janua.evolved")


async def evolve(gateway: Gateway, schema: Any, steps: Sequence[Any]) -> Evolution:
    """Begin an evolution, do its work, and return what became of it."""
    await evolutions.begin(gateway, "things", schema, [*steps])
    await work_once(gateway)
    return await evolutions.status(gateway, "things")


async def agrees(gateway: Gateway) -> bool:
    return list((await examine(gateway, records=True)).findings) == []


async def test_all_records_change_with_the_schema(things: Gateway) -> None:
    found = await evolve(things, NEW, STEPS)
    assert (found.state, found.from_version, found.to_version) == ("done", 1, 2)
    assert (found.records.total, found.records.checked, found.records.changed) == (5, 5, 5)
    assert await documents(things) == [{"title": f"T{number}", "n": number} for number in range(5)]
    assert await stamps(things) == {(2, 2)}
    assert things.live.catalog.collection("things").version == 2
    assert await agrees(things)
    assert await kept_aside(things) == 0


async def test_a_record_that_does_not_change_is_not_written(things: Gateway) -> None:
    looser = a_schema({"name": {}, "n": {}, "kind": {"type": "string"}}, required=("name",))
    found = await evolve(things, looser, [{"op": "map", "path": "/name", "values": {"T3": "t3"}}])
    assert (found.state, found.records.checked, found.records.changed) == ("done", 5, 1)
    assert await stamps(things) == {(1, 1), (2, 2)}
    assert await agrees(things)


async def test_steps_without_another_schema_only_change_the_records(things: Gateway) -> None:
    found = await evolve(things, OLD, [{"op": "remove", "path": "/n"}])
    assert (found.state, found.from_version, found.to_version) == ("done", 1, 1)
    assert await documents(things) == [{"name": f"T{number}"} for number in range(5)]
    assert await agrees(things)


async def test_a_preview_says_what_would_be_and_stores_nothing(things: Gateway) -> None:
    await records.create(things, "things", a_document(name="bad", n="x"))
    found = await evolutions.preview(things, "things", NEW, STEPS)
    assert (found.version, found.report.verdict, found.evolved.changed) == (2, "incompatible", 5)
    assert found.evolved.samples[0]["before"] == {"name": "T0", "n": "0"}
    assert found.evolved.samples[0]["after"] == {"title": "T0", "n": 0}
    assert (found.report.records.checked, found.report.records.invalid) == (6, 1)
    [sample] = found.report.records.samples
    [violation] = sample["violations"]
    assert (violation["pointer"], violation["keyword"], violation["schema_pointer"]) == ("/n", "cast", "/steps/1")
    assert violation["message"].startswith('step 1 (cast): "x" is not')
    assert (await schemas.describe(things, "things")).version == 1
    assert await stamps(things) == {(1, 1)}
    assert await kept_aside(things) == 0
    with pytest.raises(UnknownEvolution):
        await evolutions.status(things, "things")


async def test_a_preview_counts_the_records_that_would_still_not_satisfy_the_schema(things: Gateway) -> None:
    texts = [f'{{"name": "{number}", "n": "{"x" if number % 137 == 36 else number}"}}\n' for number in range(4995)]
    await transfer.import_documents(things, "things", stream("".join(texts)))
    found = await evolutions.preview(things, "things", NEW, STEPS)
    assert (found.report.records.checked, found.report.records.invalid, found.evolved.changed) == (5000, 37, 4963)
    assert len(found.report.records.samples) == len(found.evolved.samples) == 10


async def test_a_preview_and_an_evolution_see_values_that_are_unique_no_more(things: Gateway) -> None:
    unique = a_schema({"name": {"type": "string", "x-unique": True}, "n": {"type": "string"}})
    steps: list[Any] = [{"op": "map", "path": "/name", "values": {"T1": "same", "T4": "same"}}]
    preview = await evolutions.preview(things, "things", unique, steps)
    assert [each.code for each in preview.report.incompatibilities if each.code == "records.unique"]
    assert preview.report.verdict == "incompatible"
    found = await evolve(things, unique, steps)
    assert (found.state, found.reason) == ("failed", "stored records share the same name")
    assert await stamps(things) == {(1, 1)}


async def test_relations_and_indexes_of_the_new_version_are_those_of_the_changed_records(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    await schemas.register(gateway, "things", a_schema({"by": {"type": "string"}, "code": {"type": "string"}}))
    ids = [(await records.create(gateway, "authors", a_document(name=name))).id for name in "AB"]
    for id in ids:
        await records.create(gateway, "things", a_document(by=id, code="X"))
    by = {"collection": "authors", "field": "writer", "inverse": "things"}
    related: Any = {
        "type": "object",
        "properties": {
            "author": {
                "type": "object",
                "properties": {"id": {"type": "string", "format": "uuid", "x-relation": by}},
            },
            "code": {"type": "string", "x-unique": True},
        },
    }
    steps: list[Any] = [
        {"op": "move", "from": "/by", "path": "/author/id"},
        {"op": "map", "path": "/code", "values": {"X": "Y"}},
    ]
    assert (await evolve(gateway, related, steps)).reason == "stored records share the same code"
    await evolutions.change(gateway, "things", "abort")
    steps[1] = {"op": "remove", "path": "/code"}
    assert (await evolve(gateway, related, steps)).state == "done"
    assert await documents(gateway) == [{"author": {"id": id}} for id in ids]
    async with connection(gateway.pool) as c:
        column = gateway.live.catalog.collection("things").relations[0].column
        assert {str(row[0]) for row in await c.fetch(f'SELECT "{column}" FROM collections.things')} == set(ids)
    assert await agrees(gateway)
    # Back, to a relation less, while the steps break what the old version asked of them.
    plain = a_schema({"by": {"type": "string"}})
    away = [{"op": "set", "path": "/by", "value": "nobody"}, {"op": "remove", "path": "/author"}]
    assert (await evolve(gateway, plain, away)).state == "done"
    assert await agrees(gateway)


async def test_a_relation_that_steps_break_is_seen_before_anything_changes(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    by = {"collection": "authors", "field": "author"}
    related: Any = a_schema({"by": {"type": "string", "format": "uuid", "x-relation": by}})
    await schemas.register(gateway, "things", related)
    id = (await records.create(gateway, "authors", a_document(name="A"))).id
    await records.create(gateway, "things", a_document(by=id))
    nobody = "01970000-0000-7000-8000-000000000000"
    found = await evolve(gateway, related, [{"op": "set", "path": "/by", "value": nobody}])
    assert (found.state, found.reason) == ("failed", "a stored record names a record that is not in authors")
    assert await documents(gateway) == [{"by": id}]


async def test_what_is_written_after_it_was_seen_is_seen_again(things: Gateway) -> None:
    """Changed, deleted, new, and deleted and made again under the same id: the versions are the same then."""
    ids = [each["id"] for each in json.loads((await queries.read(things, ReadQuery("things"))).items)]
    started = await evolutions.begin(things, "things", NEW, STEPS)
    candidate = compiled(things, "things", NEW)
    async with connection(things.pool) as c:
        trial = Trial(things, candidate.validator, read_steps(STEPS))
        assert [each async for each in fill(c, started.id, "things", trial)] == [5]
        await records.replace(things, "things", ids[0], a_document(name="changed", n="10"))
        await records.delete(things, "things", ids[1])
        await records.delete(things, "things", ids[2])
        await records.create(things, "things", a_document(name="again", n="12"), id=ids[2])
        await records.create(things, "things", a_document(name="new", n="15"))
        assert (await storage.tally(c, started.id)).checked == 5
        assert [each async for each in fill(c, started.id, "things", trial)] == [3]
    await work_once(things)
    found = await evolutions.status(things, "things")
    assert (found.state, found.records.checked) == ("done", 5)
    titles = {each["title"]: each["n"] for each in await documents(things)}
    assert titles == {"changed": 10, "again": 12, "T3": 3, "T4": 4, "new": 15}


async def test_a_pass_ends_although_records_come_after_the_last(things: Gateway) -> None:
    started = await evolutions.begin(things, "things", NEW, STEPS)
    seen = 0
    async with connection(things.pool) as c, asyncio.timeout(PATIENCE):
        trial = Trial(things, compiled(things, "things", NEW).validator, read_steps(STEPS))
        async for count in fill(c, started.id, "things", trial):
            seen += count
            assert seen == 5, "it goes after every new record"
            await records.create(things, "things", a_document(name="new", n="15"))
    await work_once(things)
    found = await evolutions.status(things, "things")
    assert (found.state, found.records.checked) == ("done", 6)


async def test_a_record_that_cannot_change_stops_it_until_that_is_mended(things: Gateway) -> None:
    bad = await records.create(things, "things", a_document(name="bad", n="x"))
    worse = await records.create(things, "things", a_document(name="worse", n="y"))
    found = await evolve(things, NEW, STEPS)
    assert (found.state, found.records.changed, found.records.invalid) == ("failed", 5, 2)
    assert found.reason == "2 records do not satisfy the new schema after the steps; change them, and resume"
    assert {each["id"] for each in found.records.samples} == {bad.id, worse.id}
    assert await stamps(things) == {(1, 1)}
    await records.replace(things, "things", bad.id, a_document(name="bad", n="6"))
    await records.delete(things, "things", worse.id)
    await evolutions.change(things, "things", "resume")
    await work_once(things)
    assert (await evolutions.status(things, "things")).state == "done"
    assert await agrees(things)


async def test_a_paused_evolution_rests_until_it_is_resumed(things: Gateway) -> None:
    await evolutions.begin(things, "things", NEW, STEPS)
    assert (await evolutions.change(things, "things", "pause")).state == "paused"
    await work_once(things)
    assert (await evolutions.status(things, "things")).records.checked == 0
    assert (await evolutions.change(things, "things", "resume")).state == "running"
    await work_once(things)
    assert (await evolutions.status(things, "things")).state == "done"


async def test_an_aborted_evolution_leaves_everything_as_it_was(things: Gateway) -> None:
    await records.create(things, "things", a_document(name="bad", n="x"))
    before = await documents(things)
    assert (await evolve(things, NEW, STEPS)).state == "failed"
    assert (await evolutions.change(things, "things", "abort")).records.checked == 6
    await work_once(things)
    assert await kept_aside(things) == 0
    assert await documents(things) == before
    assert (await schemas.register(things, "things", a_schema({"name": {}, "n": {}}))).version == 2


@pytest.mark.parametrize(
    ("state", "verb"), [("done", "pause"), ("done", "abort"), ("paused", "pause"), ("done", "resume")]
)
async def test_a_verb_that_makes_no_sense_is_refused(things: Gateway, state: str, verb: Any) -> None:
    await evolutions.begin(things, "things", NEW, STEPS)
    if state == "paused":
        await evolutions.change(things, "things", "pause")
    else:
        await work_once(things)
    with pytest.raises(EvolutionConflict) as refused:
        await evolutions.change(things, "things", verb)
    assert refused.value.state == state


async def test_one_evolution_at_a_time_and_no_registration_beside_it(things: Gateway) -> None:
    await evolutions.begin(things, "things", NEW, STEPS)
    with pytest.raises(EvolutionConflict):
        await evolutions.begin(things, "things", NEW, STEPS)
    with pytest.raises(EvolutionConflict):
        await schemas.register(things, "things", a_schema({"name": {}, "n": {}}))
    assert not (await schemas.register(things, "things", OLD)).changed
    await schemas.register(things, "others", OLD)
    await schemas.drop(things, "things", with_records=True)
    await work_once(things)
    assert await kept_aside(things) == 0


async def test_what_cannot_begin_is_refused_at_once(things: Gateway) -> None:
    with pytest.raises(UnknownCollection):
        await evolutions.begin(things, "nothing", NEW, STEPS)
    with pytest.raises(InvalidSteps):
        await evolutions.begin(things, "things", NEW, [{"op": "rename"}])
    with pytest.raises(SchemaVersionMismatch):
        await evolutions.begin(things, "things", NEW, STEPS, if_match=frozenset([7]))
    await schemas.configure(things, "things", evolution="proof")
    with pytest.raises(IncompatibleSchema) as refused:
        await evolutions.begin(things, "things", NEW, STEPS)
    assert refused.value.report["decided_by"] == "rules"
    with pytest.raises(UnknownEvolution):
        await evolutions.status(things, "things")


async def test_records_are_seen_again_when_a_referenced_schema_has_another_version(things: Gateway) -> None:
    await schemas.register(things, "sizes", {"type": "integer", "maximum": 100})
    referring = a_schema({"title": {"type": "string"}, "n": {"$ref": "janua:sizes"}})
    started = await evolutions.begin(things, "things", referring, STEPS)
    async with connection(things.pool) as c:
        trial = Trial(things, compiled(things, "things", referring).validator, read_steps(STEPS))
        assert [each async for each in fill(c, started.id, "things", trial)] == [5]
    await schemas.register(things, "sizes", {"type": "integer", "maximum": 3})
    await work_once(things)
    found = await evolutions.status(things, "things")
    assert (found.state, found.records.invalid) == ("failed", 1)


async def test_another_process_goes_on_where_one_left_off(things: Gateway, other: Gateway) -> None:
    await evolutions.begin(things, "things", NEW, STEPS)
    async with evolving(other), asyncio.timeout(PATIENCE):
        assert (await evolutions.wait(things, "things", PATIENCE)).state == "done"
    assert await things.live.reach(other.live.catalog.revision, PATIENCE)
    assert things.live.catalog.collection("things").version == 2


async def test_two_processes_do_not_work_on_the_same(things: Gateway, other: Gateway) -> None:
    await evolutions.begin(things, "things", NEW, STEPS)
    async with connection(things.pool) as c, storage.only_worker(c, "things") as is_mine:
        assert is_mine
        await work_once(other)
        assert (await evolutions.status(other, "things")).state == "running"
    await work_once(other)
    assert (await evolutions.status(other, "things")).state == "done"


async def test_a_reader_of_another_worker_never_sees_new_records_by_the_old_schema(
    things: Gateway, other: Gateway
) -> None:
    """A filter on a field that is renamed finds the records, or is told that there is no such field."""
    stop = asyncio.Event()
    found: dict[str, int] = {"all": 0, "renamed": 0}

    async def read() -> None:
        while not stop.is_set():
            try:
                page = await queries.read(other, ReadQuery("things", where={"name": {"startsWith": "T"}}))
            except UnknownField:
                found["renamed"] += 1
            else:
                assert len(json.loads(page.items)) == 5
                found["all"] += 1
            await asyncio.sleep(0)

    readers = [asyncio.create_task(read()) for _ in range(4)]
    await asyncio.sleep(0.1)
    undo: list[Any] = [
        {"op": "cast", "path": "/n", "to": "string"},
        {"op": "move", "from": "/title", "path": "/name"},
    ]
    there, back = (NEW, STEPS), (OLD, undo)
    for schema, steps in (there, back) * 3:
        assert (await evolve(things, schema, steps)).state == "done"
        await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*readers)
    assert min(found.values()) > 0
