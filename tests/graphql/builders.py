"""Short ways to catalogs and their GraphQL schemas."""

import asyncio
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema, validate_schema

from janua.api.graphql.schema import SchemaSlices, Slice
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.model.names import TakenNames
from janua.registry.compile import compile_collection


def a_catalog(revision: int = 1, /, **schemas: Any) -> Catalog:
    """Return a catalog of these schemas, registered one after another."""
    collections: list[Collection] = []
    for name, document in schemas.items():
        taken = TakenNames(collections)
        collections.append(compile_collection(name, document, version=1, revision=revision, taken=taken))
    return Catalog.of(revision, collections)


def whole(catalog: Catalog, slices: SchemaSlices | None = None) -> Slice:
    return asyncio.run((slices or SchemaSlices()).whole(catalog))


def a_slice(catalog: Catalog, *names: str, slices: SchemaSlices | None = None) -> Slice:
    return asyncio.run((slices or SchemaSlices()).slice(catalog, frozenset(names)))


def a_schema(**schemas: Any) -> GraphQLSchema:
    """Return the GraphQL schema of these JSON Schemas, which must be a valid one."""
    schema = whole(a_catalog(**schemas)).schema
    assert_valid(schema)
    return schema


def assert_valid(schema: GraphQLSchema) -> None:
    again = GraphQLSchema(**(schema.to_kwargs() | {"assume_valid": False}))
    assert [str(each) for each in validate_schema(again)] == []


def shown(schema: GraphQLSchema, name: str) -> dict[str, str]:
    """Return the fields of a type and how their types are spelled."""
    found = schema.type_map[name]
    assert isinstance(found, GraphQLObjectType | GraphQLInputObjectType)
    return {field: str(each.type) for field, each in found.fields.items()}
