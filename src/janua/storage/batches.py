"""Small statements that wait for each other: those with the same text become one, when the one before has come back.

In: statements that have a form for many (`Statement.together`), and their arguments. Out: the row of each, or None. One
that finds nobody ahead runs at once, by itself; while it runs, others of its text wait, and go together next. So an
idle server answers as soon as it would without, and a busy one asks PostgreSQL less often. Start at `Batches.fetch`.

What is true of a statement by itself is true of one among others. It sees all that was committed before it was asked
for, since it is sent later. It waits for its turn as it would for a connection, and no longer than `PATIENCE` for what
does not come back. Who is cancelled leaves the others alone. When a statement for many fails, each of them is run by
itself, so that what is wrong with one is not told to another; of writes only if it is certain that nothing was done.
"""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from contextvars import Context
from typing import Final

import asyncpg

from janua.errors import StatementConflict
from janua.sql.statement import Statement
from janua.storage.pool import UNNOTICED, Connection, Pool, connection
from janua.telemetry import metrics
from janua.telemetry.statements import note_shared

MOST: Final = 32  # that are run as one
LARGE: Final = 256 * 1024  # characters of answers from which on fewer are put together
PATIENCE: Final = 0.01  # seconds until the next no longer waits for the one before
SOON: Final = 1.0  # seconds; what fails later would be late by itself as well, and is not run again
LANES: Final = 1024  # statements that are remembered while nobody asks for them

Row = asyncpg.Record | None


class _Member:
    """One of those that wait: its arguments, its row when there is one, and the batch that it is in by now."""

    __slots__ = ("arguments", "batch", "row", "since")

    def __init__(self, arguments: Sequence[object], row: asyncio.Future[Row]) -> None:
        self.arguments = arguments
        self.row = row
        self.since = time.perf_counter()
        self.batch: _Batch | None = None


class _Batch:
    """Those that are run as one statement, from when to when, and how many of them are still wanted."""

    __slots__ = ("ended", "members", "size", "started", "task", "wanted")

    def __init__(self) -> None:
        self.members: list[_Member] = []
        self.size = self.wanted = 0
        self.started = self.ended = 0.0
        self.task: asyncio.Task[None] | None = None

    def take(self, members: Sequence[_Member]) -> None:
        """Have these run."""
        self.members = [each for each in members if not each.row.done()]
        self.size = self.wanted = len(self.members)
        for each in self.members:
            each.batch = self

    def leave(self) -> None:
        """Go without one of them; without the last there is nothing to do."""
        self.wanted -= 1
        if self.wanted == 0 and self.task is not None:
            self.task.cancel()


class _Alone(Exception):
    """The statement for many failed: run yours by itself."""


