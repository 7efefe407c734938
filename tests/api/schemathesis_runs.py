"""Runs of schemathesis, as a process of its own: `openapi_findings` and `graphql_findings` return what it says."""

import asyncio
import os
import sys
from pathlib import Path

HERE = Path(__file__).parent
QUICK = ("--phases", "fuzzing,stateful", "--max-examples", "8")
THOROUGH = ("--phases", "coverage,fuzzing,stateful", "--max-examples", "25")


async def openapi_findings(directory: Path, document: str, *options: str) -> str:
    """Return what schemathesis says when it finds something in what an OpenAPI document describes; else nothing."""
    return await _findings("schemathesis", directory, document, *options)


async def graphql_findings(directory: Path, endpoint: str, *options: str) -> str:
    """Return what schemathesis says when it finds something in what a GraphQL schema describes; else nothing."""
    return await _findings("schemathesis_graphql", directory, endpoint, *options)


async def _findings(kind: str, directory: Path, address: str, *options: str) -> str:
    # Without --checks: all are on then, and the configuration may still say where one makes no sense.
    fixed = ("--seed", "1", "--no-shrink", "--continue-on-failure", "--warnings", "off")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / f"{kind}.toml"), "run", address),
        *(*fixed, *options),
        cwd=directory,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        # Nothing of ours runs in that process: to trace it for coverage would only make it slow.
        env={name: each for name, each in os.environ.items() if not name.startswith("COV")}
        | {"SCHEMATHESIS_HOOKS": f"{kind}_hooks", "PYTHONPATH": str(HERE)},
    )
    output, _ = await process.communicate()
    return output.decode() if process.returncode else ""
