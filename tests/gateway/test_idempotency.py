"""What is done under an idempotency key is done once, together with its answer."""

import asyncio
from uuid import UUID

import pytest

from janua.errors import IdempotencyConflict, UniqueConflict
from janua.gateway import writes
from janua.gateway.gateway import Gateway
from janua.gateway.idempotency import Idempotency, once
from janua.gateway.writes import Writing
from janua.model.catalog import Catalog
from janua.model.identifiers import new_id
from janua.storage.pool import Connection, connection
from tests.gateway.builders import a_document, in_transaction

pytestmark = pytest.mark.anyio

KEY = Idempotency.of("key", b"body")


async def operation(
    gateway: Gateway, idempotency: Idempotency, *isbns: str, scope: str = "/graphql"
) -> tuple[bytes, bool]:
    """Store a book for each ISBN in one transaction; the answer has their ids."""

    async def write(c: Connection, catalog: Catalog) -> tuple[bytes, bool]:
        to = Writing(gateway, c, catalog.collection("books"))

        async def run() -> bytes:
            made = [await writes.create(to, new_id(), a_document(title="é", isbn=each)) for each in isbns]
            return ", ".join(["é", *(each.id for each in made)]).encode()

        return await once(gateway, c, scope, idempotency, run)

    return await in_transaction(gateway, write)


async def books(gateway: Gateway) -> int:
    async with connection(gateway.pool) as c:
        return await c.fetchval("SELECT count(*) FROM collections.books")


async def test_an_operation_sent_again_gets_the_same_bytes_and_stores_nothing(library: Gateway) -> None:
    first, replayed = await operation(library, KEY, "1", "2")
    assert not replayed
    assert await operation(library, KEY, "1", "2") == (first, True)
    assert await books(library) == 2
    with pytest.raises(IdempotencyConflict) as caught:
        await operation(library, Idempotency.of("key", b"another"), "3")
    assert not caught.value.running


async def test_a_key_counts_within_its_scope(library: Gateway) -> None:
    first, _ = await operation(library, KEY, "1")
    second, replayed = await operation(library, KEY, "2", scope="/graphql/books")
    assert first != second
    assert not replayed


async def test_an_operation_that_fails_leaves_no_record_and_no_answer(library: Gateway) -> None:
    with pytest.raises(UniqueConflict):
        await operation(library, KEY, "1", "1")
    assert await books(library) == 0
    assert (await operation(library, KEY, "1"))[1] is False


async def test_of_operations_at_once_under_one_key_one_is_done(library: Gateway) -> None:
    results = await asyncio.gather(*(operation(library, KEY, "1") for _ in range(6)), return_exceptions=True)
    answers = {each[0] for each in results if isinstance(each, tuple)}
    assert len(answers) == 1
    assert all(isinstance(each, tuple) or getattr(each, "running", False) for each in results)
    assert await books(library) == 1
    assert UUID(answers.pop().decode().split(", ")[1])
