"""Import and export: any number of documents, in constant memory.

An import is one COPY into a temporary table, fed with documents that are validated in batches off the event loop, and
then the statements that store them all. One of a single batch is one INSERT, if no constraint refuses it. An export is
one COPY out of PostgreSQL, whose lines are sent on unread.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any, Literal

from janua.errors import RecordExists, RelationConflict, UniqueConflict, Violation
from janua.failpoints import fail_at
from janua.gateway.answers import LISTED_REJECTIONS, ImportReport, Rejection
from janua.gateway.gateway import Gateway
from janua.gateway.idempotency import Streamed, streamed_once
from janua.gateway.intake import Intake, Taken, copy_lines
from janua.gateway.streams import Shape, split
from janua.gateway.writes import unique_key
from janua.query.ast import RawFilter
from janua.query.parts import Constant, Whole
from janua.query.plan import plan_filter
from janua.sql.parts import RECORD
from janua.storage import bulk
from janua.storage import transfer as storage
from janua.storage.pool import Connection, connection, streaming
from janua.telemetry.metrics import import_done

OnError = Literal["abort", "skip"]
NOTHING = Constant("null")
"""What an import shows of its records."""


async def import_documents(  # noqa: PLR0913 -- the options of one verb
    gateway: Gateway,
    collection: str,
    source: AsyncIterator[bytes],
    *,
    shape: Shape = "ndjson",
    on_error: OnError = "abort",
    on_conflict: str | None = None,
    records: bool = False,
    progress: Callable[[int], None] | None = None,
    once: Streamed | None = None,
) -> ImportReport:
    """Store the documents of a stream in one transaction.

    `on_error="skip"` stores all that can be and reports the others; `on_conflict` names a unique field, or `id`, by
    which existing records are replaced (the last of several with one value counts). With `records`, the stream has
    whole records as `export` writes them, instead of bare documents. `progress` is told how many were read so far.
    With `once`, whose body is the source, the same request sent again gets the first answer and stores nothing.
    Raises: `ImportRejected` with the first document that cannot be stored, `InvalidQuery` for `on_conflict`,
    `MalformedDocument`, `DocumentTooLarge`, `IdempotencyConflict`, `StaleCatalog` when the schema changes meanwhile.
    """
    current = gateway.live.catalog.collection(collection)
    key = None if on_conflict is None else unique_key(current, on_conflict)
    intake = Intake(
        current,
        gateway.live.validator(current),
        gateway.document_limits,
        gateway.lingering,
        records=records,
        progress=progress,
    )
    skip = on_error == "skip"
    documents = split(source, shape, gateway.settings.limits.body_bytes)
    async with aclosing(intake.batches(documents, abort=not skip)) as batches:
        # Nothing of a short one is asked of PostgreSQL before all of it is there: its client may dawdle.
        peeked = 2 if once is None and key is None else 0
        begun = await _up_to(peeked, batches)
        report = await _stored_at_once(gateway, intake, begun) if len(begun) < peeked else None
        if report is None:
            lines = _copied(begun, batches)
            async with streaming(gateway.pool) as c, storage.staging(c, current) as staged:

                async def run() -> ImportReport:
                    await staged.fill(lines)
                    fail_at("import.filled")
                    stored = await staged.store(key, skip=skip, fresh_ids=not records)
                    fail_at("import.stored")
                    return _report(intake, stored)

                report = await (run() if once is None else _once(gateway, c, collection, once, run))
    fail_at("import.committed")
    if once is None or not once.replayed:
        import_done(collection, inserted=report.imported, updated=report.updated, rejected=report.rejected)
    return report


async def _stored_at_once(gateway: Gateway, intake: Intake, batches: Sequence[Sequence[Taken]]) -> ImportReport | None:
    """Store all of a short import in one statement; None if a constraint refuses some, which is to be explained."""
    taken = [each for batch in batches for each in batch]
    documents = {each.id: each.text for each in taken}
    if len(documents) < len(taken):
        return None
    try:
        if documents:
            async with connection(gateway.pool) as c:
                await bulk.insert_many(c, intake.collection, documents, NOTHING)
    except (UniqueConflict, RelationConflict, RecordExists):
        return None
    return _report(intake, storage.Outcome(len(documents), 0))


async def _up_to(most: int, batches: AsyncIterator[Sequence[Taken]]) -> Sequence[Sequence[Taken]]:
    found: list[Sequence[Taken]] = []
    while len(found) < most and (batch := await anext(batches, None)) is not None:
        found.append(batch)
    return found


async def _copied(begun: Sequence[Sequence[Taken]], batches: AsyncIterator[Sequence[Taken]]) -> AsyncGenerator[bytes]:
    for each in begun:
        yield copy_lines(each)
    async for each in batches:
        yield copy_lines(each)


def _report(intake: Intake, stored: storage.Outcome) -> ImportReport:
    refused = [Rejection(line, each.code, each.reason) for each in stored.refused for line in each.lines]
    rejections = sorted((*intake.rejections, *refused), key=lambda each: each.line)
    return ImportReport(
        imported=stored.inserted,
        updated=stored.updated,
        rejected=intake.rejected + len(refused),
        rejections=rejections[:LISTED_REJECTIONS],
    )


async def _once(
    gateway: Gateway, c: Connection, collection: str, once: Streamed, run: Callable[[], Awaitable[ImportReport]]
) -> ImportReport:
    async def told() -> str:
        return json.dumps(asdict(await run()))

    report = json.loads(await streamed_once(gateway, c, collection, once, told))
    return ImportReport(**report | {"rejections": [_rejection(each) for each in report["rejections"]]})


def _rejection(told: dict[str, Any]) -> Rejection:
    violations = [Violation(**each) for each in told["violations"]]
    return Rejection(told["line"], told["code"], told["message"], violations)


async def export(
    gateway: Gateway,
    collection: str,
    *,
    where: RawFilter | None = None,
    short: RawFilter | None = None,
    records: bool = False,
) -> AsyncGenerator[bytes]:
    """Yield the records that match as NDJSON, in chunks, in order of id, from one snapshot.

    Lines are bare documents, or whole records when `records`. Close the generator to stop early.
    Raises: as `query.plan.plan_filter`, at the first step.
    """
    part = RECORD if records else Whole()
    async with streaming(gateway.pool) as c, c.transaction(isolation="repeatable_read", readonly=True):
        # From one snapshot with what is read; nothing can be said any more when the first line is sent.
        catalog = await gateway.live.load(c)
        planned = plan_filter(catalog, collection, where, short=short, limits=gateway.query_limits)
        async with aclosing(storage.export(c, collection, part, planned.plan, planned.values)) as chunks:
            async for chunk in chunks:
                yield chunk
