"""Places where a test has the process die, as `kill -9` would have it: `JANUA_FAIL=<step>`.

For tests of what the next start has to repair, and for trying it out by hand. Start at `fail_at`.
"""

import os
from typing import Final, Literal, get_args

Step = Literal[
    "register.decided",
    "register.locked",
    "register.stored",
    "register.applied",
    "register.committed",
    "index.begun",
    "index.built",
    "extract.made",
    "extract.filled",
    "evolve.begun",
    "evolve.filled",
    "evolve.marked",
    "evolve.locked",
    "evolve.rewritten",
    "evolve.switched",
    "evolve.committed",
    "import.filled",
    "import.stored",
    "import.committed",
]
STEPS: Final[tuple[Step, ...]] = get_args(Step)
KILLED = 137  # 128 + SIGKILL, as shells have it
ARMED = os.environ.get("JANUA_FAIL")


def fail_at(step: Step) -> None:
    """End the process here, without any clean-up, if `JANUA_FAIL` names this step."""
    if step == ARMED:
        os._exit(KILLED)
