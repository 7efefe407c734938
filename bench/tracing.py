"""What watching costs: the same server unwatched, watched, tracing nothing of what it could, tracing everything.

`python -m bench.tracing [--seconds 0.5] [--rounds 20]` prints, for each, requests per second and microseconds of CPU a
request, measured in turns. The collector is a process that takes traces and throws them away.
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
from collections.abc import Generator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from bench import cases, library
from bench.load import http, load
from bench.servers import free_port, running
from janua import app as composition
from janua.api.observation import Observation
from janua.config import load_settings
from janua.gateway.gateway import open_gateway
from janua.storage import embedded, migrations, pool

CONNECTIONS = 16
CASES = ("get_by_id", "list_filter_20", "create")
TICKS = os.sysconf("SC_CLK_TCK")
COLLECTOR = "import http.server as h\nclass H(h.BaseHTTPRequestHandler):\n def do_POST(s):\n  s.rfile.read(int(s.headers['Content-Length'])); s.send_response(200); s.end_headers()\n def log_message(s,*a): pass\nimport sys; h.HTTPServer(('127.0.0.1',int(sys.argv[1])),H).serve_forever()"  # noqa: E501 -- a program for python -c


async def main(seconds: float, rounds: int) -> None:
    """Start the servers and measure them in turns."""
    with tempfile.TemporaryDirectory() as directory, collector() as port:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            async with open_gateway(load_settings().with_dsn(database.dsn), name="bench") as gateway:
                await library.fill(gateway)
            otlp = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_METRICS_EXPORTER": "none"}
            variants = {
                "unwatched": {"BENCH_UNWATCHED": "1"},
                "watched": {},
                "unsampled": {**otlp, "OTEL_TRACES_SAMPLER": "always_off"},
                "sampled 1.0": {**otlp, "OTEL_TRACES_SAMPLER": "always_on"},
            }
            with contextlib.ExitStack() as stack:
                servers = {
                    name: stack.enter_context(server(environment | {"JANUA_DATABASE__DSN": database.dsn}))
                    for name, environment in variants.items()
                }
                for case in CASES:
                    asked = cases.asked(case, "rest")
                    request = http(asked.method, asked.path, asked.body)
                    await measure(case, servers, request, str(asked.status).encode(), seconds, rounds)


async def measure(
    case: str, servers: dict[str, tuple[int, int]], request: bytes, status: bytes, seconds: float, rounds: int
) -> None:
    """Print one case: sums over many short turns, so that what else the machine does meets all alike."""
    spent = dict.fromkeys(servers, 0.0)
    answered = dict.fromkeys(servers, 0.0)
    for _ in range(rounds):
        # In another order each time: whoever follows a quick one finds warmer caches.
        for name, (port, process) in random.sample(list(servers.items()), len(servers)):
            before = cpu(process)
            once = await load(port, request, connections=CONNECTIONS, seconds=seconds, status=status)
            answered[name] += once.rate * seconds
            spent[name] += cpu(process) - before
    print(f"{case:<18}{'requests/s':>12}{'':>8}{'CPU µs each':>13}")  # noqa: T201 -- a table
    first = next(iter(servers))
    for name in servers:
        rate, cost = answered[name] / rounds / seconds, spent[name] / answered[name] * 1e6
        more = f"{rate / answered[first] * rounds * seconds - 1:>+8.1%}{cost:>13.0f}"
        print(f"  {name:<16}{rate:>12.0f}{more}{cost / spent[first] * answered[first] / 1e6 - 1:>+8.1%}")  # noqa: T201 -- a table


def cpu(process: int) -> float:
    """Return the seconds of CPU that a process has used, all its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextlib.contextmanager
def server(environment: dict[str, str]) -> Generator[tuple[int, int]]:
    """Run one variant; give its port and process id."""
    with running([sys.executable, "-m", "bench.tracing", "serve"], environment) as (port, process):
        yield port, process


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
    """Serve as `janua serve` does; with BENCH_UNWATCHED as if there were no telemetry."""
    settings = load_settings("production", overrides={"server.port": port})
    config = composition.server_config(settings)
    if os.environ.get("BENCH_UNWATCHED"):
        config.app = lambda: unwatched(composition.create_app(settings))
    uvicorn.Server(config).run()


def unwatched(app: Starlette) -> Starlette:
    """Take out all that watches."""
    app.user_middleware = [each for each in app.user_middleware if each.cls is not Observation]
    measured = pool._Connection  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # what measures is inside
    for name in ("execute", "fetch", "fetchrow", "fetchval", "copy_from_query", "copy_to_table"):
        delattr(measured, name)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", nargs="?", choices=["serve"])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0.5, help="of each turn")
    parser.add_argument("--rounds", type=int, default=20, help="turns of each")
    options = parser.parse_args()
    if options.command == "serve":
        serve(options.port)
    else:
        asyncio.run(main(options.seconds, options.rounds))
