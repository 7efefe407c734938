"""What the documentation tells people to type works, and gives what it shows."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.conftest import Shell
from tests.docs.examples import read_examples, unmet

ROOT = Path(__file__).parents[2]
STORIES = {
    "readme": ["README.md"],
    "index": ["docs/index.md"],
    "tutorial": [
        "docs/tutorial.md",
        "docs/how-to/schemas.md",
        "docs/how-to/evolving-schemas.md",
        "docs/how-to/records.md",
        "docs/how-to/import-export.md",
    ],
    "graphql": ["docs/reference/graphql.md"],
}
"""Pages whose examples run one after another, on one server."""
MISTAKES = ("/problems/", '"errors":')
"""What only an example that is shown to fail may print."""
NOT_RUN = ("pip install", "uv run just", "uv run janua dev", "docker ")
"""What starts an example that installs or serves, which other tests do."""


@pytest.mark.anyio
@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("bash")), reason="the examples need curl and bash")
@pytest.mark.parametrize("pages", STORIES.values(), ids=STORIES)
async def test_every_example_gives_what_the_page_shows(pages: list[str], shell: Shell) -> None:
    for page in pages:
        for example in read_examples((ROOT / page).read_text()):
            if example.commands.startswith(NOT_RUN):
                continue
            output = await shell.run(example.commands)
            shown = example.shown or ""
            for mistake in MISTAKES:
                assert (mistake in output) == (mistake in shown), f"{page}:{example.line}\n{output}"
            missing = unmet(shown, output)
            assert missing is None, f"{page}:{example.line} shows {missing}\nbut it gave\n{output}"


def test_the_links_of_the_readme_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / "README.md").read_text())
    assert links
    assert [link for link in links if not (ROOT / link).is_file()] == []


def test_the_readme_has_the_two_commands_of_a_newcomer() -> None:
    commands = [each.commands for each in read_examples((ROOT / "README.md").read_text())]
    assert {"pip install uv && uv run janua dev\n", "pip install uv && uv run just test\n"} <= set(commands)


@pytest.mark.parametrize(
    ("shown", "output", "missing"),
    [
        ('{"a": 1, … "c": 3}', '{"a":1,"b":2,"c":3}', None),
        ('{"c": 3, … "a": 1', '{"a":1,"b":2,"c":3}', '{"c":3,'),
        ('HTTP/1.1 200 OK\netag: "2"\n\n{}', 'HTTP/1.1 200 OK\r\ndate: today\r\netag: "2"\r\n\r\n{}', None),
        ('HTTP/1.1 200 OK\netag: "2"\n', 'HTTP/1.1 200 OK\r\netag: "3"\r\n\r\n{}', 'etag:"2"'),
    ],
)
def test_a_shown_output_is_met_by_its_parts_in_order(shown: str, output: str, missing: str | None) -> None:
    assert unmet(shown, output) == missing


def test_an_operation_is_sent_with_its_variables_and_a_type_is_held_against_the_schema() -> None:
    page = (
        '```graphql\n# variables: {"n": 1}\nquery ($n: Int) { a }\n```\n```json\n1\n```\n\n```graphql\ntype A {\n```\n'
    )
    sent, declared = read_examples(page)
    assert '"variables": {"n": 1}' in sent.commands
    assert (sent.shown, declared.shown) == ("1\n", "type A {\n")
    assert "?sdl" in declared.commands


def test_an_example_is_shown_the_block_that_follows_it_directly() -> None:
    page = "```sh\none\n```\n```json\n1\n```\n\n```sh\ntwo\n```\n\n```json\nnot of two\n```\n"
    assert [(each.line, each.commands, each.shown) for each in read_examples(page)] == [
        (1, "one\n", "1\n"),
        (8, "two\n", None),
    ]
