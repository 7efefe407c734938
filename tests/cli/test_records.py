import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Janua

AUTHOR = "0198c5a4-0000-7000-8000-000000000001"


def added(janua: Janua, collection: str, *arguments: str) -> dict[str, Any]:
    outcome = janua("records", collection, "add", *arguments, "--json")
    assert outcome.code == 0, outcome.err
    return json.loads(outcome.out)


@pytest.fixture
def books(library: Janua) -> Janua:
    added(library, "authors", "--id", AUTHOR, "--name", "Frank Herbert", "--country", "US")
    added(library, "books", "--title", "Dune", "--price", "9.99", "--in_stock", "true", "--author_id", AUTHOR)
    added(library, "books", "--title", "Emma", "--price", "12.50", "--publisher.city", "Utrecht", "--tags", "classic")
    return library


def titles(janua: Janua, *arguments: str) -> list[str]:
    outcome = janua("records", "books", "list", *arguments, "--sort", "title", "--json")
    assert outcome.code == 0, outcome.err
    return [each["data"]["title"] for each in json.loads(outcome.out)["items"]]


def test_options_make_the_document_that_they_say(library: Janua) -> None:
    record = added(
        library, "books", "--title", "Dune", "--price", "1.10", "--pages", "612", "--in_stock", "false",
        "--publisher.city", "Utrecht", "--publisher.name", "-5", "--tags", "a", "--tags", "b", "--genre", "fiction",
    )  # fmt: skip
    assert record["data"] == {
        "title": "Dune", "price": 1.10, "pages": 612, "in_stock": False, "tags": ["a", "b"], "genre": "fiction",
        "publisher": {"city": "Utrecht", "name": "-5"},
    }  # fmt: skip


def test_numbers_are_stored_as_they_were_typed(library: Janua) -> None:
    outcome = library("records", "books", "add", "--title", "x", "--price", "9007199254740993.10", "--json")
    assert '"price": 9007199254740993.10' in outcome.out


def test_help_lists_the_fields_with_their_descriptions_and_choices(library: Janua) -> None:
    out = library("records", "books", "add", "--help").out
    for each in ("--publisher.city", "science_fiction", "every digit", "--author_id", "Required"):
        assert each in out
    assert "Required" not in library("records", "books", "update", "--help").out


def test_help_without_a_collection_needs_no_database(janua: Janua, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JANUA_DATABASE__DSN", "postgresql://127.0.0.1:1/none")
    assert "COLLECTION" in janua("records", "--help").out


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ([], ["Dune", "Emma"]),
        (["--title", "Emma"], ["Emma"]),
        (["--price.gte", "10"], ["Emma"]),
        (["--price.lt=10"], ["Dune"]),
        (["--price[gte]", "10"], ["Emma"]),
        (["--in_stock", "true"], ["Dune"]),
        (["--publisher.city", "Utrecht"], ["Emma"]),
        (["--tags", "classic"], ["Emma"]),
        (["--tags.isEmpty", "true"], ["Dune"]),
        (["--title.in", "Emma,Nemesis"], ["Emma"]),
        (["--author.country", "US"], ["Dune"]),
        (["--author.name.icontains", "herb"], ["Dune"]),
        (["--title", "Emma", "--price.gte", "100"], []),
        (["--where", '{"price": {"gte": 10}}'], ["Emma"]),
        (["--where", "price[gte]=5", "--price.lt", "10"], ["Dune"]),
    ],
)
def test_filters_mean_what_they_mean_in_rest(books: Janua, arguments: list[str], found: list[str]) -> None:
    assert titles(books, *arguments) == found


def test_a_list_is_paged_counted_and_shown_as_a_table(books: Janua) -> None:
    outcome = books("records", "books", "list", "--sort", "title", "--limit", "1", "--count")
    assert "Dune" in outcome.out
    assert "Emma" not in outcome.out
    assert "2 in all" in outcome.err
    cursor = outcome.err.partition("--after ")[2].split()[0]
    assert titles(books, "--limit", "1", "--after", cursor) == ["Emma"]


def test_related_records_and_chosen_fields_come_on_demand(books: Janua) -> None:
    outcome = books("records", "books", "list", "--title", "Dune", "--include", "author", "--fields", "title", "--json")
    [record] = json.loads(outcome.out)["items"]
    assert record["data"] == {"title": "Dune"}
    assert record["included"]["author"]["data"]["name"] == "Frank Herbert"


def test_a_record_is_read_changed_and_deleted(books: Janua) -> None:
    assert "Frank Herbert" in books("records", "authors", "get", AUTHOR).out
    changed = books("records", "authors", "update", AUTHOR, "--born", "1920-10-08", "--unset", "country", "--json")
    assert json.loads(changed.out)["data"] == {"name": "Frank Herbert", "born": "1920-10-08"}
    assert books("records", "authors", "update", AUTHOR, "--country", "US", "--if-version", "1").code == 1
    assert books("records", "authors", "delete", AUTHOR).code == 1
    dune = json.loads(books("records", "books", "list", "--title", "Dune", "--json").out)["items"][0]["id"]
    assert json.loads(books("records", "books", "delete", dune, "--json").out) == {"deleted": dune}
    assert books("records", "authors", "delete", AUTHOR).code == 0
    assert books("records", "authors", "get", AUTHOR).code == 1


