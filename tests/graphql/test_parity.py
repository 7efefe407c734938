"""GraphQL, REST and plain Python agree on which records match, in which order, how many there are, and what they say.

A case that failed is printed; append it to `parity_past.jsonl`, and it is asked again in every run.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLSchema
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from janua.gateway import queries, schemas, transfer
from janua.model.json import dumps, loads
from tests.graphql.parity_cases import Case, a_case, schemas_of
from tests.graphql.parity_faces import operation, rest_query, shown
from tests.graphql.parity_meaning import World
from tests.graphql.reading import Reading
from tests.sql.reference import strict

pytestmark = pytest.mark.anyio

PAST = Path(__file__).with_name("parity_past.jsonl").read_text().splitlines()
SEEDS = st.integers(0, 2**64 - 1)
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A smaller seed is no simpler case: nothing to shrink."""
QUIETLY = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@given(SEEDS)
@settings(max_examples=40, suppress_health_check=QUIETLY, phases=PHASES)
async def test_graphql_rest_and_python_agree(reading: Reading, seed: int) -> None:
    await assert_agreement(reading, a_case(Random(seed)))


@pytest.mark.slow
@given(SEEDS)
@settings(max_examples=2000, suppress_health_check=QUIETLY, phases=PHASES)
async def test_graphql_rest_and_python_agree_for_long(reading: Reading, seed: int) -> None:
    await assert_agreement(reading, a_case(Random(seed)))


@pytest.mark.parametrize("line", PAST)
async def test_what_once_disagreed_agrees(reading: Reading, line: str) -> None:
    case: Any = loads(line)
    await assert_agreement(reading, case)


async def assert_agreement(reading: Reading, case: Case) -> None:
    await reading.register(schemas_of(case))
    try:
        world = await filled(reading, case)
        slice = await reading.engine.slices.slice(reading.gateway.live.catalog, frozenset(["things"]))
        for question in case["asked"]:
            with noting(f"append to parity_past.jsonl:\n{dumps(case | {'asked': [question]})}"):
                await assert_answers(reading, world, slice.schema, question)
    finally:
        await schemas.drop_many(reading.gateway, ["things", "owners"], with_records=True)


@contextmanager
def noting(text: str) -> Generator[None]:
    """Print the text if the block fails."""
    try:
        yield
    except Exception:
        note(text)
        raise


async def filled(reading: Reading, case: Case) -> World:
    owners = [str(UUID(int=number)) for number in range(len(case["owners"]))]
    things = [str(UUID(int=1000 + number)) for number in range(len(case["things"]))]
    await reading.store("owners", *case["owners"], ids=owners)
    await reading.store("things", *case["things"], ids=things)
    catalog = reading.gateway.live.catalog
    stored = dict(zip(things, case["things"], strict=True)), dict(zip(owners, case["owners"], strict=True))
    return World(catalog.collection("things"), catalog.collection("owners"), *stored)


async def assert_answers(reading: Reading, world: World, schema: GraphQLSchema, question: Any) -> None:
    matching = world.matching(question["where"], question["order"])
    query, variables = operation(world, schema, question)
    with noting(f"{query}\n{dumps(variables)}"):
        for _ in range(2):
            data = await reading.ask(query, variables)
            assert_connection(world, data["things"], matching, question["page"])
            assert data["thingsAggregate"] == [{"count": len(matching)}]
            if question["group"] is not None:
                keys = [world.group_of(each, question["group"]) for each in matching]
                assert sorted(each["count"] for each in data["groups"]) == sorted(map(keys.count, {*keys}))
    asked = rest_query(world, question)
    chunks = [each async for each in transfer.export(reading.gateway, "things", where=asked.where, records=True)]
    exported: list[Any] = [loads(line) for line in b"".join(chunks).splitlines()]
    assert [each["id"] for each in exported] == sorted(matching)
    answer = await queries.read(reading.gateway, asked)
    if "last" not in question["page"]:
        assert answer.total == len(matching)
        items: Any = loads(answer.items)
        assert [each["id"] for each in items] == paged(matching, question["page"])
        assert [strict(each["data"]) for each in items] == [strict(world.things[each["id"]]) for each in items]


def paged(matching: list[str], page: dict[str, int]) -> list[str]:
    if "last" in page:
        return matching[max(len(matching) - page["last"], 0) :]
    skipped = matching[page.get("offset", 0) :]
    return skipped[: page.get("first", 20)]


def assert_connection(world: World, connection: Any, matching: list[str], page: dict[str, int]) -> None:
    expected = paged(matching, page)
    assert connection["totalCount"] == len(matching)
    assert [each["id"] for each in connection["nodes"]] == expected
    assert [each["node"]["id"] for each in connection["edges"]] == expected
    more = len(matching) - page.get("offset", 0) > page.get("first", page.get("last", 20))
    assert connection["pageInfo"] == (
        {"hasNextPage": False, "hasPreviousPage": more}
        if "last" in page
        else {"hasNextPage": more, "hasPreviousPage": page.get("offset", 0) > 0}
    )
    for node in connection["nodes"]:
        assert_record(world, node)


def assert_record(world: World, node: Any) -> None:
    thing, document = world.thing, world.things[node["id"]]
    fields = {each.graphql: shown(thing, each.type, document.get(each.name)) for each in thing.fields}
    assert strict(without_types({name: node[name] for name in fields})) == strict(fields)
    assert node["owner"] == (document.get("owner_id") and {"id": document["owner_id"]})
    peers = sorted(document.get("peer_ids") or [])
    assert node["peers"] == {"totalCount": len(peers), "nodes": [{"id": each} for each in peers]}


def without_types(value: Any) -> Any:
    """Return an answer without the names of types that it shows beside values."""
    match value:
        case dict():
            return {name: without_types(each) for name, each in value.items() if name != "__typename"}
        case list():
            return [without_types(each) for each in value]
        case _:
            return value
