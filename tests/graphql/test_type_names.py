"""Whatever collections, types and properties are called, no two GraphQL types or root fields are called alike."""

from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLField, GraphQLInputObjectType, GraphQLObjectType, build_schema
from hypothesis import given, settings
from hypothesis import strategies as st

from janua.api.graphql.aggregates import GROUP_FIELDS
from janua.api.graphql.component import static_types
from janua.api.graphql.roots import Root
from janua.errors import InvalidSchema
from janua.model.names import DERIVED_TYPES, RESERVED_TYPES, derived_type
from tests.graphql.builders import a_catalog, a_schema, a_slice, assert_valid, shown, whole
from tests.registry.builders import UUID, an_object
from tests.registry.test_hostile_schemas import SCHEMAS

TITLES = ["Book", *(f"Book{ending}" for ending in DERIVED_TYPES), "Query", "Int", "PageInfo", "StringFilter", "__x"]
BASES = st.builds("".join, st.lists(st.sampled_from(["Tag", "List", "Group", "ToOne", "Document"]), min_size=1))


def titled(title: str, **properties: Any) -> Any:
    return {**an_object(name={"type": "string"}, **properties), "title": title}


def root_of(schema: Any, verb: str) -> GraphQLField:
    fields = {**schema.query_type.fields, **schema.mutation_type.fields}
    return next(each for each in fields.values() if getattr(each.extensions.get("janua"), "verb", None) == verb)


@given(st.lists(BASES, unique=True, max_size=8), st.sets(BASES | BASES.map(lambda each: f"{each}ListFilter")))
def test_derived_names_differ_whatever_the_names_they_derive_from(bases: list[str], taken: set[str]) -> None:
    derived = [derived_type(base, ending, {*taken, *bases}) for base in bases for ending in DERIVED_TYPES]
    assert len(set(derived)) == len(derived)
    assert not {*taken, *bases} & set(derived)


def test_collections_called_like_the_types_of_another_make_valid_schemas() -> None:
    a_schema(**{f"c{place}": titled(title) for place, title in enumerate(TITLES)})
    a_schema(**{f"c{place}": titled(title) for place, title in enumerate(reversed(TITLES))})


def test_objects_called_like_derived_types_make_valid_schemas() -> None:
    inner = {f"p{place}": titled(title) for place, title in enumerate(TITLES)}
    lists = {f"l{place}": {"type": "array", "items": titled(f"{title}s")} for place, title in enumerate(TITLES)}
    a_schema(books=titled("Book", **inner, **lists))


def test_enums_and_lists_of_them_have_filters_of_their_own() -> None:
    schema = a_schema(
        things=an_object(
            tags={"type": "array", "items": {"title": "Tag", "enum": ["a", "b"]}},
            list={"title": "TagList", "enum": ["c", "d"]},
            deep={"type": "array", "items": {"type": "array", "items": {"title": "Deep", "enum": ["e", "f"]}}},
        )
    )
    where = shown(schema, "ThingWhere")
    assert where["tags"] == "TagListFilter"
    assert where["list"] != "TagListFilter"
    assert shown(schema, where["list"])["eq"] == "TagList"
    assert shown(schema, "DeepListListFilter")["some"] == "DeepListFilter"


@pytest.mark.parametrize(
    "name", ["query", "int", "page_info", "mutation", "string", "sheep", "data", "books_aggregate"]
)
def test_a_collection_may_be_called_anything(name: str) -> None:
    schema = a_schema(**{name: an_object(name={"type": "string"})}, books=titled("Books"))
    roots = [
        each.extensions["janua"]
        for type in (schema.query_type, schema.mutation_type)
        if type
        for each in type.fields.values()
        if "janua" in each.extensions
    ]
    assert len(roots) == 2 * 10
    assert len({(root.verb, root.collection) for root in roots if isinstance(root, Root)}) == len(roots)


@pytest.mark.parametrize("name", ["sheep", "data", "news"])
def test_one_and_many_are_told_apart_where_singular_and_plural_are_the_same(name: str) -> None:
    schema = a_schema(**{name: titled(name)})
    record = name.capitalize()
    assert str(root_of(schema, "create").type) == f"{record}!"
    assert str(root_of(schema, "create_many").type) == f"[{record}!]!"


def test_a_later_collection_does_not_rename_what_another_has() -> None:
    before = a_catalog(books=titled("Book"))
    after = a_catalog(books=titled("Book"), others=titled("BookWhere"), more=titled("Book Input"))
    types = set(whole(before).schema.type_map)
    assert types <= set(whole(after).schema.type_map)
    assert not {"BookWhere", "BookInput"} & {each.names.type for each in after.collections.values()}


