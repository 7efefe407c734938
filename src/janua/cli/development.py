"""`dev`: run a server for development.

Start at `dev`: embedded PostgreSQL, migrations, schemas, server, in that order, and down again in the other.
"""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from janua import __version__
from janua.app import server_config
from janua.cli.launcher import stop_with_launcher
from janua.cli.opening import located
from janua.cli.places import Place
from janua.cli.server import listening, print_addresses
from janua.cli.settings import settings_of
from janua.cli.terminal import print_line
from janua.cli.watching import watching
from janua.gateway.gateway import open_gateway
from janua.storage import migrations
from janua.storage.pool import dsn_of
from janua.telemetry.environment import check_environment


async def dev(place: Place, *, schemas: Path | None, host: str | None, port: int | None) -> int:
    """Serve until interrupted; return the exit code.

    Raises: `InvalidConfiguration`, `DirectoryInUse`, `EmbeddedFailed`, `DatabaseUnavailable`.
    """
    stop_with_launcher()
    settings = settings_of(place, dev__schemas=schemas, server__host=host, server__port=port)
    check_environment()
    listener = listening(settings)
    async with located(settings, share=False) as found:
        await migrations.migrate(dsn_of(found.database))
        async with open_gateway(found, name="dev", serves=True) as gateway:
            where = "the server of --dsn" if settings.database.dsn else str(settings.dev.data)
            print_line(f"Janua {__version__}, PostgreSQL in {where}")
            async with watching(gateway, settings.dev.schemas):
                server = DevServer(server_config(found, dev=True, gateway=gateway))
                server.config.configure_logging()
                print_addresses(settings, listener, dev=True)
                print_line("Press Ctrl-C to stop.")
                await server.serve(sockets=[listener])
    return 128 + server.stopped_by if server.stopped_by else 0


class DevServer(uvicorn.Server):
    """A server that leaves the process alone when it is told to stop: there is a database to stop after it."""

    stopped_by: int = 0

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """Stop at a signal, at once at the second one; never raise it again."""
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, self.stop, each)
        try:
            yield
        finally:
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(each)

    def stop(self, number: int) -> None:
        """Finish the requests under way, then leave."""
        self.stopped_by = number
        self.handle_exit(number, None)
