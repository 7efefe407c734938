"""Bulk import: lines become records, and each line that a constraint refuses is reported with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from janua.model.collection import Collection, Index, Relation
from janua.model.json import dumps
from janua.model.types import Array, Boolean, Text, Uuid
from janua.sql import staging
from janua.storage.pool import Pool
from tests.query.builders import a_catalog, a_collection, a_relation
from tests.sql.builders import Connection, an_id, an_index, indexed, numbers, prepare, row_of, store

pytestmark = pytest.mark.anyio

SLUG = an_index("btree", "slug", unique=True)
CODE = an_index("btree", "code", unique=True, where={"active": {"eq": True}})
OWNER = an_index("btree", "owner_id", unique=True)
THINGS = indexed(
    a_collection(
        "things",
        relations=(
            a_relation("owner_id", "owners", inverse="things"),
            a_relation("part_ids", "things", field="parts", inverse="wholes", many=True),
        ),
        slug=Text(),
        code=Text(max_length=20),
        active=Boolean(),
        owner_id=Uuid(),
        part_ids=Array(Uuid()),
    ),
    SLUG,
    CODE,
    OWNER,
)
OWNERS = a_collection("owners", name=Text())
CATALOG = a_catalog(OWNERS, THINGS)
LONG = "long " * 60


@dataclass
class Report:
    inserted: int
    updated: int
    lost: Sequence[int]
    rejected: dict[int, str]


@pytest.fixture
async def connection(pool: Pool) -> Any:
    async with pool.acquire() as connection:
        await prepare(connection, OWNERS, THINGS)
        await store(connection, "owners", [{}, {}])
        yield connection


async def bring_in(
    connection: Connection,
    lines: Sequence[tuple[int, dict[str, Any]]],
    key: staging.Key | None = None,
    *,
    skip: bool = True,
    collection: Collection = THINGS,
) -> Report:
    """Import lines of (id, document), counted from 1, and return what became of them."""
    async with connection.transaction():
        await connection.execute(staging.CREATE_STAGING)
        rows = [(line, an_id(id), dumps(document)) for line, (id, document) in enumerate(lines, 1)]
        await connection.copy_records_to_table(staging.STAGING, records=rows)
        await connection.execute(staging.ANALYZE_STAGING)
        rejected: dict[int, str] = {}
        if key is not None:
            for row in await connection.fetch(staging.superseded(collection, key).text):
                rejected[row["line"]] = "superseded"
        for each in staging.rejections(collection, key, fresh_ids=False):
            found = await connection.fetch(each.statement.text)
            rejected |= {row["line"]: f"{each.reason} {named(each.constraint)}" for row in found}
        row = await row_of(connection, staging.store_staged(collection, key, skip=skip))
        return Report(row["inserted"], row["updated"], row["lost"], rejected)


def named(constraint: staging.Key | Relation) -> str:
    match constraint:
        case Index(keys=keys):
            return keys[0].path[0]
        case Relation(field=field):
            return field
        case _:
            return constraint


async def test_lines_become_records(connection: Connection) -> None:
    report = await bring_in(connection, [(number, {"slug": f"{number}"}) for number in range(100)])
    assert report == Report(100, 0, [], {})
    assert await numbers(connection, CATALOG, "things", {}) == list(range(100))


async def test_refused_lines_are_named_with_their_reasons_and_the_rest_is_stored(connection: Connection) -> None:
    await store(connection, "things", [{"slug": LONG}, {"code": "a", "active": True}])
    lines: list[tuple[int, dict[str, Any]]] = [
        (10, {"slug": "x"}),
        (11, {"slug": LONG}),
        (12, {"slug": LONG + "x"}),
        (13, {"slug": "x"}),
        (1, {}),
        (14, {"code": "a", "active": True}),
        (15, {"code": "a", "active": False}),
        (16, {"owner_id": str(an_id(9))}),
        (17, {"owner_id": str(an_id(0))}),
        (18, {"owner_id": str(an_id(0))}),
        (19, {"part_ids": [str(an_id(20)), str(an_id(1))]}),
        (20, {"part_ids": [str(an_id(21))]}),
        (21, {"part_ids": [str(an_id(99))]}),
        (22, {}),
        (22, {}),
    ]
    report = await bring_in(connection, lines)
    assert report.rejected == {
        2: "taken slug",
        4: "repeated slug",
        5: "taken id",
        6: "taken code",
        8: "missing owner",
        10: "repeated owner_id",
        11: "missing parts",
        12: "missing parts",
        13: "missing parts",
        15: "repeated id",
    }
    assert (report.inserted, report.updated, report.lost) == (5, 0, [])
    assert await numbers(connection, CATALOG, "things", {}) == [0, 1, 10, 12, 15, 17, 22]


async def test_lines_that_relate_to_a_refused_line_are_refused_too(connection: Connection) -> None:
    people = a_collection(
        "people",
        relations=(
            a_relation("boss_id", "people", inverse="team"),
            a_relation("friend_ids", "people", field="friends", inverse="friends_of", many=True),
            a_relation("owner_id", "owners", inverse="people"),
        ),
        boss_id=Uuid(),
        friend_ids=Array(Uuid()),
        owner_id=Uuid(),
    )
    await prepare(connection, people)
    chain: list[tuple[int, dict[str, Any]]] = [
        (number, {"boss_id": str(an_id(number - 1))}) for number in range(260, 300)
    ]
    others: list[tuple[int, dict[str, Any]]] = [
        (300, {"friend_ids": [str(an_id(299))]}),
        (301, {"owner_id": str(an_id(9))}),
        (302, {"boss_id": str(an_id(301))}),
        (303, {"boss_id": str(an_id(304))}),
        (304, {"boss_id": str(an_id(303))}),
        (305, {"friend_ids": [str(an_id(999))]}),
        (306, {"boss_id": str(an_id(305))}),
    ]
    report = await bring_in(connection, chain + others, collection=people)
    assert set(report.rejected) == {*range(1, 44), 46, 47}
    assert (report.inserted, report.lost) == (2, [])


async def test_a_chain_too_long_to_follow_fails_as_a_whole(connection: Connection) -> None:
    people = a_collection("people", relations=(a_relation("boss_id", "people", inverse="team"),), boss_id=Uuid())
    await prepare(connection, people)
    chain: list[tuple[int, dict[str, Any]]] = [
        (number, {"boss_id": str(an_id(number - 1))}) for number in range(1, 300)
    ]
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await bring_in(connection, chain, collection=people)
    assert (await bring_in(connection, [(0, {}), *chain], collection=people)).inserted == 300


async def test_an_upsert_goes_by_a_unique_field_and_the_last_line_counts(connection: Connection) -> None:
    await store(connection, "things", [{"slug": "a"}, {"slug": LONG}, {"code": "c", "active": True}])
    lines: list[tuple[int, dict[str, Any]]] = [
        (10, {"slug": "a", "code": "1"}),
        (11, {"slug": "a", "code": "2"}),
        (12, {"slug": LONG, "code": "3"}),
        (13, {"slug": "new"}),
        (14, {"code": "c", "active": True}),
        (15, {}),
        (16, {}),
        (0, {"slug": "other"}),
    ]
    report = await bring_in(connection, lines, SLUG)
    assert report.rejected == {1: "superseded", 5: "taken code", 8: "taken id"}
    assert (report.inserted, report.updated) == (3, 2)
    assert await numbers(connection, CATALOG, "things", {"code": {"in": ["2", "3"]}}) == [0, 1]


async def test_an_upsert_goes_by_a_partial_unique_index_by_a_relation_and_by_id(connection: Connection) -> None:
    await store(connection, "things", [{"code": "c", "active": True}, {"code": "c"}, {"owner_id": str(an_id(0))}])
    report = await bring_in(connection, [(10, {"code": "c", "active": True, "slug": "s"}), (11, {"code": "c"})], CODE)
    assert (report.inserted, report.updated, report.rejected) == (1, 1, {})
    report = await bring_in(connection, [(12, {"owner_id": str(an_id(0)), "slug": "t"})], OWNER)
    assert (report.inserted, report.updated, report.rejected) == (0, 1, {})
    report = await bring_in(
        connection, [(0, {"slug": "s"}), (13, {"slug": "u"}), (13, {"slug": "v"}), (14, {"slug": "t"})], "id"
    )
    assert (report.inserted, report.updated, report.rejected) == (1, 1, {2: "superseded", 4: "taken slug"})
    assert await numbers(connection, CATALOG, "things", {"slug": {"in": ["s", "t", "v"]}}) == [0, 2, 13]


async def test_a_line_that_lost_a_race_is_reported_or_refused(connection: Connection) -> None:
    plain = replace(THINGS, indexes=(), relations=())
    await store(connection, "things", [{"slug": "a"}])
    lines: list[tuple[int, dict[str, Any]]] = [(5, {"slug": "a"}), (6, {"slug": "b"})]
    report = await bring_in(connection, lines, collection=plain)
    assert report == Report(1, 0, [1], {})
    with pytest.raises(asyncpg.UniqueViolationError):
        await bring_in(connection, lines, collection=plain, skip=False)


async def test_an_import_under_another_schema_is_refused(connection: Connection) -> None:
    with pytest.raises(asyncpg.PostgresError) as caught:
        await bring_in(connection, [(1, {})], collection=replace(THINGS, revision=99))
    assert caught.value.sqlstate == "JA001"
    assert await connection.fetchval("SELECT count(*) FROM collections.things WHERE id <> $1", UUID(int=2**100)) == 0
