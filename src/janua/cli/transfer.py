"""`import` and `export`: documents between files and collections, with a progress bar.

Start at `import_file`. What `export` writes, `import` reads, every digit of it.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl

from janua.cli.formats import STANDARD, Format, chunks_of, format_of, lines_of_table, told, writing
from janua.cli.opening import opened
from janua.cli.places import Place
from janua.cli.terminal import note, print_json, print_line, progress
from janua.errors import ImportRejected
from janua.gateway import transfer
from janua.gateway.answers import ImportReport
from janua.gateway.gateway import Gateway
from janua.query.ast import RawFilter
from janua.query.parse import parse_short, parse_where

LISTED = 20  # rejections that a person is shown


@dataclass(frozen=True, slots=True)
class Taken:
    """How documents are taken in: the options of `import` that the gateway or the reader knows."""

    records: bool = False
    on_error: Literal["abort", "skip"] = "abort"
    on_conflict: str | None = None
    table: str | None = None


async def import_file(
    place: Place, collection: str, file: Path, format: Format | None, taken: Taken, *, as_json: bool
) -> None:
    """Import the documents of a file, in one transaction, and say how many.

    Raises: `ImportRejected` with the first document that cannot be taken, unless those are skipped.
    """
    form = format_of(file, format)
    size = file.stat().st_size if form != "sqlite" and file != STANDARD else None
    async with opened(place) as gateway:
        with progress(f"importing {collection}", size, quiet=as_json, size=size is not None) as moved:
            report = await imported(gateway, collection, file, form, taken, moved)
    if as_json:
        print_json(report)
    else:
        print_report(report)


async def imported(
    gateway: Gateway,
    collection: str,
    file: Path,
    format: Format | None,
    taken: Taken,
    moved: Callable[[int], None],
) -> ImportReport:
    """Import a file's documents; of the one that stops it, all violations are told, the first by the error itself."""
    counted = moved if format == "sqlite" else None
    async with aclosing(source_of(file, collection, format, taken, moved)) as lines:
        format, source = (format, lines) if format else await told(lines)
        try:
            return await transfer.import_documents(
                gateway,
                collection,
                source,
                shape="array" if format == "json" else "ndjson",
                on_error=taken.on_error,
                on_conflict=taken.on_conflict,
                records=taken.records,
                progress=counted,
            )
        except ImportRejected as error:
            for each in error.violations[1:]:
                note(f"  line {error.line}, at {each.pointer or 'the root'}: {each.message}")
            raise


def source_of(
    file: Path, collection: str, format: Format | None, taken: Taken, moved: Callable[[int], None]
) -> AsyncGenerator[bytes]:
    """Return the bytes of a file; a table as lines."""
    if format == "sqlite":
        return lines_of_table(file, taken.table, collection, records=taken.records)
    return chunks_of(file, moved)


def print_report(report: ImportReport) -> None:
    """Print what an import did."""
    for each in report.rejections[:LISTED]:
        note(f"  line {each.line}: {each.message}")
    if report.rejected > LISTED:
        note(f"  … and {report.rejected - LISTED} more; --json lists them")
    print_line(f"imported {report.imported}, updated {report.updated}, rejected {report.rejected}")


async def export_file(
    place: Place,
    collection: str,
    file: Path,
    format: Format | None,
    *,
    where: str | None,
    records: bool,
    as_json: bool,
) -> None:
    """Export the records that match, in order of id, from one snapshot.

    Raises: `UnknownCollection`, `UnknownField` and what else is wrong with a filter.
    """
    form = format_of(file, format) or "ndjson"
    filters, short = read_where(where)
    done = 0
    async with opened(place) as gateway:
        gateway.live.catalog.collection(collection)
        chunks = transfer.export(gateway, collection, where=filters, short=short, records=records or form == "sqlite")
        quiet = as_json or file == STANDARD
        async with aclosing(chunks):
            with (
                progress(f"exporting {collection}", None, quiet=quiet) as moved,
                writing(file, form, collection) as write,
            ):
                async for lines in lines_in(chunks):
                    write(lines)
                    done += len(lines)
                    moved(done)
    if file == STANDARD:
        return
    if as_json:
        print_json({"collection": collection, "file": str(file), "exported": done})
    else:
        print_line(f"exported {done} records to {file}")


async def lines_in(chunks: AsyncIterator[bytes]) -> AsyncGenerator[list[bytes]]:
    """Yield the complete lines of each chunk, without their ends."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


def read_where(text: str | None) -> tuple[RawFilter | None, RawFilter | None]:
    """Return the filter of `--where`, which is JSON or in the short form: `price[gte]=10&in_stock=true`.

    Raises: `InvalidQuery`.
    """
    if text is None:
        return None, None
    if text.lstrip().startswith("{") or "=" not in text:
        return parse_where(text), None
    return None, parse_short(parse_qsl(text, keep_blank_values=True))
