"""Where the database of a command is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    """What `--dsn` and `--data` said; None: not given."""

    dsn: str | None = None
    data: Path | None = None
