"""How long GraphQL schemas take with many collections, and for how long they hold others up.

Run `python -m bench.schemas [--collections 1000] [--fields 20]`. Times are of one process with nothing else to do.
"""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable
from itertools import pairwise

from janua.api.graphql.schema import SchemaSlices, Slice
from janua.app import SWITCH_SECONDS
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.registry.compile import compile_collection

TYPES = ("string", "integer", "number", "boolean")


async def main(collections: int, fields: int) -> None:
    """Build the schema of one collection, then of all, then of all again after one registration."""
    sys.setswitchinterval(SWITCH_SECONDS)
    first = [collection(number, fields) for number in range(collections)]
    slices = SchemaSlices()
    before = Catalog.of(1, first)
    print(f"{collections} collections of {fields} fields")  # noqa: T201 -- a table
    await measure("one collection, the first", slices.slice(before, frozenset({"things_0"})))
    await measure("one collection, another", slices.slice(before, frozenset({"things_1"})))
    await measure("all", slices.whole(before))
    after = Catalog.of(2, [collection(0, fields + 1, revision=2), *first[1:]])
    await measure("one, after its registration", slices.slice(after, frozenset({"things_0"})))
    found = await measure("all, after a registration", slices.whole(after))
    print(f"{len(found.schema.type_map)} types")  # noqa: T201 -- a table
    started = time.perf_counter()
    size = len(await asyncio.to_thread(found.sdl))
    print(f"{'SDL of all':<32}{(time.perf_counter() - started) * 1000:>8.1f} ms, {size / 1e6:.1f} MB")  # noqa: T201 -- a table


async def measure(name: str, building: Awaitable[Slice]) -> Slice:
    """Print how long a schema takes, and the longest time that another task had to wait meanwhile."""
    ticks = [time.perf_counter()]

    async def tick() -> None:
        while True:
            await asyncio.sleep(0.001)
            ticks.append(time.perf_counter())

    ticking = asyncio.create_task(tick())
    started, worked = time.perf_counter(), time.process_time()
    found = await building
    taken, worked = time.perf_counter() - started, time.process_time() - worked
    await asyncio.sleep(0.01)
    ticking.cancel()
    longest = max(after - before for before, after in pairwise(ticks))
    figures = f"{taken * 1000:>8.1f} ms, {worked * 1000:>7.1f} of CPU, others wait {longest * 1000:.1f} ms at most"
    print(f"{name:<32}{figures}")  # noqa: T201 -- a table
    return found


def collection(number: int, fields: int, revision: int = 1) -> Collection:
    """Return a collection of so many fields."""
    properties = {f"field_{place}": {"type": TYPES[place % len(TYPES)]} for place in range(fields)}
    document = {"title": f"Thing {number}", "type": "object", "properties": properties}
    return compile_collection(f"things_{number}", document, version=revision, revision=revision)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--collections", type=int, default=1000)
    parser.add_argument("--fields", type=int, default=20)
    options = parser.parse_args()
    asyncio.run(main(options.collections, options.fields))
