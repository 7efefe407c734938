"""Fixtures for tests on a real PostgreSQL: one server for the run, a migrated database of its own for each test.

The server is an embedded one, or with `TEST_DSN` in the environment that one, as a user who may create databases.
Asynchronous tests say `pytestmark = pytest.mark.anyio`; they and all fixtures share one event loop.
"""

import os
from collections.abc import AsyncGenerator
from itertools import count
from urllib.parse import urlsplit

import asyncpg
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

from janua.config import Settings, load_settings
from janua.storage import embedded, migrations
from janua.storage.pool import Pool, open_pool

# How long an example takes, and how long it took to find, says how busy the machine is.
examples.register_profile(
    "busy",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
examples.load_profile("busy")

NUMBERS = count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
async def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str, anyio_backend: str) -> AsyncGenerator[str]:
    """The DSN of the server, which all workers of pytest-xdist share: the first starts it, the last stops it."""
    if "TEST_DSN" in os.environ:
        yield os.environ["TEST_DSN"]
        return
    top = tmp_path_factory.getbasetemp()
    async with embedded.running((top if worker_id == "master" else top.parent) / "server", share=True) as running:
        administrator = await asyncpg.connect(running.dsn)
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await administrator.execute(f"ALTER SYSTEM SET {setting} = off")
        await administrator.execute("SELECT pg_reload_conf()")
        await administrator.close()
        yield running.dsn


@pytest.fixture(scope="session")
async def template(server: str) -> str:
    """The name of a migrated database, to be cloned."""
    name = f"template_{os.getpid()}"
    await administer(server, f"CREATE DATABASE {name}")
    await migrations.migrate(in_database(server, name))
    return name


@pytest.fixture
async def empty_database(server: str) -> AsyncGenerator[str]:
    """The DSN of a database that nothing was ever done to."""
    name = f"empty_{os.getpid()}_{next(NUMBERS)}"
    await administer(server, f"CREATE DATABASE {name}")
    yield in_database(server, name)
    await administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(server: str, template: str) -> AsyncGenerator[str]:
    """The DSN of a migrated database of this test's own."""
    name = f"test_{os.getpid()}_{next(NUMBERS)}"
    await administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield in_database(server, name)
    await administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The default settings, whatever the environment says, with this test's database."""
    for name in [name for name in os.environ if name.startswith("JANUA_")]:
        monkeypatch.delenv(name)
    return load_settings("development").with_dsn(database)


@pytest.fixture
async def pool(settings: Settings) -> AsyncGenerator[Pool]:
    """A pool of connections to this test's database."""
    async with await open_pool(settings.database, name="test") as opened:
        yield opened


async def administer(server: str, statement: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def in_database(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()
