"""Judge stored records by a new schema: batches of them in, a `RecordsVerdict` and its reasons out. Start at `Jury`."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from janua.errors import Violation
from janua.gateway.answers import Incompatibility, RecordsVerdict
from janua.gateway.lingering import heard
from janua.model.json import loads
from janua.model.types import Json
from janua.registry.validation import Validator
from janua.storage import tables

SAMPLES = 10
"""How many records that do not validate a report shows."""


class Jury:
    """Validates stored records under a new schema and counts what is wrong with them; `checked` counts all.

    `slots` are those of documents that may take long.
    """

    def __init__(self, validator: Validator, slots: asyncio.Semaphore) -> None:
        self._validator = validator
        self._slots = slots
        self.checked = 0
        self._invalid = 0
        self._samples: list[Mapping[str, Json]] = []
        self._reasons: dict[tuple[str, str], tuple[Violation, Json, int]] = {}

    async def hear(self, batch: bytes) -> None:
        """Validate the records of a batch, in a thread."""
        await heard(self._validator, self._slots, self._hear, batch.splitlines())

    def _hear(self, lines: Sequence[bytes]) -> None:
        for id, text in tables.records_of(lines):
            self.checked += 1
            document = loads(text)
            if not self._validator.is_valid(document):
                self.convict(id, document, self._validator.validate(document))

    def convict(self, id: str, document: Json, violations: Sequence[Violation]) -> None:
        """Count a record that is not valid."""
        self._invalid += 1
        if len(self._samples) < SAMPLES:
            self._samples.append({"id": id, "violations": [asdict(each) for each in violations]})
        for each in {(each.keyword, each.schema_pointer): each for each in violations}.values():
            first, example, count = self._reasons.get((each.keyword, each.schema_pointer), (each, document, 0))
            self._reasons[each.keyword, each.schema_pointer] = (first, example, count + 1)

    def verdict(self) -> RecordsVerdict:
        """Return how many records were heard, and how many of them are not valid."""
        return RecordsVerdict(self.checked, self._invalid, self._samples)

    def incompatibilities(self) -> list[Incompatibility]:
        """Return the reasons why records are not valid, each with the number of them and an example."""
        return [
            Incompatibility(
                code=f"records.{keyword}",
                keyword=keyword,
                pointer=pointer,
                old_pointer="",
                message=f"{_records(count)} not validate: {violation.message}",
                counter_example={"document": example, "valid_under": "old"},
            )
            for (keyword, pointer), (violation, example, count) in self._reasons.items()
        ]


def _records(count: int) -> str:
    return "1 stored record does" if count == 1 else f"{count} stored records do"
