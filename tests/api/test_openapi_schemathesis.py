"""schemathesis, with all its checks, finds nothing in the OpenAPI documents of the example schemas and of random ones.

A random collection in which something was found is printed; append it to `schemathesis_past.jsonl`, and it is looked at
again in every long run.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from janua.gateway.gateway import Gateway
from janua.gateway.schemas import register_many
from tests.api.random_schemas import random_schemas
from tests.api.schemathesis_runs import QUICK, THOROUGH, openapi_findings

pytestmark = pytest.mark.anyio

PAST = Path(__file__).with_name("schemathesis_past.jsonl").read_text().splitlines()
FEW = range(1, 4)
MANY = range(4, 4 + int(os.environ.get("JANUA_TEST_COLLECTIONS", "22")))
"""Seeds of the collections; with the few they are 25."""


@pytest.mark.usefixtures("library")
async def test_nothing_is_found_in_one_collection(served: str, tmp_path: Path) -> None:
    found = await openapi_findings(tmp_path, f"{served}/openapi/books.json", *QUICK)
    assert not found, found


@pytest.mark.usefixtures("library")
async def test_nothing_is_found_in_the_registry_and_the_generic_collection(served: str, tmp_path: Path) -> None:
    generic = ("--include-path-regex", "^/(registry|records|livez|readyz)")
    found = await openapi_findings(tmp_path, f"{served}/openapi.json", *generic, *QUICK)
    assert not found, found


@pytest.mark.slow
@pytest.mark.usefixtures("library")
async def test_nothing_is_found_by_looking_longer(served: str, tmp_path: Path) -> None:
    found = await openapi_findings(tmp_path, f"{served}/openapi/books.json", *THOROUGH)
    assert not found, found


async def assert_nothing_is_found(served: str, gateway: Gateway, directory: Path, schemas: dict[str, Any]) -> None:
    await register_many(gateway, schemas)
    found = await openapi_findings(directory, f"{served}/openapi/things.json", *QUICK)
    assert not found, f"{found}\nappend to schemathesis_past.jsonl:\n{json.dumps(schemas)}"


@pytest.mark.parametrize("seed", FEW)
async def test_nothing_is_found_in_a_random_collection(
    served: str, gateway: Gateway, tmp_path: Path, seed: int
) -> None:
    await assert_nothing_is_found(served, gateway, tmp_path, random_schemas(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
async def test_nothing_is_found_in_many_random_collections(
    served: str, gateway: Gateway, tmp_path: Path, seed: int
) -> None:
    await assert_nothing_is_found(served, gateway, tmp_path, random_schemas(seed))


@pytest.mark.slow
@pytest.mark.parametrize("line", PAST)
async def test_nothing_is_found_any_more(served: str, gateway: Gateway, tmp_path: Path, line: str) -> None:
    await assert_nothing_is_found(served, gateway, tmp_path, json.loads(line))
