"""What a validator finds: everything that is wrong, where it is, and in words that say what to change."""

from decimal import Decimal
from typing import Any

import pytest

from janua.errors import Violation
from janua.registry.keywords import METASCHEMAS
from janua.registry.validation import Validator
from tests.registry.builders import UUID, a_validator, an_object, within

CIRCLE = an_object(["kind", "radius"], kind={"const": "circle"}, radius={"type": "number"})
SQUARE = an_object(["kind"], kind={"const": "square"}, side={"type": "number"})


def found(schema: Any, value: Any) -> list[tuple[str, str]]:
    violations = a_validator(schema).validate(value)
    assert all(each.message for each in violations)
    return sorted((each.pointer, each.keyword) for each in violations)


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, 1, "must be a string"),
        ({"type": "string"}, None, "must be a string, not null"),
        ({"properties": {"a": {"type": "string"}}}, {"a": None}, "must be a string, not null; leave the property out"),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"a": None}, "must be a string, not null"),
        ({"items": {"type": ["string", "array"]}}, [None], "must be an array or a string, not null"),
        ({"type": ["integer", "null"]}, "x", "must be a whole number or null"),
        ({"required": ["a"]}, {}, 'the property "a" is required'),
        ({"enum": ["a", 1, None]}, 2, 'must be "a", 1 or null'),
        ({"enum": list(range(50))}, -1, "must be 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 or one of 40 others"),
        ({"const": Decimal("1.10")}, 2, "must be 1.1"),
        ({"minLength": 1}, "", "must have at least 1 character"),
        ({"maxItems": 2}, [1, 2, 3], "must have at most 2 elements"),
        ({"minProperties": 2}, {}, "must have at least 2 properties"),
        ({"minimum": Decimal("0.5")}, 0, "must be at least 0.5"),
        ({"exclusiveMaximum": 5}, 5, "must be less than 5"),
        ({"multipleOf": Decimal("0.01")}, Decimal("0.001"), "must be a multiple of 0.01"),
        ({"pattern": "^x"}, "y", "must match the pattern ^x"),
        ({"format": "date"}, "x", "must be a date such as 2024-05-01"),
        ({"format": "ipv4"}, "x", "must be a valid ipv4"),
        ({"uniqueItems": True}, [1, Decimal("1.0")], "must not have the same element twice"),
        ({"not": {}}, 1, "must not satisfy the schema under `not`"),
        (False, 1, "is not allowed here"),
    ],
)
def test_a_message_says_what_to_change(schema: Any, value: Any, message: str) -> None:
    [violation] = a_validator(schema).validate(value)
    assert violation.message == message


@pytest.mark.parametrize("value", ["s" * 100_000, ["s" * 1_000] * 100, {"s" * 100_000: 1}])
def test_a_message_never_repeats_the_document(value: Any) -> None:
    schema = {"type": "integer", "maxLength": 3, "maxItems": 1, "additionalProperties": False, "enum": ["t" * 100_000]}
    assert all(len(each.message) < 300 for each in a_validator(schema).validate(value))


def test_every_violation_is_found_with_pointers_into_document_and_schema() -> None:
    schema = an_object(["a"], b={"type": "array", "items": {"$ref": "#/$defs/n/~1"}}, **{"c/d~": UUID})
    schema |= {"$defs": {"n": {"/": {"type": "integer"}}}}
    violations = a_validator(schema).validate({"b": [1, "x", "y"], "c/d~": "z"})
    assert sorted((each.pointer, each.schema_pointer) for each in violations) == [
        ("", "/required"),
        ("/b/1", "/$defs/n/~1/type"),
        ("/b/2", "/$defs/n/~1/type"),
        ("/c~1d~0", "/properties/c~1d~0/format"),
    ]


def test_a_pointer_is_right_below_a_property_without_a_name() -> None:
    schema = an_object(**{"": an_object(**{"a": {"type": "string"}, "": {"type": "string"}}), "a": {"type": "string"}})
    assert found(schema, {"": {"a": 1, "": 2}, "a": "x"}) == [("//", "type"), ("//a", "type")]


