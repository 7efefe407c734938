"""The audits of the specification themselves, where `just audit` has installed them; `test_http` has their rules."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.graphql.conftest import Served
from tests.graphql.engine import SmallEngine

pytestmark = pytest.mark.anyio

AUDIT = Path(__file__).parents[2] / "scripts" / "audit"


async def audited(url: str) -> str:
    """Return what the audits found wrong."""
    process = await asyncio.create_subprocess_exec("node", "audit.mjs", url, cwd=AUDIT, stdout=asyncio.subprocess.PIPE)
    output, _ = await asyncio.wait_for(process.communicate(), timeout=60)
    return output.decode() if process.returncode else ""


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node.js on the PATH")
@pytest.mark.skipif(
    not (AUDIT / "node_modules" / "graphql-http").is_dir(), reason="the audits are not installed: run `just audit` once"
)
async def test_every_audit_passes(served: Served, engine: SmallEngine) -> None:
    assert await audited(f"{served.address}/graphql") == ""
    assert len(engine.asked) > 20
