"""Import and export, run: COPY in through a temporary table, COPY out line by line.

Start at `staging`: inside its block there is a transaction with an empty staging table to `fill` and then `store`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field

import asyncpg

from janua.errors import DatabaseUnavailable, ImportRejected
from janua.model.collection import Collection, Index, Relation
from janua.query.nodes import Filter
from janua.query.operands import Value
from janua.query.parts import Part
from janua.sql import staging as sql
from janua.sql.select import export_statement
from janua.sql.upsert import Key
from janua.storage.copying import copied
from janua.storage.pool import UNHURRIED, Connection
from janua.storage.records import refusals


@dataclass(frozen=True, slots=True)
class Refused:
    """Staged lines that a constraint did not let in, and why."""

    lines: Sequence[int]
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many records the staged lines made or replaced, and the lines that were refused."""

    inserted: int
    updated: int
    refused: Sequence[Refused] = field(default_factory=tuple[Refused, ...])


async def _while_connected(connection: Connection, copying: Coroutine[None, None, str]) -> None:
    """Copy until the connection is cut: asyncpg waits for ever where it was too full to take more at that moment."""
    task = asyncio.create_task(copying)
    cut = False

    def end(_: object) -> None:
        nonlocal cut
        cut = True
        task.cancel()

    connection.add_termination_listener(end)
    try:
        await asyncio.wait([task])
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        # One that was cut has gone back to its pool by itself, and forgotten who listens.
        with suppress(asyncpg.InterfaceError):
            connection.remove_termination_listener(end)
    if cut:
        # What the copy met is no news any more, but has to be asked for.
        await asyncio.gather(task, return_exceptions=True)
        raise DatabaseUnavailable
    task.result()


@asynccontextmanager
async def staging(connection: Connection, collection: Collection) -> AsyncGenerator["Staging"]:
    """Open a transaction with an empty staging table; what was not stored by its end is gone."""
    async with connection.transaction():
        # Uploads are as slow as their clients, and storing a million lines takes longer than a request may.
        await connection.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        await connection.execute(sql.CREATE_STAGING)
        yield Staging(connection, collection)


class Staging:
    """The staging table of one import."""

    def __init__(self, connection: Connection, collection: Collection) -> None:
        self._connection = connection
        self._collection = collection

    async def fill(self, lines: AsyncIterator[bytes]) -> None:
        """Copy lines of (number, id, document), in PostgreSQL's text format, into the table.

        Raises: `DatabaseUnavailable` when the connection is cut meanwhile, and what `lines` raises.
        """
        copying = self._connection.copy_to_table(
            sql.STAGING, source=lines, columns=("line", "id", "data"), format="text", timeout=UNHURRIED
        )
        await _while_connected(self._connection, copying)

    async def store(self, key: Key | None, *, skip: bool, fresh_ids: bool) -> Outcome:
        """Make the staged lines records; with `key`, those of its value are replaced by the last line that has it.

        With `skip`, lines that a constraint refuses are left out and returned.
        Raises: `ImportRejected` for the first such line otherwise, `StaleCatalog`.
        """
        await self._connection.execute(sql.ANALYZE_STAGING, timeout=UNHURRIED)
        if key is not None:
            await self._lines(sql.superseded(self._collection, key).text)
        refused = await self._refused(key, fresh_ids=fresh_ids)
        if refused and not skip:
            first = min(refused, key=lambda each: min(each.lines))
            raise ImportRejected(self._collection.name, min(first.lines), first.reason)
        async with refusals(self._collection):
            statement = sql.store_staged(self._collection, key, skip=skip)
            row = await self._connection.fetchrow(statement.text, timeout=UNHURRIED)
        assert row is not None  # noqa: S101 -- an aggregate always has a row
        if row["lost"]:
            refused.append(Refused(row["lost"], "record.not_unique", "a record written meanwhile has the same value"))
        return Outcome(row["inserted"], row["updated"], refused)

    async def _refused(self, key: Key | None, *, fresh_ids: bool) -> list[Refused]:
        return [
            Refused(lines, *_explanation(rejection))
            for rejection in sql.rejections(self._collection, key, fresh_ids=fresh_ids)
            if (lines := await self._lines(rejection.statement.text))
        ]

    async def _lines(self, statement: str) -> Sequence[int]:
        return [row[0] for row in await self._connection.fetch(statement, timeout=UNHURRIED)]


async def export(
    connection: Connection, table: str, part: Part, filter: Filter, values: Sequence[Value]
) -> AsyncGenerator[bytes]:
    """Yield the records that match as lines, in order of id, in chunks as PostgreSQL sends them, from one snapshot."""
    statement = export_statement(table, part, filter, values)
    await connection.execute("SET statement_timeout = 0")
    async with aclosing(copied(connection, statement.text)) as chunks:
        async for chunk in chunks:
            yield chunk
    await connection.execute("RESET statement_timeout")


def _explanation(rejection: sql.Rejection) -> tuple[str, str]:
    constraint = rejection.constraint
    match constraint:
        case Relation():
            return "record.relation", f"{constraint.field}: there is no such record in {constraint.target}"
        case Index():
            fields = ", ".join(".".join(key.path) for key in constraint.keys)
        case _:
            fields = "id"
    other = "an earlier line" if rejection.reason == "repeated" else "a stored record"
    return "record.not_unique", f"{other} has the same {fields}"
