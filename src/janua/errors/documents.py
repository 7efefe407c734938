"""Documents that cannot be read or stored at all: family `document`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class MalformedDocument(JanuaError):
    """The body is not JSON (or YAML, where allowed): syntax, encoding, duplicate keys, NUL, lone surrogates."""

    code: ClassVar[str] = "document.malformed"
    title: ClassVar[str] = "The document cannot be read"
    cure: ClassVar[str] = "Send UTF-8 JSON in which no key is twice in an object."
    example: ClassVar[Mapping[str, Any]] = {"reason": 'the key "price" occurs twice in one object at line 3 column 11'}
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class UnstorableDocument(JanuaError):
    """The document is JSON, but holds what PostgreSQL or Janua's limits cannot keep exactly."""

    code: ClassVar[str] = "document.unstorable"
    title: ClassVar[str] = "The document cannot be stored exactly"
    cure: ClassVar[str] = "Send long numbers as strings; leave out what is pointed at."
    example: ClassVar[Mapping[str, Any]] = {
        "reason": "a number has more than 512 digits before or after the point",
        "pointer": "/price",
    }
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return f"{self.reason} (at {self.pointer or 'the root'})"


@dataclass(eq=False)
class DocumentTooLarge(JanuaError):
    """The document is larger, deeper or has more nodes than the `limits` settings allow."""

    code: ClassVar[str] = "document.too_large"
    title: ClassVar[str] = "The document is too large"
    cure: ClassVar[str] = "Split the document, or raise the setting."
    example: ClassVar[Mapping[str, Any]] = {"what": "levels of nesting", "limit": 128}
    what: str
    limit: int

    def __str__(self) -> str:
        return f"the document has more than {self.limit} {self.what}"
