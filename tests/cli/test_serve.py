# ruff: noqa: ASYNC210, ASYNC251 - the server under test is another process; nothing else runs in this one
"""`janua serve --workers N`: several processes behind one port act as one, and are replaced when they die."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from tests.cli.conftest import free_port

pytestmark = pytest.mark.anyio

PATIENCE = 60  # seconds, on a busy machine
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


@contextmanager
def served(database: str, *options: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Run `janua serve` until the block ends; return the process and its address."""
    port = free_port()
    command = [sys.executable, "-m", "janua", "serve", "--port", str(port), *options]
    environment = os.environ | {"JANUA_DATABASE__DSN": database}
    with subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE) as process:
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=PATIENCE)


@pytest.fixture
async def administrator(database: str) -> AsyncGenerator[Any]:
    connection = await asyncpg.connect(database)
    yield connection
    await connection.close()


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz").status_code == 200
    except httpx.TransportError:
        return False


async def processes(administrator: Any) -> dict[int, int]:
    """The workers: process → catalog revision."""
    rows = await administrator.fetch("SELECT name, revision FROM janua.workers")
    return {int(row["name"].rpartition(":")[2]): row["revision"] for row in rows}


def revisions(address: str) -> set[int]:
    """The catalog revisions that answers of several connections, so most likely of several workers, were made with."""
    return {int(httpx.get(f"{address}/registry").headers["Janua-Catalog-Revision"]) for _ in range(20)}


async def test_workers_serve_one_catalog_and_a_killed_one_is_replaced(database: str, administrator: Any) -> None:
    with served(database, "--workers", "3") as (process, address):
        until(lambda: answers(address))
        while len(before := await processes(administrator)) < 3:
            time.sleep(0.05)
        assert process.pid not in before
        registered = httpx.put(f"{address}/registry/things?wait=30", json=SCHEMA, timeout=PATIENCE)
        assert registered.json()["workers"] == {"live": 3, "serving": 3}
        assert registered.headers["Preference-Applied"] == "wait=30"
        revision = int(registered.headers["Janua-Catalog-Revision"])
        assert set((await processes(administrator)).values()) == {revision}
        assert revisions(address) == {revision}

        victim = next(iter(before))
        os.kill(victim, signal.SIGKILL)
        until(lambda: answers(address))
        deadline = time.monotonic() + PATIENCE
        while len(after := {each for each in await live(administrator) if each != victim}) < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(after - set(before)) == 1
        assert httpx.get(f"{address}/api/things", headers={"Janua-Minimum-Revision": str(revision)}).status_code == 200

        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert "Traceback" not in errors
    assert set(await processes(administrator)) <= {victim}


@pytest.mark.parametrize("options", [(), ("--workers", "2")])
async def test_a_wrong_variable_of_opentelemetry_is_one_line(
    database: str, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with served(database, *options) as (process, _):
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert re.fullmatch(r"janua: setting 'OTEL_EXPORTER_OTLP_PROTOCOL': must be http/protobuf .*\n", errors)


async def live(administrator: Any) -> set[int]:
    rows = await administrator.fetch("SELECT name FROM janua.workers WHERE seen_at > now() - interval '2 seconds'")
    return {int(row["name"].rpartition(":")[2]) for row in rows}


async def test_an_old_worker_refuses_a_registry_of_a_newer_format(database: str, administrator: Any) -> None:
    await administrator.execute("UPDATE janua.catalog SET format = 1000")
    with served(database, "--workers", "2") as (process, _):
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1
        assert re.fullmatch(r"janua: .* format 1000, .* upgrade this Janua\n", errors)


async def test_a_worker_stops_serving_a_registry_that_became_newer(database: str, administrator: Any) -> None:
    with served(database) as (_, address):
        until(lambda: answers(address))
        assert httpx.get(f"{address}/registry").status_code == 200
        await administrator.execute("UPDATE janua.catalog SET format = 1000")
        until(lambda: httpx.get(f"{address}/registry").status_code == 503)
        assert httpx.get(f"{address}/registry").json()["code"] == "database.ahead"
        assert httpx.get(f"{address}/readyz").status_code == 503
        assert httpx.get(f"{address}/livez").status_code == 200
