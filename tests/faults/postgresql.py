"""A PostgreSQL of a test's own, to be stopped, killed and filled up, and a way to it that can be cut."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import asyncpg

from janua.storage import embedded, migrations

BACK_SECONDS = 30.0
SETTLED_SECONDS = 2.5  # the keeper takes a server that lived for less as one that cannot start


class Postgresql:
    """A running server; whatever ends it, its keeper starts it again at the same address."""

    def __init__(self, dsn: str, directory: Path) -> None:
        self.dsn = dsn
        self._directory = directory

    @property
    def process(self) -> int:
        return int((self._directory / "postgres" / "postmaster.pid").read_text().split()[0])

    async def restart(self, how: signal.Signals) -> float:
        """End it: SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL a crash. Return when it was back."""
        before = self.process
        os.kill(before, how)
        async with asyncio.timeout(BACK_SECONDS):
            while True:
                with contextlib.suppress(OSError, asyncpg.PostgresError, IndexError, ValueError):
                    connection = await asyncpg.connect(self.dsn, timeout=2)
                    await connection.close()
                    if self.process != before:
                        return time.monotonic()
                await asyncio.sleep(0.02)

    async def administer(self, statement: str) -> None:
        connection = await asyncpg.connect(self.dsn)
        await connection.execute(statement)
        await connection.close()


@contextlib.asynccontextmanager
async def postgresql(directory: Path) -> AsyncGenerator[Postgresql]:
    """Run a migrated server while the block runs."""
    async with embedded.running(directory) as server:
        await migrations.migrate(server.dsn)
        yield Postgresql(server.dsn, directory)


class Cutter:
    """A way to a database that counts the bytes of each connection, both ways, and cuts it at the one it is told."""

    def __init__(self, dsn: str) -> None:
        self._to = urlsplit(dsn)
        self._limit: int | None = None
        self._every = False
        self._passed: dict[asyncio.StreamWriter, int] = {}
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def dsn(self) -> str:
        return self._to.geturl().replace(f":{self._to.port}/", f":{self._port}/")

    def cut_after(self, count: int | None, *, every: bool = False) -> None:
        """From now on cut the first connection, or every one, at this byte of its own; None: none."""
        self._limit, self._every = count, every
        self._passed.clear()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self._port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._cut()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        self._writers |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer, writer), self._pump(far_reader, writer, writer))
        far_writer.close()
        writer.close()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: asyncio.StreamWriter
    ) -> None:
        """Carry bytes one way until the end, or until the connection, known by its near writer, has carried enough."""
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                limit, passed = self._limit, self._passed.get(connection, 0)
                self._passed[connection] = passed + len(data)
                if limit is not None and passed + len(data) >= limit:
                    if not self._every:
                        self._limit = None
                    writer.write(data[: max(0, limit - passed)])
                    await writer.drain()
                    break
                writer.write(data)
                await writer.drain()
        writer.close()

    def _cut(self) -> None:
        for each in self._writers:
            each.close()
        self._writers.clear()
