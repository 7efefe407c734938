"""Writing and reading single records: all or nothing, exact, and never over somebody else's write."""

import asyncio
import json

import pytest

from janua.errors import (
    IdempotencyConflict,
    InvalidId,
    InvalidRecord,
    PatchConflict,
    RecordExists,
    RelationConflict,
    UniqueConflict,
    UnknownRecord,
    VersionMismatch,
)
from janua.gateway import records, schemas
from janua.gateway.answers import Precondition
from janua.gateway.gateway import Gateway
from janua.gateway.idempotency import Idempotency
from janua.model.json import loads
from janua.model.patch import JsonPatch, MergePatch
from janua.model.types import Json
from janua.registry.document import Limits, read_document
from tests.gateway.builders import a_document, a_schema

pytestmark = pytest.mark.anyio

MISSING = "01890000-0000-7000-8000-000000000000"
EXACT = '{"big": 9007199254740993, "price": 1.10, "nfc": "é", "nfd": "e\u0301", "deep": {"none": [null, {"a": null}]}}'


def data_of(text: str) -> Json:
    record = loads(text)
    assert isinstance(record, dict)
    return record["data"]


async def test_a_document_comes_back_with_every_digit_and_character(library: Gateway) -> None:
    await schemas.register(library, "things", True)
    written = await records.create(library, "things", read_document(EXACT.encode(), Limits()))
    read = await records.fetch(library, "things", written.id)
    assert data_of(read.text) == loads(EXACT)
    assert '"price": 1.10' in read.text


async def test_all_violations_are_told_and_nothing_is_stored(library: Gateway) -> None:
    with pytest.raises(InvalidRecord) as caught:
        await records.create(library, "books", a_document(title=7, price="dear"))
    assert {each.pointer for each in caught.value.violations} == {"/title", "/price"}


async def test_a_given_id_is_kept_and_taken_once(library: Gateway) -> None:
    assert (await records.create(library, "authors", a_document(name="Ada"), id=MISSING.upper())).id == MISSING
    with pytest.raises(RecordExists):
        await records.create(library, "authors", a_document(name="Bob"), id=MISSING)
    with pytest.raises(InvalidId):
        await records.create(library, "authors", a_document(name="Bob"), id="one")


async def test_a_taken_unique_value_is_a_conflict_that_names_the_field(library: Gateway) -> None:
    await records.create(library, "books", a_document(title="A", isbn="1"))
    with pytest.raises(UniqueConflict) as caught:
        await records.create(library, "books", a_document(title="B", isbn="1"))
    assert caught.value.fields == ["isbn"]


async def test_a_related_record_must_exist_and_cannot_go_while_it_is_referred_to(library: Gateway) -> None:
    with pytest.raises(RelationConflict) as caught:
        await records.create(library, "books", a_document(title="A", author_id=MISSING))
    assert (caught.value.collection, caught.value.field) == ("books", "author")
    author = await records.create(library, "authors", a_document(name="Ada"))
    await records.create(library, "books", a_document(title="A", author_id=author.id))
    with pytest.raises(RelationConflict):
        await records.delete(library, "authors", author.id)


async def test_put_creates_then_replaces(library: Gateway) -> None:
    first = await records.replace(library, "authors", MISSING, a_document(name="Ada"))
    second = await records.replace(library, "authors", MISSING, a_document(name="Bob"))
    assert [(first.created, first.version), (second.created, second.version)] == [(True, 1), (False, 2)]
    assert data_of(second.text) == {"name": "Bob"}


async def test_preconditions_hold_or_the_write_is_refused_with_the_current_version(library: Gateway) -> None:
    made = Precondition(none_match="*")
    await records.replace(library, "authors", MISSING, a_document(name="Ada"), precondition=made)
    for wrong in (made, Precondition(match=frozenset({2})), Precondition(none_match=frozenset({1}))):
        with pytest.raises(VersionMismatch) as caught:
            await records.replace(library, "authors", MISSING, a_document(name="Bob"), precondition=wrong)
        assert caught.value.current == 1
    at_one = Precondition(match=frozenset({1}))
    replaced = await records.replace(library, "authors", MISSING, a_document(name="Bob"), precondition=at_one)
    assert replaced.version == 2
    with pytest.raises(VersionMismatch):
        await records.delete(library, "authors", MISSING, precondition=at_one)
    await records.delete(library, "authors", MISSING, precondition=Precondition(match=frozenset({2})))
    with pytest.raises(UnknownRecord):
        await records.delete(library, "authors", MISSING, precondition=Precondition(match="*"))


