"""Import and export: every document once and exact, or its line and the reason; and in one transaction."""

import asyncio
import json
import time
from collections.abc import AsyncGenerator

import pytest

from janua.config import Settings
from janua.errors import DatabaseUnavailable, ImportRejected, InvalidQuery, MalformedDocument
from janua.gateway import queries, records, schemas, transfer
from janua.gateway.gateway import Gateway, open_gateway
from janua.query.ast import ReadQuery
from janua.storage.pool import connection
from janua.storage.transfer import staging
from tests.gateway.builders import a_document, a_schema, stream

pytestmark = pytest.mark.anyio

MISSING = "01890000-0000-7000-8000-000000000000"


async def exported(gateway: Gateway, collection: str, *, records: bool = False) -> list[str]:
    chunks = [each async for each in transfer.export(gateway, collection, records=records)]
    return b"".join(chunks).decode().removesuffix("\n").split("\n")


async def count(gateway: Gateway, collection: str) -> int | None:
    return (await queries.read(gateway, ReadQuery(collection, count=True))).total


@pytest.mark.parametrize("more", [0, 2000], ids=["in one statement", "staged"])
async def test_what_was_imported_is_exported_in_the_same_order_and_exact(library: Gateway, more: int) -> None:
    await schemas.register(library, "things", True)
    lines = [
        '{"big": 9007199254740993, "price": 1.10}', '"caf\u00e9 cafe\u0301"', "null", "[1, [null]]",
        r'{"a": "\\N \\. \t"}',
        '{"tab\\t": "line\\nend"}', "-0.5", '"\\u2028 \\ud83d\\ude00"', *(f'{{"n": {each}}}' for each in range(more)),
    ]  # fmt: skip
    report = await transfer.import_documents(library, "things", stream("\n".join(lines)))
    assert (report.imported, report.rejected) == (len(lines), 0)
    assert [json.loads(each, parse_float=str) for each in await exported(library, "things")] == [
        json.loads(each, parse_float=str) for each in lines
    ]


async def test_a_short_import_keeps_no_connection_while_its_client_dawdles(settings: Settings) -> None:
    alone = settings.database.model_copy(update={"pool_min": 1, "pool_max": 1, "acquire_timeout": 1.0})
    async with open_gateway(settings.model_copy(update={"database": alone}), name="alone") as gateway:
        await schemas.register(gateway, "things", True)

        async def source() -> AsyncGenerator[bytes]:
            for number in range(3):
                yield b"%d\n" % number
                assert await count(gateway, "things") == 0

        assert (await transfer.import_documents(gateway, "things", source())).imported == 3
        assert await count(gateway, "things") == 3


async def test_an_array_imports_like_lines(library: Gateway) -> None:
    report = await transfer.import_documents(
        library, "authors", stream('[{"name":"A"},\n {"name":', '"B"}]'), shape="array"
    )
    assert report.imported == 2


async def test_a_bad_document_stops_the_import_and_nothing_is_stored(library: Gateway) -> None:
    lines = ['{"name": "A"}'] * 1000 + ['{"name": 7}'] + ['{"name": "B"}'] * 10
    with pytest.raises(ImportRejected) as caught:
        await transfer.import_documents(library, "authors", stream("\n".join(lines)))
    assert caught.value.line == 1001
    assert [each.pointer for each in caught.value.violations] == ["/name"]
    assert await count(library, "authors") == 0


@pytest.mark.parametrize("records", [False, True])
async def test_what_is_wrong_with_a_line_is_told_by_one_number_of_a_line(library: Gateway, records: bool) -> None:
    for line, told in {
        '{"name": "A",}': "it is not JSON: trailing comma at column 14",
        '{"name": "A", "name": "B"}': 'the key "name" occurs twice in one object at column 22',
    }.items():
        with pytest.raises(ImportRejected) as caught:
            await transfer.import_documents(library, "authors", stream(f"\n{line}\n"), records=records)
        assert str(caught.value) == f"line 2: {told}; nothing was stored"


async def test_skipping_stores_the_rest_and_reports_each_rejected_line(library: Gateway) -> None:
    await records.create(library, "books", a_document(title="old", isbn="1"))
    lines = [
        '{"title": "a", "isbn": "2"}',
        '{"title": "taken", "isbn": "1"}',
        '{"title": "twice", "isbn": "2"}',
        '{"title": 1}',
        "not json",
        '{"title": "dup", "title": "key"}',
        f'{{"title": "nobody\'s", "author_id": "{MISSING}"}}',
        '{"title": "b"}',
    ]
    report = await transfer.import_documents(library, "books", stream("\n".join(lines)), on_error="skip")
    assert (report.imported, report.rejected) == (2, 6)
    assert [(each.line, each.code) for each in report.rejections] == [
        (2, "record.not_unique"),
        (3, "record.not_unique"),
        (4, "record.invalid"),
        (5, "document.malformed"),
        (6, "document.malformed"),
        (7, "record.relation"),
    ]
    assert await count(library, "books") == 3


