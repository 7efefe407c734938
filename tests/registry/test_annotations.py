"""The x- keywords: what they declare, and how a wrong one is refused."""

from typing import Any

import pytest

from janua.model.collection import Index, IndexKey
from tests.registry.builders import UUID, a_collection, an_object, pointers, refusal

TEXT = {"type": "string"}
SHORT = {"type": "string", "maxLength": 100}


def an_index(kind: Any, *path: str, unique: bool = False) -> Index:
    return Index(kind, (IndexKey(path),), unique=unique)


@pytest.mark.parametrize(
    ("schema", "kind", "unique"),
    [
        ({**TEXT, "x-index": True}, "btree", False),
        ({**TEXT, "x-index": "btree"}, "btree", False),
        ({"type": "number", "x-index": True}, "btree", False),
        ({**TEXT, "x-index": "trigram"}, "trigram", False),
        ({**TEXT, "x-index": "fulltext"}, "fulltext", False),
        ({"type": "array", "items": TEXT, "x-index": "gin"}, "gin", False),
        ({"type": "object", "x-index": "gin"}, "gin", False),
        ({**TEXT, "x-unique": True}, "btree", True),
        ({**TEXT, "x-unique": True, "x-index": True}, "btree", True),
    ],
)
def test_a_property_declares_its_index(schema: dict[str, Any], kind: str, unique: bool) -> None:
    assert a_collection(an_object(a=schema)).indexes == (an_index(kind, "a", unique=unique),)


def test_what_is_false_declares_nothing() -> None:
    assert a_collection(an_object(a={**TEXT, "x-index": False, "x-unique": False})).indexes == ()


def test_an_index_counts_wherever_its_definition_is_reached() -> None:
    schema = an_object(a={"$ref": "#/$defs/p"}, b={"$ref": "#/$defs/p"})
    schema |= {"$defs": {"p": an_object(city={**TEXT, "x-index": True})}}
    assert a_collection(schema).indexes == (an_index("btree", "a", "city"), an_index("btree", "b", "city"))


def test_an_index_in_a_recursive_type_counts_where_it_is_entered() -> None:
    schema = an_object(
        name={**TEXT, "x-index": True}, parent={"$ref": "#"}, all={"type": "array", "items": {"$ref": "#"}}
    )
    assert a_collection(schema).indexes == (an_index("btree", "name"),)


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({**TEXT, "x-index": "hash"}, "/properties/a/x-index"),
        ({**TEXT, "x-index": ["btree"]}, "/properties/a/x-index"),
        ({**TEXT, "x-index": "gin"}, "/properties/a/x-index"),
        ({"type": "integer", "x-index": "trigram"}, "/properties/a/x-index"),
        ({**UUID, "x-index": "fulltext"}, "/properties/a/x-index"),
        ({"type": "array", "items": TEXT, "x-index": True}, "/properties/a/x-index"),
        ({"type": "object", "x-unique": True}, "/properties/a/x-unique"),
        ({**TEXT, "x-unique": "yes"}, "/properties/a/x-unique"),
        ({"type": "array", "items": {**TEXT, "x-index": True}}, "/properties/a/items/x-index"),
        (
            {"type": "array", "items": an_object(x={**TEXT, "x-unique": True})},
            "/properties/a/items/properties/x/x-unique",
        ),
        ({"anyOf": [an_object(x={**TEXT, "x-index": True}), TEXT]}, "/properties/a/anyOf/0/properties/x/x-index"),
        ({**TEXT, "x-graphql-name": "a b"}, "/properties/a/x-graphql-name"),
        ({**TEXT, "x-graphql-name": "id"}, "/properties/a/x-graphql-name"),
    ],
)
def test_an_annotation_that_makes_no_sense_is_refused_where_it_stands(schema: dict[str, Any], pointer: str) -> None:
    assert pointers(refusal(an_object(a=schema))) == [pointer]


