"""`janua doctor` says where things disagree, and exits with 1 when they do."""

import asyncio
import json

import asyncpg
import pytest

from janua.cli.doctor import unfit
from janua.config import Settings, load_settings, relaxed
from tests.cli.conftest import Janua


def change(database: str, statement: str) -> None:
    async def changing() -> None:
        connection = await asyncpg.connect(database)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(changing())


def test_where_all_is_well_it_says_so(library: Janua) -> None:
    found = library("doctor", "--records")
    assert (found.code, found.out) == (0, "4 collections and 0 records examined: everything agrees.\n")
    assert json.loads(library("doctor", "--json").out) == {
        "collections": 4, "records": None, "findings": [], "pending": [],
    }  # fmt: skip


@pytest.mark.parametrize("as_json", [True, False])
def test_what_disagrees_is_named(database: str, library: Janua, *, as_json: bool) -> None:
    change(database, "ALTER TABLE collections.books DROP COLUMN version")
    found = library("doctor", *["--json"] * as_json)
    assert found.code == 1
    if as_json:
        [finding] = json.loads(found.out)["findings"]
        assert finding["collection"] == "books"
        assert finding["subject"] == "column version of books (integer not null)"
    else:
        assert "column version of books" in found.out
        assert found.out.endswith("1 disagreement.\n")


def test_it_changes_nothing(database: str, library: Janua) -> None:
    change(database, "UPDATE janua.indexes SET state = 'building'")
    assert "is being built" in library("doctor").out
    assert "is being built" in library("doctor").out


def test_it_names_what_the_settings_leave_open(janua: Janua, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUA_LIMITS__IMPORT_BYTES", "1000000")
    assert (janua("doctor", "--prod").code, janua("doctor", "--prod").out) == (0, "The settings leave nothing open.\n")
    monkeypatch.setenv("JANUA_SERVER__ALLOW_REMOTE", "true")
    monkeypatch.setenv("JANUA_SERVER__HOST", "0.0.0.0")
    monkeypatch.setenv("JANUA_LOG__LEVEL", "debug")
    found = janua("doctor", "--prod", "--json")
    assert found.code == 1
    assert [each["setting"] for each in json.loads(found.out)["settings"]] == ["server.allow_remote", "log.level"]


def test_whatever_a_setting_leaves_open_when_it_serves_is_named_before(
    janua: Janua, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = {
        "server.pages": "true",
        "graphql.graphiql": "true",
        "graphql.introspection": "true",
        "server.allow_remote": "true",
        "server.host": "0.0.0.0",
        "log.level": "debug",
    }
    for name, value in opened.items():
        monkeypatch.setenv(f"JANUA_{name.upper().replace('.', '__')}", value)
    told = list(relaxed(load_settings(), dev=False))
    found = json.loads(janua("doctor", "--prod", "--json").out)["settings"]
    assert {each["setting"] for each in found} == {*opened, "limits.import_bytes"} - {"server.host"}
    assert all(f"{each['setting']}: {each['problem']}" in told for each in found)


def test_settings_without_a_database_are_not_fit_to_serve() -> None:
    assert dict(unfit(Settings()))["database.dsn"] == "is missing; janua serve needs it"
