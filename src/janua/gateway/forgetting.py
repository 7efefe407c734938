"""Delete what is kept for a time only: the answers to requests with an `Idempotency-Key`."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from janua.errors import JanuaError
from janua.storage.idempotency import forget_expired
from janua.storage.pool import Pool, connection

PERIOD_SECONDS = 600.0

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def forgetting(pool: Pool, keep_hours: float) -> AsyncGenerator[None]:
    """Delete answers older than `keep_hours` while the block runs: at once, and every `PERIOD_SECONDS`."""
    task = asyncio.create_task(_forget(pool, keep_hours))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _forget(pool: Pool, keep_hours: float) -> None:
    while True:
        try:
            async with connection(pool) as c:
                await forget_expired(c, keep_hours)
        except JanuaError as error:
            log.warning("expired answers cannot be deleted now: %s", error)
        except Exception:
            log.exception("expired answers cannot be deleted now")
        await asyncio.sleep(PERIOD_SECONDS)