async def test_an_upsert_replaces_by_the_unique_field_and_the_last_line_wins(library: Gateway) -> None:
    kept = await records.create(library, "books", a_document(title="old", isbn="1"))
    lines = [
        '{"title": "new", "isbn": "1"}',
        '{"title": "x", "isbn": "2"}',
        '{"title": "y", "isbn": "2"}',
        '{"title": "z"}',
    ]
    report = await transfer.import_documents(library, "books", stream("\n".join(lines)), on_conflict="isbn")
    assert (report.imported, report.updated) == (2, 1)
    now = json.loads((await records.fetch(library, "books", kept.id)).text)
    assert (now["data"]["title"], now["version"]) == ("new", 2)
    assert sorted(json.loads(each)["title"] for each in await exported(library, "books")) == ["new", "y", "z"]


async def test_an_upsert_needs_a_unique_field(library: Gateway) -> None:
    with pytest.raises(InvalidQuery):
        await transfer.import_documents(library, "books", stream(""), on_conflict="title")


async def test_whole_records_keep_their_ids(library: Gateway) -> None:
    author = await records.create(library, "authors", a_document(name="Ada"))
    lines = await exported(library, "authors", records=True)
    await records.delete(library, "authors", author.id)
    report = await transfer.import_documents(library, "authors", stream("\n".join(lines)), records=True)
    assert report.imported == 1
    assert (await records.fetch(library, "authors", author.id)).version == 1
    with pytest.raises(ImportRejected):
        await transfer.import_documents(library, "authors", stream(lines[0]), records=True)
    strange = json.dumps({**json.loads(lines[0]), "extra": 1})
    with pytest.raises(ImportRejected, match="no member 'extra'"):
        await transfer.import_documents(library, "authors", stream(strange), records=True)
    again = await transfer.import_documents(library, "authors", stream(lines[0]), records=True, on_conflict="id")
    assert (again.imported, again.updated) == (0, 1)


async def test_records_may_name_records_of_the_same_import(library: Gateway) -> None:
    relation = {"collection": "nodes", "field": "parent"}
    node = {"type": "object", "properties": {"parent_id": {"type": "string", "format": "uuid", "x-relation": relation}}}
    await schemas.register(library, "nodes", node)  # type: ignore[arg-type] -- an object
    first, second = MISSING, MISSING[:-1] + "1"
    lines = [
        f'{{"id": "{first}", "data": {{"parent_id": "{second}"}}}}',
        f'{{"id": "{second}", "data": {{}}}}',
    ]
    report = await transfer.import_documents(library, "nodes", stream("\n".join(lines)), records=True)
    assert report.imported == 2


async def test_a_broken_array_stores_nothing(library: Gateway) -> None:
    with pytest.raises(MalformedDocument):
        await transfer.import_documents(library, "authors", stream('[{"name": "A"}, '), shape="array")
    assert await count(library, "authors") == 0


@pytest.mark.parametrize("when", [3, 50])
async def test_an_import_ends_when_its_connection_is_cut_however_much_is_still_to_be_written(
    library: Gateway, when: int
) -> None:
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)  # asyncpg forgets what its future learnt of it
    async with connection(library.pool) as other:

        async def lines(backend: int) -> AsyncGenerator[bytes]:
            for number in range(10_000):
                if number == when:
                    await other.execute("SELECT pg_terminate_backend($1)", backend)
                yield b"1\t01890000-0000-7000-8000-000000000000\t{}\n" * 3000

        async def fill() -> None:
            async with (
                connection(library.pool) as c,
                staging(c, library.live.catalog.collection("books")) as staged,
            ):
                await staged.fill(lines(c.get_server_pid()))

        start = time.monotonic()
        with pytest.raises(DatabaseUnavailable):
            await asyncio.wait_for(fill(), 30)
        assert time.monotonic() - start < 20
    assert await count(library, "books") == 0


async def test_a_filter_of_an_export_is_a_value_whatever_properties_are_called(gateway: Gateway) -> None:
    names, value = ["$1", "$2", "a $1", "%s", "'"], ")) TO STDOUT; DROP TABLE collections.books --'$1\\"
    await schemas.register(gateway, "books", a_schema({name: {"type": "string"} for name in names}))
    for name in names:
        await records.create(gateway, "books", a_document({name: value}))
    rest = {each.name: each.rest for each in gateway.live.catalog.collection("books").fields}
    for name in names:
        for filter in ({rest[name]: {"eq": value}}, {rest[name]: {"in": [value, "x"]}}):
            found = b"".join([each async for each in transfer.export(gateway, "books", where=filter)])
            assert json.loads(found) == {name: value}


async def test_an_export_can_be_filtered_and_left_early(library: Gateway) -> None:
    lines = "\n".join(json.dumps({"title": "x" * 1000, "price": each}) for each in range(5000))
    await transfer.import_documents(library, "books", stream(lines))
    cheap = transfer.export(library, "books", where={"price": {"lt": 3}})
    assert b"".join([each async for each in cheap]).count(b"\n") == 3
    early = transfer.export(library, "books")
    assert await anext(early)
    await early.aclose()
    assert await count(library, "books") == 5000
