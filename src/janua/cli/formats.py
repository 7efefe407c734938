"""Files of documents: NDJSON, a JSON array, an SQLite table; both ways, in constant memory.

`chunks_of` reads the two texts, `lines_of_table` an SQLite table as NDJSON, `writing` writes all three, so that the
old file stays until the new one is complete. A format is told by the file's name.
"""

import asyncio
import itertools
import math
import os
import sqlite3
import sys
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Literal, assert_never, cast

from janua.errors import InvalidRequest, MalformedDocument
from janua.model.json import dumps, loads
from janua.model.types import Json

Format = Literal["ndjson", "json", "sqlite"]
Write = Callable[[Sequence[bytes]], None]
"""Takes some more lines, each a JSON document without its line end."""

SUFFIXES: dict[str, Format] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "json",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
STANDARD = Path("-")
CHUNK = 256 * 1024  # bytes read at once
ROWS = 1000  # rows of SQLite read at once
EXPORTED = ("id", "data", "version", "schema_version", "created_at", "updated_at")
"""The columns of a table that `export` wrote: `data` is a document's JSON text."""


def format_of(file: Path, asked: Format | None) -> Format | None:
    """Return what a file is, None for standard input or output when nobody said.

    Raises: `InvalidRequest` for a name that tells nothing.
    """
    found = asked or SUFFIXES.get(file.suffix.lower())
    if found is None and file != STANDARD:
        strange = f"{file.suffix[1:].upper()} is not taken; " if file.suffix else ""
        raise InvalidRequest(f"{file}: {strange}end its name in .ndjson, .json or .sqlite, or say --format")
    return found


async def chunks_of(file: Path, moved: Callable[[int], None]) -> AsyncGenerator[bytes]:
    """Yield the bytes of a file or of standard input; `moved` is told how many so far."""
    if file == STANDARD:
        source, done = sys.stdin.buffer, 0
        # One read may return less: a person types, a program pauses.
        while chunk := await asyncio.to_thread(cast("Callable[[int], bytes]", getattr(source, "read1")), CHUNK):  # noqa: B009 -- typed IO lacks it
            done += len(chunk)
            moved(done)
            yield chunk
        return
    with opened(file) as source:
        done = 0
        while chunk := await asyncio.to_thread(source.read, CHUNK):
            done += len(chunk)
            moved(done)
            yield chunk


@contextmanager
def opened(file: Path) -> Generator[BinaryIO]:
    """Open a file to read."""
    with file.open("rb") as source:
        yield source


async def told(chunks: AsyncGenerator[bytes]) -> tuple[Format, AsyncGenerator[bytes]]:
    """Return whether a text is an array or lines, by its first character, and all of its chunks."""
    first = b""
    async for chunk in chunks:
        first += chunk
        if first.strip():
            break

    async def all_of() -> AsyncGenerator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return ("json" if first.lstrip().startswith(b"[") else "ndjson"), all_of()


# --- SQLite, reading -----------------------------------------------------------------------------------------


async def lines_of_table(file: Path, table: str | None, collection: str, *, records: bool) -> AsyncGenerator[bytes]:
    """Yield the rows of a table as NDJSON: what `export` wrote as it was, other tables as objects of their columns.

    Without `table` it is the one named like the collection, or the only one.
    Raises: `InvalidRequest` when there is no such table, `MalformedDocument` for what JSON cannot hold.
    """
    if not file.is_file():
        raise InvalidRequest(f"there is no file {file}")
    uri = f"{file.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as database:
        try:
            cursor, form = selected(database, table_of(database, table, collection, file), records=records)
            while rows := await asyncio.to_thread(cursor.fetchmany, ROWS):
                yield b"".join(form(row) + b"\n" for row in rows)
        except sqlite3.DatabaseError as error:
            raise MalformedDocument(f"{file} cannot be read as SQLite: {error}") from error


