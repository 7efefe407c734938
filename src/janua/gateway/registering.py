"""From documents to a new catalog: decide without holding anybody up, then make it true under locks, briefly.

Deciding reads every stored record of the collections concerned, which may take minutes, so it takes no lock. Storing
locks the registry and then the tables, and looks only at the records that were written since; the decision record
"checked before the lock" says why. Start at `register_documents`.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import cast

from janua.errors import EvolutionConflict, IncompatibleSchema, StatementConflict
from janua.failpoints import fail_at
from janua.gateway.answers import Registration, Report
from janua.gateway.extracting import begun
from janua.gateway.gateway import Gateway
from janua.gateway.registration import Candidate, compile_candidates, judge, judge_again
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Schema
from janua.model.json import dumps
from janua.model.types import Json
from janua.sql import ddl
from janua.storage import evolutions, tables
from janua.storage import indexes as index_storage
from janua.storage import schemas as storage
from janua.storage.extracts import Held
from janua.storage.pool import Connection, connection

PATIENCE = 20.0
"""Seconds after which a registration that others get in the way of is not begun again."""
FREE_ATTEMPTS = 2
"""How often it is decided before the registry is locked; then others have to wait for the decision."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a registration would do to the catalog of `revision`; records written from `horizon` on were not judged."""

    revision: int
    horizon: int
    candidates: Sequence[Candidate]
    reports: Mapping[str, Report]

    @property
    def changed(self) -> Sequence[Candidate]:
        """Return the candidates that are other documents than the current ones."""
        return [each for each in self.candidates if each.changed]

    def registrations(self, *, dry_run: bool) -> Sequence[Registration]:
        """Return what became, or would become, of each document."""
        return [
            Registration(
                collection=each.new.name,
                version=each.new.version,
                fingerprint=each.new.fingerprint,
                changed=each.changed,
                created=each.old is None,
                report=self.reports.get(each.new.name, Report("compatible")),
                dry_run=dry_run,
            )
            for each in self.candidates
        ]


async def register_documents(
    gateway: Gateway, documents: Mapping[str, Schema], *, dry_run: bool, require: Callable[[Catalog], None]
) -> Sequence[Registration]:
    """Register all of them or none; `require` raises unless the catalog is as the caller demands.

    Raises: as `schemas.register`.
    """
    if dry_run:
        return (await decide_freely(gateway, documents, require)).registrations(dry_run=True)
    deadline, attempt = time.monotonic() + PATIENCE, 0
    while True:
        attempt += 1
        try:
            decision = await _attempt(gateway, documents, require, freely=attempt <= FREE_ATTEMPTS)
        except StatementConflict:
            if time.monotonic() > deadline:
                raise
        else:
            if decision is not None:
                break
    await gateway.live.refresh()
    gateway.indexer.wake()
    return decision.registrations(dry_run=False)


async def decide_freely(
    gateway: Gateway, documents: Mapping[str, Schema], require: Callable[[Catalog], None]
) -> Decision:
    """Return what registering would do, holding nobody up."""
    async with connection(gateway.pool) as c, c.transaction(isolation="repeatable_read", readonly=True):
        require(await gateway.live.load(c))
        return await _decide(gateway, c, documents)


async def _attempt(
    gateway: Gateway, documents: Mapping[str, Schema], require: Callable[[Catalog], None], *, freely: bool
) -> Decision | None:
    """Return what was registered, None when another registration came between the decision and the lock."""
    decision = await decide_freely(gateway, documents, require) if freely else None
    if decision is not None:
        refuse_incompatible(decision.reports)
        if not decision.changed:
            return decision
    fail_at("register.decided")
    async with connection(gateway.pool) as c, c.transaction():
        await storage.lock_registry(c)
        catalog = await gateway.live.load(c)
        require(catalog)
        if decision is None:
            decision = await _decide(gateway, c, documents)
            refuse_incompatible(decision.reports)
        elif decision.revision != catalog.revision:
            return None
        await _refuse_evolving(c, [each.new.name for each in decision.changed])
        await _judge_newest(gateway, c, decision)
        fail_at("register.locked")
        await store_versions(gateway, c, decision.changed)
        fail_at("register.applied")
    fail_at("register.committed")
    return decision


