"""What happens to the database, and what clients see of it: never a 500, never a hang, no acknowledged write lost."""

import asyncio
import contextlib
import json
import logging
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from janua.app import server_config
from janua.config import Settings
from janua.gateway.gateway import open_gateway
from janua.gateway.schemas import register_many
from janua.model.identifiers import new_id
from janua.telemetry.logs import QUIET, SILENT, configure
from tests.api.serving import Relay, serving
from tests.faults.postgresql import SETTLED_SECONDS, Cutter, Postgresql, postgresql
from tests.faults.test_overload import stuck
from tests.faults.working import BOOKS, Work, assert_whole, stored

pytestmark = pytest.mark.anyio

PROMISED_READY_SECONDS = 2.0
READY_SECONDS = 6.0  # the promise, on a machine that does much else
NOTICED_SECONDS = 5.0  # the promise is 1, as above


@pytest.fixture
async def own(tmp_path: Path) -> AsyncGenerator[Postgresql]:
    async with postgresql(tmp_path / "server") as server:
        yield server


@pytest.fixture
def quiet_libraries(caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Log lines are those of `janua serve`."""
    root, names = logging.getLogger(), (*QUIET, *SILENT)
    before = root.handlers[:], root.level, [logging.getLogger(each).level for each in names]
    configure("info", "pretty")
    root.addHandler(caplog.handler)
    yield
    root.handlers, root.level = before[:2]
    for name, level in zip(names, before[2], strict=True):
        logging.getLogger(name).setLevel(level)


@contextlib.asynccontextmanager
async def janua(settings: Settings, **database: object) -> AsyncGenerator[httpx.AsyncClient]:
    """A client of a server whose `database` settings are these; it has a collection `books`."""
    changed = settings.model_copy(update={"database": settings.database.model_copy(update=database)})
    async with open_gateway(changed, name="test") as gateway:
        await register_many(gateway, {"books": BOOKS})
        async with (
            serving(server_config(changed, gateway=gateway)) as address,
            httpx.AsyncClient(base_url=address, timeout=60) as http,
        ):
            yield http


async def until_ready(http: httpx.AsyncClient) -> float:
    async with asyncio.timeout(60):
        while (await http.get("/readyz")).status_code != 200:  # noqa: ASYNC110 -- another process tells no event
            await asyncio.sleep(0.02)
    return time.monotonic()


async def assert_restarts_lose_nothing(
    settings: Settings, own: Postgresql, how: Sequence[signal.Signals], seconds: float
) -> None:
    """End PostgreSQL under load, again and again; Janua is ready within so many seconds of its return."""
    waits: list[float] = []
    async with janua(settings.with_dsn(own.dsn)) as http, Work(http).running() as work:
        for each in how:
            await asyncio.sleep(SETTLED_SECONDS)
            back = await own.restart(each)
            waits.append(await until_ready(http) - back)
            assert (await http.get("/livez")).status_code == 200
            await work.reach(10)
    print(f"ready after {[round(each, 2) for each in waits]} s, {work.statuses}, slowest {work.slowest:.1f} s")
    assert max(waits) < seconds, waits
    assert_whole(work, await stored(own.dsn))


@pytest.mark.slow
async def test_ten_restarts_of_postgresql_lose_nothing_and_are_over_in_seconds(
    settings: Settings, own: Postgresql
) -> None:
    await assert_restarts_lose_nothing(settings, own, [signal.SIGINT, signal.SIGQUIT] * 5, PROMISED_READY_SECONDS)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT, signal.SIGKILL], ids=["fast", "immediate", "crash"])
async def test_a_restart_of_postgresql_loses_nothing(settings: Settings, own: Postgresql, how: signal.Signals) -> None:
    await assert_restarts_lose_nothing(settings, own, [how], READY_SECONDS)


async def test_killed_backends_are_a_503_for_whom_they_served_and_nothing_for_the_next(
    settings: Settings, database: str
) -> None:
    administrator = await asyncpg.connect(database)
    async with janua(settings) as http, Work(http).running() as work:
        for _ in range(15):
            await asyncio.sleep(0.1)
            await administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await work.reach(30)
    await administrator.close()
    assert_whole(work, await stored(database))


async def test_a_database_that_is_away_is_a_503_that_says_when_to_come_again(settings: Settings, database: str) -> None:
    reading = {"query": "{ books { nodes { id } } }"}
    writing = {"query": 'mutation { createBook(input: {title: "x"}) { id } }'}
    registering = {"query": 'mutation { registerSchema(name: "new", document: {type: "object"}) { version } }'}
    async with Relay(database) as relay, janua(settings.with_dsn(relay.dsn), acquire_timeout=0.5) as http:
        await relay.close()
        answers = [
            await http.get("/api/books"),
            await http.put("/registry/new", json={}),
            *[await http.post("/graphql", json=each) for each in (reading, writing, registering)],
        ]
        await relay.open()
        for answer in answers:
            assert "database.unavailable" in answer.text
            assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1"), answer.text


async def test_the_log_stays_short_while_postgresql_is_away(
    settings: Settings, database: str, caplog: pytest.LogCaptureFixture, quiet_libraries: None
) -> None:
    async with Relay(database) as relay, janua(settings.with_dsn(relay.dsn)) as http:
        await relay.close()
        for _ in range(30):
            assert (await http.get("/api/books")).status_code == 503
            await asyncio.sleep(0.1)
        await relay.open()
        async with asyncio.timeout(READY_SECONDS):
            while "the catalog is followed again" not in caplog.messages:  # noqa: ASYNC110 -- a line tells no event
                await asyncio.sleep(0.02)
    said = [each for each in caplog.records if each.levelno >= logging.WARNING]
    assert len(said) <= len({each.getMessage() for each in said}) <= 6
    assert not any(each.exc_info for each in said)


async def test_a_write_cut_at_any_byte_is_there_wholly_or_not_at_all(settings: Settings, database: str) -> None:
    async with Cutter(database) as cutter, janua(settings.with_dsn(cutter.dsn)) as http:
        for count in range(1, 700, 29):
            id = str(new_id())
            cutter.cut_after(count)
            answer = await http.put(f"/api/books/{id}", json={"title": id})
            cutter.cut_after(None)
            assert answer.status_code in (201, 503), answer.text
            await until_ready(http)
            found = await http.get(f"/api/books/{id}")
            assert found.status_code in ((200,) if answer.status_code == 201 else (200, 404))
            if found.status_code == 200:
                assert found.json()["data"] == {"title": id}
                assert found.json()["version"] == 1


async def test_a_write_with_an_idempotency_key_may_be_sent_again_until_it_is_there_once(
    settings: Settings, database: str
) -> None:
    async with Cutter(database) as cutter, janua(settings.with_dsn(cutter.dsn)) as http:
        for count in range(1, 1500, 97):
            title, ids = f"book-{count}", list[str]()
            cutter.cut_after(count)
            for _ in range(50):
                answer = await http.post("/api/books", json={"title": title}, headers={"Idempotency-Key": title})
                assert answer.status_code in (201, 503), answer.text
                if answer.status_code == 201:
                    ids.append(answer.json()["id"])
                    break
                await asyncio.sleep(0.02)
            cutter.cut_after(None)
            listed = (await http.get("/api/books", params={"title": title})).json()["items"]
            assert [each["id"] for each in listed] == ids
            assert len(ids) == 1


async def test_an_import_that_is_cut_stores_nothing(settings: Settings, database: str) -> None:
    lines = b"".join(b'{"title": "%d"}\n' % number for number in range(2000))
    async with Cutter(database) as cutter, janua(settings.with_dsn(cutter.dsn)) as http:
        for count in (500, 20_000, 60_000):
            cutter.cut_after(count, every=True)
            answer = await http.post(
                "/api/books/import", content=lines, headers={"Content-Type": "application/x-ndjson"}
            )
            cutter.cut_after(None)
            assert answer.status_code == 503, answer.text
            assert sum((await stored(database)).values()) == 0


async def test_a_pool_that_is_exhausted_is_a_503_in_time_and_health_still_answers(
    settings: Settings, database: str
) -> None:
    async with janua(settings, pool_min=1, pool_max=1, acquire_timeout=0.5) as http:
        async with stuck(database):
            first = asyncio.create_task(http.get("/api/books"))
            await asyncio.sleep(0.2)
            start = time.monotonic()
            answer = await http.get("/api/books")
            assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
            assert answer.headers["Retry-After"]
            assert time.monotonic() - start < NOTICED_SECONDS
            assert (await http.get("/livez")).status_code == 200
            assert (await http.get("/readyz")).status_code == 503
        assert (await first).status_code == 200


async def test_exports_that_are_left_standing_keep_nobody_else_waiting(settings: Settings, database: str) -> None:
    lines = "".join(json.dumps({"title": str(n) * 1_000_000}) + "\n" for n in range(10))
    ask = b"GET /api/books/export HTTP/1.1\r\nHost: test\r\n\r\n"
    async with (
        janua(settings, pool_min=1, pool_max=4, acquire_timeout=0.5) as http,
        contextlib.AsyncExitStack() as stack,
    ):
        sent = await http.post("/api/books/import", content=lines, headers={"Content-Type": "application/x-ndjson"})
        assert sent.json()["imported"] == 10
        for _ in range(6):
            taker = stack.enter_context(socket.socket())
            taker.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            await asyncio.to_thread(taker.connect, (http.base_url.host, http.base_url.port))
            taker.sendall(ask)
        await asyncio.sleep(1)
        for _ in range(3):
            assert (await http.get("/api/books?limit=1")).status_code == 200
        answer = await http.get("/api/books/export")
        assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
        assert answer.headers["Retry-After"]
        await stack.aclose()
        async with asyncio.timeout(NOTICED_SECONDS):
            while (await http.get("/api/books/export?title=x")).status_code != 200:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    ("patience", "status", "code"),
    [
        ({"lock_timeout": 0.3}, 409, "database.conflict"),
        ({"statement_timeout": 0.3}, 504, "database.timeout"),
    ],
)
async def test_a_statement_that_waits_too_long_ends_in_time(
    patience: dict[str, float], status: int, code: str, settings: Settings, database: str
) -> None:
    async with janua(settings, **patience) as http:
        async with stuck(database):
            requests = (
                http.get("/api/books"),
                http.get(f"/api/books/{UUID(int=7)}"),
                http.post("/api/books", json={"title": "x"}),
            )
            for answer in await asyncio.gather(*requests):
                assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await http.get("/api/books")).status_code == 200


async def test_the_sql_of_a_client_that_is_gone_is_cancelled(settings: Settings, database: str) -> None:
    async with janua(settings) as http, stuck(database):
        with pytest.raises(httpx.ReadTimeout):
            await http.get("/api/books", timeout=0.5)
        assert await idle_after(database, "%books%") < NOTICED_SECONDS


async def test_an_export_ends_with_its_client(settings: Settings, database: str) -> None:
    chance = random.Random(1)
    lines = b"".join(json.dumps({"title": chance.randbytes(4000).hex()}).encode() + b"\n" for _ in range(3000))
    async with janua(settings) as http:
        imported = await http.post("/api/books/import", content=lines, headers={"Content-Type": "application/x-ndjson"})
        assert imported.status_code == 200
        async with http.stream("GET", "/api/books/export") as answer:
            await anext(answer.aiter_bytes())
        assert await idle_after(database, "COPY%") < NOTICED_SECONDS
        assert (await http.get("/api/books?limit=1")).status_code == 200


async def idle_after(dsn: str, statement: str) -> float:
    """Return after how many seconds PostgreSQL works on no such statement any more."""
    connection = await asyncpg.connect(dsn)
    start = time.monotonic()
    async with asyncio.timeout(20):
        while await connection.fetchval(  # noqa: ASYNC110 -- PostgreSQL tells no event
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
            "AND pid <> pg_backend_pid() AND query LIKE $1",
            statement,
        ):
            await asyncio.sleep(0.02)
    await connection.close()
    return time.monotonic() - start


@pytest.fixture
def small_disk(tmp_path: Path, own: Postgresql) -> str:
    """A directory of PostgreSQL's with room for 8 MB."""
    disk = Path(f"/tmp/janua-disk-{os.getpid()}")
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk], capture_output=True, check=False)
    if mounted.returncode != 0:
        disk.rmdir()
        pytest.skip("a small disk needs a root who may mount one")
    owner = Path(f"/proc/{own.process}").stat()
    os.chown(disk, owner.st_uid, owner.st_gid)
    return str(disk)


