"""Clients read and write over HTTP, on two workers, while the schema flips between two forms, and all records too."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from janua.app import server_config
from janua.config import Settings
from janua.gateway.doctor import examine
from janua.gateway.gateway import open_gateway
from janua.registry.validation import Validator
from janua.storage.pool import connection
from tests.api.serving import serving

pytestmark = pytest.mark.anyio


def form(*required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*required], "additionalProperties": False}


OLD = form("name", name={"type": "string", "x-index": True}, n={"type": "string"})
NEW = form("title", title={"type": "string", "x-index": True}, n={"type": "integer"})
THERE: list[Any] = [{"op": "move", "from": "/name", "path": "/title"}, {"op": "cast", "path": "/n", "to": "integer"}]
BACK: list[Any] = [{"op": "move", "from": "/title", "path": "/name"}, {"op": "cast", "path": "/n", "to": "string"}]
FORMS = ({"name": "x", "n": "1"}, {"title": "x", "n": 1})
QUERIES = ("{ things(first: 50) { nodes { name n } } }", "{ things(first: 50) { nodes { title n } } }")
FIELDS = ({"name", "n"}, {"title", "n"})
GRAPHQL = {"Accept": "application/graphql-response+json"}
REFUSED_WRITES = {"record.invalid", "registry.stale_catalog", "database.conflict"}
"""What a writer may be told: that its form is not the current one, or, rarely, to send the request again."""


@pytest.fixture
async def workers(settings: Settings) -> AsyncGenerator[list[httpx.AsyncClient]]:
    """Clients of two workers, each with a gateway of its own."""
    async with AsyncExitStack() as stack:
        addresses = [await stack.enter_async_context(serving(server_config(settings, dev=True))) for _ in range(2)]
        yield [await stack.enter_async_context(httpx.AsyncClient(base_url=each, timeout=60)) for each in addresses]


class Clients:
    """Writers and readers of both forms, and what they were answered."""

    def __init__(self) -> None:
        self.stop = asyncio.Event()
        self.seen: Counter[str] = Counter()

    async def write(self, http: httpx.AsyncClient, which: int) -> None:
        while not self.stop.is_set():
            answer = await http.post("/api/things", json=FORMS[which])
            outcome = "written" if answer.status_code == 201 else answer.json()["code"]
            assert answer.status_code < 500
            assert outcome == "written" or outcome in REFUSED_WRITES
            self.seen[outcome] += 1
            await asyncio.sleep(0.01)

    async def select(self, http: httpx.AsyncClient, which: int) -> None:
        """A query of one form has only records of that form, or is refused for it has a field that is not there."""
        while not self.stop.is_set():
            answer = await http.post("/graphql", json={"query": QUERIES[which]}, headers=GRAPHQL)
            assert answer.status_code in (200, 400), answer.text
            found = answer.json()
            if answer.status_code == 200:
                assert "errors" not in found, found
                kinds = {type(each["n"]) for each in found["data"]["things"]["nodes"]}
                assert kinds <= {(str, int)[which]}
                assert None not in {each[("name", "title")[which]] for each in found["data"]["things"]["nodes"]}
            self.seen[f"selected {answer.status_code}"] += 1
            await asyncio.sleep(0.01)

    async def search(self, http: httpx.AsyncClient, which: int) -> None:
        """A filter by a field of one form finds records, or there is no such field."""
        field = ("name", "title")[which]
        while not self.stop.is_set():
            answer = await http.get("/api/things", params={field: "x", "limit": 20})
            assert answer.status_code in (200, 400), answer.text
            if answer.status_code == 200:
                items = answer.json()["items"]
                assert len(items) == 20
                assert all(each["data"].keys() == FIELDS[which] for each in items)
            self.seen[f"searched {answer.status_code}"] += 1
            await asyncio.sleep(0.01)

    async def export(self, http: httpx.AsyncClient) -> None:
        """An export has one form throughout."""
        while not self.stop.is_set():
            answer = await http.get("/api/things/export")
            assert answer.status_code == 200
            assert len({frozenset(json.loads(line)) for line in answer.text.splitlines()}) == 1
            self.seen["exported"] += 1
            await asyncio.sleep(0.05)


async def flip(http: httpx.AsyncClient, schema: Any, steps: list[Any]) -> None:
    body = {"schema": schema, "steps": steps}
    done = await http.post("/registry/things/evolution", params={"wait": 60}, json=body)
    assert (done.status_code, done.json()["state"]) == (200, "done"), done.text


@pytest.mark.parametrize("flips", [4, pytest.param(60, marks=pytest.mark.slow)])
async def test_nobody_sees_records_of_one_schema_by_the_other(
    workers: list[httpx.AsyncClient], settings: Settings, flips: int
) -> None:
    assert (await workers[0].put("/registry/things", params={"wait": 30}, json=OLD)).json()["workers"]["live"] == 2
    lines = "".join(json.dumps(FORMS[0]) + "\n" for _ in range(500))
    headers = {"Content-Type": "application/x-ndjson"}
    assert (await workers[0].post("/api/things/import", content=lines, headers=headers)).status_code == 200
    clients = Clients()
    running = [clients.export(workers[1])]
    for http in workers:
        for which in (0, 1):
            running += [clients.write(http, which), clients.select(http, which), clients.search(http, which)]
    tasks = [asyncio.create_task(each) for each in running]
    for number in range(flips):
        await flip(workers[number % 2], *((NEW, THERE), (OLD, BACK))[number % 2])
        await asyncio.sleep(0.2)
        assert [each.exception() for each in tasks if each.done()] == []
    clients.stop.set()
    await asyncio.gather(*tasks)
    print(clients.seen)
    assert all(clients.seen[each] > 0 for each in ("written", "record.invalid", "exported"))
    assert all(clients.seen[f"{read} {status}"] > 0 for read in ("selected", "searched") for status in (200, 400))
    rare = clients.seen["registry.stale_catalog"] + clients.seen["database.conflict"]
    assert rare <= clients.seen["written"] / 10
    await _all_are_valid(settings, flips + 1)


async def _all_are_valid(settings: Settings, version: int) -> None:
    """Every record is valid under the version it is stamped with, and under the current one."""
    async with open_gateway(settings, name="looking", builds=False) as gateway:
        assert list((await examine(gateway, records=True)).findings) == []
        assert gateway.live.catalog.collection("things").version == version
        async with connection(gateway.pool) as c:
            rows = await c.fetch("SELECT schema_version, data::text FROM collections.things")
    validators = [Validator(each) for each in (OLD, NEW)]
    # Versions are numbered from 1, which is the old form.
    assert all(validators[(stamp - 1) % 2].is_valid(json.loads(text)) for stamp, text in rows)
    assert len(rows) >= 500
