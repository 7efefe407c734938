"""Two who lock each other out: one of them is told to send its request again, and nothing of it is half done.

A record in the middle is held until both have locked their first and wait; then each needs the other's.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import httpx
import pytest

from janua.gateway.gateway import Gateway
from janua.gateway.schemas import register
from janua.model.collection import Schema
from tests.faults.running import wait_until

pytestmark = pytest.mark.anyio

BOOKS: Schema = {
    "title": "Book",
    "type": "object",
    "properties": {"isbn": {"type": "string", "x-unique": True}, "title": {"type": "string"}},
}
IDS = [f"0198c5a4-7c1e-7d6a-b8f0-00000000000{number}" for number in range(3)]
MANY = {"Content-Type": "application/x-ndjson"}


@pytest.fixture(autouse=True)
async def books(http: httpx.AsyncClient, gateway: Gateway, database: str) -> None:
    """Three records; PostgreSQL looks for deadlocks long before `database.lock_timeout`."""
    await register(gateway, "books", BOOKS)
    for id in IDS:
        assert (await http.put(f"/api/books/{id}", json={"isbn": id[-1], "title": "before"})).status_code == 201
    connection = await asyncpg.connect(database)
    await connection.execute("ALTER SYSTEM SET deadlock_timeout = '200ms'")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@contextlib.asynccontextmanager
async def both_waiting(database: str) -> AsyncGenerator[None]:
    """Hold the record in the middle until two others wait."""
    holder, watcher = [await asyncpg.connect(database) for _ in range(2)]

    async def two_wait() -> bool:
        waiting = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return await watcher.fetchval(waiting) >= 2

    async with holder.transaction():
        await holder.execute("SELECT FROM collections.books WHERE id = $1 FOR UPDATE", IDS[1])
        yield
        await wait_until(two_wait)
    for each in (holder, watcher):
        await each.close()


async def titles(http: httpx.AsyncClient) -> list[str]:
    items = (await http.get("/api/books?sort=id")).json()["items"]
    return [each["data"]["title"] for each in items]


def mutation(title: str, ids: Sequence[str]) -> dict[str, Any]:
    fields = " ".join(f'u{place}: updateBook(id: "{id}", patch: {{title: "{title}"}}) {{ id }}'
                      for place, id in enumerate(ids))  # fmt: skip
    return {"query": f"mutation {{ {fields} }}"}


async def test_of_two_mutations_that_lock_each_other_out_one_is_done_and_one_told_to_try_again(
    http: httpx.AsyncClient, database: str
) -> None:
    async with both_waiting(database):
        there = asyncio.create_task(http.post("/graphql", json=mutation("there", IDS)))
        back = asyncio.create_task(http.post("/graphql", json=mutation("back", IDS[::-1])))
    answers = {"there": await there, "back": await back}
    [(done, _)] = [(name, each) for name, each in answers.items() if "errors" not in each.json()]
    [(lost, refused)] = [(name, each) for name, each in answers.items() if name != done]
    assert [each["extensions"]["code"] for each in refused.json()["errors"]] == ["database.conflict"]
    assert refused.json()["data"] is None
    assert refused.headers["Retry-After"] == "1"
    assert await titles(http) == [done] * 3
    again = await http.post("/graphql", json=mutation(lost, IDS))
    assert "errors" not in again.json()
    assert await titles(http) == [lost] * 3


async def test_imports_in_opposite_order_are_done_wholly_or_told_to_try_again(
    http: httpx.AsyncClient, database: str
) -> None:
    def send(title: str, ids: Sequence[str]) -> "asyncio.Task[httpx.Response]":
        lines = "".join(f'{{"isbn": "{id[-1]}", "title": "{title}"}}\n' for id in ids)
        return asyncio.create_task(http.post("/api/books/import?on_conflict=isbn", content=lines, headers=MANY))

    async with both_waiting(database):
        there, back = send("there", IDS), send("back", IDS[::-1])
    answers = {"there": await there, "back": await back}
    done = [name for name, each in answers.items() if each.status_code == 200]
    assert done
    for name, each in answers.items():
        if name not in done:
            assert (each.status_code, each.json()["code"]) == (409, "database.conflict")
            assert each.headers["Retry-After"] == "1"
    assert await titles(http) in [[name] * 3 for name in done]


async def test_bulk_writes_never_lock_each_other_out(http: httpx.AsyncClient, database: str) -> None:
    def send(title: str, order: str) -> "asyncio.Task[httpx.Response]":
        where = f"{{isbn: {{in: {order}}}}}"
        query = f'mutation {{ updateBooks(where: {where}, patch: {{title: "{title}"}}) {{ id }} }}'
        return asyncio.create_task(http.post("/graphql", json={"query": query}))

    async with both_waiting(database):
        there, back = send("there", '["0", "1", "2"]'), send("back", '["2", "1", "0"]')
    for each in (await there, await back):
        assert "errors" not in each.json(), each.text
    assert len(set(await titles(http))) == 1
