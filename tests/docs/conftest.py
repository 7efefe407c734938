"""A shell as a reader of the documentation has it: beside a clone of Janua, with a server at its address."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from janua.app import server_config
from janua.cli.schema_files import read_schemas
from janua.config import Settings
from janua.gateway.gateway import open_gateway
from janua.gateway.schemas import register_many
from tests.api.serving import SCHEMAS, serving

ADDRESS = "localhost:8080"
# Each call of curl ends its output with a line break, as a terminal's prompt would.
PRELUDE = 'curl() { command curl --silent --show-error --max-time 30 "$@"; echo; }\n'


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs commands in `directory` against the server at `address`."""

    directory: Path
    address: str
    environment: dict[str, str]

    async def run(self, commands: str) -> str:
        """Return what the commands print; each of them must succeed."""
        script = PRELUDE + commands.replace(ADDRESS, self.address)
        process = await asyncio.create_subprocess_exec(
            "bash", "-euo", "pipefail", "-c", script,
            cwd=self.directory, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await asyncio.wait_for(process.communicate(), timeout=60)
        assert process.returncode == 0, output.decode()
        return output.decode()


@pytest.fixture
async def shell(settings: Settings, tmp_path: Path) -> AsyncGenerator[Shell]:
    """A shell beside a server on which, as after `janua dev`, the schemas of `schemas/` are registered."""
    async with open_gateway(settings, name="test") as gateway:
        await register_many(gateway, read_schemas([SCHEMAS], gateway.document_limits))
        async with serving(server_config(settings, dev=True, gateway=gateway)) as address:
            (tmp_path / "schemas").symlink_to(SCHEMAS)
            yield Shell(tmp_path, address.removeprefix("http://"), environment(settings, tmp_path))


def environment(settings: Settings, directory: Path) -> dict[str, str]:
    """Return the environment of a shell in which `uv run janua` is this Janua, on the server's database."""
    assert settings.database.dsn is not None
    programs = directory / "programs"
    programs.mkdir()
    uv = programs / "uv"
    uv.write_text(f'#!/bin/sh\nshift\nexec "{sys.executable}" -m "$@"\n')
    uv.chmod(0o755)
    dsn = settings.database.dsn.get_secret_value()
    return os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "JANUA_DATABASE__DSN": dsn, "COLUMNS": "120"}
