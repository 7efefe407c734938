"""Registered schemas inside an OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from janua.api.rest.embedding import Embedding
from janua.api.wire import json_bytes
from janua.model.collection import Collection, Schema
from tests.query.builders import a_collection

DRAFTS = {
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
}


def registered(name: str, document: Schema) -> Collection:
    return replace(a_collection(name), text=json.dumps(document))


def embedded(document: Schema, references: Mapping[str, Schema] | None = None) -> dict[str, Any]:
    """Return the components that the schema of the collection `things` becomes."""
    things = registered("things", document)
    embedding = Embedding({"things": things})
    embedding.add(things, references or {})
    return json.loads(json_bytes(embedding.components))


def accepts(components: Mapping[str, Any], document: Any, component: str = "things") -> bool:
    """Return whether the embedded schema accepts a document, with every reference resolved inside the components."""
    whole = {"components": {"schemas": components}, "$ref": f"#/components/schemas/{component}"}
    return jsonschema.Draft202012Validator(whole).is_valid(document)


def references_in(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "$ref" and isinstance(each, str):
                yield each
            yield from references_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from references_in(each)


def test_what_a_reference_leads_to_is_a_component_of_its_own() -> None:
    components = embedded({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "string"}}})
    assert set(components) == {"things", "things.a_1b"}
    assert accepts(components, "text")
    assert not accepts(components, 1)


def test_a_recursive_schema_refers_to_its_own_component() -> None:
    components = embedded({"properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}})
    assert set(references_in(components)) == {"#/components/schemas/things"}
    assert accepts(components, {"child": {"child": {"name": "x"}}})
    assert not accepts(components, {"child": {"child": {"name": 1}}})


def test_anchors_and_ids_are_followed_and_not_kept() -> None:
    document: Schema = {
        "$id": "https://example.com/root",
        "properties": {"a": {"$ref": "#here"}, "b": {"$ref": "other#/$defs/deep"}},
        "$defs": {
            "one": {"$anchor": "here", "type": "integer"},
            "two": {"$id": "other", "$defs": {"deep": {"$ref": "#/$defs/deeper"}, "deeper": {"type": "boolean"}}},
        },
    }
    components = embedded(document)
    assert accepts(components, {"a": 1, "b": True})
    assert not accepts(components, {"a": "x"})
    assert not accepts(components, {"b": 1})
    assert '"$id"' not in json.dumps(components)


def test_references_to_other_collections_lead_to_the_schema_they_are_pinned_to() -> None:
    components = embedded(
        {"properties": {"place": {"$ref": "janua:places"}, "name": {"$ref": "janua:places#/properties/name"}}},
        {"places": {"type": "object", "properties": {"name": {"type": "string"}}}},
    )
    assert accepts(components, {"place": {"name": "Delft"}, "name": "x"})
    assert not accepts(components, {"place": {"name": 1}})
    assert not accepts(components, {"name": 1})


def test_two_definitions_of_one_name_stay_apart() -> None:
    components = embedded(
        {
            "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#/properties/c/$defs/x"}, "c": {"$defs": {
                "x": {"type": "integer"}}}},
            "$defs": {"x": {"type": "string"}},
        }
    )  # fmt: skip
    assert accepts(components, {"a": "text", "b": 1})
    assert not accepts(components, {"a": 1})
    assert not accepts(components, {"b": "text"})


@pytest.mark.parametrize("draft", DRAFTS.values(), ids=DRAFTS)
def test_tuples_and_dependencies_of_older_drafts_keep_their_meaning(draft: str) -> None:
    components = embedded(
        {
            "$schema": draft,
            "properties": {"pair": {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False}},
            "dependencies": {"a": ["b"], "c": {"required": ["d"]}},
        }
    )
    assert accepts(components, {"pair": ["x", 1], "a": 1, "b": 1})
    assert not accepts(components, {"pair": ["x", "y"]})
    assert not accepts(components, {"pair": ["x", 1, 2]})
    assert not accepts(components, {"a": 1})
    assert not accepts(components, {"c": 1})


def test_bounds_of_draft_4_are_exclusive_where_they_said_so() -> None:
    components = embedded({"$schema": DRAFTS["4"], "minimum": 1, "exclusiveMinimum": True, "maximum": 5})
    assert [accepts(components, each) for each in (1, 2, 5, 6)] == [False, True, True, False]


def test_what_stands_beside_a_reference_counts_since_2019_and_not_before() -> None:
    document: dict[str, Any] = {
        "properties": {"a": {"$ref": "#/definitions/x", "maxLength": 1}},
        "definitions": {"x": {"type": "string"}},
    }
    assert accepts(embedded({"$schema": DRAFTS["7"], **document}), {"a": "long"})
    assert not accepts(embedded({"$schema": DRAFTS["2019-09"], **document}), {"a": "long"})


def test_keywords_that_a_draft_did_not_know_do_not_begin_to_mean_something() -> None:
    document: Schema = {"$schema": DRAFTS["4"], "const": 1, "if": True, "then": False, "prefixItems": [False]}
    assert accepts(embedded(document), [2])


def test_a_schema_that_is_true_or_false_stays_what_it_is() -> None:
    assert accepts(embedded(True), {"any": "thing"})
    assert not accepts(embedded(False), {})
    assert not accepts(embedded({"properties": {"never": False}}), {"never": 1})


def test_a_recursive_reference_of_2019_leads_to_the_root() -> None:
    components = embedded(
        {"$schema": DRAFTS["2019-09"], "$recursiveAnchor": True, "additionalProperties": {"$recursiveRef": "#"},
         "type": "object"}
    )  # fmt: skip
    assert accepts(components, {"a": {"b": {}}})
    assert not accepts(components, {"a": {"b": 1}})


def test_unknown_keywords_are_left_out_and_extensions_kept() -> None:
    components = embedded({"discriminator": "kind", "xml": 3, "x-index": True, "properties": {"discriminator": {}}})
    assert set(components["things"]) == {"x-index", "properties", "x-janua-schema", "x-janua-draft"}


def test_numbers_are_embedded_exactly() -> None:
    things = registered("things", {"const": 9007199254740993})
    embedding = Embedding({"things": things})
    embedding.add(things, {})
    assert b"9007199254740993" in json_bytes(embedding.components)
