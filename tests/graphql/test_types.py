"""Laws of the generated types: every type of the model has its place in GraphQL, and schemas are always valid."""

from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType, GraphQLUnionType

from janua.api.graphql.roots import Root
from janua.model.catalog import Catalog
from janua.registry.compile import compile_collection
from janua.registry.document import Limits, read_schema
from tests.graphql.builders import a_schema, assert_valid, shown, whole
from tests.registry.builders import UUID, an_object
from tests.registry.test_hostile_schemas import RECURSIVE
from tests.registry.test_shipped_schemas import INCOMPLETE, SHIPPED

AUTHORS = {**an_object(name={"type": "string"}, required=["name"]), "title": "Author"}
BOOKS = {
    **an_object(
        required=["title", "price"],
        title={"type": "string", "description": "On the cover."},
        isbn={"type": "string", "x-unique": True},
        price={"type": "number"},
        pages={"type": "integer", "minimum": 1, "maximum": 10_000},
        copies={"type": "integer"},
        in_stock={"type": "boolean", "deprecated": True},
        published={"type": "string", "format": "date"},
        sold_at={"type": "string", "format": "date-time"},
        opens={"type": "string", "format": "time"},
        code=UUID,
        genre={"enum": ["novel", "sci-fi"]},
        tags={"type": "array", "items": {"type": "string"}},
        scores={"type": "array", "items": {"type": ["integer", "null"]}},
        publisher=an_object(city={"type": "string"}, required=["city"]),
        anything={},
        free={"type": "object"},
        media={
            "oneOf": [
                {**an_object(kind={"const": "page"}, count={"type": "integer"}, required=["kind"]), "title": "Page"},
                {**an_object(kind={"const": "disc"}, tracks={"type": "integer"}, required=["kind"]), "title": "Disc"},
            ]
        },
        author_id={**UUID, "x-relation": {"collection": "authors", "inverse": "books"}},
    ),
    "title": "Book",
}


def test_every_type_of_the_model_has_its_type_in_graphql() -> None:
    assert shown(a_schema(authors=AUTHORS, books=BOOKS), "Book") == {
        "id": "ID!",
        "_meta": "RecordMeta!",
        "title": "String!",
        "isbn": "String",
        "price": "Float!",
        "pages": "Int",
        "copies": "BigInt",
        "in_stock": "Boolean",
        "published": "Date",
        "sold_at": "DateTime",
        "opens": "Time",
        "code": "UUID",
        "genre": "BookGenre",
        "tags": "[String!]",
        "scores": "[BigInt]",
        "publisher": "BookPublisher",
        "anything": "JSON",
        "free": "JSON",
        "media": "BookMedia",
        "author_id": "UUID",
        "author": "Author",
    }


def test_relations_are_fields_both_ways() -> None:
    schema = a_schema(authors=AUTHORS, books=BOOKS)
    assert shown(schema, "Author")["books"] == "BookConnection!"
    author = schema.type_map["Author"]
    assert isinstance(author, GraphQLObjectType)
    assert {name: str(each.type) for name, each in author.fields["books"].args.items()} == {
        "where": "BookWhere",
        "orderBy": "[BookOrderBy!]",
        "first": "Int",
        "after": "String",
        "last": "Int",
        "before": "String",
        "offset": "Int",
    }
    assert shown(schema, "BookConnection") == {
        "nodes": "[Book!]!",
        "edges": "[BookEdge!]!",
        "pageInfo": "PageInfo!",
        "totalCount": "Int!",
    }


def test_descriptions_and_deprecations_come_from_the_schema() -> None:
    book = a_schema(authors=AUTHORS, books=BOOKS).type_map["Book"]
    assert isinstance(book, GraphQLObjectType)
    assert book.fields["title"].description == "On the cover."
    assert book.fields["in_stock"].deprecation_reason