class _Lane:
    """All of one statement: those that wait, and what they wait for, None when the next may run at once."""

    __slots__ = ("ahead", "is_busy", "most", "statement", "waiting", "writes")

    def __init__(self, statement: Statement, *, writes: bool) -> None:
        self.statement = statement
        self.writes = writes
        self.waiting: list[_Member] = []
        self.ahead: object | None = None
        self.is_busy = False
        self.most = MOST

    def next(self) -> Sequence[_Member]:
        """Return those who are next."""
        found, self.waiting = self.waiting[: self.most], self.waiting[self.most :]
        self.is_busy = len(found) > 1
        return found

    def adapt(self, size: int) -> None:
        """Put fewer together when their answers are long, for then others wait for them."""
        self.most = max(1, self.most // 2) if size > LARGE else min(MOST, self.most * 2)


class Batches:
    """The small statements of one process; `reads` and `writes`: whether those run together."""

    def __init__(self, pool: Pool, *, reads: bool, writes: bool) -> None:
        self._pool = pool
        self._on = {False: reads, True: writes}
        self._lanes: dict[str, _Lane] = {}

    def fetch(self, statement: Statement, arguments: Sequence[object], *, writes: bool = False) -> Awaitable[Row]:
        """Return the row of a statement, perhaps by one that finds those of others, too.

        Raises: as `connection`, and what asyncpg says of the statement.
        """
        if statement.together is None or not self._on[writes]:
            return self._by_itself(statement, arguments)
        lane = self._lanes.get(statement.text) or self._new_lane(statement, writes=writes)
        if lane.ahead is None and not lane.is_busy and self._pool.turns.is_free:
            return self._at_once(lane, arguments)
        return self._with_others(lane, arguments)

    async def _by_itself(self, statement: Statement, arguments: Sequence[object]) -> Row:
        async with connection(self._pool) as c:
            return await c.fetchrow(statement.text, *arguments)

    async def _at_once(self, lane: _Lane, arguments: Sequence[object]) -> Row:
        lane.ahead = me = object()
        overtaking = self._overtaking(lane, me)
        try:
            return await self._by_itself(lane.statement, arguments)
        finally:
            overtaking.cancel()
            self._end(lane, me)

    async def _with_others(self, lane: _Lane, arguments: Sequence[object]) -> Row:
        member = _Member(arguments, asyncio.get_running_loop().create_future())
        lane.waiting.append(member)
        if lane.ahead is None:
            self._start(lane)
        try:
            row = await member.row
        except _Alone:
            return await self._by_itself(lane.statement, arguments)
        except asyncio.CancelledError:
            if member.batch is not None:
                member.batch.leave()
            raise
        _note(lane.statement, member)
        return row

    def _start(self, lane: _Lane) -> None:
        """Run those who wait."""
        lane.ahead = batch = _Batch()
        # In a context of its own: it is nobody's request.
        batch.task = asyncio.get_running_loop().create_task(self._run(lane, batch), context=Context())

    async def _run(self, lane: _Lane, batch: _Batch) -> None:
        overtaking: asyncio.TimerHandle | None = None
        try:
            async with connection(self._pool) as c:
                # Only now: whoever came while there was no connection goes along.
                batch.take(lane.next())
                overtaking = self._overtaking(lane, batch)
                if batch.members:
                    await _read(c, lane, batch)
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is told to those who wait
            _fail(batch, lane, error)
        finally:
            if overtaking is not None:
                overtaking.cancel()
            # They know it, too: in a circle, only a search for garbage would free their memory, long after.
            batch.members = []
            self._end(lane, batch)

    def _overtaking(self, lane: _Lane, ahead: object) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(PATIENCE, self._end, lane, ahead)

    def _end(self, lane: _Lane, ahead: object) -> None:
        """Let the next ones go, unless they have gone already."""
        if lane.ahead is not ahead:
            return
        lane.ahead = None
        if lane.waiting:
            self._start(lane)

    def _new_lane(self, statement: Statement, *, writes: bool) -> _Lane:
        if len(self._lanes) >= LANES:
            self._lanes = {text: each for text, each in self._lanes.items() if each.ahead is not None}
        return self._lanes.setdefault(statement.text, _Lane(statement, writes=writes))


async def _read(c: Connection, lane: _Lane, batch: _Batch) -> None:
    assert lane.statement.together is not None  # noqa: S101 -- `fetch` asks no others
    columns = zip(*(each.arguments for each in batch.members), strict=True)
    batch.started = time.perf_counter()
    rows = await c.fetch(lane.statement.together, *map(list, columns))
    batch.ended = time.perf_counter()
    lane.adapt(sum(len(row[-1]) for row in rows))
    found = {row["place"]: row for row in rows}
    for place, each in enumerate(batch.members, 1):
        if not each.row.done():
            each.row.set_result(found.get(place))


def _fail(batch: _Batch, lane: _Lane, error: Exception) -> None:
    """Tell the members of a batch, or when there was no connection all who wait."""
    if batch.members:
        members, told = batch.members, _Alone() if _may_repeat(batch, lane, error) else error
    else:
        members, told, lane.waiting = lane.waiting, error, []
    for each in members:
        if not each.row.done():
            each.row.set_exception(told)


def _may_repeat(batch: _Batch, lane: _Lane, error: Exception) -> bool:
    if lane.writes:
        return isinstance(error, asyncpg.PostgresError | StatementConflict)
    return time.perf_counter() - batch.started < SOON


def _note(statement: Statement, member: _Member) -> None:
    """Tell the request's trace, and the metrics, how long its turn and its statement took."""
    batch = member.batch
    if batch is None:
        return
    waited = batch.started - member.since
    if waited > UNNOTICED:
        metrics.waited(waited)
    else:
        waited = 0.0
    note_shared(statement.text, member.arguments, waited, batch.started, batch.ended, batch.size)
