"""Build and drop indexes in the background, until PostgreSQL has what the current schemas declare.

`janua.indexes` says what is declared; `Indexer` builds what is not valid yet, without blocking writers, one index at a
time and one builder for a collection across all workers. A build that a crash cut short leaves an INVALID index, which
is dropped and built again. Queries are right meanwhile, only slower.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from janua.errors import JanuaError, UniqueConflict
from janua.gateway.live import Live
from janua.sql.indexes import NamedIndex, indexes
from janua.storage import indexes as storage
from janua.storage.pool import Connection, Pool, connection

RETRY_SECONDS = 10.0

log = logging.getLogger(__name__)


class Indexer:
    """Keeps the indexes of all collections up; one for each process."""

    def __init__(self, live: Live, pool: Pool) -> None:
        self._live = live
        self._pool = pool
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look for work now."""
        self._wake.set()

    async def run(self) -> None:
        """Work for ever: when woken, and every `RETRY_SECONDS`."""
        while True:
            try:
                await self.reconcile()
            except JanuaError as error:
                log.warning("indexes cannot be built now: %s", error)
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
        for stored in declared:
            if stored.state != "valid" or not existing.get(stored.name, False):
                await self._build(stored)

    async def _build(self, stored: storage.StoredIndex) -> None:
        collection = self._live.catalog.collections.get(stored.collection)
        wanted = {each.name: each for each in indexes(collection)} if collection else {}
        if stored.name not in wanted:
            return
        async with connection(self._pool) as c:
            if not await storage.try_builder_lock(c, stored.collection):
                return
            try:
                await self._build_locked(c, wanted[stored.name])
            finally:
                await storage.release_builder_lock(c, stored.collection)

    async def _build_locked(self, c: Connection, index: NamedIndex) -> None:
        valid = (await storage.load_existing(c)).get(index.name)
        if not valid:
            await storage.set_state(c, index.name, "building")
            try:
                await storage.build_online(c, index, exists=valid is not None)
            except UniqueConflict as error:
                await storage.set_state(c, index.name, "failed", str(error))
                return
        await storage.set_state(c, index.name, "valid")


@contextlib.asynccontextmanager
async def indexing(live: Live, pool: Pool) -> AsyncGenerator[Indexer]:
    """Keep the indexes up while the block runs."""
    indexer = Indexer(live, pool)
    task = asyncio.create_task(indexer.run())
    try:
        yield indexer
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
