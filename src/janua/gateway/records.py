"""The verbs on single records: validate → one statement → the record's text as PostgreSQL wrote it.

A write is validated against the live schema and guarded in SQL by that schema's revision: when the schema changed
meanwhile, the statement stores nothing and the verb starts again with the new one.
"""

import asyncio
from dataclasses import dataclass
from dataclasses import replace as replaced
from hashlib import sha256
from uuid import UUID

from janua.errors import (
    IdempotencyConflict,
    InvalidRecord,
    RecordExists,
    StaleCatalog,
    UnknownRecord,
    VersionMismatch,
)
from janua.gateway.answers import Precondition, RecordAnswer
from janua.gateway.gateway import Gateway, apart_if_large, with_current_schema
from janua.model.collection import Collection
from janua.model.identifiers import new_id, parse_id
from janua.model.json import dumps
from janua.model.patch import JsonPatch, MergePatch
from janua.query.plan import plan_one
from janua.registry.document import Document, check_size, read_document
from janua.storage import idempotency as replays
from janua.storage import records as storage
from janua.storage.pool import Connection, connection

PATCH_ATTEMPTS = 20
"""How often a patch without a precondition starts again because another write came between."""


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The `Idempotency-Key` of a request and a fingerprint of what it asks for (draft-ietf-httpapi-idempotency-key)."""

    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, key: str, *parts: bytes) -> "Idempotency":
        """Return the key of a request that consists of these parts."""
        return cls(key, sha256(b"\0".join(sha256(part).digest() for part in parts)).digest())


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
    planned = plan_one(
        gateway.live.catalog, collection, id, fields=fields, include=include, limits=gateway.query_limits
    )
    async with connection(gateway.pool) as c:
        found = await storage.fetch_one(c, planned.plan, planned.values)
    if found is None:
        raise UnknownRecord(collection, id)
    return _answer(found)


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
    key = new_id() if id is None else parse_id(id)

    async def write(current: Collection) -> RecordAnswer:
        async with connection(gateway.pool) as c:
            if idempotency is None:
                await validate(gateway, current, document)
                return _answer(await storage.insert(c, current, key, document.text), created=True)
            async with c.transaction():
                return await _once(gateway, c, current, key, document, idempotency)

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
        await validate(gateway, current, document)
        async with connection(gateway.pool) as c:
            if precondition == Precondition():
                return _answer(await storage.put(c, current, key, document.text))
            return await _replace_if(c, current, key, document, precondition)

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
        for _ in range(PATCH_ATTEMPTS):
            async with connection(gateway.pool) as c:
                stored = await storage.fetch_document(c, current, key)
                if stored is None:
                    raise UnknownRecord(current.name, str(key))
                _require(current, key, stored.version, precondition)
                after = await asyncio.to_thread(_patched, gateway, stored.text, change)
                await validate(gateway, current, after)
                written = await storage.update(c, current, key, after.text, version=stored.version)
            if written is not None:
                return _answer(written)
        raise StaleCatalog(current.name)

    return await with_current_schema(gateway, collection, write)


async def delete(gateway: Gateway, collection: str, id: str, *, precondition: Precondition = Precondition()) -> None:
    """Remove a record, and what `on_delete: cascade` says must go with it.

    Raises: `UnknownRecord`, `VersionMismatch`, `RelationConflict` while others refer to it.
    """
    key = parse_id(id)

    async def write(current: Collection) -> None:
        async with connection(gateway.pool) as c:
            versions = precondition.match if isinstance(precondition.match, frozenset) else None
            if await storage.delete(c, current, key, versions=versions):
                return
            found = await storage.fetch_document(c, current, key)
        if found is None:
            raise UnknownRecord(current.name, str(key))
        raise VersionMismatch(current.name, str(key), found.version)

    await with_current_schema(gateway, collection, write)


async def validate(gateway: Gateway, collection: Collection, document: Document) -> None:
    """Check a document against the collection's schema.

    Raises: `InvalidRecord` with all violations.
    """
    validator = gateway.live.validator(collection)
    if validator.lingers:
        async with gateway.lingering:
            violations = await asyncio.to_thread(validator.validate, document.value)
    elif await apart_if_large(len(document.text), validator.is_valid, document.value):
        return
    else:
        # To explain takes many times as long as to judge, the first time as long as compiling the schema did.
        violations = await asyncio.to_thread(validator.validate, document.value)
    if violations:
        raise InvalidRecord(collection.name, violations)


async def _once(
    gateway: Gateway, c: Connection, current: Collection, key: UUID, document: Document, idempotency: Idempotency
) -> RecordAnswer:
    """Insert in the open transaction unless the idempotency key has an answer already."""
    if not await replays.claim(c, current.name, idempotency.key):
        raise IdempotencyConflict(running=True)
    earlier = await replays.fetch(c, current.name, idempotency.key, gateway.settings.idempotency.keep_hours)
    if earlier is not None:
        if earlier.fingerprint != idempotency.fingerprint:
            raise IdempotencyConflict(running=False)
        return RecordAnswer(earlier.id, earlier.version, earlier.text, created=True, replayed=True)
    await validate(gateway, current, document)
    written = _answer(await storage.insert(c, current, key, document.text), created=True)
    answer = replays.Answer(idempotency.fingerprint, written.id, written.version, written.text)
    await replays.store(c, current.name, idempotency.key, answer)
    return written


async def _replace_if(
    c: Connection, current: Collection, key: UUID, document: Document, precondition: Precondition
) -> RecordAnswer:
    """Replace or create under a precondition; the statement that writes checks the version that was decided on."""
    while True:
        stored = await storage.fetch_document(c, current, key)
        _require(current, key, stored.version if stored else 0, precondition)
        if stored is not None:
            written = await storage.update(c, current, key, document.text, version=stored.version)
            if written is not None:
                return _answer(written)
            continue
        try:
            return _answer(await storage.insert(c, current, key, document.text), created=True)
        except RecordExists:
            continue


def _require(collection: Collection, key: UUID, version: int, precondition: Precondition) -> None:
    """Check a precondition against the version a record has (0: there is none); RFC 9110, section 13.1."""
    wanted, unwanted = precondition.match, precondition.none_match
    holds = (
        (wanted is None or (version > 0 if wanted == "*" else version in wanted))
        and (unwanted is None or (version == 0 if unwanted == "*" else version not in unwanted))
    )  # fmt: skip
    if not holds:
        raise VersionMismatch(collection.name, str(key), version)


def _patched(gateway: Gateway, before: str, change: MergePatch | JsonPatch) -> Document:
    after = change.apply(read_document(before.encode(), gateway.document_limits).value)
    # Before it is written out: a few copies of copies are as long as one likes.
    check_size(after, gateway.document_limits)
    return read_document(dumps(after).encode(), gateway.document_limits)


def _answer(written: storage.Stored, *, created: bool | None = None) -> RecordAnswer:
    answer = RecordAnswer(written.id, written.version, written.text, created=written.created)
    return answer if created is None else replaced(answer, created=created)
