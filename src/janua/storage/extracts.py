"""The tables beside collections that covering indexes are on: made, filled while others write, looked after, dropped.

`janua.indexes` says how far each is; `janua.sql.extracts` says what it is made of.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from janua.errors import StatementConflict
from janua.model.collection import Collection, Index
from janua.sql import extracts as sql
from janua.sql import maintenance
from janua.storage import tables
from janua.storage.indexes import unhurried
from janua.storage.pool import UNHURRIED, Connection

BATCH = 2000
"""Records that are put into an extract at a time; writers of one of them wait for it, some 50 ms."""
PASSES = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
"""How often, and after how many seconds, records that somebody was writing are looked at again: two minutes in all."""
NIL = "00000000-0000-0000-0000-000000000000"

_WHOLE = """
    SELECT w.name FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS w(name, owner, held, function)
    WHERE 2 = (
        SELECT count(*) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
        WHERE t.relnamespace = 'collections'::regnamespace AND t.relname = w.held AND i.indisvalid
        AND (x.relname = w.name OR i.indisprimary) AND i.indnkeyatts = i.indnatts
    ) AND 4 = (
        SELECT count(*) FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_proc p ON p.oid = g.tgfoid
        WHERE t.relnamespace = 'collections'::regnamespace AND t.relname = w.owner AND p.proname = w.function
        AND g.tgenabled IN ('O', 'A')
    )
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A covering index of a collection, by its name, and so its extract."""

    name: str
    collection: Collection
    index: Index


async def load_whole(connection: Connection, names: Iterable[str]) -> set[str]:
    """Return those of these covering indexes whose extract, index and triggers are all there and enabled."""
    parts = [sql.Parts(each) for each in names]
    if not parts:
        return set()
    columns = ([getattr(each, part) for each in parts] for part in ("index", "collection", "table", "function"))
    return {row["name"] for row in await connection.fetch(_WHOLE, *columns)}


async def exists(connection: Connection, name: str) -> bool:
    """Return whether there is a table for the extract of a covering index, whole or not."""
    query = "SELECT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'collections'::regnamespace AND relname = $1)"
    return await connection.fetchval(query, sql.Parts(name).table)


async def make(connection: Connection, held: Held) -> None:
    """Make an extract, empty, that is not there; needs the lock of its collection."""
    await tables.apply(connection, [*sql.drop(held.name), *sql.make(held.collection, held.index)])


async def make_anew(connection: Connection, held: Held) -> None:
    """Make an extract in place of what is left of one; needs its collection's lock. Raises: `StatementConflict`."""
    await _lock_out(connection, held.collection.name)
    await make(connection, held)


async def fill_all(connection: Connection, held: Held) -> None:
    """Put all records into an extract that is whole; needs the lock of its collection."""
    await tables.apply(connection, [sql.fill_all(held.collection, held.index)])


async def fill(connection: Connection, held: Held, after_each: Callable[[], None]) -> None:
    """Put all records into an extract that is whole, while others write, and let its index answer alone.

    Raises: `StatementConflict` when some records are being written all the time.
    """
    async with unhurried(connection):
        last: str | None = NIL
        while last is not None:
            statement = sql.fill(held.collection, held.index)
            last = await connection.fetchval(statement, last, BATCH, timeout=UNHURRIED)
            after_each()
        await _patch(connection, held)
        await connection.execute(sql.vacuum(held.name), timeout=UNHURRIED)


async def _patch(connection: Connection, held: Held) -> None:
    pause = FIRST_PAUSE
    for _ in range(PASSES):
        if await connection.fetchval(sql.is_complete(held.collection, held.index), timeout=UNHURRIED):
            return
        statement = sql.patch(held.collection, held.index)
        if await connection.fetchval(statement, BATCH, timeout=UNHURRIED) is None:
            await asyncio.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE)
    raise StatementConflict


async def drop(connection: Connection, name: str) -> None:
    """Remove an extract with its triggers, if the collection can be locked at once. Raises: `StatementConflict`."""
    async with connection.transaction():
        await _lock_out(connection, sql.Parts(name).collection)
        await tables.apply(connection, sql.drop(name))


async def _lock_out(connection: Connection, collection: str) -> None:
    # To remove a trigger keeps readers out, too, so nobody is kept waiting for those that read just now.
    await tables.lock_at_once(connection, maintenance.lock_out(collection))


async def count_differences(connection: Connection, held: Held) -> int:
    """Return how many records an extract has not as their documents say, or has that are none."""
    return await connection.fetchval(sql.differences(held.collection, held.index), timeout=UNHURRIED)
