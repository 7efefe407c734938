"""Measure what the documentation states: `python -m bench [requests] [bulk] [start] [scale]`; without names, all.

`requests` compares every case with a hand-written endpoint, PostGraphile and others (`--svg FILE` draws it), `bulk` an
import with plain COPY, `start` measures start-up and memory, `scale` how much a request costs as records grow.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from bench.bulk import measure_bulk
from bench.requests import Options, measure_requests
from bench.scale import measure_scale
from bench.starting import measure_start
from janua.storage import embedded, migrations

Suite = Callable[[str, Options], Awaitable[None]]
SUITES: dict[str, Suite] = {
    "requests": measure_requests,
    "bulk": measure_bulk,
    "start": measure_start,
    "scale": measure_scale,
}


async def main(names: list[str], options: Options) -> None:
    """Run the suites, each on a new database."""
    for name in names or SUITES:
        with tempfile.TemporaryDirectory() as directory:
            async with embedded.running(Path(directory) / "data") as database:
                await migrations.migrate(database.dsn)
                await SUITES[name](database.dsn, options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", choices=[*SUITES, []], metavar="SUITE", help=", ".join(SUITES))
    parser.add_argument("--seconds", type=int, default=1, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=9, help="of which the median counts")
    parser.add_argument("--only", nargs="+", default=[], metavar="CASE", help="cases of requests to measure")
    peers = ["postgraphile", "parse", "naive", "unbatched", "workers", "pgbench"]
    parser.add_argument("--without", nargs="+", default=[], choices=peers, metavar="TARGET", help=", ".join(peers))
    parser.add_argument("--svg", type=Path, help="file for the picture of requests")
    counts = "with which start is measured, 10 and 1000 unless told; 10000 take five minutes to make"
    parser.add_argument("--collections", nargs="+", type=int, default=[10, 1_000], metavar="COUNT", help=counts)
    given = parser.parse_args()
    chosen = Options(given.seconds, given.rounds, given.only, given.without, given.svg, given.collections)
    asyncio.run(main(given.suites, chosen))
