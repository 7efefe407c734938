import json
from pathlib import Path

import pytest
from graphql import build_schema

from tests.cli.conftest import SCHEMAS, Janua

NOTHING = {"collections": [], "quarantined": []}


def a_schema(**properties: object) -> str:
    return json.dumps({"type": "object", "properties": properties})


def a_relation(target: str, inverse: str) -> object:
    relation = {"collection": target, "inverse": inverse}
    return {"type": "string", "format": "uuid", "x-relation": relation}


def test_schemas_apply_whatever_the_order_of_their_files(janua: Janua) -> None:
    files = [SCHEMAS / f"{name}.json" for name in ("reviews", "books", "authors")]
    outcome = janua("apply", *files, "--json")
    assert outcome.code == 0
    registered = {each["collection"]: each for each in json.loads(outcome.out)["registrations"]}
    assert set(registered) == {"reviews", "books", "authors"}
    assert all(each["created"] and each["version"] == 1 for each in registered.values())


def test_applying_again_changes_nothing(library: Janua) -> None:
    outcome = library("apply", SCHEMAS, "--json")
    assert [each["changed"] for each in json.loads(outcome.out)["registrations"]] == [False] * 4


def test_collections_may_relate_in_a_circle(janua: Janua, tmp_path: Path) -> None:
    (tmp_path / "hens.json").write_text(a_schema(egg_id=a_relation("eggs", "hens")))
    (tmp_path / "eggs.schema.json").write_text(a_schema(hen_id=a_relation("hens", "eggs")))
    assert janua("apply", tmp_path).code == 0
    assert [each["collection"] for each in json.loads(janua("list", "--json").out)["collections"]] == ["eggs", "hens"]
    assert janua("drop", "eggs").code == 1
    assert janua("drop", "eggs", "hens").out == "dropped eggs, hens\n"
    assert janua("apply", tmp_path).code == 0
    assert json.loads(janua("drop", "eggs", "hens", "--json").out) == {"dropped": ["eggs", "hens"]}
    assert json.loads(janua("list", "--json").out) == NOTHING


def test_yaml_is_a_schema_too(janua: Janua, tmp_path: Path) -> None:
    (tmp_path / "notes.yaml").write_text("type: object\nproperties:\n  text: {type: string, x-index: fulltext}\n")
    assert janua("apply", tmp_path / "notes.yaml").code == 0
    shown = json.loads(janua("show", "notes", "--json").out)
    assert [each["pointer"] for each in shown["fields"]] == ["/text"]
    assert [each["version"] for each in shown["versions"]] == [1]
    assert shown["schema"]["properties"] == {"text": {"type": "string", "x-index": "fulltext"}}


def test_a_dry_run_stores_nothing(janua: Janua) -> None:
    outcome = janua("apply", SCHEMAS, "--dry-run", "--json")
    assert all(each["dry_run"] for each in json.loads(outcome.out)["registrations"])
    assert json.loads(janua("list", "--json").out) == NOTHING


def test_two_files_of_one_collection_are_refused(janua: Janua, tmp_path: Path) -> None:
    for name in ("notes.json", "notes.schema.json"):
        (tmp_path / name).write_text("{}")
    outcome = janua("apply", tmp_path)
    assert outcome.code == 1
    assert "notes.json" in outcome.err
    assert "notes.schema.json" in outcome.err


def test_a_directory_without_schemas_is_told(janua: Janua, tmp_path: Path) -> None:
    outcome = janua("apply", tmp_path)
    assert outcome.code == 1
    assert "no schema files" in outcome.err


