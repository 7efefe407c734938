"""What changes between two versions, and what is called breaking."""

from decimal import Decimal
from typing import Any

import pytest

from janua.registry.compatibility import Comparison, compare
from tests.registry.builders import a_collection, an_object


def between(old: Any, new: Any) -> Comparison:
    first = a_collection(old)
    return compare(first, a_collection(new, names=first.name_map))


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
    [change] = between(old, new).changes
    assert (change["pointer"], change["kind"], change["breaking"]) == (pointer, kind, breaking)
    assert change["message"]


def test_equal_schemas_have_no_changes() -> None:
    schema = an_object(a={"const": 1}, b={"$ref": "#"})
    assert between(schema, an_object(b={"$ref": "#"}, a={"const": Decimal("1.0")})) == Comparison([], [], [])


def test_clients_see_removed_retyped_and_added_fields() -> None:
    old = an_object(
        ["a"], a={"type": "string"}, b={"type": "integer"}, c={"enum": ["x"]}, d=an_object(e={"type": "string"})
    )
    new = an_object(
        a={"type": "string"}, c={"enum": ["x", "y"]}, d=an_object(e={"type": "number"}), f={"type": "boolean"}
    )
    graphql = {each["name"]: (each["kind"], each["breaking"]) for each in between(old, new).graphql}
    assert graphql == {
        "Book.a": ("changed", True),
        "Book.b": ("removed", True),
        "Book.c": ("changed", False),
        "Book.f": ("added", False),
        "BookD.e": ("changed", True),
    }
    assert {each["name"]: each["kind"] for each in between(old, new).rest} == {
        "b": "removed",
        "d.e": "changed",
        "f": "added",
    }


def test_an_enum_that_grows_is_called_dangerous_to_graphql() -> None:
    [change] = between(an_object(c={"enum": ["x"]}), an_object(c={"enum": ["x", "y"]})).graphql
    assert "GraphQL-dangerous" in str(change["message"])
