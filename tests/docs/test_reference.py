"""The reference has every name that the code has, and says of it what the code does."""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from janua.api.metrics import metrics_route
from janua.api.pages import page_routes
from janua.api.rest.records import AGGREGATE_PARAMETERS, LIST_PARAMETERS
from janua.api.rest.routes import rest_routes
from janua.api.rest.transfer import EXPORT_PARAMETERS, IMPORT_PARAMETERS
from janua.api.traces import trace_routes
from janua.cli.commands import app
from janua.registry.annotations import KEYWORDS, KINDS
from janua.registry.compatibility import MODES
from janua.registry.compile import compile_collection
from janua.registry.relations import MEMBERS, ON_DELETE
from tests.docs.tables import (
    compatibility_lines,
    error_lines,
    index_lines,
    operator_lines,
    setting_lines,
    unserved_operators,
)

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text()


def lacking(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that do not stand in the page as code, alone or at the start of it."""
    return [name for name in names if not re.search(rf"`(?:janua )?{re.escape(name)}(?![\w-])", text)]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("errors", error_lines),
        ("settings", setting_lines),
        ("filters", operator_lines),
        ("filters", index_lines),
        ("compatibility", compatibility_lines),
    ],
)
def test_a_table_of_the_reference_has_a_line_for_everything_in_the_code(
    name: str, lines: Callable[[], Iterable[str]]
) -> None:
    text = page(name)
    assert [line for line in lines() if line not in text] == []


def test_no_table_has_an_error_a_setting_or_a_reason_that_the_code_has_not() -> None:
    tables = (("errors", error_lines), ("settings", setting_lines), ("compatibility", compatibility_lines))
    for name, lines in tables:
        known = {line.split("`")[1] for line in lines()}
        # A page may have other tables, too; what these list has a dot in its name.
        assert set(re.findall(r"^\| `([^`.]+\.[^`]+)`", page(name), re.MULTILINE)) - known == set()


def test_operators_that_no_index_serves_are_listed_as_such() -> None:
    section = page("filters").partition("## What no index serves")[2].partition("\n## ")[0]
    assert lacking(section, unserved_operators()) == []


def test_every_annotation_is_explained() -> None:
    text = page("annotations")
    assert [keyword for keyword in KEYWORDS if f"\n## {keyword}\n" not in text] == []
    assert lacking(text.replace('"', ""), [*KINDS, *MEMBERS, *ON_DELETE]) == []


def test_every_annotation_has_an_example_that_compiles() -> None:
    examples = re.findall(r"^```json\n(.*?)^```", page("annotations"), re.MULTILINE | re.DOTALL)
    compiled = [compile_collection("examples", json.loads(each), version=1) for each in examples]
    assert {keyword for keyword in KEYWORDS for each in examples if f'"{keyword}"' in each} == {*KEYWORDS}
    assert {index.kind for each in compiled for index in each.indexes} == set(KINDS)
    assert [relation.target for each in compiled for relation in each.relations] == ["authors"]


def test_every_command_is_in_the_reference_with_its_options() -> None:
    text = page("cli")
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    assert lacking(text, group.commands) == []
    options = {option for each in group.commands.values() for one in each.params for option in one.opts}
    assert lacking(text, {option for option in options if option.startswith("--")} - {"--help"}) == []


def test_every_path_is_in_the_reference() -> None:
    pages = page_routes(viewers=True)
    paths = {getattr(each, "path", "") for each in [*rest_routes(), *pages, *trace_routes(), metrics_route()]}
    generic = {path for path in paths if path.startswith("/records/")}
    assert lacking(page("rest"), paths - generic - {"/", "/static"}) == []


def test_every_parameter_and_mode_is_in_the_reference() -> None:
    names = [*LIST_PARAMETERS, *AGGREGATE_PARAMETERS, *IMPORT_PARAMETERS, *EXPORT_PARAMETERS, "dry_run", *MODES]
    assert lacking(page("rest"), names) == []
