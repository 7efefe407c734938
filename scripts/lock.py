"""Pin the newest versions that fit, as `constraint-dependencies` in pyproject.toml.

A lock file would name the registry it was made with; constraints name packages only, and uv resolves within them
on any machine. Takes pyproject.toml without its pins, writes the resolution for every supported Python and platform
between the two markers. Start at `main`.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS = re.compile(r"(?<=# begin: written by `just lock`\n).*?(?=  # end\n)", re.DOTALL)
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+))?")


def main() -> None:
    """Rewrite the pins of pyproject.toml."""
    path = ROOT / "pyproject.toml"
    text = path.read_text()
    pins = resolve(PINS.sub("", text))
    path.write_text(PINS.sub(lambda _: "".join(f'  "{pin}",\n' for pin in pins), text))
    print(f"{len(pins)} versions pinned in pyproject.toml")


def resolve(project: str) -> list[str]:
    """Return `name==version` of all dependencies of this pyproject.toml, sorted by name."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text(project)
        shutil.copy(ROOT / "README.md", folder)
        export = uv(
            "export", "--all-groups", "--no-hashes", "--no-emit-project", "--no-annotate", "--no-header", folder=folder
        )
    found = [match for line in export.splitlines() if (match := PIN.fullmatch(line.strip()))]
    versions = Counter(match["name"] for match in found)
    return sorted(_pin(match, forked=versions[match["name"]] > 1) for match in found)


def uv(*arguments: str, folder: str) -> str:
    """Run uv in `folder` and return what it prints; end the script where it fails."""
    command = [os.environ.get("UV", "uv"), *arguments, "--quiet", "--project", folder]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def _pin(match: re.Match[str], *, forked: bool) -> str:
    # A marker matters only where platforms or Pythons get different versions.
    marker = f"; {match['marker']}" if forked and match["marker"] else ""
    return f"{match['name']}=={match['version']}{marker}"


if __name__ == "__main__":
    main()
