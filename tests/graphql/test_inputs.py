"""Laws of the inputs: filters and orders are those of the query language, documents those of the JSON Schema."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    Undefined,
    parse,
    parse_value,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities import coerce_input_literal, coerce_input_value

from janua.api.graphql import scalars
from janua.model.json import loads
from janua.model.patch import MergePatch
from janua.model.types import Json
from janua.query.limits import QueryLimits
from janua.query.operators import operators_of
from janua.query.orders import order_keys
from janua.query.parse import parse_order_by
from janua.query.plan import plan_filter
from tests.graphql.builders import a_schema, shown, whole
from tests.query import builders
from tests.registry.builders import an_object

SAMPLES: Mapping[str, Any] = {
    "ID": builders.AN_ID,
    "String": "a",
    "Int": 1,
    "BigInt": 2**53 + 1,
    "Float": Decimal("1.10"),
    "Boolean": True,
    "DateTime": "2026-01-31T12:00:00Z",
    "Date": "2026-01-31",
    "Time": "12:00:00Z",
    "UUID": builders.AN_ID,
    "JSON": {"a": 1},
}
CIRCLE = {"title": "Circle", **an_object(kind={"const": "circle"}, r={"type": "number"}, required=["kind"])}
SQUARE = {"title": "Square", **an_object(kind={"const": "square"}, a={"type": "number"}, required=["kind", "a"])}
SHAPES = {
    "title": "Shape",
    **an_object(
        ["name", "address"],
        name={"type": "string"},
        note={"type": ["string", "null"]},
        address=an_object(city={"type": "string"}, required=["city"]),
        figure={"oneOf": [CIRCLE, SQUARE]},
        figures={"type": "array", "items": {"oneOf": [CIRCLE, SQUARE]}},
        **{"page-count": {"type": "integer"}, "9 lives": {"enum": ["a-b", "c"]}},
    ),
}


def a_value(type: Any, depth: int = 2) -> Any:
    """Return a value that an input type takes, in external form."""
    match type:
        case GraphQLNonNull():
            return a_value(type.of_type, depth)
        case GraphQLList():
            return [a_value(type.of_type, depth)]
        case GraphQLEnumType():
            return next(iter(type.values))
        case GraphQLInputObjectType():
            return next(each for _, each in conditions(type, depth - 1)) if depth else {}
        case _:
            return SAMPLES[type.name]


def conditions(type: GraphQLInputObjectType, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield an input for every way through the members of an input type, and what it is called."""
    for name, each in type.fields.items():
        inner = each.type
        if isinstance(inner, GraphQLInputObjectType) and depth > 0:
            for path, value in conditions(inner, depth - 1):
                yield f"{name}.{path}", {name: value}
        elif not isinstance(inner, GraphQLInputObjectType):
            yield name, {name: a_value(inner)}


def input_of(schema: GraphQLSchema, name: str) -> GraphQLInputObjectType:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLInputObjectType)
    return found


def test_every_filter_that_can_be_written_is_understood() -> None:
    catalog = builders.a_catalog()
    schema = whole(catalog).schema
    tried = 0
    for name, collection in (("BooksWhere", "books"), ("AuthorsWhere", "authors"), ("TagsWhere", "tags")):
        for path, given in conditions(input_of(schema, name), depth=5):
            where = coerce_input_value(given, input_of(schema, name))
            assert where is not Undefined, path
            plan_filter(catalog, collection, where, spelling="graphql", limits=QueryLimits())
            tried += 1
    assert tried > 1000


@pytest.mark.parametrize("field", [each.graphql for each in builders.library()[2].fields])
def test_every_operator_of_a_type_can_be_written(field: str) -> None:
    catalog = builders.a_catalog()
    found = next(each for each in catalog.collection("books").fields if each.graphql == field)
    filter = shown(whole(catalog).schema, shown(whole(catalog).schema, "BooksWhere")[field])
    assert set(operators_of(found.type)) <= set(filter)


