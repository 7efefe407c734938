"""Indexes of large collections are built in the background, repaired, and their state is told."""

import asyncio

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


async def until(gateway: Gateway, collection: str, *wanted: str) -> None:
    async with asyncio.timeout(10):
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
