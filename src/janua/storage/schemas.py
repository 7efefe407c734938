"""The registry's own tables: collections, schema versions, and the revision of the catalog.

Fixed statements only. A registration holds the row lock of `janua.catalog` (`lock_registry`) until it commits, so that
registrations happen one after the other and each sees what the one before it stored.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from janua.storage.pool import Connection

CHANNEL = "janua_catalog"
"""The channel on which a new catalog revision is announced: a hint, the revision in the table is the truth."""


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One schema version as stored: `document`, `names` and `references` are JSON text."""

    collection: str
    version: int
    fingerprint: str
    document: str
    names: str
    references: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """One collection with its current schema version, the catalog revision that made it current, and its policies."""

    current: StoredVersion
    revision: int
    mode: str
    evolution: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A schema version to be stored; JSON as text."""

    collection: str
    version: int
    fingerprint: str
    document: str
    names: str
    references: str


_VERSION = 'v.collection, v.version, v.fingerprint, v.document::text, v.names::text, v."references"::text, v.created_at'

_CURRENT = f"""
    SELECT {_VERSION}, c.revision, c.mode, c.evolution, c.created_at AS collection_created_at, c.updated_at
    FROM janua.collections c
    JOIN janua.schema_versions v ON v.collection = c.name AND v.version = c.version
"""  # noqa: S608 -- built from constants of this module only

_STORE_VERSION = """
    INSERT INTO janua.schema_versions (collection, version, fingerprint, document, names, "references")
    VALUES ($1, $2, $3, $4::json, $5::jsonb, $6::jsonb)
"""

_STORE_COLLECTION = """
    INSERT INTO janua.collections (name, version, revision, mode, evolution) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (name) DO UPDATE
    SET version = excluded.version, revision = excluded.revision, updated_at = now()
"""


_KEEP_COMPILED = """
    INSERT INTO janua.compiled (collection, mark, model)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[])
    ON CONFLICT (collection) DO UPDATE SET mark = excluded.mark, model = excluded.model
    WHERE compiled.mark <> excluded.mark
"""


async def fetch_revision(connection: Connection) -> tuple[int, int]:
    """Return the revision of the catalog in the database, and the format in which the registry is stored."""
    row = await connection.fetchrow("SELECT revision, format FROM janua.catalog")
    assert row is not None  # noqa: S101 -- the migration that makes the table makes its only row
    return row["revision"], row["format"]


async def lock_registry(connection: Connection) -> None:
    """Let no other registration run until the end of the transaction."""
    await connection.execute("SELECT FROM janua.catalog FOR UPDATE")


async def advance_revision(connection: Connection) -> int:
    """Return the next revision of the catalog, which counts from the commit on; all workers are told of it then."""
    revision: int = await connection.fetchval("UPDATE janua.catalog SET revision = revision + 1 RETURNING revision")
    await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, str(revision))
    return revision


async def load_revisions(connection: Connection) -> Mapping[str, int]:
    """Return every collection with the catalog revision that made its schema version current."""
    rows = await connection.fetch("SELECT name, revision FROM janua.collections ORDER BY name")
    return {row["name"]: row["revision"] for row in rows}


async def load_current(connection: Connection, names: Sequence[str]) -> Sequence[StoredCollection]:
    """Return these collections with their current schema versions, by name."""
    rows = await connection.fetch(f"{_CURRENT} WHERE c.name = ANY($1::text[]) ORDER BY c.name", list(names))
    return [_collection(row) for row in rows]


async def load_versions(
    connection: Connection, wanted: Iterable[tuple[str, int]]
) -> Mapping[tuple[str, int], StoredVersion]:
    """Return the wanted (collection, version) pairs that exist."""
    pairs = sorted(set(wanted))
    rows = await connection.fetch(
        f"SELECT {_VERSION} FROM janua.schema_versions v "  # noqa: S608 -- constants of this module only
        "JOIN unnest($1::text[], $2::int[]) AS w(collection, version) USING (collection, version)",
        [collection for collection, _ in pairs],
        [version for _, version in pairs],
    )
    return {(row["collection"], row["version"]): _version(row) for row in rows}


async def load_compiled(connection: Connection, collections: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Return what is kept of what these collections were compiled to: name → (mark, JSON text)."""
    query = "SELECT collection, mark, model FROM janua.compiled WHERE collection = ANY($1::text[])"
    rows = await connection.fetch(query, list(collections))
    return {row["collection"]: (row["mark"], row["model"]) for row in rows}


async def keep_compiled(connection: Connection, compiled: Mapping[str, tuple[str, str]]) -> None:
    """Keep what collections were compiled to, name → (mark, JSON text), and nothing of those that are no more."""
    ordered = sorted(compiled.items())
    await connection.execute(
        _KEEP_COMPILED,
        [name for name, _ in ordered],
        [mark for _, (mark, _) in ordered],
        [text for _, (_, text) in ordered],
    )
    await connection.execute(
        "DELETE FROM janua.compiled k WHERE NOT EXISTS (SELECT FROM janua.collections c WHERE c.name = k.collection)"
    )


async def list_versions(connection: Connection, collection: str) -> Sequence[StoredVersion]:
    """Return all schema versions of a collection, oldest first."""
    query = f"SELECT {_VERSION} FROM janua.schema_versions v WHERE v.collection = $1 ORDER BY v.version"  # noqa: S608 -- constants
    return [_version(row) for row in await connection.fetch(query, collection)]


async def store_version(connection: Connection, new: NewVersion, *, revision: int, mode: str, evolution: str) -> None:
    """Store a schema version and make it current; `mode` and `evolution` count for a new collection only."""
    await connection.execute(_STORE_COLLECTION, new.collection, new.version, revision, mode, evolution)
    await connection.execute(
        _STORE_VERSION, new.collection, new.version, new.fingerprint, new.document, new.names, new.references
    )


async def set_policy(connection: Connection, collection: str, *, mode: str | None, evolution: str | None) -> None:
    """Set the compatibility mode or the evolution policy, where given."""
    await connection.execute(
        "UPDATE janua.collections SET mode = coalesce($2, mode), evolution = coalesce($3, evolution), "
        "updated_at = now() WHERE name = $1",
        collection,
        mode,
        evolution,
    )


async def delete_collection(connection: Connection, collection: str) -> None:
    """Forget a collection and all its schema versions."""
    await connection.execute("DELETE FROM janua.collections WHERE name = $1", collection)


async def load_secret(connection: Connection, name: str, fresh: bytes) -> bytes:
    """Return the stored secret of this name, storing `fresh` when there is none yet."""
    await connection.execute(
        "INSERT INTO janua.secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", name, fresh
    )
    return await connection.fetchval("SELECT value FROM janua.secrets WHERE name = $1", name)


def _version(row: asyncpg.Record | Mapping[str, Any]) -> StoredVersion:
    return StoredVersion(
        row["collection"],
        row["version"],
        row["fingerprint"],
        row["document"],
        row["names"],
        row["references"],
        row["created_at"],
    )


def _collection(row: asyncpg.Record) -> StoredCollection:
    return StoredCollection(
        _version(row), row["revision"], row["mode"], row["evolution"], row["collection_created_at"], row["updated_at"]
    )
