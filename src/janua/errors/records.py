"""Records that are refused or not there, and writes that do not apply: family `record`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from janua.errors.root import JanuaError, Violation, summary


@dataclass(eq=False)
class UnknownRecord(JanuaError):
    """The collection has no record of this id."""

    code: ClassVar[str] = "record.not_found"
    title: ClassVar[str] = "No such record"
    cure: ClassVar[str] = "Check the id; the record may have been deleted."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books", "id": "018f6b1c-7c3e-7000-8000-000000000001"}
    collection: str
    id: str

    def __str__(self) -> str:
        return f"{self.collection} has no record {self.id}"


@dataclass(eq=False)
class InvalidId(JanuaError):
    """A record id must be a UUID."""

    code: ClassVar[str] = "record.invalid_id"
    title: ClassVar[str] = "Invalid record id"
    cure: ClassVar[str] = "Send a UUID."
    example: ClassVar[Mapping[str, Any]] = {"id": "42"}
    id: str

    def __str__(self) -> str:
        return f"{self.id[:80]!r} is not a UUID"


@dataclass(eq=False)
class InvalidRecord(JanuaError):
    """The document does not satisfy the collection's schema; `violations` has every reason."""

    code: ClassVar[str] = "record.invalid"
    title: ClassVar[str] = "The document does not satisfy the schema"
    cure: ClassVar[str] = "Correct the document at each pointer."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "violations": (Violation("/price", "minimum", "must be at least 0", "/properties/price/minimum"),),
    }
    collection: str
    violations: Sequence[Violation]

    def __str__(self) -> str:
        return summary(self.violations)


@dataclass(eq=False)
class RecordExists(JanuaError):
    """A record of this id exists already."""

    code: ClassVar[str] = "record.exists"
    title: ClassVar[str] = "The record exists already"
    cure: ClassVar[str] = "Choose another id, or replace the record."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books", "id": "018f6b1c-7c3e-7000-8000-000000000001"}
    collection: str
    id: str

    def __str__(self) -> str:
        return f"{self.collection} already has a record {self.id}"


@dataclass(eq=False)
class UniqueConflict(JanuaError):
    """Another record has the same value in a unique field; `fields` names the field or fields.

    Of several that are created at once, `input` says which one it is, counted from 0.
    """

    code: ClassVar[str] = "record.not_unique"
    title: ClassVar[str] = "The value is taken"
    cure: ClassVar[str] = "Choose another value, or change the record that has it."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books", "fields": ("isbn",)}
    collection: str
    fields: Sequence[str]
    input: int | None = None

    def members(self) -> dict[str, Any]:
        """Return the fields; the input only where there are several."""
        return _present(super().members())

    def __str__(self) -> str:
        same = f"has the same {', '.join(self.fields)}"
        if self.input is None:
            return f"another record of {self.collection} {same}"
        return f"input {self.input}: another record of {self.collection}, or an input before it, {same}"


@dataclass(eq=False)
class RelationConflict(JanuaError):
    """The write names a related record that does not exist, or deletes one that is still referred to.

    Of several that are created at once, `input` says which one it is, counted from 0.
    """

    code: ClassVar[str] = "record.relation"
    title: ClassVar[str] = "A relation does not allow this"
    cure: ClassVar[str] = "Create the related record first; delete those that refer to it before it."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "field": "author_id",
        "reason": "there is no such record in authors",
    }
    collection: str
    field: str
    reason: str
    input: int | None = None

    def members(self) -> dict[str, Any]:
        """Return the fields; the input only where there are several."""
        return _present(super().members())

    def __str__(self) -> str:
        where = "" if self.input is None else f"input {self.input}: "
        return f"{where}{self.collection}.{self.field}: {self.reason}"


@dataclass(eq=False)
class VersionMismatch(JanuaError):
    """`If-Match`, `If-None-Match` or `ifVersion` does not hold; `current` is the record's version, 0 if none."""

    code: ClassVar[str] = "record.version_mismatch"
    title: ClassVar[str] = "The record changed meanwhile"
    cure: ClassVar[str] = "Read the record again and decide on its current version."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "id": "018f6b1c-7c3e-7000-8000-000000000001",
        "current": 3,
    }
    collection: str
    id: str
    current: int

    def __str__(self) -> str:
        state = f"is at version {self.current}" if self.current else "does not exist"
        return f"{self.collection} {self.id} {state}; read it and decide again"


@dataclass(eq=False)
class InvalidPatch(JanuaError):
    """The patch document is malformed."""

    code: ClassVar[str] = "record.invalid_patch"
    title: ClassVar[str] = "The patch is malformed"
    cure: ClassVar[str] = "Send a patch as RFC 7396 or RFC 6902 has it."
    example: ClassVar[Mapping[str, Any]] = {"reason": "a JSON Patch is an array of operations (RFC 6902)"}
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class PatchConflict(JanuaError):
    """A JSON Patch operation does not apply to the record: a failed `test` or a missing target."""

    code: ClassVar[str] = "record.patch_conflict"
    title: ClassVar[str] = "The patch does not apply"
    cure: ClassVar[str] = "Read the record again; it is not what the patch expects."
    example: ClassVar[Mapping[str, Any]] = {"reason": "operation 0 (test): the value is another one", "pointer": "/0"}
    reason: str
    pointer: str = ""

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class TooManyRecords(JanuaError):
    """A bulk write would touch more records than `atMost`; it touched none."""

    code: ClassVar[str] = "record.too_many"
    title: ClassVar[str] = "The write would touch too many records"
    cure: ClassVar[str] = "Narrow the filter, or allow more."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books", "limit": 100}
    collection: str
    limit: int

    def __str__(self) -> str:
        return (
            f"more than {self.limit} records of {self.collection} match, the limit of this write; nothing was changed: "
            "narrow the filter or allow more"
        )


@dataclass(eq=False)
class ImportRejected(JanuaError):
    """An import met a document it could not take; nothing was stored. `line` counts from 1."""

    code: ClassVar[str] = "record.import_rejected"
    title: ClassVar[str] = "The import was rejected"
    cure: ClassVar[str] = "Correct the line, or import with `on_error=skip`."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "line": 3,
        "reason": "at /price: must be at least 0",
        "violations": (Violation("/price", "minimum", "must be at least 0", "/properties/price/minimum"),),
    }
    collection: str
    line: int
    reason: str
    violations: Sequence[Violation] = ()

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}; nothing was stored"


@dataclass(eq=False)
class IdempotencyConflict(JanuaError):
    """The `Idempotency-Key` is in use: by a request still running, or by one with another body."""

    code: ClassVar[str] = "record.idempotency_conflict"
    title: ClassVar[str] = "The idempotency key is in use"
    cure: ClassVar[str] = (
        "Wait and send the same request again; use a new key for another request. A key used for another request is "
        "422."
    )
    example: ClassVar[Mapping[str, Any]] = {"running": True}
    running: bool

    def __str__(self) -> str:
        return "a request with this key is still running" if self.running else "this key was used for another request"


def _present(members: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in members.items() if each is not None}
