"""Clients that write and read without pause, in every way there is, and remember what they were promised.

Start at `Work`. Every document has a title of its own, so that one stored twice shows.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

import asyncpg
import httpx

from janua.model.collection import Schema
from janua.model.identifiers import new_id

BOOKS: Schema = {"title": "Book", "type": "object", "properties": {"title": {"type": "string"}}}
CREATE = "mutation ($title: String!) { createBook(input: {title: $title}) { id } }"
READ = "{ books(first: 5) { totalCount nodes { title } } }"
IMPORTED = 3


class Work:
    """Clients of the collection `books`; `acknowledged` are the titles that were promised to be stored.

    `unanswered` counts requests whose connection broke: nobody knows what became of them, but those with a key are sent
    again until they are answered.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._stopped = False
        self.acknowledged: list[str] = []
        self.statuses = Counter[int]()
        self.unanswered = 0
        self.slowest = 0.0

    @contextlib.asynccontextmanager
    async def running(self, times: int = 1) -> AsyncGenerator["Work"]:
        """Work while the block runs, so many clients of each kind."""
        kinds = (self._put, self._post, self._mutate, self._import, self._list, self._query)
        tasks = [asyncio.create_task(self._client(each)) for each in kinds * times]
        try:
            yield self
        finally:
            self._stopped = True
            await asyncio.gather(*tasks)

    async def reach(self, count: int) -> None:
        """Return when so many more documents are acknowledged."""
        enough = len(self.acknowledged) + count
        while len(self.acknowledged) < enough:  # noqa: ASYNC110 -- counted by other tasks
            await asyncio.sleep(0.02)

    async def _client(self, work: Callable[[str], Awaitable[int]]) -> None:
        while not self._stopped:
            start = time.monotonic()
            status = await work(str(new_id()))
            self.slowest = max(self.slowest, time.monotonic() - start)
            await asyncio.sleep(0.05 if status not in {200, 201} else 0)

    async def _put(self, title: str) -> int:
        return await self._send(201, [title], "PUT", f"/api/books/{new_id()}", json={"title": title})

    async def _post(self, title: str) -> int:
        """Add a record by a request that is sent until it is answered."""
        status = 0
        while status != 201 and not (self._stopped and status != 0):
            key = {"Idempotency-Key": title}
            status = await self._send(201, [title], "POST", "/api/books", json={"title": title}, headers=key)
        return status

    async def _mutate(self, title: str) -> int:
        return await self._send(200, [title], "POST", "/graphql", json={"query": CREATE, "variables": {"title": title}})

    async def _import(self, title: str) -> int:
        titles = [f"{title}-{number}" for number in range(IMPORTED)]
        lines = "".join(f'{{"title": "{each}"}}\n' for each in titles)
        kind = {"Content-Type": "application/x-ndjson"}
        return await self._send(200, titles, "POST", "/api/books/import", content=lines, headers=kind)

    async def _list(self, _: str) -> int:
        return await self._send(200, [], "GET", "/api/books?limit=5&count=exact")

    async def _query(self, _: str) -> int:
        return await self._send(200, [], "POST", "/graphql", json={"query": READ})

    async def _send(self, done: int, titles: Sequence[str], method: str, path: str, **request: object) -> int:
        """Send a request; the titles are acknowledged when it is done. Return the status, 0 for no answer."""
        try:
            answer = await self._http.request(method, path, **request)  # pyright: ignore[reportArgumentType] -- passed on
        except httpx.TransportError:
            self.unanswered += 1
            return 0
        assert answer.status_code != 200 or '"errors"' not in answer.text, answer.text
        self.statuses[answer.status_code] += 1
        if answer.status_code == done:
            self.acknowledged += titles
        return answer.status_code


async def stored(dsn: str) -> Counter[str]:
    """Return how often each title is stored."""
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT data->>'title' FROM collections.books")
    await connection.close()
    return Counter(row[0] for row in rows)


def assert_whole(work: Work, found: Counter[str]) -> None:
    """Fail unless what was acknowledged is there, everything once, imports wholly, and no failure was a 500."""
    assert len(work.acknowledged) > 20
    assert {*work.acknowledged} - found.keys() == set(), "an acknowledged write is lost"
    assert set(found.values()) == {1}, "a document is there twice"
    imports = Counter(title[:36] for title in found if len(title) > 36)
    assert set(imports.values()) <= {IMPORTED}, "an import is half done"
    assert work.statuses.keys() <= {200, 201, 503, 504}, work.statuses
