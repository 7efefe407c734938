"""Introspection: the answers that graphql-core would give, and nobody waits while they are made."""

import json
from typing import Any

import pytest
from graphql import execute, get_introspection_query, parse

from tests.graphql.reading import Reading
from tests.graphql.stalls import stalled
from tests.registry.builders import UUID, an_object

pytestmark = pytest.mark.anyio

FULL = get_introspection_query(
    specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
)
ODD = """query Odd($all: Boolean = true, $name: String!) {
    s: __schema { __typename types { n: name ...Fields } directives { name args { defaultValue } } }
    one: __type(name: $name) { ...Fields kind }
    none: __type(name: "Nothing") { name }
    __type(name: "Genre") { enumValues(includeDeprecated: $all) { name } ... on __Type @skip(if: $all) { description } }
}
fragment Fields on __Type { fields(includeDeprecated: $all) { name type { kind ofType { name } } args { name } } }"""
DOCUMENTS: dict[str, Any] = {
    "authors": an_object(
        name={"type": "string", "description": 'a "name"\n'}, old={"type": "string", "deprecated": True}
    ),
    "books": an_object(
        genre={"enum": ["novel", "sci-fi"], "title": "Genre"},
        shape={"oneOf": [an_object(kind={"const": each}, required=["kind"]) for each in ("a", "b")]},
        author={**UUID, "x-relation": {"collection": "authors", "field": "by"}},
    ),
}


@pytest.mark.parametrize(
    ("query", "variables"), [(FULL, {}), (ODD, {"name": "Book", "all": False}), (ODD, {"name": "B"})]
)
async def test_what_is_told_of_a_schema_is_what_graphql_core_tells(
    reading: Reading, query: str, variables: dict[str, Any]
) -> None:
    await reading.register(DOCUMENTS)
    answer = await reading.body(query, variables)
    schema = (await reading.engine.slices.whole(reading.gateway.live.catalog)).schema
    expected: Any = execute(schema, parse(query), variable_values=variables)
    assert expected.errors is None
    assert json.loads(json.dumps(answer, default=str)) == {"data": json.loads(json.dumps(expected.data))}


async def test_introspection_stands_beside_other_fields_and_follows_the_catalog(reading: Reading) -> None:
    await reading.register(DOCUMENTS)
    query = """{ __typename collections { name } a: __type(name: "Author") { name } authors { totalCount }
        b: __type(name: "Note") { name } }"""
    first = await reading.ask(query)
    assert list(first) == ["__typename", "collections", "a", "authors", "b"]
    assert (first["a"], first["b"], first["authors"]) == ({"name": "Author"}, None, {"totalCount": 0})
    await reading.register({"notes": an_object(text={"type": "string"})})
    assert (await reading.ask(query))["b"] == {"name": "Note"}


async def test_the_introspection_of_a_large_schema_does_not_hold_up_others(reading: Reading) -> None:
    fields = {f"field{n}": {"type": "string"} for n in range(20)}
    await reading.register({f"thing{n}": an_object(**fields) for n in range(60)})
    await reading.ask("{ __schema { queryType { name } } }")  # makes the schema
    answer, worst = await stalled(reading.body(FULL))
    assert len(answer["data"]["__schema"]["types"]) > 60 * 10
    assert worst < 0.5
