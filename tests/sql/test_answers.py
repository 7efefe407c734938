"""What an answer shows: the parts of records, as JSON text that PostgreSQL makes."""

import json
from typing import Any
from uuid import UUID

import pytest

from janua.model.types import Text
from janua.query.ast import AggregateQuery
from janua.query.limits import QueryLimits
from janua.query.nodes import Always
from janua.query.parts import Members, Meta, Whole
from janua.sql.parts import RECORD
from janua.sql.select import export_statement
from janua.storage.pool import Pool
from tests.query.builders import a_catalog, a_collection, a_field, library
from tests.sql.builders import aggregate, an_id, one, prepare, read, store

pytestmark = pytest.mark.anyio

EXACT = (
    '{"a": 9007199254740993, "b": 1.10, "c": [null, {"d": null}], "e": "é", "f": "e\u0301", "g": 1' + "0" * 400 + "}"
)


async def test_a_record_is_shown_with_its_metadata_and_its_document_as_stored(pool: Pool) -> None:
    catalog = a_catalog(a_collection("things"))
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "things", [EXACT])
        row = await read(connection, catalog, "things")
        assert EXACT in row["items"]
        [record] = json.loads(row["items"])
        assert list(record) == ["id", "data", "version", "schema_version", "created_at", "updated_at"]
        assert record["version"] == record["schema_version"] == 1
        assert record["created_at"] == record["updated_at"]
        assert len(record["created_at"]) == len("2026-01-31T12:00:00.000000Z")


async def test_picked_fields_keep_null_and_leave_out_what_is_missing(pool: Pool) -> None:
    catalog = a_catalog(*library())
    cases: list[tuple[Any, Any]] = [
        ({}, {}),
        ({"title": None, "price": 1}, {"title": None}),
        ({"publisher": None}, {"publisher": None}),
        ({"publisher": {"city": "A", "name": "B"}}, {"publisher": {"city": "A"}}),
        ({"publisher": {}}, {"publisher": {}}),
        (
            {"title": "x", "publisher": {"address": {"number": 1, "street": "s"}}},
            {"title": "x", "publisher": {"address": {"number": 1}}},
        ),
    ]  # fmt: skip
    fields = ("title", "publisher.city", "publisher.address.number")
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "books", [document for document, _ in cases])
        row = await read(connection, catalog, "books", fields=fields)
        assert [each["data"] for each in json.loads(row["items"])] == [shown for _, shown in cases]


async def test_many_odd_keys_are_shown_unchanged(pool: Pool) -> None:
    odd = ["", " ", "a'b", 'a"b', "a.b", "a\\b", "{x}", "$1", "%s", "😀", "--", "k" * 10_000, "__proto__", "\u202e"]
    names = odd + [f"field {number}" for number in range(250)]
    things = a_collection("things", fields=[a_field(name, Text()) for name in names])
    document = {name: f"value of {name[:20]}" for name in names}
    catalog = a_catalog(things)
    async with pool.acquire() as connection:
        await prepare(connection, things)
        await store(connection, "things", [document])
        picked = await read(
            connection, catalog, "things", fields=tuple(name for name in names if name and "." not in name)
        )
        [record] = json.loads(picked["items"])
        assert record["data"] == {name: value for name, value in document.items() if name and "." not in name}
        members = Members(tuple((name, Meta("version")) for name in names))
        [line] = [row["line"] for row in await connection.fetch(export_statement("things", members).text)]
        assert json.loads(line) == dict.fromkeys(names, 1)
        assert list(json.loads(line)) == names


