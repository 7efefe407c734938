"""Change the schema of a million records while writers write, and see how long these wait.

`python -m bench.evolution [check] [index] [covering] [relation] [evolve] [--records 1000000]`; without names, all.
Prints how fast a check reads the records and how much memory it takes, how long until an index is there, and the
longest that a write waits while an index is added, a covering one or a relation, and while an evolution changes every
record.
"""

import argparse
import asyncio
import contextlib
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

from janua.config import load_settings
from janua.errors import JanuaError
from janua.gateway import evolutions, queries, records, schemas
from janua.gateway.evolver import evolving
from janua.gateway.gateway import Gateway, open_gateway
from janua.model.types import Json
from janua.query.ast import AggregateQuery, PageRequest, ReadQuery
from janua.query.plan import plan_read
from janua.registry.document import Limits, read_document
from janua.sql.select import select_statement
from janua.sql.statement import values_for
from janua.storage import embedded, migrations
from janua.storage.pool import connection

FIELDS = {"title": {"type": "string"}, "price": {"type": "number"}, "year": {"type": "integer"}}
FILL = """
    INSERT INTO collections.things (id, schema_version, data)
    SELECT gen_random_uuid(), 1,
        jsonb_build_object('title', 'Thing ' || n, 'price', n % 100 + 0.5, 'year', 1900 + n % 120)
    FROM generate_series(1, $1) n
"""


async def main(names: list[str], count: int) -> None:
    """Make the records for each measurement, then measure."""
    for name in names or MEASUREMENTS:
        with tempfile.TemporaryDirectory() as directory:
            async with embedded.running(Path(directory) / "data") as database:
                await migrations.migrate(database.dsn)
                async with open_gateway(load_settings("development").with_dsn(database.dsn), name="bench") as gateway:
                    await schemas.register(gateway, "things", {"type": "object", "properties": FIELDS})
                    await fill(gateway, count)
                    await MEASUREMENTS[name](gateway, count)


async def fill(gateway: Gateway, count: int) -> None:
    """Store the records."""
    async with connection(gateway.pool) as c, c.transaction():
        await c.execute("SET LOCAL statement_timeout = 0")
        await c.execute(FILL, count, timeout=3600)


async def measure_check(gateway: Gateway, count: int) -> None:
    """Print how fast a check reads and validates the records."""
    before, start, cpu = peak(), time.perf_counter(), time.process_time()
    stricter = FIELDS | {"price": {"type": "number", "minimum": 1}}
    report = await schemas.check(gateway, "things", {"type": "object", "properties": stricter})
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    say(f"check: {report.records.checked} records, {report.records.invalid} invalid, {count / seconds:,.0f} a second")
    say(f"CPU of this process: {count / cpu:,.0f} a second; memory: {before} MiB before, {peak()} MiB at most")


async def measure_index(gateway: Gateway, _: int) -> None:
    """Print how long writes wait while an index is declared and built."""
    async with writing(gateway) as writes:
        start = time.perf_counter()
        indexed = FIELDS | {"title": {"type": "string", "x-index": True}}
        await schemas.register(gateway, "things", {"type": "object", "properties": indexed})
        say(f"index registered after {time.perf_counter() - start:.1f} s, writes meanwhile: {writes.summary()}")
        await until_valid(gateway)
        say(f"index valid after {time.perf_counter() - start:.1f} s, writes until then: {writes.summary()}")
    await measure_use(gateway)


async def measure_covering(gateway: Gateway, _: int) -> None:
    """Print how long writes wait while a covering index is declared and filled, and what an aggregate takes then."""
    before = await aggregated(gateway)
    async with writing(gateway) as writes:
        start = time.perf_counter()
        covering = [{"fields": ["year"], "include": ["price"]}]
        await schemas.register(gateway, "things", {"type": "object", "properties": FIELDS, "x-indexes": covering})
        say(f"covering index registered after {time.perf_counter() - start:.1f} s, writes: {writes.summary()}")
        await until_valid(gateway)
        say(f"covering index valid after {time.perf_counter() - start:.1f} s, writes until then: {writes.summary()}")
    say(f"an aggregate of 100 years: {before:.0f} ms before, {await aggregated(gateway):.0f} ms now")


async def aggregated(gateway: Gateway) -> float:
    """Return the milliseconds of an aggregate over most records, the least of five."""
    query = AggregateQuery("things", {"year": {"gte": 1910}}, measures=(("avg", "price"), ("max", "price")))
    waits: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        await queries.aggregate(gateway, query)
        waits.append(time.perf_counter() - start)
    return min(waits) * 1000