def test_names_do_not_depend_on_the_slice() -> None:
    catalog = a_catalog(others=titled("BookWhere"), books=titled("Book"))
    everything = whole(catalog).schema.type_map
    for name in catalog.collections:
        part = a_slice(catalog, name).schema.type_map
        assert all(everything[each] is not None for each in part)
        many = root_of(a_slice(catalog, name).schema, "many")
        assert str(many.args["where"].type) in everything
    assert a_slice(catalog, "books").schema.query_type
    where = str(root_of(a_slice(catalog, "books").schema, "many").args["where"].type)
    assert where != "BookWhere"
    assert isinstance(everything["BookWhere"], GraphQLObjectType)
    assert isinstance(everything[where], GraphQLInputObjectType)


def test_properties_may_be_called_like_operators_and_system_fields() -> None:
    names = ["and", "or", "not", "id", "_meta", "__typename", "isNull", "exists", "_and", "eq", "where", "data", "node"]
    inner = an_object(**{name: {"type": "string"} for name in names})
    schema = a_schema(things={**an_object(inner=inner, **{name: {"type": "string"} for name in names})})
    thing = shown(schema, "Thing")
    assert thing["id"] == "ID!"
    assert {"and", "or", "not", "isNull", "exists", "eq", "where", "data", "node"} <= set(thing)
    assert len(thing) == len(names) + 3
    assert shown(schema, "ThingInnerWhere")["isNull"] == "StringFilter"
    assert shown(schema, "ThingInnerWhere")["_and"] == "[ThingInnerWhere!]"


def test_objects_of_any_number_of_fields_and_any_depth_make_valid_schemas() -> None:
    wide = an_object(**{f"p{number}": {"type": "string"} for number in range(200)})
    chain = {f"d{level}": an_object(a={"$ref": f"#/$defs/d{level + 1}"}) for level in range(1500)}
    deep = {**an_object(a={"$ref": "#/$defs/d0"}), "$defs": chain | {"d1500": an_object(b={"type": "string"})}}
    schema = a_schema(wide=wide, deep=deep)
    assert len(shown(schema, "Wide")) == 202
    depth, type = 0, "Deep"
    while (type := shown(schema, type).get("a", "JSON")) != "JSON":
        depth += 1
    assert depth > 50


def test_values_to_group_by_are_bounded_where_objects_multiply() -> None:
    doubling = {
        f"d{level}": an_object(
            n={"type": "integer"}, a={"$ref": f"#/$defs/d{level + 1}"}, b={"$ref": f"#/$defs/d{level + 1}"}
        )
        for level in range(30)
    }
    leaf = {"d30": an_object(n={"type": "integer"})}
    schema = a_schema(things={**an_object(a={"$ref": "#/$defs/d0"}, n={"type": "integer"}), "$defs": doubling | leaf})
    values = schema.type_map["ThingGroupField"]
    assert isinstance(values, GraphQLEnumType)
    assert {"n", "a_n", "a_a_n", "_meta_version"} <= set(values.values)
    assert 10 < len(values.values) <= GROUP_FIELDS + 4


def test_what_needs_itself_without_end_is_not_required_in_inputs() -> None:
    endless = {"title": "Endless", **an_object(next={"$ref": "#"}, required=["next"])}
    kinds = {
        "title": "Tree",
        "$defs": {
            "pair": {
                "title": "Pair",
                **an_object(kind={"const": "pair"}, left={"$ref": "#/$defs/tree"}, required=["kind", "left"]),
            },
            "both": {
                "title": "Both",
                **an_object(kind={"const": "both"}, left={"$ref": "#/$defs/tree"}, required=["kind", "left"]),
            },
            "tree": {"oneOf": [{"$ref": "#/$defs/pair"}, {"$ref": "#/$defs/both"}]},
        },
        **an_object(tree={"$ref": "#/$defs/tree"}, required=["tree"]),
    }
    schema = a_schema(endless=endless, trees=kinds)
    assert shown(schema, "EndlessInput") == {"next": "EndlessInput"}
    assert shown(schema, "Endless")["next"] == "EndlessDocument!"


def test_every_static_type_is_reserved() -> None:
    assert {each.name for each in static_types()} <= RESERVED_TYPES


@pytest.mark.slow
@settings(max_examples=100)
@given(SCHEMAS, SCHEMAS)
def test_any_schemas_make_a_valid_graphql_schema_that_can_be_printed(first: Any, second: Any) -> None:
    try:
        catalog = a_catalog(books=first, a=second)
    except InvalidSchema:
        return
    found = whole(catalog)
    assert_valid(found.schema)
    build_schema(found.sdl())


def test_relations_in_circles_are_one_component() -> None:
    def related(target: str) -> Any:
        return {**UUID, "x-relation": {"collection": target, "field": target.removesuffix("s")}}

    catalog = a_catalog(
        hens=an_object(egg_id=related("eggs")),
        eggs=an_object(hen_id=related("hens")),
        apart=an_object(name={"type": "string"}),
    )
    assert {"Hen", "Egg"} <= set(a_slice(catalog, "eggs").schema.type_map)
    assert "Apart" not in a_slice(catalog, "eggs").schema.type_map
    assert a_slice(catalog, "eggs").key == a_slice(catalog, "hens").key