async def test_both_kinds_of_patch_change_the_record_and_validate_the_result(library: Gateway) -> None:
    book = await records.create(library, "books", a_document(title="A", price=1, isbn="1"))
    merged = await records.patch(library, "books", book.id, MergePatch({"price": 2, "isbn": None}))
    assert data_of(merged.text) == {"title": "A", "price": 2}
    step = JsonPatch.read([{"op": "test", "path": "/price", "value": 2}, {"op": "add", "path": "/isbn", "value": "2"}])
    assert data_of((await records.patch(library, "books", book.id, step)).text) == {
        "title": "A",
        "price": 2,
        "isbn": "2",
    }
    with pytest.raises(PatchConflict):
        await records.patch(library, "books", book.id, JsonPatch.read([{"op": "test", "path": "/price", "value": 3}]))
    with pytest.raises(InvalidRecord):
        await records.patch(library, "books", book.id, MergePatch({"title": None}))
    with pytest.raises(UnknownRecord):
        await records.patch(library, "books", MISSING, MergePatch({}))
    assert (await records.fetch(library, "books", book.id)).version == 3


async def test_patches_at_once_are_all_applied(library: Gateway) -> None:
    await schemas.register(library, "tallies", a_schema({}))
    tally = await records.create(library, "tallies", a_document({}))
    await asyncio.gather(
        *(records.patch(library, "tallies", tally.id, MergePatch({f"n{each}": each})) for each in range(8))
    )
    final = await records.fetch(library, "tallies", tally.id)
    assert data_of(final.text) == {f"n{each}": each for each in range(8)}
    assert final.version == 9


async def test_of_writers_at_once_with_one_version_exactly_one_wins(library: Gateway) -> None:
    author = await records.create(library, "authors", a_document(name="Ada"))
    at_one = Precondition(match=frozenset({1}))
    results = await asyncio.gather(
        *(
            records.replace(library, "authors", author.id, a_document(name=str(each)), precondition=at_one)
            for each in range(6)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(each, VersionMismatch) for each in results) == 5


async def test_a_request_sent_again_with_its_idempotency_key_stores_nothing_twice(library: Gateway) -> None:
    key = Idempotency.of("key", b"body")
    first = await records.create(library, "authors", a_document(name="Ada"), idempotency=key)
    await records.delete(library, "authors", first.id)
    again = await records.create(library, "authors", a_document(name="Ada"), idempotency=key)
    assert (again.id, again.text, again.replayed) == (first.id, first.text, True)
    other = Idempotency.of("key", b"another body")
    with pytest.raises(IdempotencyConflict) as caught:
        await records.create(library, "authors", a_document(name="Bob"), idempotency=other)
    assert not caught.value.running


async def test_of_requests_at_once_with_one_idempotency_key_one_stores(library: Gateway) -> None:
    key = Idempotency.of("key", b"body")
    results = await asyncio.gather(
        *(records.create(library, "authors", a_document(name="Ada"), idempotency=key) for _ in range(6)),
        return_exceptions=True,
    )
    ids = {each.id for each in results if isinstance(each, records.RecordAnswer)}
    assert len(ids) == 1
    assert all(isinstance(each, records.RecordAnswer) or each.running for each in results)  # type: ignore[union-attr] -- or an error


async def test_a_failed_request_does_not_use_up_its_idempotency_key(library: Gateway) -> None:
    with pytest.raises(InvalidRecord):
        await records.create(library, "authors", a_document({}), idempotency=Idempotency.of("key", b"bad"))
    await records.create(library, "authors", a_document(name="Ada"), idempotency=Idempotency.of("key", b"good"))


async def test_a_6_kb_random_string_is_stored_in_an_indexed_field(library: Gateway) -> None:
    noise = "".join(chr(0x4E00 + (each * 7919) % 20000) for each in range(6000))
    book = await records.create(library, "books", a_document(title=noise))
    assert json.loads((await records.fetch(library, "books", book.id)).text)["data"]["title"] == noise


async def test_deleting_does_what_on_delete_says(library: Gateway) -> None:
    def related(on_delete: str) -> Json:
        relation: Json = {"collection": "authors", "field": "author", "on_delete": on_delete}
        return a_schema({"author_id": {"type": ["string", "null"], "format": "uuid", "x-relation": relation}})

    await schemas.register(library, "notes", related("set_null"))  # type: ignore[arg-type] -- an object
    await schemas.register(library, "fans", related("cascade"))  # type: ignore[arg-type] -- an object
    author = await records.create(library, "authors", a_document(name="Ada"))
    note = await records.create(library, "notes", a_document(author_id=author.id))
    fan = await records.create(library, "fans", a_document(author_id=author.id))
    await records.delete(library, "authors", author.id)
    kept = await records.fetch(library, "notes", note.id)
    assert (data_of(kept.text), kept.version) == ({"author_id": None}, 2)
    with pytest.raises(UnknownRecord):
        await records.fetch(library, "fans", fan.id)
