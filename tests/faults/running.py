"""`janua serve` as a process, and clients of it that count what they got and what they lost."""

import asyncio
import contextlib
import os
import socket
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

START_SECONDS = 120.0


@dataclass
class Served:
    """A running server."""

    process: asyncio.subprocess.Process
    port: int


@contextlib.asynccontextmanager
async def janua_serve(dsn: str, *options: str, **environment: str) -> AsyncGenerator[Served]:
    """Run it while the block runs; it answers `/readyz` when the block begins."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "janua", "serve", "--port", str(port), *options),
        env=os.environ | {"JANUA_DATABASE__DSN": dsn} | environment,
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            while await status(port, "/readyz") != 200:  # noqa: ASYNC110 -- another process tells no event
                await asyncio.sleep(0.1)
        yield Served(process, port)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def workers(served: Served) -> list[int]:
    """Return the process ids of the workers of `janua serve --workers N`."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text().split()
    return [int(each) for each in children if b"spawn_main" in Path(f"/proc/{each}/cmdline").read_bytes()]


async def status(port: int, path: str) -> int:
    """Return the status of one answer, 0 when there is none."""
    try:
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                head = await reader.readline()
            finally:
                writer.close()
            return int(head.split()[1]) if head else 0
    except (OSError, TimeoutError):
        return 0


async def wait_until(holds: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Return when a condition holds that another process brings about and tells no event of."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 -- another process tells no event
            await asyncio.sleep(0.02)


@dataclass
class Load:
    """Clients that send one request after another on connections they keep; statuses and losses are counted.

    A connection that the server closes after an answer is replaced. One that it closes on a request is a loss.
    """

    port: int
    request: bytes
    clients: int = 8
    statuses: Counter[int] = field(default_factory=Counter[int])
    lost: list[str] = field(default_factory=list[str])
    refused: int = 0
    _stopped: bool = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator["Load"]:
        """Send while the block runs."""
        tasks = [asyncio.create_task(self._client()) for _ in range(self.clients)]
        try:
            yield self
        finally:
            self._stopped = True
            await asyncio.gather(*tasks)

    async def _client(self) -> None:
        while not self._stopped:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                self.refused += 1
                await asyncio.sleep(0.01)
                continue
            with contextlib.suppress(OSError):
                await self._converse(reader, writer)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not self._stopped:
            try:
                writer.write(self.request)
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
            except (OSError, asyncio.IncompleteReadError) as error:
                self.lost.append(repr(error))
                return
            self.statuses[int(head[9:12])] += 1
            if b"connection: close" in head.lower():
                return
