"""`uv run janua dev` ends wholly, also when it is uv that is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PATIENCE = 60  # seconds, on a busy machine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a parent's name is looked up in /proc")


def launched_by(name: str, directory: Path) -> subprocess.Popen[str]:
    """Start `janua dev` as the child of a program of this name, with both outputs in one pipe."""
    launcher = directory / name
    launcher.write_text('#!/bin/sh\n"$@" &\nwait\n')
    launcher.chmod(0o755)
    command = [str(launcher), sys.executable, "-m", "janua", "dev", "--port", "0"]
    return subprocess.Popen(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def test_a_killed_uv_takes_the_server_with_it(tmp_path: Path) -> None:
    with launched_by("uv", tmp_path) as launcher:
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
