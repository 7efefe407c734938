"""A server of the API on a database that things happen to."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest

from tests.api.conftest import gateway, http, library, served

__all__ = ["gateway", "http", "library", "served"]


@pytest.fixture(autouse=True)
async def nobody_waits_for_a_copy_that_was_cut(anyio_backend: str) -> AsyncGenerator[None]:
    """Hear nothing of what asyncpg leaves behind when a connection is cut in the middle of a COPY.

    It raises at once, and forgets the future that learns of the cut later; the event loop complains of that.
    """
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        cut = isinstance(context.get("exception"), asyncpg.ConnectionDoesNotExistError)
        if before is not None and not (cut and "never retrieved" in context["message"]):
            before(loop, context)

    loop.set_exception_handler(handle)
    yield
    gc.collect()
    loop.set_exception_handler(before)
