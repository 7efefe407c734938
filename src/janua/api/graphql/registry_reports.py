"""The report of a schema as GraphQL types: that of `gateway.answers`, member by member. Start at `Report`."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import strawberry

from janua.api.graphql.registry_types import JsonValue
from janua.gateway import answers


@strawberry.enum(description="Whether a schema can become the next version.")
class Verdict(Enum):
    """The verdicts of a report."""

    COMPATIBLE = "compatible"
    INCOMPATIBLE = "incompatible"
    UNDECIDED = "undecided"


@strawberry.type(description="A difference between two schema versions; `pointer` leads to it in the document.")
class SchemaChange:
    """A change of the schema document."""

    pointer: str
    kind: str
    breaking: bool
    message: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "SchemaChange":
        """Return a change in GraphQL."""
        return cls(pointer=found["pointer"], kind=found["kind"], breaking=found["breaking"], message=found["message"])


@strawberry.type(description="A name of GraphQL or REST that changes.")
class NameChange:
    """A change of what clients can say."""

    name: str
    kind: str
    breaking: bool
    dangerous: bool
    message: str

    @classmethod
    def of(cls, found: Mapping[str, Any]) -> "NameChange":
        """Return a change in GraphQL."""
        return cls(**{name: found[name] for name in ("name", "kind", "breaking", "dangerous", "message")})


@strawberry.type(description="A document that one version accepts and the other does not.")
class CounterExample:
    """The proof of an incompatibility; `valid_under` is `old` or `new`."""

    document: JsonValue
    valid_under: str


@strawberry.type(description="One named reason why a schema cannot follow another; pointers are RFC 6901.")
class Incompatibility:
    """An incompatibility."""

    code: str
    keyword: str
    pointer: str
    old_pointer: str
    message: str
    counter_example: CounterExample | None
    old: JsonValue | None
    new: JsonValue | None
    version: int | None

    @classmethod
    def of(cls, found: answers.Incompatibility) -> "Incompatibility":
        """Return an incompatibility in GraphQL."""
        example = found.counter_example
        shown = (
            None
            if example is None
            else CounterExample(document=JsonValue(example["document"]), valid_under=example["valid_under"])
        )
        return cls(
            code=found.code,
            keyword=found.keyword,
            pointer=found.pointer,
            old_pointer=found.old_pointer,
            message=found.message,
            counter_example=shown,
            old=None if found.old is None else JsonValue(found.old),
            new=None if found.new is None else JsonValue(found.new),
            version=found.version,
        )


@strawberry.type(description="How the stored records fare under a new schema.")
class RecordsVerdict:
    """Counts, and samples of `{"id", "violations"}`; `proven`: none was read, as a proof covers them all."""

    checked: int
    invalid: int
    samples: list[JsonValue]
    proven: bool

    @classmethod
    def of(cls, found: answers.RecordsVerdict) -> "RecordsVerdict":
        """Return a verdict in GraphQL."""
        samples = [JsonValue(each) for each in found.samples]
        return cls(checked=found.checked, invalid=found.invalid, samples=samples, proven=found.proven)


@strawberry.type(description="Names of the indexes that a registration builds and drops.")
class IndexChanges:
    """Indexes to build and drop."""

    build: list[str]
    drop: list[str]


@strawberry.type(description="What the rules of a compatibility mode say, whatever is stored.")
class RulesVerdict:
    """The ruling; `undecided` has what was neither proven nor refuted."""

    mode: str
    verdict: Verdict
    versions: list[int]
    undecided: list[Incompatibility]

    @classmethod
    def of(cls, found: answers.RulesVerdict) -> "RulesVerdict":
        """Return a ruling in GraphQL."""
        undecided = [Incompatibility.of(each) for each in found.undecided]
        return cls(mode=found.mode, verdict=Verdict(found.verdict), versions=list(found.versions), undecided=undecided)


@strawberry.type(description="What the rules say and what the stored records say.")
class Verdicts:
    """Both verdicts."""

    rules: Verdict
    records: Verdict

    @classmethod
    def of(cls, found: Mapping[str, answers.Verdict]) -> "Verdicts":
        """Return both verdicts in GraphQL."""
        return cls(rules=Verdict(found["rules"]), records=Verdict(found["records"]))


@strawberry.type(description="What looks like a slip in a schema; it does not count against it.")
class SchemaWarning:
    """A warning; `pointer` leads to the place in the schema."""

    pointer: str
    message: str


@strawberry.type(description="What a schema would change, and whether it may.")
class Report:
    """The report of a check or a registration."""

    verdict: Verdict
    changes: list[SchemaChange]
    incompatibilities: list[Incompatibility]
    records: RecordsVerdict
    indexes: IndexChanges
    graphql: list[NameChange]
    rest: list[NameChange]
    relations: list[NameChange]
    verdicts: Verdicts | None
    rules: RulesVerdict | None
    evolution: str | None
    decided_by: str | None
    warnings: list[SchemaWarning]

    @classmethod
    def of(cls, found: answers.Report) -> "Report":
        """Return a report in GraphQL."""
        return cls(
            verdict=Verdict(found.verdict),
            changes=[SchemaChange.of(each) for each in found.changes],
            incompatibilities=[Incompatibility.of(each) for each in found.incompatibilities],
            records=RecordsVerdict.of(found.records),
            indexes=IndexChanges(build=list(found.indexes.build), drop=list(found.indexes.drop)),
            graphql=[NameChange.of(each) for each in found.graphql],
            rest=[NameChange.of(each) for each in found.rest],
            relations=[NameChange.of(each) for each in found.relations],
            verdicts=Verdicts.of(found.verdicts) if found.verdicts else None,
            rules=RulesVerdict.of(found.rules) if found.rules else None,
            evolution=found.evolution,
            decided_by=found.decided_by,
            warnings=[SchemaWarning(pointer=each["pointer"], message=each["message"]) for each in found.warnings],
        )


@strawberry.type(description="The outcome of registering one schema; `version` is current now.")
class Registration:
    """A registration."""

    collection: str
    version: int
    fingerprint: str
    changed: bool
    created: bool
    dry_run: bool
    report: Report

    @classmethod
    def of(cls, found: answers.Registration) -> "Registration":
        """Return a registration in GraphQL."""
        return cls(
            collection=found.collection,
            version=found.version,
            fingerprint=found.fingerprint,
            changed=found.changed,
            created=found.created,
            dry_run=found.dry_run,
            report=Report.of(found.report),
        )
