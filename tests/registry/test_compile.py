"""What schemas mean: types, what is required, what may be null, and how it is all called."""

from decimal import Decimal
from typing import Any

import pytest

from janua.model.collection import Collection
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Union,
    Uuid,
)
from janua.registry.document import fingerprint
from janua.registry.names import describe_fields
from tests.registry.builders import UUID, a_collection, an_object, refusal, the_field

OBJECT = an_object(["q"], q={"type": "boolean"})


@pytest.mark.parametrize(
    ("schema", "type"),
    [
        ({"type": "string"}, Text()),
        ({"type": "string", "maxLength": 13}, Text(13)),
        ({"type": "string", "maxLength": 13, "allOf": [{"maxLength": 5}]}, Text(5)),
        ({"type": "string", "format": "date-time"}, DateTime()),
        ({"type": "string", "format": "date"}, Date()),
        ({"type": "string", "format": "time"}, Time()),
        (UUID, Uuid()),
        ({"type": "string", "format": "email"}, Text()),
        ({"format": "date"}, Anything()),
        ({"type": "integer"}, Integer()),
        ({"type": "integer", "minimum": 1, "maximum": Decimal("10.5")}, Integer(1, 10)),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": Decimal("10.0")}, Integer(1, 9)),
        ({"type": "integer", "minimum": 1, "allOf": [{"minimum": 5}]}, Integer(5)),
        ({"enum": [3, 1, 2]}, Integer(1, 3)),
        ({"const": 7}, Integer(7, 7)),
        ({"type": "number"}, Number()),
        ({"type": "number", "multipleOf": 1}, Number()),
        ({"enum": [1, Decimal("1.5")]}, Number()),
        ({"type": "boolean"}, Boolean()),
        ({"enum": [True, False]}, Boolean()),
        ({"type": ["string", "null"]}, Text()),
        ({"type": ["string", "integer"]}, Anything()),
        ({"type": "number", "enum": [1, "a"]}, Integer(1, 1)),
        ({"enum": ["a", 1]}, Anything()),
        ({"type": "array", "items": {"type": "integer"}}, Array(Integer(), nullable=False)),
        ({"type": "array", "items": {"type": ["integer", "null"]}}, Array(Integer(), nullable=True)),
        ({"type": "array"}, Array(Anything())),
        ({"type": "array", "prefixItems": [{"type": "integer"}]}, Anything()),
        ({"type": "object"}, Anything()),
        ({"type": "object", "additionalProperties": {"type": "string"}}, Anything()),
        ({"patternProperties": {"^a": {"type": "string"}}}, Anything()),
        (True, Anything()),
        (False, Anything()),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, Text()),
        ({"oneOf": [{"type": "null"}, UUID]}, Uuid()),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, Anything()),
        ({"anyOf": [{"type": "string", "maxLength": 3}, {"type": "string"}]}, Text()),
        ({"if": {"type": "string"}, "then": {"type": "string"}}, Anything()),
        ({"not": {"type": "string"}}, Anything()),
    ],
)
def test_a_property_has_the_type_that_all_its_values_have(schema: Any, type: Any) -> None:
    assert the_field(an_object(a=schema)).type == type


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["x", "y"]},
        {"enum": ["x", "y", None]},
        {"type": "string", "enum": ["x", "y", 3]},
        {"oneOf": [{"const": "x", "title": "X"}, {"const": "y"}]},
        {"enum": ["x", "y", "z"], "allOf": [{"enum": ["y", "x"]}]},
    ],
)
def test_listed_strings_are_an_enum(schema: dict[str, Any]) -> None:
    field = the_field(an_object(a=schema))
    assert isinstance(field.type, Enum)
    assert [each.value for each in field.type.values] == ["x", "y"]
    assert field.type.name == "BookA"


def test_enum_values_that_graphql_cannot_spell_are_mapped() -> None:
    field = the_field(an_object(a={"enum": ["out of print", "1st", "true", "", "ok"]}))
    assert isinstance(field.type, Enum)
    spelled = [each.graphql for each in field.type.values]
    assert spelled[:2] == ["out_of_print", "_1st"]
    assert spelled[4] == "ok"
    assert len(set(spelled)) == 5
    assert "true" not in spelled


