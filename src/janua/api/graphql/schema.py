"""GraphQL schemas of a catalog: of all of it, or of what one operation is about.

Types are built once for each *component*, the collections that relations connect, and reused until one of them
changes. A schema is made for a *slice*: some components, and the registry's part if it is asked for. Start at
`SchemaSlices.slice`.
"""

import asyncio
import importlib
import sys
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Any, Final

from graphql import (
    DirectiveLocation,
    GraphQLDirective,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    specified_directives,
)

from janua.api.graphql.component import Component, Key, build_component, key_of
from janua.api.graphql.scalars import SCALARS
from janua.api.graphql.sdl import print_sdl
from janua.model.catalog import Catalog
from janua.model.names import RESERVED_TYPES

# Tools made with GraphQL.js 16 do not know that a directive can be deprecated, and fail where they read that it can.
DIRECTIVES = [
    GraphQLDirective(
        each.name,
        [at for at in each.locations if at is not DirectiveLocation.DIRECTIVE_DEFINITION],
        each.args,
        each.is_repeatable,
        description=each.description,
    )
    for each in specified_directives
]
"""GraphQL's own directives."""
NOTHING: Final[Mapping[str, GraphQLField]] = MappingProxyType({})
REGISTRY: Final = "janua.api.graphql.registry"
INLINE_FIELDS = 1000
"""Up to how many fields of collections a schema is built at once; more are left to a thread."""
KEPT_SLICES = 256
"""Schemas kept; what is asked most recently."""


SliceKey = tuple[frozenset[Key], bool]
"""Components, and whether the registry's part is with them."""


@dataclass(frozen=True)
class Slice:
    """A GraphQL schema of some components; `key` says the versions of which collections, and whether the registry."""

    schema: GraphQLSchema
    key: SliceKey
    components: tuple[Component, ...] = ()

    def sdl(self) -> str:
        """Return the schema in GraphQL's own language. Takes seconds for thousands of types: call it in a thread."""
        return self._sdl

    @cached_property
    def _sdl(self) -> str:
        return print_sdl(self.schema)


@dataclass(frozen=True)
class View:
    """What is to be known of one catalog: root field → collection, collection → members of its component.

    `keys` has the key of each component, `taken` the names of the types that models make.
    """

    catalog: Catalog
    roots: Mapping[str, str]
    components: Mapping[str, frozenset[str]]
    keys: Mapping[frozenset[str], Key]
    taken: frozenset[str]


class SchemaSlices:
    """Makes slices of catalogs and keeps them; one for a process."""

    def __init__(self) -> None:
        self._views: OrderedDict[int, View] = OrderedDict()
        self._components: dict[Key, Component] = {}
        self._slices: OrderedDict[SliceKey, Slice] = OrderedDict()
        self._building: dict[SliceKey, asyncio.Task[Slice]] = {}
        self._names = _Names()

    async def slice(self, catalog: Catalog, collections: frozenset[str], *, registry: bool = True) -> Slice:
        """Return the schema of these collections and all that relations connect with them, and of the registry.

        Raises: `UnknownCollection`, `CollectionQuarantined`.
        """
        for each in collections:
            catalog.collection(each)
        view = self._view(catalog)
        return await self._slice(view, frozenset(view.components[each] for each in collections), registry)

    async def whole(self, catalog: Catalog) -> Slice:
        """Return the schema of all collections."""
        view = self._view(catalog)
        return await self._slice(view, frozenset(view.keys), registry=True)

    def roots(self, catalog: Catalog) -> Mapping[str, str]:
        """Return root field → collection, of queries and mutations."""
        return self._view(catalog).roots

    async def _slice(self, view: View, wanted: frozenset[frozenset[str]], registry: bool) -> Slice:
        key = (frozenset(view.keys[each] for each in wanted), registry)
        found = self._slices.get(key)
        # A name may have been taken, or given back, that one of its types derives from its own.
        if found is not None and all(_is_current(each, view) for each in found.components):
            self._slices.move_to_end(key)
            return found
        if registry and not hasattr(sys.modules.get(REGISTRY), "registry_part"):
            await asyncio.to_thread(importlib.import_module, REGISTRY)
        if _fields(view.catalog, wanted) <= INLINE_FIELDS:
            return self._keep(self._build(view, wanted, registry))
        task = self._building.get(key)
        if task is None:
            task = self._building[key] = asyncio.create_task(asyncio.to_thread(self._build, view, wanted, registry))
            task.add_done_callback(lambda _: self._building.pop(key, None))
        # Whoever gives up waiting must not take the schema away from the others who wait for it.
        return self._keep(await asyncio.shield(task))

    def _build(self, view: View, wanted: frozenset[frozenset[str]], registry: bool) -> Slice:
        components = tuple(self._component(view, each) for each in sorted(wanted, key=sorted))
        made = with_registry(components) if registry else schema_of(components)
        return Slice(made, (frozenset(each.key for each in components), registry), components)

    def _component(self, view: View, members: frozenset[str]) -> Component:
        key = view.keys[members]
        found = self._components.get(key)
        if found is None or not _is_current(found, view):
            of_members = {name: view.catalog.collections[name] for name in sorted(members)}
            found = self._components[key] = build_component(view.catalog, of_members, view.taken)
        return found

    def _keep(self, slice: Slice) -> Slice:
        self._slices[slice.key] = slice
        self._slices.move_to_end(slice.key)
        while len(self._slices) > KEPT_SLICES:
            self._slices.popitem(last=False)
        return slice

    def _view(self, catalog: Catalog) -> View:
        found = self._views.get(id(catalog))
        if found is None:
            found = self._views[id(catalog)] = self._names.view(catalog)
            self._forget()
        return found

    def _forget(self) -> None:
        """Let go of what belongs to catalogs before the previous one; requests may still be on that."""
        while len(self._views) > 2:
            self._views.popitem(last=False)
        served = {key for view in self._views.values() for key in view.keys.values()}
        self._components = {key: each for key, each in self._components.items() if key in served}
        self._slices = OrderedDict((key, each) for key, each in self._slices.items() if key[0] <= served)


