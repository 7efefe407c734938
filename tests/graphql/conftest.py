"""GraphQL over HTTP without a database: `http` is a client of a server with the engine `engine`.

And with one: `reading` asks the application's own engine.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest

from janua.config import Settings
from tests.graphql.engine import SmallEngine, serving_engine
from tests.graphql.reading import Reading, reading_of


@dataclass(frozen=True)
class Served:
    """A server for a whole module of tests."""

    address: str
    engine: SmallEngine


@pytest.fixture(scope="module")
async def served(anyio_backend: str) -> AsyncGenerator[Served]:
    settings = Settings()
    engine = SmallEngine(settings)
    async with serving_engine(settings, engine) as address:
        yield Served(address, engine)


@pytest.fixture
def engine(served: Served) -> SmallEngine:
    """The engine, which remembers nothing of other tests."""
    served.engine.forget()
    return served.engine


@pytest.fixture
async def http(served: Served, engine: SmallEngine) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=served.address, timeout=30) as client:
        yield client


@pytest.fixture
async def reading(settings: Settings) -> AsyncGenerator[Reading]:
    async with reading_of(settings) as opened:
        yield opened
