"""The steps of writing many records at once, in a transaction that the caller has opened: all of them, or none.

As in `writes`, records are shown as the `Writing` says. A bulk write by a filter touches nothing when more records
match than it may touch, and refuses a filter that leaves no record out.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from janua.errors import InvalidQuery, InvalidRecord, QueryTooLarge, TooManyRecords, Violation
from janua.gateway.answers import RecordAnswer
from janua.gateway.gateway import Gateway
from janua.gateway.writes import Writing, patched
from janua.model.identifiers import new_id
from janua.model.names import pointer
from janua.model.patch import MergePatch
from janua.query.nodes import Always, Filter
from janua.query.plan import Planned
from janua.registry.document import Document
from janua.storage import bulk as storage
from janua.storage.bulk import Matching
from janua.storage.records import Stored

if TYPE_CHECKING:
    from janua.registry.validation import Validator

T = TypeVar("T")


async def create_many(to: Writing, documents: Sequence[Document]) -> Sequence[RecordAnswer]:
    """Store new records in one statement; answers in the order of the documents.

    Raises: `InvalidRecord` with the violations of all documents, whose pointers start with the place of the document
    (from 0); `UniqueConflict`, `RelationConflict`, `StaleCatalog`.
    """
    if not documents:
        return []
    await _validate(to, {str(place): each for place, each in enumerate(documents)})
    texts = {new_id(): each.text for each in documents}
    stored = await storage.insert_many(to.connection, to.collection, texts, to.shown)
    return [RecordAnswer(each.id, each.version, each.text, created=True) for each in stored]


async def update_many(
    to: Writing, filter: Planned[Filter], change: MergePatch, at_most: int | None = None
) -> Sequence[RecordAnswer]:
    """Change the records that match, at most so many (None: as the settings say); answers in order of id.

    Raises: `TooManyRecords`, `InvalidQuery` for a filter that holds for every record, `InvalidRecord` with the
    violations of all results, whose pointers start with the id of the record; `QueryTooLarge`, `UniqueConflict`,
    `RelationConflict`, `StaleCatalog`.
    """
    matching = _matching(to.gateway, filter, at_most)
    locked = await storage.lock_matching(to.connection, to.collection, matching)
    found = _few_enough(to, matching, locked)
    if not found:
        return []
    after = await asyncio.to_thread(_patched, to.gateway, found, change)
    await _validate(to, {str(id): each for id, each in after.items()})
    texts = {id: each.text for id, each in after.items()}
    return _answers(await storage.update_many(to.connection, to.collection, texts, to.shown))


async def delete_many(to: Writing, filter: Planned[Filter], at_most: int | None = None) -> Sequence[RecordAnswer]:
    """Remove the records that match, at most so many (None: as the settings say).

    Returns them as they were, in order of id.
    Raises: `TooManyRecords`, `InvalidQuery` for a filter that holds for every record, `QueryTooLarge`,
    `RelationConflict` while others refer to one, `StaleCatalog`.
    """
    matching = _matching(to.gateway, filter, at_most)
    removed = await storage.delete_matching(to.connection, to.collection, matching, to.shown)
    return _answers(_few_enough(to, matching, removed))


async def lock_many(to: Writing, filter: Planned[Filter], at_most: int | None = None) -> Sequence[UUID]:
    """Return the ids of the records that match, in order, and lock them until the transaction ends.

    For who wants to read them before `delete_listed`, with what is related to them. Raises: as `delete_many`.
    """
    matching = _matching(to.gateway, filter, at_most)
    locked = await storage.lock_matching(to.connection, to.collection, matching)
    return [id for id, _ in _few_enough(to, matching, locked)]


async def delete_listed(to: Writing, ids: Sequence[UUID]) -> Sequence[RecordAnswer]:
    """Remove the records of these ids, those that are there, and return them as they were, in this order.

    Raises: `RelationConflict` while others refer to one, `StaleCatalog`.
    """
    return _answers(await storage.delete_listed(to.connection, to.collection, ids, to.shown))


def _matching(gateway: Gateway, filter: Planned[Filter], at_most: int | None) -> Matching:
    """Return what a bulk write is about to touch, if it may."""
    if filter.plan == Always(holds=True):
        reason = "a bulk write needs a non-empty filter: this one holds for every record; say which records are meant"
        raise InvalidQuery("where", reason)
    limits = gateway.settings.limits
    most = limits.bulk_at_most if at_most is None else at_most
    if most < 0:
        raise InvalidQuery("atMost", f"must not be negative: it is {most}")
    # Its answer is a list like any other.
    longest = max(limits.page_limit, limits.bulk_at_most)
    if most > longest:
        raise QueryTooLarge("records that a bulk write may touch", most, longest, "limits.page_limit")
    return Matching(filter.plan, filter.values, most)


def _few_enough(to: Writing, matching: Matching, found: Sequence[T] | None) -> Sequence[T]:
    if found is None:
        raise TooManyRecords(to.collection.name, matching.at_most)
    return found


async def _validate(to: Writing, documents: Mapping[str, Document]) -> None:
    """Check documents, by the keys that the pointers of their violations start with."""
    validator = to.gateway.live.validator(to.collection)
    # Many documents take long together: others must not wait for them.
    async with to.gateway.lingering if validator.lingers else nullcontext():
        violations = await asyncio.to_thread(_violations, validator, documents)
    if violations:
        raise InvalidRecord(to.collection.name, violations)


def _violations(validator: "Validator", documents: Mapping[str, Document]) -> Sequence[Violation]:
    from janua.registry.explanation import LISTED  # noqa: PLC0415 -- loaded by now, with the validator

    found = (
        replace(violation, pointer=pointer((key,)) + violation.pointer)
        for key, document in documents.items()
        for violation in validator.validate(document.value)
    )
    return tuple(islice(found, LISTED))


def _patched(gateway: Gateway, found: Sequence[tuple[UUID, str]], change: MergePatch) -> Mapping[UUID, Document]:
    return {id: patched(gateway, text, change) for id, text in found}


def _answers(stored: Sequence[Stored]) -> Sequence[RecordAnswer]:
    return [RecordAnswer(each.id, each.version, each.text) for each in stored]
