"""Two processes register against each other, and writers go on while a schema flips: one order, one truth."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from functools import partial
from itertools import count
from typing import Any

import asyncpg
import pytest

from janua.config import Settings
from janua.errors import IncompatibleSchema, JanuaError
from janua.gateway import records, schemas
from janua.gateway.doctor import examine
from janua.gateway.gateway import Gateway, open_gateway
from janua.storage.pool import connection
from tests.gateway.builders import a_document, a_schema
from tests.gateway.test_workers import CUT_FOLLOWERS, PROMISED, all_live, converge, usually

pytestmark = pytest.mark.anyio

PATIENCE = 30.0  # seconds, for what should take less than one

REGISTER = """
import asyncio, json, os, sys
from janua.config import load_settings
from janua.gateway import schemas
from janua.gateway.gateway import open_gateway

async def main(name, times):
    async with open_gateway(load_settings(), name=name) as gateway:
        for number in range(int(times)):
            schema = {"type": "object", "properties": {f"{name}{number}": {"type": "string"}}}
            registered = await schemas.register(gateway, "things", schema)
            print(json.dumps([registered.version, registered.fingerprint]), flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
async def workers(settings: Settings) -> AsyncGenerator[list[Gateway]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(open_gateway(settings, name=f"w{n}", serves=True)) for n in range(2)]


def registering(database: str, name: str, times: int) -> subprocess.Popen[str]:
    """Start a process that registers that many versions of `things`, and prints each with its fingerprint."""
    environment = os.environ | {"JANUA_DATABASE__DSN": database}
    command = [sys.executable, "-c", REGISTER, name, str(times)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("times", [15, pytest.param(200, marks=pytest.mark.slow)])
async def test_versions_that_two_processes_register_at_once_are_in_one_order_and_all_serve_the_last_within_a_second(
    workers: list[Gateway], settings: Settings, database: str, times: int
) -> None:
    administrator = await asyncpg.connect(database)
    await schemas.register(workers[0], "things", a_schema({"first": {}}))
    processes = [registering(database, name, times) for name in ("a", "b")]
    outputs = asyncio.gather(*(asyncio.to_thread(each.communicate) for each in processes))
    while not outputs.done():
        await administrator.fetchval(CUT_FOLLOWERS)
        await asyncio.sleep(0.5)
    told: dict[int, str] = {}
    for (out, _), process in zip(await outputs, processes, strict=True):
        assert process.returncode == 0
        told |= dict(json.loads(line) for line in out.splitlines())
    assert sorted(told) == list(range(2, 2 * times + 2))
    await converge(workers, await administrator.fetchval("SELECT revision FROM janua.catalog"))
    stored = {each.version: each.fingerprint for each in await schemas.list_versions(workers[1], "things")}
    assert {version: stored[version] for version in told} == told
    # Measured now that the two processes are gone, which keep the machine busy for themselves.
    numbers = count()
    async with open_gateway(settings, name="another") as another:

        async def heard(*, cut: bool) -> float:
            await all_live(another, 2)
            if cut:
                assert await administrator.fetchval(CUT_FOLLOWERS) >= 2
            await schemas.register(another, "things", a_schema({f"c{next(numbers)}": {}}))
            return await converge(workers, another.live.catalog.revision)

        for cut in (False, True):
            assert await usually(partial(heard, cut=cut)) < PROMISED
    await administrator.close()


@pytest.mark.parametrize("flips", [12, pytest.param(100, marks=pytest.mark.slow)])
async def test_no_record_fails_the_schema_that_flips_under_its_writers(workers: list[Gateway], flips: int) -> None:
    """Writers send documents of both schemas; each is taken or refused by the schema that is current, never else."""
    either = [a_schema({"n": {"type": "integer", "maximum": maximum}}) for maximum in (10, 20)]
    await schemas.register(workers[0], "things", either[1])
    assert await workers[1].live.reach(workers[0].live.catalog.revision, PATIENCE)
    stop = asyncio.Event()
    outcomes: dict[str, int] = {}

    async def write(gateway: Gateway, n: int) -> None:
        while not stop.is_set():
            try:
                await records.create(gateway, "things", a_document(n=n))
            except JanuaError as error:
                outcome = error.code
            else:
                outcome = "stored"
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            # Were there more of those that stand in the way, the strict schema would never get its turn.
            await asyncio.sleep(0.01 if n <= 10 else 0.3)

    writers = [asyncio.create_task(write(gateway, n)) for gateway in workers for n in (5, 15)]
    for number in range(flips):
        await asyncio.sleep(0.4)
        await _register(workers[number % 2], either[number % 2])
        assert list((await examine(workers[0], records=True)).findings) == []
    stop.set()
    await asyncio.gather(*writers)
    assert workers[0].live.catalog.collection("things").version == flips + 1
    assert list((await examine(workers[0], records=True)).findings) == []
    # Whoever meets too many changes in a row is asked to send it again: no other error, and that one rarely.
    assert set(outcomes) <= {"stored", "record.invalid", "registry.stale_catalog"}
    assert outcomes["record.invalid"] > 0
    assert outcomes.get("registry.stale_catalog", 0) <= outcomes["stored"] / 10
    print(outcomes)


async def _register(gateway: Gateway, schema: Any) -> None:
    """Register a schema; take away the records in its way, again when more of them came meanwhile."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await schemas.register(gateway, "things", schema)
            except IncompatibleSchema:
                async with connection(gateway.pool) as c:
                    await c.execute("DELETE FROM collections.things WHERE (data->'n')::int > 10")
            else:
                return
