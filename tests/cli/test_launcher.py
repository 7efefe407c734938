"""`uv run janua dev` ends wholly, also when it is uv that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 60  # seconds, on a busy machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a parent's name is looked up in /proc")


def launched_by(names: tuple[str, ...], directory: Path) -> subprocess.Popen[str]:
    """Start `janua dev` by programs of these names, each the child of the one before; both outputs in one pipe."""
    for name in names:
        (directory / name).write_text('#!/bin/sh\n"$@" &\nwait\n')
        (directory / name).chmod(0o755)
    command = [*(str(directory / name) for name in names), sys.executable, "-m", "janua", "dev", "--port", "0"]
    return subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


@pytest.mark.parametrize("names", [("uv",), ("uv", "just", "sh", "uv")], ids="-".join)
def test_a_killed_uv_takes_the_server_with_it(names: tuple[str, ...], tmp_path: Path) -> None:
    with launched_by(names, tmp_path) as launcher:
        assert launcher.stdout is not None
        try:
            assert any("Press Ctrl-C" in line for line in launcher.stdout)
            launcher.kill()
            # The pipe ends when nobody holds it any more: neither janua nor what it started.
            launcher.communicate(timeout=PATIENCE)
        finally:
            stop_what_is_left(launcher.pid)
    assert not (tmp_path / ".janua" / "postgres" / "postmaster.pid").exists()


def stop_what_is_left(session: int) -> None:
    """Kill the process group, if any of it is left."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        return
