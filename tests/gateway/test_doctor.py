"""`doctor` finds nothing where all is well, and whatever is taken away or broken."""

import json
from typing import Any

import pytest

from janua.gateway import records, schemas
from janua.gateway.doctor import examine, examine_on
from janua.gateway.gateway import Gateway
from janua.sql.inventory import Part
from janua.storage import inspection
from janua.storage.pool import connection
from tests.cli.conftest import SCHEMAS
from tests.gateway.builders import a_document, a_schema

pytestmark = pytest.mark.anyio


def a_relation(target: str, on_delete: str, *, many: bool) -> dict[str, object]:
    id = {"type": ["string", "null"] if on_delete == "set_null" and not many else "string", "format": "uuid"}
    relation = {"x-relation": {"collection": target, "on_delete": on_delete, "inverse": f"by_{on_delete}_{many}"}}
    return {"type": "array", "items": id, **relation} if many else {**id, **relation}


@pytest.fixture
async def everything(gateway: Gateway) -> Gateway:
    """The example schemas, every kind of relation, and every kind of index."""
    documents = {each.stem: json.loads(each.read_text()) for each in SCHEMAS.glob("*.json")}
    properties = {
        f"{on_delete}_{many}_id".lower(): a_relation("targets", on_delete, many=many)
        for on_delete in ("restrict", "cascade", "set_null")
        for many in (False, True)
    }
    properties["a" * 60] = a_relation("targets", "restrict", many=True) | {
        "x-relation": {"collection": "targets", "on_delete": "cascade", "field": "long", "inverse": "longs"}
    }
    properties |= {"title": {"type": "string", "x-index": "trigram"}, "code": {"type": "string", "x-unique": True}}
    properties |= {"genre": {"type": "string", "maxLength": 20}, "sold": {"type": "string", "format": "date-time"}}
    covering: dict[str, Any] = {"x-indexes": [{"fields": ["genre"], "include": ["sold", "restrict_false_id"]}]}
    documents |= {"targets": a_schema({}), "sources": a_schema(properties, **covering)}
    await schemas.register_many(gateway, documents)
    return gateway


async def test_there_is_nothing_to_find_where_all_is_well(everything: Gateway) -> None:
    await records.create(everything, "sources", a_document(title="x"))
    diagnosis = await examine(everything, records=True)
    assert (list(diagnosis.findings), list(diagnosis.pending), diagnosis.records) == ([], [], 1)
    assert diagnosis.collections == len(everything.live.catalog.collections)


def removal(part: Part) -> str:
    table = f'collections."{part.of}"'
    match part.kind:
        case "table":
            return f"DROP TABLE {table} CASCADE"
        case "column":
            return f'ALTER TABLE {table} DROP COLUMN "{part.name}" CASCADE'
        case "constraint":
            return f'ALTER TABLE {table} DROP CONSTRAINT "{part.name}" CASCADE'
        case "index" if part.name.endswith("$pkey"):
            return f'ALTER TABLE {table} DROP CONSTRAINT "{part.name}" CASCADE'
        case "index":
            return (
                f"""UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'collections."{part.name}"'::regclass"""
            )
        case "trigger":
            return f'ALTER TABLE {table} DISABLE TRIGGER "{part.name}"'
        case "function":
            return f'DROP FUNCTION collections."{part.name}" CASCADE'


async def test_whatever_is_taken_away_is_found(everything: Gateway) -> None:
    async with connection(everything.pool) as c:
        parts = sorted(each for each in await inspection.load_parts(c) if each.of.partition("$")[0] != "records")
    assert {each.kind for each in parts} == {"table", "column", "constraint", "index", "function", "trigger"}
    missed: list[Part] = []
    for part in parts:
        async with connection(everything.pool) as c:
            transaction = c.transaction()
            await transaction.start()
            await c.execute(removal(part))
            if not (await examine_on(c, everything.live)).findings:
                missed.append(part)
            await transaction.rollback()
    assert missed == []


async def test_what_belongs_to_no_schema_is_found(everything: Gateway) -> None:
    async with connection(everything.pool) as c:
        await c.execute("CREATE TABLE collections.strange (id uuid PRIMARY KEY)")
        await c.execute("ALTER TABLE collections.books ADD COLUMN extra text")
        await c.execute("CREATE INDEX by_hand ON collections.books (version)")
    found = {(each.collection, each.subject) for each in (await examine(everything)).findings}
    assert found == {
        ("strange", "table strange"),
        ("books", "column extra of books (text)"),
        ("books", "index by_hand of books (valid)"),
    }


async def test_a_broken_registry_is_found(everything: Gateway) -> None:
    async with connection(everything.pool) as c:
        await c.execute("UPDATE janua.collections SET version = 7 WHERE name = 'targets'")
        await c.execute(
            "DELETE FROM janua.indexes WHERE collection = 'sources' AND name = (SELECT min(name) "
            "FROM janua.indexes WHERE collection = 'sources')"
        )
        await c.execute("UPDATE janua.indexes SET state = 'failed', reason = 'no luck' WHERE collection = 'books'")
    problems = {each.problem for each in (await examine(everything)).findings}
    assert {"schema version 7 is not stored", "cannot be built: no luck"} <= problems
    assert "is declared by the schema, not by janua.indexes" in problems


async def test_records_that_are_not_valid_are_found_when_they_are_looked_at(everything: Gateway) -> None:
    async with connection(everything.pool) as c:
        await c.execute(
            "INSERT INTO collections.sources (id, data, schema_version) "
            """SELECT gen_random_uuid(), '{"title": 1}', 1 FROM generate_series(1, 25)"""
        )
    assert list((await examine(everything)).findings) == []
    found = (await examine(everything, records=True)).findings
    assert len(found) == 11
    assert "/title" in found[0].problem
    assert found[-1].problem == "15 more are not valid"
