"""Fixtures that run the command line: in this process, which is quick, or as people do, in one of its own."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from janua.cli import run

SCHEMAS = Path(__file__).parents[2] / "schemas"
PATIENCE = 60  # seconds for one command in a process of its own


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Janua = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def _own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands read `janua.toml` and write `.janua` where they are."""
    for name in [name for name in os.environ if name.startswith("JANUA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def janua(database: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Janua:
    """Run one command in this process, on this test's database."""
    monkeypatch.setenv("JANUA_DATABASE__DSN", database)

    def command(*arguments: str | Path, given: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given.encode())))
        capfd.readouterr()
        code = run([str(each) for each in arguments])
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return command


@pytest.fixture
def library(janua: Janua) -> Janua:
    """The same, with the example schemas applied."""
    assert janua("apply", SCHEMAS).code == 0
    return janua


def process(*arguments: str | Path, given: str = "", **environment: str) -> Outcome:
    """Run one command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "janua", *map(str, arguments)],
        input=given,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def free_port() -> int:
    """Return a port that nobody listens on, yet."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port
