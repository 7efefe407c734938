"""The types and root fields of one component: collections that relations connect, whichever way.

They are built once, as plain graphql-core types, and are reused as long as no collection of the component changes.
Start at `build_component`.
"""

from collections.abc import Collection as Group
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLUnionType,
)

from janua.api.graphql import aggregates, filters, objects, orders
from janua.api.graphql.roots import mutation_fields, query_fields
from janua.api.graphql.scalars import SCALARS
from janua.api.graphql.types import Types
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.model.names import LISTS_IN_LISTS

Key = tuple[tuple[str, int, str], ...]
"""Which versions of which collections: name, revision and fingerprint of each, sorted."""


@dataclass(frozen=True)
class Component:
    """The types of some collections, and their root fields by name.

    `plain` are the names that its derived types would like to have, `dodged` those of them that were taken.
    """

    key: Key
    types: tuple[GraphQLNamedType, ...]
    queries: Mapping[str, GraphQLField]
    mutations: Mapping[str, GraphQLField]
    plain: frozenset[str]
    dodged: frozenset[str]


def key_of(members: Iterable[Collection]) -> Key:
    """Return what a component of these collections is known by."""
    return tuple(sorted((each.name, each.revision, each.fingerprint) for each in members))


def build_component(catalog: Catalog, members: Mapping[str, Collection], taken: Group[str]) -> Component:
    """Return the component of these collections; `taken` are the names of all types of all models."""
    types = Types(catalog, members, taken)
    queries: dict[str, GraphQLField] = {}
    mutations: dict[str, GraphQLField] = {}
    for each in members.values():
        queries.update(query_fields(types, each))
        mutations.update(mutation_fields(types, each))
    found = tuple(_complete(types))
    plain = frozenset(types.derived)
    return Component(
        key_of(members.values()), found, queries, mutations, plain, frozenset(each for each in plain if each in taken)
    )


def static_types() -> tuple[GraphQLNamedType, ...]:
    """Return the types that all collections share."""
    depths = range(LISTS_IN_LISTS + 1)
    values = [filters.value_filter(base, depth) for base in filters.STATIC_TYPES for depth in depths]
    modules = (*objects.STATIC, *filters.STATIC, *orders.STATIC, *aggregates.STATIC)
    return (*SCALARS.values(), *modules, *values)


def _complete(types: Types) -> Iterable[GraphQLNamedType]:
    """Yield every type of the component once its fields are found, which may make more types."""
    seen = 0
    while seen < len(types.all):
        for each in list(types.all.values())[seen:]:
            seen += 1
            match each:
                case GraphQLObjectType() | GraphQLInputObjectType():
                    _ = each.fields
                case GraphQLUnionType():
                    _ = each.types
                case GraphQLEnumType():
                    _ = each.values
                case _:
                    pass
            yield each
