"""The rules of the house that no linter knows: what may be committed, and what says why."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

import janua

ROOT = Path(__file__).parents[2]
REASON = re.compile(r"(?P<switch># noqa: |# (?:pyright|type): ignore\[)[^#\n]*")
# Spelled in parts: this file is committed too.
REGISTRY_HOSTS = ["pypi." + "org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "yarn" + "pkg.com"]
MACHINE_PATHS = ["/" + "work/", "/" + "root/", "/home/" + "ubuntu", ".py" + "env/"]


def committed() -> list[Path]:
    """All files that git tracks, or would: what .gitignore leaves."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def offenders(needles: list[str]) -> list[str]:
    texts = ((path, path.read_text(errors="replace")) for path in committed())
    return [f"{path.relative_to(ROOT)}: {needle}" for path, text in texts for needle in needles if needle in text]


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_no_committed_file_names_a_package_registry() -> None:
    assert offenders(REGISTRY_HOSTS) == []


def test_no_committed_file_names_a_path_of_one_machine() -> None:
    assert offenders(MACHINE_PATHS) == []


@pytest.mark.parametrize("name", ["uv.lock", ".python-version", "package-lock.json"])
def test_files_that_tie_a_checkout_to_one_machine_stay_out_of_git(name: str) -> None:
    assert [str(path) for path in committed() if path.name == name] == []


def test_the_version_is_the_same_everywhere() -> None:
    assert project()["project"]["version"] == janua.__version__


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in sources("src", "scripts") if not ast.get_docstring(ast.parse(path.read_text()))]
    assert [str(path.relative_to(ROOT)) for path in silent] == []


def test_every_switched_off_rule_has_its_reason_on_the_line() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources("src", "tests", "scripts")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if path != Path(__file__) and is_unexplained(line)
    ]
    assert silent == []


def is_unexplained(line: str) -> bool:
    """Whether the line switches a rule off and says nothing after it: `# noqa: S608 -- why`, `# noqa: S608  # why`."""
    if not (found := REASON.search(line)):
        return False
    codes = re.match(r"# (?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|(?:pyright|type): ignore\[[\w, -]+\])", found[0])
    return codes is None or not line[found.start() + codes.end() :].strip(" -–#:")


@pytest.mark.parametrize(
    ("line", "unexplained"),
    [
        ("x = 1  # noqa: S608", True),
        ("x = 1  # noqa: S608, E501", True),
        ("x = 1  # noqa: S608 -- the name is quoted", False),
        ("x = 1  # noqa: S608, E501  # the name is quoted", False),
        ("x = y  # pyright: ignore[reportUnknownMemberType]", True),
        ("x = y  # pyright: ignore[reportUnknownMemberType]  # untyped library", False),
        ("x = y  # type: ignore[arg-type] -- untyped library", False),
        ("x = 1  # plain comment", False),
    ],
)
def test_a_reason_is_told_from_a_bare_switch(line: str, *, unexplained: bool) -> None:
    assert is_unexplained(line) is unexplained


def test_every_ignored_rule_of_the_configuration_has_its_reason_on_the_line() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(r"^ignore = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    lists += re.findall(r"^\"[\w/*]+\" = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    lines = [line for each in lists for line in each.splitlines()]
    assert len(lines) > 10
    assert [line for line in lines if not re.search(r"\",\s+# \S", line)] == []


def test_every_pin_is_exact() -> None:
    pins = project()["tool"]["uv"]["constraint-dependencies"]
    assert len(pins) > 50
    assert [pin for pin in pins if not re.match(r"[\w.-]+==\d[\w.]*(; .+)?$", pin)] == []
