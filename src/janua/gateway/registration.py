"""Decide what registering schemas would do: compile them against the catalog, compare, judge the stored records.

In: a catalog and documents. Out: `Candidate`s with their `Report`s. Nothing is stored here; `schemas` does that.
Start at `compile_candidates`, then `judge`.
"""

import asyncio
import re
from collections.abc import Collection as Group
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from janua.errors import InvalidCollectionName, InvalidSchema, JanuaError, Violation
from janua.gateway.answers import Incompatibility, IndexChanges, RecordsVerdict, Report
from janua.gateway.jury import Jury
from janua.gateway.live import Live
from janua.gateway.verdicts import Policy, broken_since, changes_of, decided, is_proven, rule_on
from janua.gateway.waiting import costs_of_extracts, waits_for_relations
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Index, Path, Relation, Schema
from janua.model.json import loads
from janua.model.names import Besides, TakenNames, pointer
from janua.model.types import Json
from janua.query.ast import RawFilter
from janua.query.limits import QueryLimits
from janua.query.plan import plan_predicate
from janua.registry.client_changes import graphql_changes, relation_changes, rest_changes
from janua.registry.client_view import Side
from janua.registry.compile import compile_collection
from janua.registry.document import fingerprint
from janua.registry.inverses import inverse_violations
from janua.registry.references import referenced_collections
from janua.registry.slips import warnings_of
from janua.registry.validation import Validator, build_validator
from janua.sql import ddl
from janua.storage import tables
from janua.storage.pool import Connection

