"""`janua serve` answers soon: it loads and reads what its first answers need, and the rest a moment later."""

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from janua.api.rest.routes import rest_routes
from janua.app import LATER
from tests.cli.conftest import PATIENCE, free_port

PATIENT_SERVER = """
import sys
import janua.app
janua.app.LATER_SECONDS = 3600
from janua.cli import run
code = run(["serve", "--port", sys.argv[1]])
print(*sys.modules, sep="\\n")
sys.exit(code)
"""
LOADING = """
import asyncio, sys
import janua.app
janua.app.LATER_SECONDS = 0
before = set(sys.modules)
async def main():
    async with janua.app.loading_the_rest():
        while not set(janua.app.LATER) <= set(sys.modules):
            await asyncio.sleep(0.01)
asyncio.run(main())
print(*before, sep="\\n")
"""
UNNEEDED = {
    "strawberry", "dateutil", "referencing", "jsonschema_specifications", "jsonschema_rs", "yaml", "rich", "psycopg2",
    "opentelemetry.sdk", "google.protobuf", "janua.registry.inclusion", "janua.registry.compile",
    "janua.registry.compatibility", "janua.gateway.schemas", "janua.gateway.evolutions", "janua.storage.embedded",
    "janua.cli.development", "janua.cli.watching", *LATER,
}  # fmt: skip
"""What reads of records can do without."""


@contextmanager
def served(database: str, *code: str) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Run a server until the block ends; return the process and its address."""
    port = free_port()
    environment = os.environ | {"JANUA_DATABASE__DSN": database}
    command = [sys.executable, *(code or ("-m", "janua", "serve", "--port")), str(port)]
    with subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE) as process:
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def answer(url: str, body: Any = None) -> Any:
    """Ask until there is an answer, and return it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            found = httpx.get(url) if body is None else httpx.post(url, json=body)
            assert found.status_code == 200, found.text
            return found.json()
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def loaded(lines: str) -> list[str]:
    """Which of the unneeded are among the modules of a process."""
    return sorted(UNNEEDED.intersection(lines.splitlines()))


@pytest.mark.usefixtures("library")
def test_a_server_that_answered_both_ways_has_loaded_nothing_that_reads_do_without(database: str) -> None:
    with served(database) as (_, address):
        answer(f"{address}/api/books")
        time.sleep(1)  # it keeps in the database what schemas mean, which no answer waits for
    with served(database, "-c", PATIENT_SERVER) as (process, address):
        records = answer(f"{address}/api/books?limit=1")
        nodes = answer(f"{address}/graphql", {"query": "{ books(first: 1) { nodes { id title } } }"})
        process.terminate()
        told, _ = process.communicate(timeout=PATIENCE)
    assert records["items"] == nodes["data"]["books"]["nodes"] == []
    assert "janua.api.graphql.execution" in told.splitlines()
    assert loaded(told) == []


def test_what_reads_do_without_is_loaded_a_moment_later() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert loaded(done.stdout) == []


@pytest.mark.parametrize("name", sorted(UNNEEDED))
def test_what_is_called_unneeded_is_the_name_of_a_module(name: str) -> None:
    assert importlib.import_module(name)


def test_every_route_has_its_methods_though_some_are_only_named() -> None:
    for each in rest_routes():
        endpoint: Any = each.endpoint
        if not endpoint.methods:
            endpoint.load()
        assert set(endpoint.methods) & {"GET", "POST", "PUT"}, each.path
