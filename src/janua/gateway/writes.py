"""The steps of writing single records, on a connection that the caller lends: validate → one statement → the answer.

REST runs one step on a connection of its own (`records`); an operation of GraphQL runs several in one transaction
(`gateway.in_one_transaction`). Every document is validated against the schema of the `Writing`, and the statement is
guarded by it: when it is not the current one any more, the step raises `StaleCatalog`, and the caller starts again.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from janua.errors import InvalidQuery, InvalidRecord, RecordExists, StaleCatalog, UnknownRecord, VersionMismatch
from janua.gateway.answers import Precondition, RecordAnswer
from janua.gateway.gateway import Gateway, apart_if_large
from janua.model.collection import Collection, Index, Path
from janua.model.identifiers import new_id
from janua.model.json import dumps
from janua.model.names import pointer
from janua.model.patch import JsonPatch, MergePatch
from janua.model.types import Json
from janua.query.parts import Part
from janua.registry.document import Document, check_size, document_of, read_document
from janua.sql.parts import RECORD
from janua.sql.upsert import Key
from janua.storage import records as storage
from janua.storage.pool import Connection
from janua.telemetry.spans import COLLECTION, SCHEMA_VERSION, span

PATCH_ATTEMPTS = 20
"""How often a patch without a precondition starts again because another write came between."""

SMALL = 4096
"""Bytes of a document up to which what is wrong with it can be told without a thread, which takes longer to begin."""


@dataclass(frozen=True, slots=True)
class Writing:
    """Where records are written: on a connection, under a schema; answers show them as `shown`.

    `shown` must be a part that is the record's own (`query.ownership`). Who selects more writes with `Meta("id")`,
    say, and reads the records afterwards in the same transaction; before, when they are to be deleted.
    """

    gateway: Gateway
    connection: Connection
    collection: Collection
    shown: Part = RECORD


async def create(to: Writing, key: UUID, document: Document) -> RecordAnswer:
    """Store a new record.

    Raises: `InvalidRecord`, `RecordExists`, `UniqueConflict`, `RelationConflict`, `StaleCatalog`.
    """
    await validate(to.gateway, to.collection, document)
    return _answer(await storage.insert(to.connection, to.collection, key, document.text, to.shown))


async def create_alone(
    gateway: Gateway, collection: Collection, key: UUID | None, document: Document, shown: Part = RECORD
) -> RecordAnswer:
    """Store a new record in a transaction of its own, perhaps by one statement with others that are created now.

    Without a key it gets a new one. Raises: as `create`.
    """
    await validate(gateway, collection, document)
    return _answer(await storage.create(gateway.batches, collection, key or new_id(), document.text, shown))


async def replace(
    to: Writing, key: UUID, document: Document, precondition: Precondition = Precondition()
) -> RecordAnswer:
    """Store a record under an id, replacing the one that is there (`created` tells which).

    Raises: `VersionMismatch` when the precondition does not hold, `InvalidRecord`, `UniqueConflict`,
    `RelationConflict`, `StaleCatalog`.
    """
    await validate(to.gateway, to.collection, document)
    if precondition == Precondition():
        return _answer(await storage.put(to.connection, to.collection, key, document.text, to.shown))
    return await _replace_if(to, key, document, precondition)


async def upsert(to: Writing, key: UUID, document: Document, by: Key) -> RecordAnswer:
    """Store a record, replacing the one with the same value in a unique field (`created` tells which).

    A record that is replaced keeps its id; `key` is the id of a new one. See `unique_key` and `unique_at` for `by`.
    Raises: `InvalidQuery` when the document has no value there, or while its index is being built; `InvalidRecord`,
    `UniqueConflict` in another field, `RelationConflict`, `StaleCatalog`.
    """
    await validate(to.gateway, to.collection, document)
    if by != "id" and _value_at(document.value, by.keys[0].path) is None:
        where = pointer(by.keys[0].path)
        reason = f"the document has no value at {where}, so no record is the same; give it one, or create it"
        raise InvalidQuery("onConflict", reason)
    try:
        return _answer(await storage.upsert(to.connection, to.collection, by, key, document.text, to.shown))
    except InvalidQuery as error:  # in the words of an import, `on_conflict`
        raise InvalidQuery("onConflict", error.reason) from error


async def patch(
    to: Writing, key: UUID, change: MergePatch | JsonPatch, precondition: Precondition = Precondition()
) -> RecordAnswer:
    """Change a record; the result is validated as a whole.

    Without a precondition a concurrent write makes the patch start again from the new state, so none is lost. Of a
    missing record no precondition counts: what would be 404 without one is 404 with one (RFC 9110, section 13.2.1).
    Raises: `UnknownRecord`, `VersionMismatch`, `PatchConflict`, `InvalidRecord`, `UniqueConflict`,
    `RelationConflict`, `StaleCatalog`.
    """
    for _ in range(PATCH_ATTEMPTS):
        stored = await storage.fetch_document(to.connection, to.collection, key)
        if stored is None:
            raise UnknownRecord(to.collection.name, str(key))
        _require(to.collection, key, stored.version, precondition)
        after = await asyncio.to_thread(patched, to.gateway, stored.text, change)
        await validate(to.gateway, to.collection, after)
        written = await storage.update(to.connection, to.collection, key, after.text, to.shown, version=stored.version)
        if written is not None:
            return _answer(written)
    raise StaleCatalog(to.collection.name)


async def delete(to: Writing, key: UUID, precondition: Precondition = Precondition()) -> RecordAnswer:
    """Remove a record, and what `on_delete: cascade` says must go with it; return it as it was.

    Raises: `UnknownRecord`, `VersionMismatch`, `RelationConflict` while others refer to it, `StaleCatalog`.
    """
    if precondition.none_match is not None:
        return await _delete_if(to, key, precondition)
    versions = precondition.match if isinstance(precondition.match, frozenset) else None
    removed = await storage.delete(to.connection, to.collection, key, to.shown, versions=versions)
    if removed is not None:
        return _answer(removed)
    found = await storage.fetch_document(to.connection, to.collection, key)
    if found is None:
        raise UnknownRecord(to.collection.name, str(key))
    raise VersionMismatch(to.collection.name, str(key), found.version)


async def validate(gateway: Gateway, collection: Collection, document: Document) -> None:
    """Check a document against the collection's schema.

    Raises: `InvalidRecord` with all violations.
    """
    with span("validate", {COLLECTION: collection.name, SCHEMA_VERSION: collection.version}):
        validator = gateway.live.validator(collection)
        if validator.lingers:
            async with gateway.lingering:
                violations = await asyncio.to_thread(validator.validate, document.value)
        elif await apart_if_large(len(document.text), validator.is_valid, document.value):
            return
        elif validator.explains_at_once and len(document.text) <= SMALL:
            violations = validator.explain(document.value)
        else:
            # To explain takes many times as long as to judge, the first time as long as compiling the schema did.
            violations = await asyncio.to_thread(validator.explain, document.value)
        if violations:
            raise InvalidRecord(collection.name, violations)


def unique_key(collection: Collection, field: str) -> Key:
    """Return what an upsert goes by, given `id` or the dotted name of a unique field.

    Raises: `InvalidQuery` unless the field is `id` or has a unique index of its own over all records.
    """
    if field == "id":
        return "id"
    found = next((each for path, each in _unique(collection).items() if ".".join(path) == field), None)
    if found is None:
        known = [*sorted(".".join(path) for path in _unique(collection)), "id"]
        raise InvalidQuery("on_conflict", f"must be a unique field: one of {', '.join(known)}")
    return found


def unique_at(collection: Collection, path: Path) -> Key:
    """Return what an upsert goes by, given the path of a field that is unique."""
    return _unique(collection)[path]


async def made_document(gateway: Gateway, value: Json) -> Document:
    """Return the document of a value that no client sent as text: made from the inputs of GraphQL, say.

    Raises: `MalformedDocument`, `UnstorableDocument`, `DocumentTooLarge`.
    """
    # Before it is written out: a few copies of copies are as long as one likes.
    check_size(value, gateway.document_limits)
    text = dumps(value).encode()
    return await apart_if_large(len(text), document_of, value, text, gateway.document_limits)


def patched(gateway: Gateway, before: str, change: MergePatch | JsonPatch) -> Document:
    """Return what a patch makes of the text of a document.

    Raises: `PatchConflict`, `DocumentTooLarge`, `UnstorableDocument`.
    """
    after = change.apply(read_document(before.encode(), gateway.document_limits).value)
    # As in `made_document`.
    check_size(after, gateway.document_limits)
    return read_document(dumps(after).encode(), gateway.document_limits)


async def _replace_if(to: Writing, key: UUID, document: Document, precondition: Precondition) -> RecordAnswer:
    """Replace or create under a precondition; the statement that writes checks the version that was decided on."""
    c, current = to.connection, to.collection
    while True:
        stored = await storage.fetch_document(c, current, key)
        _require(current, key, stored.version if stored else 0, precondition)
        if stored is not None:
            written = await storage.update(c, current, key, document.text, to.shown, version=stored.version)
            if written is not None:
                return _answer(written)
            continue
        try:
            # In a transaction of its own, or a savepoint: what it meets must not end the caller's transaction.
            async with c.transaction():
                return _answer(await storage.insert(c, current, key, document.text, to.shown))
        except RecordExists:
            continue


async def _delete_if(to: Writing, key: UUID, precondition: Precondition) -> RecordAnswer:
    """Remove under a precondition that tells versions apart; the statement checks the one that was decided on."""
    while True:
        stored = await storage.fetch_document(to.connection, to.collection, key)
        if stored is None:
            raise UnknownRecord(to.collection.name, str(key))
        _require(to.collection, key, stored.version, precondition)
        decided = frozenset({stored.version})
        removed = await storage.delete(to.connection, to.collection, key, to.shown, versions=decided)
        if removed is not None:
            return _answer(removed)


def _require(collection: Collection, key: UUID, version: int, precondition: Precondition) -> None:
    """Check a precondition against the version a record has (0: there is none); RFC 9110, section 13.1."""
    wanted, unwanted = precondition.match, precondition.none_match
    holds = (
        (wanted is None or (version > 0 and (wanted == "*" or version in wanted)))
        and (unwanted is None or (version == 0 if unwanted == "*" else version not in unwanted))
    )  # fmt: skip
    if not holds:
        raise VersionMismatch(collection.name, str(key), version)


def _unique(collection: Collection) -> Mapping[Path, Index]:
    whole = (each for each in collection.indexes if each.unique and len(each.keys) == 1 and each.where is None)
    return {each.keys[0].path: each for each in whole}


def _value_at(value: Json, path: Path) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _answer(written: storage.Stored) -> RecordAnswer:
    return RecordAnswer(written.id, written.version, written.text, created=written.created)
