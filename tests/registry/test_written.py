"""What a schema was compiled to can be written down and read again, and nothing of it is lost."""

from dataclasses import replace
from typing import Any

import pytest

from janua.model.collection import Collection
from janua.model.written import members, written
from janua.registry.document import read_schema
from tests.registry.builders import UUID, a_collection, an_object
from tests.registry.schema_pairs import PAIRS
from tests.registry.test_compatibility import exact
from tests.registry.test_shipped_schemas import INCOMPLETE, LIMITS, SHIPPED

EVERYTHING = an_object(
    ["kind", "wide"],
    kind={"enum": ["a b", "c"], "description": "Which."},
    wide={"type": "integer", "minimum": -(10**30), "maximum": 10**30},
    short={"type": ["string", "null"], "maxLength": 3, "x-unique": True},
    when={"type": "string", "format": "date-time", "deprecated": True},
    lists={"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
    author_id={**UUID, "x-relation": {"collection": "authors", "inverse": "books", "on_delete": "cascade"}},
    either={"oneOf": [an_object(["is"], **{"is": {"const": each}, each: UUID}) for each in ("one", "two")]},
    self={"$ref": "#"},
) | {
    "title": "Thing",
    "x-indexes": [
        {"fields": ["kind", "-wide"], "where": {"wide": {"in": [1, 2.50]}}},
        {"fields": ["kind"], "include": ["wide", "short"]},
    ],
}


def again(collection: Collection) -> Collection:
    """Return a collection whose compiled members went through JSON text."""
    read: dict[str, Any] = members(written(collection))
    empty = {"title": None, "description": None, "indexes": (), "relations": (), "objects": {}, "name_map": {}}
    return replace(replace(collection, **empty), **read)


@pytest.mark.parametrize("schema", [EVERYTHING, True, *(each.new for each in PAIRS)], ids=lambda each: str(each)[:60])
def test_a_collection_that_was_written_is_the_same(schema: Any) -> None:
    made = a_collection(exact(schema))
    assert again(made) == made


@pytest.mark.parametrize("file", [each for each in SHIPPED if each.name not in INCOMPLETE], ids=lambda each: each.name)
def test_so_it_is_of_real_schemas(file: Any) -> None:
    made = a_collection(read_schema(file.read_bytes(), "json", LIMITS))
    assert again(made) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        "null",
        '["",["",["Field"]]]',
        '[["Path","x"]]',
        "[1,2,3,4,5,6,7,8]",
        '[[""],["Path"],0,0,0,0,0,0]',
    ],
)
def test_what_was_not_written_so_is_not_read(text: str) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        members(text)


def test_object_types_are_read_when_the_first_of_them_is_asked_for() -> None:
    made = a_collection(exact(EVERYTHING))
    head, _, objects = written(made).partition("\n")
    unread = members(f"{head}\n{objects[:-1]}")["objects"]
    assert list(unread) == list(made.objects)
    with pytest.raises(ValueError, match="EOF"):
        unread["Thing"]
