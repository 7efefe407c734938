"""What changes between two schema documents, and what is called breaking by the look of it."""

from decimal import Decimal
from typing import Any

import pytest

from janua.registry.changes import schema_changes
from tests.registry.builders import an_object, within


@pytest.mark.parametrize(
    ("old", "new", "pointer", "kind", "breaking"),
    [
        ({}, {"minLength": 1}, "/minLength", "added", True),
        ({"minLength": 1}, {}, "/minLength", "removed", False),
        ({"minLength": 1}, {"minLength": 2}, "/minLength", "changed", True),
        ({"minLength": 2}, {"minLength": 1}, "/minLength", "changed", False),
        ({"maximum": 2}, {"maximum": 3}, "/maximum", "changed", False),
        ({"maximum": 3}, {"maximum": 2}, "/maximum", "changed", True),
        ({"type": "integer"}, {"type": "number"}, "/type", "changed", False),
        ({"type": "number"}, {"type": "integer"}, "/type", "changed", True),
        ({"type": "string"}, {"type": ["string", "null"]}, "/type", "changed", False),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, "/enum", "changed", False),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "/enum", "changed", True),
        ({"required": ["a"]}, {"required": ["a", "b"]}, "/required", "changed", True),
        ({"required": ["a", "b"]}, {"required": ["a"]}, "/required", "changed", False),
        ({"pattern": "a"}, {"pattern": "b"}, "/pattern", "changed", True),
        ({"title": "A"}, {"title": "B"}, "/title", "changed", False),
        ({"properties": {}}, {"properties": {"a/b": {}}}, "/properties/a~1b", "added", False),
        ({"properties": {"a": {}}}, {"properties": {}}, "/properties/a", "removed", False),
        (
            {"additionalProperties": False, "properties": {"a": {}}},
            {"additionalProperties": False},
            "/properties/a",
            "removed",
            True,
        ),
        ({}, {"additionalProperties": False}, "/additionalProperties", "added", True),
        ({"items": {"minimum": 1}}, {"items": {"minimum": 2}}, "/items/minimum", "changed", True),
        ({"anyOf": [{}]}, {"anyOf": [{}, {}]}, "/anyOf/1", "added", False),
        ({"allOf": [{}]}, {"allOf": [{}, {}]}, "/allOf/1", "added", True),
        ({"$defs": {"x": {"minimum": 1}}}, {"$defs": {"x": {"minimum": 0}}}, "/$defs/x/minimum", "changed", False),
        ({"properties": {"a": True}}, {"properties": {"a": False}}, "/properties/a", "changed", True),
        ({"x-unknown": 1}, {"x-unknown": 2}, "/x-unknown", "changed", False),
    ],
)
def test_a_change_is_pointed_at_and_judged(old: Any, new: Any, pointer: str, kind: str, breaking: bool) -> None:
    [change] = schema_changes(old, new)
    assert (change.pointer, change.kind, change.breaking) == (pointer, kind, breaking)
    assert change.message


def test_equal_schemas_have_no_changes() -> None:
    schema = an_object(a={"const": 1}, b={"$ref": "#"})
    assert schema_changes(schema, an_object(b={"$ref": "#"}, a={"const": Decimal("1.0")})) == []


def test_values_that_come_and_go_in_long_lists_are_named() -> None:
    with within(2):
        [change] = schema_changes({"enum": [*range(50_000)]}, {"enum": [*range(1, 50_001)]})
    assert change.message == "enum gains 50000 and loses 0"
