"""What PostgreSQL cannot do, now or at all: family `database`."""

from dataclasses import dataclass
from typing import ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class DatabaseUnavailable(JanuaError):
    """PostgreSQL cannot be reached, or no connection came free in time."""

    code: ClassVar[str] = "database.unavailable"
    title: ClassVar[str] = "The database is unavailable"
    reason: str = "PostgreSQL cannot be reached; try again shortly"

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class StatementTimeout(JanuaError):
    """A statement ran longer than `database.statement_timeout`."""

    code: ClassVar[str] = "database.timeout"
    title: ClassVar[str] = "The database took too long"

    def __str__(self) -> str:
        return "the database took longer than allowed; narrow the query or add an index"


@dataclass(eq=False)
class StatementConflict(JanuaError):
    """A deadlock, serialization failure or lock timeout that retrying did not cure."""

    code: ClassVar[str] = "database.conflict"
    title: ClassVar[str] = "Concurrent changes got in each other's way"

    def __str__(self) -> str:
        return "another transaction was in the way; send the request again"


@dataclass(eq=False)
class StorageFull(JanuaError):
    """PostgreSQL reports that its disk is full."""

    code: ClassVar[str] = "database.full"
    title: ClassVar[str] = "The database has no space left"

    def __str__(self) -> str:
        return "the database has no space left; nothing was stored"


@dataclass(eq=False)
class DatabaseBehind(JanuaError):
    """The database lacks migrations of this Janua; `found` and `needed` are migration versions."""

    code: ClassVar[str] = "database.behind"
    title: ClassVar[str] = "The database needs migrating"
    found: int
    needed: int

    def __str__(self) -> str:
        return f"the database is at migration {self.found}, this Janua needs {self.needed}: run `janua migrate`"


@dataclass(eq=False)
class DatabaseAhead(JanuaError):
    """A newer Janua stores the registry in a format that this one does not know; `known` is the newest it does."""

    code: ClassVar[str] = "database.ahead"
    title: ClassVar[str] = "The database needs a newer Janua"
    found: int
    known: int

    def __str__(self) -> str:
        return f"the registry has format {self.found}, this Janua knows up to {self.known}: upgrade this Janua"


@dataclass(eq=False)
class DirectoryInUse(JanuaError):
    """Another process already runs the embedded PostgreSQL of this directory."""

    code: ClassVar[str] = "database.directory_in_use"
    title: ClassVar[str] = "The data directory is in use"
    process: int

    def __str__(self) -> str:
        return f"another janua (process {self.process}) serves this data directory; stop it or pass another --data"


@dataclass(eq=False)
class EmbeddedFailed(JanuaError):
    """The embedded PostgreSQL could not be started; `reason` is the last line of its log."""

    code: ClassVar[str] = "database.embedded_failed"
    title: ClassVar[str] = "The embedded PostgreSQL did not start"
    reason: str

    def __str__(self) -> str:
        return f"the embedded PostgreSQL did not start: {self.reason}"
