"""The registry's verbs: decide what a schema would change, store it, publish the new catalog.

`registration` decides what a schema would change, `registering` makes it true.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, cast

from janua.errors import (
    CollectionInUse,
    InvalidQuery,
    SchemaVersionMismatch,
    UnknownCollection,
    UnknownSchemaVersion,
)
from janua.gateway.answers import (
    Description,
    IndexState,
    Registration,
    RelationSummary,
    Report,
    SchemaVersion,
    Summary,
)
from janua.gateway.gateway import Gateway
from janua.gateway.registering import decide_freely, register_documents
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Schema
from janua.model.json import loads
from janua.registry.compatibility import MODES
from janua.registry.names import describe_fields
from janua.sql import ddl
from janua.storage import indexes as index_storage
from janua.storage import schemas as storage
from janua.storage import tables
from janua.storage.pool import connection

Versions = Literal["*"] | frozenset[int] | None
EVOLUTIONS = ("data", "proof")
COUNTED = 1_000_000
"""How far the records of a collection that cannot be dropped are counted."""


async def register(
    gateway: Gateway,
    name: str,
    document: Schema,
    *,
    dry_run: bool = False,
    if_match: Versions = None,
    if_none_match: bool = False,
) -> Registration:
    """Store a schema as the next version of a collection, or find that it is the current one already.

    `if_match` names the versions that may be current ("*": any), `if_none_match` demands that there is none.
    Raises: `InvalidCollectionName`, `InvalidSchema`, `IncompatibleSchema`, `SchemaVersionMismatch`.
    """

    def require(catalog: Catalog) -> None:
        found = catalog.collections.get(name)
        current = found.version if found else 0
        if (if_none_match and current) or (
            if_match is not None and not (current and (if_match == "*" or current in if_match))
        ):
            raise SchemaVersionMismatch(name, current)

    [registration] = await register_documents(gateway, {name: document}, dry_run=dry_run, require=require)
    return registration


async def register_many(
    gateway: Gateway, documents: Mapping[str, Schema], *, dry_run: bool = False
) -> Sequence[Registration]:
    """Register several schemas, which may relate to each other in a circle: all of them, or none.

    Raises: as `register`.
    """
    return await register_documents(gateway, documents, dry_run=dry_run, require=lambda _: None)


async def check(gateway: Gateway, name: str, document: Schema) -> Report:
    """Return what registering this document would do, storing nothing; an incompatibility is in the report.

    Raises: `InvalidCollectionName`, `InvalidSchema`.
    """
    decision = await decide_freely(gateway, {name: document}, lambda _: None)
    return decision.reports.get(name, Report("compatible"))


async def configure(
    gateway: Gateway,
    name: str,
    *,
    mode: str | None = None,
    evolution: str | None = None,
    if_match: Versions = None,
) -> Description:
    """Set the compatibility mode or the evolution policy of a collection; what is None stays.

    Raises: `UnknownCollection`, `SchemaVersionMismatch`, `InvalidQuery` for a mode or policy that there is not.
    """
    _one_of("mode", mode, MODES)
    _one_of("evolution", evolution, EVOLUTIONS)
    gateway.live.catalog.collection(name)
    async with connection(gateway.pool) as c, c.transaction():
        await storage.lock_registry(c)
        if if_match is not None:
            _require_version(await gateway.live.load(c), name, if_match)
        await storage.set_policy(c, name, mode=mode, evolution=evolution)
        # So that a registration that was decided by the policy before is decided again.
        await storage.advance_revision(c)
    return await describe(gateway, name)


async def drop(gateway: Gateway, name: str, *, with_records: bool = False, if_match: Versions = None) -> None:
    """Forget a collection, its schema versions and its records.

    Raises: `UnknownCollection`, `SchemaVersionMismatch`, `CollectionInUse` while others relate to it or refer to its
    schema, and when it holds records unless `with_records`.
    """
    await _drop(
        gateway, [name], with_records=with_records, require=lambda catalog: _require_version(catalog, name, if_match)
    )


async def drop_many(gateway: Gateway, names: Sequence[str], *, with_records: bool = False) -> None:
    """Forget several collections, which may relate to each other in a circle: all of them, or none.

    Raises: as `drop`.
    """
    await _drop(gateway, names, with_records=with_records, require=lambda _: None)


async def describe(gateway: Gateway, name: str) -> Description:
    """Return everything the registry knows about a collection.

    Raises: `UnknownCollection`, `CollectionQuarantined`.
    """
    async with connection(gateway.pool) as c:
        catalog = await gateway.live.load(c)
        collection = catalog.collection(name)
        [stored] = await storage.load_current(c, [name])
        states = await index_storage.load(c, name)
    return Description(
        collection=name,
        version=collection.version,
        fingerprint=collection.fingerprint,
        document=collection.document,
        mode=stored.mode,
        evolution=stored.evolution,
        fields=describe_fields(collection),
        indexes=[_index_state(each) for each in states],
        relations=_relations(catalog, collection),
        graphql={"type": collection.names.type, "single": collection.names.single, "plural": collection.names.plural},
        created_at=stored.created_at,
        updated_at=stored.updated_at,
    )


async def list_collections(gateway: Gateway) -> Sequence[Summary]:
    """Return all collections by name."""
    async with connection(gateway.pool) as c:
        catalog = await gateway.live.load(c)
        stored = await storage.load_current(c, list(catalog.collections))
    by_name = {each.current.collection: each for each in stored}
    return [
        Summary(each.name, each.version, each.fingerprint, each.title, each.description, by_name[each.name].updated_at)
        for each in catalog.collections.values()
        if each.name in by_name
    ]


async def list_versions(gateway: Gateway, name: str) -> Sequence[SchemaVersion]:
    """Return all schema versions of a collection, oldest first.

    Raises: `UnknownCollection`.
    """
    async with connection(gateway.pool) as c:
        versions = await storage.list_versions(c, name)
    if not versions:
        raise UnknownCollection(name)
    return [_schema_version(each) for each in versions]


async def fetch_version(gateway: Gateway, name: str, version: int) -> SchemaVersion:
    """Return one schema version.

    Raises: `UnknownCollection`, `UnknownSchemaVersion`.
    """
    for each in await list_versions(gateway, name):
        if each.version == version:
            return each
    raise UnknownSchemaVersion(name, version)


def _require_version(catalog: Catalog, name: str, if_match: Versions) -> None:
    collection = catalog.collections.get(name)
    if collection and if_match not in (None, "*") and collection.version not in if_match:
        raise SchemaVersionMismatch(name, collection.version)


async def _drop(
    gateway: Gateway, names: Sequence[str], *, with_records: bool, require: Callable[[Catalog], None]
) -> None:
    async with connection(gateway.pool) as c, c.transaction():
        await storage.lock_registry(c)
        catalog = await gateway.live.load(c)
        require(catalog)
        served = [name for name in names if name not in catalog.quarantined]
        for name in served:
            catalog.collection(name)
            _refuse_if_related(catalog, name, set(names))
            if not with_records and (held := await tables.count_up_to(c, name, COUNTED)):
                raise CollectionInUse(
                    name,
                    "holds records; say records=delete, or deleteRecords in GraphQL, to delete them too",
                    records=held,
                )
        if served:
            await tables.apply(c, ddl.drop(*served))
        for name in names:
            await storage.delete_collection(c, name)
        await storage.advance_revision(c)
    await gateway.live.refresh()


def _refuse_if_related(catalog: Catalog, name: str, besides: set[str]) -> None:
    related = sorted({each.source for each in catalog.inverses(name)} - besides)
    referring = sorted(
        each.name for each in catalog.collections.values() if name in each.references and each.name not in besides
    )
    if related:
        raise CollectionInUse(
            name, f"is related to by {', '.join(related)}; change or drop them first, or with it", related=related
        )
    if referring:
        raise CollectionInUse(
            name,
            f"is referred to by the schemas of {', '.join(referring)}; change or drop them first, or with it",
            related=referring,
        )


def _relations(catalog: Catalog, collection: Collection) -> Sequence[RelationSummary]:
    inverse = {
        (each.source, each.relation.path): each.field for name in catalog.collections for each in catalog.inverses(name)
    }
    return [
        RelationSummary(
            field=each.field,
            collection=each.target,
            pointer="".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in each.path),
            many=each.many,
            on_delete=each.on_delete,
            inverse=inverse.get((collection.name, each.path)),
        )
        for each in collection.relations
    ]


def _index_state(stored: index_storage.StoredIndex) -> IndexState:
    definition: dict[str, Any] = json.loads(stored.definition)
    return IndexState(
        stored.name,
        definition["kind"],
        definition["fields"],
        definition["unique"],
        stored.state,
        stored.reason,
        definition.get("include", ()),
    )


def _schema_version(stored: storage.StoredVersion) -> SchemaVersion:
    return SchemaVersion(
        stored.collection,
        stored.version,
        stored.fingerprint,
        cast("Schema", loads(stored.document)),
        stored.created_at,
    )


def _one_of(parameter: str, value: str | None, known: Sequence[str]) -> None:
    if value is not None and value not in known:
        raise InvalidQuery(parameter, f"must be one of {', '.join(known)}")