def test_a_pointer_is_right_below_a_property_without_a_name_whatever_numbers_stand_there() -> None:
    schema = an_object(**{"": an_object(a={"required": ["b"]})})
    value = {"": {"a": {"": [Decimal("1.10"), Decimal("-3.226693719633994E-92")]}}}
    assert found(schema, value) == [("//a", "required")]


@pytest.mark.parametrize(
    ("schema", "value", "violations"),
    [
        (an_object(a={}) | {"additionalProperties": False}, {"a": 1, "b": 1, "c": 1}, ["/b", "/c"]),
        ({"additionalProperties": False}, {"b": 1}, ["/b"]),
        (an_object(a={}) | {"unevaluatedProperties": False}, {"a": 1, "b": 1}, ["/b"]),
        ({"properties": {"a": False}}, {"a": 1}, ["/a"]),
        ({"items": False}, [1, 2], ["/0", "/1"]),
    ],
)
def test_what_is_not_allowed_is_pointed_at(schema: Any, value: Any, violations: list[str]) -> None:
    assert [pointer for pointer, _ in found(schema, value)] == violations


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"kind": "circle", "radius": "x"}, [("/radius", "type")]),
        ({"kind": "circle"}, [("", "required")]),
        ({"kind": "square", "side": "x"}, [("/side", "type")]),
        ({"kind": "triangle"}, [("/kind", "choice")]),
        (3, [("", "choice")]),
    ],
)
def test_of_alternatives_the_one_that_was_meant_is_explained(
    keyword: str, value: Any, expected: list[tuple[str, str]]
) -> None:
    assert found({keyword: [CIRCLE, SQUARE]}, value) == [
        (at, keyword if is_ == "choice" else is_) for at, is_ in expected
    ]


def test_an_unknown_alternative_is_told_the_known_ones() -> None:
    [violation] = a_validator({"oneOf": [CIRCLE, SQUARE]}).validate({"kind": "triangle"})
    assert violation.message == 'must be "circle" or "square"; it chooses the alternative'


def test_the_type_of_a_value_chooses_too() -> None:
    assert found(
        {"anyOf": [{"type": "string", "maxLength": 1}, {"type": "array", "items": {"type": "integer"}}]}, "xx"
    ) == [("", "maxLength")]


def test_otherwise_the_closest_alternative_is_shown_after_the_general_statement() -> None:
    schema = {"anyOf": [an_object(["a", "b", "c"]), an_object(["d"])]}
    violations = a_validator(schema).validate({})
    assert [(each.keyword, each.message) for each in violations] == [
        ("anyOf", "matches none of the alternatives"),
        ("required", 'the property "d" is required'),
    ]


def test_several_matching_alternatives_are_counted() -> None:
    [violation] = a_validator(
        {"oneOf": [{"type": "integer"}, {"minimum": 3}, {"type": "integer", "maximum": 1}]}
    ).validate(5)
    assert violation.message == "matches 2 of the alternatives; it must match exactly one"


def test_alternatives_within_alternatives_are_explained() -> None:
    inner = {"oneOf": [an_object(["t"], t={"const": "x"}, v={"type": "integer"}), an_object(["t"], t={"const": "y"})]}
    outer = {"oneOf": [an_object(["k"], k={"const": "a"}, in_=inner), an_object(["k"], k={"const": "b"})]}
    assert found(outer, {"k": "a", "in_": {"t": "x", "v": "no"}}) == [("/in_/v", "type")]


def test_schema_pointers_lead_into_the_schema_as_registered() -> None:
    schema = an_object(s={"oneOf": [CIRCLE, {"$ref": "#/$defs/wrap/anyOf/0"}]})
    schema |= {"$defs": {"wrap": {"anyOf": [SQUARE, {"type": "null"}]}}}
    [violation] = a_validator(schema).validate({"s": {"kind": "circle", "radius": "x"}})
    assert violation.schema_pointer == "/properties/s/oneOf/0/properties/radius/type"
    [violation] = a_validator(schema).validate({"s": {"kind": "square", "side": "x"}})
    assert violation.schema_pointer == "/$defs/wrap/anyOf/0/properties/side/type"


