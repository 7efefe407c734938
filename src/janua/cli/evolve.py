"""`evolve`: bring the stored records of a collection to a new schema by steps, with a progress bar.

Start at `evolve`. The work itself is done in the background, here or in a server on the same database; whoever leaves
with Ctrl-C finds it done, or goes on with `--resume`.
"""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, assert_never, cast

from janua.cli.opening import opened
from janua.cli.places import Place
from janua.cli.reports import note_refusal, print_report
from janua.cli.schema_files import read_file
from janua.cli.terminal import note, print_json, print_line, progress
from janua.errors import IncompatibleSchema, InvalidRequest, InvalidSchema, InvalidSteps
from janua.gateway import evolutions
from janua.gateway.answers import Evolution, Preview, Registration
from janua.gateway.evolver import evolving
from janua.gateway.gateway import Gateway
from janua.model.collection import Schema
from janua.model.json import dumps
from janua.model.types import Json
from janua.registry.document import Limits
from janua.registry.steps import read_evolution

LOOK_SECONDS = 0.2
SHOWN = 100  # characters of a document that a line shows

Verb = Literal["status", "pause", "resume", "abort"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options asked for: a file to begin with, or a verb."""

    file: Path | None
    verbs: tuple[Verb, ...]
    dry_run: bool

    def check(self) -> None:
        """Refuse options that contradict each other. Raises: `InvalidRequest`."""
        if (self.file is None) == (not self.verbs) or len(self.verbs) > 1:
            raise InvalidRequest("give either a FILE with the schema and the steps, or one of --status, --pause, …")
        if self.dry_run and self.file is None:
            raise InvalidRequest("--dry-run needs a FILE with the schema and the steps")


async def evolve(place: Place, collection: str, wish: Wish, *, as_json: bool) -> int:
    """Begin an evolution and wait until it is done, or do what the verb says; return 1 unless that worked.

    Raises: `InvalidSteps`, `InvalidSchema`, `EvolutionConflict`, `UnknownEvolution`, `IncompatibleSchema`.
    """
    wish.check()
    async with opened(place) as gateway:
        if wish.file is None:
            return await _obey(gateway, collection, wish.verbs[0], as_json=as_json)
        with _telling():
            schema, steps = _read(wish.file, gateway.document_limits)
            if wish.dry_run:
                found = await evolutions.preview(gateway, collection, schema, steps)
                return _show_preview(found, as_json=as_json)
            await evolutions.begin(gateway, collection, schema, steps)
        return await _followed(gateway, collection, as_json=as_json)


async def _obey(gateway: Gateway, collection: str, verb: Verb, *, as_json: bool) -> int:
    found = await evolutions.status(gateway, collection)
    match verb:
        case "status":
            _show(found, as_json=as_json)
            return 0
        case "resume":
            if found.state != "running":
                await evolutions.change(gateway, collection, "resume")
            return await _followed(gateway, collection, as_json=as_json)
        case "pause" | "abort":
            _show(await evolutions.change(gateway, collection, verb), as_json=as_json)
            return 0
        case _:
            assert_never(verb)


async def _followed(gateway: Gateway, collection: str, *, as_json: bool) -> int:
    """Work, or watch another process work, until the evolution runs no more."""
    found = await evolutions.status(gateway, collection)
    try:
        async with evolving(gateway):
            with progress(f"evolving {collection}", found.records.total, quiet=as_json) as moved:
                while (found := await evolutions.wait(gateway, collection, LOOK_SECONDS)).state == "running":
                    moved(found.records.checked)
    except asyncio.CancelledError:
        note(f"it goes on in a server on this database, or with `janua evolve {collection} --resume`")
        raise
    _show(found, as_json=as_json)
    return 0 if found.state == "done" else 1


def _read(file: Path, limits: Limits) -> tuple[Schema, Json]:
    """Return the schema and the steps of a file; its schema may be the name of a schema file beside it."""
    found = read_file(file, limits)
    if isinstance(found, Mapping) and isinstance(named := found.get("schema"), str):
        found = {**found, "schema": cast(Json, read_file(file.parent / named, limits))}
    return read_evolution(found)


@contextmanager
def _telling() -> Generator[None]:
    """Tell all that is wrong with what was given; the first reason is told by the error itself."""
    try:
        yield
    except (InvalidSteps, InvalidSchema) as error:
        for each in error.violations[1:]:
            note(f"  {each.pointer or '/'}: {each.message}")
        raise
    except IncompatibleSchema as error:
        note_refusal(error)
        raise


def _show(found: Evolution, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    records = found.records
    versions = f"schema version {found.from_version} to {found.to_version}"
    counted = f"{records.checked} of {records.total} records seen, {records.changed} change, {records.invalid} cannot"
    if found.state == "done":
        counted = f"{records.changed} of {records.checked} records changed"
    print_line(f"{found.collection}: {found.state}, {versions}; {counted}")
    for each in records.samples:
        print_line(_complaint(found.collection, each))
    if found.reason is not None:
        note(f"{found.reason} (`janua evolve {found.collection} --resume`), or abort it (--abort)")


def _show_preview(found: Preview, *, as_json: bool) -> int:
    """Print what an evolution would do; return 1 when it would be refused."""
    refused = found.report.verdict != "compatible"
    if as_json:
        print_json(found)
        return int(refused)
    records, evolved = found.report.records, found.evolved
    print_line(
        f"{found.collection}: to schema version {found.version}, {evolved.changed} of {records.checked} records would "
        f"change, {records.invalid} cannot"
    )
    for each in evolved.samples:
        print_line(f"  {each['id']}: {_short(each['before'])} -> {_short(each['after'])}")
    for each in records.samples:
        print_line(_complaint(found.collection, each))
    as_registration = Registration(
        found.collection, found.version, "", changed=True, created=False, report=found.report
    )
    print_report(as_registration)
    return int(refused)


def _complaint(collection: str, sample: Mapping[str, Any]) -> str:
    first = sample["violations"][0]
    return f"! {collection} {sample['id']} at {first['pointer'] or 'the root'}: {first['message']}"


def _short(document: Json) -> str:
    text = dumps(document)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
