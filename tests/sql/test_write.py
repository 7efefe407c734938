"""Writes of single records, and of many by a filter: one guarded statement each."""

import json
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from janua.model.collection import Collection
from janua.query.parts import Meta
from janua.query.plan import plan_filter
from janua.sql import bulk, write
from janua.sql.statement import values_for
from janua.storage.pool import Pool
from tests.query.builders import LIMITS, a_catalog, library
from tests.sql.builders import Connection, an_id, numbers, prepare, row_of, store

pytestmark = pytest.mark.anyio

CATALOG = a_catalog(*library())
BOOKS = CATALOG.collection("books")
STALE: Collection = replace(BOOKS, revision=BOOKS.revision + 1)


@pytest.fixture
async def connection(pool: Pool) -> Any:
    async with pool.acquire() as connection:
        await prepare(connection, *CATALOG.collections.values())
        yield connection


async def test_an_insert_returns_the_record_and_refuses_a_taken_id(connection: Connection) -> None:
    insert = write.insert_statement(BOOKS)
    row = await row_of(connection, insert, an_id(1), '{"title": "Dune", "price": 1.10}')
    assert row["version"] == 1
    assert '"data": {"price": 1.10, "title": "Dune"}' in row["text"]
    assert json.loads(row["text"])["id"] == str(row["id"]) == str(an_id(1))
    with pytest.raises(asyncpg.UniqueViolationError) as caught:
        await connection.execute(insert.text, an_id(1), "{}")
    assert caught.value.constraint_name == "books$pkey"


async def test_a_put_says_whether_it_created_the_record(connection: Connection) -> None:
    put = write.put_statement(BOOKS)
    first = await row_of(connection, put, an_id(1), '{"title": "A"}')
    second = await row_of(connection, put, an_id(1), '{"title": "B"}')
    assert (first["version"], first["created"]) == (1, True)
    assert (second["version"], second["created"]) == (2, False)
    before, after = json.loads(first["text"]), json.loads(second["text"])
    assert after["data"] == {"title": "B"}
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]


async def test_an_update_and_a_delete_need_the_version_they_name(connection: Connection) -> None:
    await store(connection, "books", [{"title": "A"}])
    update, delete = write.update_statement(BOOKS), write.delete_statement(BOOKS)
    assert await connection.fetchrow(update.text, an_id(0), "{}", 2) is None
    assert (await row_of(connection, update, an_id(0), "{}", 1))["version"] == 2
    assert await connection.fetchval(delete.text, an_id(0), [1, 3]) is None
    document = write.document_statement(BOOKS)
    assert tuple(await row_of(connection, document, an_id(0))) == (2, "{}")
    removed = await row_of(connection, delete, an_id(0), [2])
    assert (removed["id"], removed["version"], json.loads(removed["text"])["data"]) == (an_id(0), 2, {})
    await store(connection, "books", [{}])
    assert (await row_of(connection, delete, an_id(0), None))["version"] == 1
    assert await connection.fetchrow(document.text, an_id(0)) is None


async def test_updated_at_moves_strictly_within_one_transaction(connection: Connection) -> None:
    update = write.update_statement(BOOKS)
    async with connection.transaction():
        await store(connection, "books", [{}])
        await connection.execute("UPDATE collections.books SET updated_at = '9000-01-01 00:00:00Z'")
        moments = [(await row_of(connection, update, an_id(0), "{}", version))["text"] for version in (1, 2, 3)]
    shown = [json.loads(each)["updated_at"] for each in moments]
    assert shown == [f"9000-01-01T00:00:00.00000{number}Z" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    "make", [write.insert_statement, write.put_statement, write.update_statement, write.delete_statement]
)
async def test_a_write_under_another_schema_is_refused(connection: Connection, make: Any) -> None:
    await store(connection, "books", [{}])
    arguments: dict[Any, tuple[Any, ...]] = {
        write.insert_statement: (an_id(1), "{}"),
        write.put_statement: (an_id(0), "{}"),
        write.update_statement: (an_id(0), "{}", 1),
        write.delete_statement: (an_id(0), None),
    }
    with pytest.raises(asyncpg.PostgresError) as caught:
        await connection.execute(make(STALE).text, *arguments[make])
    assert caught.value.sqlstate == "JA001"


async def test_a_bulk_write_touches_nothing_when_too_many_match(connection: Connection) -> None:
    await store(connection, "books", [{"pages": number} for number in range(10)])
    planned = plan_filter(CATALOG, "books", {"pages": {"lt": 5}}, limits=LIMITS)
    at_most = len(planned.values)

    async def delete(most: int) -> tuple[int, list[int | None]]:
        statement = bulk.delete_many_statement("books", planned.plan, at_most, BOOKS.revision, Meta("id"))
        rows = await connection.fetch(statement.text, *values_for(statement, (*planned.values, most)))
        assert all(row["text"] == (row["id"] and f'"{row["id"]}"') for row in rows)
        return rows[0]["matched"], [row["id"] and row["id"].int for row in rows]

    matching = bulk.matching_statement("books", planned.plan, at_most)
    rows = await connection.fetch(matching.text, *values_for(matching, (*planned.values, 3)))
    assert [row["id"].int for row in rows] == [0, 1, 2, 3]
    assert await delete(4) == (5, [None])
    assert await delete(5) == (5, [0, 1, 2, 3, 4])
    assert await delete(5) == (0, [None])
    assert await numbers(connection, CATALOG, "books", {}) == [5, 6, 7, 8, 9]


async def test_many_documents_are_replaced_at_once(connection: Connection) -> None:
    await store(connection, "books", [{}, {}, {}])
    statement = bulk.update_many_statement(BOOKS)
    rows = await connection.fetch(statement.text, [an_id(2), an_id(0)], ['{"pages": 2}', '{"pages": 0}'])
    found = {row["id"].int: json.loads(row["text"])["data"] for row in rows}
    assert found == {2: {"pages": 2}, 0: {"pages": 0}}
    assert {row["version"] for row in rows} == {2}
