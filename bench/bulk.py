"""An import of 100,000 documents, validated and indexed, against plain COPY of the same documents.

In: a database. Out: a table. Start at `measure_bulk`. The plain table has the columns, the indexes and the foreign key
of the collection, and the documents are copied into it as they come, in one transaction; both tables are emptied before
each turn. Each measurement is a connection that is there, from the first byte sent to the commit.
"""

import json
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import asyncpg

from bench import library
from bench.report import say, table
from bench.requests import Options
from janua.config import load_settings
from janua.gateway import transfer
from janua.gateway.gateway import Gateway, open_gateway

CHUNK = 64 * 1024
CREATE_PLAIN = """CREATE TABLE collections.plain (LIKE collections.books INCLUDING ALL);
ALTER TABLE collections.plain ADD FOREIGN KEY (author_id) REFERENCES collections.authors;
ALTER TABLE collections.plain ALTER id SET DEFAULT gen_random_uuid(), ALTER schema_version SET DEFAULT 1"""


async def measure_bulk(dsn: str, options: Options) -> None:
    """Print documents per second of both, and the ratio."""
    documents = [json.dumps(book).encode() for _, book in library.books()]
    rounds = min(options.rounds, 5)
    async with open_gateway(load_settings().with_dsn(dsn), name="bench") as gateway:
        await library.register(gateway)
        await transfer.import_documents(gateway, "authors", library.lines(library.authors()), records=True)
        plain = await asyncpg.connect(dsn)
        try:
            await plain.execute(CREATE_PLAIN)
            ways: dict[str, Callable[[], Awaitable[None]]] = {
                "COPY": lambda: copy(plain, documents),
                "import": lambda: imported(gateway, documents),
            }
            taken: dict[str, list[float]] = {name: [] for name in ways}
            for _ in range(rounds):
                for name, way in ways.items():
                    # `reviews` refer to books.
                    await plain.execute("TRUNCATE collections.plain, collections.books, collections.reviews")
                    await plain.execute("CHECKPOINT")
                    start = time.perf_counter()
                    await way()
                    taken[name].append(time.perf_counter() - start)
        finally:
            await plain.close()
    ratio = statistics.median(copied / ours for copied, ours in zip(taken["COPY"], taken["import"], strict=True))
    rates = {name: len(documents) / statistics.median(each) for name, each in taken.items()}
    say(f"\n{len(documents)} documents\n")
    say(table(["", "documents a second", "ratio"], [
        ["plain COPY", f"{rates['COPY']:.0f}", "1.00"],
        ["import", f"{rates['import']:.0f}", f"{ratio:.2f}"],
    ]))  # fmt: skip


async def copy(connection: asyncpg.Connection, documents: Sequence[bytes]) -> None:
    """Copy the documents into the plain table."""

    async def lines() -> AsyncGenerator[bytes]:
        async for chunk in chunks(documents):
            yield chunk.replace(b"\\", b"\\\\")

    await connection.copy_to_table(
        "plain", schema_name="collections", columns=["data"], source=lines(), format="text", timeout=600
    )


async def imported(gateway: Gateway, documents: Sequence[bytes]) -> None:
    """Import the documents into the collection."""
    report = await transfer.import_documents(gateway, "books", chunks(documents))
    if report.imported != len(documents):
        raise RuntimeError(f"{report.imported} were imported")


async def chunks(documents: Sequence[bytes]) -> AsyncGenerator[bytes]:
    """Yield the documents as lines, as a request's body comes in."""
    text = b"\n".join(documents) + b"\n"
    for start in range(0, len(text), CHUNK):
        yield text[start : start + CHUNK]
