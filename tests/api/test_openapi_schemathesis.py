"""schemathesis, with all its checks, finds nothing in what the OpenAPI documents of the example schemas say."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("library")]

HERE = Path(__file__).parent
QUICK = ("--phases", "fuzzing,stateful", "--max-examples", "8")
THOROUGH = ("--phases", "coverage,fuzzing,stateful", "--max-examples", "25")


async def findings(directory: Path, document: str, *options: str) -> str:
    """Return what schemathesis says when it finds something; nothing otherwise."""
    configured = ("--config-file", str(HERE / "schemathesis.toml"))
    fixed = ("--checks", "all", "--seed", "1", "--no-shrink", "--continue-on-failure", "--warnings", "off")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", *configured, "run", document, *fixed, *options),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Nothing of ours runs in that process: to trace it for coverage would only make it slow.
        env={name: each for name, each in os.environ.items() if not name.startswith("COV")}
        | {"SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": str(HERE)},
    )
    output, _ = await process.communicate()
    return output.decode() if process.returncode else ""


async def test_nothing_is_found_in_one_collection(served: str, tmp_path: Path) -> None:
    found = await findings(tmp_path, f"{served}/openapi/books.json", *QUICK)
    assert not found, found


async def test_nothing_is_found_in_the_registry_and_the_generic_collection(served: str, tmp_path: Path) -> None:
    generic = ("--include-path-regex", "^/(registry|records|livez|readyz)")
    found = await findings(tmp_path, f"{served}/openapi.json", *generic, *QUICK)
    assert not found, found


@pytest.mark.slow
async def test_nothing_is_found_by_looking_longer(served: str, tmp_path: Path) -> None:
    found = await findings(tmp_path, f"{served}/openapi/books.json", *THOROUGH)
    assert not found, found