async def _decide(gateway: Gateway, c: Connection, documents: Mapping[str, Schema]) -> Decision:
    horizon = await tables.fetch_horizon(c)
    # The catalog may move on while the candidates are compiled: what they were compiled against has this revision.
    revision = gateway.live.catalog.revision
    candidates = await asyncio.to_thread(
        compile_candidates, gateway.live, documents, gateway.settings.limits.schema_cost
    )
    changed = [each for each in candidates if each.changed]
    absent = _absent(changed)
    reports = {each.new.name: await judge(c, each, gateway.lingering, absent) for each in changed}
    return Decision(revision, horizon, candidates, reports)


async def _judge_newest(gateway: Gateway, c: Connection, decision: Decision) -> None:
    """Keep writers out from now on, and refuse when what they wrote since the decision stands in the way."""
    old = [each for each in decision.changed if each.old is not None]
    await tables.lock(c, [each.new.name for each in old])
    absent = _absent(decision.changed)
    reports = {
        each.new.name: await judge_again(
            c,
            each,
            decision.reports[each.new.name],
            gateway.lingering,
            since=decision.horizon,
            absent=absent,
            online=await _is_large(gateway, c, each),
        )
        for each in old
    }
    refuse_incompatible(reports)


async def store_versions(
    gateway: Gateway,
    c: Connection,
    changed: Sequence[Candidate],
    rewrite: Callable[[], Awaitable[None]] | None = None,
) -> None:
    """Make candidates the current versions; needs the locks of the registry and of their tables.

    `rewrite` changes the stored records: when what the old version asked of them is gone, before what the new one asks.
    """
    registry = gateway.settings.registry
    if not changed:
        return
    revision = await storage.advance_revision(c)
    for each in changed:
        new = storage.NewVersion(
            each.new.name,
            each.new.version,
            each.new.fingerprint,
            dumps(cast("Json", each.new.document)),
            json.dumps(each.new.name_map),
            json.dumps(each.new.references),
        )
        await storage.store_version(
            c, new, revision=revision, mode=registry.compatibility, evolution=registry.evolution
        )
    fail_at("register.stored")
    changes = [ddl.diff(each.old, each.new) for each in changed]
    # Tables come before the relations between them, so that several collections may relate in a circle.
    for each in changes:
        await tables.apply(c, each.tables)
    online = [await _is_large(gateway, c, each) for each in changed]
    for each, large in zip(changes, online, strict=True):
        await tables.apply(c, each.removals)
        await _drop_indexes(c, each, online=large)
    if rewrite is not None:
        await rewrite()
    for each in changes:
        await tables.apply(c, each.additions)
    for candidate, each, large in zip(changed, changes, online, strict=True):
        await _build_indexes(c, candidate.new, each, online=large)


async def _drop_indexes(c: Connection, changes: ddl.Changes, *, online: bool) -> None:
    """Drop the indexes of a small table here and now; those of a large one are left to `indexing`.

    A unique index that is declared no more goes at once, as it would still refuse writes. The extract of a covering
    one is left, too: workers that do not know of the new schema yet read it.
    """
    dropped = [each for each in changes.drop if not each.index.include and (not online or each.index.unique)]
    await tables.apply(c, [each.drop() for each in dropped])
    await index_storage.forget(c, [each.name for each in changes.drop])


async def _build_indexes(c: Connection, new: Collection, changes: ddl.Changes, *, online: bool) -> None:
    """Build the indexes of a small table here and now; those of a large one are left to `indexing`."""
    for each in changes.build:
        if each.index.include:
            held = Held(each.name, new, each.index)
            await index_storage.declare(c, each, "valid" if await begun(c, held, online=online) else "building")
            continue
        if not online:
            # One that was left to be dropped later, or half built, may still be there.
            await tables.apply(c, [each.drop(), each.create()])
        await index_storage.declare(c, each, "building" if online else "valid")


async def _is_large(gateway: Gateway, c: Connection, candidate: Candidate) -> bool:
    limit = gateway.settings.registry.online_index_rows
    return await tables.count_up_to(c, candidate.new.name, limit + 1) > limit


async def _refuse_evolving(c: Connection, names: Sequence[str]) -> None:
    for name, state in await evolutions.load_under_way(c, names):
        raise EvolutionConflict(name, state, "wait until it is done, or abort it, and register then")


def _absent(changed: Sequence[Candidate]) -> set[str]:
    return {each.new.name for each in changed if each.old is None}


def refuse_incompatible(reports: Mapping[str, Report]) -> None:
    """Raise `IncompatibleSchema` with the first report of a candidate that may not be registered."""
    for name, report in reports.items():
        if report.verdict != "compatible":
            raise IncompatibleSchema(name, asdict(report))