def test_every_violation_of_an_invalid_schema_is_told(janua: Janua, tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text(a_schema(a={"type": "strin"}, b={"x-index": "hash", "type": "string"}))
    outcome = janua("apply", tmp_path)
    assert outcome.code == 1
    assert "the schema of 'notes' is invalid at /properties/a/type" in outcome.err
    assert "Traceback" not in outcome.err


def test_one_bad_file_keeps_all_of_them_out(janua: Janua, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text("{}")
    (tmp_path / "ill.json").write_text('{"type": ')
    outcome = janua("apply", tmp_path)
    assert outcome.code == 1
    assert "ill.json" in outcome.err
    assert json.loads(janua("list", "--json").out) == NOTHING


def test_check_finds_what_a_stored_record_forbids(library: Janua, tmp_path: Path) -> None:
    assert library("records", "books", "add", "--title", "Dune").code == 0
    stricter = json.loads((SCHEMAS / "books.json").read_text())
    stricter["required"].append("pages")
    (tmp_path / "books.json").write_text(json.dumps(stricter))
    outcome = library("check", tmp_path / "books.json")
    assert outcome.code == 1
    assert "/required" in outcome.out
    answer = json.loads(library("check", tmp_path / "books.json", "--json").out)
    assert answer["verdict"] == "incompatible"
    assert answer["registrations"][0]["report"]["records"]["invalid"] == 1
    applied = library("apply", tmp_path / "books.json")
    assert applied.code == 1
    assert "refused; the records decide (evolution data)" in applied.err
    scripted = library("apply", tmp_path / "books.json", "--json")
    assert (scripted.code, scripted.err.count("\n")) == (1, 1)
    [refused] = json.loads(scripted.out)["registrations"]
    assert (refused["collection"], refused["report"]["records"]["invalid"]) == ("books", 1)
    assert library("apply", tmp_path / "books.json", "--dry-run").code == 1
    assert json.loads(library("show", "books", "--json").out)["version"] == 1


def test_check_lists_the_changes_of_a_schema_that_fits(library: Janua, tmp_path: Path) -> None:
    looser = json.loads((SCHEMAS / "books.json").read_text())
    looser["properties"]["subtitle"] = {"type": "string"}
    (tmp_path / "books.json").write_text(json.dumps(looser))
    outcome = library("check", tmp_path / "books.json")
    assert outcome.code == 0
    assert "subtitle" in outcome.out
    assert "books: accepted; the rules decide (evolution data)" in outcome.out
    assert json.loads(library("show", "books", "--json").out)["version"] == 1


def test_check_tells_what_the_rules_and_the_records_say(library: Janua, tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text(a_schema(a={"type": "string"}))
    assert library("apply", tmp_path).code == 0
    (tmp_path / "notes.json").write_text(a_schema(b={"type": "string"}))
    outcome = library("check", tmp_path)
    assert outcome.code == 0
    assert "notes: by the rules (backward) incompatible with version 1" in outcome.out
    assert "notes: by the stored records (0 checked, 0 invalid) compatible" in outcome.out
    assert "notes: accepted; the records decide (evolution data)" in outcome.out
    shown = '! notes/properties/b/type (type.narrowed): type "string" was added; valid in the old version only: {"b":'
    assert shown in outcome.out
    assert "! notes, REST a: the field is gone" in outcome.out


def test_show_tells_fields_relations_and_indexes(library: Janua) -> None:
    out = library("show", "books").out
    for each in ("/publisher/city", "author", "restrict", "trigram", "status, -published", "valid"):
        assert each in out


def test_a_collection_with_records_is_dropped_only_on_purpose(library: Janua) -> None:
    assert library("records", "reviews", "add", "--rating", "5").code == 1
    assert library("import", "records", "-", given="{}").code == 0
    assert library("drop", "records").code == 1
    assert library("drop", "records", "--records").code == 0
    assert library("show", "records").code == 1


@pytest.mark.parametrize("arguments", [[], ["books"]])
def test_openapi_is_printed(library: Janua, arguments: list[str]) -> None:
    outcome = library("openapi", *arguments)
    assert outcome.code == 0
    document = json.loads(outcome.out)
    assert document["openapi"].startswith("3.1")
    assert "/api/books" in document["paths"]


@pytest.mark.parametrize(("arguments", "others"), [([], True), (["books"], True), (["records"], False)])
def test_sdl_is_printed_of_all_or_of_what_relates(library: Janua, arguments: list[str], others: bool) -> None:
    outcome = library("sdl", *arguments)
    assert outcome.code == 0
    schema = build_schema(outcome.out)
    assert ("Author" in schema.type_map) is others
    assert "Record" in schema.type_map or others


def test_sdl_of_an_unknown_collection_is_an_error_in_one_line(library: Janua) -> None:
    outcome = library("sdl", "nothing")
    assert outcome.code == 1
    assert "there is no collection 'nothing'" in outcome.err


def test_applying_prints_what_breaks_clients_and_likely_slips(janua: Janua, tmp_path: Path) -> None:
    file = tmp_path / "hens.json"
    file.write_text('{"type": "object", "properties": {"name": {"type": "string"}}}')
    assert janua("apply", file).code == 0
    file.write_text('{"type": "object", "properties": {"title": {"type": "string", "x-idx": true}}}')
    out = janua("apply", file).out
    assert "! hens, GraphQL Hen.name: the field was removed" in out
    assert "? hens/properties/title/x-idx: unknown keyword 'x-idx'; did you mean x-index?" in out
