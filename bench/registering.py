"""How soon a registered collection can be queried, and what others feel of it: `python -m bench.registering`.

A server of `janua serve` has so many collections already. Each new one is registered over HTTP and asked for by
GraphQL, at its own endpoint and at `/graphql`, while another client keeps reading records. Times are from sending the
registration to the answer of the query, in milliseconds.
"""

import argparse
import asyncio
import itertools
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from bench.servers import janua
from janua.storage import embedded, migrations

TYPES = ("string", "integer", "number", "boolean")
AT_ONCE = 50


async def main(collections: int, fields: int, times: int) -> None:
    """Start a server, fill its registry, register more."""
    with tempfile.TemporaryDirectory() as directory:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            with janua(database.dsn) as port:
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as http:
                    await fill(http, collections, fields)
                    print(f"{collections} collections of {fields} fields")  # noqa: T201 -- a table
                    await measure(http, collections, fields, times)


async def fill(http: httpx.AsyncClient, collections: int, fields: int) -> None:
    """Register collections, many at once."""
    for start in range(0, collections, AT_ONCE):
        several = {
            f"thing_{number}": schema(number, fields) for number in range(start, min(start + AT_ONCE, collections))
        }
        (await http.post("/registry", json={"collections": several})).raise_for_status()


async def measure(http: httpx.AsyncClient, collections: int, fields: int, times: int) -> None:
    """Register and query new collections; print how long that took, and how long others waited."""
    waited: list[float] = []
    canary = asyncio.create_task(read_on(http, waited))
    own: list[float] = []
    all_of_them: list[float] = []
    for number in range(collections, collections + times):
        for taken, path in ((own, f"/graphql/new_{number}_own"), (all_of_them, "/graphql")):
            name = f"new_{number}_own" if taken is own else f"new_{number}_all"
            start = time.perf_counter()
            (await http.put(f"/registry/{name}", json=schema(number, fields, name))).raise_for_status()
            field = "".join(each.title() for each in name.split("_"))
            field = field[0].lower() + field[1:]
            answer = await http.post(path, json={"query": f"{{ {field} {{ totalCount nodes {{ f0 }} }} }}"})
            if answer.json() != {"data": {field: {"totalCount": 0, "nodes": []}}}:
                raise RuntimeError(answer.text)
            taken.append(time.perf_counter() - start)
    canary.cancel()
    for label, taken in (("own endpoint", own), ("/graphql", all_of_them), ("another request", waited)):
        p50, p95, longest = (milliseconds(taken, share) for share in (0.5, 0.95, 1))
        print(f"{label:<18} p50 {p50:>7.1f}   p95 {p95:>7.1f}   longest {longest:>7.1f}")  # noqa: T201 -- a table
    start = time.perf_counter()
    (await http.post("/graphql", json={"query": "{ __typename }"})).raise_for_status()
    print(f"{'a known query':<18} {(time.perf_counter() - start) * 1000:>11.1f}")  # noqa: T201 -- a table


async def read_on(http: httpx.AsyncClient, waited: list[float]) -> None:
    """Keep reading records of the generic collection."""
    for _ in itertools.count():
        start = time.perf_counter()
        (await http.get("/api/records?limit=1")).raise_for_status()
        waited.append(time.perf_counter() - start)
        await asyncio.sleep(0.002)


def schema(number: int, fields: int, title: str = "") -> dict[str, Any]:
    """Return a schema of its own."""
    properties = {f"f{place}": {"type": TYPES[place % len(TYPES)]} for place in range(fields)}
    return {"type": "object", "title": title or f"Thing {number}", "properties": properties}


def milliseconds(taken: list[float], share: float) -> float:
    """Return the time that this share of them kept to."""
    return sorted(taken)[min(len(taken) - 1, int(len(taken) * share))] * 1000


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=int, default=100, help="that are there before")
    parser.add_argument("--fields", type=int, default=20, help="of each")
    parser.add_argument("--times", type=int, default=20, help="that a collection is registered, for each endpoint")
    options = parser.parse_args()
    asyncio.run(main(options.collections, options.fields, options.times))
