"""A process that is killed at any step of a registration, an index build or an import leaves nothing half done."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from janua.config import Settings
from janua.failpoints import KILLED, STEPS
from janua.gateway import schemas
from janua.gateway.doctor import examine
from janua.gateway.gateway import Gateway, open_gateway
from janua.storage.pool import connection
from tests.cli.conftest import Outcome, process

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
    },
}
RECORDS = 30


def file_of(directory: Path, schema: Any) -> Path:
    file = directory / "people.json"
    file.write_text(json.dumps(schema))
    return file


def lines_of(directory: Path) -> Path:
    file = directory / "people.ndjson"
    file.write_text("".join(f'{{"name": "P{number}"}}\n' for number in range(RECORDS)))
    return file


def janua(database: str, *arguments: str | Path, **environment: str) -> Outcome:
    return process(*arguments, JANUA_DATABASE__DSN=database, **environment)


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


def test_every_failpoint_is_tried() -> None:
    assert {*REGISTERING, *BUILDING, *IMPORTING} == set(STEPS)


REGISTERING = {
    "register.decided": 1,
    "register.locked": 1,
    "register.stored": 1,
    "register.applied": 1,
    "register.committed": 2,
}
BUILDING = ("index.begun", "index.built")
IMPORTING = {"import.filled": 0, "import.stored": 0, "import.committed": RECORDS}


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


@pytest.mark.parametrize(("step", "records"), IMPORTING.items())
async def test_a_killed_import_is_there_wholly_or_not_at_all(
    settings: Settings, database: str, tmp_path: Path, step: str, records: int
) -> None:
    async with open_gateway(settings, name="before") as gateway:
        await schemas.register(gateway, "people", CHANGED)
    assert janua(database, "import", "people", lines_of(tmp_path), JANUA_FAIL=step).code == KILLED
    async with open_gateway(settings, name="after") as gateway:
        await repaired(gateway)
        assert await count(gateway) == records
