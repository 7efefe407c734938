"""Find the database that a command is about, and open the gateway on it.

In: a `Place`. Out: settings with a DSN, or a gateway. The embedded PostgreSQL of the data directory is shared with a
running `janua dev`; when there is none it runs for as long as the command does. Start at `opened`.
"""

import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from janua.cli.places import Place
from janua.config import Environment, Settings, load_settings
from janua.errors import InvalidConfiguration
from janua.gateway.builtin import ensure_records
from janua.gateway.gateway import Gateway, open_gateway
from janua.storage import embedded, migrations


def settings_of(place: Place, environment: Environment = "development", **overrides: object) -> Settings:
    """Return the settings; options given on the command line win over variables, and those over the file.

    A `--data` on the command line wins over a DSN in the environment: it is about this one command.
    Raises: `InvalidConfiguration`.
    """
    if place.dsn is not None and place.data is not None:
        raise InvalidConfiguration("--data", "cannot be combined with --dsn: one names a directory, one a server")
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    settings = load_settings(environment, overrides={"database.dsn": place.dsn, "dev.data": place.data, **named})
    if place.data is None:
        return settings
    return settings.model_copy(update={"database": settings.database.model_copy(update={"dsn": None})})


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


def dsn_of(settings: Settings) -> str:
    """Return the DSN of settings that have one.

    Raises: `InvalidConfiguration` when they have none.
    """
    if settings.database.dsn is None:
        raise InvalidConfiguration("database.dsn", "is needed here: set JANUA_DATABASE__DSN, or use `janua dev`")
    return settings.database.dsn.get_secret_value()