def test_an_annotation_in_an_array_is_refused_also_through_a_definition() -> None:
    schema = an_object(a={"type": "array", "items": {"$ref": "#/$defs/p"}})
    schema |= {"$defs": {"p": an_object(x={**TEXT, "x-index": True})}}
    assert pointers(refusal(schema)) == ["/$defs/p/properties/x/x-index"]


def test_unknown_x_keywords_are_nobodys_business() -> None:
    assert a_collection(an_object(a={**TEXT, "x-go-type": 3, "x-indexed": "?"}))


def test_paths_to_annotations_are_bounded() -> None:
    definitions: dict[str, Any] = {
        f"d{i}": an_object(x={"$ref": f"#/$defs/d{i + 1}"}, y={"$ref": f"#/$defs/d{i + 1}"}) for i in range(12)
    }
    definitions["d12"] = an_object(leaf={**TEXT, "x-index": True})
    assert "more than 64" in refusal(an_object(a={"$ref": "#/$defs/d0"}) | {"$defs": definitions})[0].message


def test_composite_indexes_name_fields_as_rest_does() -> None:
    schema = an_object(status=SHORT, **{"a.b": {"type": "integer"}}, publisher=an_object(city=SHORT))
    schema["x-indexes"] = [
        {"fields": ["status", "-publisher.city", "a_b"], "unique": True, "where": {"status": {"eq": "x"}}}
    ]
    keys = (IndexKey(("status",)), IndexKey(("publisher", "city"), descending=True), IndexKey(("a.b",)))
    assert a_collection(schema).indexes == (Index("btree", keys, unique=True, where={"status": {"eq": "x"}}),)


@pytest.mark.parametrize(
    ("declared", "pointer"),
    [
        ({}, "/x-indexes"),
        ([3], "/x-indexes/0"),
        ([{"fields": ["a"], "kind": "gin"}], "/x-indexes/0"),
        ([{}], "/x-indexes/0/fields"),
        ([{"fields": []}], "/x-indexes/0/fields"),
        ([{"fields": ["a", "zz"]}], "/x-indexes/0/fields/1"),
        ([{"fields": ["o"]}], "/x-indexes/0/fields/0"),
        ([{"fields": ["a", "-a"]}], "/x-indexes/0/fields"),
        ([{"fields": ["a"], "unique": 1}], "/x-indexes/0/unique"),
        ([{"fields": ["a"], "where": {}}], "/x-indexes/0/where"),
    ],
)
def test_a_wrong_composite_index_is_refused_where_it_stands(declared: Any, pointer: str) -> None:
    assert pointers(refusal(an_object(a=SHORT, o={"type": "object"}) | {"x-indexes": declared})) == [pointer]


def test_a_covering_index_holds_its_keys_and_what_it_includes() -> None:
    schema = an_object(genre=SHORT, price={"type": "number"}, publisher=an_object(city=SHORT))
    schema["x-indexes"] = [{"fields": ["-genre"], "include": ["price", "publisher.city"]}]
    held = (("price",), ("publisher", "city"))
    assert a_collection(schema).indexes == (Index("btree", (IndexKey(("genre",), descending=True),), include=held),)


@pytest.mark.parametrize(
    ("declared", "pointer", "message"),
    [
        ({"include": []}, "/include", "include lists one to 16 fields"),
        ({"include": "b"}, "/include", "include lists one to 16 fields"),
        ({"include": ["zz"]}, "/include/0", "there is no field"),
        ({"include": ["-b"]}, "/include/0", "there is no field"),
        ({"include": [3]}, "/include/0", "there is no field"),
        ({"include": ["a"]}, "/fields", "a field is listed twice"),
        ({"include": ["b", "long"]}, "/include/1", "give it a maxLength of at most 256"),
        ({"include": ["b", "endless"]}, "/include/1", "give it a maxLength of at most 256"),
        ({"include": ["o"]}, "/include/0", "has no order"),
        ({"include": ["b"], "unique": True}, "/unique", "declare another index for that"),
        ({"include": ["b"], "where": {"a": {"eq": "x"}}}, "/where", "declare another index for that"),
    ],
)
def test_a_wrong_covering_index_is_refused_where_it_stands(declared: Any, pointer: str, message: str) -> None:
    long = {"type": "string", "maxLength": 257}
    schema = an_object(a=SHORT, b={"type": "number"}, long=long, endless=TEXT, o={"type": "object"})
    [found] = refusal(schema | {"x-indexes": [{"fields": ["a"], **declared}]})
    assert found.pointer == f"/x-indexes/0{pointer}"
    assert message in found.message


