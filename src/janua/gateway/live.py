"""The catalog that this process serves: loaded from the database, swapped as a whole, never changed in place.

`Live.refresh` compiles what changed since the last revision; `workers` does so whenever there is a new one.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from janua.errors import DatabaseAhead, JanuaError
from janua.gateway.compiling import Compiled, compile_all
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Schema
from janua.model.extract import Extract
from janua.model.json import loads
from janua.sql.extracts import covering
from janua.storage import schemas as storage
from janua.storage.evolutions import is_switching
from janua.storage.indexes import load_ready
from janua.storage.pool import Connection, Pool, connection

if TYPE_CHECKING:
    from janua.registry.validation import Validator

Covering = Mapping[str, Extract]

AT_ONCE = 500
"""Collections of which it is read at once what they were compiled to."""
FORMAT = 1
"""The newest format of the registry that this Janua knows; a migration that older ones could not serve raises it."""


class Live:
    """The current catalog and its validators."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._refreshing = asyncio.Lock()
        self._validators: dict[tuple[str, int], Validator] = {}
        self._references: dict[tuple[str, int], Schema] = {}
        self._unkept: dict[str, tuple[str, str]] = {}
        self._covering: dict[tuple[str, int], Covering] = {}
        self._published = asyncio.Event()
        self.hint = asyncio.Event()
        """Set it to have the database asked for a new revision now."""
        self.refusal: JanuaError | None = None
        """Why this process cannot serve the catalog in the database, if so."""
        self.catalog = Catalog(-1, {}, {})

    def validator(self, collection: Collection) -> "Validator":
        """Return the validator of this schema version, built on first use."""
        key = (collection.name, collection.revision)
        found = self._validators.get(key)
        if found is None:
            from janua.registry.validation import build_validator  # noqa: PLC0415 -- a server starts sooner without

            found = self._validators[key] = build_validator(collection, self.references(collection))
        return found

    def references(self, collection: Collection) -> Mapping[str, Schema]:
        """Return the schemas of other collections that this one refers to, at the versions it was registered with."""
        return {name: self._references[name, version] for name, version in collection.references.items()}

    async def refresh(self) -> Catalog:
        """Bring the catalog up to the database's revision and return it."""
        async with connection(self._pool) as c:
            return await self.refresh_on(c)

    async def refresh_on(self, c: Connection) -> Catalog:
        """Do the same on a connection that the caller has."""
        async with self._refreshing:
            return await self.load(c)

    async def load(self, c: Connection) -> Catalog:
        """Bring the catalog up to what this connection sees and return it. Raises: `DatabaseAhead`."""
        revision, format = await storage.fetch_revision(c)
        self.refusal = DatabaseAhead(format, FORMAT) if format > FORMAT else None
        if self.refusal is not None:
            raise self.refusal
        if revision > self.catalog.revision:
            self.publish(await self._changed(c, revision))
        return self.catalog

    async def keep(self, c: Connection) -> None:
        """Keep in the database what was compiled here, so that others need not."""
        unkept, self._unkept = self._unkept, {}
        if unkept:
            await storage.keep_compiled(c, unkept)

    async def reach(self, revision: int, seconds: float) -> bool:
        """Wait until this revision is served, no longer than this; return whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.catalog.revision < revision:
                    self.hint.set()
                    await self._published.wait()
        return self.catalog.revision >= revision

    def publish(self, catalog: Catalog) -> None:
        """Serve this catalog from now on, unless a newer one came first; requests under way keep theirs."""
        if catalog.revision <= self.catalog.revision:
            return
        served = {(each.name, each.revision) for each in catalog.collections.values()}
        self._validators = {key: each for key, each in self._validators.items() if key in served}
        self.catalog = catalog
        self._published.set()
        self._published = asyncio.Event()

    async def _changed(self, c: Connection, revision: int) -> Catalog:
        revisions = await storage.load_revisions(c)
        kept = {name: each for name, each in self.catalog.collections.items() if revisions.get(name) == each.revision}
        fresh = await storage.load_current(c, [name for name in revisions if name not in kept])
        await self.load_references(c, [pair for each in fresh for pair in json.loads(each.current.references).items()])
        compiled = await self._compiled(c, fresh)
        self._unkept |= compiled.fresh
        moving = await is_switching(c)
        collections = dict(sorted((kept | compiled.collections).items()))
        extracts = self._extracts(collections, await load_ready(c))
        return Catalog(revision, collections, compiled.quarantined, moving, extracts)

    async def _compiled(self, c: Connection, stored: Sequence[storage.StoredCollection]) -> Compiled:
        """Return what they mean; of thousands, what is kept of some is forgotten before that of others is loaded."""
        found = Compiled()
        for start in range(0, len(stored), AT_ONCE):
            some = stored[start : start + AT_ONCE]
            known = await storage.load_compiled(c, [each.current.collection for each in some])
            found.take(await asyncio.to_thread(compile_all, some, known, self._references))
        return found

    def _extracts(
        self, collections: Mapping[str, Collection], ready: Sequence[tuple[str, str, str]]
    ) -> dict[str, tuple[Extract, ...]]:
        """Return the extracts that hold all records; an index that another Janua called otherwise is not known here."""
        before, self._covering = self._covering, {}
        found: dict[str, tuple[Extract, ...]] = {}
        for name, index, since in ready:
            if (collection := collections.get(name)) is None:
                continue
            key = (name, collection.revision)
            known = self._covering[key] = self._covering.get(key) or before.get(key) or covering(collection)
            if index in known:
                found[name] = (*found.get(name, ()), replace(known[index], since=since))
        return found

    async def load_references(self, c: Connection, wanted: Sequence[tuple[str, int]]) -> None:
        """Load the schema versions that others are pinned to, unless they are known."""
        missing = [pair for pair in wanted if pair not in self._references]
        for pair, version in (await storage.load_versions(c, missing)).items() if missing else ():
            self._references[pair] = cast("Schema", loads(version.document))
