"""The verbs on single records, each on a connection of its own: plan or step → one statement → the record's text.

The steps are those of `writes`. When the schema changed between validation and the statement, which stores nothing
then, the verb starts again with the new one.
"""

from janua.errors import UnknownRecord
from janua.gateway import writes
from janua.gateway.answers import Precondition, RecordAnswer
from janua.gateway.gateway import Gateway, is_moving, require_unmoved, with_current_catalog, with_current_schema
from janua.gateway.idempotency import Idempotency, created_once
from janua.gateway.writes import Writing
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.model.identifiers import new_id, parse_id
from janua.model.patch import JsonPatch, MergePatch
from janua.query.parts import Meta
from janua.registry.document import Document
from janua.storage import records as storage
from janua.storage.pool import connection


async def fetch(
    gateway: Gateway,
    collection: str,
    id: str,
    *,
    fields: tuple[str, ...] | None = None,
    include: tuple[str, ...] = (),
) -> RecordAnswer:
    """Return one record, its data restricted to `fields` and with the relations in `include`.

    Raises: `UnknownRecord`, `InvalidId`, `UnknownField`, `DatabaseUnavailable`.
    """

    async def read(catalog: Catalog) -> RecordAnswer:
        statement = gateway.points.statement(catalog, collection, fields, include)
        key = parse_id(id)
        found = await storage.fetch_one(gateway.batches, statement, key)
        if is_moving(gateway, catalog):
            await require_unmoved(gateway, catalog)
        if found is None:
            raise UnknownRecord(collection, id)
        return RecordAnswer(id.lower(), *found)

    return await with_current_catalog(gateway, read)


async def create(
    gateway: Gateway,
    collection: str,
    document: Document,
    *,
    id: str | None = None,
    idempotency: Idempotency | None = None,
) -> RecordAnswer:
    """Store a new record.

    With `idempotency`, the same request sent again gets the first answer and stores nothing.
    Raises: `InvalidRecord`, `RecordExists`, `UniqueConflict`, `RelationConflict`, `IdempotencyConflict`.
    """
    key = None if id is None else parse_id(id)

    async def write(current: Collection) -> RecordAnswer:
        if idempotency is None:
            return await writes.create_alone(gateway, current, key, document)
        async with connection(gateway.pool) as c, c.transaction():
            to, made = Writing(gateway, c, current), key or new_id()
            return await created_once(gateway, c, current.name, idempotency, lambda: writes.create(to, made, document))

    return await with_current_schema(gateway, collection, write)


async def replace(
    gateway: Gateway, collection: str, id: str, document: Document, *, precondition: Precondition = Precondition()
) -> RecordAnswer:
    """Store a record under an id, replacing the one that is there (`created` tells which).

    Raises: `VersionMismatch` when the precondition does not hold, `InvalidRecord`, `UniqueConflict`,
    `RelationConflict`.
    """
    key = parse_id(id)

    async def write(current: Collection) -> RecordAnswer:
        async with connection(gateway.pool) as c:
            return await writes.replace(Writing(gateway, c, current), key, document, precondition)

    return await with_current_schema(gateway, collection, write)


async def patch(
    gateway: Gateway,
    collection: str,
    id: str,
    change: MergePatch | JsonPatch,
    *,
    precondition: Precondition = Precondition(),
) -> RecordAnswer:
    """Change a record; the result is validated as a whole.

    Without a precondition a concurrent write makes the patch start again from the new state, so none is lost. Of a
    missing record no precondition counts: what would be 404 without one is 404 with one (RFC 9110, section 13.2.1).
    Raises: `UnknownRecord`, `VersionMismatch`, `PatchConflict`, `InvalidRecord`, `UniqueConflict`,
    `RelationConflict`.
    """
    key = parse_id(id)

    async def write(current: Collection) -> RecordAnswer:
        async with connection(gateway.pool) as c:
            return await writes.patch(Writing(gateway, c, current), key, change, precondition)

    return await with_current_schema(gateway, collection, write)


async def delete(gateway: Gateway, collection: str, id: str, *, precondition: Precondition = Precondition()) -> None:
    """Remove a record, and what `on_delete: cascade` says must go with it.

    Raises: `UnknownRecord`, `VersionMismatch`, `RelationConflict` while others refer to it.
    """
    key = parse_id(id)

    async def write(current: Collection) -> None:
        async with connection(gateway.pool) as c:
            await writes.delete(Writing(gateway, c, current, Meta("version")), key, precondition)

    await with_current_schema(gateway, collection, write)
