"""Import and export: any number of documents, in constant memory.

An import is one COPY into a temporary table, fed with documents that are validated in batches off the event loop, and
then the statements that store them all. An export is one COPY out of PostgreSQL, whose lines are sent on unread.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import Literal

from janua.errors import ImportRejected, InvalidQuery, JanuaError, StaleCatalog
from janua.gateway.answers import LISTED_REJECTIONS, ImportReport, Rejection
from janua.gateway.gateway import Gateway
from janua.gateway.intake import Intake
from janua.gateway.streams import Shape, split
from janua.model.collection import Collection, Index
from janua.query.ast import RawFilter
from janua.query.plan import plan_filter
from janua.storage import transfer as storage
from janua.storage.pool import connection

OnError = Literal["abort", "skip"]


async def import_documents(
    gateway: Gateway,
    collection: str,
    source: AsyncIterator[bytes],
    *,
    shape: Shape = "ndjson",
    on_error: OnError = "abort",
    on_conflict: str | None = None,
    records: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Store the documents of a stream in one transaction.

    `on_error="skip"` stores all that can be and reports the others; `on_conflict` names a unique field, or `id`, by which
    existing records are replaced (of several documents with one value, the last counts). With `records`, the stream has
    whole records as `export` writes them, instead of bare documents. `progress` is told how many were read so far.
    Raises: `ImportRejected` with the first document that cannot be stored, `InvalidQuery` for `on_conflict`,
    `MalformedDocument`, `DocumentTooLarge`, `StaleCatalog` when the schema changes meanwhile.
    """
    current = gateway.live.catalog.collection(collection)
    key = _conflict_key(current, on_conflict)
    intake = Intake(
        current, gateway.live.validator(current), gateway.document_limits, records=records, progress=progress
    )
    documents = split(source, shape, gateway.settings.limits.body_bytes)
    async with connection(gateway.pool) as c, storage.staging(c, current) as staged:
        await staged.fill(intake.lines(documents, abort=on_error == "abort"))
        stored = await staged.store(key, skip=on_error == "skip")
    rejections = sorted((*intake.rejections, *stored.rejections), key=lambda each: each.line)
    return ImportReport(
        stored.inserted, stored.updated, intake.rejected + stored.rejected, rejections[:LISTED_REJECTIONS]
    )
