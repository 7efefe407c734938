"""Decide what registering schemas would do: compile them against the catalog, compare, judge the stored records.

In: a catalog and documents. Out: `Candidate`s with their `Report`s. Nothing is stored here; `schemas` does that.
Start at `compile_candidates`, then `judge`.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from janua.errors import InvalidCollectionName, InvalidSchema, Violation
from janua.gateway.answers import Incompatibility, IndexChanges, RecordsVerdict, Report
from janua.gateway.live import Live
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Schema
from janua.registry.compatibility import compare
from janua.registry.compile import compile_collection
from janua.registry.document import fingerprint
from janua.registry.references import referenced_collections
from janua.registry.validation import Validator, build_validator
from janua.sql import ddl
from janua.storage import tables
from janua.storage.pool import Connection

NAME = re.compile(r"[a-z][a-z0-9_]{0,46}")
SAMPLES = 10
"""How many records that do not validate a report shows."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A schema that might become the next version; `old` is the current one, if any."""

    new: Collection
    old: Collection | None
    validator: Validator

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
    catalog = live.catalog
    versions = {name: _next_version(catalog, name, document) for name, document in documents.items()}
    candidates: list[Candidate] = []
    for name, document in documents.items():
        taken = _taken(catalog, set(documents)) | {each for done in candidates for each in _names(done.new)}
        candidates.append(_candidate(live, documents, versions, name, document, taken, schema_cost))
    _check_targets(catalog, candidates)
    return candidates


async def judge(connection: Connection, candidate: Candidate) -> Report:
    """Return what registering a candidate would change, with the verdict of the stored records on it.

    Every stored record must validate under the new schema, find its related records, and be unique where it has to be.
    """
    new, old = candidate.new, candidate.old
    changes = ddl.diff(old, new)
    indexes = IndexChanges([each.name for each in changes.build], [each.name for each in changes.drop])
    if old is None:
        return Report("compatible", indexes=indexes)
    comparison = compare(old, new)
    verdict, incompatibilities = await _judge_records(connection, candidate)
    incompatibilities += await _judge_constraints(connection, candidate)
    return Report(
        verdict="incompatible" if incompatibilities else "compatible",
        changes=comparison.changes,
        incompatibilities=incompatibilities,
        records=verdict,
        indexes=indexes,
        graphql=comparison.graphql,
        rest=comparison.rest,
    )


async def _judge_records(
    connection: Connection, candidate: Candidate
) -> tuple[RecordsVerdict, list[Incompatibility]]:
    jury = _Jury(candidate.validator)
    async for batch in tables.documents(connection, candidate.new):
        await asyncio.to_thread(jury.hear, batch)
    return jury.verdict(), jury.incompatibilities()


class _Jury:
    """Validates stored records under a new schema and counts what is wrong with them."""

    def __init__(self, validator: Validator) -> None:
        self._validator = validator
        self._checked = 0
        self._invalid = 0
        self._samples: list[Mapping[str, Json]] = []
        self._reasons: dict[tuple[str, str], tuple[Violation, Json, int]] = {}

    def hear(self, batch: Sequence[tuple[str, str]]) -> None:
        for id, text in batch:
            self._checked += 1
            document = loads(text)
            if not self._validator.is_valid(document):
                self._convict(id, document, self._validator.validate(document))

    def _convict(self, id: str, document: Json, violations: Sequence[Violation]) -> None:
        self._invalid += 1
        if len(self._samples) < SAMPLES:
            self._samples.append({"id": id, "violations": [asdict(each) for each in violations]})
        for each in {(each.keyword, each.schema_pointer): each for each in violations}.values():
            first, example, count = self._reasons.get((each.keyword, each.schema_pointer), (each, document, 0))
            self._reasons[each.keyword, each.schema_pointer] = (first, example, count + 1)

    def verdict(self) -> RecordsVerdict:
        return RecordsVerdict(self._checked, self._invalid, self._samples)

    def incompatibilities(self) -> list[Incompatibility]:
        return [
            Incompatibility(
                code=f"records.{keyword}",
                keyword=keyword,
                pointer=pointer,
                old_pointer="",
                message=f"{_plural(count, 'stored record does', 'stored records do')} not validate: {violation.message}",
                counter_example={"document": example, "valid_under": "old"},
            )
            for (keyword, pointer), (violation, example, count) in self._reasons.items()
        ]


async def _judge_constraints(connection: Connection, candidate: Candidate) -> list[Incompatibility]:
    """Return what stored records stand in the way of new unique indexes and relations."""
    found: list[Incompatibility] = []
    for check in ddl.checks(candidate.old, candidate.new):
        if sample := await tables.first_offender(connection, check.statement):
            found.append(
                Incompatibility(check.code, check.keyword, check.pointer, "", check.message, {"document": sample, "valid_under": "old"})
            )
    return found


def _plural(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _next_version(catalog: Catalog, name: str, document: Schema) -> int:
    if name in catalog.quarantined:
        catalog.collection(name)
    old = catalog.collections.get(name)
    if old is None:
        return 1
    return old.version if old.fingerprint == fingerprint(document) else old.version + 1


def _names(collection: Collection) -> set[str]:
    names = collection.names
    return {names.type, names.single, names.plural}


def _taken(catalog: Catalog, besides: set[str]) -> set[str]:
    """Return the GraphQL names that other collections have already."""
    others = (each for name, each in catalog.collections.items() if name not in besides)
    return {name for each in others for name in _names(each)}
