"""Bad input over HTTP: it gets its 4xx as a problem, changes nothing, gives nothing away and keeps nobody waiting.

The catalogue is in the modules `hostile_*`. One server and one database serve a whole module of tests, because that
nothing stays behind is what they are about.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import asyncpg
import httpx
import pytest

from janua.app import server_config
from janua.config import load_settings
from janua.gateway.gateway import open_gateway
from tests.api.hostile import AN_ID, JSON, THINGS, Case
from tests.api.hostile_documents import REFUSED_DOCUMENTS, TAKEN_DOCUMENTS
from tests.api.hostile_requests import REFUSED_REQUESTS
from tests.api.hostile_schemas import COLLIDING, REFUSED_SCHEMAS, RESERVED, TAKEN_SCHEMAS, WEIRD_NAMES, properties
from tests.api.serving import serving
from tests.conftest import administer, in_database
from tests.tracing import TRACED

pytestmark = pytest.mark.anyio

PATIENCE = 1.0 if TRACED else 0.25
"""Seconds of work that another request may have to wait for while a bad one is handled; tracing slows all down."""
STUCK = 4 * PATIENCE
"""Seconds that it may take by the clock, at the best of several tries: what else the machine does takes time too."""
CHANCES = 4
SECRETS = ("SELECT ", "INSERT ", "CREATE ", "Traceback", "asyncpg", "jsonschema_rs", "jiter", "/src/", "site-packages")
"""What no answer to bad input may have in it."""

Send = Callable[[], Awaitable[httpx.Response]]


@dataclass(frozen=True)
class House:
    """A server for the whole module: its address and database, and two connections to it."""

    address: str
    http: httpx.AsyncClient
    other: httpx.AsyncClient
    database: asyncpg.Connection

    def sending(self, case: Case) -> Send:
        body, headers = case.body(), dict(case.headers)
        return lambda: self.http.request(case.method, case.path, content=body, headers=headers)

    async def state(self) -> list[tuple[object, ...]]:
        """Everything that is registered and stored."""
        found = await self.database.fetch(
            "SELECT collection, version, fingerprint FROM janua.schema_versions ORDER BY 1, 2"
        )
        tables = await self.database.fetch(
            "SELECT relname FROM pg_class WHERE relnamespace = 'collections'::regnamespace"
        )
        records = await self.database.fetch("SELECT id, version, data FROM collections.things ORDER BY 1")
        return [*map(tuple, found), *sorted(map(tuple, tables)), *map(tuple, records)]


@pytest.fixture(scope="module")
async def house(server: str, template: str) -> AsyncGenerator[House]:
    name = f"{template}_bad_input"
    await administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    dsn = in_database(server, name)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JANUA_SETTINGS", "")
        settings = load_settings("development").with_dsn(dsn)
    async with contextlib.AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings, name="test"))
        address = await stack.enter_async_context(serving(server_config(settings, dev=True, gateway=gateway)))
        http, other = [
            await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=60)) for _ in range(2)
        ]
        database = await asyncpg.connect(dsn)
        stack.push_async_callback(database.close)
        assert (await http.put("/registry/things", json=THINGS)).status_code == 201
        thing = {"isbn": "taken", "nested": {"city": "Utrecht"}, "tags": []}
        assert (await http.put(f"/api/things/{AN_ID}", json=thing)).status_code == 201
        yield House(address, http, other, database)
    await administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@dataclass(frozen=True)
class Wait:
    """How long another request took: by the clock, and in CPU seconds that this process spent meanwhile.

    Whoever holds the event loop or the interpreter works; what other processes do on the same machine is no work of
    ours. Waiting without work, for a lock or a file, shows on the clock.
    """

    clock: float = 0.0
    work: float = 0.0

    @property
    def too_long(self) -> bool:
        return self.work > PATIENCE or self.clock > STUCK


async def worst_wait(house: House, send: Send) -> tuple[httpx.Response, Wait]:
    """Send a request while another connection asks every 10 ms; return its answer and the worst that the other met."""
    answering = asyncio.ensure_future(send())
    worst = Wait()
    while not answering.done():
        clock, work = time.perf_counter(), time.process_time()
        answer = await house.other.get("/records?limit=1")
        await asyncio.sleep(0.01)
        clock, work = time.perf_counter() - clock - 0.01, time.process_time() - work
        worst = Wait(max(worst.clock, clock), max(worst.work, work))
        assert answer.status_code == 200
    return answering.result(), worst


async def undisturbed(house: House, send: Send) -> httpx.Response:
    """Send a request that must not keep others waiting; a busy machine gets more chances than one."""
    answer, worst = await worst_wait(house, send)
    for _ in range(CHANCES):
        if worst.too_long:
            answer, worst = await worst_wait(house, send)
    assert not worst.too_long, f"another request waited for {worst.work:.3f} s of work, {worst.clock:.3f} s in all"
    return answer


def assert_refused(answer: httpx.Response, case: Case) -> None:
    assert answer.status_code == case.status, answer.text[:500]
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (case.status, case.code)
    if case.pointer is not None:
        found = [problem["pointer"]] if "pointer" in problem else [each["pointer"] for each in problem["violations"]]
        assert found[0] == case.pointer
    assert not [each for each in SECRETS if each in answer.text]


@pytest.mark.parametrize("case", [*REFUSED_SCHEMAS, *REFUSED_DOCUMENTS, *REFUSED_REQUESTS], ids=str)
async def test_bad_input_is_refused_and_changes_nothing_and_disturbs_nobody(house: House, case: Case) -> None:
    before = await house.state()
    answer = await undisturbed(house, house.sending(case))
    assert_refused(answer, case)
    assert await house.state() == before


@pytest.mark.parametrize(("name", "body"), TAKEN_DOCUMENTS, ids=lambda each: each if isinstance(each, str) else "")
async def test_an_odd_document_is_stored_and_comes_back_the_same(
    house: House, name: str, body: Callable[[], bytes]
) -> None:
    text = body()

    async def store() -> httpx.Response:
        return await house.http.put("/api/things/" + AN_ID[:-1] + "8", content=text, headers=JSON)

    try:
        answer = await undisturbed(house, store)
        assert answer.status_code in (200, 201), answer.text[:500]
        assert json.loads(answer.content)["data"] == json.loads(text)
        listed = await house.http.get("/api/things", params={"sort": "code,name,number"})
        assert listed.status_code == 200
    finally:
        await house.http.delete("/api/things/" + AN_ID[:-1] + "8")


@pytest.mark.parametrize(
    ("name", "schema", "document"), TAKEN_SCHEMAS, ids=lambda each: each if isinstance(each, str) else ""
)
async def test_an_odd_schema_is_served_everywhere_and_disturbs_nobody(
    house: House, name: str, schema: Callable[[], bytes], document: object
) -> None:
    text = schema()
    try:
        registered = await undisturbed(house, lambda: house.http.put("/registry/odd", content=text, headers=JSON))
        assert registered.status_code in (200, 201), registered.text[:500]
        stored = await undisturbed(house, lambda: house.http.post("/api/odd", json=document))
        assert stored.status_code == 201, stored.text[:500]
        assert stored.json()["data"] == document
        for path in ("/api/odd", "/registry/odd", "/openapi/odd.json", "/openapi.json", "/registry"):
            answer = await undisturbed(house, lambda path=path: house.http.get(path))
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    finally:
        await house.http.delete("/registry/odd?records=delete")


async def test_an_odd_name_has_a_name_of_its_own_in_every_face_and_can_be_asked_for(house: House) -> None:
    try:
        await house.http.put("/registry/odd", json=properties([*WEIRD_NAMES, *COLLIDING]))
        await house.http.post("/api/odd", json={name: f"value {at}" for at, name in enumerate(WEIRD_NAMES)})
        fields = (await house.http.get("/registry/odd")).json()["fields"]
        for face in ("graphql", "rest"):
            names = [each[face] for each in fields]
            assert len(names) == len(set(names)) >= len({*WEIRD_NAMES, *COLLIDING})
        rest = {each["pointer"]: each["rest"] for each in fields}
        for at, name in enumerate(WEIRD_NAMES):
            asked = rest["/" + name.replace("~", "~0").replace("/", "~1")]
            found = await house.http.get("/api/odd", params={"where": json.dumps({asked: {"eq": f"value {at}"}})})
            assert found.status_code == 200, found.text
            assert len(found.json()["items"]) == 1, name
    finally:
        await house.http.delete("/registry/odd?records=delete")


async def test_names_that_collide_do_not_depend_on_their_order(house: House) -> None:
    maps: list[dict[str, str]] = []
    for names in (COLLIDING, COLLIDING[::-1]):
        await house.http.put("/registry/odd", json=properties(names))
        fields = (await house.http.get("/registry/odd")).json()["fields"]
        maps.append({each["pointer"]: each["graphql"] for each in fields})
        await house.http.delete("/registry/odd")
    assert maps[0] == maps[1]


@pytest.mark.parametrize("name", RESERVED)
async def test_a_collection_called_like_a_type_of_graphql_takes_none_of_its_names(house: House, name: str) -> None:
    try:
        assert (await house.http.put(f"/registry/{name}", json=properties(["a"]))).status_code == 201
        assert (await house.http.post(f"/api/{name}", json={"a": "x"})).status_code == 201
        graphql = (await house.http.get(f"/registry/{name}")).json()["graphql"]
        reserved = {"Query", "Mutation", "Subscription", "Int", "String", "Float", "Boolean", "ID", "JSON", "PageInfo"}
        assert graphql["type"] not in {*reserved, "Node"}
        assert len(set(graphql.values())) == 3
    finally:
        await house.http.delete(f"/registry/{name}?records=delete")


async def test_collections_of_one_long_prefix_stay_apart(house: House) -> None:
    names = ["p" * 46 + last for last in "abc"]
    schema = properties(["q" * 100 + "1", "q" * 100 + "2"], **{"x-index": True, "x-unique": True})
    try:
        for at, name in enumerate(names):
            assert (await house.http.put(f"/registry/{name}", json=schema)).status_code == 201
            assert (await house.http.post(f"/api/{name}", json={"q" * 100 + "1": str(at)})).status_code == 201
        listed = [(await house.http.get(f"/api/{name}")).json()["items"] for name in names]
        assert [[each["data"]["q" * 100 + "1"] for each in items] for items in listed] == [["0"], ["1"], ["2"]]
    finally:
        for name in names:
            await house.http.delete(f"/registry/{name}?records=delete")


async def test_nothing_of_a_schema_reaches_a_page(house: House) -> None:
    evil = "</script><script>alert(1)</script>"
    try:
        await house.http.put("/registry/odd", json={"title": evil, "description": evil})
        for path in ("/docs", "/redoc", "/"):
            page = await house.http.get(path, headers={"Accept": "text/html"})
            assert "alert" not in page.text
            assert "script-src" in page.headers["Content-Security-Policy"]
        described = await house.http.get("/openapi.json")
        assert described.headers["Content-Type"] == "application/json"
        assert evil in json.dumps(described.json())
    finally:
        await house.http.delete("/registry/odd")


async def test_a_body_of_100_mb_is_refused_before_it_is_read(house: House) -> None:
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1600):
            sent += 65_536
            yield b" " * 65_536

    async def send() -> httpx.Response:
        return await house.http.post("/api/things", content=parts(), headers=JSON)

    refused = Case("", 413, "document.too_large")
    with contextlib.suppress(httpx.TransportError):
        assert_refused(await undisturbed(house, send), refused)
    reader, writer = await asyncio.open_connection(*house.address.removeprefix("http://").split(":"))
    head = "POST /api/things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n"
    writer.write(head.encode())
    assert (await reader.readline()).split()[1] == b"413"
    writer.close()


async def test_a_cursor_serves_its_own_query_only_and_cannot_be_made(house: House) -> None:
    created = [(await house.http.post("/records", json={"n": n})).headers["Location"] for n in range(3)]
    cursor: str = (await house.http.get("/records?limit=1")).json()["page"]["next"]
    tampered = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(0, len(cursor), 7)]
    asked = [("/records", each) for each in (*tampered, cursor + "A", cursor[:-1])]
    for path, after in [*asked, ("/api/things", cursor)]:
        answer = await house.http.get(path, params={"after": after})
        assert_refused(answer, Case("", 400, "query.invalid_cursor"))
    assert (await house.http.get("/records", params={"after": cursor})).status_code == 200
    for each in created:
        await house.http.delete(each)


async def test_nothing_of_a_request_becomes_a_header(house: House) -> None:
    evil = "x\r\nX-Evil: 1"
    for n in range(2):
        await house.http.post("/records", json={"n": n})
    answers = [
        await house.http.get(
            "/records", params={"limit": "1", "where": json.dumps({"data": {"exists": True}}), "x": evil}
        ),
        await house.http.get("/records", params={"limit": "1", "where": "{}\r\nX-Evil: 1"}),
        await house.http.get("/records", params={"limit": "1", "sort": evil}),
        await house.http.put(f"/records/{AN_ID}%0d%0aX-Evil:1", json={}),
        await house.http.request("GET", "/problems/x%0aX-Evil:%201"),
        await house.http.get("/records/x%0d%0aX-Evil:%201"),
    ]
    for each in answers:
        assert "X-Evil" not in each.headers
        assert 400 <= each.status_code < 500
