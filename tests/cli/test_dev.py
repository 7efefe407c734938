"""`janua dev` as a process, on an embedded PostgreSQL of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.conftest import SCHEMAS, process

START = 60  # seconds, on a busy machine
POLL = 0.05  # seconds


class Dev:
    """A running `janua dev`; `output` grows in a file."""

    def __init__(self, directory: Path, *options: str) -> None:
        self.directory = directory
        self.log = directory / "dev.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "janua", "dev", "--port", "0", *options],
                cwd=directory,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.until(lambda: "Press Ctrl-C" in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output
        self.url = (
            self.output.partition("records")[2].partition("/api")[0].split()[-1].replace("localhost", "127.0.0.1")
        )
        self.until(self.answers)

    @property
    def output(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz").status_code == 200
        return False

    def until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START
        while not condition():
            assert time.monotonic() < deadline, self.output
            time.sleep(POLL)

    def collections(self) -> dict[str, int]:
        found = httpx.get(f"{self.url}/registry").json()["collections"]
        return {each["collection"]: each["version"] for each in found}

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(START)

    def postgres(self) -> int:
        return int((self.directory / ".janua" / "postgres" / "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def running(directory: Path, *options: str) -> Generator[Dev]:
    dev = Dev(directory, *options)
    try:
        yield dev
    finally:
        if dev.process.poll() is None:
            dev.process.kill()
            dev.process.wait()


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return "State:\tZ" not in Path(f"/proc/{process}/status").read_text()


def a_schema(**properties: object) -> str:
    return json.dumps({"type": "object", "properties": properties})


def test_dev_serves_the_schemas_of_a_directory_and_stops_cleanly(tmp_path: Path) -> None:
    with running(tmp_path, "--schemas", str(SCHEMAS)) as dev:
        assert set(dev.collections()) == {"authors", "books", "records", "reviews"}
        created = httpx.post(f"{dev.url}/api/books", json={"title": "Dune"})
        assert created.status_code == 201
        postgres = dev.postgres()
        assert dev.stop() == 130
        assert "Traceback" not in dev.output
    assert not is_alive(postgres)


def test_a_saved_schema_is_applied_and_a_bad_one_keeps_the_server_up(tmp_path: Path) -> None:
    schemas = tmp_path / "schemas"
    with running(tmp_path) as dev:
        assert "no directory schemas" in dev.output
        schemas.mkdir()
        (schemas / "notes.json").write_text(a_schema(text={"type": "string"}))
        dev.until(lambda: dev.collections().get("notes") == 1)
        (schemas / "notes.json").write_text(a_schema(text={"type": "strin"}))
        dev.until(lambda: "refused" in dev.output)
        assert dev.collections()["notes"] == 1
        (schemas / "notes.json").write_text(a_schema(text={"type": "string"}, stars={"type": "integer"}))
        dev.until(lambda: dev.collections()["notes"] == 2)
        relation = {"type": "string", "format": "uuid", "x-relation": {"collection": "late"}}
        (schemas / "early.yaml").write_text(a_schema(late_id=relation))
        dev.until(lambda: "early:" in dev.output)
        (schemas / "late.json").write_text(a_schema())
        dev.until(lambda: {"early", "late"} <= set(dev.collections()))


def test_commands_share_the_database_of_a_running_dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with running(tmp_path, "--schemas", str(SCHEMAS)) as dev:
        added = process("records", "books", "add", "--title", "Dune", "--json")
        assert added.code == 0, added.err
        found = httpx.get(f"{dev.url}/api/books/{json.loads(added.out)['id']}")
        assert found.json()["data"] == {"title": "Dune"}
        assert process("dev", "--port", "0").err.count("\n") == 1
        assert dev.answers()


def test_a_second_dev_on_the_directory_is_told_who_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with running(tmp_path) as dev:
        second = process("dev", "--port", "0")
        assert second.code == 1
        assert str(dev.process.pid) in second.err


def test_a_taken_port_is_told_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with running(tmp_path) as dev:
        second = process("dev", "--data", "other", "--port", dev.url.rpartition(":")[2])
        assert second.code == 1
        assert "--port" in second.err
        assert second.err.count("\n") == 1


def test_what_was_stored_survives_kill_9(tmp_path: Path) -> None:
    with running(tmp_path, "--schemas", str(SCHEMAS)) as dev:
        postgres = dev.postgres()
        id = httpx.post(f"{dev.url}/api/books", json={"title": "Dune"}).json()["id"]
        dev.stop(signal.SIGKILL)
        dev.until(lambda: not is_alive(postgres))
    with running(tmp_path, "--schemas", str(SCHEMAS)) as dev:
        assert httpx.get(f"{dev.url}/api/books/{id}").json()["data"] == {"title": "Dune"}
        assert dev.stop(signal.SIGTERM) == 143
