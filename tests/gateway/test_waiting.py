"""A report says beforehand what makes clients wait, when there are so many records that somebody would notice."""

from typing import Any

import pytest

from janua.gateway import evolutions, schemas
from janua.gateway.gateway import Gateway
from janua.storage.pool import connection
from tests.gateway.builders import AUTHORS, a_schema

pytestmark = pytest.mark.anyio

TEXT = {"type": "string"}
TO_AUTHORS = {"type": "string", "format": "uuid", "x-relation": {"collection": "authors"}}
TO_MANY = {
    "type": "array",
    "items": {"type": "string", "format": "uuid"},
    "x-relation": {"collection": "authors", "field": "authors"},
}
STEPS: list[Any] = [{"op": "move", "from": "/name", "path": "/title"}]
FILL = """
    INSERT INTO collections.things (id, schema_version, data)
    SELECT gen_random_uuid(), 1, jsonb_build_object('name', n::text) FROM generate_series(1, $1) n
"""


async def things(gateway: Gateway, count: int) -> None:
    """Have `authors`, and so many records in `things`."""
    await schemas.register(gateway, "authors", AUTHORS)
    await schemas.register(gateway, "things", a_schema({"name": TEXT}))
    async with connection(gateway.pool) as c:
        await c.execute(FILL, count)


@pytest.mark.parametrize(
    ("relation", "who"),
    [
        (TO_AUTHORS, "readers and writers of the collection wait"),
        (TO_MANY, "writers wait"),
    ],
)
async def test_a_new_relation_of_many_records_is_said_to_hold_clients_up(
    gateway: Gateway, relation: Any, who: str
) -> None:
    await things(gateway, 60_000)
    related = a_schema({"name": TEXT, "author_id": relation})
    [warning] = (await schemas.check(gateway, "things", related)).warnings
    assert warning["pointer"].startswith("/properties/author_id")
    assert warning["message"] == f"60000 stored records are related: about 1 s, in which {who}"
    assert not (await schemas.check(gateway, "things", a_schema({"name": TEXT | {"x-index": True}}))).warnings


async def test_a_covering_index_of_many_records_is_said_to_take_a_while(gateway: Gateway) -> None:
    await things(gateway, 60_000)
    numbered = {"name": TEXT | {"maxLength": 20}, "number": {"type": "number"}}
    covering: dict[str, Any] = {"x-indexes": [{"fields": ["name"], "include": ["number"]}]}
    [warning] = (await schemas.check(gateway, "things", a_schema(numbered, **covering))).warnings
    assert warning["pointer"] == "/x-indexes"
    assert "a table of name, number is made beside 60000 stored records: about 3 s" in warning["message"]


async def test_an_evolution_of_many_records_is_said_to_hold_writers_up(gateway: Gateway) -> None:
    await things(gateway, 15_000)
    found = await evolutions.preview(gateway, "things", a_schema({"title": TEXT}), STEPS)
    assert [each["message"] for each in found.report.warnings] == [
        "15000 records change in one moment: writers wait about 1 s"
    ]


async def test_of_few_records_nothing_is_said(gateway: Gateway) -> None:
    await things(gateway, 10)
    assert not (await schemas.check(gateway, "things", a_schema({"name": TEXT, "author_id": TO_AUTHORS}))).warnings
    assert not (await evolutions.preview(gateway, "things", a_schema({"title": TEXT}), STEPS)).report.warnings
