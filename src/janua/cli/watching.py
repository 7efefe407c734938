"""Apply the schema files of a directory, and again those that are saved while `janua dev` runs.

A file that cannot be applied is told and does not keep the others, or the server, from working; it is tried again
with the next file that is saved, because it may relate to that one. Start at `watching`.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import watchfiles

from janua.cli.schema_files import collection_of, is_schema, read_file, schema_files
from janua.cli.terminal import print_line
from janua.errors import IncompatibleSchema, InvalidSchema, JanuaError
from janua.gateway import schemas
from janua.gateway.answers import Registration
from janua.gateway.gateway import Gateway
from janua.model.collection import Schema

APPEARANCE = 1.0  # seconds between looks for a directory that is not there yet


@dataclass
class Desk:
    """The schemas of a directory on their way into the registry; `pending` are those that could not be registered."""

    gateway: Gateway
    pending: dict[str, Schema] = field(default_factory=dict[str, Schema])

    async def take(self, files: Sequence[Path]) -> None:
        """Register these files, and what is pending; say what became of each."""
        for file in files:
            try:
                self.pending[collection_of(file)] = read_file(file, self.gateway.document_limits)
            except JanuaError as error:
                self.pending.pop(collection_of(file), None)
                print_line(f"  refused    {error}")
        registrations, refusals = await register_what_holds(self.gateway, self.pending)
        for each in registrations:
            state = "unchanged" if not each.changed else "new" if each.created else "changed"
            print_line(f"  {state:10} {each.collection}, schema version {each.version}")
        for name, error in refusals.items():
            print_line(f"  refused    {name}: {error}")
            for reason in more_reasons(error):
                print_line(f"             {reason}")
        self.pending = {name: self.pending[name] for name in refusals}


async def register_what_holds(
    gateway: Gateway, documents: Mapping[str, Schema]
) -> tuple[Sequence[Registration], Mapping[str, JanuaError]]:
    """Register all documents together or, if that fails, each that can be; return what became of them."""
    if not documents:
        return (), {}
    with contextlib.suppress(JanuaError):
        return await schemas.register_many(gateway, documents), {}
    registrations: list[Registration] = []
    refusals: dict[str, JanuaError] = {}
    rest = dict(documents)
    while rest:
        refusals = {}
        for name, document in rest.items():
            try:
                registrations += await schemas.register_many(gateway, {name: document})
            except JanuaError as error:
                refusals[name] = error
        if len(refusals) == len(rest):
            break  # none of them was waiting for another
        rest = {name: rest[name] for name in refusals}
    return registrations, refusals


def more_reasons(error: JanuaError) -> Sequence[str]:
    """Return the reasons beyond the first, which the error itself tells."""
    match error:
        case InvalidSchema():
            return [f"at {each.pointer or 'the root'}: {each.message}" for each in error.violations[1:]]
        case IncompatibleSchema():
            return [str(each["message"]) for each in (error.report.get("incompatibilities") or ())[1:]]
        case _:
            return ()


@asynccontextmanager
async def watching(gateway: Gateway, directory: Path) -> AsyncGenerator[None]:
    """Apply the schema files of a directory now, and again while the block runs whenever one is saved."""
    desk = Desk(gateway)
    if directory.is_dir():
        await desk.take(schema_files([directory]))
    else:
        print_line(f"  no directory {directory}: put a schema there as books.json, or register one over REST")
    task = asyncio.create_task(follow(desk, directory))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def follow(desk: Desk, directory: Path) -> None:
    """Take every schema file that is saved in the directory, which may appear later."""
    if not directory.is_dir():
        while not directory.is_dir():  # noqa: ASYNC110 -- nobody tells when a directory appears
            await asyncio.sleep(APPEARANCE)
        await desk.take(schema_files([directory]))
    async for changes in watchfiles.awatch(  # pyright: ignore[reportUnknownMemberType] -- has no types for its filter
        directory, recursive=False, raise_interrupt=False
    ):
        saved = sorted({Path(path) for _, path in changes if is_schema(Path(path))})
        if not saved:
            continue
        try:
            await desk.take(saved)
        except JanuaError as error:  # the database is away: the next save tries again
            print_line(f"  not applied: {error}")