def test_keys_that_could_outgrow_a_btree_entry_are_refused() -> None:
    wide = {"type": "string", "maxLength": 512}
    schema = an_object(a=wide, b=wide, c=TEXT, d=TEXT, e=TEXT, f=TEXT)
    assert refusal(schema | {"x-indexes": [{"fields": ["a", "b"]}]})
    assert a_collection(schema | {"x-indexes": [{"fields": ["a", "c"]}]})
    assert a_collection(schema | {"x-indexes": [{"fields": ["c", "d", "e", "f"]}]})


def a_relation(holder: dict[str, Any] | None = None, name: str = "author_id", **members: Any) -> dict[str, Any]:
    return an_object(**{name: {**(holder or UUID), "x-relation": {"collection": "authors", **members}}})


def test_a_relation_is_named_after_its_property() -> None:
    for name, field in [
        ("author_id", "author"),
        ("authorId", "author"),
        ("author_ids", "author"),
        ("authorIds", "author"),
    ]:
        [relation] = a_collection(a_relation(name=name)).relations
        assert relation.field == field
        assert relation.on_delete == "restrict"


def test_a_relation_says_what_it_says() -> None:
    many = {"type": "array", "items": UUID}
    [relation] = a_collection(a_relation(many, "tags", field="labels", inverse="books", on_delete="cascade")).relations
    assert (relation.path, relation.field, relation.target, relation.many) == (("tags",), "labels", "authors", True)
    assert (relation.inverse, relation.on_delete, relation.column) == ("books", "cascade", "tags")


def test_a_relation_may_be_nested_and_its_column_avoids_those_of_janua() -> None:
    schema = an_object(meta=a_relation(), version={**UUID, "x-relation": {"collection": "a", "field": "v"}})
    columns = {each.path: each.column for each in a_collection(schema).relations}
    assert columns[("meta", "author_id")] == "meta_author_id"
    assert columns[("version",)].startswith("version_")


@pytest.mark.parametrize(
    "schema",
    [
        a_relation(collection="No Name"),
        a_relation(colection="authors"),
        a_relation(on_delete="nothing"),
        a_relation(field="author_id"),
        a_relation(field="id"),
        a_relation(field="a b"),
        a_relation(inverse=""),
        a_relation(name="who"),
        a_relation({"type": "string"}),
        a_relation({"type": "array", "items": {"type": "string"}}),
        a_relation({"type": "integer"}),
        a_relation({"type": "array", "items": UUID, "minItems": 1}, on_delete="set_null"),
        {**a_relation(on_delete="set_null"), "required": ["author_id"]},
        an_object(a={**UUID, "x-relation": "authors"}),
    ],
)
def test_a_relation_that_makes_no_sense_is_refused(schema: dict[str, Any]) -> None:
    [violation] = refusal(schema)
    assert violation.keyword == "x-relation"
    assert violation.pointer.endswith("/x-relation")


def test_a_relation_that_may_become_null_is_fine() -> None:
    nullable = {"type": ["string", "null"], "format": "uuid"}
    assert a_collection({**a_relation(nullable, on_delete="set_null"), "required": ["author_id"]}).relations
    assert a_collection(a_relation(on_delete="set_null")).relations


def test_two_relations_of_one_name_are_refused() -> None:
    holder = {**UUID, "x-relation": {"collection": "authors", "field": "author"}}
    assert pointers(refusal(an_object(a=holder, b=dict(holder)))) == ["/properties/b/x-relation"]
