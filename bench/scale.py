"""What a request costs as records grow from a thousand to ten million, and a page far behind beside the first one.

In: a database. Out: a table. Start at `measure_scale`. Records are made by SQL, in a collection of their own. Times are
of one client that asks for one thing after the other, in turn: medians, in milliseconds. Page 1,000 is reached as
clients do, by the cursor of the page before.
"""

import asyncio
import http.client
import json
import statistics
import time
from collections.abc import Mapping

import asyncpg

from bench.report import ratio, say, table
from bench.requests import Options
from bench.servers import janua
from janua.config import load_settings
from janua.gateway import schemas
from janua.gateway.gateway import open_gateway

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PAGE, FAR = 20, 1_000
WARM = 20
KINDS = ["opened", "changed", "closed", "deleted"]
SCHEMA = {
    "title": "Event",
    "type": "object",
    "properties": {
        "number": {"type": "integer", "minimum": 0, "x-index": True},
        "kind": {"enum": KINDS, "x-index": True},
        "text": {"type": "string"},
    },
}
MAKE = """INSERT INTO collections.events (id, data, schema_version)
SELECT (lpad(to_hex(n), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid, jsonb_build_object(
    'number', (n * 7919) % 10000019, 'kind', ($3::text[])[1 + n % 4], 'text', 'What happened ' || md5(n::text)), 1
FROM generate_series($1::bigint, $2::bigint - 1) AS n"""
GRAPHQL = "query ($kind: EventKind!) { events(where: {kind: {eq: $kind}}, first: 20) { nodes { id number text } } }"
QUESTIONS = (
    "by id",
    "20 of a kind",
    "20 of a kind, GraphQL",
    "page 1",
    "page 1,000",
    "by number: page 1",
    "page 1,000 ",
)


async def measure_scale(dsn: str, options: Options) -> None:
    """Print the medians for each number of records."""
    async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
        await schemas.register(gateway, "events", SCHEMA)
    rows: list[list[str]] = []
    before, turns = 0, 25 * options.rounds
    connection = await asyncpg.connect(dsn)
    try:
        with janua(dsn) as port:
            for size in SIZES:
                await connection.execute(MAKE, before, size, KINDS, timeout=3600)
                await connection.execute("VACUUM ANALYZE collections.events", timeout=3600)
                await connection.execute("CHECKPOINT", timeout=600)
                before = size
                found = await asyncio.to_thread(Client(port).measure, size, turns)
                far = [
                    found[second] / found[first] if second in found else None
                    for first, second in (QUESTIONS[3:5], QUESTIONS[5:7])
                ]
                cells = [f"{found[each]:.2f}" if each in found else "–" for each in QUESTIONS]
                rows.append([f"{size:,}", *cells, *map(ratio, far)])
                say(f"measured {size:,} records", aside=True)
    finally:
        await connection.close()
    say(f"\nmilliseconds of a request, {turns} of each in turn\n")
    say(table(["records", *QUESTIONS, "1,000 / 1", "by number"], rows))


class Client:
    """One connection to the server."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)

    def measure(self, size: int, turns: int) -> Mapping[str, float]:
        """Return the median of every question that so many records can answer."""
        asked = self._questions(size)
        times: dict[str, list[float]] = {name: [] for name in asked}
        for turn in range(turns + WARM):
            for name, (path, body) in asked.items():
                start = time.perf_counter()
                self._ask(path, body)
                # The first turns fill caches.
                if turn >= WARM:
                    times[name].append((time.perf_counter() - start) * 1000)
        return {name: statistics.median(each) for name, each in times.items()}

    def _questions(self, size: int) -> dict[str, tuple[str, bytes | None]]:
        paged = f"/api/events?limit={PAGE}"
        by_number = f"{paged}&sort=number"
        one = self._ask(f"{paged}&number={7919 * (size // 2) % 10000019}")["items"][0]["id"]
        graphql = json.dumps({"query": GRAPHQL, "variables": {"kind": KINDS[1]}}).encode()
        paths: list[tuple[str, bytes | None]] = [
            (f"/api/events/{one}", None),
            (f"{paged}&kind={KINDS[1]}", None),
            ("/graphql", graphql),
            (paged, None),
            (self._far(paged, size), None),
            (by_number, None),
            (self._far(by_number, size), None),
        ]
        return {name: each for name, each in zip(QUESTIONS, paths, strict=True) if each[0]}

    def _far(self, path: str, size: int) -> str:
        """Return the path of page 1,000, empty when there are fewer pages."""
        if size < PAGE * FAR:
            return ""
        found = path
        for _ in range(FAR - 1):
            found = f"{path}&after={self._ask(found)['page']['next']}"
        return found

    def _ask(self, path: str, body: bytes | None = None) -> dict[str, object]:
        self._connection.request("POST" if body else "GET", path, body, {"content-type": "application/json"})
        answer = self._connection.getresponse()
        found = json.loads(answer.read())
        if answer.status != 200 or found.get("errors"):
            raise RuntimeError(found)
        return found
