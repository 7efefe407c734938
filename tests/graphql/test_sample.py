"""The query that GraphiQL begins with."""

import json
from pathlib import Path

import pytest

from janua.model.types import Json
from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

SHIPPED = Path(__file__).parents[2] / "schemas"
BOOK: dict[str, Json] = {
    "title": "Book",
    "properties": {
        "title": {"type": "string"},
        "publisher": {"type": "object", "properties": {"city": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "old": {"type": "string", "deprecated": True},
        "author_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "authors", "field": "author"}},
    },
}
AUTHOR: dict[str, Json] = {"title": "Author", "properties": {"name": {"type": "string"}, "country": {"type": "string"}}}


async def test_the_sample_shows_fields_and_a_related_record_and_can_be_asked(reading: Reading) -> None:
    await reading.register({"authors": AUTHOR, "books": BOOK})
    sample = await reading.engine.sample(None)
    body = " ".join(line for line in sample.split("\n") if not line.startswith("#"))
    assert " ".join(body.split()) == (
        "{ books(first: 5) { nodes { id title tags author_id author { id name } } totalCount } }"
    )
    assert await reading.ask(sample) == {"books": {"nodes": [], "totalCount": 0}}


async def test_every_collection_has_a_sample_that_can_be_asked(reading: Reading) -> None:
    shipped = {path.stem: json.loads(path.read_text()) for path in SHIPPED.glob("*.json")}
    await reading.register({**shipped, "anything": True, "numbers": {"type": "number"}, "nothing": {"type": "object"}})
    for name in reading.gateway.live.catalog.collections:
        assert "nodes" in str(await reading.ask(await reading.engine.sample(name))), name


async def test_without_a_collection_the_sample_says_how_to_register_one(reading: Reading) -> None:
    sample = await reading.engine.sample(None)
    assert "PUT /registry" in sample
    assert await reading.ask(sample) == {"collections": []}
