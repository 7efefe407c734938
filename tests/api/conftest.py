"""A real server on a real database: `served` is its address, `http` a client of it.

The server runs in the test's own event loop, so that a test can look at its gateway too.
"""

import json
from collections.abc import AsyncGenerator

import httpx
import pytest

from janua.app import server_config
from janua.config import Settings
from janua.gateway.gateway import Gateway, open_gateway
from janua.gateway.schemas import register_many
from tests.api.serving import SCHEMAS, serving


@pytest.fixture
async def gateway(settings: Settings) -> AsyncGenerator[Gateway]:
    async with open_gateway(settings, name="test") as opened:
        yield opened


@pytest.fixture
async def served(settings: Settings, gateway: Gateway) -> AsyncGenerator[str]:
    async with serving(server_config(settings, dev=True, gateway=gateway)) as address:
        yield address


@pytest.fixture
async def http(served: str) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served, timeout=30) as client:
        yield client


@pytest.fixture
async def library(gateway: Gateway) -> None:
    """The example schemas are registered."""
    names = ("authors", "books", "reviews")
    documents = {name: json.loads((SCHEMAS / f"{name}.json").read_text()) for name in names}
    await register_many(gateway, documents)
