"""Real schemas: every one that the check-jsonschema package ships registers, and its names do not collide."""

from collections import Counter
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

from janua.errors import InvalidSchema
from janua.model.types import Json
from janua.registry.compile import compile_collection
from janua.registry.document import Limits, read_schema
from janua.registry.names import describe_fields
from janua.registry.validation import build_validator
from tests.registry.builders import within

TOP = files("check_jsonschema") / "builtin_schemas"
SHIPPED = sorted(
    (each for folder in ("vendor", "custom") for each in (TOP / folder).iterdir() if each.name.endswith(".json")),
    key=lambda each: each.name,
)
LIMITS = Limits(nodes=500_000)
INCOMPLETE = {"drone-ci.json": "kubernetes-definitions.json"}
"""Schemas that consist in part of a file elsewhere, and that file: nothing is ever fetched, so they are refused."""


def test_there_are_schemas_to_try() -> None:
    assert len(SHIPPED) > 25


@pytest.mark.parametrize("file", [each for each in SHIPPED if each.name not in INCOMPLETE], ids=lambda each: each.name)
def test_a_shipped_schema_registers_without_colliding_names(file: Traversable) -> None:
    schema = read_schema(file.read_bytes(), "json", LIMITS)
    with within(3.0):
        collection = compile_collection("things", schema, version=1)
        build_validator(collection)
    for type in collection.objects.values():
        for spelled in ([each.graphql for each in type.fields], [each.rest for each in type.fields]):
            assert max(Counter(spelled).values(), default=1) == 1
    types = list(collection.name_map["types"].values())
    assert len(types) == len(set(types))
    assert len(describe_fields(collection)) >= len(collection.fields)


@pytest.mark.parametrize("file", [each for each in SHIPPED if each.name not in INCOMPLETE], ids=lambda each: each.name)
def test_a_shipped_schema_registered_again_keeps_every_name(file: Traversable) -> None:
    schema = read_schema(file.read_bytes(), "json", LIMITS)
    first = compile_collection("things", schema, version=1)
    second = compile_collection("things", schema, version=2, names=first.name_map)
    assert second.name_map == first.name_map
    assert second.objects == first.objects


@pytest.mark.parametrize(("name", "missing"), INCOMPLETE.items())
def test_a_schema_that_needs_another_file_is_refused_for_it(name: str, missing: str) -> None:
    schema = read_schema((TOP / "vendor" / name).read_bytes(), "json", LIMITS)
    with pytest.raises(InvalidSchema) as caught:
        compile_collection("things", schema, version=1)
    assert all(missing in each.message and "never fetched" in each.message for each in caught.value.violations)


def test_what_stands_in_another_file_may_stand_under_defs_by_its_id() -> None:
    other: dict[str, Json] = {"$id": "kubernetes.json", "$defs": {"pod": {"properties": {"name": {"type": "string"}}}}}
    schema: dict[str, Json] = {"$ref": "kubernetes.json#/$defs/pod", "$defs": {"kubernetes": other}}
    assert [each.name for each in compile_collection("things", schema, version=1).fields] == ["name"]
