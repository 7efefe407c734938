"""Notice that the `uv run` or `just` which started this process was killed.

Both stay the parents of what they run and pass signals on, but they cannot pass on a `kill -9`: without this, that
would leave a server behind on the port and the data directory, also when it hits the first of several, as in
`uv run just run`. Linux only: elsewhere a process cannot read its parent's name from a file. Start at
`stop_with_launcher`.
"""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Thread

LAUNCHERS = ("uv", "just")
SHELLS = ("sh", "bash", "dash", "zsh")
"""What may stand between two launchers; one before the first is a person's own and may end."""
POLL = 0.25  # seconds

Link = tuple[int, int]
"""A process and its parent."""


def stop_with_launcher() -> None:
    """Have this process terminated when a launcher that it comes from ends; any other parent may leave it running."""
    links = launcher_links()
    if links:
        Thread(target=terminate_without, args=(links,), name="launcher", daemon=True).start()


def launcher_links() -> Sequence[Link]:
    """Return the links from this process up to the first of its launchers."""
    links: list[Link] = []
    launched, process = 0, os.getpid()
    while name_of(parent := parent_of(process)) in (*LAUNCHERS, *SHELLS):
        links.append((process, parent))
        launched = len(links) if name_of(parent) in LAUNCHERS else launched
        process = parent
    return links[:launched]


def terminate_without(links: Sequence[Link]) -> None:
    """Wait until a process of the chain has another parent, then terminate this one as `kill` would."""
    while all(parent_of(process) == parent for process, parent in links):
        time.sleep(POLL)
    os.kill(os.getpid(), signal.SIGTERM)


def parent_of(process: int) -> int:
    """Return the parent of a process, 0 when it cannot be told."""
    try:
        # The second field is the name in parentheses, which may have any in it.
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


def name_of(process: int) -> str:
    """Return the name of a process's program, empty when it cannot be told."""
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except OSError:
        return ""
