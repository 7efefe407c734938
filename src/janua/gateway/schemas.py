"""The registry's verbs: decide what a schema would change, store it, publish the new catalog.

A registration is one transaction: it takes the registry's lock, decides, applies the DDL, stores the version and
advances the catalog's revision. `registration` decides; here it becomes true.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Literal

from janua.errors import (
    CollectionInUse,
    IncompatibleSchema,
    InvalidQuery,
    SchemaVersionMismatch,
    StatementConflict,
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
from janua.gateway.gateway import ATTEMPTS, Gateway
from janua.gateway.registration import Candidate, compile_candidates, judge, report_members
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Schema
from janua.model.json import dumps, loads
from janua.registry.compatibility import MODES
from janua.registry.names import describe_fields
from janua.sql import ddl
from janua.storage import indexes as index_storage
from janua.storage import schemas as storage
from janua.storage import tables
from janua.storage.pool import Connection, connection

Versions = Literal["*"] | frozenset[int] | None
EVOLUTIONS = ("data", "proof")


async def register(
    gateway: Gateway, name: str, document: Schema, *, dry_run: bool = False, if_match: Versions = None, if_none_match: bool = False
) -> Registration:
    """Store a schema as the next version of a collection, or find that it is the current one already.

    `if_match` names the versions that may be current ("*": any), `if_none_match` demands that there is none.
    Raises: `InvalidCollectionName`, `InvalidSchema`, `IncompatibleSchema`, `SchemaVersionMismatch`.
    """
    def require(catalog: Catalog) -> None:
        found = catalog.collections.get(name)
        current = found.version if found else 0
        if (if_none_match and current) or (if_match is not None and not (current and (if_match == "*" or current in if_match))):
            raise SchemaVersionMismatch(name, current)

    [registration] = await _register(gateway, {name: document}, dry_run=dry_run, require=require)
    return registration


async def register_many(
    gateway: Gateway, documents: Mapping[str, Schema], *, dry_run: bool = False
) -> Sequence[Registration]:
    """Register several schemas, which may relate to each other in a circle: all of them, or none.

    Raises: as `register`.
    """
    return await _register(gateway, documents, dry_run=dry_run, require=lambda _: None)


async def check(gateway: Gateway, name: str, document: Schema) -> Report:
    """Return what registering this document would do, storing nothing; an incompatibility is in the report.

    Raises: `InvalidCollectionName`, `InvalidSchema`.
    """
    async with connection(gateway.pool) as c, c.transaction(isolation="repeatable_read", readonly=True):
        await gateway.live.load(c)
        [candidate] = await _compile(gateway, {name: document})
        return await judge(c, candidate)


async def configure(
    gateway: Gateway, name: str, *, mode: str | None = None, evolution: str | None = None
) -> Description:
    """Set the compatibility mode or the evolution policy of a collection; what is None stays.

    Raises: `UnknownCollection`, `InvalidQuery` for a mode or policy that there is not.
    """
    _one_of("mode", mode, MODES)
    _one_of("evolution", evolution, EVOLUTIONS)
    gateway.live.catalog.collection(name)
    async with connection(gateway.pool) as c:
        await storage.set_policy(c, name, mode=mode, evolution=evolution)
    return await describe(gateway, name)


async def drop(gateway: Gateway, name: str, *, with_records: bool = False, if_match: Versions = None) -> None:
    """Forget a collection, its schema versions and its records.

    Raises: `UnknownCollection`, `SchemaVersionMismatch`, `CollectionInUse` while other collections relate to it or refer
    to its schema, and when it holds records unless `with_records`.
    """
    async with connection(gateway.pool) as c, c.transaction():
        await storage.lock_registry(c)
        catalog = await gateway.live.load(c)
        if name not in catalog.quarantined:
            collection = catalog.collection(name)
            if if_match not in (None, "*") and collection.version not in if_match:
                raise SchemaVersionMismatch(name, collection.version)
            _refuse_if_related(catalog, name)
        if not with_records and (held := await tables.count_records(c, name)):
            raise CollectionInUse(name, f"holds {held} records; say records=delete to delete them too", records=held)
        for statement in ddl.drop(name):
            await tables.apply(c, statement)
        await storage.delete_collection(c, name)
        await storage.advance_revision(c)
    await gateway.live.refresh()


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


async def _register(
    gateway: Gateway, documents: Mapping[str, Schema], *, dry_run: bool, require: Callable[[Catalog], None]
) -> Sequence[Registration]:
    for attempt in range(ATTEMPTS):
        try:
            registrations = await _try_register(gateway, documents, dry_run=dry_run, require=require)
            break
        except StatementConflict:
            if attempt == ATTEMPTS - 1:
                raise
    if not dry_run:
        await gateway.live.refresh()
        gateway.indexer.wake()
    return registrations


async def _try_register(
    gateway: Gateway, documents: Mapping[str, Schema], *, dry_run: bool, require: Callable[[Catalog], None]
) -> Sequence[Registration]:
    async with connection(gateway.pool) as c, c.transaction():
        if not dry_run:
            await storage.lock_registry(c)
        require(await gateway.live.load(c))
        candidates = await _compile(gateway, documents)
        changed = [each for each in candidates if each.changed]
        if not dry_run:
            for each in changed:
                if each.old is not None:
                    await tables.lock(c, each.old.name)
        reports = {each.new.name: await judge(c, each) for each in changed}
        _refuse_incompatible(candidates, reports)
        if changed and not dry_run:
            await _store(gateway, c, changed)
    return [_registration(each, reports, dry_run=dry_run) for each in candidates]


async def _compile(gateway: Gateway, documents: Mapping[str, Schema]) -> Sequence[Candidate]:
    return await asyncio.to_thread(compile_candidates, gateway.live, documents, gateway.settings.limits.schema_cost)


async def _store(gateway: Gateway, c: Connection, changed: Sequence[Candidate]) -> None:
    registry = gateway.settings.registry
    revision = await storage.advance_revision(c)
    for each in changed:
        new = storage.NewVersion(
            each.new.name,
            each.new.version,
            each.new.fingerprint,
            dumps(each.new.document),
            dumps(each.new.name_map),
            dumps(each.new.references),
        )
        await storage.store_version(c, new, revision=revision, mode=registry.compatibility, evolution=registry.evolution)
    await apply_schema(c, [(each.old, each.new) for each in changed], registry.online_index_rows)
