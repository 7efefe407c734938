"""The verbs of evolutions: say what steps would do, begin one, tell how far it is, pause it, resume it, abort it.

An evolution brings the stored records of a collection to a new schema version. A verb only says what is to be; the
work is done in the background (`evolver`), by one process, and goes on in another when that is killed.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from janua.errors import EvolutionConflict, SchemaVersionMismatch, UnknownEvolution
from janua.failpoints import fail_at
from janua.gateway.answers import Evolution, EvolutionRecords, Preview, RecordsVerdict
from janua.gateway.evolving import SAMPLES, Trial, compiled, constraints, fill
from janua.gateway.gateway import Gateway
from janua.gateway.registering import refuse_incompatible
from janua.gateway.registration import Candidate, judge_by
from janua.gateway.waiting import wait_for_switch
from janua.model.collection import Schema
from janua.model.json import dumps, loads
from janua.model.types import Json
from janua.registry.steps import read_steps
from janua.storage import evolutions as storage
from janua.storage import schemas, tables
from janua.storage.evolutions import State, StoredEvolution
from janua.storage.pool import Connection, connection

Verb: TypeAlias = Literal["pause", "resume", "abort"]
LOOK_SECONDS = 0.1
EVERY_RECORD = 2**60


@dataclass(frozen=True, slots=True)
class _Change:
    """What a verb makes of a state: from one of `sources` to `target`."""

    sources: tuple[State, ...]
    target: State
    otherwise: str


VERBS: dict[Verb, _Change] = {
    "pause": _Change(("running",), "paused", "only one that is running can be paused"),
    "resume": _Change(("paused", "failed"), "running", "only one that is paused or has failed is resumed"),
    "abort": _Change(storage.UNDER_WAY, "aborted", "it is over; begin another one"),
}


async def preview(gateway: Gateway, name: str, document: Schema, steps: Json) -> Preview:
    """Return what an evolution would do to the records that are stored now, storing nothing.

    Raises: `UnknownCollection`, `InvalidSchema`, `InvalidSteps`.
    """
    async with connection(gateway.pool) as c, storage.rolled_back(c):
        candidate = await _candidate(gateway, c, name, document)
        trial = Trial(gateway, candidate.validator, read_steps(steps))
        # What becomes of the records is kept as in an evolution, so that it can be judged as a whole.
        id = await storage.next_number(c)
        async for _ in fill(c, id, name, trial):
            pass
        found = [*trial.jury.incompatibilities(), *await constraints(c, candidate, id)]
        report = await judge_by(c, candidate, trial.jury.verdict(), found)
        report = replace(report, warnings=[*report.warnings, *wait_for_switch(trial.evolved().changed)])
    return Preview(name, candidate.new.version, trial.evolved(), report)


async def begin(
    gateway: Gateway, name: str, document: Schema, steps: Json, *, if_match: frozenset[int] | None = None
) -> Evolution:
    """Have the stored records of a collection brought to a new schema, which then becomes its next version.

    `if_match` names the versions that may be current.
    Raises: `UnknownCollection`, `InvalidSchema`, `InvalidSteps`, `SchemaVersionMismatch`, `EvolutionConflict` while
    another one is under way, `IncompatibleSchema` where the rules decide alone and refuse it.
    """
    while True:
        async with connection(gateway.pool) as c:
            candidate = await _candidate(gateway, c, name, document)
            read_steps(steps)
            revision = gateway.live.catalog.revision
            if candidate.changed:
                refuse_incompatible({name: await judge_by(c, candidate, RecordsVerdict(), [])})
            async with c.transaction():
                await schemas.lock_registry(c)
                catalog = await gateway.live.load(c)
                current = catalog.collection(name).version
                if if_match is not None and current not in if_match:
                    raise SchemaVersionMismatch(name, current)
                for _, state in await storage.load_under_way(c, [name]):
                    raise EvolutionConflict(name, state, "wait until it is done, or abort it")
                if catalog.revision != revision:
                    continue
                id = await storage.begin(c, await _new(c, candidate, current, steps))
        fail_at("evolve.begun")
        gateway.work.set()
        return await _load(gateway, name, id)


async def status(gateway: Gateway, name: str) -> Evolution:
    """Return the last evolution of a collection, under way or not.

    Raises: `UnknownCollection`, `UnknownEvolution`.
    """
    return await _load(gateway, name, None)


async def change(gateway: Gateway, name: str, verb: Verb) -> Evolution:
    """Pause, resume or abort the evolution of a collection; what was seen of the records is kept until it is over.

    Raises: `UnknownCollection`, `UnknownEvolution`, `EvolutionConflict` when it is not in a state for that.
    """
    wanted = VERBS[verb]
    async with connection(gateway.pool) as c, c.transaction():
        # As the switch does: either it is done before, or it does not happen.
        await schemas.lock_registry(c)
        evolution = await _last(gateway, c, name)
        if evolution.state not in wanted.sources:
            raise EvolutionConflict(name, evolution.state, wanted.otherwise)
        await storage.set_state(c, evolution.id, wanted.target)
        if wanted.target == "aborted":
            await storage.set_tally(c, evolution.id, await storage.tally(c, evolution.id))
        await schemas.advance_revision(c)
    gateway.work.set()
    return await _load(gateway, name, evolution.id)


async def wait(gateway: Gateway, name: str, seconds: float) -> Evolution:
    """Return the evolution of a collection when it runs no more, or after so many seconds. Raises: as `status`."""
    deadline = time.monotonic() + seconds
    while (found := await status(gateway, name)).state == "running" and time.monotonic() < deadline:  # noqa: ASYNC110 -- it may be another process that works
        await asyncio.sleep(LOOK_SECONDS)
    return found


async def _candidate(gateway: Gateway, c: Connection, name: str, document: Schema) -> Candidate:
    (await gateway.live.load(c)).collection(name)
    return await asyncio.to_thread(compiled, gateway, name, document)


async def _new(c: Connection, candidate: Candidate, current: int, steps: Json) -> storage.NewEvolution:
    return storage.NewEvolution(
        collection=candidate.new.name,
        from_version=current,
        to_version=candidate.new.version,
        document=dumps(cast("Json", candidate.new.document)),
        steps=dumps(steps),
        references=dumps(cast("Json", dict(candidate.new.references))),
        total=await tables.count_up_to(c, candidate.new.name, EVERY_RECORD),
    )


async def _load(gateway: Gateway, name: str, id: int | None) -> Evolution:
    async with connection(gateway.pool) as c:
        found = await _last(gateway, c, name) if id is None else await storage.load(c, id)
        if found is None:
            raise UnknownEvolution(name)
        records = await _records(c, found)
    return Evolution(
        collection=found.collection,
        id=found.id,
        state=found.state,
        from_version=found.from_version,
        to_version=found.to_version,
        records=records,
        steps=loads(found.steps),
        created_at=found.created_at,
        updated_at=found.updated_at,
        reason=found.reason,
    )


async def _last(gateway: Gateway, c: Connection, name: str) -> StoredEvolution:
    (await gateway.live.load(c)).collection(name)
    found = await storage.load_last(c, name)
    if found is None:
        raise UnknownEvolution(name)
    return found


async def _records(c: Connection, evolution: StoredEvolution) -> EvolutionRecords:
    if evolution.checked is not None and evolution.changed is not None:
        return EvolutionRecords(evolution.total, evolution.checked, evolution.changed)
    tally = await storage.tally(c, evolution.id)
    samples = await storage.samples(c, evolution.id, SAMPLES) if tally.invalid else ()
    shown: Sequence[dict[str, Json]] = [{"id": id, "violations": loads(violations)} for id, violations in samples]
    return EvolutionRecords(evolution.total, tally.checked, tally.changed, tally.invalid, shown)
