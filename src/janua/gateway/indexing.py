"""Build and drop indexes in the background, until PostgreSQL has what the current schemas declare.

`janua.indexes` says what is declared; `Indexer` builds what is not valid yet, without blocking writers, one index at a
time and one builder for a collection across all workers. A build that a crash cut short leaves an INVALID index, which
is dropped and built again; so is what no schema declares any more. Queries are right meanwhile, only slower. A
registration that needs the table cancels a build, which then starts again.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Coroutine

from janua.errors import DatabaseUnavailable, JanuaError, StatementConflict, StatementTimeout, UniqueConflict
from janua.failpoints import fail_at
from janua.gateway.extracting import keep, remove
from janua.gateway.live import Live
from janua.model.collection import Collection
from janua.sql.indexes import NamedIndex, collection_of, indexes, is_index_name
from janua.storage import extracts
from janua.storage import indexes as storage
from janua.storage.pool import Connection, Pool, connection
from janua.telemetry.trouble import Trouble

RETRY_SECONDS = 10.0
INTERRUPTED_SECONDS = 1.0
LONGEST_PATIENCE = 600.0
"""Seconds between two attempts at an index that cannot be built, such as a unique one over duplicates."""

log = logging.getLogger(__name__)


class Indexer:
    """Keeps the indexes of all collections up; one for each process."""

    def __init__(self, live: Live, pool: Pool) -> None:
        self._live = live
        self._pool = pool
        self._wake = asyncio.Event()
        self._patience: dict[str, _Patience] = {}

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    async def run(self) -> None:
        """Work for ever: when woken, and every `RETRY_SECONDS`."""
        trouble = Trouble(log, "indexes cannot be built now", "indexes can be built again")
        while True:
            try:
                await self.reconcile()
                trouble.ends()
            except JanuaError as error:
                trouble.lasts(error.told_to_operators())
            except Exception:
                log.exception("indexes cannot be built now")
            # Not wait_for, which in Python 3.11 loses a cancellation that comes together with the waking.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def reconcile(self) -> None:
        """Build every declared index that PostgreSQL does not have in a valid state, drop what is declared no more."""
        async with connection(self._pool) as c:
            declared = await storage.load(c)
            existing = await storage.load_existing(c)
            whole = await extracts.load_whole(c, [each.name for each in declared if each.covers])
        for stored in declared:
            found = stored.name in whole if stored.covers else existing.get(stored.name, False)
            if stored.state != "valid" or not found:
                await self._try(stored.name, self._build(stored))
        known = {each.name for each in declared}
        for name in existing:
            if is_index_name(name) and name not in known:
                await self._try(name, self._drop(name))

    async def _try(self, name: str, work: Coroutine[None, None, None]) -> None:
        """Do it unless it failed a short while ago; what goes wrong with one index is no matter to the others."""
        patience = self._patience.setdefault(name, _Patience())
        if not patience.is_over():
            work.close()
            return
        try:
            await work
        except (StatementTimeout, StatementConflict, DatabaseUnavailable):
            # A registration cancelled it and is done soon, or the connection was cut.
            log.info("the build of index %s was interrupted and starts again", name)
            asyncio.get_running_loop().call_later(INTERRUPTED_SECONDS, self.wake)
        except JanuaError as error:
            log.warning("index %s cannot be made now: %s", name, error)
            patience.fail()
        except Exception:
            log.exception("index %s cannot be made now", name)
            patience.fail()
        else:
            self._patience.pop(name, None)

    async def _build(self, stored: storage.StoredIndex) -> None:
        collection = self._live.catalog.collections.get(stored.collection)
        wanted = {each.name: each for each in indexes(collection)} if collection else {}
        if stored.name in wanted:
            async with self._only_builder(stored.collection) as c:
                if c is not None and collection is not None:
                    await self._build_locked(c, collection, wanted[stored.name])

    async def _build_locked(self, c: Connection, collection: Collection, index: NamedIndex) -> None:
        stored = {each.name: each.state for each in await storage.load(c, index.collection)}
        if index.name not in stored:
            return
        if index.index.include:
            held = extracts.Held(index.name, collection, index.index)
            await keep(self._pool, c, held, used=stored[index.name] == "valid")
            return
        valid = (await storage.load_existing(c)).get(index.name)
        if not valid:
            await storage.set_state(c, index.name, "building")
            fail_at("index.begun")
            try:
                await storage.build_online(c, index, exists=valid is not None)
            except UniqueConflict as error:
                await storage.set_state(c, index.name, "failed", str(error))
                raise
            fail_at("index.built")
        await storage.set_state(c, index.name, "valid")

    async def _drop(self, name: str) -> None:
        collection = collection_of(name)
        async with self._only_builder(collection) as c:
            # One that a registration has just made was not declared yet when it was looked for.
            if c is not None and name not in {each.name for each in await storage.load(c, collection)}:
                await (remove(self._pool, c, name) if await extracts.exists(c, name) else storage.drop_online(c, name))

    @contextlib.asynccontextmanager
    async def _only_builder(self, collection: str) -> AsyncGenerator[Connection | None]:
        """Return a connection that nobody else builds this collection's indexes beside; None when somebody does."""
        async with connection(self._pool) as c:
            if not await storage.try_builder_lock(c, collection):
                yield None
                return
            try:
                yield c
            finally:
                await storage.release_builder_lock(c, collection)


class _Patience:
    """How long to leave an index alone that could not be made: twice as long each time."""

    def __init__(self) -> None:
        self._until = 0.0
        self._seconds = RETRY_SECONDS / 2

    def is_over(self) -> bool:
        return time.monotonic() >= self._until

    def fail(self) -> None:
        self._seconds = min(2 * self._seconds, LONGEST_PATIENCE)
        self._until = time.monotonic() + self._seconds


@contextlib.asynccontextmanager
async def indexing(live: Live, pool: Pool, *, builds: bool = True) -> AsyncGenerator[Indexer]:
    """Keep the indexes up while the block runs; unless `builds`, leave them to other processes."""
    indexer = Indexer(live, pool)
    if not builds:
        yield indexer
        return
    task = asyncio.create_task(indexer.run())
    try:
        yield indexer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
