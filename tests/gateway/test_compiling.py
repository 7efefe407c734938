"""What schemas were compiled to is kept in the database, and counts only while it is what they would be compiled to."""

import asyncio
import logging

import pytest

from janua.config import Settings
from janua.gateway import live, schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.model.catalog import Catalog
from janua.registry import compile as compiling
from janua.storage.pool import connection
from tests.gateway.builders import AUTHORS, BOOKS, a_schema

pytestmark = pytest.mark.anyio

PATIENCE = 10.0  # seconds, for what should take less than one


async def execute(gateway: Gateway, statement: str) -> None:
    async with connection(gateway.pool) as c:
        await c.execute(statement)


async def kept(gateway: Gateway, count: int) -> None:
    """Return when so many collections are kept."""
    async with asyncio.timeout(PATIENCE), connection(gateway.pool) as c:
        while await c.fetchval("SELECT count(*) FROM janua.compiled") != count:  # noqa: ASYNC110 -- it is in the database
            await asyncio.sleep(0.02)


@pytest.fixture
async def serving(settings: Settings) -> Settings:
    """The settings of a database in which a server has kept `authors` and `books`, and is no more."""
    async with open_gateway(settings, name="first", serves=True) as gateway:
        await schemas.register_many(gateway, {"authors": AUTHORS, "books": BOOKS})
        await kept(gateway, 2)
    return settings


async def started(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[Catalog, list[str]]:
    """Return the catalog that a new process serves, and the collections that it compiled for that."""
    compiled: list[str] = []
    compile_collection = compiling.compile_collection

    def noted(name: str, *given: object, **options: object) -> object:
        compiled.append(name)
        return compile_collection(name, *given, **options)  # type: ignore[arg-type] -- handed on

    monkeypatch.setattr(compiling, "compile_collection", noted)
    async with open_gateway(settings, name="second") as gateway:
        return gateway.live.catalog, compiled


async def test_a_start_compiles_nothing_that_is_kept_and_serves_the_same(
    serving: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, compiled = await started(serving, monkeypatch)
    assert compiled == []
    async with open_gateway(serving, name="third") as gateway:
        await execute(gateway, "TRUNCATE janua.compiled")
    made, compiled = await started(serving, monkeypatch)
    assert sorted(compiled) == ["authors", "books"]
    assert read == made


async def test_a_start_reads_schema_documents_only_when_they_are_asked_for(
    serving: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, _ = await started(serving, monkeypatch)
    assert not any("document" in vars(each) for each in catalog.collections.values())
    assert catalog.collection("authors").document == AUTHORS


async def test_who_compiles_holds_no_more_than_who_reads_what_is_kept(
    serving: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, _ = await started(serving, monkeypatch)
    async with open_gateway(serving, name="third") as gateway:
        await execute(gateway, "TRUNCATE janua.compiled")
    made, compiled = await started(serving, monkeypatch)
    assert sorted(compiled) == ["authors", "books"]
    for name, each in made.collections.items():
        assert each.text == read.collections[name].text
        assert type(each.objects) is type(read.collections[name].objects)


async def test_what_is_kept_of_more_collections_than_are_read_at_once_is_all_served(
    serving: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = await started(serving, monkeypatch)
    monkeypatch.setattr(live, "AT_ONCE", 1)
    catalog, compiled = await started(serving, monkeypatch)
    assert (catalog, compiled) == (whole, [])
    async with open_gateway(serving, name="third") as gateway:
        await execute(gateway, "TRUNCATE janua.compiled")
    async with open_gateway(serving, name="fourth", serves=True) as gateway:
        await kept(gateway, 2)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE janua.compiled SET mark = 'of another compiler' WHERE collection = 'books'",
        "UPDATE janua.compiled SET model = '[]' WHERE collection = 'books'",
        "UPDATE janua.compiled SET model = '{' WHERE collection = 'books'",
        "DELETE FROM janua.compiled WHERE collection = 'books'",
        "UPDATE janua.schema_versions SET names = names || '{\"none\": {}}' WHERE collection = 'books'",
    ],
)
async def test_what_is_kept_of_something_else_or_cannot_be_read_is_compiled_again(
    serving: Settings, monkeypatch: pytest.MonkeyPatch, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    before, _ = await started(serving, monkeypatch)
    async with open_gateway(serving, name="third") as gateway:
        await execute(gateway, change)
    after, compiled = await started(serving, monkeypatch)
    assert compiled == ["books"]
    assert after.collections["books"].indexes == before.collections["books"].indexes
    assert not after.quarantined


async def test_a_schema_that_was_tampered_with_is_quarantined_whatever_is_kept(
    serving: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_gateway(serving, name="third") as gateway:
        await execute(
            gateway, """UPDATE janua.schema_versions SET document = '{"type": 7}' WHERE collection = 'books'"""
        )
    catalog, compiled = await started(serving, monkeypatch)
    assert (set(catalog.collections), set(catalog.quarantined), compiled) == ({"authors"}, {"books"}, ["books"])


async def test_a_collection_that_is_no_more_is_kept_no_longer(serving: Settings) -> None:
    async with open_gateway(serving, name="second", serves=True) as gateway:
        await schemas.drop(gateway, "books")
        await schemas.register(gateway, "notes", a_schema({"n": {}}))
        named = "SELECT array_agg(collection ORDER BY collection) FROM janua.compiled"
        async with asyncio.timeout(PATIENCE), connection(gateway.pool) as c:
            while await c.fetchval(named) != ["authors", "notes"]:  # noqa: ASYNC110 -- it is in the database
                await asyncio.sleep(0.02)
