"""What watching costs: one server, unwatched, watched, tracing nothing of what it could, tracing everything, in turns.

`python -m bench.tracing [--seconds 0.3] [--rounds 30]` prints, for each, requests per second and microseconds of CPU a
request, and by how much they differ from the unwatched: medians of the ratios within rounds. It is one process
throughout, since two of the same program differ by more than what is measured here. The collector is another process,
which takes traces and throws them away.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from bench import cases, library
from bench.cases import Face
from bench.load import http, load
from bench.servers import free_port, running
from janua import app as composition
from janua.api.observation import Observation
from janua.config import load_settings
from janua.gateway.gateway import open_gateway
from janua.storage import embedded, migrations, pool
from janua.telemetry.otlp import TraceSender
from janua.telemetry.tracing import Tracing

CONNECTIONS = 16
CASES = ("get_by_id", "list_filter_20", "create")
FACES: Final[tuple[Face, ...]] = ("graphql", "rest")
MODES = ("unwatched", "watched", "unsampled", "sampled 1.0")
SAMPLERS = {"unsampled": "parentbased_always_off", "sampled 1.0": "parentbased_always_on"}
COLLECTOR = "import http.server as h\nclass H(h.BaseHTTPRequestHandler):\n protocol_version = 'HTTP/1.1'\n def do_POST(s):\n  s.rfile.read(int(s.headers['Content-Length'])); s.send_response(200); s.send_header('Content-Length', '0'); s.end_headers()\n def log_message(s,*a): pass\nimport sys; h.ThreadingHTTPServer(('127.0.0.1',int(sys.argv[1])),H).serve_forever()"  # noqa: E501 -- a program for python -c


async def main(seconds: float, rounds: int) -> None:
    """Start the server and measure it in turns."""
    with tempfile.TemporaryDirectory() as directory, collector() as port:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            async with open_gateway(load_settings().with_dsn(database.dsn), name="bench") as gateway:
                await library.fill(gateway)
            environment = {
                "JANUA_DATABASE__DSN": database.dsn,
                "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
                "OTEL_METRICS_EXPORTER": "none",
            }
            with running([sys.executable, "-m", "bench.tracing", "serve"], environment) as (server, process):
                for case in CASES:
                    for face in FACES:
                        await measure(case, face, server, process, seconds, rounds)


async def measure(case: str, face: Face, port: int, process: int, seconds: float, rounds: int) -> None:
    """Print one case: many short turns, so that what else the machine does meets all alike."""
    asked = cases.asked(case, face)
    request, status = http(asked.method, asked.path, asked.body), str(asked.status).encode()
    rates: dict[str, list[float]] = {mode: [] for mode in MODES}
    costs: dict[str, list[float]] = {mode: [] for mode in MODES}
    for turn in range(rounds + 1):
        # In another order each time: whoever follows a quick one finds warmer caches.
        for mode in random.sample(MODES, len(MODES)):
            change(port, mode)
            before = cpu(process)
            once = await load(port, request, connections=CONNECTIONS, seconds=seconds, status=status)
            change(port, mode)  # and have sent what waits, which belongs to this turn
            if turn:  # the first is for warming up
                rates[mode].append(once.rate)
                costs[mode].append((cpu(process) - before) / once.rate / seconds * 1e6)
    print(f"{case + ', ' + face:<26}{'requests/s':>12}{'':>8}{'CPU µs each':>13}")  # noqa: T201 -- a table
    for mode in MODES:
        rate = f"{median(rates[mode]):>12.0f}{beside(rates, mode):>+8.1%}"
        print(f"  {mode:<24}{rate}{median(costs[mode]):>13.0f}{beside(costs, mode):>+8.1%}", flush=True)  # noqa: T201 -- a table


def change(port: int, mode: str) -> None:
    """Have the server send the traces that wait, and change its mode."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"/mode/{MODES.index(mode)}")
    connection.getresponse().read()
    connection.close()


def beside(figures: dict[str, list[float]], mode: str) -> float:
    """Return by which share a mode differs from the first one: the median of what each round says."""
    return median(this / that for this, that in zip(figures[mode], figures[MODES[0]], strict=True)) - 1


def cpu(process: int) -> float:
    """Return the seconds of CPU that a process has used, all its threads together, to the nanosecond."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9


@contextlib.contextmanager
def collector() -> Generator[int]:
    """Run a collector that keeps nothing."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", COLLECTOR, str(port)])
    try:
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def serve(port: int) -> None:
    """Serve as `janua serve` does, in the mode that was asked for last."""
    settings = load_settings("production", overrides={"server.port": port})
    config = composition.server_config(settings)
    config.app = lambda: Modes(composition.create_app(settings))
    uvicorn.Server(config).run()


class Modes:
    """The application in each of the modes; `GET /mode/1` changes to the second one."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._watched = app.build_middleware_stack()
        app.user_middleware = [each for each in app.user_middleware if each.cls is not Observation]
        self._unwatched = app.build_middleware_stack()
        self._current: ASGIApp = self._watched
        self._methods: dict[str, Callable[..., object]] = {}
        self._tracing: Tracing = app.state.tracing
        self._senders: dict[str, TraceSender] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope.get("path", "").startswith("/mode/"):
            await asyncio.to_thread(self._flush)
            self._change(MODES[int(scope["path"].rpartition("/")[2])])
            await send({"type": "http.response.start", "status": 204, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        scope["app"] = self._app
        await self._current(scope, receive, send)

    def _change(self, mode: str) -> None:
        if mode in SAMPLERS and mode not in self._senders:
            os.environ["OTEL_TRACES_SAMPLER"] = SAMPLERS[mode]
            self._senders[mode] = TraceSender()
        self._tracing.open(self._senders.get(mode), None)
        self._current = self._unwatched if mode == "unwatched" else self._watched
        measured = pool._Connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # what measures is inside
        if mode == "unwatched" and not self._methods:
            self._methods = {name: each for name, each in vars(measured).items() if name in WATCHED}
            for name in self._methods:
                delattr(measured, name)
        elif mode != "unwatched":
            for name in list(self._methods):
                setattr(measured, name, self._methods.pop(name))

    def _flush(self) -> None:
        for each in self._senders.values():
            each._send(1)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # nobody else wants to wait for it


WATCHED = ("execute", "fetch", "fetchrow", "fetchval", "copy_from_query", "copy_to_table")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.3, help="of each turn")
    parser.add_argument("--rounds", type=int, default=30, help="turns of each")
    options = parser.parse_args()
    if options.command == "serve":
        serve(options.port)
    else:
        asyncio.run(main(options.seconds, options.rounds))