@pytest.mark.parametrize(
    ("schema", "required", "nullable"),
    [
        (an_object(["a"], a={"type": "string"}), True, False),
        (an_object([], a={"type": "string"}), False, False),
        (an_object(["a"], a={"type": ["string", "null"]}), True, True),
        (an_object(["a"], a={"anyOf": [{"type": "string"}, {"type": "null"}]}), True, True),
        (an_object(["a"], a={"enum": ["x", None]}), True, True),
        (an_object(["a"], a={}), True, True),
        (an_object(["a"], a={"type": ["string", "null"], "allOf": [{"type": "string"}]}), True, False),
        ({"properties": {"a": {"type": "string"}}, "required": ["a"]}, False, False),
        ({"type": ["object", "null"], "properties": {"a": {"type": "string"}}, "required": ["a"]}, True, False),
        (an_object(a={"type": "string"}) | {"allOf": [{"required": ["a"]}]}, True, False),
        (an_object(a={"type": "string"}) | {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, False, False),
        (an_object(a={"type": "string"}) | {"if": True, "then": {"required": ["a"]}}, False, False),
    ],
)
def test_only_what_every_document_has_is_required(schema: dict[str, Any], required: bool, nullable: bool) -> None:
    field = the_field(schema)
    assert (field.required, field.nullable) == (required, nullable)


def test_references_are_followed_and_merged_with_what_stands_beside_them() -> None:
    schema = an_object(a={"$ref": "#/$defs/short", "maxLength": 3}) | {
        "$defs": {"short": {"type": "string", "maxLength": 9}}
    }
    assert the_field(schema).type == Text(3)


def test_what_stands_beside_a_reference_in_an_old_draft_is_ignored() -> None:
    schema = an_object(a={"$ref": "#/definitions/n", "type": "string"})
    schema |= {"definitions": {"n": {"type": "integer"}}, "$schema": "http://json-schema.org/draft-07/schema#"}
    assert the_field(schema).type == Integer()


def test_objects_merge_all_of_their_parts() -> None:
    base = an_object(["x"], x={"type": "string"}, y={"type": "number"})
    part = an_object([], y={"type": "integer"}, z={"type": "boolean"})
    collection = a_collection({"type": "object", "allOf": [base, {"$ref": "#/$defs/part"}], "$defs": {"part": part}})
    assert [(each.name, each.type, each.required) for each in collection.fields] == [
        ("x", Text(), True),
        ("y", Integer(), False),
        ("z", Boolean(), False),
    ]


def test_a_shared_definition_is_one_type_under_its_title() -> None:
    schema = an_object(home={"$ref": "#/$defs/a"}, work={"allOf": [{"$ref": "#/$defs/a"}], "description": "Office."})
    schema |= {"$defs": {"a": {"title": "Postal address", **an_object(city={"type": "string"})}}}
    collection = a_collection(schema)
    assert [each.type for each in collection.fields] == [Object("PostalAddress"), Object("PostalAddress")]
    assert collection.fields[1].description == "Office."


def test_two_types_of_one_title_are_called_by_their_places() -> None:
    inner = {"title": "Address", **an_object(x={"type": "string"})}
    other = {"title": "Address", **an_object(y={"type": "string"})}
    collection = a_collection(an_object(a=inner, b=other))
    assert [each.type for each in collection.fields] == [Object("BookA"), Object("BookB")]


def test_recursive_types_refer_to_themselves_by_name() -> None:
    collection = a_collection(an_object(next={"$ref": "#"}, all={"type": "array", "items": {"$ref": "#"}}))
    assert [each.type for each in collection.fields] == [Object("Book"), Array(Object("Book"), nullable=False)]


CIRCLE = an_object(["kind"], kind={"const": "circle"}, radius={"type": "number"})
SQUARE = an_object(["kind"], kind={"enum": ["square", "box"]}, side={"type": "number"})


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_objects_told_apart_by_a_property_are_a_union(keyword: str) -> None:
    collection = a_collection(an_object(["shape"], shape={keyword: [CIRCLE, SQUARE, {"type": "null"}]}))
    field = collection.fields[0]
    assert isinstance(field.type, Union)
    assert field.nullable
    assert field.type.discriminator == "kind"
    assert [each.tags for each in field.type.variants] == [("circle",), ("square", "box")]
    names = [[each.name for each in collection.objects[variant.object].fields] for variant in field.type.variants]
    assert names == [["kind", "radius"], ["kind", "side"]]


@pytest.mark.parametrize(
    "branches",
    [
        [CIRCLE, an_object(["kind"], kind={"enum": ["circle", "x"]})],
        [CIRCLE, an_object([], kind={"const": "square"})],
        [CIRCLE, {"type": "string"}],
        [CIRCLE, an_object(["other"], other={"const": "x"})],
    ],
    ids=["overlapping", "optional", "no object", "another property"],
)
def test_alternatives_that_cannot_be_told_apart_are_free_form(branches: list[Any]) -> None:
    assert the_field(an_object(a={"anyOf": branches})).type == Anything()


def discriminator(collection: Collection, path: str) -> Any:
    """Return the one type that the discriminator of a union has in all its alternatives."""
    field = collection.field_at((path,))
    assert field is not None
    union = field.type.items if isinstance(field.type, Array) else field.type
    assert isinstance(union, Union)
    fields = [each for variant in union.variants for each in collection.objects[variant.object].fields]
    [found] = {each.type for each in fields if each.name == union.discriminator}
    return found


def test_the_alternatives_of_a_union_share_the_enum_that_tells_them_apart() -> None:
    collection = a_collection(an_object(shape={"type": "array", "items": {"oneOf": [CIRCLE, SQUARE]}}))
    shared = discriminator(collection, "shape")
    assert (shared.name, [each.value for each in shared.values]) == ("BookShapeKind", ["circle", "square", "box"])
    assert [name for name in collection.name_map["types"].values() if name.endswith("Kind")] == ["BookShapeKind"]


def test_values_of_different_alternatives_are_spelled_apart() -> None:
    branches = [an_object(["kind"], kind={"const": each}) for each in ("a b", "a-b")]
    shared = discriminator(a_collection(an_object(shape={"oneOf": branches})), "shape")
    assert len({each.graphql for each in shared.values}) == 2


def test_the_enum_of_a_union_keeps_its_names_when_an_alternative_is_added() -> None:
    first = a_collection(an_object(shape={"oneOf": [an_object(["kind"], kind={"const": "a b"}), SQUARE]}))
    more = [an_object(["kind"], kind={"const": "a-b"}), an_object(["kind"], kind={"const": "a b"}), SQUARE]
    second = a_collection(an_object(shape={"oneOf": more}), names=first.name_map)
    before, after = discriminator(first, "shape"), discriminator(second, "shape")
    assert (after.name, set(before.values) < set(after.values)) == (before.name, True)


def test_a_root_that_is_no_object_has_no_fields() -> None:
    for schema, type in [(True, Anything()), ({"type": "string"}, Text()), ({}, Anything())]:
        collection = a_collection(schema)
        assert collection.fields == ()
        assert collection.type == type


def test_names_are_kept_when_a_schema_grows() -> None:
    first = a_collection(an_object(**{"a-b": {"type": "string"}, "c": OBJECT, "s": {"enum": ["x y"]}}))
    grown = {"a.b": {"type": "string"}, "a_b": {"type": "string"}, "C": {"title": "BookC", **an_object(z={})}}
    wider = an_object(**grown, **{"a-b": {"type": "string"}, "c": OBJECT, "s": {"enum": ["x-y", "x y"]}})
    second = a_collection(wider, names=first.name_map)
    for part in ("types", "fields", "enums", "collection"):
        assert {key: second.name_map[part][key] for key in first.name_map[part]} == first.name_map[part]
    assert second.name_map["fields"]["/a_b"] != "a_b" == first.name_map["fields"]["/a-b"]


def test_a_type_keeps_its_name_when_it_is_met_elsewhere_first() -> None:
    definitions = {"$defs": {"a": an_object(x={"type": "string"})}}
    first = a_collection(an_object(deep=an_object(address={"$ref": "#/$defs/a"})) | definitions)
    wider = an_object(deep=an_object(address={"$ref": "#/$defs/a"}), address={"$ref": "#/$defs/a"}) | definitions
    second = a_collection(wider, names=first.name_map)
    assert second.field_at(("address",)) is not None
    assert second.fields[1].type == Object("BookDeepAddress")


def test_the_order_of_a_schema_does_not_matter_for_names() -> None:
    properties = {
        "a-b": {"type": "string"},
        "a.b": an_object(x={}),
        "id": {"type": "string"},
        "c": {"title": "T", **OBJECT},
    }
    one = a_collection(an_object(**properties))
    other = a_collection(an_object(**dict(reversed(properties.items()))))
    assert {key: dict(each) for key, each in one.name_map.items()} == {
        key: dict(each) for key, each in other.name_map.items()
    }


def test_names_of_other_collections_are_avoided() -> None:
    collection = a_collection({"title": "Book", **an_object(a={"title": "Author", **OBJECT})}, taken={"Author"})
    assert collection.fields[0].type == Object("BookA")


def test_the_graphql_name_of_an_annotation_wins() -> None:
    schema = an_object(a={"type": "string", "x-graphql-name": "b"}, b={"type": "string"}) | {"x-graphql-name": "Tome"}
    collection = a_collection(schema, names=a_collection(an_object(a={}, b={})).name_map)
    assert collection.names.type == "Tome"
    assert collection.fields[0].graphql == "b"
    assert collection.fields[1].graphql != "b"


def test_the_field_map_shows_how_everything_is_called() -> None:
    publisher = an_object(["city"], city={"type": "string", "x-index": True})
    tags = {"type": "array", "items": {"enum": ["a", "b"]}}
    collection = a_collection(an_object(["id"], id={"type": "integer"}, publisher=publisher, tags=tags))
    assert describe_fields(collection) == [
        {"pointer": "/id", "graphql": "id_a56145", "rest": "id_a56145", "type": "BigInt!", "indexed": False},
        {
            "pointer": "/publisher",
            "graphql": "publisher",
            "rest": "publisher",
            "type": "BookPublisher",
            "indexed": False,
        },
        {"pointer": "/publisher/city", "graphql": "city", "rest": "publisher.city", "type": "String!", "indexed": True},
        {"pointer": "/tags", "graphql": "tags", "rest": "tags", "type": "[BookTags!]", "indexed": False},
    ]


def test_the_field_map_spells_for_rest_what_a_query_can_name_and_nothing_else() -> None:
    image = {
        **an_object(["kind"], kind={"const": "image"}, size=an_object(width={"type": "integer"})),
        "title": "Image",
    }
    sound = {**an_object(["kind"], kind={"const": "sound"}, length={"type": "number"}), "title": "Sound"}
    schema = an_object(
        **{"a.b": an_object(c=an_object(d={"type": "string"}))},
        list={"type": "array", "items": an_object(e={"type": "string"})},
        media={"oneOf": [image, sound]},
    )
    spelled = {str(each["pointer"]): each["rest"] for each in describe_fields(a_collection(schema))}
    assert spelled["/a.b/c/d"] == "a_b.c.d"
    assert {name: each for name, each in spelled.items() if each is None}.keys() == {
        "/list/*/e",
        "/media/kind",
        "/media/size",
        "/media/size/width",
        "/media/length",
    }


@pytest.mark.parametrize(
    "uri",
    [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema#",
        "https://json-schema.org/draft-07/schema",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema#",
    ],
)
def test_every_draft_registers_and_asserts_its_formats(uri: str) -> None:
    assert the_field({"$schema": uri, **an_object(["a"], a=UUID)}).type == Uuid()


def test_the_metaschemas_themselves_register() -> None:
    for uri in ("https://json-schema.org/draft/2020-12/schema", "http://json-schema.org/draft-07/schema#"):
        assert a_collection({"$schema": uri, "$ref": uri})


def test_a_schema_may_refer_to_other_collections_and_to_its_own() -> None:
    authors = {
        "title": "Author",
        "$id": "authors.json",
        **an_object(name={"$ref": "#/$defs/n"}),
        "$defs": {"n": {"type": "string"}},
    }
    schema = an_object(
        by={"$ref": "janua:authors"}, name={"$ref": "janua:authors#/$defs/n"}, part={"$ref": "janua:books"}
    )
    collection = a_collection(schema, references={"authors": authors}, pinned={"authors": 3})
    assert [each.type for each in collection.fields][:2] == [Object("Author"), Text()]
    assert collection.references == {"authors": 3}


def test_a_document_with_the_fingerprint_it_was_registered_with_is_not_checked_again() -> None:
    schema = an_object(a={"type": "string", "minLength": "one"})
    assert [each.pointer for each in refusal(schema, registered="of another document")] == ["/properties/a/minLength"]
    assert a_collection(schema, registered=fingerprint(schema)).fields[0].name == "a"
