"""Indexes of large collections are built in the background, repaired, and their state is told."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from janua.config import Settings
from janua.gateway import records, schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.storage.indexes import load_existing
from janua.storage.pool import connection
from tests.gateway.builders import AUTHORS, a_document, a_schema

pytestmark = pytest.mark.anyio

NAMED = a_schema({"name": {"type": "string", "x-index": True}}, required=("name",))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings under which every collection with a record is large."""
    registry = settings.registry.model_copy(update={"online_index_rows": 0})
    return settings.model_copy(update={"registry": registry})


async def states(gateway: Gateway, collection: str) -> list[str]:
    return [each.state for each in (await schemas.describe(gateway, collection)).indexes]


async def until(gateway: Gateway, collection: str, *wanted: str, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while await states(gateway, collection) != list(wanted):  # noqa: ASYNC110 -- the state is in the database
            await asyncio.sleep(0.02)


async def test_an_index_of_a_large_collection_is_built_after_its_registration(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    await records.create(gateway, "authors", a_document(name="Ada"))
    await schemas.register(gateway, "authors", NAMED)
    await until(gateway, "authors", "valid")
    async with connection(gateway.pool) as c:
        assert [valid for name, valid in (await load_existing(c)).items() if "$$" in name and "authors" in name] == [
            True
        ]


async def test_an_index_that_a_crash_left_invalid_is_built_again(gateway: Gateway, settings: Settings) -> None:
    await schemas.register(gateway, "authors", NAMED)
    await records.create(gateway, "authors", a_document(name="Ada"))
    [index] = (await schemas.describe(gateway, "authors")).indexes
    async with connection(gateway.pool) as c:
        await c.execute(
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::text::regclass",
            f'collections."{index.name}"',
        )
        assert (await load_existing(c))[index.name] is False
    async with open_gateway(settings, name="next") as following, asyncio.timeout(10):
        while True:
            async with connection(following.pool) as c:
                if (await load_existing(c)).get(index.name):
                    break
            await asyncio.sleep(0.02)


@asynccontextmanager
async def blocked_builds(gateway: Gateway) -> AsyncGenerator[None]:
    """No build ends while the block runs: at last, each waits for older snapshots to go, with its index INVALID."""
    async with connection(gateway.pool) as c, c.transaction(isolation="repeatable_read", readonly=True):
        await c.execute("SELECT FROM janua.catalog")
        yield


async def builder(gateway: Gateway) -> int:
    """Return the backend that builds an index, once it waits for the snapshots."""
    waits = "SELECT pid FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'"
    async with asyncio.timeout(10), connection(gateway.pool) as c:
        while not (found := await c.fetchval(waits)):  # noqa: ASYNC110 -- it is another session that waits
            await asyncio.sleep(0.02)
    return found


async def test_a_build_that_is_killed_is_done_again(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    await records.create(gateway, "authors", a_document(name="Ada"))
    async with blocked_builds(gateway):
        await schemas.register(gateway, "authors", NAMED)
        backend = await builder(gateway)
        async with connection(gateway.pool) as c:
            assert False in (await load_existing(c)).values()
            await c.execute("SELECT pg_terminate_backend($1)", backend)
    await until(gateway, "authors", "valid", seconds=30)
    async with connection(gateway.pool) as c:
        assert set((await load_existing(c)).values()) == {True}


async def test_a_registration_goes_before_a_build_which_then_starts_again(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    await records.create(gateway, "authors", a_document(name="Ada"))
    more = a_schema({"name": {"type": "string", "x-index": True}, "born": {"type": "integer"}}, required=("name",))
    async with blocked_builds(gateway):
        await schemas.register(gateway, "authors", NAMED)
        await builder(gateway)
        async with asyncio.timeout(8):
            assert (await schemas.register(gateway, "authors", more)).version == 3
    await until(gateway, "authors", "valid")


async def test_an_index_that_no_schema_declares_any_more_goes_without_a_lock(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", NAMED)
    await records.create(gateway, "authors", a_document(name="Ada"))
    async with connection(gateway.pool) as reading, reading.transaction():
        # DROP INDEX would wait for this reader, and all others behind it.
        await reading.execute("SELECT FROM collections.authors")
        await schemas.register(gateway, "authors", AUTHORS)
        assert await states(gateway, "authors") == []
        await records.create(gateway, "authors", a_document(name="Bob"))
    gateway.indexer.wake()
    async with asyncio.timeout(10), connection(gateway.pool) as c:
        while [name for name in await load_existing(c) if "$$" in name and name.startswith("authors")]:  # noqa: ASYNC110 -- as above
            await asyncio.sleep(0.02)


async def test_an_index_left_by_another_registration_is_declared_again(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", NAMED)
    await records.create(gateway, "authors", a_document(name="Ada"))
    for schema in (AUTHORS, NAMED, AUTHORS, NAMED):
        await schemas.register(gateway, "authors", schema)
    await until(gateway, "authors", "valid")


async def test_workers_build_beside_each_other(gateway: Gateway, settings: Settings) -> None:
    names = [f"n{number}" for number in range(6)]
    await schemas.register(gateway, "authors", AUTHORS)
    await records.create(gateway, "authors", a_document(name="Ada"))
    indexed = a_schema({"name": {"type": "string"}} | {name: {"type": "integer", "x-index": True} for name in names})
    async with open_gateway(settings, name="other") as other:
        await schemas.register(gateway, "authors", indexed)
        for _ in range(20):
            gateway.indexer.wake()
            other.indexer.wake()
            await asyncio.sleep(0.02)
        await until(gateway, "authors", *["valid"] * len(names))


async def test_an_index_that_cannot_be_built_keeps_no_other_from_being_built(gateway: Gateway) -> None:
    both = a_schema({"name": {"type": "string", "x-unique": True}, "born": {"type": "integer", "x-index": True}})
    await schemas.register(gateway, "authors", both)
    declared = {tuple(each.fields): each.name for each in (await schemas.describe(gateway, "authors")).indexes}
    async with connection(gateway.pool) as c:
        for name in declared.values():
            await c.execute(f'DROP INDEX collections."{name}"')
    for _ in range(2):
        await records.create(gateway, "authors", a_document(name="Ada"))
    gateway.indexer.wake()
    async with asyncio.timeout(10):
        while set(await states(gateway, "authors")) != {"failed", "valid"}:  # noqa: ASYNC110 -- the state is in the database
            await asyncio.sleep(0.02)
        async with connection(gateway.pool) as c:
            while not (await load_existing(c)).get(declared["born",]):  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.02)


async def test_a_unique_index_that_cannot_be_built_says_why(gateway: Gateway) -> None:
    unique = a_schema({"name": {"type": "string", "x-unique": True}}, required=("name",))
    await schemas.register(gateway, "authors", unique)
    [index] = (await schemas.describe(gateway, "authors")).indexes
    async with connection(gateway.pool) as c:
        await c.execute(f'DROP INDEX collections."{index.name}"')
    for _ in range(2):
        await records.create(gateway, "authors", a_document(name="Ada"))
    gateway.indexer.wake()
    await until(gateway, "authors", "failed")
    [failed] = (await schemas.describe(gateway, "authors")).indexes
    assert "name" in (failed.reason or "")
