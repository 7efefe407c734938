"""How long `janua serve` takes to its first answers, and how much memory its workers hold.

In: a database. Out: tables. Start at `measure_start`. Times are from starting the process, until it answers by
REST and by GraphQL, beside the CPU that the process has used by then, which a busy machine does
not stretch. Memory is that of one worker of two, in MiB: RSS, and PSS, which counts what workers share by halves.
"""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from bench import library
from bench.registering import schema
from bench.report import say, table
from bench.requests import Options
from bench.servers import running
from janua.config import load_settings
from janua.gateway import schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.registry.document import Limits, read_schema

FEW, MANY, FIELDS = 4, 1_000, 20
AT_ONCE = 50
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_SECONDS = 60
SETTLED_SECONDS = 3


@dataclass(frozen=True)
class Start:
    """Seconds to the first answer by REST and by GraphQL, and of CPU until then."""

    rest: float
    graphql: float
    cpu: float


async def measure_start(dsn: str, options: Options) -> None:
    """Print times and memory, with the example collections and with a thousand."""
    rounds = min(options.rounds, 5)
    times: list[Sequence[str]] = []
    memory: list[Sequence[str]] = []
    async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
        await library.register(gateway)
    for count in (FEW, MANY):
        if count == MANY:
            async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
                await register(gateway, MANY - FEW)
        await asyncio.to_thread(start, dsn)  # Python compiles the code, and the server keeps what schemas mean
        starts = [await asyncio.to_thread(start, dsn) for _ in range(rounds)]
        rest, graphql, cpu = (
            statistics.median(getattr(each, name) for each in starts) for name in ("rest", "graphql", "cpu")
        )
        times.append([f"{count} collections", f"{rest:.2f}", f"{graphql:.2f}", f"{cpu:.2f}"])
        memory.append([f"{count} collections", *(f"{each:.0f}" for each in await asyncio.to_thread(workers, dsn))])
    say("\nseconds from the start of `janua serve`\n")
    say(table(["", "first REST answer", "first GraphQL answer", "CPU"], times))
    say("\nMiB of a worker of two\n")
    say(table(["", "RSS", "PSS"], memory))


async def register(gateway: Gateway, count: int) -> None:
    """Register collections, many at once."""
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        texts = {f"thing_{number}": json.dumps(schema(number, FIELDS)).encode() for number in numbers}
        await schemas.register_many(
            gateway, {name: read_schema(text, "json", Limits()) for name, text in texts.items()}
        )


def start(dsn: str) -> Start:
    """Start a server, ask it at once and again until it answers."""
    command = [sys.executable, "-m", "janua", "serve"]
    began = time.perf_counter()
    with running(command, {"JANUA_DATABASE__DSN": dsn}) as (port, process):
        until(port, "/api/authors?limit=1")
        rest = time.perf_counter() - began
        until(port, "/graphql/authors", b'{"query": "{ authors(first: 1) { nodes { id name } } }"}')
        return Start(rest, time.perf_counter() - began, cpu(process))


def until(port: int, path: str, body: bytes | None = None) -> None:
    """Ask until there is an answer."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(URLError, ConnectionError):
            request = Request(f"http://127.0.0.1:{port}{path}", body, {"content-type": "application/json"})
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 -- ours
                answer.read()
                return
        time.sleep(0.005)
    raise RuntimeError(f"{path} is not answered")


def workers(dsn: str) -> tuple[float, float]:
    """Return RSS and PSS of the greatest of two workers that have answered both ways."""
    command = [sys.executable, "-m", "janua", "serve", "--workers", "2"]
    with running(command, {"JANUA_DATABASE__DSN": dsn}) as (port, process):
        for _ in range(10):
            until(port, "/api/authors?limit=1")
            until(port, "/graphql/authors", b'{"query": "{ authors(first: 1) { nodes { id name } } }"}')
        time.sleep(SETTLED_SECONDS)
        found = [held(int(child)) for child in children(process)]
    return max(found)


def children(process: int) -> list[str]:
    """Return the processes that a process has started and that serve."""
    found = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [each for each in found if "resource_tracker" not in Path(f"/proc/{each}/cmdline").read_text()]


def held(process: int) -> tuple[float, float]:
    """Return RSS and PSS of a process in MiB."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    sizes = {name: int(size.split()[0]) / 1024 for name, _, size in (line.partition(":") for line in lines)}
    return sizes["Rss"], sizes["Pss"]


def cpu(process: int) -> float:
    """Return the seconds of CPU that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
