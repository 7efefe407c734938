"""What the Justfile, the documentation and the import rules promise, tried."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
BESIDE_PYTHON = Path(sys.executable).parent
PROMISED = {
    *("install", "run", "lint", "type", "test", "docs", "build", "lock", "bench", "assets", "audit"),
    *("db-up", "db-down", "db-migrate"),
}


def tool(name: str) -> str:
    """The path of a development tool, which stands beside the interpreter."""
    found = shutil.which(name, path=f"{BESIDE_PYTHON}{os.pathsep}{os.environ.get('PATH', '')}")
    assert found, f"{name} is not installed"
    return found


def run(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=300
    )


def tasks() -> dict[str, dict[str, object]]:
    return json.loads(run(tool("just"), "--dump", "--dump-format", "json").stdout)["recipes"]


def test_every_promised_task_exists_and_says_what_it_does() -> None:
    found = tasks()
    assert set(found) >= PROMISED
    assert [name for name, task in found.items() if not task["doc"]] == []


def test_the_default_task_checks_everything() -> None:
    planned = run(tool("just"), "--dry-run").stderr
    assert [
        check
        for check in ("ruff check", "ruff format --check", "lint-imports", "pyright", "mkdocs build --strict", "pytest")
        if check not in planned
    ] == []


def test_tests_come_last_so_that_their_count_is_the_last_line() -> None:
    planned = run(tool("just"), "--dry-run").stderr.strip().splitlines()
    assert "pytest" in planned[-1]


def test_ci_runs_the_default_task() -> None:
    script = ROOT / ".ci" / "run"
    assert "run just check" in script.read_text()
    assert os.access(script, os.X_OK)


def test_the_documentation_builds_strictly(tmp_path: Path) -> None:
    built = run(tool("mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(tmp_path), NO_MKDOCS_2_WARNING="1")
    assert built.returncode == 0, built.stdout + built.stderr
    assert (tmp_path / "index.html").is_file()


def test_every_page_of_the_documentation_is_in_its_navigation() -> None:
    named = set(pages(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    written = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    assert written - named == set()


def pages(entry: object) -> list[str]:
    match entry:
        case str():
            return [entry]
        case list():
            return [page for each in entry for page in pages(each)]
        case dict():
            return [page for each in entry.values() for page in pages(each)]
        case _:
            raise AssertionError(entry)


@pytest.mark.parametrize("forbidden", ["import asyncpg", "import sqlglot", "import starlette.requests"])
def test_a_pure_stage_that_meets_a_framework_fails_the_import_rules(tmp_path: Path, forbidden: str) -> None:
    shutil.copytree(ROOT / "src" / "janua", tmp_path / "janua", ignore=shutil.ignore_patterns("static", "__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "janua" / "query" / "intruder.py").write_text(f'"""Does what it must not."""\n\n{forbidden}\n')
    checked = subprocess.run(
        [tool("lint-imports"), "--no-cache"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert checked.returncode == 1
    assert "janua.query.intruder" in checked.stdout