def test_relations_are_filtered_through() -> None:
    schema = whole(builders.a_catalog()).schema
    assert shown(schema, "BooksWhere")["author"] == "AuthorsToOneFilter"
    assert shown(schema, "AuthorsToOneFilter")["isNull"] == "Boolean"
    assert "isNull" not in shown(schema, "AuthorsWhere")
    assert shown(schema, "AuthorsWhere")["books"] == "BooksToManyFilter"
    assert shown(schema, "BooksToManyFilter") == dict.fromkeys(("some", "every", "none"), "BooksWhere")


def test_every_order_that_can_be_written_is_understood() -> None:
    catalog = builders.a_catalog()
    order = input_of(whole(catalog).schema, "BooksOrderBy")
    paths: list[str] = []
    for path, given in conditions(order, depth=3):
        terms = parse_order_by([coerce_input_value(given, order)])
        assert order_keys(catalog, "books", terms, "graphql", QueryLimits())
        paths.append(path)
    assert {"price", "publisher.address.number", "author.name", "id", "_meta.createdAt"} <= set(paths)
    assert not {"tags", "lines", "media", "attributes"} & {each.partition(".")[0] for each in paths}


def test_documents_get_the_names_of_their_schema() -> None:
    schema = a_schema(shapes=SHAPES)
    given = {"name": "a", "address": {"city": "Gent"}, "page_count": 2**60, "_9_lives": "a_b"}
    document = coerce_input_value(given, input_of(schema, "ShapeInput"))
    assert document == {"name": "a", "address": {"city": "Gent"}, "page-count": 2**60, "9 lives": "a-b"}


def test_inputs_require_what_the_schema_requires_and_patches_nothing() -> None:
    schema = a_schema(shapes=SHAPES)
    inputs, patches = shown(schema, "ShapeInput"), shown(schema, "ShapePatch")
    assert {name for name, type in inputs.items() if type.endswith("!")} == {"name", "address"}
    assert not [type for type in patches.values() if type.endswith("!")]
    assert patches["address"] == "ShapeAddressPatch"
    assert patches["figures"] == "[ShapeFiguresInput!]"


def test_an_alternative_is_chosen_by_its_name_and_gets_its_discriminator() -> None:
    figure = input_of(a_schema(shapes=SHAPES), "ShapeFigureInput")
    assert figure.is_one_of
    assert coerce_input_value({"circle": {"r": Decimal("1.50")}}, figure) == {"kind": "circle", "r": Decimal("1.50")}
    assert coerce_input_value({"square": {"kind": "square", "a": 1}}, figure) == {"kind": "square", "a": 1}
    assert coerce_input_value({"circle": {"r": 1}, "square": {"a": 1}}, figure) is Undefined


def test_a_patch_of_an_alternative_changes_it_or_takes_the_place_of_another() -> None:
    figure = input_of(a_schema(shapes=SHAPES), "ShapeFigurePatch")
    assert figure.is_one_of
    patch = MergePatch(coerce_input_value({"circle": {"r": 2}}, figure))
    assert patch.apply({"kind": "circle", "r": 1, "x": 0}) == {"kind": "circle", "r": 2, "x": 0}
    others: list[Json] = [{"kind": "square", "a": 1}, {"r": 1}, None, "text"]
    for other in others:
        assert patch.apply(other) == {"kind": "circle", "r": 2}


@pytest.mark.parametrize("ending", ["Input", "Patch"])
def test_an_alternative_with_the_discriminator_of_another_is_refused(ending: str) -> None:
    figure = input_of(a_schema(shapes=SHAPES), f"ShapeFigure{ending}")
    with pytest.raises(GraphQLError, match="in `circle` the property 'kind' is circle"):
        coerce_input_value({"circle": {"kind": "square", "r": 1}}, figure)


