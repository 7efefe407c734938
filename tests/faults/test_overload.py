"""Too many requests at once, clients that dawdle, and the end of a worker that is busy."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncGenerator
from functools import partial

import asyncpg
import httpx
import pytest

from janua.api.admission import INTERVAL_SECONDS, WAIT_SECONDS, Gate
from janua.api.simple import is_simple
from janua.app import server_config
from janua.config import Settings
from janua.gateway.gateway import Gateway
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

PLACES = 4
MANY = 8
QUICK = 2.0  # seconds that a refusal may take on a machine that is busy; it is made after WAIT_SECONDS


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"server": settings.server.model_copy(update={"max_in_flight": PLACES})})


@contextlib.asynccontextmanager
async def stuck(dsn: str, collection: str = "books") -> AsyncGenerator[None]:
    """While the block runs, every statement on the collection waits."""
    holder = await asyncpg.connect(dsn)
    try:
        async with holder.transaction():
            await holder.execute(f"LOCK TABLE collections.{collection} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await holder.close()


@pytest.mark.parametrize("simple", [True, False])
async def test_more_requests_than_there_are_places_are_refused_at_once(
    simple: bool, http: httpx.AsyncClient, library: None, database: str
) -> None:
    async def send() -> tuple[httpx.Response, float]:
        start = time.monotonic()
        # With a body the request is read before it is refused, without one it is not.
        document = None if simple else {"title": "Dune"}
        answer = await http.request("GET" if simple else "POST", "/api/books", json=document)
        return answer, time.monotonic() - start

    async with stuck(database):
        under_way = [asyncio.create_task(send()) for _ in range(PLACES)]
        await asyncio.sleep(0.5)
        refused = await asyncio.gather(*(send() for _ in range(40)))
        assert (await http.get("/livez")).status_code == 200
        assert "janua_requests_refused_total" in (await http.get("/metrics")).text
    for answer, seconds in refused:
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["code"] == "request.overloaded"
        assert seconds < QUICK
    accepted = await asyncio.gather(*under_way)
    assert {answer.status_code for answer, _ in accepted} == ({200} if simple else {201})


async def test_a_connection_is_as_good_as_new_after_a_refusal(
    http: httpx.AsyncClient, library: None, database: str, served: str
) -> None:
    async with httpx.AsyncClient(base_url=served, limits=httpx.Limits(max_connections=1), timeout=30) as one:
        await one.get("/livez")
        async with stuck(database):
            under_way = [asyncio.create_task(http.get("/api/books")) for _ in range(PLACES)]
            await asyncio.sleep(0.5)
            for _ in range(3):
                assert (await one.get("/api/authors")).status_code == 503
                answer = await one.head("/api/authors")
                assert (answer.status_code, answer.content) == (503, b"")
                assert (await one.post("/api/authors", json={"name": "Ann"})).status_code == 503
                assert (await one.get("/api/authors", headers={"Content-Length": "0"})).status_code == 503
        await asyncio.gather(*under_way)
        assert (await one.post("/api/authors", json={"name": "Ann"})).status_code == 201
        assert [each["data"] for each in (await one.get("/api/authors")).json()["items"]] == [{"name": "Ann"}]


async def test_requests_sent_ahead_are_all_answered_in_order(
    http: httpx.AsyncClient, library: None, served: str, database: str
) -> None:
    request = b"GET /api/authors HTTP/1.1\r\nHost: x\r\n\r\n"
    async with stuck(database):
        under_way = [asyncio.create_task(http.get("/api/books")) for _ in range(PLACES)]
        await asyncio.sleep(0.5)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(served.rpartition(":")[2]))
        writer.write(request)
        await asyncio.sleep(WAIT_SECONDS / 3)
        writer.write(request + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        statuses: list[bytes] = []
        async with asyncio.timeout(20):
            for _ in range(3):
                head = await reader.readuntil(b"\r\n\r\n")
                statuses.append(head[9:12])
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
        writer.close()
    assert statuses == [b"503", b"503", b"200"]
    await asyncio.gather(*under_way)


async def test_a_short_crowd_is_let_in_without_a_refusal(gateway: Gateway) -> None:
    async with (
        serving(server_config(gateway.settings, gateway=gateway)) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        answers = await asyncio.gather(*(http.get("/") for _ in range(2 * PLACES)))
    assert {each.status_code for each in answers} == {200}


class Narrow(Gate):
    """A gate that has one place for work, whatever happens."""

    def _fitting(self, passed: float) -> float:
        return 1.0


@pytest.mark.parametrize("waits_for", ["a statement", "the rest of a body", "a client that does not read"])
async def test_a_request_that_waits_for_its_client_leaves_its_place_to_others(
    waits_for: str, gateway: Gateway, library: None, database: str
) -> None:
    config = server_config(gateway.settings, gateway=gateway)
    config.gate = Narrow(MANY)
    async with (
        serving(config) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
        contextlib.AsyncExitStack() as stack,
    ):
        _, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]), limit=1)
        stack.callback(writer.close)
        match waits_for:
            case "a statement":
                await stack.enter_async_context(stuck(database))
                writer.write(b"GET /api/books HTTP/1.1\r\nHost: x\r\n\r\n")
            case "the rest of a body":
                writer.write(b"POST /api/books HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
                writer.write(b"Content-Length: 100\r\n\r\n{")
            case _:
                documents = "\n".join(json.dumps({"name": "x" * 10_000}) for _ in range(2000))
                headers = {"Content-Type": "application/x-ndjson"}
                imported = await http.post("/api/records/import", content=documents, headers=headers)
                assert imported.json()["imported"] == 2000
                writer.write(b"GET /api/records/export HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(3 * INTERVAL_SECONDS)
        await http.get("/")  # since the last look, at least one
        await asyncio.sleep(2 * INTERVAL_SECONDS)
        statuses = {(await http.get("/api")).status_code for _ in range(3)}
        assert (503 in statuses) is (waits_for == "a statement")


async def test_clients_that_are_gone_give_their_places_back(
    http: httpx.AsyncClient, library: None, served: str, database: str
) -> None:
    for _ in range(3):
        async with stuck(database), httpx.AsyncClient(base_url=served) as other:
            tasks = [asyncio.create_task(other.get("/api/books")) for _ in range(3 * PLACES)]
            await asyncio.sleep(0.1)
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
    for _ in range(100):
        if (await http.get("/api/books")).status_code == 200:
            break
        await asyncio.sleep(0.1)
    answers = await asyncio.gather(*(http.get("/api/books") for _ in range(PLACES)))
    assert {each.status_code for each in answers} == {200}


async def test_the_newest_goes_first_only_when_there_are_too_many() -> None:
    loop = asyncio.get_running_loop()
    for waiting, first in ((2, 0), (20, 19)):
        gate = Gate(2)
        admitted: list[int] = []
        for _ in range(2):
            gate.enter(loop, lambda: None, lambda: None)
        for each in range(waiting):
            gate.enter(loop, partial(admitted.append, each), lambda: None)
        gate.leave()
        assert admitted == [first]


async def test_a_place_comes_free_for_the_next_after_refusals() -> None:
    loop = asyncio.get_running_loop()
    gate = Gate(1)
    told: list[str] = []
    gate.enter(loop, lambda: told.append("in"), lambda: told.append("out"))
    gate.enter(loop, lambda: told.append("in"), lambda: told.append("out"))
    await asyncio.sleep(WAIT_SECONDS * 4)
    assert told == ["in", "out"]
    gate.leave()
    assert not gate.full
    gate.enter(loop, lambda: told.append("in"), lambda: told.append("out"))
    assert told == ["in", "out", "in"]


@pytest.mark.parametrize(
    ("data", "simple"),
    [
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"GET /metrics?x HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"GET /api/books HTTP/1.0\r\nHost: x\r\n\r\n", False),
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", False),
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n", False),
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbook", False),
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\nTRANSFER-ENCODING: chunked\r\n\r\n", False),
        (b"GET /graphql HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n", False),
        (b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", False),
        (b"GET /api/books HTTP/1.1\r\nHost: x\r\n", False),
        (b"HEAD /api/books HTTP/1.1\r\nHost: x\r\n\r\n", False),
        (b"DELETE /api/books/1 HTTP/1.1\r\nHost: x\r\n\r\n", True),
        (b"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", True),
        (b"POST /graphql HTTP/1.1\r\ncontent-length:0\r\n\r\n", True),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n", True),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}", False),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 1\r\n\r\n{}", False),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", False),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: 2\nContent-Length: 20\r\n\r\n{}", False),
        (b"POST /graphql HTTP/1.1\r\nContent-Length : 2\r\n\r\n{}", False),
        (b"POST /graphql HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}", False),
        (b"POST /graphql HTTP/1.1\r\nHost: x\r\n\r\n{}", False),
        (b"POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET /b HTTP/1.1\r\n\r\n", False),
    ],
)
def test_only_a_whole_request_is_refused_unread(data: bytes, simple: bool) -> None:
    assert is_simple(data) is simple
