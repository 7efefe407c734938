"""A real server in the test's own event loop, on a free port."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import uvicorn

from janua.api.protocol import ServerConfig

SCHEMAS = Path(__file__).parents[2] / "schemas"


class QuietServer(uvicorn.Server):
    """A server that leaves signals to pytest."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(config: ServerConfig) -> AsyncGenerator[str]:
    """Run a server while the block runs; return its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
