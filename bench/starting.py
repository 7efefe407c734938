"""How long `janua serve` takes to its first answers, and how much memory its workers hold.

In: a database. Out: tables. Start at `measure_start`. Times are from starting the process, until it answers by
REST and by GraphQL, beside the CPU that the process has used by then, which a busy machine does not stretch; and of the
first start, which compiles all schemas, as the first one after an upgrade does. Memory is that of one worker of two, in
MiB: RSS, and PSS, which counts what workers share by halves; idle, and after requests to all collections, or to as many
of them as there are requests.
"""

import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from janua.model.collection import Schema
from janua.registry.document import Limits, read_schema

FIELDS = 20
AT_ONCE = 250
"""Collections registered together: one by one, 10,000 of them take a quarter of an hour and not four minutes."""
REQUESTS, CLIENTS = 2_000, 8
"""Of the load: to each face."""
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_SECONDS = 60
SETTLED_SECONDS = 3


Plurals = Mapping[str, str]
"""Collection → the root field of its records."""


@dataclass(frozen=True)
class Start:
    """Seconds to the first answer by REST and by GraphQL, and of CPU until then."""

    rest: float
    graphql: float
    cpu: float


async def measure_start(dsn: str, options: Options) -> None:
    """Print times and memory, with more and more collections, of which four are the examples."""
    rounds = min(options.rounds, 5)
    times: list[Sequence[str]] = []
    memory: list[Sequence[str]] = []
    for count in sorted(options.collections):
        plurals = await register(dsn, count)
        first = await asyncio.to_thread(start, dsn)  # the server keeps what schemas mean
        starts = [await asyncio.to_thread(start, dsn) for _ in range(rounds)]
        rest, graphql, cpu = (
            statistics.median(getattr(each, name) for each in starts) for name in ("rest", "graphql", "cpu")
        )
        times.append([f"{count:,} collections", *(f"{each:.2f}" for each in (rest, graphql, cpu, first.rest))])
        held = await asyncio.to_thread(workers, dsn, plurals)
        memory.append([f"{count:,} collections", *(f"{each:.0f}" for each in held)])
        say(f"measured {count:,} collections", aside=True)
    say("\nseconds from the start of `janua serve`\n")
    say(table(["", "first REST answer", "first GraphQL answer", "CPU", "first start, REST"], times))
    say("\nMiB of a worker of two\n")
    say(table(["", "RSS, idle", "PSS, idle", "RSS, loaded", "PSS, loaded"], memory))


async def register(dsn: str, count: int) -> Plurals:
    """Register the examples and others, many at once, until there are so many; return all."""
    async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
        await library.register(gateway)
        while missing := count - len(served(gateway)):
            given: dict[str, Schema] = {}
            for number in range(count - missing, count - missing + min(missing, AT_ONCE)):
                text = json.dumps(schema(number, FIELDS)).encode()
                given[f"thing_{number}"] = read_schema(text, "json", Limits())
            await schemas.register_many(gateway, given)
            say(f"registered {len(served(gateway)):,} of {count:,} collections", aside=True)
        return served(gateway)


def served(gateway: Gateway) -> Plurals:
    """Return all collections that are there."""
    return {name: each.names.plural for name, each in gateway.live.catalog.collections.items()}


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
    """Ask until there is an answer. Raises: `RuntimeError` when there is none, or one of errors."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(URLError, ConnectionError):
            request = Request(f"http://127.0.0.1:{port}{path}", body, {"content-type": "application/json"})
            with urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 -- ours
                if b'"errors"' in (told := answer.read()):
                    raise RuntimeError(f"{path} is answered by {told[:2000].decode()}")
                return
        time.sleep(0.005)
    raise RuntimeError(f"{path} is not answered")


def workers(dsn: str, plurals: Plurals) -> tuple[float, float, float, float]:
    """Return RSS and PSS of the greatest of two workers that have answered both ways; and after the load."""
    command = [sys.executable, "-m", "janua", "serve", "--workers", "2"]
    with running(command, {"JANUA_DATABASE__DSN": dsn}) as (port, process):
        for _ in range(10):
            until(port, "/api/authors?limit=1")
            until(port, "/graphql/authors", b'{"query": "{ authors(first: 1) { nodes { id name } } }"}')
        time.sleep(SETTLED_SECONDS)
        idle = max(held(int(child)) for child in children(process))
        load(port, plurals)
        time.sleep(SETTLED_SECONDS)
        return *idle, *max(held(int(child)) for child in children(process))


def load(port: int, plurals: Plurals) -> None:
    """Ask for records of all collections in turn, by REST and by GraphQL."""
    collections = list(plurals.items())
    step = max(len(collections) // REQUESTS, 1)
    asked = [collections[number * step % len(collections)] for number in range(REQUESTS)]

    def ask(collection: tuple[str, str]) -> None:
        name, plural = collection
        until(port, f"/api/{name}?limit=1")
        query = f"{{ {plural}(first: 1) {{ nodes {{ id }} }} }}"
        until(port, f"/graphql/{name}", json.dumps({"query": query}).encode())

    with ThreadPoolExecutor(CLIENTS) as clients:
        for _ in clients.map(ask, asked):
            pass


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
