"""A process killed at any step of a registration, index build, evolution or import leaves nothing half done."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from janua.config import Settings
from janua.failpoints import KILLED, STEPS
from janua.gateway import evolutions, schemas, transfer
from janua.gateway.doctor import examine
from janua.gateway.evolver import evolving, work_once
from janua.gateway.gateway import Gateway, open_gateway
from janua.gateway.intake import BATCH_DOCUMENTS
from janua.storage.pool import connection
from tests.cli.conftest import Outcome, process
from tests.gateway.builders import stream

pytestmark = pytest.mark.anyio

PEOPLE: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
BOSS = {"collection": "people", "field": "boss", "on_delete": "set_null"}
PALS = {"collection": "people", "field": "pals", "on_delete": "cascade"}
CHANGED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "x-index": True},
        "code": {"type": "string", "x-unique": True},
        "boss_id": {"type": ["string", "null"], "format": "uuid", "x-relation": BOSS},
        "pal_ids": {"type": "array", "items": {"type": "string", "format": "uuid"}, "x-relation": PALS},
        "born": {"type": "string", "format": "date"},
        "height": {"type": "number"},
    },
    "x-indexes": [{"fields": ["born"], "include": ["height"]}],
}
RECORDS = 30
MANY_RECORDS = 120  # more than the first batch of an evolution


def file_of(directory: Path, schema: Any) -> Path:
    file = directory / "people.json"
    file.write_text(json.dumps(schema))
    return file


def lines_of(directory: Path, count: int = RECORDS) -> Path:
    file = directory / "people.ndjson"
    file.write_text("".join(f'{{"name": "P{number}"}}\n' for number in range(count)))
    return file


def janua(database: str, *arguments: str | Path, **environment: str) -> Outcome:
    return process(*arguments, JANUA_DATABASE__DSN=database, **environment)


EVOLVED: dict[str, Any] = {
    "schema": {
        "type": "object",
        "properties": {"label": {"type": "string", "x-unique": True}, "code": {"type": "string"}},
        "additionalProperties": False,
    },
    "steps": [
        {"op": "move", "from": "/name", "path": "/label"},
        {"op": "default", "path": "/code", "value": "-"},
    ],
}


async def repaired(gateway: Gateway) -> None:
    """Return when everything agrees and nothing is left to do, which is soon."""
    async with asyncio.timeout(30):
        while True:
            diagnosis = await examine(gateway, records=True)
            assert list(diagnosis.findings) == []
            if not diagnosis.pending:
                return
            await asyncio.sleep(0.05)


async def count(gateway: Gateway) -> int:
    async with connection(gateway.pool) as c:
        return await c.fetchval("SELECT count(*) FROM collections.people")


async def fields_of(gateway: Gateway) -> set[str]:
    """Return the members that documents have, any of them."""
    async with connection(gateway.pool) as c:
        return {row[0] for row in await c.fetch("SELECT DISTINCT jsonb_object_keys(data) FROM collections.people")}


def test_every_failpoint_is_tried() -> None:
    assert {*REGISTERING, *BUILDING, *EVOLVING, *(step for step, _, _ in IMPORTING)} == set(STEPS)


REGISTERING = {
    "register.decided": 1,
    "register.locked": 1,
    "register.stored": 1,
    "register.applied": 1,
    "register.committed": 2,
}
BUILDING = ("index.begun", "index.built", "extract.made", "extract.filled")
EVOLVING = {
    "evolve.begun": 1,
    "evolve.filled": 1,
    "evolve.marked": 1,
    "evolve.locked": 1,
    "evolve.rewritten": 1,
    "evolve.switched": 1,
    "evolve.committed": 2,
}
LINES = BATCH_DOCUMENTS + 1  # what is less is stored in one statement
IMPORTING = [
    ("import.filled", LINES, 0),
    ("import.stored", LINES, 0),
    ("import.committed", LINES, LINES),
    ("import.committed", RECORDS, RECORDS),
]


@pytest.mark.parametrize(("step", "version"), REGISTERING.items())
async def test_a_killed_registration_is_there_wholly_or_not_at_all(
    settings: Settings, database: str, tmp_path: Path, step: str, version: int
) -> None:
    async with open_gateway(settings, name="before") as gateway:
        await schemas.register(gateway, "people", PEOPLE)
    assert janua(database, "apply", file_of(tmp_path, CHANGED), JANUA_FAIL=step).code == KILLED
    async with open_gateway(settings, name="after") as gateway:
        await repaired(gateway)
        assert gateway.live.catalog.collection("people").version == version
        assert (await schemas.register(gateway, "people", CHANGED)).version == 2
        await repaired(gateway)


@pytest.mark.parametrize("step", BUILDING)
async def test_a_killed_index_build_is_finished_by_the_next_process(
    settings: Settings, database: str, tmp_path: Path, step: str
) -> None:
    async with open_gateway(settings, name="before") as gateway:
        await schemas.register(gateway, "people", PEOPLE)
    assert janua(database, "import", "people", lines_of(tmp_path)).code == 0
    online = {"JANUA_REGISTRY__ONLINE_INDEX_ROWS": "0"}
    assert janua(database, "apply", file_of(tmp_path, CHANGED), JANUA_FAIL=step, **online).code == KILLED
    async with open_gateway(settings, name="after") as gateway:
        await repaired(gateway)
        assert {each.state for each in (await schemas.describe(gateway, "people")).indexes} == {"valid"}


@pytest.mark.parametrize(("step", "version"), EVOLVING.items())
async def test_a_killed_evolution_goes_on_with_the_next_process(
    settings: Settings, database: str, tmp_path: Path, step: str, version: int
) -> None:
    async with open_gateway(settings, name="before") as gateway:
        await schemas.register(gateway, "people", PEOPLE)
        lines = "".join(f'{{"name": "P{number}"}}\n' for number in range(MANY_RECORDS))
        await transfer.import_documents(gateway, "people", stream(lines))
    file = tmp_path / "evolution.json"
    file.write_text(json.dumps(EVOLVED))
    assert janua(database, "evolve", "people", file, JANUA_FAIL=step).code == KILLED
    async with open_gateway(settings, name="after") as gateway:
        diagnosis = await examine(gateway, records=True)
        under_way = [each.problem for each in diagnosis.pending if each.subject == "evolution"]
        assert (list(diagnosis.findings), under_way) == ([], ["is running"] if version == 1 else [])
        assert gateway.live.catalog.collection("people").version == version
        assert await fields_of(gateway) == ({"name"} if version == 1 else {"label", "code"})
        async with evolving(gateway):
            assert (await evolutions.wait(gateway, "people", 30)).state == "done"
        await repaired(gateway)
        assert gateway.live.catalog.collection("people").version == 2
        assert await fields_of(gateway) == {"label", "code"}
        assert await count(gateway) == MANY_RECORDS
        await work_once(gateway)
        async with connection(gateway.pool) as c:
            assert await c.fetchval("SELECT count(*) FROM janua.evolved") == 0


@pytest.mark.parametrize(("step", "lines", "records"), IMPORTING)
async def test_a_killed_import_is_there_wholly_or_not_at_all(
    settings: Settings, database: str, tmp_path: Path, step: str, lines: int, records: int
) -> None:
    async with open_gateway(settings, name="before") as gateway:
        await schemas.register(gateway, "people", CHANGED)
    assert janua(database, "import", "people", lines_of(tmp_path, lines), JANUA_FAIL=step).code == KILLED
    async with open_gateway(settings, name="after") as gateway:
        await repaired(gateway)
        assert await count(gateway) == records
