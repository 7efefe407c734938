"""Work on evolutions in the background: on every one that is running and that no other process works on.

`evolving` does so while its block runs. An evolution whose process was killed goes on with the next one that looks.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator

from janua.errors import DatabaseUnavailable, JanuaError, StatementConflict
from janua.gateway.gateway import Gateway
from janua.storage import evolutions as storage
from janua.storage.pool import connection
from janua.telemetry.trouble import Trouble

LOOK_SECONDS = 2.0

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def evolving(gateway: Gateway) -> AsyncGenerator[None]:
    """Work on evolutions while the block runs."""
    task = asyncio.create_task(_work(gateway))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def work_once(gateway: Gateway) -> None:
    """Work on every evolution that is running, and forget what is left of those that are over.

    Raises: `DatabaseUnavailable`.
    """
    async with connection(gateway.pool) as c:
        running = await storage.load_running(c)
    for id, collection in running:
        await _try(gateway, id, collection)
    async with connection(gateway.pool) as c:
        await storage.clear(c)


async def _work(gateway: Gateway) -> None:
    trouble = Trouble(log, "evolutions cannot go on now", "evolutions can go on again")
    while True:
        try:
            await work_once(gateway)
            trouble.ends()
        except JanuaError as error:
            trouble.lasts(error.told_to_operators())
        except Exception:
            log.exception("evolutions cannot go on now")
        # Not wait_for, which in Python 3.11 loses a cancellation that comes together with the waking.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await gateway.work.wait()
        gateway.work.clear()


async def _try(gateway: Gateway, id: int, collection: str) -> None:
    """Work on one evolution; what goes wrong with it is no matter to the others."""
    from janua.gateway.evolving import carry_out  # noqa: PLC0415 -- a server starts sooner without

    try:
        async with connection(gateway.pool) as c, storage.only_worker(c, collection) as is_mine:
            if is_mine:
                await carry_out(gateway, c, id)
    except (StatementConflict, DatabaseUnavailable) as error:
        log.info("the evolution of %s was interrupted and goes on soon: %s", collection, error)
    except JanuaError as error:
        log.warning("the evolution of %s cannot go on now: %s", collection, error)
    except Exception:
        log.exception("the evolution of %s cannot go on now", collection)
