"""Stored records are judged before anything is locked, and none that is written meanwhile slips through."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from janua.config import Settings
from janua.errors import IncompatibleSchema
from janua.gateway import records, schemas, transfer
from janua.gateway.gateway import Gateway
from janua.gateway.jury import SAMPLES
from janua.storage.pool import Connection, connection
from tests.gateway.builders import a_document, a_schema, stream

pytestmark = pytest.mark.anyio

LOOSE = a_schema({"n": {}})
STRICT = a_schema({"n": {"type": "integer"}})
PATIENCE = 5.0  # seconds, for what takes milliseconds on a quiet machine


@asynccontextmanager
async def unfinished_write(gateway: Gateway, text: str) -> AsyncGenerator[Connection]:
    """A transaction that has written a record to `things` and does not end."""
    async with connection(gateway.pool) as c:
        transaction = c.transaction()
        await transaction.start()
        await c.execute(
            "INSERT INTO collections.things (id, data, schema_version) VALUES (gen_random_uuid(), $1, 1)", text
        )
        yield c
        if c.is_in_transaction():
            await transaction.rollback()


async def waits_for_the_lock(gateway: Gateway) -> None:
    """Return when somebody waits for the lock of `things`."""
    async with asyncio.timeout(PATIENCE), connection(gateway.pool) as c:
        while not await c.fetchval(  # noqa: ASYNC110 -- it is another session that waits
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'collections.things'::regclass)"
        ):
            await asyncio.sleep(0.01)


async def test_a_check_counts_the_records_that_would_not_validate_and_shows_some(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    values = [f'"{number}"' if number % 137 == 36 else str(number) for number in range(5000)]
    texts = [f'{{"n": {each}}}\n' for each in values]
    await transfer.import_documents(gateway, "things", stream("".join(texts)))
    report = await schemas.check(gateway, "things", STRICT)
    assert (report.verdict, report.records.checked, report.records.invalid) == ("incompatible", 5000, 37)
    assert len(report.records.samples) == SAMPLES
    for sample in report.records.samples:
        stored = await records.fetch(gateway, "things", sample["id"])
        assert stored.text.find('"n": "') > 0
        assert [each["pointer"] for each in sample["violations"]] == ["/n"]
    assert (await schemas.describe(gateway, "things")).version == 1


async def test_records_of_every_kind_of_text_are_judged_whole(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    hostile: list[Any] = ["a\nb", "\x02", "\x01", "\r", '"', "\\", "\\N", "\u2028", "é", "😀", "x" * 300_000]
    for each in hostile:
        await records.create(gateway, "things", a_document(n=each))
    allowed = a_schema({"n": {"enum": hostile}})
    assert (await schemas.check(gateway, "things", allowed)).records.checked == len(hostile)
    assert (await schemas.check(gateway, "things", allowed)).records.invalid == 0
    assert (await schemas.check(gateway, "things", STRICT)).records.invalid == len(hostile)


async def test_records_are_not_read_where_a_proof_covers_them(gateway: Gateway) -> None:
    """One that no schema takes would be found by reading it; only SQL can have put it there."""
    await schemas.register(gateway, "things", STRICT)
    async with connection(gateway.pool) as c:
        await c.execute(
            "INSERT INTO collections.things (id, data, schema_version) VALUES (gen_random_uuid(), $1, 1)", '{"n": ""}'
        )
    indexed = a_schema({"n": {"type": "integer", "x-index": True, "title": "N"}})
    for mode in ("backward", "forward", "none"):
        await schemas.configure(gateway, "things", mode=mode)
        for document in (indexed, a_schema({"n": {"type": "number"}})):
            found = (await schemas.check(gateway, "things", document)).records
            assert (found.proven, found.checked, found.invalid) == (True, 0, 0)
    assert (await schemas.register(gateway, "things", indexed)).version == 2
    found = (await schemas.check(gateway, "things", a_schema({"n": {"type": "integer", "minimum": 1}}))).records
    assert (found.proven, found.checked, found.invalid) == (False, 1, 1)


async def test_records_that_need_not_be_read_are_unique_and_related_all_the_same(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", STRICT)
    for _ in range(2):
        await records.create(gateway, "things", a_document(n=1))
    with pytest.raises(IncompatibleSchema) as refused:
        await schemas.register(gateway, "things", a_schema({"n": {"type": "integer", "x-unique": True}}))
    assert refused.value.report["records"] == {"checked": 0, "invalid": 0, "samples": (), "proven": True}
    assert [each["code"] for each in refused.value.report["incompatibilities"]] == ["records.unique"]


async def test_a_record_committed_between_the_decision_and_the_lock_is_judged(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    async with unfinished_write(gateway, '{"n": "slipped in"}') as c:
        registering = asyncio.create_task(schemas.register(gateway, "things", STRICT))
        await waits_for_the_lock(gateway)
        await c.execute("COMMIT")
        with pytest.raises(IncompatibleSchema) as refused:
            await registering
    assert refused.value.report["records"]["invalid"] == 1
    assert (await schemas.describe(gateway, "things")).version == 1


async def test_a_record_changed_between_the_decision_and_the_lock_is_judged(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    for number in range(10):
        await records.create(gateway, "things", a_document(n=number))
    async with unfinished_write(gateway, '{"n": 11}') as c:
        await c.execute("""UPDATE collections.things SET data = '{"n": "changed"}' WHERE data = '{"n": 3}'""")
        registering = asyncio.create_task(schemas.register(gateway, "things", STRICT))
        await waits_for_the_lock(gateway)
        await c.execute("COMMIT")
        with pytest.raises(IncompatibleSchema) as refused:
            await registering
    assert refused.value.report["records"]["invalid"] == 1


async def test_a_valid_record_written_meanwhile_holds_nothing_up(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    async with unfinished_write(gateway, '{"n": 1}') as c:
        registering = asyncio.create_task(schemas.register(gateway, "things", STRICT))
        await waits_for_the_lock(gateway)
        await c.execute("COMMIT")
        assert (await registering).version == 2


async def test_writers_get_on_while_a_registration_waits_for_a_long_write(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    slowest = 0.0
    async with unfinished_write(gateway, '{"n": 1}') as c:
        registering = asyncio.create_task(schemas.register(gateway, "things", STRICT))
        await waits_for_the_lock(gateway)
        for number in range(20):
            started = time.monotonic()
            await records.create(gateway, "things", a_document(n=number))
            slowest = max(slowest, time.monotonic() - started)
            await asyncio.sleep(0.03)
        await c.execute("COMMIT")
        assert (await registering).version == 2
    assert slowest < PATIENCE / 2


async def test_a_registration_is_decided_without_a_lock(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", LOOSE)
    await records.create(gateway, "things", a_document(n="text"))
    async with connection(gateway.pool) as c, c.transaction():
        await c.execute("LOCK TABLE janua.catalog, collections.things IN ROW EXCLUSIVE MODE")
        await c.execute("SELECT FROM janua.catalog FOR UPDATE")
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(IncompatibleSchema):
                await schemas.register(gateway, "things", STRICT)
            assert (await schemas.check(gateway, "things", STRICT)).records.invalid == 1


async def test_a_registration_overtaken_by_another_is_decided_again(gateway: Gateway, settings: Settings) -> None:
    await schemas.register(gateway, "things", LOOSE)
    versions = [a_schema({"n": {}, f"m{number}": {"type": "string"}}) for number in range(8)]
    registered = await asyncio.gather(*(schemas.register(gateway, "things", each) for each in versions))
    assert sorted(each.version for each in registered) == list(range(2, 10))
    stored = await schemas.list_versions(gateway, "things")
    by_version = {each.version: each.fingerprint for each in registered}
    assert {each.version: each.fingerprint for each in stored if each.version > 1} == by_version
