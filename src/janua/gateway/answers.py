"""What the verbs return: frozen values that the faces turn into HTTP, GraphQL or terminal output."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from janua.errors import Violation
from janua.model.collection import Schema

Verdict = Literal["compatible", "incompatible", "undecided"]


@dataclass(frozen=True, slots=True)
class Incompatibility:
    """One named reason why a schema version cannot follow another; pointers are RFC 6901.

    `old` and `new` are what stands at the pointers, and `version` is the earlier schema version, where the rules speak.
    """

    code: str
    keyword: str
    pointer: str
    old_pointer: str
    message: str
    counter_example: Mapping[str, Any] | None = None
    old: Any = None
    new: Any = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class RecordsVerdict:
    """How the stored records fare under a candidate schema; `samples` has up to ten `{"id", "violations"}`.

    `proven`: none was read, as whatever is valid under the current version is proven to be valid under the new one.
    """

    checked: int = 0
    invalid: int = 0
    samples: Sequence[Mapping[str, Any]] = ()
    proven: bool = False


@dataclass(frozen=True, slots=True)
class RulesVerdict:
    """What the rules of a compatibility mode say, whatever is stored; `versions` are the earlier ones it was held to.

    `undecided` has the keywords of which it was neither proven nor refuted that they break something.
    """

    mode: str
    verdict: Verdict
    versions: Sequence[int] = ()
    undecided: Sequence[Incompatibility] = ()


@dataclass(frozen=True, slots=True)
class IndexChanges:
    """Names of the indexes that a registration builds and drops."""

    build: Sequence[str] = ()
    drop: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a schema document would change, and whether it may be registered.

    `verdict` is the decision: by the rules, or under the evolution policy `data` by the stored records, as `decided_by`
    says; `verdicts` has both. `incompatibilities` are those of the records, then those of the rules. `warnings` are
    likely slips in the schema, which do not count.
    """

    verdict: Verdict
    changes: Sequence[Mapping[str, Any]] = ()
    incompatibilities: Sequence[Incompatibility] = ()
    records: RecordsVerdict = RecordsVerdict()
    indexes: IndexChanges = IndexChanges()
    graphql: Sequence[Mapping[str, Any]] = ()
    rest: Sequence[Mapping[str, Any]] = ()
    relations: Sequence[Mapping[str, Any]] = ()
    verdicts: Mapping[str, Verdict] | None = None
    rules: RulesVerdict | None = None
    evolution: str | None = None
    decided_by: Literal["rules", "records"] | None = None
    warnings: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers are live, and how many of them serve the catalog revision that was waited for."""

    live: int
    serving: int


@dataclass(frozen=True, slots=True)
class Registration:
    """The outcome of registering one schema: `version` is current now; `changed` is false for the same document."""

    collection: str
    version: int
    fingerprint: str
    changed: bool
    created: bool
    report: Report
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """One immutable registered schema."""

    collection: str
    version: int
    fingerprint: str
    document: Schema
    created_at: datetime


@dataclass(frozen=True, slots=True)
class IndexState:
    """A declared index and how far it is; `reason` says why it failed, `include` what a covering one holds besides."""

    name: str
    kind: str
    fields: Sequence[str]
    unique: bool
    state: Literal["building", "valid", "failed"]
    reason: str | None = None
    include: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class RelationSummary:
    """A relation as the registry shows it, `inverse` being the field on the other side."""

    field: str
    collection: str
    pointer: str
    many: bool
    on_delete: str
    inverse: str | None


@dataclass(frozen=True, slots=True)
class Description:
    """Everything the registry knows about one collection; `fields` is the stored name map of the contract."""

    collection: str
    version: int
    fingerprint: str
    document: Schema
    mode: str
    evolution: str
    fields: Sequence[Mapping[str, Any]]
    indexes: Sequence[IndexState]
    relations: Sequence[RelationSummary]
    graphql: Mapping[str, str]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list of collections."""

    collection: str
    version: int
    fingerprint: str
    title: str | None
    description: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RecordAnswer:
    """One record as PostgreSQL wrote it: `text` is JSON `{"id", "data", "version", …}`, ready to be sent.

    `replayed`: it is the answer to an earlier request with the same idempotency key.
    """

    id: str
    version: int
    text: str
    created: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """One page: `items` is the JSON text of the array; cursors are None where there is nothing further."""

    items: str
    next: str | None = None
    previous: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class GroupsAnswer:
    """The groups of an aggregate: `items` is the JSON text of the array; `truncated` when there are more."""

    items: str
    truncated: bool


@dataclass(frozen=True, slots=True)
class Precondition:
    """The state a write demands: versions the record may have (`"*"`: any, but it must exist), or must not have."""

    match: Literal["*"] | frozenset[int] | None = None
    none_match: Literal["*"] | frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Rejection:
    """One document that an import did not take; `line` counts documents from 1."""

    line: int
    code: str
    message: str
    violations: Sequence[Violation] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `rejections` lists at most `LISTED_REJECTIONS` of the `rejected` documents."""

    imported: int
    updated: int = 0
    rejected: int = 0
    rejections: Sequence[Rejection] = field(default_factory=tuple[Rejection, ...])


LISTED_REJECTIONS = 10_000


@dataclass(frozen=True, slots=True)
class Evolved:
    """What steps make of the stored records: how many change, and up to ten as `{"id", "before", "after"}`."""

    changed: int
    samples: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What an evolution would do, with nothing stored; `report` speaks of the records as they would be afterwards."""

    collection: str
    version: int
    evolved: Evolved
    report: Report


@dataclass(frozen=True, slots=True)
class EvolutionRecords:
    """How far an evolution is: of about `total` records, how many were `checked`; of those, how many change.

    `invalid` ones cannot be brought to the new version; `samples` has up to ten `{"id", "violations"}` of them.
    """

    total: int
    checked: int
    changed: int
    invalid: int = 0
    samples: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Evolution:
    """Stored records on their way from one schema version to another, or arrived; `reason` says why it failed."""

    collection: str
    id: int
    state: Literal["running", "paused", "failed", "done", "aborted"]
    from_version: int
    to_version: int
    records: EvolutionRecords
    steps: Any
    created_at: datetime
    updated_at: datetime
    reason: str | None = None
