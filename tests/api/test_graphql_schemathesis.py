"""schemathesis, with all its checks, finds nothing in the GraphQL schemas of the example schemas and of random ones.

What a client does wrong is an error with a code of the client's (see `schemathesis_graphql_hooks`); that there is no
other, that every answer is one of GraphQL, and that what must be refused is refused, is looked at here.
"""

import json
import os
from pathlib import Path

import pytest

from janua.gateway.gateway import Gateway
from janua.gateway.schemas import register_many
from tests.api.random_schemas import random_schemas
from tests.api.schemathesis_runs import QUICK, graphql_findings

pytestmark = pytest.mark.anyio

BRIEF = ("--phases", "fuzzing", "--max-examples", "4")
OF_RECORDS = ("--include-name-regex", r"(?i)\..*(thing|owner|quer)")
"""Operations of a random collection, whose type may be called `Thing`, `AThing` or like `Query`."""
MANY = range(2, 2 + int(os.environ.get("JANUA_TEST_COLLECTIONS", "24")))


@pytest.mark.usefixtures("library")
async def test_nothing_is_found_in_the_examples(served: str, tmp_path: Path) -> None:
    found = await graphql_findings(tmp_path, f"{served}/graphql", *BRIEF)
    assert not found, found


@pytest.mark.slow
@pytest.mark.usefixtures("library")
async def test_nothing_is_found_in_the_examples_by_looking_longer(served: str, tmp_path: Path) -> None:
    found = await graphql_findings(tmp_path, f"{served}/graphql", *QUICK)
    assert not found, found


async def assert_nothing_is_found(served: str, gateway: Gateway, directory: Path, seed: int, *options: str) -> None:
    schemas = random_schemas(seed)
    await register_many(gateway, schemas)
    found = await graphql_findings(directory, f"{served}/graphql/things", *OF_RECORDS, *options)
    assert not found, f"{found}\n{json.dumps(schemas)}"


async def test_nothing_is_found_in_a_random_collection(served: str, gateway: Gateway, tmp_path: Path) -> None:
    await assert_nothing_is_found(served, gateway, tmp_path, 1, *BRIEF)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
async def test_nothing_is_found_in_many_random_collections(
    served: str, gateway: Gateway, tmp_path: Path, seed: int
) -> None:
    await assert_nothing_is_found(served, gateway, tmp_path, seed, *QUICK)
