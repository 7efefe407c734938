"""The root of the tree of errors, and the reasons that a refused document comes with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Violation:
    """One reason why a document does not satisfy a schema.

    `pointer` points into the document and `schema_pointer` into the schema (RFC 6901).
    """

    pointer: str
    keyword: str
    message: str
    schema_pointer: str = ""


@dataclass(eq=False)
class JanuaError(Exception):
    """The root of all errors that a caller can do something about."""

    code: ClassVar[str] = "janua.error"
    title: ClassVar[str] = "Janua cannot do this"
    cure: ClassVar[str] = ""
    """What to do about it, in Markdown."""
    example: ClassVar[Mapping[str, Any]] = {}
    """The fields of one such error, as a page of the server shows it."""

    def members(self) -> dict[str, Any]:
        """Return the fields as members of a problem document; `api.wire` makes JSON of them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def told_to_operators(self) -> str:
        """Return the message for the terminal and the log: notes on the error say what clients are not shown."""
        return "; ".join(getattr(self, "__notes__", ())) or str(self)


def summary(violations: Sequence[Violation]) -> str:
    """Return the first of some violations, and how many more there are."""
    first = violations[0]
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    return f"at {first.pointer or 'the root'}: {first.message}{more}"
