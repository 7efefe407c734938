"""What all verbs share: the pool, the settings, the live catalog, the key of the cursors. Opened and closed here."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from janua.config import Settings
from janua.errors import DatabaseAhead, JanuaError, StaleCatalog
from janua.gateway.forgetting import forgetting
from janua.gateway.indexing import Indexer, indexing
from janua.gateway.lingering import LINGERING
from janua.gateway.live import FORMAT, Live
from janua.gateway.pages import Pages
from janua.gateway.points import Points
from janua.gateway.workers import following
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.query.cursor import CursorKey
from janua.query.limits import QueryLimits
from janua.registry.document import Limits
from janua.storage import schemas as storage
from janua.storage.batches import Batches
from janua.storage.evolutions import has_switched
from janua.storage.migrations import require_current
from janua.storage.pool import Connection, Pool, connected, connection, dsn_of, open_pool

T = TypeVar("T")
P = ParamSpec("P")

LARGE = 64 * 1024
"""Bytes from which reading or changing a document is left to a thread, as others would wait for milliseconds."""
ATTEMPTS = 5
"""How often a write follows a schema that changes under it before it gives up."""


@dataclass(frozen=True)
class Gateway:
    """Everything a verb needs; made by `open_gateway`."""

    pool: Pool
    batches: Batches
    settings: Settings
    live: Live
    indexer: Indexer
    cursor_key: CursorKey
    document_limits: Limits
    query_limits: QueryLimits
    points: Points
    pages: Pages
    lingering: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LINGERING))
    work: asyncio.Event = field(default_factory=asyncio.Event)
    """Set it to have evolutions looked for now."""


@contextlib.asynccontextmanager
async def open_gateway(
    settings: Settings, *, name: str = "server", serves: bool = False, builds: bool = True
) -> AsyncGenerator[Gateway]:
    """Connect, load the catalog, and keep it and the indexes up to date while the block runs.

    `serves`: other processes wait for this one before they say that all serve a new schema. `builds`: it keeps the
    indexes up.
    Raises: `DatabaseUnavailable`, `DatabaseBehind`, `DatabaseAhead`, `InvalidConfiguration`.
    """
    async with await open_pool(settings.database, name=name) as pool:
        async with connection(pool) as c:
            await require_current(c)
        live = Live(pool)
        await live.refresh()
        follows = following(live, settings.database, name=name, serves=serves)
        kept = settings.idempotency.keep_hours
        async with follows, indexing(live, pool, builds=builds) as indexer, forgetting(pool, kept):
            batches = Batches(pool, reads=settings.database.batch_reads, writes=settings.database.batch_creates)
            document_limits, query_limits = _limits(settings)
            key = await _cursor_key(pool, settings)
            yield Gateway(
                pool,
                batches,
                settings,
                live,
                indexer,
                key,
                document_limits,
                query_limits,
                Points(query_limits),
                Pages(query_limits, key),
            )


async def require_servable(settings: Settings) -> None:
    """Refuse a database that this Janua cannot serve, before a worker is started.

    Raises: `DatabaseUnavailable`, `DatabaseBehind`, `DatabaseAhead`, `InvalidConfiguration`.
    """
    async with connected(dsn_of(settings.database)) as c:
        await require_current(c)
        _, format = await storage.fetch_revision(c)
    if format > FORMAT:
        raise DatabaseAhead(format, FORMAT)


async def is_ready(gateway: Gateway) -> Mapping[str, bool]:
    """Return whether the database answers, and whether a catalog is loaded that may be served."""
    catalog = gateway.live.catalog.revision >= 0 and gateway.live.refusal is None
    try:
        async with connection(gateway.pool) as c:
            await storage.fetch_revision(c)
    except JanuaError:
        return {"database": False, "catalog": catalog}
    return {"database": True, "catalog": catalog}


async def apart_if_large(size: int, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `work` does with a document of `size` bytes, in a thread when that may take a while."""
    return work(*args, **kwargs) if size < LARGE else await asyncio.to_thread(work, *args, **kwargs)


async def with_current_schema(gateway: Gateway, name: str, write: Callable[[Collection], Awaitable[T]]) -> T:
    """Run a write with the collection's schema, again with the new one when it turns out to have changed.

    Raises: `StaleCatalog` when it changes too often, and whatever `write` raises.
    """
    return await with_current_catalog(gateway, lambda catalog: write(catalog.collection(name)))


async def with_current_catalog(gateway: Gateway, work: Callable[[Catalog], Awaitable[T]]) -> T:
    """Run work with the catalog, again, from the start, with the new one when a schema turns out to have changed.

    Nothing else makes it run again. Raises: `StaleCatalog` when schemas change too often, and whatever `work` raises.
    """
    for _ in range(ATTEMPTS - 1):
        try:
            return await work(gateway.live.catalog)
        except StaleCatalog:
            await gateway.live.refresh()
    return await work(gateway.live.catalog)


def is_moving(gateway: Gateway, catalog: Catalog) -> bool:
    """Return whether what was read under this catalog has to be held against the one that there is by now."""
    return gateway.live.catalog is not catalog or gateway.live.catalog.moving


async def require_unmoved(gateway: Gateway, catalog: Catalog, c: Connection | None = None) -> None:
    """Look whether what was read, on this connection if it is still held, was read under this catalog.

    When an evolution makes a new schema version current, the records change with it, which a read that was planned
    before would not notice. All workers know of a switch before it happens, so there is nothing to ask otherwise; so do
    they before an extract is made anew, which then has not all records for a while.
    Raises: `StaleCatalog`.
    """
    if not is_moving(gateway, catalog):
        return
    live = gateway.live.catalog
    if not catalog.reads_like(live):
        raise StaleCatalog("")
    async with contextlib.nullcontext(c) if c is not None else connection(gateway.pool) as asked:
        if await has_switched(asked, catalog.revision):
            raise StaleCatalog("")


async def on_connection(gateway: Gateway, write: Callable[[Connection], Awaitable[T]]) -> T:
    """Run a write that is one statement. Raises: `DatabaseUnavailable`, and whatever `write` raises."""
    async with connection(gateway.pool) as c:
        return await write(c)


async def in_one_transaction(gateway: Gateway, write: Callable[[Connection], Awaitable[T]]) -> T:
    """Run writes in one transaction; whatever `write` raises undoes all that it has done.

    Raises: `DatabaseUnavailable`, and whatever `write` raises.
    """
    async with connection(gateway.pool) as c, c.transaction():
        return await write(c)


async def _cursor_key(pool: Pool, settings: Settings) -> CursorKey:
    if settings.cursor.secret is not None:
        return CursorKey(settings.cursor.secret.get_secret_value().encode())
    async with connection(pool) as c:
        return CursorKey(await storage.load_secret(c, "cursor", os.urandom(32)))


def _limits(settings: Settings) -> tuple[Limits, QueryLimits]:
    limits = settings.limits
    document = Limits(
        depth=limits.document_depth,
        nodes=limits.document_nodes,
        digits=limits.number_digits,
        bytes=limits.body_bytes,
    )
    query = QueryLimits(
        page_default=limits.page_default,
        page_limit=limits.page_limit,
        include_limit=limits.include_limit,
        answer_records=limits.answer_records,
        relation_depth=limits.relation_depth,
        filter_nodes=limits.filter_nodes,
        in_operands=limits.in_operands,
        number_digits=limits.number_digits,
    )
    return document, query
