"""Run all cases, interleaved, and print a table: `python -m bench [--seconds 3] [--rounds 3]`."""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from bench.load import Measured, http, load
from janua.config import load_settings
from janua.gateway import schemas, transfer
from janua.gateway.gateway import open_gateway
from janua.registry.document import Limits, read_schema
from janua.storage import embedded, migrations

BOOKS = 100_000
CONNECTIONS = 32
GENRES = ["fiction", "science_fiction", "history", "science", "biography", "children"]


async def main(seconds: float, rounds: int) -> None:
    """Make the data, start both servers, measure every case on both in turn."""
    with tempfile.TemporaryDirectory() as directory:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            book = await fill(database.dsn)
            with janua(database.dsn) as ours, floor(database.dsn) as theirs:
                await measure({"janua": ours, "floor": theirs}, cases(book), seconds, rounds)


def cases(book: str) -> dict[str, tuple[bytes, bytes]]:
    """Return each case's request and the status of its answer."""
    document = json.dumps({"title": "New", "price": 9.5, "genre": "fiction"}).encode()
    return {
        "get_by_id": (http("GET", f"/api/books/{book}"), b"200"),
        "list_filter_20": (http("GET", "/api/books?genre=history&limit=20"), b"200"),
        "create": (http("POST", "/api/books", document), b"201"),
    }


async def measure(ports: dict[str, int], requests: dict[str, tuple[bytes, bytes]], seconds: float, rounds: int) -> None:
    """Print requests per second and p99 of each case, as medians of the rounds, and the ratio to the floor."""
    print(f"{'case':<16}{'janua /s':>10}{'floor /s':>10}{'ratio':>8}{'p99 ms':>9}{'floor p99':>11}")  # noqa: T201 -- a table
    for case, (request, status) in requests.items():
        measured: dict[str, list[Measured]] = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                expected = b"200" if name == "floor" else status
                once = load(port, request, connections=CONNECTIONS, seconds=seconds, status=expected)
                measured[name].append(await once)
        rates = {name: statistics.median(each.rate for each in runs) for name, runs in measured.items()}
        p99 = {name: statistics.median(each.p99 for each in runs) for name, runs in measured.items()}
        ratio = rates["janua"] / rates["floor"]
        row = f"{case:<16}{rates['janua']:>10.0f}{rates['floor']:>10.0f}{ratio:>8.2f}"
        print(f"{row}{p99['janua']:>9.1f}{p99['floor']:>11.1f}")  # noqa: T201 -- a table


async def fill(dsn: str) -> str:
    """Register the example schemas, import the books, return the id of one."""
    directory = Path(__file__).parents[1] / "schemas"
    documents = {each.stem: read_schema(each.read_bytes(), "json", Limits()) for each in directory.glob("*.json")}
    async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
        await schemas.register_many(gateway, documents)
        await transfer.import_documents(gateway, "books", lines())
        first = await anext(transfer.export(gateway, "books", records=True))
        return json.loads(first.partition(b"\n")[0])["id"]


async def lines():  # noqa: ANN201 -- an asynchronous generator of bytes
    """Yield the books, the same ones every time."""
    chance = random.Random(1)  # noqa: S311 -- test data
    for number in range(BOOKS):
        book = {
            "title": f"Book {number}",
            "price": chance.randint(100, 9999) / 100,
            "genre": chance.choice(GENRES),
            "pages": chance.randint(50, 900),
            "in_stock": chance.random() < 0.5,
            "publisher": {"name": "P", "city": chance.choice(["Utrecht", "Leiden", "Gent"])},
        }
        yield json.dumps(book).encode() + b"\n"


@contextlib.contextmanager
def janua(dsn: str) -> Generator[int]:
    """Run `janua serve` with one worker."""
    with running([sys.executable, "-m", "janua", "serve"], {"JANUA_DATABASE__DSN": dsn}) as (port, _):
        yield port


@contextlib.contextmanager
def floor(dsn: str) -> Generator[int]:
    """Run the hand-written endpoint with one worker."""
    command = [sys.executable, "-m", "uvicorn", "--factory", "bench.floor:create_app", "--log-level", "critical"]
    with running(command, {"FLOOR_DSN": dsn}) as (port, _):
        yield port


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str]) -> Generator[tuple[int, int]]:
    """Run a server on a free port until the block ends; give its port and its process."""
    port = free_port()
    process = subprocess.Popen([*command, "--port", str(port)], env={**os.environ, **environment})
    try:
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    options = parser.parse_args()
    asyncio.run(main(options.seconds, options.rounds))
