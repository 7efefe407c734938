"""Schemas that mean harm: refused, or taken without harm, and always at once."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from janua.errors import InvalidSchema
from janua.registry.compile import compile_collection
from janua.registry.validation import build_validator
from tests.registry.builders import a_collection, a_validator, an_object, pointers, refusal, within


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:1/x",
        "https://example.org/s.json",
        "file:///etc/passwd",
        "other.json",
        "//x/y",
        "janua:nowhere",
        "urn:x:y",
    ],
)
def test_nothing_is_fetched(reference: str) -> None:
    with within(0.25):
        [violation] = refusal(an_object(a={"$ref": reference}))
    assert violation.pointer == "/properties/a/$ref"


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1/schema", "file:///etc/passwd", "urn:x", "json-schema.org", 3])
def test_a_dialect_is_known_or_refused(uri: Any) -> None:
    with within(0.25):
        assert pointers(refusal({"$schema": uri})) == ["/$schema"]
        assert refusal({"$defs": {"a": {"$id": "https://example.org/a", "$schema": uri}}})


def doubling(keyword: str, levels: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {
        f"d{level}": {keyword: [{"$ref": f"#/$defs/d{level + 1}"}, {"$ref": f"#/$defs/d{level + 1}"}]}
        for level in range(levels)
    }
    return {"$ref": "#/$defs/d0", "$defs": definitions | {f"d{levels}": {"type": "string"}}}


def doubling_below(holder: str, levels: int) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    for level in range(levels):
        twice = {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}, {"$ref": f"#/$defs/d{level + 1}"}]}
        definitions[f"d{level}"] = {"properties": {"a": twice}} if holder == "properties" else {holder: twice}
    return {"$ref": "#/$defs/d0", "$defs": definitions | {f"d{levels}": {"type": "string"}}}


@pytest.mark.parametrize(
    "schema",
    [
        *(doubling(keyword, levels) for keyword in ("anyOf", "oneOf", "allOf") for levels in (16, 60)),
        *(doubling_below(holder, 60) for holder in ("properties", "items", "additionalProperties")),
        {"$ref": "#"},
        {"not": {"$ref": "#"}},
        {"anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"$ref": "#"}}},
        {"if": {"$ref": "#"}},
        {"$ref": "#/$defs/d0", "$defs": {f"d{i}": {"$ref": f"#/$defs/d{(i + 1) % 3000}"} for i in range(3000)}},
    ],
)
def test_what_multiplies_or_never_ends_is_refused(schema: dict[str, Any]) -> None:
    with within(0.5):
        assert all(each.keyword == "$ref" for each in refusal(schema))


def test_the_cost_of_a_schema_is_bounded_by_the_setting() -> None:
    schema = an_object(**{f"p{number}": {"type": "string"} for number in range(50)})
    assert a_collection(schema, cost=200)
    assert refusal(schema, cost=20)


def nested(levels: int, leaf: Any) -> Any:
    for _ in range(levels):
        leaf = {"a": leaf}
    return leaf


RECURSIVE: list[dict[str, Any]] = [
    {"properties": {"a": {keyword: [{"$ref": "#"}, {"$ref": "#"}]}}, "not": {"const": 7}}
    for keyword in ("allOf", "anyOf", "oneOf")
]
RECURSIVE.append(
    {
        "oneOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, {"const": 1}],
        "$defs": {
            "Base": {"properties": {"a": {"$ref": "#"}}, "type": "object"},
            "A": {"allOf": [{"$ref": "#/$defs/Base"}, {"required": ["k"]}]},
            "B": {"allOf": [{"$ref": "#/$defs/Base"}, {"not": {"required": ["k"]}}]},
        },
    }
)


@pytest.mark.parametrize("schema", RECURSIVE, ids=["allOf", "anyOf", "oneOf", "inheritance"])
@pytest.mark.parametrize("leaf", [7, 1])
def test_validating_a_deep_document_against_a_branching_recursion_takes_no_time(
    schema: dict[str, Any], leaf: int
) -> None:
    validator = a_validator(schema)
    with within(0.5):
        assert bool(validator.validate(nested(100, leaf))) is not validator.is_valid(nested(100, leaf))


@pytest.mark.parametrize("pattern", ["(", "[", "(?<x", "*", "(a{1,1000}){1,1000}", "\\"])
def test_a_pattern_that_does_not_compile_is_refused_where_it_stands(pattern: str) -> None:
    with within(0.25):
        assert pointers(refusal(an_object(a={"pattern": pattern}))) == ["/properties/a/pattern"]
        assert refusal({"patternProperties": {pattern: {}}})


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", r"^(?=a)(a|aa)+\1$", r"(.*a){20}", r"^(?!b)(a+)+$"]
)
def test_a_backtracking_pattern_cannot_hang(pattern: str) -> None:
    validator = a_validator(an_object(a={"pattern": pattern}))
    with within(0.25):
        for text in ("a" * 100_000 + "b", "ab" * 50_000):
            validator.is_valid({"a": text})
            validator.validate({"a": text})


def test_what_takes_too_long_to_match_does_not_match() -> None:
    [violation] = a_validator(an_object(a={"pattern": r"^(?=a)(a|aa)+\1$"})).validate({"a": "a" * 5_000 + "b"})
    assert "too long" in violation.message


def a_chain(length: int) -> dict[str, Any]:
    links = {f"d{i}": {"properties": {"a": {"$ref": f"#/$defs/d{i + 1}"}}} for i in range(length)}
    return {"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {**links, f"d{length}": {}}}


def anchors(count: int) -> dict[str, Any]:
    links = {f"d{i}": {"$anchor": f"x{i}", "$ref": f"#x{i + 1}"} for i in range(count)}
    return {"$defs": {**links, f"d{count}": {"$anchor": f"x{count}"}}}


@pytest.mark.parametrize(
    ("schema", "seconds"),
    [
        ({"properties": {f"p{number}": {"type": "string"} for number in range(10_000)}}, 2.0),
        (an_object(a={"enum": [f"v{number}" for number in range(100_000)]}), 2.0),
        (an_object(a={"required": [f"v{number}" for number in range(20_000)]}), 2.0),
        ({"oneOf": [{"const": number} for number in range(3_000)]}, 2.0),
        (an_object(a={"oneOf": [an_object(["k"], k={"const": str(number)}) for number in range(300)]}), 2.0),
        (a_chain(5_000), 3.0),
        (anchors(100), 1.0),
    ],
    ids=["properties", "enum", "required", "constants", "union", "chain", "anchors"],
)
def test_a_large_schema_registers_in_time(schema: dict[str, Any], seconds: float) -> None:
    with within(seconds):
        build_validator(a_collection(schema))


def test_subset_constructions_stay_small() -> None:
    """Merging two recursive parts with each other could make a type of each set of definitions."""
    size = 14
    definitions: dict[str, Any] = {}
    for place in range(size):
        after = {"$ref": f"#/$defs/d{(place + 1) % size}"}
        definitions[f"d{place}"] = an_object(a={"allOf": [after, {"$ref": "#/$defs/d0"}]}, b=after)
    with within(3.0):
        assert a_collection({"$ref": "#/$defs/d0", "$defs": definitions, "type": "object"})


NAMES = [
    "a'b", 'a"b', "a\\b", "%", "%s", "a;--", "{}", "a.b", "a/b", "a~b", "a~0b", "", "שלום", "😀", "x" * 10_000,
    "__proto__", "__class__", "__typename", "__x", "a-b", "a b", "id", "_meta", "_and", "isNull", "query", "é",
    "e\u0301", "</script>", "*", "#", "constructor", "toString", "where", "sort", "\u202eabc", "\u2028",
]  # fmt: skip


def test_any_property_name_can_be_registered_and_validated() -> None:
    schema = an_object(NAMES, **{name: {"type": "string", "x-index": True} for name in NAMES})
    collection = a_collection(schema)
    assert [each.name for each in collection.fields] == NAMES
    validator = build_validator(collection)
    assert validator.is_valid(dict.fromkeys(NAMES, "x"))
    assert len(validator.validate({})) == len(NAMES)
    assert len(validator.validate(dict.fromkeys(NAMES, 3))) == len(NAMES)


def test_a_default_must_satisfy_its_own_schema() -> None:
    assert pointers(refusal(an_object(a={"type": "integer", "default": "x"}))) == ["/properties/a/default"]
    assert pointers(refusal(an_object(a=an_object(b={"enum": ["x"], "default": None})))) == [
        "/properties/a/properties/b/default"
    ]
    assert a_collection(an_object(a={"type": "integer", "default": 3}, default={"type": "integer", "default": 3}))


def test_every_violation_of_the_metaschema_is_listed() -> None:
    schema = {
        "type": "strin",
        "required": "x",
        "properties": {"a": {"minLength": -1}, "b": {"type": 3}},
        "multipleOf": 0,
    }
    assert pointers(refusal(schema)) == [
        "/multipleOf",
        "/properties/a/minLength",
        "/properties/b/type",
        "/required",
        "/type",
    ]


def test_references_into_nothing_are_refused_where_they_stand() -> None:
    schema = an_object(a={"$ref": "#/$defs/x"}, b={"$ref": "#x"}, c={"$ref": "#/type"})
    assert pointers(refusal(schema)) == [f"/properties/{name}/$ref" for name in "abc"]


@pytest.mark.parametrize("uri", ["http://[x", "::", "#", "%zz", "http://x y"])
def test_a_wrong_identifier_is_refused_or_harmless(uri: str) -> None:
    with suppress(InvalidSchema):
        assert a_collection({"$id": uri, "properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {}}})


SCHEMAS = st.deferred(lambda: st.booleans() | OBJECTS)
VALUES = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["a", "b", "", "#", "x y"])
POINTERS = st.sampled_from(["#", "#/$defs/a", "#/$defs/b", "#/properties/a", "#/nope", "janua:books", "http://x/y"])
TYPES = st.sampled_from(["object", "string", "integer", "array", "null", "nonsense"]) | st.just(["object", "null"])
OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "$ref": POINTERS,
        "$dynamicRef": POINTERS,
        "type": TYPES,
        "enum": st.lists(VALUES, min_size=1, max_size=3),
        "const": VALUES,
        "format": st.sampled_from(["date", "uuid", "x"]),
        "properties": st.dictionaries(st.sampled_from(["a", "b", "a.b", "id", "", "*"]), SCHEMAS, max_size=3),
        "required": st.lists(st.sampled_from(["a", "b"]), unique=True),
        "items": SCHEMAS,
        "prefixItems": st.lists(SCHEMAS, min_size=1, max_size=2),
        "allOf": st.lists(SCHEMAS, min_size=1, max_size=2),
        "anyOf": st.lists(SCHEMAS, min_size=1, max_size=3),
        "oneOf": st.lists(SCHEMAS, min_size=1, max_size=3),
        "not": SCHEMAS,
        "if": SCHEMAS,
        "then": SCHEMAS,
        "$defs": st.dictionaries(st.sampled_from(["a", "b"]), SCHEMAS, max_size=2),
        "minimum": st.integers(-2, 2),
        "maxLength": st.integers(-1, 3),
        "pattern": st.sampled_from(["^a", "(", "(?=a)a"]),
        "default": VALUES,
        "additionalProperties": SCHEMAS,
        "title": st.sampled_from(["A", "a b", ""]),
        "x-index": st.sampled_from([True, "gin", "trigram", "fulltext", 3]),
        "x-unique": st.booleans(),
        "x-relation": st.sampled_from([{"collection": "a"}, {"collection": "a", "field": "f"}, 3]),
        "x-graphql-name": st.sampled_from(["A", "b", "", "a b", 3]),
        "x-indexes": st.sampled_from([[{"fields": ["a"], "include": ["b"]}], [{"fields": ["a.b", "-b"]}], 3]),
    },
)  # fmt: skip


@settings(max_examples=60)
@given(SCHEMAS)
def test_any_schema_is_compiled_or_refused_and_nothing_else(schema: Any) -> None:
    try:
        collection = compile_collection("books", schema, version=1)
    except InvalidSchema:
        return
    again = compile_collection("books", schema, version=2, names=collection.name_map)
    assert again.name_map == collection.name_map
    validator = build_validator(collection)
    values: list[Any] = [None, 1, "a", [], {}, {"a": {"b": 1}}, [{"a": "x"}], {"a": [None]}]
    for value in values:
        assert bool(validator.validate(value)) is not validator.is_valid(value)
