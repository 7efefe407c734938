"""Whether registry, tables, indexes and records agree; nothing is changed.

Start at `examine`. It looks at one snapshot, so writers and registrations may go on meanwhile.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Collection as Container
from dataclasses import dataclass, field

from janua.gateway.gateway import Gateway
from janua.gateway.live import Live
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.model.json import loads
from janua.registry.validation import Validator
from janua.sql.extracts import Parts, index_name
from janua.sql.indexes import collection_of, indexes, is_index_name
from janua.sql.inventory import Part, belongings, held_parts, inventory
from janua.storage import evolutions, extracts, inspection, tables
from janua.storage import indexes as index_storage
from janua.storage.extracts import Held
from janua.storage.pool import Connection, connection

SHOWN = 10
"""Records of one collection that are shown as not valid at most."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement: what it is about, and what is wrong with it."""

    collection: str
    subject: str
    problem: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was looked at, what disagrees, and what is only not finished; `records` is None if they were not read."""

    collections: int
    records: int | None = None
    findings: Sequence[Finding] = field(default_factory=tuple[Finding, ...])
    pending: Sequence[Finding] = field(default_factory=tuple[Finding, ...])


async def examine(
    gateway: Gateway, *, records: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Diagnosis:
    """Compare what the registry says with what is there; with `records`, validate every record too.

    `progress` is told how many records were read so far. Raises: `DatabaseUnavailable`.
    """
    async with connection(gateway.pool) as c, c.transaction(isolation="repeatable_read", readonly=True):
        return await examine_on(c, gateway.live, records=records, progress=progress)


async def examine_on(
    c: Connection, live: Live, *, records: bool = False, progress: Callable[[int], None] = lambda _: None
) -> Diagnosis:
    """Do the same in a transaction that the caller has."""
    catalog = await live.load(c)
    unversioned = await inspection.load_unversioned(c)
    found = await inspection.load_parts(c)
    wrong, pending = _compare_indexes(catalog, await index_storage.load(c), found)
    reading = _Reading(live, progress)
    if records:
        present = {each.of for each in found if each.kind == "table"}
        for collection in catalog.collections.values():
            if collection.name in present:
                await reading.collection(c, collection)
    under_way = await evolutions.load_under_way(c, list(catalog.collections))
    pending += [Finding(name, "evolution", f"is {state}") for name, state in under_way]
    held = _held(catalog)
    building = {each.name for each in await index_storage.load(c) if _builds(each)}
    if records:
        wrong += await _compare_extracts(c, [each for each in held if each.name not in building])
    findings = [
        *(Finding(name, "registry", reason) for name, reason in catalog.quarantined.items()),
        *(Finding(name, "registry", f"schema version {each} is not stored") for name, each in unversioned.items()),
        *_compare_parts(catalog, found, held, building),
        *wrong,
        *reading.findings,
    ]
    return Diagnosis(len(catalog.collections), reading.count if records else None, findings, pending)


def _held(catalog: Catalog) -> list[Held]:
    """Return the covering indexes that are declared."""
    declared = ((each, index) for each in catalog.collections.values() for index in each.indexes if index.include)
    return [Held(index_name(collection, index), collection, index) for collection, index in declared]


async def _compare_extracts(c: Connection, held: Sequence[Held]) -> list[Finding]:
    """Return the extracts that are whole, and yet do not have what the documents say."""
    whole = await extracts.load_whole(c, [each.name for each in held])
    counts = [(each, await extracts.count_differences(c, each)) for each in held if each.name in whole]
    return [
        Finding(
            each.collection.name,
            f"index {each.name}",
            f"has other values than the documents of {count} records; it is made anew after "
            f'DROP FUNCTION collections."{Parts(each.name).function}" CASCADE',
        )
        for each, count in counts
        if count
    ]


def _compare_parts(
    catalog: Catalog, found: set[Part], held: Sequence[Held], building: Container[str]
) -> Iterator[Finding]:
    expected = {part for each in catalog.collections.values() for part in inventory(each)}
    expected |= {
        part
        for each in held
        for part in held_parts(each.collection, each.index, each.name)
        # What is being made may be there in part.
        if each.name not in building or part in found
    }
    left = _left(found, {each.name for each in held})
    absent = {each.of for each in expected - found if each.kind == "table"}
    for each in sorted(expected - found):
        if each.kind == "table" or each.of not in absent:
            yield Finding(_owner(each), str(each), "is missing or different")
    strange = {each.of for each in found - expected if each.kind == "table"}
    for each in sorted(found - expected):
        known = _owner(each) in catalog.quarantined or (each.kind == "index" and is_index_name(each.name))
        known = known or each.of in left or each.name in left
        replaced = any((each.kind, each.of, each.name) == (part.kind, part.of, part.name) for part in expected)
        if not known and not replaced and (each.kind == "table" or each.of not in strange):
            yield Finding(_owner(each), str(each), "belongs to no schema")


def _left(found: set[Part], held: Container[str]) -> set[str]:
    """Return the names of what belongs to extracts that are to be dropped: of their tables, functions and triggers."""
    names = {each.name for each in found if each.kind == "index" and is_index_name(each.name) and each.name not in held}
    return {part for name in names for part in belongings(name)}


def _compare_indexes(
    catalog: Catalog, declared: Sequence[index_storage.StoredIndex], found: set[Part]
) -> tuple[list[Finding], list[Finding]]:
    """Return what is wrong with the declared indexes, and what is not finished."""
    stored = {each.name: each for each in declared}
    valid = {each.name: each.definition == "valid" for each in found if each.kind == "index"}
    wanted = {each.name: name for name, one in catalog.collections.items() for each in indexes(one)}
    wrong = [
        Finding(collection, f"index {name}", problem)
        for name, collection in wanted.items()
        if (problem := _index_problem(stored.get(name), valid.get(name)))
    ]
    wrong += [
        Finding(each.collection, f"index {each.name}", "is declared by no schema")
        for each in declared
        if each.name not in wanted and each.collection not in catalog.quarantined
    ]
    pending = [Finding(each.collection, f"index {each.name}", "is being built") for each in declared if _builds(each)]
    pending += [
        Finding(collection_of(name), f"index {name}", "is to be dropped")
        for name in sorted(valid.keys() - wanted.keys() - stored.keys())
        if is_index_name(name)
    ]
    return wrong, pending


def _index_problem(stored: index_storage.StoredIndex | None, valid: bool | None) -> str | None:
    if stored is None:
        return "is declared by the schema, not by janua.indexes"
    if stored.state == "failed":
        return f"cannot be built: {stored.reason}"
    if valid or _builds(stored):
        return None
    return "is missing" if valid is None else "is not valid"


def _builds(stored: index_storage.StoredIndex) -> bool:
    return stored.state == "building"


class _Reading:
    """Validates records, collection by collection."""

    def __init__(self, live: Live, progress: Callable[[int], None]) -> None:
        self._live = live
        self._progress = progress
        self.count = 0
        self.findings: list[Finding] = []

    async def collection(self, c: Connection, collection: Collection) -> None:
        invalid: dict[str, str] = {}
        total = 0
        validator = await asyncio.to_thread(self._live.validator, collection)
        async for batch in tables.documents(c, collection.name):
            read, failed = await asyncio.to_thread(_invalid, validator, batch)
            self.count += read
            total += len(failed)
            invalid |= dict(list(failed.items())[: SHOWN - len(invalid)])
            self._progress(self.count)
        self.findings += [Finding(collection.name, f"record {id}", reason) for id, reason in invalid.items()]
        if total > len(invalid):
            more = f"{total - len(invalid)} more are not valid"
            self.findings.append(Finding(collection.name, "records", more))


def _invalid(validator: Validator, batch: bytes) -> tuple[int, Mapping[str, str]]:
    """Return how many records a batch has, and why those of these ids are not valid."""
    count = 0
    failed: dict[str, str] = {}
    for id, text in tables.records_of(batch.splitlines()):
        count += 1
        document = loads(text)
        if not validator.is_valid(document):
            first = validator.validate(document)[0]
            failed[id] = f"is not valid: {first.pointer or 'the root'}: {first.message}"
    return count, failed


def _owner(part: Part) -> str:
    return (part.of or part.name).partition("$")[0]
