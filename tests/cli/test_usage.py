import itertools
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from janua.cli import run
from janua.cli.commands import app
from janua.config import Server, Settings, relaxed
from tests.cli.conftest import SCHEMAS, Janua, process

PROMISED = [
    "dev", "serve", "migrate", "apply", "check", "list", "show", "import", "export", "records", "openapi", "sdl",
    "config", "doctor",
]  # fmt: skip
HEAVY = ("asyncpg", "sqlglot", "pydantic", "starlette", "dynaconf", "uvicorn")


def names() -> list[str]:
    return [each.name or (each.callback.__name__ if each.callback else "") for each in app.registered_commands]


@pytest.mark.parametrize("command", PROMISED)
def test_every_promised_command_exists_and_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command in names()
    assert run([command, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["list", "--nosuch"], ["apply"], ["dev", "--port", "many"], ["dev", "--port", "70000"], ["show"]],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "--help" in captured.err


def test_a_value_that_is_none_of_those_there_are_is_answered_with_these(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["import", "books", "rows.ndjson", "--format", "csv"]) == 2
    assert "Invalid value for '--format': 'csv' is not one of 'ndjson', 'json', 'sqlite'" in capsys.readouterr().err


def test_no_command_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 2
    captured = capsys.readouterr()
    assert "Usage:" in captured.out + captured.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "nosuch"], "there is no collection 'nosuch'"),
        (["apply", "nosuch.json"], "nosuch.json"),
        (["import", "records", "nosuch.ndjson"], "nosuch.ndjson"),
        (["export", "records", "out.what"], ".ndjson"),
        (["import", "records", "rows.csv"], "CSV is not taken; end its name in .ndjson"),
        (["export", "books", "nosuch/out.json"], "books"),
        (
            ["list", "--dsn", "postgresql://127.0.0.1:1/none"],
            "PostgreSQL at 127.0.0.1:1 cannot be reached: connection refused; check database.dsn",
        ),
        (["list", "--dsn", "nonsense"], "database"),
        (["list", "--dsn", "postgresql://127.0.0.1:1/none", "--data", "here"], "--data"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(janua: Janua, arguments: list[str], says: str) -> None:
    outcome = janua(*arguments)
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.count("\n") == 1
    assert says in outcome.err


@pytest.mark.parametrize("arguments", [["--debug", "show", "nosuch"], ["show", "nosuch", "--debug"]])
def test_debug_shows_the_traceback_wherever_it_stands(janua: Janua, arguments: list[str]) -> None:
    outcome = janua(*arguments)
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "Traceback" not in janua("show", "nosuch").err


def test_python_dash_m_is_the_same_command() -> None:
    assert process("--version").out.startswith("janua 0.")


def test_an_unforeseen_error_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr("janua.cli.operations.config", broken)
    assert run(["config"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "--debug" in error


def test_help_loads_no_heavy_library() -> None:
    program = (
        "import sys, janua.cli; code = janua.cli.run(['--help']);"
        f"print([each for each in {HEAVY!r} if each in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.strip() == "[]"


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("janua 0.")


def test_a_closed_pipe_is_not_an_error_to_read_about(library: Janua, database: str) -> None:
    lines = "".join(f'{{"number": {number}, "filler": "{"x" * 200}"}}\n' for number in range(5000))
    assert library("import", "records", "-", given=lines).code == 0
    exporting = subprocess.Popen(
        [sys.executable, "-m", "janua", "export", "records", "-", "--dsn", database],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert exporting.stdout is not None
    assert exporting.stderr is not None
    assert '"number"' in exporting.stdout.readline()
    exporting.stdout.close()
    assert exporting.stderr.read() == ""
    assert exporting.wait(30) in (0, 1)
    exporting.stderr.close()


def test_secrets_are_masked_in_the_configuration(janua: Janua) -> None:
    outcome = janua("config", "--dsn", "postgresql://me:hush@example.org/books", "--json")
    assert outcome.code == 0
    assert "hush" not in outcome.out
    assert "example.org" in outcome.out
    assert "server.allow_remote" in janua("config").out


def test_migrating_twice_changes_nothing(janua: Janua, empty_database: str) -> None:
    assert "from migration 0" in janua("migrate", "--dsn", empty_database).out
    assert "records" in janua("list", "--dsn", empty_database).out
    assert "nothing to do" in janua("migrate", "--dsn", empty_database).out


def test_serve_needs_a_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve"]) == 1
    assert "JANUA_DATABASE__DSN" in capsys.readouterr().err


def test_serve_refuses_a_database_that_is_behind(
    empty_database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JANUA_DATABASE__DSN", empty_database)
    assert run(["serve"]) == 1
    assert "janua migrate" in capsys.readouterr().err


def test_serve_says_where_it_listens_and_what_is_open(database: str, tmp_path: Path) -> None:
    environment = {**os.environ, "JANUA_DATABASE__DSN": database, "JANUA_SERVER__PAGES": "true"}
    command = [sys.executable, "-m", "janua", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            lines = list(itertools.islice(server.stdout, 10))
            url = lines[1].split()[1].removesuffix("/graphql").replace("localhost", "127.0.0.1")
            assert httpx.get(f"{url}/docs", timeout=60).status_code == 200
        finally:
            server.terminate()
        assert server.wait(60) == 0
    opened = [line.split(maxsplit=1)[1].strip() for line in lines if line.startswith("  open ")]
    assert opened == list(relaxed(Settings(server=Server(pages=True)), dev=False))
    assert len(opened) == 5


def test_what_is_open_depends_on_the_settings() -> None:
    local, remote = Settings(), Settings(server=Server(host="0.0.0.0", allow_remote=True))
    assert "anybody on this machine" in next(relaxed(local, dev=False))
    assert not [each for each in relaxed(local, dev=False) if "/docs" in each]
    assert [each for each in relaxed(local, dev=True) if "/docs" in each]
    assert "ANYBODY" in next(relaxed(remote, dev=False))
    assert [each for each in relaxed(remote, dev=False) if "server.allow_remote" in each]


def test_the_examples_are_what_the_wheel_ships() -> None:
    assert sorted(each.name for each in SCHEMAS.glob("*.json")) == [
        "authors.json", "books.json", "records.json", "reviews.json",
    ]  # fmt: skip