class _Names:
    """Knows the names of the collections of the catalog that it saw last, and finds out only what changed since."""

    def __init__(self) -> None:
        self._last = View(Catalog(-1, {}, {}), {}, {}, {}, RESERVED_TYPES)

    def view(self, catalog: Catalog) -> View:
        last = self._last
        before, after = last.catalog.collections, catalog.collections
        gone = [each for name, each in before.items() if after.get(name) is not each]
        come = [each for name, each in after.items() if before.get(name) is not each]
        roots = dict(last.roots)
        for each in gone:
            for name in each.names.root_fields:
                roots.pop(name, None)
        for each in come:
            roots |= dict.fromkeys(each.names.root_fields, each.name)
        changed = {each.name for each in chain(gone, come)}
        components = connected(catalog)
        keys = {
            members: key
            if (key := last.keys.get(members)) is not None and changed.isdisjoint(members)
            else key_of(after[name] for name in members)
            for members in components.values()
        }
        taken = last.taken.difference(*(each.type_names for each in gone)).union(*(each.type_names for each in come))
        self._last = View(catalog, roots, components, keys, taken)
        return self._last


def connected(catalog: Catalog) -> Mapping[str, frozenset[str]]:
    """Return each collection's component: those that relations connect with it, whichever way."""
    neighbours: dict[str, set[str]] = {}
    for name, each in catalog.collections.items():
        for relation in each.relations:
            if relation.target in catalog.collections:
                neighbours.setdefault(name, set()).add(relation.target)
                neighbours.setdefault(relation.target, set()).add(name)
    found: dict[str, frozenset[str]] = {}
    for name in catalog.collections:
        if name not in found:
            members = _reachable(name, neighbours) if name in neighbours else frozenset((name,))
            found.update(dict.fromkeys(members, members))
    return found


def with_registry(components: Sequence[Component]) -> GraphQLSchema:
    """Return the GraphQL schema of some components and the registry."""
    # Strawberry and all that registers schemas: a server that only answers queries starts sooner without.
    from janua.api.graphql.registry import registry_part  # noqa: PLC0415 -- see above

    part = registry_part()
    return schema_of(components, part.queries, part.mutations, part.types, part.extensions)


def schema_of(
    components: Sequence[Component],
    queries: Mapping[str, GraphQLField] = NOTHING,
    mutations: Mapping[str, GraphQLField] = NOTHING,
    types: Sequence[GraphQLNamedType] = (),
    extensions: dict[str, Any] | None = None,
) -> GraphQLSchema:
    """Return the GraphQL schema of some components, and these fields and types."""
    query = GraphQLObjectType("Query", _merged([queries, *(each.queries for each in components)]))
    mutation = GraphQLObjectType("Mutation", _merged([mutations, *(each.mutations for each in components)]))
    generated = chain.from_iterable(each.types for each in components)
    return GraphQLSchema(
        query=query,
        mutation=mutation,
        # All that are made here, as graphql-core looks for others by recursion, and schemas may be deep; and every
        # scalar, as a variable inside a literal of JSON may be of any.
        types=list(dict.fromkeys([query, mutation, *SCALARS.values(), *types, *generated])),
        directives=DIRECTIVES,
        extensions=extensions,
        # The tests validate what is built here; at run time it would take longer than building it.
        assume_valid=True,
    )


def _merged(parts: Iterable[Mapping[str, GraphQLField]]) -> dict[str, GraphQLField]:
    return {name: each for part in parts for name, each in part.items()}


def _reachable(start: str, neighbours: Mapping[str, set[str]]) -> frozenset[str]:
    reached = {start}
    pending = [start]
    while pending:
        fresh = neighbours[pending.pop()] - reached
        reached |= fresh
        pending += fresh
    return frozenset(reached)


def _is_current(component: Component, view: View) -> bool:
    return component.plain & view.taken == component.dodged


def _fields(catalog: Catalog, wanted: Iterable[frozenset[str]]) -> int:
    objects = (catalog.collections[name].objects for members in wanted for name in members)
    return sum(len(type.fields) + 1 for each in objects for type in each.values())