def test_unions_and_enums_are_those_of_the_schema() -> None:
    schema = a_schema(authors=AUTHORS, books=BOOKS)
    media, genre = schema.type_map["BookMedia"], schema.type_map["BookGenre"]
    assert isinstance(media, GraphQLUnionType)
    assert isinstance(genre, GraphQLEnumType)
    assert [each.name for each in media.types] == ["Page", "Disc"]
    assert {name: each.value for name, each in genre.values.items()} == {"novel": "novel", "sci_fi": "sci-fi"}


def test_root_fields_are_those_of_the_contract_and_know_what_they_do() -> None:
    schema = a_schema(authors=AUTHORS, books=BOOKS)
    roots = {
        name: str(each.type)
        for type in (schema.query_type, schema.mutation_type)
        if type
        for name, each in type.fields.items()
        if isinstance(root := each.extensions.get("janua"), Root) and root.collection == "books"
    }
    assert roots == {
        "book": "Book",
        "books": "BookConnection!",
        "booksAggregate": "[BookGroup!]!",
        "createBook": "Book!",
        "createBooks": "[Book!]!",
        "replaceBook": "Book!",
        "updateBook": "Book!",
        "upsertBook": "Book!",
        "updateBooks": "[Book!]!",
        "deleteBook": "Book!",
        "deleteBooks": "[Book!]!",
    }
    assert schema.query_type
    assert schema.query_type.fields["book"].extensions["janua"] == Root("one", "books", {"isbn": ("isbn",)})


@pytest.mark.parametrize(
    ("root", "type"),
    [
        ({"type": "object"}, "JSON"),
        (True, "JSON"),
        ({"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}}, "[Int!]"),
        ({"type": "string"}, "String"),
        ({"type": "number"}, "Float"),
    ],
    ids=str,
)
def test_records_that_declare_no_fields_have_one_for_the_whole(root: Any, type: str) -> None:
    schema = a_schema(notes=root)
    assert shown(schema, "Note") == {"id": "ID!", "_meta": "RecordMeta!", "data": type}
    assert schema.mutation_type
    assert str(schema.mutation_type.fields["createNote"].args["input"].type) == f"{type}!"


def test_a_record_inside_itself_has_neither_id_nor_relations() -> None:
    related = {**UUID, "x-relation": {"collection": "parts", "field": "spare"}}
    schema = a_schema(parts={"title": "Part", **an_object(child={"$ref": "#"}, spare_id=related)})
    assert list(shown(schema, "Part")) == ["id", "_meta", "child", "spare_id", "spare", "parts"]
    assert shown(schema, "PartDocument") == {"child": "PartDocument", "spare_id": "UUID"}
    assert shown(schema, "PartInput") == {"child": "PartInput", "spare_id": "UUID"}
    assert "id" not in shown(schema, "PartDocumentWhere")


@pytest.mark.parametrize("schema", RECURSIVE)
def test_recursive_schemas_make_valid_types(schema: Any) -> None:
    a_schema(things=schema)


@pytest.mark.parametrize("file", [each for each in SHIPPED if each.name not in INCOMPLETE], ids=lambda each: each.name)
def test_shipped_schemas_make_valid_types(file: Any) -> None:
    document = read_schema(file.read_bytes(), "json", Limits(nodes=500_000))
    catalog = Catalog.of(1, [compile_collection("things", document, version=1)])
    assert_valid(whole(catalog).schema)


def test_the_reference_has_every_root_field_with_its_arguments() -> None:
    reference = (Path(__file__).parents[2] / "docs" / "reference" / "graphql.md").read_text()
    schema = a_schema(authors=AUTHORS, books=BOOKS)
    fields = [each for type in (schema.query_type, schema.mutation_type) if type for each in type.fields.items()]
    for name, each in fields:
        root = each.extensions.get("janua")
        if root is None:
            assert f"`{name}({', '.join(each.args)})`" in reference if each.args else f"`{name}`" in reference
        elif root.collection == "books":
            [line] = [line for line in reference.splitlines() if line.startswith(f"| `{name}` |")]
            assert [argument for argument in each.args if f"`{argument}`" not in line] == []
