"""Workers keep up with the database, and know of each other.

`following` brings the catalog up to date while its block runs: a notification is the hint, a look every `POLL_SECONDS`
is the truth, because a connection that is lost says nothing. It has a connection of its own, so that requests which use
up the pool do not keep a worker from learning of a new schema. `await_workers` waits until all of them serve it.
"""

import asyncio
import contextlib
import logging
import os
import platform
import time
from collections.abc import AsyncGenerator

from janua.config import Database
from janua.errors import JanuaError
from janua.gateway.answers import Workers
from janua.gateway.live import Live
from janua.storage import workers as storage
from janua.storage.pool import Connection, Pool, connection
from janua.telemetry.trouble import Trouble

POLL_SECONDS = 0.5
BEAT_SECONDS = 1.0
RECONNECT_SECONDS = 0.2
ANNOUNCE_SECONDS = 5.0
"""How long a worker that starts waits until it is known; then it serves, and says so when it can."""
LOOK_SECONDS = 0.05

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def following(live: Live, database: Database, *, name: str, serves: bool) -> AsyncGenerator[None]:
    """Keep the catalog up to date while the block runs; `serves`: be known as a worker when it begins."""
    follower = _Follower(live, database, name=name, serves=serves)
    task = asyncio.create_task(follower.run())
    try:
        if serves:
            # Who registers meanwhile waits for those that are known: whoever serves has to be, and up to date after it.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ANNOUNCE_SECONDS):
                    await follower.is_up_to_date.wait()
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def await_workers(pool: Pool, revision: int, seconds: float) -> Workers:
    """Wait until every live worker serves a catalog revision, no longer than this; return how many do."""
    deadline = time.monotonic() + seconds
    while True:
        async with connection(pool) as c:
            found = await storage.load_live(c)
        workers = Workers(live=len(found), serving=sum(each.revision >= revision for each in found))
        if workers.serving == workers.live or time.monotonic() > deadline:
            return workers
        await asyncio.sleep(LOOK_SECONDS)


class _Follower:
    def __init__(self, live: Live, database: Database, *, name: str, serves: bool) -> None:
        self._live = live
        self._database = database
        self._name = name
        self._serves = serves
        self._worker: int | None = None
        self._beaten = (-1, 0.0)
        self._trouble = Trouble(log, "the catalog cannot be followed now", "the catalog is followed again")
        self.is_up_to_date = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                async with storage.following(self._database, self._live.hint.set, name=self._name) as c:
                    await self._follow(c)
            except JanuaError as error:
                self._trouble.lasts(error.told_to_operators())
            except Exception:
                log.exception("the catalog cannot be followed now")
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _follow(self, c: Connection) -> None:
        try:
            await self._announce(c)
            while True:
                self._live.hint.clear()
                await self._live.refresh_on(c)
                self.is_up_to_date.set()
                await self._beat(c)
                self._trouble.ends()
                if self._serves:
                    await self._live.keep(c)
                # Not wait_for, which in Python 3.11 loses a cancellation that comes together with the hint.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._live.hint.wait()
        except asyncio.CancelledError:
            await self._leave(c)
            raise

    async def _announce(self, c: Connection) -> None:
        if not self._serves:
            return
        await self._leave(c)
        # Known before the row is there, so that a worker which is stopped meanwhile takes its row away.
        self._worker = await storage.next_number(c)
        await storage.announce(c, self._worker, f"{platform.node()}:{os.getpid()}", self._live.catalog.revision)

    async def _leave(self, c: Connection) -> None:
        if self._worker is not None:
            await storage.leave(c, self._worker)

    async def _beat(self, c: Connection) -> None:
        """Say what this worker serves, when that changed or it was said a while ago."""
        revision, before = self._live.catalog.revision, self._beaten
        if self._worker is None or (revision == before[0] and time.monotonic() < before[1] + BEAT_SECONDS):
            return
        if not await storage.beat(c, self._worker, revision):
            await self._announce(c)
        self._beaten = (revision, time.monotonic())
