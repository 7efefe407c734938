"""Find the database that a command is about, and open the gateway on it.

In: a `Place`. Out: settings with a DSN, or a gateway. The embedded PostgreSQL of the data directory is shared with a
running `janua dev`; when there is none it runs for as long as the command does. Start at `opened`.
"""

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from janua.cli.places import Place
from janua.cli.settings import settings_of
from janua.config import Settings
from janua.gateway.builtin import ensure_records
from janua.gateway.gateway import Gateway, open_gateway
from janua.storage import embedded, migrations


@asynccontextmanager
async def located(settings: Settings, *, share: bool = True) -> AsyncGenerator[Settings]:
    """Return settings that name a server: the one they name already, or the embedded one, migrated.

    Raises: `DirectoryInUse` unless `share`, `EmbeddedFailed`, `DatabaseUnavailable`.
    """
    if settings.database.dsn is not None:
        yield settings
        return
    async with embedded.running(settings.dev.data, share=share) as server:
        await migrations.migrate(server.dsn)
        yield settings.with_dsn(server.dsn)


@asynccontextmanager
async def opened(place: Place, *, builds: bool = True) -> AsyncGenerator[Gateway]:
    """Return a gateway on the command's database; unless `builds`, it leaves the indexes alone.

    Raises: as `located`, and `DatabaseBehind`.
    """
    async with contextlib.AsyncExitStack() as stack:
        asked = settings_of(place)
        settings = await stack.enter_async_context(located(asked))
        gateway = await stack.enter_async_context(open_gateway(settings, name="cli", builds=builds))
        if asked.database.dsn is None:
            await ensure_records(gateway)  # other databases got it from `janua migrate`
        yield gateway
