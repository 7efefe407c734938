"""The OpenAPI documents, made of models: valid, closed under reference, and no wider than what the planner takes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from janua.api.rest.embedding import A_SCHEMA
from janua.api.rest.openapi import openapi_document
from janua.api.rest.routes import rest_routes
from janua.api.wire import json_bytes
from janua.errors import JanuaError, QueryTooLarge
from janua.model.catalog import Catalog
from janua.model.collection import Index, IndexKey
from janua.model.types import Anything, Text
from janua.query.ast import AggregateQuery, ReadQuery
from janua.query.limits import QueryLimits
from janua.query.operators import MEANINGS
from janua.query.parse import parse_sort
from janua.query.plan import plan_aggregate, plan_filter, plan_read
from tests.query.builders import KEY, LIMITS, a_catalog, a_collection, library

SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}, "next": {"$ref": "#"}}}


def catalog() -> Catalog:
    books = [replace(each, text=json.dumps(SCHEMA)) for each in library()]
    return Catalog.of(7, [*books, a_collection("records", root=Anything()), a_collection("words", root=Text())])


def document(collection: str | None = None) -> dict[str, Any]:
    return _document(collection)


@cache
def _document(collection: str | None) -> dict[str, Any]:
    return json.loads(json_bytes(openapi_document(catalog(), lambda _: {}, LIMITS, collection)))


def nodes(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from nodes(each)
    elif isinstance(value, list):
        for each in value:
            yield from nodes(each)


def operations(collection: str | None = None) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document(collection)["paths"].items():
        for method in ("get", "post", "put", "patch", "delete"):
            if method in item:
                yield path, method, item[method]


def resolve(pointer: str, collection: str | None) -> object:
    found: Any = document(collection)
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


COLLECTIONS = (None, "books", "records", "words")


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_document_is_valid_openapi(collection: str | None) -> None:
    jsonschema.Draft202012Validator(OPENAPI_31).validate(document(collection))


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_reference_leads_somewhere(collection: str | None) -> None:
    for each in nodes(document(collection)):
        if isinstance(each.get("$ref"), str):
            resolve(each["$ref"], collection)


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_every_component_is_a_valid_schema_of_2020_12(collection: str | None) -> None:
    for each in document(collection)["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(each)


def test_no_two_operations_share_an_id() -> None:
    ids = [each["operationId"] for _, _, each in operations()]
    assert len(ids) == len(set(ids))


def test_no_operation_has_two_parameters_of_one_name_and_place() -> None:
    for path, method, each in operations():
        parameters = [resolve(one["$ref"], None) if "$ref" in one else one for one in each.get("parameters", [])]
        named = [(one["name"], one["in"]) for one in parameters if isinstance(one, dict)]
        assert len(named) == len(set(named)), (path, method)


def test_every_resource_is_described_and_nothing_else() -> None:
    described = set(document()["paths"])
    served = {each.path for each in rest_routes() if not each.path.startswith("/openapi")}
    names = [each.name for each in catalog().collections.values()]
    expected = {
        path.replace("{collection}", name)
        for path in served
        for name in (names if path.startswith("/api/") else ["{collection}"])
    }
    assert described == expected


def test_every_operation_lists_its_problems_as_problems() -> None:
    for path, _, each in operations():
        if path.startswith(("/livez", "/readyz")):
            continue
        failures = {status: answer for status, answer in each["responses"].items() if status >= "400"}
        assert {"400", "414", "500", "503"} <= set(failures)
        for answer in failures.values():
            assert list(resolve(answer["$ref"], None)["content"]) == ["application/problem+json"]  # type: ignore[index] -- JSON


def test_a_document_of_one_collection_has_its_paths_and_the_schemas_of_those_it_relates_to() -> None:
    one = document("books")
    assert all(path.startswith("/api/books") for path in one["paths"])
    assert {"books", "authors", "tags", "authors-view"} <= set(one["components"]["schemas"])
    assert "words" not in one["components"]["schemas"]


def test_the_generic_collection_has_two_paths() -> None:
    assert {"/records", "/api/records", "/records/{id}"} <= set(document("records")["paths"])


def described_filter(collection: str) -> jsonschema.Draft202012Validator:
    whole = {"components": document()["components"], "$ref": f"#/components/schemas/{collection}-filter"}
    return jsonschema.Draft202012Validator(whole)


FILTERS: tuple[tuple[Mapping[str, Any], bool], ...] = (
    ({}, True),
    ({"title": {"eq": "Dune", "icontains": "un"}}, True),
    ({"title": {"eq": None}}, False),
    ({"title": "Dune"}, False),
    ({"titel": {"eq": "Dune"}}, False),
    ({"title": {"has": "x"}}, False),
    ({"price": {"gte": 1.5, "lt": "2.50"}}, True),
    ({"price": {"gte": True}}, False),
    ({"in_stock": {"eq": True}}, True),
    ({"in_stock": {"gt": True}}, False),
    ({"genre": {"in": ["novel", "sci-fi"]}}, True),
    ({"genre": {"eq": "poem"}}, False),
    ({"genre": {"gt": "poem"}}, True),
    ({"publisher": {"city": {"eq": "Delft"}, "address": {"number": {"gt": 3}}}}, True),
    ({"publisher": {"isNull": True}}, True),
    ({"tags": {"hasAny": ["a"], "isEmpty": False, "some": {"startsWith": "a"}}}, True),
    ({"tags": {"has": 1}}, False),
    ({"lines": {"some": {"amount": {"gt": 1}}, "none": {"sku": {"eq": "x"}}}}, True),
    ({"attributes": {"containsJson": {"a": 1}}}, True),
    ({"attributes": {"containsJson": None}}, False),
    ({"author": {"name": {"eq": "x"}}}, True),
    ({"author": {"isNull": True}}, True),
    ({"author": {"some": {}}}, False),
    ({"tagged": {"every": {"label": {"ne": "x"}}}}, True),
    ({"_and": [{"title": {"ne": "x"}}, {"_not": {"_or": []}}]}, True),
    ({"_and": {}}, False),
    ({"id": {"in": ["0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"]}, "_meta": {"version": {"gt": 1}}}, True),
    ({"exists": True}, False),
)


@pytest.mark.parametrize(("where", "valid"), FILTERS, ids=[json.dumps(where) for where, _ in FILTERS])
def test_the_described_filter_is_the_one_that_the_planner_takes(where: Mapping[str, Any], valid: bool) -> None:
    assert described_filter("books").is_valid(where) is valid
    try:
        plan_filter(catalog(), "books", where, limits=LIMITS)
    except JanuaError:
        assert not valid
    else:
        assert valid


def test_every_operator_is_described_somewhere() -> None:
    described = {name for each in nodes(document()["components"]["schemas"]) for name in each.get("properties", {})}
    assert set(MEANINGS) <= described


def names_of(parameter: str, path: str) -> list[str]:
    listed = document()["paths"][path]["get"]["parameters"]
    return next(each["schema"]["items"]["enum"] for each in listed if each.get("name") == parameter)


def test_every_described_sort_key_sorts() -> None:
    for name in names_of("sort", "/api/books"):
        plan_read(catalog(), ReadQuery("books", order=parse_sort(name)), LIMITS, KEY)


def test_every_described_field_and_relation_can_be_asked_for() -> None:
    for name in names_of("fields", "/api/books"):
        plan_read(catalog(), ReadQuery("books", fields=(name,)), LIMITS, KEY)
    for name in names_of("include", "/api/books"):
        plan_read(catalog(), ReadQuery("books", include=(name,)), LIMITS, KEY)


@pytest.mark.parametrize(
    ("parameter", "function"),
    [("sum", "sum"), ("avg", "avg"), ("min", "min"), ("max", "max"), ("countDistinct", "countDistinct")],
)
def test_every_described_figure_can_be_asked_for(parameter: str, function: Any) -> None:
    for name in names_of(parameter, "/api/books/aggregate"):
        plan_aggregate(catalog(), AggregateQuery("books", measures=((function, name),)), LIMITS)
    for name in names_of("group_by", "/api/books/aggregate"):
        plan_aggregate(catalog(), AggregateQuery("books", group_by=(name,)), LIMITS)


def test_the_described_limit_is_the_limit() -> None:
    limits = QueryLimits(page_limit=50)
    made = json.loads(json_bytes(openapi_document(catalog(), lambda _: {}, limits, "books")))
    [limit] = [each for each in made["paths"]["/api/books"]["get"]["parameters"] if each.get("name") == "limit"]
    assert limit["schema"]["maximum"] == 50
    with pytest.raises(QueryTooLarge):
        plan_read(catalog(), ReadQuery("books", page=replace(ReadQuery("books").page, first=51)), limits, KEY)


def test_an_import_can_find_records_by_the_unique_fields_it_describes() -> None:
    unique = Index("btree", (IndexKey(("isbn",)),), unique=True)
    books = [replace(each, indexes=(unique,)) if each.name == "books" else each for each in library()]
    made = openapi_document(a_catalog(*books), lambda _: {}, LIMITS, "books")
    assert b'"enum":["isbn","id"]' in json_bytes(made)


def test_a_metaschema_is_described_as_a_schema() -> None:
    books = [replace(each, text='{"$ref": "http://json-schema.org/draft-07/schema#"}') for each in library()]
    made = openapi_document(a_catalog(*books), lambda _: {}, LIMITS, "books")
    assert json_bytes(A_SCHEMA)[1:-1] in json_bytes(made)
