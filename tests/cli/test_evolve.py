"""`janua evolve` brings records along: what it prints, what it exits with, and what its options refuse."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Janua

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
NEW: dict[str, Any] = {
    "type": "object",
    "properties": {"label": {"type": "string"}, "n": {"type": "integer"}},
    "additionalProperties": False,
}
STEPS: list[Any] = [{"op": "move", "from": "/name", "path": "/label"}, {"op": "cast", "path": "/n", "to": "integer"}]


def file_of(directory: Path, name: str, content: Any) -> Path:
    file = directory / name
    file.write_text(json.dumps(content))
    return file


@pytest.fixture
def people(janua: Janua, tmp_path: Path) -> Janua:
    """The command, with a collection of three people."""
    assert janua("apply", file_of(tmp_path, "people.json", SCHEMA)).code == 0
    lines = "".join(f'{{"name": "P{number}", "n": "{number}"}}\n' for number in range(3))
    assert janua("import", "people", "-", given=lines).code == 0
    return janua


@pytest.fixture
def evolution(tmp_path: Path) -> Path:
    return file_of(tmp_path, "evolution.json", {"schema": NEW, "steps": STEPS})


def test_it_says_what_would_change_and_then_changes_it(people: Janua, evolution: Path) -> None:
    tried = people("evolve", "people", evolution, "--dry-run")
    assert tried.code == 0
    assert "people: to schema version 2, 3 of 3 records would change, 0 cannot" in tried.out
    assert '{"n":"0","name":"P0"} -> {"n":0,"label":"P0"}' in tried.out
    assert people("evolve", "people", "--status").code == 1
    done = people("evolve", "people", evolution)
    assert (done.code, done.out) == (0, "people: done, schema version 1 to 2; 3 of 3 records changed\n")
    assert people("export", "people", "-").out.splitlines()[2] == '{"n": 2, "label": "P2"}'
    assert people("doctor", "--records").code == 0


def test_a_schema_may_be_a_file_beside_it(people: Janua, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    file_of(tmp_path, "new/people.json", NEW)
    file = tmp_path / "evolution.yaml"
    file.write_text(
        "schema: new/people.json\nsteps:\n"
        "  - {op: move, from: /name, path: /label}\n  - {op: cast, path: /n, to: integer}\n"
    )
    found = people("evolve", "people", file, "--json")
    assert found.code == 0
    told = json.loads(found.out)
    assert (told["state"], told["records"]["changed"], len(told["steps"])) == ("done", 3, 2)


def test_a_record_that_cannot_change_is_shown_and_the_rest_waits_for_it(people: Janua, evolution: Path) -> None:
    assert people("import", "people", "-", given='{"name": "bad", "n": "x"}\n').code == 0
    tried = people("evolve", "people", evolution, "--dry-run")
    assert tried.code == 1
    assert 'at /n: step 1 (cast): "x" is not the text of a number' in tried.out
    failed = people("evolve", "people", evolution)
    assert failed.code == 1
    assert "people: failed, schema version 1 to 2; 4 of 4 records seen, 3 change, 1 cannot" in failed.out
    assert "1 record does not satisfy the new schema after the steps" in failed.err
    assert people("evolve", "people", evolution).err.startswith("janua: the evolution of 'people' has failed: wait")
    found = json.loads(people("records", "people", "list", "--where", '{"name": {"eq": "bad"}}', "--json").out)
    assert people("records", "people", "delete", found["items"][0]["id"]).code == 0
    assert people("evolve", "people", "--resume").code == 0


def test_it_can_be_paused_looked_at_and_aborted(people: Janua, evolution: Path) -> None:
    assert people("import", "people", "-", given='{"name": "bad", "n": "x"}\n').code == 0
    assert people("evolve", "people", evolution).code == 1
    assert "has failed: only one that is running" in people("evolve", "people", "--pause").err
    assert json.loads(people("evolve", "people", "--status", "--json").out)["records"]["invalid"] == 1
    aborted = people("evolve", "people", "--abort")
    assert (aborted.code, aborted.out.startswith("people: aborted")) == (0, True)
    assert json.loads(people("export", "people", "-").out.splitlines()[0]) == {"name": "P0", "n": "0"}


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give either a FILE"),
        (["--status", "--abort"], "give either a FILE"),
        (["--status", "--dry-run"], "--dry-run needs a FILE"),
        (["--abort"], "'people' has no evolution; begin one"),
    ],
)
def test_options_that_make_no_sense_are_refused(people: Janua, arguments: list[str], reason: str) -> None:
    refused = people("evolve", "people", *arguments)
    assert refused.code == 1
    assert reason in refused.err


def test_all_that_is_wrong_with_a_file_is_told(people: Janua, tmp_path: Path) -> None:
    steps = [{"op": "rename"}, {"op": "remove", "path": "name"}]
    refused = people("evolve", "people", file_of(tmp_path, "wrong.json", {"schema": NEW, "steps": steps}))
    assert refused.code == 1
    assert "at /steps/0/op" in refused.err
    assert "/steps/1/path: 'name' is not a JSON Pointer" in refused.err
    strange = people("evolve", "people", file_of(tmp_path, "strange.json", {"scheme": NEW}))
    assert all(each in strange.err for each in ("/scheme", "/schema", "/steps"))
