"""`serve`: run the server in production.

It starts wherever a process is replaced, so that nothing is imported here that only other commands need. Start at
`serve`; `development` is the server for developers.
"""

import asyncio
import socket

from janua import __version__
from janua.app import run
from janua.cli.places import Place
from janua.cli.settings import settings_of
from janua.cli.terminal import print_line
from janua.config import Settings, is_open, masked, relaxed
from janua.errors import InvalidConfiguration
from janua.gateway.gateway import require_servable
from janua.storage.pool import dsn_of
from janua.telemetry.environment import check_environment

BACKLOG = 2048  # connections that wait to be accepted


def serve(*, host: str | None, port: int | None, workers: int | None) -> int:
    """Serve in production until terminated; return the exit code.

    Raises: `InvalidConfiguration` without a DSN, `DatabaseBehind`, `DatabaseAhead`, `DatabaseUnavailable`.
    """
    settings = settings_of(Place(), "production", server__host=host, server__port=port, server__workers=workers)
    check_environment()
    asyncio.run(require_servable(settings))
    with listening(settings) as listener:
        print_line(f"Janua {__version__}, PostgreSQL at {masked(dsn_of(settings.database))}")
        print_addresses(settings, listener, dev=False)
        run(settings, listener)
    return 0


def listening(settings: Settings) -> socket.socket:
    """Return a socket bound to the address of the settings.

    Raises: `InvalidConfiguration` when it is taken or not ours.
    """
    host, port = settings.server.host.strip("[]"), settings.server.port
    # Of sockets that do not say TCP, asyncio does not switch off Nagle's algorithm: 40 ms for every answer.
    listener = socket.socket(family_of(host), socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = f"{host}:{port} cannot be listened on ({error.strerror}); pass another --port"
        raise InvalidConfiguration("server.port", reason) from error
    listener.set_inheritable(True)
    return listener


def family_of(host: str) -> socket.AddressFamily:
    """Return the family of an address."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def print_addresses(settings: Settings, listener: socket.socket, *, dev: bool) -> None:
    """Print where to go, and what is left open there."""
    host = settings.server.host.strip("[]")
    port = listener.getsockname()[1]
    named = "localhost" if host in ("127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
    url = f"http://{named}:{port}"
    print_line(f"  graphql    {url}/graphql")
    print_line(f"  records    {url}/api/{{collection}}")
    print_line(f"  registry   {url}/registry")
    print_line(f"  docs       {url}/{'docs' if is_open(settings.server.pages, dev=dev) else 'openapi.json'}")
    if dev:
        print_line(f"  traces     {url}/traces")
    for each in relaxed(settings, dev=dev):
        print_line(f"  open       {each}")
