"""The validating half of an import: documents in, batches of those that are valid out, rejections kept aside.

Documents are parsed and validated in batches in a thread, so that the event loop stays free and memory flat.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from janua.errors import ImportRejected, InvalidRecord, JanuaError, MalformedDocument
from janua.gateway.answers import LISTED_REJECTIONS, Rejection
from janua.gateway.lingering import BATCH
from janua.model.collection import Collection
from janua.model.identifiers import new_id, parse_id
from janua.model.json import dumps
from janua.model.types import Json
from janua.registry.document import Document, Limits, read_document
from janua.registry.validation import Validator

BATCH_DOCUMENTS = 500
BATCH_BYTES = 256 * 1024
MEMBERS = ("id", "data", "version", "schema_version", "created_at", "updated_at")
"""What a whole record has, as `export` writes it; all but the first two are made anew."""

_ESCAPES = ((b"\\", b"\\\\"), (b"\t", b"\\t"), (b"\n", b"\\n"), (b"\r", b"\\r"))


@dataclass(frozen=True, slots=True)
class Taken:
    """A document that is valid, the number of its line, and the id of the record that it becomes."""

    number: int
    id: UUID
    text: bytes


def copy_lines(batch: Sequence[Taken]) -> bytes:
    """Return lines `number, id, document` in PostgreSQL's text format for COPY."""
    return b"".join(b"%d\t%s\t%s\n" % (each.number, str(each.id).encode(), _escaped(each.text)) for each in batch)


@dataclass
class Intake:
    """Reads the documents of one import; `rejections` lists the first of the `rejected` ones."""

    collection: Collection
    validator: Validator
    limits: Limits
    lingering: asyncio.Semaphore
    records: bool = False
    progress: Callable[[int], None] | None = None
    rejected: int = 0
    read: int = 0
    rejections: list[Rejection] = field(default_factory=list[Rejection])

    async def batches(
        self, documents: AsyncIterator[tuple[int, bytes]], *, abort: bool
    ) -> AsyncGenerator[Sequence[Taken]]:
        """Yield those that are valid, in batches that are not empty.

        Raises: `ImportRejected` at the first document that is not valid, when `abort`.
        """
        size = BATCH if self.validator.lingers else BATCH_DOCUMENTS
        async for batch in _batches(documents, size):
            async with self.lingering if self.validator.lingers else contextlib.nullcontext():
                taken = await asyncio.to_thread(self._take_in, batch, abort)
            self.read += len(batch)
            if self.progress:
                self.progress(self.read)
            if taken:
                yield taken

    def _take_in(self, batch: list[tuple[int, bytes]], abort: bool) -> Sequence[Taken]:
        taken: list[Taken] = []
        for number, text in batch:
            try:
                id, document = self._read(text)
            except JanuaError as error:
                self._reject(number, error, abort=abort)
            else:
                taken.append(Taken(number, id, document.text))
        return taken

    def _read(self, text: bytes) -> tuple[UUID, Document]:
        document = read_document(text, self.limits, among_others=True)
        id, document = self._open(document.value) if self.records else (new_id(), document)
        if not self.validator.is_valid(document.value):
            raise InvalidRecord(self.collection.name, self.validator.explain(document.value))
        return id, document

    def _open(self, record: Json) -> tuple[UUID, Document]:
        """Return the id and the document of a whole record."""
        if not isinstance(record, dict) or not isinstance(id := record.get("id"), str) or "data" not in record:
            raise MalformedDocument(
                'a record is an object with "id" and "data"; leave out records=true for bare documents'
            )
        if unknown := record.keys() - MEMBERS:
            known = ", ".join(MEMBERS)
            raise MalformedDocument(f"a record has no member {min(unknown)[:100]!r}, only {known}")
        return parse_id(id), read_document(dumps(record["data"]).encode(), self.limits)

    def _reject(self, number: int, error: JanuaError, *, abort: bool) -> None:
        violations = tuple(error.violations) if isinstance(error, InvalidRecord) else ()
        if abort:
            raise ImportRejected(self.collection.name, number, str(error), violations) from error
        self.rejected += 1
        if len(self.rejections) < LISTED_REJECTIONS:
            self.rejections.append(Rejection(number, error.code, str(error), violations))


async def _batches(documents: AsyncIterator[tuple[int, bytes]], most: int) -> AsyncIterator[list[tuple[int, bytes]]]:
    batch: list[tuple[int, bytes]] = []
    size = 0
    async for number, text in documents:
        batch.append((number, text))
        size += len(text)
        if len(batch) == most or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _escaped(text: bytes) -> bytes:
    for character, escape in _ESCAPES:
        if character in text:
            text = text.replace(character, escape)
    return text
