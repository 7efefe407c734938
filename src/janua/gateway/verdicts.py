"""What the rules say of a candidate, and who decides: the rules or the stored records.

In: a candidate, then a report of the stored records. Out: the `Policy` of its collection with the ruling, and the
report with a decision. Start at `rule_on`, then `decided`. The rules speak of all documents that ever could be valid,
the stored records of those that are there, which under the evolution policy `data` is enough.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Protocol, cast

from janua.gateway.answers import Incompatibility, Report, RulesVerdict, Verdict
from janua.model.collection import Collection, Schema
from janua.model.json import loads
from janua.model.types import Json
from janua.registry.changes import schema_changes
from janua.registry.compatibility import TRANSITIVE, Earlier, Reason, Ruling, judged_changes, rule
from janua.registry.covering import is_covered
from janua.registry.inclusion.versions import Version
from janua.registry.references import with_itself
from janua.registry.validation import Validator
from janua.storage import schemas as storage
from janua.storage.pool import Connection


class Candidate(Protocol):
    """The two versions, and the schemas of other collections that they refer to."""

    @property
    def new(self) -> Collection: ...  # noqa: D102 -- as in `registration`
    @property
    def old(self) -> Collection | None: ...  # noqa: D102 -- as in `registration`
    @property
    def validator(self) -> Validator: ...  # noqa: D102 -- as in `registration`
    @property
    def references(self) -> Mapping[str, Schema]: ...  # noqa: D102 -- as in `registration`
    @property
    def old_references(self) -> Mapping[str, Schema]: ...  # noqa: D102 -- as in `registration`


@dataclass(frozen=True, slots=True)
class Policy:
    """The evolution policy of a collection, and what the rules of its compatibility mode say of a candidate."""

    evolution: str
    ruling: Ruling


async def rule_on(connection: Connection, candidate: Candidate) -> Policy:
    """Return what the rules say of a candidate that has a version before it.

    Takes milliseconds for usual schemas, and up to `compatibility.TOTAL_SECONDS`, in a thread.
    """
    name = candidate.new.name
    [stored] = await storage.load_current(connection, [name])
    earlier = [_earlier(candidate.old, candidate.old_references)] if candidate.old else []
    if stored.mode.endswith(TRANSITIVE):
        earlier = [*await _history(connection, name, candidate.old), *earlier]
    new = _version(name, candidate.new.document, candidate.references)
    return Policy(stored.evolution, await asyncio.to_thread(rule, stored.mode, new, earlier))


async def is_proven(candidate: Candidate, policy: Policy) -> bool:
    """Return whether no stored record can fail a candidate, as none fails the version before it.

    Not of a schema whose patterns look around or back: how long they may take is no matter of a proof.
    """
    old, new = candidate.old, candidate.new
    if old is None or candidate.validator.lingers:
        return False
    before = _version(old.name, old.document, candidate.old_references)
    after = _version(new.name, new.document, candidate.references)
    return await asyncio.to_thread(is_covered, before, after, policy.ruling.reads_old)


def changes_of(old: Collection, new: Collection, policy: Policy) -> Sequence[Mapping[str, Json]]:
    """Return the differences of the documents as a report shows them."""
    changes = judged_changes(schema_changes(old.document, new.document), policy.ruling)
    return [
        {"pointer": each.pointer, "kind": each.kind, "breaking": each.breaking, "message": each.message}
        for each in changes
    ]


def decided(report: Report, policy: Policy) -> Report:
    """Return a report with the decision; until then its incompatibilities are those of the stored records.

    What a stored record breaks is refused under every policy. What records and rules say of the same keyword is said
    once, with a record for its example.
    """
    ruling = policy.ruling
    seen = {(each.keyword, each.pointer) for each in report.incompatibilities}
    ruled = [_shown(each) for each in ruling.incompatibilities if (each.keyword, each.pointer) not in seen]
    broken = bool(report.incompatibilities)
    verdict: Verdict = "incompatible" if broken else ruling.verdict if policy.evolution == "proof" else "compatible"
    by_rules = not broken and (policy.evolution == "proof" or ruling.verdict == "compatible")
    decided_by: Literal["rules", "records"] = "rules" if by_rules else "records"
    undecided = [_shown(each) for each in ruling.undecided]
    return replace(
        report,
        verdict=verdict,
        incompatibilities=[*report.incompatibilities, *ruled],
        verdicts={"rules": ruling.verdict, "records": "incompatible" if broken else "compatible"},
        rules=RulesVerdict(ruling.mode, ruling.verdict, ruling.versions, undecided),
        evolution=policy.evolution,
        decided_by=decided_by,
    )


def broken_since(report: Report, incompatibilities: Sequence[Incompatibility]) -> Report:
    """Return a report that was decided before records were written that stand in the way."""
    return replace(
        report,
        verdict="incompatible",
        incompatibilities=[*incompatibilities, *report.incompatibilities],
        verdicts={"rules": "compatible", **(report.verdicts or {}), "records": "incompatible"},
        decided_by="records",
    )


async def _history(connection: Connection, name: str, current: Collection | None) -> list[Earlier]:
    """Return the versions before the current one."""
    versions = await storage.list_versions(connection, name)
    older = [each for each in versions if current is None or each.version < current.version]
    pinned: dict[int, dict[str, int]] = {each.version: json.loads(each.references) for each in older}
    wanted = [pair for references in pinned.values() for pair in references.items()]
    documents = await storage.load_versions(connection, wanted)
    return [
        Earlier(each.version, _version(name, _schema(each), _referenced(pinned[each.version], documents)))
        for each in older
    ]


def _referenced(
    pinned: Mapping[str, int], documents: Mapping[tuple[str, int], storage.StoredVersion]
) -> Mapping[str, Schema]:
    return {pair[0]: _schema(documents[pair]) for pair in pinned.items() if pair in documents}


def _schema(stored: storage.StoredVersion) -> Schema:
    return cast("Schema", loads(stored.document))


def _earlier(old: Collection, references: Mapping[str, Schema]) -> Earlier:
    return Earlier(old.version, _version(old.name, old.document, references))


def _version(name: str, document: Schema, references: Mapping[str, Schema]) -> Version:
    return Version(document, with_itself(name, document, references))


def _shown(reason: Reason) -> Incompatibility:
    members: dict[str, Any] = asdict(reason)
    return Incompatibility(**members)
