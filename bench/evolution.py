"""Check a million records against a new schema, then add an index to them, while writers write.

`python -m bench.evolution [--records 1000000]` prints how fast the check is and how much memory it takes, the longest
that a write waits meanwhile, and how long until the index is there.
"""

import argparse
import asyncio
import random
import resource
import tempfile
import time
from pathlib import Path

from janua.config import load_settings
from janua.gateway import records, schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.query.ast import PageRequest, ReadQuery
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


async def main(count: int) -> None:
    """Make the records, then measure."""
    with tempfile.TemporaryDirectory() as directory:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            async with open_gateway(load_settings("development").with_dsn(database.dsn), name="bench") as gateway:
                await schemas.register(gateway, "things", {"type": "object", "properties": FIELDS})
                await fill(gateway, count)
                await measure_check(gateway, count)
                await measure_index(gateway)


async def fill(gateway: Gateway, count: int) -> None:
    """Store the records."""
    async with connection(gateway.pool) as c, c.transaction():
        await c.execute("SET LOCAL statement_timeout = 0")
        await c.execute(FILL, count, timeout=3600)


async def measure_check(gateway: Gateway, count: int) -> None:
    """Print how fast a check reads and validates the records."""
    before, start = peak(), time.perf_counter()
    stricter = FIELDS | {"price": {"type": "number", "minimum": 1}}
    report = await schemas.check(gateway, "things", {"type": "object", "properties": stricter})
    seconds = time.perf_counter() - start
    say(f"check: {report.records.checked} records, {report.records.invalid} invalid, {count / seconds:,.0f} a second")
    say(f"memory: {before} MiB before, {peak()} MiB at most")


async def measure_index(gateway: Gateway) -> None:
    """Print how long writes wait while an index is declared and built."""
    waits: list[float] = []
    stop = asyncio.Event()
    writers = [asyncio.create_task(write(gateway, stop, waits)) for _ in range(4)]
    await asyncio.sleep(2)
    say(f"writes before: {summary(waits)}")
    waits.clear()
    start = time.perf_counter()
    indexed = FIELDS | {"title": {"type": "string", "x-index": True}}
    await schemas.register(gateway, "things", {"type": "object", "properties": indexed})
    say(f"registered after {time.perf_counter() - start:.1f} s, writes meanwhile: {summary(waits)}")
    while (await schemas.describe(gateway, "things")).indexes[0].state != "valid":  # noqa: ASYNC110 -- it is in the database
        await asyncio.sleep(0.1)
    say(f"index valid after {time.perf_counter() - start:.1f} s, writes until then: {summary(waits)}")
    stop.set()
    await asyncio.gather(*writers)
    await measure_use(gateway)


async def measure_use(gateway: Gateway) -> None:
    """Print how PostgreSQL runs a query by the indexed field."""
    query = ReadQuery("things", where={"title": {"eq": "Thing 2000"}}, page=PageRequest(first=20))
    planned = plan_read(gateway.live.catalog, query, gateway.query_limits, gateway.cursor_key)
    statement = select_statement(planned.plan)
    async with connection(gateway.pool) as c:
        plan = await c.fetch(f"EXPLAIN {statement.text}", *values_for(statement, planned.values))
    scans = [row[0].strip(" ->") for row in plan if "Scan" in row[0]]
    say(f"a query by it: {'; '.join(scans)}")


async def write(gateway: Gateway, stop: asyncio.Event, waits: list[float]) -> None:
    """Create records until told to stop."""
    chance = random.Random(1)  # noqa: S311 -- test data
    while not stop.is_set():
        text = f'{{"title": "New", "price": 2, "year": {chance.randint(1900, 2020)}}}'
        start = time.perf_counter()
        await records.create(gateway, "things", read_document(text.encode(), Limits()))
        waits.append(time.perf_counter() - start)
        await asyncio.sleep(0.005)


def summary(waits: list[float]) -> str:
    """Return the figures of some waits, in milliseconds."""
    if not waits:
        return "none"
    ordered = sorted(waits)
    return f"{len(waits)}, p50 {ordered[len(waits) // 2] * 1000:.1f} ms, longest {ordered[-1] * 1000:.0f} ms"


def peak() -> int:
    """Return the most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def say(text: str) -> None:
    """Print a line."""
    print(text, flush=True)  # noqa: T201 -- what a benchmark is for


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    asyncio.run(main(parser.parse_args().records))
