import contextlib
import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from janua.cli.formats import writing
from tests.cli.conftest import Janua

WILD = [
    '{"n": 9007199254740993, "d": 1.10, "big": 123456789012345678901234567890.123456789}',
    '{"composed": "\u00e9", "decomposed": "e\u0301", "deep": {"nothing": null, "list": [null, [], {}]}}',
    '{"newline": "a\\nb", "tab\\t": "\\\\", "quote": "\\"", "emoji": "🦉"}',
    "{}",
]
NDJSON = "\n".join(WILD) + "\n"


def exact(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


def values(lines: str) -> list[Any]:
    return sorted((exact(line) for line in lines.splitlines()), key=sorted)


def wild() -> list[Any]:
    return sorted(map(exact, WILD), key=sorted)


@pytest.mark.parametrize("name", ["all.ndjson", "all.jsonl", "all.json", "all.sqlite", "all.db"])
@pytest.mark.parametrize("records", [[], ["--records"]])
def test_what_export_writes_import_reads_to_the_digit(library: Janua, name: str, records: list[str]) -> None:
    assert library("import", "records", "-", given=NDJSON).code == 0
    assert library("export", "records", name, *records).code == 0
    before = library("export", "records", "-", "--records").out
    assert library("drop", "records", "--records").code == 0
    assert library("apply", Path(__file__).parents[2] / "schemas" / "records.json").code == 0
    outcome = library("import", "records", name, *records, "--json")
    assert json.loads(outcome.out)["imported"] == len(WILD)
    assert values(library("export", "records", "-").out) == wild()
    if records:
        ids = [exact(line)["id"] for line in before.splitlines()]
        assert [exact(line)["id"] for line in library("export", "records", "-", "--records").out.splitlines()] == ids


@pytest.mark.parametrize("given", [NDJSON, "[" + ",".join(WILD) + "]", "\n\n [" + ",\n".join(WILD) + "]\n"])
def test_standard_input_may_be_lines_or_an_array(library: Janua, given: str) -> None:
    assert library("import", "records", "-", given=given).code == 0
    assert values(library("export", "records", "-").out) == wild()


def test_an_empty_export_is_an_empty_array(library: Janua, tmp_path: Path) -> None:
    assert library("export", "records", "none.json").code == 0
    assert json.loads((tmp_path / "none.json").read_text()) == []
    assert library("export", "records", "none.ndjson").code == 0
    assert (tmp_path / "none.ndjson").read_text() == ""


def test_a_file_stays_as_it_was_when_an_export_fails(library: Janua, tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text("precious")
    assert library("export", "nosuch", "all.json").code == 1
    assert library("export", "books", "all.json", "--where", '{"nosuch": {"eq": 1}}').code == 1
    assert (tmp_path / "all.json").read_text() == "precious"
    assert [each.name for each in tmp_path.iterdir()] == ["all.json"]


def test_a_half_written_file_never_takes_the_name(tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    file.write_text("precious")
    with contextlib.suppress(KeyboardInterrupt), writing(file, "json", "records") as write:
        write([b"{}"])
        raise KeyboardInterrupt
    assert file.read_text() == "precious"
    assert [each.name for each in tmp_path.iterdir()] == ["all.json"]


def test_a_folder_that_is_not_there_is_told_by_the_name_that_was_given(library: Janua) -> None:
    outcome = library("export", "records", "nosuch/all.json")
    assert outcome.code == 1
    assert outcome.err == "janua: nosuch/all.json: No such file or directory\n"


def test_where_restricts_an_export_in_both_forms(library: Janua) -> None:
    lines = '{"title": "a", "price": 5}\n{"title": "b", "price": 15}\n'
    assert library("import", "books", "-", given=lines).code == 0
    for where in ('{"price": {"gte": 10}}', "price[gte]=10"):
        found = library("export", "books", "-", "--where", where).out
        assert [exact(line)["title"] for line in found.splitlines()] == ["b"]


def test_an_import_that_aborts_stores_nothing_and_names_the_line(library: Janua) -> None:
    outcome = library("import", "books", "-", given='{"title": "a"}\n{"title": 1, "pages": 0}\n')
    assert outcome.code == 1
    assert "line 2" in outcome.err
    assert "/pages" in outcome.err
    assert library("export", "books", "-").out == ""


def test_an_import_that_skips_reports_what_it_left_out(library: Janua) -> None:
    given = '{"title": "a"}\n{"title": 1}\nnonsense\n{"title": "b"}\n'
    outcome = library("import", "books", "-", "--on-error", "skip", "--json", given=given)
    assert outcome.code == 0
    report = json.loads(outcome.out)
    assert (report["imported"], report["rejected"]) == (2, 2)
    assert [each["line"] for each in report["rejections"]] == [2, 3]
    spoken = library("import", "books", "-", "--on-error", "skip", given=given)
    assert "line 3" in spoken.err
    assert "imported 2, updated 0, rejected 2" in spoken.out


def test_an_import_replaces_by_a_unique_field(library: Janua) -> None:
    first = '{"title": "Dune", "isbn": "9780441013593"}'
    assert library("import", "books", "-", given=first).code == 0
    again = '{"title": "Dune Messiah", "isbn": "9780441013593"}'
    outcome = library("import", "books", "-", "--on-conflict", "isbn", given=again)
    assert "updated 1" in outcome.out
    assert exact(library("export", "books", "-").out)["title"] == "Dune Messiah"


def a_table(file: Path, statements: str) -> Path:
    with closing(sqlite3.connect(file)) as database:
        database.executescript(statements)
    return file


def test_rows_of_any_table_become_documents(library: Janua, tmp_path: Path) -> None:
    file = a_table(
        tmp_path / "shop.db",
        "CREATE TABLE stock (title TEXT, price REAL, in_stock BOOLEAN, tags JSON, pages INTEGER);"
        "INSERT INTO stock VALUES ('Dune', 9.99, 1, '[\"sf\"]', NULL);",
    )
    assert library("import", "books", file).code == 0
    [book] = values(library("export", "books", "-").out)
    assert book == {"title": "Dune", "price": Decimal("9.99"), "in_stock": True, "tags": ["sf"]}


def test_a_table_is_chosen_by_name_when_there_are_several(library: Janua, tmp_path: Path) -> None:
    file = a_table(
        tmp_path / "shop.db",
        'CREATE TABLE "a""b" (title TEXT); CREATE TABLE b (title TEXT); INSERT INTO "a""b" VALUES (\'x\');',
    )
    refused = library("import", "records", file)
    assert refused.code == 1
    assert "--table" in refused.err
    assert library("import", "records", file, "--table", 'a"b').code == 0
    assert exact(library("export", "records", "-").out) == {"title": "x"}


@pytest.mark.parametrize("value", ["x'00ff'", "9e999"])
def test_what_json_cannot_hold_is_refused_by_its_column(library: Janua, tmp_path: Path, value: str) -> None:
    file = a_table(tmp_path / "bad.db", f"CREATE TABLE t (odd); INSERT INTO t VALUES ({value});")
    outcome = library("import", "records", file)
    assert outcome.code == 1
    assert "odd" in outcome.err


def test_a_file_that_is_no_database_is_told(library: Janua, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello" * 1000)
    outcome = library("import", "records", "text.db")
    assert outcome.code == 1
    assert "text.db" in outcome.err


def test_sqlite_does_not_go_to_standard_output(library: Janua) -> None:
    assert library("export", "records", "-", "--format", "sqlite").code == 1