def test_a_document_may_be_given_as_json_from_anywhere(library: Janua, tmp_path: Path) -> None:
    (tmp_path / "dune.json").write_text('{"title": "Dune", "price": 1.10}')
    assert added(library, "books", "--json-document", "@dune.json", "--pages", "612")["data"]["pages"] == 612
    assert added(library, "books", "--json-document", '{"title": "Emma"}')["data"] == {"title": "Emma"}
    outcome = library("records", "books", "add", "--json-document", "-", given='{"title": "Walden"}')
    assert outcome.code == 0
    assert titles(library) == ["Dune", "Emma", "Walden"]


def test_records_without_declared_fields_are_given_as_json(library: Janua) -> None:
    record = added(library, "records", "--json-document", '{"any": [1, {"thing": null}]}')
    assert record["data"] == {"any": [1, {"thing": None}]}
    assert "ANY" in library("records", "records", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["add", "--title", "x", "--price", "cheap"], 2, "--price"),
        (["add", "--genre", "poetry", "--title", "x"], 2, "poetry"),
        (["add", "--nosuch", "1"], 2, "--nosuch"),
        (["add", "--price", "1"], 1, "title"),
        (["add", "--title", ""], 1, "/title"),
        (["add", "--json-document", "{"], 2, "JSON"),
        (["add", "--json-document", "[]", "--title", "x"], 1, "not an object"),
        (["update", AUTHOR], 2, "at least one field"),
        (["update", AUTHOR, "--unset", "nosuch"], 2, "nosuch"),
        (["list", "--nosuch", "1"], 1, "nosuch"),
        (["list", "--price.gte"], 2, "--price.gte"),
        (["list", "stray"], 2, "stray"),
        (["get", "not-an-id"], 1, "UUID"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_mistakes_are_told_in_one_line(library: Janua, arguments: list[str], code: int, says: str) -> None:
    outcome = library("records", "books", *arguments)
    assert outcome.code == code
    assert outcome.err.count("\n") == 1
    assert says in outcome.err


def test_a_field_that_is_called_like_an_option_is_still_reached(janua: Janua, tmp_path: Path) -> None:
    names = ("data", "json", "unset")
    properties = {name: {"type": "integer"} for name in names}
    (tmp_path / "odd.json").write_text(json.dumps({"type": "object", "properties": properties}))
    assert janua("apply", "odd.json").code == 0
    record = added(janua, "odd", "--field.data", "1", "--field.json", "2", "--field.unset", "3")
    assert record["data"] == {"data": 1, "json": 2, "unset": 3}
    outcome = janua("records", "odd", "list", "--field.data.gte", "1", "--field.json", "2", "--json")
    assert len(json.loads(outcome.out)["items"]) == 1


def test_any_schema_has_options_or_takes_json(janua: Janua, tmp_path: Path) -> None:
    wild = {
        "tree.json": {"$ref": "#/$defs/node", "$defs": {"node": {
            "type": "object", "properties": {"name": {"type": "string"}, "child": {"$ref": "#/$defs/node"}},
        }}},
        "names.json": {"type": "object", "properties": {
            name: {"type": "string", "description": "[bold] \u0007 {0} %s"}
            for name in ("a b", "--x", "é", "", "a=b", "A", "[red]", "x" * 300, "class", "self", "context")
        }},
        "scalars.json": {"type": "integer"},
        "anything.json": True,
        "lines.json": {"type": "object", "properties": {
            "lines": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
            "maybe": {"type": ["boolean", "null"]},
            "choice": {"enum": [f"value {number}" for number in range(200)]},
        }},
    }  # fmt: skip
    for name, schema in wild.items():
        (tmp_path / name).write_text(json.dumps(schema))
    assert janua("apply", tmp_path).code == 0
    for name in wild:
        for command in ("list", "add", "update"):
            assert janua("records", name.removesuffix(".json"), command, "--help").code == 0
    tree = added(janua, "tree", "--name", "a", "--child", '{"name": "b"}')
    assert tree["data"] == {"name": "a", "child": {"name": "b"}}
    lines = added(janua, "lines", "--lines", '[{"sku": "x"}]', "--maybe", "true", "--choice", "value 199")
    assert lines["data"] == {"lines": [{"sku": "x"}], "maybe": True, "choice": "value 199"}
    assert added(janua, "scalars", "--json-document", "7")["data"] == 7
    assert "7" in janua("records", "scalars", "list").out + janua("records", "scalars", "list", "--json").out
