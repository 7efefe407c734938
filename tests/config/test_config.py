"""Settings come from file, variables and command line, in this order; a wrong one is named, a secret never shown."""

import json
from pathlib import Path

import pytest

from janua.config import ENVIRONMENTS, Settings, effective, every_setting, load_settings
from janua.errors import InvalidConfiguration


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, and none of the machine's variables."""
    monkeypatch.chdir(tmp_path)
    for name in ("JANUA_ENV", "JANUA_SETTINGS", "JANUA_FAIL", "JANUA_DATABASE__DSN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def refused(**overrides: object) -> InvalidConfiguration:
    with pytest.raises(InvalidConfiguration) as caught:
        load_settings(overrides=overrides)
    return caught.value


def test_without_any_source_all_settings_have_their_defaults() -> None:
    assert load_settings() == Settings()


def test_variables_win_over_the_file_and_the_command_line_over_both(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (directory / "janua.toml").write_text("[default.server]\nport = 1\nworkers = 1\nhost = 'localhost'\n")
    monkeypatch.setenv("JANUA_SERVER__PORT", "2")
    monkeypatch.setenv("JANUA_SERVER__WORKERS", "2")
    server = load_settings(overrides={"server.port": 3, "server.host": None}).server
    assert (server.port, server.workers, server.host) == (3, 2, "localhost")


def test_an_environment_adds_to_the_defaults_of_the_file(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    default, production = "[default.log]\nlevel = 'error'\nformat = 'json'\n", "[production.server]\nport = 9\n"
    (directory / "janua.toml").write_text(f"{default}{production}[development.log]\nformat = 'pretty'\n")
    assert load_settings("development").log.model_dump() == {"level": "error", "format": "pretty"}
    assert load_settings("production").log.model_dump() == {"level": "error", "format": "json"}
    assert load_settings("production").server.port == 9
    monkeypatch.setenv("JANUA_ENV", "production")
    assert load_settings("development").server.port == 9


def test_the_file_may_be_elsewhere(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "other.toml").write_text("[default.server]\nport = 7\n")
    monkeypatch.setenv("JANUA_SETTINGS", "other.toml")
    assert load_settings().server.port == 7
    monkeypatch.setenv("JANUA_SETTINGS", "missing.toml")
    assert refused().setting == "JANUA_SETTINGS"


def test_a_file_of_a_directory_above_is_not_read(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (directory / "janua.toml").write_text("[default.server]\nport = 7\n")
    (directory / "below").mkdir()
    monkeypatch.chdir(directory / "below")
    assert load_settings().server.port == 8080


def test_an_unknown_key_is_named_with_what_was_probably_meant(directory: Path) -> None:
    (directory / "janua.toml").write_text("[default.database]\npool_maximum = 3\n")
    error = refused()
    assert error.setting == "database.pool_maximum"
    assert "'database.pool_max'" in error.reason


def test_a_table_that_is_no_environment_is_named(directory: Path) -> None:
    (directory / "janua.toml").write_text("[server]\nport = 3\n")
    error = refused()
    assert (error.setting, "[default.server]" in error.reason) == ("server", True)


def test_a_file_with_bad_syntax_is_named(directory: Path) -> None:
    (directory / "janua.toml").write_text("[default\n")
    assert refused().setting == "janua.toml"


@pytest.mark.parametrize(
    ("variable", "value", "setting"),
    [
        ("JANUA_SERVER__PROT", "1", "server.prot"),
        ("JANUA_NONSENSE", "1", "nonsense"),
        ("JANUA_SERVER", "1", "server"),
        ("JANUA_SERVER__PORT", "many", "server.port"),
        ("JANUA_SERVER__PORT", "70000", "server.port"),
        ("JANUA_LOG__FORMAT", "xml", "log.format"),
        ("JANUA_ENV", "staging", "JANUA_ENV"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, variable: str, value: str, setting: str) -> None:
    monkeypatch.setenv(variable, value)
    error = refused()
    assert error.setting == setting
    assert setting == variable or variable in error.reason


def test_variables_that_are_read_elsewhere_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUA_FAIL", "after-commit")
    assert load_settings() == Settings()


@pytest.mark.parametrize("text", ["0123", "1e5", "true", "@format {env[HOME]}", "a=b", "[1]", '"quoted"', "é"])
def test_a_secret_is_taken_as_it_was_written(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("JANUA_CURSOR__SECRET", text)
    secret = load_settings().cursor.secret
    assert secret is not None
    assert secret.get_secret_value() == text


def test_no_error_shows_a_secret(directory: Path) -> None:
    dsn = "[default.database]\ndsn = { password = 'hunter2' }\n"
    (directory / "janua.toml").write_text(f"[default.cursor]\nsecret = ['hunter2']\n{dsn}")
    error = refused()
    assert "hunter2" not in f"{error} {error.members()}"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_listening_to_other_machines_must_be_allowed(host: str) -> None:
    assert refused(**{"server.host": host}).setting == "server.host"
    assert load_settings(overrides={"server.host": host, "server.allow_remote": True}).server.host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_listening_to_this_machine_needs_no_permission(host: str) -> None:
    assert load_settings(overrides={"server.host": host}).server.host == host


def test_a_pool_cannot_keep_more_connections_than_it_may_open() -> None:
    assert refused(**{"database.pool_min": 11}).setting == "database.pool_min"


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://ann:pw@db.example:5433/janua?password=pw", "postgresql://ann:**********@db.example:5433/janua"),
        ("postgresql://ann@db.example/janua", "postgresql://ann@db.example/janua"),
        ("postgresql:///janua", "postgresql:///janua"),
        ("host=db password=pw", "**********"),
        ("postgresql://ann:p@w:pw@db/janua", "postgresql://ann:**********@db/janua"),
    ],
)
def test_the_effective_settings_show_the_host_but_no_secret(dsn: str, shown: str) -> None:
    found = effective(load_settings(overrides={"database.dsn": dsn, "cursor.secret": "hunter2"}))
    assert found["database"]["dsn"] == shown
    assert "hunter2" not in json.dumps(found)


def test_every_setting_says_what_it_means() -> None:
    settings = list(every_setting())
    assert len(settings) > 30
    assert [name for name, _, description in settings if not description.endswith(".")] == []
    assert "default" in ENVIRONMENTS


def test_settings_never_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().server.port = 1
