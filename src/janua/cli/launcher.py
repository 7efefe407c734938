"""Notice that the `uv run` which started this process was killed.

`uv run` stays the parent of what it runs and passes signals on, but it cannot pass on a `kill -9`: without this,
that would leave a server behind on the port and the data directory. Linux only: elsewhere a process cannot
read its parent's name from a file. Start at `stop_with_launcher`.
"""

import os
import signal
import time
from pathlib import Path
from threading import Thread

LAUNCHER = "uv"
POLL = 0.25  # seconds


def stop_with_launcher() -> None:
    """Have this process terminated when its parent is `uv` and ends; any other parent may leave it running."""
    parent = os.getppid()
    if name_of(parent) == LAUNCHER:
        Thread(target=terminate_without, args=(parent,), name="launcher", daemon=True).start()


def terminate_without(parent: int) -> None:
    """Wait until this process has another parent, then terminate it as `kill` would."""
    while os.getppid() == parent:
        time.sleep(POLL)
    os.kill(os.getpid(), signal.SIGTERM)


def name_of(process: int) -> str:
    """Return the name of a process's program, empty when it cannot be told."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""