def table_of(database: sqlite3.Connection, table: str | None, collection: str, file: Path) -> str:
    """Return the table to read."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    found = [str(name) for (name,) in tables]
    wanted = table or (collection if collection in found or len(found) != 1 else found[0])
    if wanted not in found:
        raise InvalidRequest(f"{file} has no table {wanted}; name one by --table: {', '.join(found) or 'it has none'}")
    return wanted


def selected(
    database: sqlite3.Connection, table: str, *, records: bool
) -> tuple[sqlite3.Cursor, Callable[[tuple[object, ...]], bytes]]:
    """Return the rows of a table, and how to make a line of one."""
    name = quoted(table)
    columns = {str(each[1]): str(each[2]).upper() for each in database.execute(f"PRAGMA table_info({name})")}
    if not set(EXPORTED) <= set(columns):
        rows = database.execute(f"SELECT * FROM {name}")  # noqa: S608 -- the name is quoted
        return rows, lambda row: line_of(dict(zip(columns, row, strict=True)), columns)
    rows = database.execute(f"SELECT id, data FROM {name} ORDER BY id")  # noqa: S608 -- as above
    if records:
        return rows, lambda row: f'{{"id":{dumps(str(row[0]))},"data":{row[1]}}}'.encode()
    return rows, lambda row: str(row[1]).encode()


def quoted(name: str) -> str:
    """Return an identifier of SQLite."""
    return '"' + name.replace('"', '""') + '"'


def line_of(row: dict[str, object], columns: dict[str, str]) -> bytes:
    """Return a row as a JSON object without its empty columns; declared types tell booleans and JSON."""
    members = {name: member(value, columns[name], name) for name, value in row.items() if value is not None}
    return dumps(cast("Json", members)).encode()


def member(value: object, declared: str, name: str) -> Json:
    """Return the JSON value of a column.

    Raises: `MalformedDocument` for bytes and infinities.
    """
    match value:
        case int() if declared.startswith("BOOL"):
            return value != 0
        case str() if declared.startswith("JSON"):
            try:
                return loads(value)
            except ValueError as error:
                raise MalformedDocument(f"column {name} holds what is not JSON: {error}") from error
        case float() if not math.isfinite(value):
            raise MalformedDocument(f"column {name} holds {value}, which JSON cannot")
        case int() | float() | str():
            return value
        case _:
            raise MalformedDocument(f"column {name} holds binary data, which JSON cannot")


# --- writing -------------------------------------------------------------------------------------------------


@contextmanager
def writing(file: Path, format: Format, table: str) -> Generator[Write]:
    """Write a file by lines; one of this name is replaced at the end, or stays as it is when the block fails."""
    if file == STANDARD:
        with layout(sys.stdout.buffer, format) as write:
            yield write
        sys.stdout.buffer.flush()
        return
    with replacing(file) as temporary:
        if format == "sqlite":
            with filling(temporary, table) as write:
                yield write
        else:
            with temporary.open("wb") as target, layout(target, format) as write:
                yield write


@contextmanager
def replacing(file: Path) -> Generator[Path]:
    """Give a temporary file beside this one, which takes its place when the block is done, or goes when it fails."""
    try:
        descriptor, name = tempfile.mkstemp(dir=file.absolute().parent, prefix=f".{file.name}.")
    except OSError as error:
        # Of the file that was asked for: the temporary one means nothing to who reads this.
        raise OSError(error.errno, error.strerror, str(file)) from None
    os.close(descriptor)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(file.stat().st_mode & 0o777 if file.exists() else 0o666 & ~umask())
        temporary.replace(file)
        sync_directory(file.absolute().parent)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def umask() -> int:
    """Return the mask of new files, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sync_directory(directory: Path) -> None:
    """Make the new name itself survive a crash."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def layout(target: BinaryIO, format: Format) -> Generator[Write]:
    """Write lines as they are, or as the elements of an array.

    Raises: `InvalidRequest` for SQLite, which needs a file.
    """
    match format:
        case "ndjson":
            yield lambda lines: write_all(target, b"".join(each + b"\n" for each in lines))
        case "json":
            separators = itertools.chain([b"[\n"], itertools.repeat(b",\n"))
            yield lambda lines: write_all(target, b"".join(next(separators) + each for each in lines))
            write_all(target, b"[]\n" if next(separators) == b"[\n" else b"\n]\n")
        case "sqlite":
            raise InvalidRequest("SQLite cannot be written to standard output; name a file")
        case _:
            assert_never(format)


def write_all(target: BinaryIO, text: bytes) -> None:
    """Write some bytes."""
    target.write(text)


@contextmanager
def filling(file: Path, table: str) -> Generator[Write]:
    """Fill a table of a new SQLite file with whole records, one a row."""
    name = quoted(table)
    with closing(sqlite3.connect(file)) as database:
        database.execute(
            f"CREATE TABLE {name} (id TEXT PRIMARY KEY, data TEXT NOT NULL, version INTEGER NOT NULL, "
            "schema_version INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL) WITHOUT ROWID"
        )
        statement = f"INSERT INTO {name} VALUES ({', '.join('?' * len(EXPORTED))})"  # noqa: S608 -- the name is quoted
        yield lambda lines: cast("None", database.executemany(statement, map(row_of, lines)))
        database.commit()


def row_of(line: bytes) -> list[object]:
    """Return the columns of one whole record."""
    record = loads(line)
    if not isinstance(record, dict):
        raise TypeError("a line of an export is an object")
    return [dumps(record[each]) if each == "data" else record[each] for each in EXPORTED]
