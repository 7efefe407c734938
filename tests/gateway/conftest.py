"""A gateway on a database of the test's own, and the library's collections in it."""

from collections.abc import AsyncGenerator

import pytest

from janua.config import Settings
from janua.gateway import schemas
from janua.gateway.gateway import Gateway, open_gateway
from tests.gateway.builders import AUTHORS, BOOKS


@pytest.fixture
async def gateway(settings: Settings) -> AsyncGenerator[Gateway]:
    async with open_gateway(settings, name="test") as opened:
        yield opened


@pytest.fixture
async def library(gateway: Gateway) -> Gateway:
    """A gateway with the collections `authors` and `books`."""
    await schemas.register_many(gateway, {"authors": AUTHORS, "books": BOOKS})
    return gateway
