"""What becomes of the names that relations have on the other side when schemas are registered."""

import pytest

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
