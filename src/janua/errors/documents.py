"""Documents that cannot be read or stored at all: family `document`."""

from dataclasses import dataclass
from typing import ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class MalformedDocument(JanuaError):
    """The body is not JSON (or YAML, where allowed): syntax, encoding, duplicate keys, NUL, lone surrogates."""

    code: ClassVar[str] = "document.malformed"
    title: ClassVar[str] = "The document cannot be read"
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class UnstorableDocument(JanuaError):
    """The document is JSON, but holds what PostgreSQL or Janua's limits cannot keep exactly."""

    code: ClassVar[str] = "document.unstorable"
    title: ClassVar[str] = "The document cannot be stored exactly"
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return f"{self.reason} (at {self.pointer or 'the root'})"


@dataclass(eq=False)
class DocumentTooLarge(JanuaError):
    """The document is larger, deeper or has more nodes than the `limits` settings allow."""

    code: ClassVar[str] = "document.too_large"
    title: ClassVar[str] = "The document is too large"
    what: str
    limit: int

    def __str__(self) -> str:
        return f"the document has more than {self.limit} {self.what}"
