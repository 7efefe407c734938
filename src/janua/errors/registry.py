"""Schemas that are refused, and collections that are not there or cannot be changed now: family `registry`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from janua.errors.root import JanuaError, Violation, summary


@dataclass(eq=False)
class UnknownCollection(JanuaError):
    """No collection of this name is registered."""

    code: ClassVar[str] = "registry.unknown_collection"
    title: ClassVar[str] = "Unknown collection"
    cure: ClassVar[str] = "Check the name with `GET /registry`, or register it."
    example: ClassVar[Mapping[str, Any]] = {"collection": "boks"}
    collection: str

    def __str__(self) -> str:
        return f"there is no collection {self.collection!r}; register a schema for it first"


@dataclass(eq=False)
class UnknownSchemaVersion(JanuaError):
    """The collection has no schema version of this number."""

    code: ClassVar[str] = "registry.unknown_version"
    title: ClassVar[str] = "Unknown schema version"
    cure: ClassVar[str] = "`GET /registry/{collection}/versions` lists those there are."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books", "version": 7}
    collection: str
    version: int

    def __str__(self) -> str:
        return f"collection {self.collection!r} has no schema version {self.version}"


@dataclass(eq=False)
class InvalidCollectionName(JanuaError):
    """A collection name must match `^[a-z][a-z0-9_]{0,46}$`."""

    code: ClassVar[str] = "registry.invalid_name"
    title: ClassVar[str] = "Invalid collection name"
    cure: ClassVar[str] = "Choose a name in lower case that fits the pattern."
    example: ClassVar[Mapping[str, Any]] = {"collection": "My Books"}
    collection: str

    def __str__(self) -> str:
        return f"{self.collection[:60]!r} is not a collection name; it must match ^[a-z][a-z0-9_]{{0,46}}$"


@dataclass(eq=False)
class InvalidSchema(JanuaError):
    """The document is not a valid JSON Schema, or an annotation of ours in it makes no sense.

    `violations` point into the schema document.
    """

    code: ClassVar[str] = "registry.invalid_schema"
    title: ClassVar[str] = "Invalid schema"
    cure: ClassVar[str] = "Correct the schema at each pointer."
    example: ClassVar[Mapping[str, Any]] = {
        "violations": (
            Violation(
                "/properties/price/type",
                "enum",
                "must be one of array, boolean, integer, null, number, object and string, or a list of them",
            ),
        ),
        "collection": "books",
    }
    violations: Sequence[Violation]
    collection: str = ""

    def members(self) -> dict[str, Any]:
        """Return the fields; the collection only where it is known whose schema this is."""
        return {name: each for name, each in super().members().items() if each or name != "collection"}

    def __str__(self) -> str:
        said = summary(self.violations)
        return f"the schema of {self.collection!r} is invalid {said}" if self.collection else said


@dataclass(eq=False)
class InvalidSteps(JanuaError):
    """The steps that should bring stored records to a new schema version are malformed.

    `violations` point into what was sent: `/steps/2/path` is a member of the third step.
    """

    code: ClassVar[str] = "registry.invalid_steps"
    title: ClassVar[str] = "Invalid steps"
    cure: ClassVar[str] = "Correct the steps at each pointer."
    example: ClassVar[Mapping[str, Any]] = {"violations": (Violation("/steps/0/path", "required", "is required"),)}
    violations: Sequence[Violation]

    def __str__(self) -> str:
        return summary(self.violations)


@dataclass(eq=False)
class IncompatibleSchema(JanuaError):
    """The new schema version was refused; the members of its report stand beside `code`, as `POST …/check` has them."""

    code: ClassVar[str] = "registry.incompatible"
    title: ClassVar[str] = "Incompatible schema"
    cure: ClassVar[str] = (
        "Read `incompatibilities` and `records.samples`; correct the records or the schema. If `decided_by` is "
        "`rules`, the policy `data` would accept it."
    )
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "report": {
            "verdict": "incompatible",
            "incompatibilities": [
                {
                    "code": "records.required",
                    "keyword": "required",
                    "pointer": "/required",
                    "old_pointer": "",
                    "message": "2 stored records do not validate: lacks 'isbn'",
                    "counter_example": {"document": {"title": "Dune"}, "valid_under": "old"},
                }
            ],
        },
    }
    collection: str
    report: Mapping[str, Any] = field(default_factory=dict[str, Any], metadata={"documented": "those of the report"})

    def members(self) -> dict[str, Any]:
        """Return the report's members beside the collection's name, as the contract wants."""
        return {"collection": self.collection, **self.report}

    def __str__(self) -> str:
        rules: Mapping[str, Any] = self.report.get("rules") or {}
        if self.report.get("verdict") == "undecided":
            reasons: Sequence[Mapping[str, Any]] = rules.get("undecided") or []
            said = "cannot be proven to be compatible, which the evolution policy `proof` asks for"
        else:
            reasons = self.report.get("incompatibilities") or []
            said = "is not compatible"
        first = f": {reasons[0]['message']}" if reasons else ""
        cure = "; under the policy `data` the stored records would allow it" if self._allowed_by_records() else ""
        return f"the new schema of {self.collection!r} {said}{first}{cure}"

    def _allowed_by_records(self) -> bool:
        return self.report.get("decided_by") == "rules"


@dataclass(eq=False)
class UnknownEvolution(JanuaError):
    """The records of the collection were never brought to a new schema version by steps, nor are they now."""

    code: ClassVar[str] = "registry.unknown_evolution"
    title: ClassVar[str] = "No such evolution"
    cure: ClassVar[str] = "`POST /registry/{collection}/evolution` begins one."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books"}
    collection: str

    def __str__(self) -> str:
        return f"{self.collection!r} has no evolution; begin one with POST /registry/{self.collection}/evolution"


@dataclass(eq=False)
class EvolutionConflict(JanuaError):
    """An evolution stands in the way of this, or is not in a state for it; `state` is the one that it is in."""

    code: ClassVar[str] = "registry.evolution_conflict"
    title: ClassVar[str] = "The evolution is not in a state for this"
    cure: ClassVar[str] = (
        "Wait until it is done, or abort it; `GET /registry/{collection}/evolution` says how far it is."
    )
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "state": "running",
        "reason": "wait until it is done, or abort it, and register then",
    }
    collection: str
    state: str
    reason: str

    def __str__(self) -> str:
        state = "has failed" if self.state == "failed" else f"is {self.state}"
        return f"the evolution of {self.collection!r} {state}: {self.reason}"


@dataclass(eq=False)
class SchemaVersionMismatch(JanuaError):
    """`If-Match` named another schema version than the current one; `current` is 0 when there is none."""

    code: ClassVar[str] = "registry.version_mismatch"
    title: ClassVar[str] = "The schema changed meanwhile"
    cure: ClassVar[str] = "Read the collection again and decide on its current schema."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books", "current": 3}
    collection: str
    current: int

    def __str__(self) -> str:
        return f"the current schema version of {self.collection!r} is {self.current}; read it and decide again"


@dataclass(eq=False)
class CollectionInUse(JanuaError):
    """The collection cannot be dropped: others relate to it, or it holds records."""

    code: ClassVar[str] = "registry.collection_in_use"
    title: ClassVar[str] = "The collection is in use"
    cure: ClassVar[str] = "Drop the related collections or their relation first; for records add `?records=delete`."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "authors",
        "reason": "is related to by books; change or drop them first, or with it",
        "related": ("books",),
    }
    collection: str
    reason: str
    related: Sequence[str] = ()
    records: int | None = None

    def __str__(self) -> str:
        return f"collection {self.collection!r} {self.reason}"


@dataclass(eq=False)
class CollectionQuarantined(JanuaError):
    """The stored schema of the collection cannot be compiled, so it is not served; the others are."""

    code: ClassVar[str] = "registry.quarantined"
    title: ClassVar[str] = "The collection is quarantined"
    cure: ClassVar[str] = "Register a schema that compiles; the reason says what is wrong with the stored one."
    example: ClassVar[Mapping[str, Any]] = {
        "collection": "books",
        "reason": "at /properties/price/type: must be one of array, boolean, integer, …",
    }
    collection: str
    reason: str

    def __str__(self) -> str:
        return f"collection {self.collection!r} is quarantined: {self.reason}"


@dataclass(eq=False)
class StaleCatalog(JanuaError):
    """A write met a newer schema version than the one it was validated against, again and again."""

    code: ClassVar[str] = "registry.stale_catalog"
    title: ClassVar[str] = "The schema is changing"
    cure: ClassVar[str] = "Send the request again."
    example: ClassVar[Mapping[str, Any]] = {"collection": "books"}
    collection: str

    def __str__(self) -> str:
        return f"the schema of {self.collection!r} is changing; send the request again"


@dataclass(eq=False)
class RevisionNotReached(JanuaError):
    """This worker does not serve the catalog revision that `Janua-Minimum-Revision` demands, nor did it in time."""

    code: ClassVar[str] = "registry.revision_not_reached"
    title: ClassVar[str] = "The catalog is not that new here"
    cure: ClassVar[str] = "Send the request again; a revision that no answer gave never comes."
    example: ClassVar[Mapping[str, Any]] = {"wanted": 12, "current": 11}
    wanted: int
    current: int

    def __str__(self) -> str:
        return f"this worker serves catalog revision {self.current}, not yet {self.wanted}; send the request again"
