"""What becomes of the names that relations have on the other side when schemas are registered."""

import pytest

from janua.errors import InvalidSchema
from janua.gateway import schemas
from janua.gateway.gateway import Gateway
from janua.model.types import Json
from tests.gateway.builders import AUTHORS, a_schema

pytestmark = pytest.mark.anyio


def by(inverse: str) -> dict[str, Json]:
    related = {"collection": "authors", "field": "author", "inverse": inverse}
    return a_schema({"author_id": {"type": "string", "format": "uuid", "x-relation": related}})


async def test_renaming_an_inverse_is_reported_as_breaking_to_clients(gateway: Gateway) -> None:
    await schemas.register_many(gateway, {"authors": AUTHORS, "books": by("works")})
    report = await schemas.check(gateway, "books", by("books"))
    assert [(each["name"], each["kind"], each["breaking"]) for each in [*report.graphql, *report.rest]] == [
        ("Author.works", "removed", True),
        ("Author.books", "added", False),
        ("authors.works", "removed", True),
        ("authors.books", "added", False),
    ]


async def test_an_inverse_that_collides_is_refused_and_one_that_comes_to_collide_is_kept(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    with pytest.raises(InvalidSchema, match="authors has a field 'name' already; give another \"inverse\""):
        await schemas.register(gateway, "books", by("name"))
    await schemas.register(gateway, "books", by("works"))
    grown = a_schema({"name": {"type": "string"}, "works": {"type": "string"}}, title="Author")
    report = (await schemas.register(gateway, "authors", grown)).report
    assert ("Author.works", "changed", True) in [
        (each["name"], each["kind"], each["breaking"]) for each in report.graphql
    ]
    assert (await schemas.register(gateway, "books", by("works"))).changed is False
    assert (await schemas.register(gateway, "books", {**by("works"), "title": "Tome"})).changed is True