NAME = re.compile(r"[a-z][a-z0-9_]{0,46}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema that might become the next version; `old` is the current one, if any.

    `references` and `old_references` are the schemas of other collections that the two refer to; `before` and `after`
    the catalogs without and with all that is registered together.
    """

    new: Collection
    old: Collection | None
    validator: Validator
    before: Catalog
    after: Catalog
    references: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    old_references: Mapping[str, Schema] = field(default_factory=dict[str, Schema])
    warnings: Sequence[Mapping[str, Json]] = ()

    @property
    def changed(self) -> bool:
        """Return whether this is another document than the current one."""
        return self.old is None or self.old.fingerprint != self.new.fingerprint


def compile_candidates(live: Live, documents: Mapping[str, Schema], schema_cost: int) -> Sequence[Candidate]:
    """Return the candidates for these documents, which may refer and relate to each other in a circle.

    Takes up to seconds of CPU for the largest schemas: call it in a thread.
    Raises: `InvalidCollectionName`, `InvalidSchema`, `CollectionQuarantined`.
    """
    for name in documents:
        if not NAME.fullmatch(name):
            raise InvalidCollectionName(name)
    candidates = _Batch(live, documents, schema_cost).candidates()
    _check_together(candidates)
    return candidates


class _Batch:
    """The documents that are registered together."""

    def __init__(self, live: Live, documents: Mapping[str, Schema], schema_cost: int) -> None:
        self._live = live
        self._before = live.catalog
        self._documents = documents
        self._schema_cost = schema_cost
        self._old = {name: _current(self._before, name) for name in documents}
        self._versions = {name: self._next_version(name) for name in documents}
        others = (each for name, each in self._before.collections.items() if name not in documents)
        self._taken = TakenNames(others)

    def candidates(self) -> Sequence[Candidate]:
        compiled = {name: self._compiled(name) for name in self._documents}
        fresh = {name: new for name, (new, _) in compiled.items()}
        after = replace(self._before, collections={**self._before.collections, **fresh})
        return [self._candidate(self._old[name], *each, after) for name, each in compiled.items()]

    def _compiled(self, name: str) -> tuple[Collection, Mapping[str, Schema]]:
        old = self._old[name]
        pinned, references = self._references(name)
        new = compile_collection(
            name,
            self._documents[name],
            version=self._versions[name],
            names=old.name_map if old else {},
            # What derives from another's name must not take a name away from one that has it already.
            taken=Besides(self._taken, free=old.names_held) if old else self._taken,
            references=references,
            pinned=pinned,
            cost=self._schema_cost,
        )
        self._taken.add(new)
        return new, references

    def _candidate(
        self, old: Collection | None, new: Collection, references: Mapping[str, Schema], after: Catalog
    ) -> Candidate:
        validator = build_validator(new, references)
        before: Mapping[str, Schema] = self._live.references(old) if old else {}
        return Candidate(new, old, validator, self._before, after, references, before, warnings_of(new.document))

    def _next_version(self, name: str) -> int:
        old = self._old[name]
        if old is None:
            return 1
        return old.version if old.fingerprint == fingerprint(self._documents[name]) else old.version + 1

    def _references(self, name: str) -> tuple[dict[str, int], dict[str, Schema]]:
        """Return the schemas that a document refers to, through others too, and the versions they are pinned to."""
        pinned: dict[str, int] = {}
        documents: dict[str, Schema] = {}
        wanted = sorted(referenced_collections(self._documents[name]))
        while wanted:
            each = wanted.pop()
            if each in pinned:
                continue
            if each in self._documents:
                pinned[each], documents[each] = self._versions[each], self._documents[each]
                wanted += referenced_collections(documents[each])
            elif each in self._live.catalog.collections:
                collection = self._live.catalog.collections[each]
                pinned[each], documents[each] = collection.version, collection.document
                for far, document in self._live.references(collection).items():
                    pinned.setdefault(far, collection.references[far])
                    documents.setdefault(far, document)
        return pinned, documents


def _current(catalog: Catalog, name: str) -> Collection | None:
    return catalog.collection(name) if name in catalog.quarantined else catalog.collections.get(name)


def _check_together(candidates: Sequence[Candidate]) -> None:
    for each in candidates:
        violations = (
            _unknown_targets(each)
            or inverse_violations(each.old, each.new, each.before, each.after)
            or list(_senseless_conditions(each.new))
        )
        if violations:
            raise InvalidSchema(violations, each.new.name)


def _unknown_targets(candidate: Candidate) -> list[Violation]:
    return [
        Violation(
            f"{_schema_pointer(each.path)}/x-relation/collection",
            "x-relation",
            f"there is no collection {each.target!r}; register it first, or both together with POST /registry",
        )
        for each in candidate.new.relations
        if each.target not in candidate.after.collections
    ]


def _senseless_conditions(new: Collection) -> Iterator[Violation]:
    """Yield what is wrong with the conditions of `x-indexes`, which are filters of the collection itself."""
    declared = new.document.get("x-indexes") if isinstance(new.document, Mapping) else None
    for place, index in enumerate(cast("Sequence[Mapping[str, Json]]", declared or ())):
        try:
            plan_predicate(new, cast("RawFilter", index.get("where", {})), QueryLimits())
        except JanuaError as error:
            yield Violation(f"/x-indexes/{place}/where", "x-indexes", str(error))


async def judge(
    connection: Connection, candidate: Candidate, slots: asyncio.Semaphore, absent: Group[str] = ()
) -> Report:
    """Return what registering a candidate would change, with the verdicts of the rules and of the stored records.

    Every stored record must validate under the new schema, find its related records, and be unique where it has to be.
    They are read only where no proof covers all of them. `absent` are collections that have no table yet, `slots` those
    for documents that may take long to validate.
    """
    if candidate.old is None:
        return await judge_by(connection, candidate, RecordsVerdict(), [])
    policy = await rule_on(connection, candidate)
    verdict, incompatibilities = RecordsVerdict(proven=True), list[Incompatibility]()
    if not await is_proven(candidate, policy):
        verdict, incompatibilities = await _judge_records(connection, candidate, slots)
    incompatibilities += await _judge_constraints(connection, candidate, absent)
    report = await _reported(candidate, candidate.old, policy, verdict, incompatibilities)
    waits = await waits_for_relations(connection, candidate.old, candidate.new)
    costs = await costs_of_extracts(connection, candidate.old, candidate.new)
    return replace(report, warnings=[*report.warnings, *waits, *costs])


async def judge_by(
    connection: Connection, candidate: Candidate, verdict: RecordsVerdict, incompatibilities: Sequence[Incompatibility]
) -> Report:
    """Return the report of `judge`, given how the stored records fare and what stands in the way of them."""
    if candidate.old is None:
        return Report("compatible", indexes=_index_changes(candidate), warnings=candidate.warnings)
    policy = await rule_on(connection, candidate)
    return await _reported(candidate, candidate.old, policy, verdict, incompatibilities)


async def _reported(
    candidate: Candidate,
    old: Collection,
    policy: Policy,
    verdict: RecordsVerdict,
    incompatibilities: Sequence[Incompatibility],
) -> Report:
    new = candidate.new
    before, after = Side(old, candidate.before), Side(new, candidate.after)
    report = Report(
        verdict="compatible",
        changes=await asyncio.to_thread(changes_of, old, new, policy),
        incompatibilities=incompatibilities,
        records=verdict,
        indexes=_index_changes(candidate),
        graphql=graphql_changes(before, after),
        rest=rest_changes(before, after),
        relations=relation_changes(before, after),
        warnings=candidate.warnings,
    )
    return decided(report, policy)


def _index_changes(candidate: Candidate) -> IndexChanges:
    changes = ddl.diff(candidate.old, candidate.new)
    return IndexChanges([each.name for each in changes.build], [each.name for each in changes.drop])


async def judge_again(  # noqa: PLR0913 -- each is a fact of its own, and the last three are by name
    connection: Connection,
    candidate: Candidate,
    report: Report,
    slots: asyncio.Semaphore,
    *,
    since: int,
    absent: Group[str],
    online: bool,
) -> Report:
    """Return the report of `judge` with what was written since this horizon; needs the lock of the table.

    `online`: unique indexes are built afterwards, and will find out themselves.
    """
    verdict, incompatibilities = report.records, list[Incompatibility]()
    if not verdict.proven:
        verdict, incompatibilities = await _judge_records(connection, candidate, slots, since)
    incompatibilities += await _judge_constraints(connection, candidate, absent, relations_only=online)
    if not incompatibilities:
        return report
    records = replace(verdict, checked=report.records.checked)
    return broken_since(replace(report, records=records), incompatibilities)


async def _judge_records(
    connection: Connection, candidate: Candidate, slots: asyncio.Semaphore, since: int | None = None
) -> tuple[RecordsVerdict, list[Incompatibility]]:
    jury = Jury(candidate.validator, slots)
    async for batch in tables.documents(connection, candidate.new.name, since):
        await jury.hear(batch)
    return jury.verdict(), jury.incompatibilities()


async def _judge_constraints(
    connection: Connection, candidate: Candidate, absent: Group[str], *, relations_only: bool = False
) -> list[Incompatibility]:
    """Return what stored records stand in the way of new unique indexes and relations."""
    return [
        constraint_incompatibility(check.subject, loads(offenders[0][1]))
        for check in ddl.checks(candidate.old, candidate.new, absent=absent)
        if not (relations_only and isinstance(check.subject, Index))
        and (offenders := await tables.offenders(connection, check.statement))
    ]


def constraint_incompatibility(subject: Index | Relation, example: Json) -> Incompatibility:
    """Return what a stored record that a unique index or a relation does not allow means for a candidate."""
    evidence = {"document": example, "valid_under": "old"}
    if isinstance(subject, Relation):
        message = f"a stored record names a record that is not in {subject.target}"
        return Incompatibility("records.relation", "x-relation", _schema_pointer(subject.path), "", message, evidence)
    fields = ", ".join(".".join(key.path) for key in subject.keys)
    keyword = "x-unique" if len(subject.keys) == 1 else "x-indexes"
    pointer = _schema_pointer(subject.keys[0].path) if len(subject.keys) == 1 else ""
    return Incompatibility("records.unique", keyword, pointer, "", f"stored records share the same {fields}", evidence)


def _schema_pointer(path: Path) -> str:
    return pointer([step for key in path for step in ("properties", key)])