async def test_related_records_are_included_in_one_statement_and_cuts_are_told(pool: Pool) -> None:
    catalog = a_catalog(*library())
    limits = QueryLimits(include_limit=2)
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "authors", [{"name": "Ann"}, {"name": "Bob"}])
        await store(connection, "tags", [{"label": "old"}, {"label": "new"}])
        ann, new = str(an_id(0)), str(an_id(1))
        await store(connection, "books", [{"title": f"{n}", "author_id": ann, "tag_ids": [new]} for n in range(3)])
        await store(connection, "books", [{}], start=3)
        row = await read(connection, catalog, "authors", include=("books.tagged",), limits=limits)
        first, second = json.loads(row["items"])
        books = first["included"]["books"]
        assert [each["data"]["title"] for each in books["items"]] == ["0", "1"]
        assert books["truncated"]
        assert books["items"][0]["included"]["tagged"]["items"][0]["data"] == {"label": "new"}
        assert second["included"]["books"] == {"items": [], "truncated": False}
        assert (await one(connection, catalog, "books", 0, include=("author",)))["included"]["author"]["data"] == {
            "name": "Ann"
        }
        assert (await one(connection, catalog, "books", 3, include=("author",)))["included"]["author"] is None
        assert await one(connection, catalog, "books", 9) is None


async def test_an_export_has_one_line_for_each_record_in_order_of_id(pool: Pool) -> None:
    things = a_collection("things")
    async with pool.acquire() as connection:
        await prepare(connection, things)
        await store(connection, "things", [EXACT, '{"text": "line\\nbreak"}'])
        rows = await connection.fetch(export_statement("things", Whole()).text)
        assert [row["line"] for row in rows] == [EXACT, '{"text": "line\\nbreak"}']
        rows = await connection.fetch(export_statement("things", RECORD, Always(holds=False)).text)
        assert rows == []


async def test_aggregates_are_exact_and_null_is_a_group(pool: Pool) -> None:
    catalog = a_catalog(*library())
    documents: list[dict[str, Any]] = [
        {"genre": "novel", "price": 2**53 + 1, "sold_at": "2026-01-31T13:00:00+01:00", "in_stock": True},
        {"genre": "novel", "price": 1, "title": 'say "hi"', "in_stock": False, "code": str(an_id(5))},
        {"genre": None, "price": None, "opens": "13:00:00+01:00", "publisher": {"city": "A"}},
        {"publisher": {"city": "A"}, "code": str(UUID(int=2**127))},
    ]
    measures: Any = (
        ("sum", "price"), ("avg", "price"), ("min", "title"), ("max", "sold_at"), ("countDistinct", "genre"),
        ("max", "code"), ("min", "opens"), ("countDistinct", "publisher.city"),
    )  # fmt: skip
    async with pool.acquire() as connection:
        await prepare(connection, *catalog.collections.values())
        await store(connection, "books", documents)
        [all_of_them] = await aggregate(connection, catalog, AggregateQuery("books", measures=measures))
        assert all_of_them == {
            "count": "4",
            "sum": {"price": "9007199254740994"},
            "avg": {"price": "4503599627370497.0000"},
            "min": {"title": 'say "hi"', "opens": "12:00:00.000000Z"},
            "max": {"sold_at": "2026-01-31T12:00:00.000000Z", "code": str(UUID(int=2**127))},
            "countDistinct": {"genre": "1", "publisher": {"city": "1"}},
        }
        groups = await aggregate(connection, catalog, AggregateQuery("books", group_by=("genre", "publisher.city")))
        assert groups == [
            {"key": {"genre": "novel", "publisher": {"city": None}}, "count": "2"},
            {"key": {"genre": None, "publisher": {"city": "A"}}, "count": "2"},
        ]
        none = AggregateQuery("books", {"price": {"gt": 2**60}}, measures=(("sum", "price"),))
        assert await aggregate(connection, catalog, none) == [{"count": "0", "sum": {"price": None}}]
        none = AggregateQuery("books", {"price": {"gt": 2**60}}, group_by=("genre",))
        assert await aggregate(connection, catalog, none) == []
        few = await aggregate(connection, catalog, AggregateQuery("books", group_by=("price",)), QueryLimits(groups=2))
        assert [each["key"]["price"] for each in few] == ["1", "9007199254740993"]
