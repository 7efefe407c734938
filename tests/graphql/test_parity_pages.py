"""Pages one after the other are the whole, in order, both ways, of any size, also while others add records.

Cases and their meaning are those of `test_parity`; one that failed is printed, and belongs in the same file.
"""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from janua.gateway import queries, schemas
from janua.model.json import dumps, loads
from janua.query.ast import PageRequest, ReadQuery
from tests.graphql.parity_cases import Case, a_case, schemas_of
from tests.graphql.parity_faces import rest_query
from tests.graphql.reading import Reading
from tests.graphql.test_parity import PAST, PHASES, QUIETLY, SEEDS, filled, noting

pytestmark = pytest.mark.anyio

ADDED = 4
"""Records that others add while one walk goes from page to page."""


@given(SEEDS)
@settings(max_examples=15, suppress_health_check=QUIETLY, phases=PHASES)
async def test_pages_are_the_whole(reading: Reading, seed: int) -> None:
    await assert_whole(reading, a_case(Random(seed)))


@pytest.mark.slow
@given(SEEDS)
@settings(max_examples=500, suppress_health_check=QUIETLY, phases=PHASES)
async def test_pages_are_the_whole_for_long(reading: Reading, seed: int) -> None:
    await assert_whole(reading, a_case(Random(seed)))


@pytest.mark.parametrize("line", PAST)
async def test_pages_that_once_were_not_the_whole_are(reading: Reading, line: str) -> None:
    case: Any = loads(line)
    await assert_whole(reading, case)


async def assert_whole(reading: Reading, case: Case) -> None:
    await reading.register(schemas_of(case))
    try:
        world = await filled(reading, case)
        # Related to nothing, so that they change nothing about the records that are there.
        newer = [{name: each[name] for name in each.keys() - {"owner_id", "peer_ids"}} for each in case["things"]]
        walks = [
            (question, size, backward) for question in case["asked"] for size in (1, 3) for backward in (False, True)
        ]
        for question, size, backward in walks:
            with noting(f"append to parity_past.jsonl:\n{dumps(case | {'asked': [question]})}\n{size=} {backward=}"):
                whole = world.matching(question["where"], question["order"])
                asked = rest_query(world, question)
                assert await walk(reading, asked, size, [], backward=backward) == whole
                found = await walk(reading, asked, size, newer[:ADDED], backward=backward)
                assert len({*found}) == len(found)
                assert [each for each in found if each in world.things] == whole
                await remove_all_but(reading, world.things.keys())
    finally:
        await schemas.drop_many(reading.gateway, ["things", "owners"], with_records=True)


async def walk(reading: Reading, asked: ReadQuery, size: int, newer: list[Any], *, backward: bool) -> list[str]:
    """Return the ids of all pages, in order; one of the newer documents is stored after each page."""
    pending, found = [*newer], list[str]()
    cursor: str | None = None
    while True:
        page = PageRequest(last=size, before=cursor) if backward else PageRequest(first=size, after=cursor)
        answer = await queries.read(reading.gateway, replace(asked, page=page))
        items: list[Any] = loads(answer.items)  # pyright: ignore[reportAssignmentType] -- an array
        ids = [each["id"] for each in items]
        found = [*ids, *found] if backward else [*found, *ids]
        cursor = answer.previous if backward else answer.next
        if cursor is None:
            return found
        if pending:
            await reading.store("things", pending.pop())


async def remove_all_but(reading: Reading, kept: Any) -> None:
    async with reading.gateway.pool.acquire() as connection:
        await connection.execute("DELETE FROM collections.things WHERE NOT id = ANY($1::uuid[])", list(kept))
