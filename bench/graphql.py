"""GraphQL operations against a hand-written endpoint that sends the same statement: `python -m bench.graphql`.

The floor is Starlette and asyncpg: it reads the variables from the request's JSON, runs the SQL that Janua compiled,
and sends PostgreSQL's bytes on. Both are one process on one database, measured in turn; answers are compared before
they are timed. Uses wrk where it is installed.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import statistics
import subprocess
import tempfile
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from bench.__main__ import CONNECTIONS, GENRES, floor, janua
from bench.load import http, load
from janua.api.graphql.exchange import Asked
from janua.api.graphql.execution import Engine
from janua.config import load_settings
from janua.gateway import schemas, transfer
from janua.gateway.gateway import Gateway, open_gateway
from janua.registry.document import Limits, read_schema
from janua.storage import embedded, migrations
from janua.storage.pool import connection

AUTHORS, BOOKS = 1_000, 100_000
SHOWN = "id title price genre pages in_stock publisher { name city }"
LISTED = "query ($genre: BookGenre!) { books(where: {genre: {eq: $genre}}, first: 20) { nodes { SHOWN } } }"
NESTED = "id title price genre author { name country }"
CASES = {
    "get_by_id": ("query ($id: ID!) { book(id: $id) { SHOWN } }".replace("SHOWN", SHOWN), {"id": ""}),
    "list_filter_20": (LISTED.replace("SHOWN", SHOWN), {"genre": "history"}),
    "list_nested_20": (LISTED.replace("SHOWN", NESTED), {"genre": "history"}),
}


async def main(seconds: float, rounds: int) -> None:
    """Make the data, compile the statements, start both servers, measure every case on both in turn."""
    with tempfile.TemporaryDirectory() as directory:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            async with open_gateway(load_settings().with_dsn(database.dsn), name="bench") as gateway:
                await fill(gateway)
                requests = await compiled(gateway, Path(directory) / "statements.json")
            os.environ["FLOOR_STATEMENTS"] = str(Path(directory) / "statements.json")
            with janua(database.dsn) as ours, floor(database.dsn) as theirs:
                await measure(ours, theirs, requests, seconds, rounds)


async def fill(gateway: Gateway) -> None:
    """Register the example schemas, and import authors and books, the same ones every time."""
    chance = random.Random(1)  # noqa: S311 -- test data
    ids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(AUTHORS)]

    async def authors() -> AsyncGenerator[bytes]:
        for number, id in enumerate(ids):
            author = {"name": f"Author {number}", "country": chance.choice(["NL", "BE", "DE"])}
            yield json.dumps({"id": id, "data": author}).encode() + b"\n"

    async def books() -> AsyncGenerator[bytes]:
        for number in range(BOOKS):
            book = {
                "title": f"Book {number}",
                "author_id": chance.choice(ids),
                "price": chance.randint(100, 9999) / 100,
                "genre": chance.choice(GENRES),
                "pages": chance.randint(50, 900),
                "in_stock": chance.random() < 0.5,
                "publisher": {"name": "P", "city": chance.choice(["Utrecht", "Leiden", "Gent"])},
            }
            yield json.dumps(book).encode() + b"\n"

    directory = Path(__file__).parents[1] / "schemas"
    documents = {each.stem: read_schema(each.read_bytes(), "json", Limits()) for each in directory.glob("*.json")}
    await schemas.register_many(gateway, documents)
    await transfer.import_documents(gateway, "authors", authors(), records=True)
    await transfer.import_documents(gateway, "books", books())


async def compiled(gateway: Gateway, path: Path) -> dict[str, bytes]:
    """Write each case's statement, and how its parameters come from the variables; return the requests' bodies."""
    engine = Engine(gateway, dev=False)
    ran: list[Any] = []

    def note(query: Any) -> None:  # noqa: ANN401 -- asyncpg's
        ran.append(query)

    async def answer(text: str, variables: dict[str, Any]) -> Any:  # noqa: ANN401 -- JSON
        answered = await engine.execute(Asked(text, None, variables, None, False, None))
        return json.loads(answered.body)["data"]

    found = await answer("{ books(first: 1) { nodes { id } } }", {})
    statements: dict[str, Any] = {}
    requests: dict[str, bytes] = {}
    async with connection(gateway.pool) as c:
        c.add_query_logger(note)
    for case, (text, variables) in CASES.items():
        given = {"id": found["books"]["nodes"][0]["id"]} if "id" in variables else variables
        await answer(text, given)
        await asyncio.sleep(0.01)  # asyncpg logs a little later
        values = [
            next((f"${name}" for name, each in given.items() if str(value) == each), value) for value in ran[-1].args
        ]
        statements[case] = {"text": ran[-1].query, "values": values}
        requests[case] = json.dumps({"query": text, "variables": given}).encode()
    path.write_text(json.dumps(statements))
    return requests


async def measure(ours: int, theirs: int, requests: dict[str, bytes], seconds: float, rounds: int) -> None:
    """Print requests per second of each case, as medians of the rounds, and the ratio to the floor."""
    print(f"{'case':<16}{'janua /s':>10}{'floor /s':>10}{'ratio':>8}")  # noqa: T201 -- a table
    for case, body in requests.items():
        places = {"janua": (ours, "/graphql"), "floor": (theirs, f"/graphql/{case}")}
        answers = {name: posted(*place, body) for name, place in places.items()}
        if answers["janua"] != answers["floor"]:
            raise RuntimeError(f"the answers of {case} differ: {answers}")
        rates: dict[str, list[float]] = {name: [] for name in places}
        for _ in range(rounds):
            for name, place in places.items():
                rates[name].append(await rate(*place, body, seconds))
        janua_rate, floor_rate = (statistics.median(rates[name]) for name in ("janua", "floor"))
        print(f"{case:<16}{janua_rate:>10.0f}{floor_rate:>10.0f}{janua_rate / floor_rate:>8.2f}")  # noqa: T201 -- a table


def posted(port: int, path: str, body: bytes) -> bytes:
    """Return the answer to one request."""
    request = Request(f"http://127.0.0.1:{port}{path}", body, {"content-type": "application/json"})
    with urlopen(request) as answer:  # noqa: S310 -- ours
        return answer.read()


async def rate(port: int, path: str, body: bytes, seconds: float) -> float:
    """Return the requests per second."""
    if shutil.which("wrk") is None:
        measured = await load(port, http("POST", path, body), connections=CONNECTIONS, seconds=seconds, status=b"200")
        return measured.rate
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "POST"\nwrk.body = [==[{body.decode()}]==]\n')
        script.write('wrk.headers["Content-Type"] = "application/json"\n')
        script.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds:g}s",
            "-s",
            script.name,
            f"http://127.0.0.1:{port}{path}",
        ]
        told = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, text=True)
    if "Non-2xx" in told.stdout:
        raise RuntimeError(told.stdout)
    return float(told.stdout.split("Requests/sec:")[1].split()[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts")
    options = parser.parse_args()
    asyncio.run(main(options.seconds, options.rounds))
