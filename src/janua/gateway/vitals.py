"""What metrics say of the state of things: connections, catalog, caches.

Read every `SECONDS`, for a worker whose figures another one is asked for. Start at `taking_vitals`.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from janua.gateway import pages, points
from janua.gateway.gateway import Gateway
from janua.sql import aggregate
from janua.telemetry import metrics

SECONDS = 1.0

metrics.watch_cache("pages", lambda: pages.LOOKUPS)
metrics.watch_cache("records", lambda: points.LOOKUPS)
metrics.watch_cache("aggregates", aggregate.aggregate_statement.cache_info)


def take(gateway: Gateway) -> None:
    """Put the state of things into the metrics."""
    pool, catalog = gateway.pool, gateway.live.catalog
    idle = pool.get_idle_size() + len(pool.at_hand)
    metrics.CONNECTIONS.labels("idle").set(idle)
    metrics.CONNECTIONS.labels("used").set(pool.get_size() - idle)
    metrics.MOST_CONNECTIONS.set(pool.get_max_size())
    metrics.REVISION.set(catalog.revision)
    metrics.COLLECTIONS.set(len(catalog.collections))
    metrics.QUARANTINED.set(len(catalog.quarantined))
    metrics.observe()


@contextlib.asynccontextmanager
async def taking_vitals(gateway: Gateway) -> AsyncGenerator[None]:
    """Keep the metrics up to date while the block runs."""
    task = asyncio.create_task(_keep_taking(gateway))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _keep_taking(gateway: Gateway) -> None:
    while True:
        take(gateway)
        await asyncio.sleep(SECONDS)