def test_input_types_say_what_their_values_are() -> None:
    schema = whole(builders.a_catalog()).schema
    roles = {"Where": "filter", "OrderBy": "order", "Input": "document", "Patch": "document"}
    for ending, role in roles.items():
        assert input_of(schema, f"Books{ending}").extensions["janua"] == role
    generated = (each for each in schema.type_map.values() if isinstance(each, GraphQLInputObjectType))
    assert all(
        each.extensions.get("janua") in set(roles.values()) for each in generated if each.name != "SchemaDocument"
    )


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("Int", "1.0", 1),
        ("BigInt", "9007199254740993", 2**53 + 1),
        ("BigInt", '"9007199254740993"', 2**53 + 1),
        ("Float", "0.1234567890123456789012345678901", Decimal("0.1234567890123456789012345678901")),
        ("Decimal", '"1.10"', Decimal("1.10")),
        ("JSON", '{"a": [1.10, 12345678901234567890, null, true, "x"]}', {
            "a": [Decimal("1.10"), 12345678901234567890, None, True, "x"],
        }),
        ("DateTime", '"2026-01-31T12:00:00+02:00"', "2026-01-31T12:00:00+02:00"),
        ("UUID", f'"{builders.AN_ID}"', builders.AN_ID),
    ],
)  # fmt: skip
def test_scalars_are_exact_as_variables_and_as_literals(name: str, given: str, value: object) -> None:
    scalar = scalars.SCALARS[name]
    assert repr(coerce_input_value(loads(given), scalar)) == repr(value)
    assert repr(coerce_input_literal(parse_value(given.replace('{"a"', "{a")), scalar)) == repr(value)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Int", 2**31), ("Int", Decimal("1.5")), ("Int", True), ("Int", "1"), ("BigInt", "1.5"), ("BigInt", True),
        ("BigInt", Decimal("1e999999999")), ("Float", "1"), ("Float", False), ("Decimal", "NaN"),
        ("Date", "2026-02-30"), ("DateTime", "2026-01-31"), ("Time", "25:00:00Z"), ("UUID", "x"), ("UUID", 1),
    ],
)  # fmt: skip
def test_scalars_refuse_what_is_none_and_say_what_they_expect(name: str, given: object) -> None:
    with pytest.raises(Exception, match=rf"{name} expects .+, not ") as caught:
        scalars.SCALARS[name].coerce_input_value(given)
    assert len(str(caught.value)) < 300


def test_a_wrong_literal_is_pointed_at() -> None:
    schema = a_schema(books=an_object(pages={"type": "integer", "maximum": 9, "minimum": 0}))
    tree = parse("{ books(where: {pages: {gt: 1}, _or: [{pages: {\n  lt: 1.5}}]}) { totalCount } }")
    [error] = validate(schema, tree)
    assert [(each.line, each.column) for each in error.locations or ()] == [(2, 7)]


def test_variables_stand_inside_literals_of_json() -> None:
    schema = a_schema(notes=True)
    document = parse('query ($n: BigInt, $j: JSON, $none: String) { note(id: "x") { id } }')
    operation: Any = document.definitions[0]
    values = get_variable_values(schema, operation.variable_definitions, {"n": 2**60, "j": {"b c": [Decimal("1.10")]}})
    assert isinstance(values, VariableValues)
    literal = parse_value("{a: [$n, 1.10], j: $j, none: $none, k: null}")
    found = coerce_input_literal(literal, scalars.JSON, values)
    assert repr(found) == repr({"a": [2**60, Decimal("1.10")], "j": {"b c": [Decimal("1.10")]}, "k": None})


def test_figures_stand_where_the_query_language_has_them() -> None:
    schema = whole(builders.a_catalog()).schema
    assert shown(schema, "BooksGroup") == {
        "count": "Int!",
        "key": "BooksGroupKey!",
        "sum": "BooksSums!",
        "avg": "BooksAverages!",
        "min": "BooksBounds!",
        "max": "BooksBounds!",
        "countDistinct": "BooksDistinctCounts!",
    }
    assert shown(schema, "BooksSums") == {
        "price": "Decimal", "pages": "BigInt", "publisher": "PublisherSums!", "page_count": "BigInt",
    }  # fmt: skip
    assert shown(schema, "AddressAverages") == {"number": "Decimal"}
    assert "in_stock" in shown(schema, "BooksGroupKey")
    assert "in_stock" not in shown(schema, "BooksBounds")
    assert shown(schema, "BooksDistinctCounts")["title"] == "Int!"
    group = schema.type_map["BooksGroupField"]
    assert isinstance(group, GraphQLEnumType)
    assert group.values["publisher_address_street"].value == "publisher.address.street"
    assert "tags" not in group.values
