"""The work of an evolution: see what steps make of every record, keep that aside, and then change all at once.

Until the new schema version becomes current nobody sees anything of it: what becomes of a record is kept in a table of
its own (`fill`), and made again when the record was written since. When nothing is left to see, one transaction locks
the table, looks at what was written last, changes the records and makes the version current (`switch`); the decision
record "kept aside, then switched" says why. Start at `carry_out`.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import cast
from uuid import UUID

from janua.errors import JanuaError, RelationConflict, StatementConflict, UniqueConflict, Violation
from janua.failpoints import fail_at
from janua.gateway.answers import Evolved, Incompatibility
from janua.gateway.gateway import Gateway
from janua.gateway.jury import Jury
from janua.gateway.lingering import heard
from janua.gateway.registering import store_versions
from janua.gateway.registration import Candidate, compile_candidates, constraint_incompatibility
from janua.gateway.workers import await_workers
from janua.model.collection import Schema
from janua.model.json import dumps, loads
from janua.model.types import Json
from janua.registry.document import Limits, check_size, read_document
from janua.registry.evolving import UnfitDocument, evolved
from janua.registry.steps import Step, read_steps
from janua.registry.validation import Validator
from janua.storage import evolutions as storage
from janua.storage import schemas, tables
from janua.storage.evolutions import Seen, StoredEvolution, Tally, Unseen
from janua.storage.pool import Connection
from janua.storage.records import refusals

SAMPLES = 10
"""How many records that change, and how many that cannot, are shown."""
REASONS = 10
"""How many violations of one record are kept."""
FEW = 200
"""Records that may be left to see under the lock of the table."""
MOST_PASSES = 5
"""How often the records that were written meanwhile are seen before the lock; if they never get few, under it."""
WORKERS_SECONDS = 10.0
FIRST_BATCH, LARGEST_BATCH, BATCH_BYTES = 50, 2000, 1024 * 1024
NIL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Work:
    """An evolution that can be worked on: its number, the candidate, and its steps."""

    id: int
    candidate: Candidate
    steps: Sequence[Step]


async def carry_out(gateway: Gateway, c: Connection, id: int) -> None:
    """Work on an evolution until it is done, has failed, or is stopped; the caller is the only one who does.

    Raises: `StatementConflict` when something was in the way of the switch, `DatabaseUnavailable`.
    """
    passes = 0
    while (evolution := await storage.load(c, id)) is not None and evolution.state == "running":
        await gateway.live.load(c)
        work = await _prepared(gateway, c, evolution)
        seen = await _pass(gateway, c, work)
        passes += 1
        if seen is None or (seen > FEW and passes < MOST_PASSES):
            continue
        if (reason := await _refusal(c, work)) is not None:
            await _stop(c, id, reason)
            return
        await _mark(gateway, c, work)
        try:
            await _switch(gateway, c, work)
        except (UniqueConflict, RelationConflict) as error:
            await _stop(c, id, str(error))


class Trial:
    """Tries steps on records, and counts what becomes of them."""

    def __init__(self, gateway: Gateway, validator: Validator, steps: Sequence[Step]) -> None:
        self.jury = Jury(validator, gateway.lingering)
        self._slots = gateway.lingering
        self._validator = validator
        self._steps = steps
        self._limits = gateway.document_limits
        self._changed = 0
        self._samples: list[Mapping[str, Json]] = []

    async def hear(self, records: Sequence[Unseen]) -> Sequence[Seen]:
        """Return what becomes of records; found out in a thread."""
        return [*chain.from_iterable(await heard(self._validator, self._slots, self._hear_all, records))]

    def evolved(self) -> Evolved:
        """Return how many records change."""
        return Evolved(self._changed, self._samples)

    def _hear_all(self, records: Sequence[Unseen]) -> Sequence[Seen]:
        return [self._hear(each) for each in records]

    def _hear(self, record: Unseen) -> Seen:
        self.jury.checked += 1
        before = loads(record.document)
        try:
            after = evolved(before, self._steps)
            text = _text_of(after, self._limits)
        except UnfitDocument as error:
            return self._refused(record, before, [error.violation])
        except JanuaError as error:
            return self._refused(record, before, [Violation("", "limits", str(error))])
        if not self._validator.is_valid(after):
            return self._refused(record, before, self._validator.validate(after))
        # The text, as 1 and 1.0 are equal; members have no order in PostgreSQL.
        if after is before or dumps(after, sort_keys=True) == dumps(before, sort_keys=True):
            return Seen(record)
        self._changed += 1
        if len(self._samples) < SAMPLES:
            self._samples.append({"id": str(record.id), "before": before, "after": after})
        return Seen(record, text)

    def _refused(self, record: Unseen, before: Json, violations: Sequence[Violation]) -> Seen:
        self.jury.convict(str(record.id), before, violations)
        return Seen(record, violations=dumps(cast(Json, [asdict(each) for each in violations[:REASONS]])))


async def fill(c: Connection, id: int, collection: str, trial: Trial) -> AsyncGenerator[int]:
    """See the records that were not seen as they are, once through; yield how many after each batch."""
    after, size = NIL, FIRST_BATCH
    while records := await storage.fetch_unseen(c, collection, id, after, size):
        await storage.store_seen(c, id, await trial.hear(records))
        yield len(records)
        # New ones come last in order of id: who went on until there are none would never end while others write.
        if len(records) < size:
            return
        after = records[-1].id
        # Documents may have a few bytes, or megabytes.
        average = sum(len(each.document) for each in records) / len(records)
        size = max(1, min(2 * size, LARGEST_BATCH, int(BATCH_BYTES / average)))


async def constraints(c: Connection, candidate: Candidate, id: int) -> Sequence[Incompatibility]:
    """Return the unique indexes and relations that do not allow what becomes of the records."""
    found = await storage.offending(c, candidate.new, id)
    return [constraint_incompatibility(check.subject, loads(document)) for check, document in found]


def compiled(gateway: Gateway, collection: str, document: Schema) -> Candidate:
    """Return the candidate of a document; takes a while, so call it in a thread. Raises: as `compile_candidates`."""
    [candidate] = compile_candidates(gateway.live, {collection: document}, gateway.settings.limits.schema_cost)
    return candidate


def _text_of(value: Json, limits: Limits) -> str:
    """Return the text of a document that was made here. Raises: `DocumentTooLarge`, `UnstorableDocument`."""
    check_size(value, limits)
    text = dumps(value)
    read_document(text.encode(), limits)
    return text


async def _prepared(gateway: Gateway, c: Connection, evolution: StoredEvolution) -> Work:
    """Return the work; forget what was seen when referenced schemas have other versions since."""
    document = cast("Schema", loads(evolution.document))
    candidate = await asyncio.to_thread(compiled, gateway, evolution.collection, document)
    if loads(evolution.references) != candidate.new.references:
        await storage.restart(c, evolution.id, dumps(cast(Json, dict(candidate.new.references))))
    return Work(evolution.id, candidate, read_steps(loads(evolution.steps)))


async def _pass(gateway: Gateway, c: Connection, work: Work) -> int | None:
    """See all that was not seen; return how many records those were, None when the evolution was stopped."""
    trial = Trial(gateway, work.candidate.validator, work.steps)
    count = 0
    async for seen in fill(c, work.id, work.candidate.new.name, trial):
        count += seen
        fail_at("evolve.filled")
        if not await storage.is_running(c, work.id):
            return None
    return count


async def _refusal(c: Connection, work: Work) -> str | None:
    """Return why the records cannot be brought to the new version, if so."""
    await storage.forget_deleted(c, work.candidate.new.name, work.id)
    tally = await storage.tally(c, work.id)
    if tally.invalid:
        some = "record does" if tally.invalid == 1 else "records do"
        return f"{tally.invalid} {some} not satisfy the new schema after the steps; change them, and resume"
    found = await constraints(c, work.candidate, work.id)
    return found[0].message if found else None


async def _stop(c: Connection, id: int, reason: str) -> None:
    """Say that an evolution has failed; until somebody resumes it, nothing is done."""
    async with c.transaction():
        await storage.fail(c, id, reason)
        await schemas.advance_revision(c)


async def _mark(gateway: Gateway, c: Connection, work: Work) -> None:
    """Have all workers know that the switch is near, so that they look for it after they have read.

    Raises: `StatementConflict` when one of them does not answer.
    """
    async with c.transaction():
        if await storage.set_switching(c, work.id):
            await schemas.advance_revision(c)
    fail_at("evolve.marked")
    revision = (await gateway.live.refresh_on(c)).revision
    workers = await await_workers(gateway.pool, revision, WORKERS_SECONDS)
    if workers.serving < workers.live:
        raise StatementConflict


async def _switch(gateway: Gateway, c: Connection, work: Work) -> None:
    """Change the records and make the new version current, unless something came between.

    Raises: `UniqueConflict`, `RelationConflict` when what was written last stands in the way, `StatementConflict`.
    """
    async with c.transaction():
        await schemas.lock_registry(c)
        await gateway.live.load(c)
        evolution = await storage.load(c, work.id)
        if evolution is None or evolution.state != "running":
            return
        candidate = await asyncio.to_thread(compiled, gateway, evolution.collection, work.candidate.new.document)
        if candidate.new.references != work.candidate.new.references:
            return
        await tables.lock(c, [evolution.collection])
        tally = await _seen_last(gateway, c, Work(work.id, candidate, work.steps))
        fail_at("evolve.locked")
        if not tally.invalid:
            await _store(gateway, c, Work(work.id, candidate, work.steps), tally)
            fail_at("evolve.switched")
    fail_at("evolve.committed")
    await gateway.live.refresh_on(c)
    gateway.indexer.wake()


async def _seen_last(gateway: Gateway, c: Connection, work: Work) -> Tally:
    trial = Trial(gateway, work.candidate.validator, work.steps)
    async for _ in fill(c, work.id, work.candidate.new.name, trial):
        pass
    await storage.forget_deleted(c, work.candidate.new.name, work.id)
    return await storage.tally(c, work.id)


async def _store(gateway: Gateway, c: Connection, work: Work, tally: Tally) -> None:
    async def rewrite() -> None:
        await storage.rewrite(c, work.candidate.new, work.id)
        fail_at("evolve.rewritten")

    async with refusals(work.candidate.new):
        if work.candidate.changed:
            await store_versions(gateway, c, [work.candidate], rewrite)
        else:
            await rewrite()
    await storage.set_done(c, work.id, tally, await schemas.advance_revision(c))