def test_recursive_schemas_are_explained_at_any_depth() -> None:
    schema = an_object(name={"type": "string"}, children={"type": "array", "items": {"$ref": "#"}})
    value: Any = {"name": 3}
    for _ in range(40):
        value = {"children": [value]}
    assert found(schema, value) == [("/children/0" * 40 + "/name", "type")]


def test_unevaluated_properties_see_through_alternatives() -> None:
    schema = {"oneOf": [an_object(["a"], a={"type": "string"}), an_object(["b"], b={})], "unevaluatedProperties": False}
    assert found(schema, {"a": "x", "z": 1}) == [("/z", "unevaluatedProperties")]
    assert found(schema, {"a": "x"}) == []


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        ({"multipleOf": Decimal("0.01")}, Decimal("19.99"), True),
        ({"maximum": 2**53}, 2**53 + 1, False),
        ({"const": 2**64 + 1}, 2**64 + 2, False),
        ({"enum": [Decimal("1.10")]}, Decimal("1.1"), True),
        ({"type": "integer"}, Decimal("1.0"), True),
        ({"type": "integer"}, Decimal("1e400"), True),
        ({"maximum": Decimal("1e400")}, Decimal("1e401"), False),
        ({"const": 1}, True, False),
        ({"const": False}, 0, False),
        ({"uniqueItems": True}, [1, True, "1"], True),
        ({"minLength": 2}, "😀", False),
        ({"maxLength": 1}, "e\u0301", False),
    ],
)
def test_values_are_compared_exactly(schema: Any, value: Any, valid: bool) -> None:
    assert a_validator(schema).is_valid(value) is valid


@pytest.mark.parametrize("draft", METASCHEMAS.values())
@pytest.mark.parametrize(
    "format",
    [
        "date-time",
        "date",
        "time",
        "uuid",
        "email",
        "uri",
        "ipv4",
        "ipv6",
        "hostname",
        "regex",
        "duration",
        "json-pointer",
    ],
)
def test_formats_are_asserted_in_every_draft(draft: str, format: str) -> None:
    assert not a_validator({"$schema": draft, "format": format}).is_valid("!(\\ no")


def test_other_collections_are_validated_and_pointed_at() -> None:
    authors = {
        "$id": "https://example.org/a",
        **an_object(name={"$ref": "#/$defs/n"}),
        "$defs": {"n": {"type": "string"}},
    }
    books = an_object(by={"anyOf": [{"$ref": "janua:authors"}, {"type": "null"}]})
    [violation] = a_validator(books, {"authors": authors}).validate({"by": {"name": 3}})
    assert violation == Violation("/by/name", "type", "must be a string", "janua:authors#/$defs/n/type")


def test_schemas_with_identifiers_and_anchors_validate() -> None:
    definitions = {
        "p": {"$id": "part.json", "oneOf": [{"type": "string"}, {"type": "null"}]},
        "q": {"$anchor": "here", "type": "integer"},
    }
    schema = {
        "$id": "https://example.org/root.json",
        "properties": {"a": {"$ref": "part.json"}, "b": {"$ref": "#here"}, "c": {"$ref": "root.json#/$defs/p"}},
        "$defs": definitions,
    }
    assert [at for at, _ in found(schema, {"a": 1, "b": "x", "c": 2})] == ["/a", "/b", "/c"]


def test_two_hundred_thousand_wrong_values_are_explained_in_time() -> None:
    validator = a_validator({"items": {"type": "integer"}})
    with within(1.5):
        violations = validator.validate([*["x"] * 199_000])
    assert violations[0] == Violation("/0", "type", "must be a whole number", "/items/type")
    assert 100 < len(violations) <= 1_001


def test_one_wrong_value_at_the_end_of_a_large_document_is_found() -> None:
    [violation] = a_validator({"items": {"type": "integer"}, "minItems": 150_000}).validate([*[1] * 150_000, "x"])
    assert violation.pointer == "/150000"


def test_unique_items_of_many_objects_take_no_time() -> None:
    validator = Validator({"uniqueItems": True})
    with within(0.25):
        assert validator.is_valid([{"a": number} for number in range(30_000)])
