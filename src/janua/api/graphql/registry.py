"""The registry over GraphQL: the same verbs as over REST, with typed results. The same for every catalog.

Strawberry makes these types and runs their resolvers, with a `Context`; errors are raised through as `JanuaError`s.
Start at `registry_part`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import strawberry
from graphql import GraphQLField, GraphQLNamedType, GraphQLScalarType
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from janua.api.graphql import scalars
from janua.api.graphql.registry_evolutions import EvolutionMutation, EvolutionQuery
from janua.api.graphql.registry_given import Document, Expected, Info, read_given
from janua.api.graphql.registry_reports import Registration, Report
from janua.api.graphql.registry_types import (
    Collection,
    CollectionSummary,
    CompatibilityMode,
    EvolutionPolicy,
    JsonValue,
    QuarantinedCollection,
    SchemaDocument,
    SchemaVersion,
)
from janua.errors import InvalidQuery, UnknownCollection, UnknownSchemaVersion
from janua.gateway import schemas as verbs


@dataclass(frozen=True)
class Part:
    """The registry's root fields and types, and what Strawberry wants to find in a schema's extensions."""

    queries: Mapping[str, GraphQLField]
    mutations: Mapping[str, GraphQLField]
    types: tuple[GraphQLNamedType, ...]
    extensions: dict[str, Any]


@strawberry.type
class Query(EvolutionQuery):
    """What can be asked of the registry."""

    @strawberry.field(description="All collections by name.")
    async def collections(self, info: Info) -> list[CollectionSummary]:
        """Return the list of collections."""
        return [CollectionSummary.of(each) for each in await verbs.list_collections(info.context.gateway)]

    @strawberry.field(description="Collections that cannot be served.")
    async def quarantined_collections(self, info: Info) -> list[QuarantinedCollection]:
        """Return the collections whose schema does not compile."""
        quarantined = (await info.context.gateway.live.refresh()).quarantined
        return [QuarantinedCollection(name=name, reason=reason) for name, reason in quarantined.items()]

    @strawberry.field(description="One collection, or null.")
    async def collection(self, info: Info, name: str) -> Collection | None:
        """Return what the registry knows about a collection."""
        try:
            return Collection.of(await verbs.describe(info.context.gateway, name))
        except UnknownCollection:
            return None

    @strawberry.field(description="All schema versions of a collection, oldest first.")
    async def schema_versions(self, info: Info, collection: str) -> list[SchemaVersion]:
        """Return the schema versions of a collection."""
        return [SchemaVersion.of(each) for each in await verbs.list_versions(info.context.gateway, collection)]

    @strawberry.field(description="One schema version, or null.")
    async def schema_version(self, info: Info, collection: str, version: int) -> SchemaVersion | None:
        """Return a schema version."""
        try:
            return SchemaVersion.of(await verbs.fetch_version(info.context.gateway, collection, version))
        except (UnknownCollection, UnknownSchemaVersion):
            return None


@strawberry.type
class Mutation(EvolutionMutation):
    """What can be done to the registry."""

    @strawberry.mutation(description="Register a schema as the next version of a collection; a dry run only decides.")
    async def register_schema(
        self,
        info: Info,
        name: str,
        document: Document,
        dry_run: bool = False,
        expected_version: Expected = None,
    ) -> Registration:
        """Register a schema."""
        gateway = info.context.gateway
        registered = await verbs.register(
            gateway,
            name,
            await read_given(gateway, document),
            dry_run=dry_run,
            if_match=frozenset({expected_version}) if expected_version else None,
            if_none_match=expected_version == 0,
        )
        return Registration.of(registered)

    @strawberry.mutation(description="Register several schemas, which may relate to each other: all or none.")
    async def register_schemas(
        self,
        info: Info,
        schemas: list[SchemaDocument],
        dry_run: bool = False,
    ) -> list[Registration]:
        """Register several schemas."""
        gateway = info.context.gateway
        names = [each.name for each in schemas]
        if len(set(names)) < len(names):
            raise InvalidQuery("schemas", "names a collection twice")
        documents = {each.name: await read_given(gateway, each.document) for each in schemas}
        return [Registration.of(each) for each in await verbs.register_many(gateway, documents, dry_run=dry_run)]

    @strawberry.mutation(description="Say what registering a schema would do, and do nothing.")
    async def check_schema(self, info: Info, name: str, document: Document) -> Report:
        """Check a schema."""
        gateway = info.context.gateway
        return Report.of(await verbs.check(gateway, name, await read_given(gateway, document)))

    @strawberry.mutation(description="Set the compatibility mode or the evolution policy; what is not given stays.")
    async def configure_collection(
        self, info: Info, name: str, mode: CompatibilityMode | None = None, evolution: EvolutionPolicy | None = None
    ) -> Collection:
        """Configure a collection."""
        described = await verbs.configure(
            info.context.gateway,
            name,
            mode=mode.value if mode else None,
            evolution=evolution.value if evolution else None,
        )
        return Collection.of(described)

    @strawberry.mutation(description="Forget a collection and its schema versions; its records only if it is said.")
    async def drop_collection(
        self,
        info: Info,
        name: str,
        delete_records: bool = False,
        expected_version: int | None = None,
    ) -> bool:
        """Drop a collection."""
        wanted = None if expected_version is None else frozenset({expected_version})
        await verbs.drop(info.context.gateway, name, with_records=delete_records, if_match=wanted)
        return True

    @strawberry.mutation(description="Forget several collections, which may relate to each other: all or none.")
    async def drop_collections(self, info: Info, names: list[str], delete_records: bool = False) -> bool:
        """Drop several collections."""
        await verbs.drop_many(info.context.gateway, names, with_records=delete_records)
        return True


@cache
def registry_part() -> Part:
    """Return the registry's part of every GraphQL schema."""
    named = {int: scalars.INT, datetime: scalars.DATE_TIME, JsonValue: scalars.JSON}
    config = StrawberryConfig(scalar_map={python: _definition(each) for python, each in named.items()})
    made = strawberry.Schema(Query, Mutation, config=config)._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- there is no other way to what it wraps
    roots = ("Query", "Mutation")
    types = tuple(each for name, each in made.type_map.items() if name not in roots and not name.startswith("__"))
    query, mutation = made.query_type, made.mutation_type
    return Part(query.fields if query else {}, mutation.fields if mutation else {}, types, made.extensions)


def _definition(scalar: GraphQLScalarType) -> ScalarDefinition:
    """Return what Strawberry knows a scalar type by; it then uses that very type, as the generated types do."""
    return ScalarDefinition(
        name=scalar.name,
        description=scalar.description,
        specified_by_url=None,
        serialize=scalar.coerce_output_value,
        parse_value=scalar.coerce_input_value,
        parse_literal=None,
        implementation=scalar,
    )
