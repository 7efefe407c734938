"""What PostgreSQL cannot do, now or at all: family `database`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class DatabaseUnavailable(JanuaError):
    """PostgreSQL cannot be reached, or no connection came free in time."""

    code: ClassVar[str] = "database.unavailable"
    title: ClassVar[str] = "The database is unavailable"
    cure: ClassVar[str] = "Send it again after `Retry-After` seconds; `/readyz` says when PostgreSQL is back."
    reason: str = "PostgreSQL cannot be reached; try again shortly"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class StatementTimeout(JanuaError):
    """A statement ran longer than `database.statement_timeout`."""

    code: ClassVar[str] = "database.timeout"
    title: ClassVar[str] = "The database took too long"
    cure: ClassVar[str] = "Narrow the query, index the field it filters on, or raise `database.statement_timeout`."

    def __str__(self) -> str:
        return "the database took longer than allowed; narrow the query or add an index"


@dataclass(eq=False)
class StatementConflict(JanuaError):
    """A deadlock, serialization failure or lock timeout that retrying did not cure."""

    code: ClassVar[str] = "database.conflict"
    title: ClassVar[str] = "Concurrent changes got in each other's way"
    cure: ClassVar[str] = "Send the request again."

    def __str__(self) -> str:
        return "another transaction was in the way; send the request again"


@dataclass(eq=False)
class StorageFull(JanuaError):
    """PostgreSQL reports that its disk is full."""

    code: ClassVar[str] = "database.full"
    title: ClassVar[str] = "The database has no space left"
    cure: ClassVar[str] = "Free disk space; nothing was stored."

    def __str__(self) -> str:
        return "the database has no space left; nothing was stored"


@dataclass(eq=False)
class DatabaseBehind(JanuaError):
    """The database lacks migrations of this Janua; `found` and `needed` are migration versions."""

    code: ClassVar[str] = "database.behind"
    title: ClassVar[str] = "The database needs migrating"
    cure: ClassVar[str] = "Run `janua migrate`."
    example: ClassVar[Mapping[str, Any]] = {"found": 7, "needed": 9}
    found: int
    needed: int

    def __str__(self) -> str:
        return f"the database is at migration {self.found}, this Janua needs {self.needed}: run `janua migrate`"


@dataclass(eq=False)
class DatabaseAhead(JanuaError):
    """A newer Janua stores the registry in a format that this one does not know; `known` is the newest it does."""

    code: ClassVar[str] = "database.ahead"
    title: ClassVar[str] = "The database needs a newer Janua"
    cure: ClassVar[str] = "Upgrade this Janua."
    example: ClassVar[Mapping[str, Any]] = {"found": 4, "known": 3}
    found: int
    known: int

    def __str__(self) -> str:
        return f"the registry has format {self.found}, this Janua knows up to {self.known}: upgrade this Janua"


@dataclass(eq=False)
class DirectoryInUse(JanuaError):
    """Another process already runs the embedded PostgreSQL of this directory."""

    code: ClassVar[str] = "database.directory_in_use"
    title: ClassVar[str] = "The data directory is in use"
    cure: ClassVar[str] = "Stop the other process, or give this one another `--data`."
    example: ClassVar[Mapping[str, Any]] = {"process": 4711}
    process: int

    def __str__(self) -> str:
        return f"another janua (process {self.process}) serves this data directory; stop it or pass another --data"


@dataclass(eq=False)
class EmbeddedFailed(JanuaError):
    """The embedded PostgreSQL could not be started; `reason` is the last line of its log."""

    code: ClassVar[str] = "database.embedded_failed"
    title: ClassVar[str] = "The embedded PostgreSQL did not start"
    cure: ClassVar[str] = "Read the reason; often the disk, a permission, or a directory of another PostgreSQL version."
    example: ClassVar[Mapping[str, Any]] = {"reason": "FATAL: could not write to file: No space left on device"}
    reason: str

    def __str__(self) -> str:
        return f"the embedded PostgreSQL did not start: {self.reason}"
