"""Evolutions over HTTP: what is begun, waited for, looked at and stopped, and what is refused, with what to change."""

import asyncio
import json
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

OLD: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
NEW: dict[str, Any] = {"type": "object", "properties": {"label": {"type": "string"}}, "required": ["label"]}
STEPS: list[Any] = [{"op": "move", "from": "/name", "path": "/label"}]
PATH = "/registry/people/evolution"
BODY = {"schema": NEW, "steps": STEPS}


@pytest.fixture
async def people(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a server with a collection of three people."""
    assert (await http.put("/registry/people", json=OLD)).status_code == 201
    for name in "ABC":
        assert (await http.post("/api/people", json={"name": name})).status_code == 201
    return http


async def labels(http: httpx.AsyncClient) -> list[str]:
    return [each["data"]["label"] for each in (await http.get("/api/people?sort=label")).json()["items"]]


async def test_an_evolution_that_is_waited_for_is_done(people: httpx.AsyncClient) -> None:
    done = await people.post(PATH, params={"wait": 30}, json=BODY)
    assert (done.status_code, done.headers["Location"]) == (200, PATH)
    members = done.json()
    assert (members["state"], members["from_version"], members["to_version"]) == ("done", 1, 2)
    assert members["records"] == {"total": 3, "checked": 3, "changed": 3, "invalid": 0, "samples": []}
    assert members["steps"] == STEPS
    assert await labels(people) == ["A", "B", "C"]
    assert (await people.get(PATH)).json() == members


async def test_one_that_is_not_waited_for_goes_on_and_can_be_followed(people: httpx.AsyncClient) -> None:
    begun = await people.post(PATH, json=BODY)
    assert (begun.status_code, begun.json()["state"]) == (202, "running")
    async with asyncio.timeout(30):
        while (await people.get(PATH)).json()["state"] == "running":  # noqa: ASYNC110 -- it is the server that works
            await asyncio.sleep(0.05)
    assert await labels(people) == ["A", "B", "C"]


async def test_a_dry_run_answers_the_report_and_samples_and_stores_nothing(people: httpx.AsyncClient) -> None:
    tried = await people.post(PATH, params={"dry_run": True}, json=BODY)
    assert tried.status_code == 200
    members = tried.json()
    assert (members["collection"], members["version"], members["dry_run"]) == ("people", 2, True)
    assert (members["verdict"], members["records"]["checked"], members["evolved"]["changed"]) == ("compatible", 3, 3)
    assert members["evolved"]["samples"][0].items() >= {"before": {"name": "A"}, "after": {"label": "A"}}.items()
    assert (await people.get("/registry/people")).json()["version"] == 1
    assert (await people.get(PATH)).json()["code"] == "registry.unknown_evolution"


async def test_yaml_is_taken_as_for_schemas(people: httpx.AsyncClient) -> None:
    body = "schema: {type: object}\nsteps:\n  - {op: remove, path: /name}\n"
    done = await people.post(PATH, params={"wait": 30}, content=body, headers={"Content-Type": "application/yaml"})
    assert done.json()["records"]["changed"] == 3


async def test_one_that_fails_says_why_and_is_mended_paused_resumed_and_aborted(people: httpx.AsyncClient) -> None:
    cast = {"schema": OLD, "steps": [{"op": "cast", "path": "/age", "to": "integer"}]}
    bad = await people.post("/api/people", json={"name": "D", "age": "old"})
    failed = (await people.post(PATH, params={"wait": 30}, json=cast)).json()
    assert failed["state"] == "failed"
    [sample] = failed["records"]["samples"]
    assert sample["id"] == bad.json()["id"]
    assert (
        sample["violations"][0].items() >= {"pointer": "/age", "keyword": "cast", "schema_pointer": "/steps/0"}.items()
    )
    conflict = await people.post(f"{PATH}/pause")
    assert (conflict.status_code, conflict.json()["code"]) == (409, "registry.evolution_conflict")
    assert (await people.put("/registry/people", json=NEW)).status_code == 409
    assert (await people.post(f"{PATH}/resume")).json()["state"] == "running"
    async with asyncio.timeout(30):
        while (await people.get(PATH)).json()["state"] == "running":  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.05)
    assert (await people.post(f"{PATH}/abort")).json()["state"] == "aborted"
    assert (await people.post(f"{PATH}/abort")).status_code == 409


async def test_if_match_names_the_version_that_may_be_current(people: httpx.AsyncClient) -> None:
    refused = await people.post(PATH, json=BODY, headers={"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["current"]) == (412, 1)
    assert (await people.post(PATH, params={"wait": 30}, json=BODY, headers={"If-Match": '"1"'})).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ({"schema": NEW, "steps": [{"op": "rename"}]}, 422, ["/steps/0/op"]),
        (
            {"schema": NEW, "steps": [STEPS[0], {"op": "cast", "path": "x", "to": "y"}]},
            422,
            ["/steps/1/to", "/steps/1/path"],
        ),
        ({"schema": {"type": 3}, "steps": []}, 422, ["/type"]),
        (NEW, 422, ["/properties", "/required", "/type", "/schema", "/steps"]),
        ({"schema": NEW, "steps": {}}, 422, ["/steps"]),
        ([], 422, [""]),
    ],
)
async def test_what_is_malformed_is_refused_with_pointers(
    people: httpx.AsyncClient, body: Any, status: int, pointers: list[str]
) -> None:
    for query in ({}, {"dry_run": "true"}):
        refused = await people.post(PATH, json=body, params=query)
        assert refused.status_code == status
        assert sorted(each["pointer"] for each in refused.json()["violations"]) == sorted(pointers)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/registry/nobody/evolution", 404, "registry.unknown_collection"),
        (f"{PATH}?wait=61", 400, "query.invalid"),
        (f"{PATH}?dryrun=true", 400, "query.invalid"),
    ],
)
async def test_what_is_not_there_or_not_known_is_refused(
    people: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    refused = await people.post(path, json=BODY)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_numbers_keep_their_digits_on_the_way(people: httpx.AsyncClient) -> None:
    digits = '{"name": "9007199254740993.10", "n": 0.10}'
    await people.put(
        "/api/people/01970000-0000-7000-8000-000000000001",
        content=digits,
        headers={"Content-Type": "application/json"},
    )
    steps = [
        {"op": "map", "path": "/name", "values": {"A": "1", "B": "2", "C": "3"}},
        {"op": "cast", "path": "/name", "to": "number"},
        {"op": "cast", "path": "/n", "to": "string"},
    ]
    body = {"schema": {"type": "object", "properties": {"name": {"type": "number"}}}, "steps": steps}
    assert (await people.post(PATH, params={"wait": 30}, json=body)).json()["state"] == "done"
    lines = (await people.get("/api/people/export")).text.splitlines()
    assert '{"n": "0.10", "name": 9007199254740993.10}' in lines
    assert len([json.loads(line) for line in lines]) == 4