async def until_valid(gateway: Gateway) -> None:
    """Return when the only index is there."""
    while (await schemas.describe(gateway, "things")).indexes[0].state != "valid":  # noqa: ASYNC110 -- it is in the database
        await asyncio.sleep(0.1)


async def measure_relation(gateway: Gateway, _: int) -> None:
    """Print how long writes wait while a relation is declared, which gives the table a column."""
    await schemas.register(gateway, "makers", {"type": "object"})
    related = FIELDS | {"maker_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "makers"}}}
    async with writing(gateway) as writes:
        start = time.perf_counter()
        await schemas.register(gateway, "things", {"type": "object", "properties": related})
        say(f"relation registered after {time.perf_counter() - start:.1f} s, writes meanwhile: {writes.summary()}")


async def measure_evolve(gateway: Gateway, count: int) -> None:
    """Print how long writes wait while every record changes: of both forms, so that some are refused as invalid."""
    form = {"name": {"type": "string"}} | {name: each for name, each in FIELDS.items() if name != "title"}
    steps: list[Json] = [{"op": "move", "from": "/title", "path": "/name"}]
    async with evolving(gateway), writing(gateway) as writes:
        start = time.perf_counter()
        await evolutions.begin(gateway, "things", {"type": "object", "properties": form}, steps)
        await evolutions.wait(gateway, "things", 3600)
        found = await evolutions.status(gateway, "things")
        seconds = time.perf_counter() - start
        say(f"evolution {found.state}, {found.records.changed} of {count} changed, after {seconds:.1f} s")
        say(f"writes meanwhile: {writes.summary()}")


async def measure_use(gateway: Gateway) -> None:
    """Print how PostgreSQL runs a query by the indexed field."""
    query = ReadQuery("things", where={"title": {"eq": "Thing 2000"}}, page=PageRequest(first=20))
    planned = plan_read(gateway.live.catalog, query, gateway.query_limits, gateway.cursor_key)
    statement = select_statement(planned.plan)
    async with connection(gateway.pool) as c:
        plan = await c.fetch(f"EXPLAIN {statement.text}", *values_for(statement, planned.values))
    scans = [row[0].strip(" ->") for row in plan if "Scan" in row[0]]
    say(f"a query by it: {'; '.join(scans)}")


class Writes:
    """Creates records until told to stop, and knows how long each write waited, and which were refused."""

    def __init__(self, gateway: Gateway) -> None:
        self.stop = asyncio.Event()
        self._gateway = gateway
        self._waits: list[float] = []
        self._refused: Counter[str] = Counter()

    async def write(self) -> None:
        """Create records, and count."""
        chance = random.Random(1)  # noqa: S311 -- test data
        while not self.stop.is_set():
            text = f'{{"title": "New", "price": 2, "year": {chance.randint(1900, 2020)}}}'
            start = time.perf_counter()
            try:
                await records.create(self._gateway, "things", read_document(text.encode(), Limits()))
            except JanuaError as error:
                self._refused[error.code] += 1
            self._waits.append(time.perf_counter() - start)
            await asyncio.sleep(0.005)

    def summary(self) -> str:
        """Return the figures of the writes since the last time, in milliseconds."""
        ordered, refused = sorted(self._waits), dict(self._refused)
        self._waits, self._refused = [], Counter()
        if not ordered:
            return "none"
        told = f"{len(ordered)}, p50 {ordered[len(ordered) // 2] * 1000:.1f} ms, longest {ordered[-1] * 1000:.0f} ms"
        return f"{told}, refused: {refused or 'none'}"


@contextlib.asynccontextmanager
async def writing(gateway: Gateway) -> AsyncGenerator[Writes]:
    """Have four writers write while the block runs."""
    writes = Writes(gateway)
    writers = [asyncio.create_task(writes.write()) for _ in range(4)]
    await asyncio.sleep(2)
    say(f"writes before: {writes.summary()}")
    yield writes
    writes.stop.set()
    await asyncio.gather(*writers)


def peak() -> int:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str) -> None:
    """Print a line."""
    print(text, flush=True)  # noqa: T201 -- what a benchmark is for


MEASUREMENTS: dict[str, Callable[[Gateway, int], Awaitable[None]]] = {
    "check": measure_check,
    "index": measure_index,
    "covering": measure_covering,
    "relation": measure_relation,
    "evolve": measure_evolve,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("measurements", nargs="*", choices=[*MEASUREMENTS, []], metavar="NAME")
    parser.add_argument("--records", type=int, default=1_000_000)
    given = parser.parse_args()
    asyncio.run(main(given.measurements, given.records))
