"""A narrow table beside that of a collection: typed columns of a few fields, which a covering index holds.

Aggregates read it instead of documents. `sql.extracts` makes it, triggers keep it.
"""

from dataclasses import dataclass
from functools import cached_property

from janua.model.collection import Path


@dataclass(frozen=True)
class Extract:
    """An extract of a collection: its table, and the column of each field, in the order of the index.

    `since` is when it was found to hold all records: one that was made anew has the same name, and another time.
    """

    table: str
    columns: tuple[tuple[Path, str], ...]
    since: str = ""

    @cached_property
    def paths(self) -> frozenset[Path]:
        """The fields that it holds."""
        return frozenset(path for path, _ in self.columns)

    def column(self, path: Path) -> str | None:
        """Return the column of a field, None when it is not held."""
        return next((column for held, column in self.columns if held == path), None)