async def test_a_full_disk_is_a_507_and_reads_go_on(settings: Settings, own: Postgresql, small_disk: str) -> None:
    try:
        async with janua(settings.with_dsn(own.dsn)) as http:
            await own.administer(f"CREATE TABLESPACE small LOCATION '{small_disk}'")
            await own.administer("ALTER TABLE collections.books SET TABLESPACE small")
            first = (await http.post("/api/books", json={"title": "first"})).json()["id"]
            chance = random.Random(1)
            answers = [
                await http.post("/api/books", json={"title": chance.randbytes(100_000).hex()}) for _ in range(100)
            ]
            assert {each.status_code for each in answers} == {201, 507}
            assert answers[-1].json()["code"] == "database.full"
            assert (await http.get(f"/api/books/{first}")).status_code == 200
            assert (await http.get("/readyz")).status_code == 200
            lines = b"".join(json.dumps({"title": chance.randbytes(50_000).hex()}).encode() + b"\n" for _ in range(200))
            before = sum((await stored(own.dsn)).values())
            answer = await http.post(
                "/api/books/import", content=lines, headers={"Content-Type": "application/x-ndjson"}
            )
            assert answer.status_code == 507, answer.text
            assert sum((await stored(own.dsn)).values()) == before
            assert (await http.delete(f"/api/books/{first}")).status_code == 204
            await own.administer("ALTER TABLE collections.books SET TABLESPACE pg_default")
            await own.administer("DROP TABLESPACE small")
    finally:
        await asyncio.to_thread(subprocess.run, ["umount", "--lazy", small_disk], check=True)
        Path(small_disk).rmdir()
