"""Extracts are begun with a registration, filled in the background, and used once they hold all records.

A catalog names those that its queries may read. So whatever makes an extract less than whole is told in a new catalog
revision first, and then waits for the workers that serve an older one. Start at `begun`, and `keep` for the rest.
"""

from janua.errors import StatementConflict
from janua.failpoints import fail_at
from janua.gateway.workers import await_workers
from janua.storage import extracts as storage
from janua.storage import indexes, schemas, tables
from janua.storage.extracts import Held
from janua.storage.pool import Connection, Pool

WORKERS_SECONDS = 10.0


async def begun(c: Connection, held: Held, *, online: bool) -> bool:
    """Make an extract in a registration, and unless `online` fill it; return whether it holds all records.

    One that an earlier schema version left is taken over while its triggers keep it; else it is left to `keep`, as
    workers with an older catalog may read it still.
    """
    if not await storage.load_whole(c, [held.name]):
        if await storage.exists(c, held.name):
            return False
        await storage.make(c, held)
    if not online:
        await storage.fill_all(c, held)
    return not online


async def keep(pool: Pool, c: Connection, held: Held, *, used: bool) -> None:
    """Bring an extract to where it holds all records: made anew if a part of it is gone, filled, and then used.

    `used`: it is said to hold them all. The caller is the only builder of this collection's indexes.
    Raises: `StatementConflict` when something is in the way, `DatabaseUnavailable`.
    """
    whole = bool(await storage.load_whole(c, [held.name]))
    if whole and used:
        return
    if not whole:
        await _make_anew(pool, c, held)
    fail_at("extract.made")
    await storage.fill(c, held, lambda: fail_at("extract.filled"))
    fail_at("index.built")
    await _tell(c, held.name, "valid")


async def remove(pool: Pool, c: Connection, name: str) -> None:
    """Remove an extract that no schema declares any more. Raises: as `keep`."""
    await _await_all(pool, c)
    await storage.drop(c, name)


async def _make_anew(pool: Pool, c: Connection, held: Held) -> None:
    await _tell(c, held.name, "building")
    await _await_all(pool, c)
    async with c.transaction():
        await tables.lock(c, [held.collection.name])
        await storage.make_anew(c, held)


async def _tell(c: Connection, name: str, state: indexes.State) -> None:
    """Record how far an extract is, in a catalog revision of its own."""
    async with c.transaction():
        await indexes.set_state(c, name, state)
        await schemas.advance_revision(c)


async def _await_all(pool: Pool, c: Connection) -> None:
    """Wait until no worker reads by an older catalog than the present one."""
    revision, _ = await schemas.fetch_revision(c)
    workers = await await_workers(pool, revision, WORKERS_SECONDS)
    if workers.serving < workers.live:
        raise StatementConflict
