"""One SQL statement, measured: as a step of the request that it is for, and in the metrics.

Start at `statement`, a block around running one.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, Final, NamedTuple

from janua.telemetry import metrics
from janua.telemetry.spans import COLLECTION, MOST_SPANS, QUERY, Kind, Span, Step, Trace, current, step

_TARGET: Final = re.compile(r'"?\b(?P<schema>collections|janua)"?\."?(?P<table>\w+)\b(?!"?\()')
_NESTING: Final = re.compile(rf"(?P<text>'(?:[^']|'')*')|(?P<open>\()|(?P<close>\))|{_TARGET.pattern}")
_OPERATIONS: Final = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "COPY", "BEGIN", "COMMIT", "ROLLBACK", "CREATE", "ALTER", "DROP", "SET"}
)
KEPT_CHARACTERS: Final = 16_384  # of SQL that is remembered, as in `storage.pool`
_WRITES: Final = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\b")


class statement:  # noqa: N801 -- a block, like `span`
    """Measure a block that runs this SQL with these values."""

    __slots__ = ("_span", "_start", "_text", "_values")

    def __init__(self, text: str, values: tuple[Any, ...] = ()) -> None:
        self._text = text
        self._values = values

    def __enter__(self) -> None:
        self._start = perf_counter()
        outer = current.get()
        self._span = (
            None if outer is None or outer[0].is_full else _begun(*outer, self._text, self._values, self._start)
        )

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        ended = perf_counter()
        metrics.statement_ran(described(self._text)[0], ended - self._start)
        if self._span is not None:
            self._span.finish(error)
            if state := getattr(error, "sqlstate", None):
                self._span.note("db.response.status_code", state)


def note_shared(text: str, values: Sequence[Any], waited: float, started: float, ended: float, reads: int) -> None:
    """Add a statement that ran for several requests to the trace of one of them, as what it was for this one.

    The times are those of `perf_counter`; `waited` are the seconds until it began, 0 if they are not worth telling, and
    `reads` is how many it was for.
    """
    outer = current.get()
    if outer is not None and len(outer[0].later) < MOST_SPANS:
        outer[0].later.append(Shared(outer[1], text, values, waited, started, ended, reads))


class Shared(NamedTuple):
    """A statement that ran for several requests, as one of them is told of it; see `note_shared`."""

    parent: int
    text: str
    values: Sequence[Any]
    waited: float
    started: float
    ended: float
    reads: int

    def __call__(self, trace: Trace) -> None:
        """Add its steps to a trace."""
        if self.waited:
            trace.begin(step("connection"), self.parent, self.started - self.waited).end = self.started
        made = _begun(trace, self.parent, self.text, self.values, self.started)
        made.end = self.ended
        if self.reads > 1:
            made.note("db.operation.batch.size", self.reads)


def _begun(trace: Trace, parent: int, text: str, values: Sequence[Any], started: float) -> Span:
    known = _step(text) if len(text) <= KEPT_CHARACTERS else _made(text)
    made = trace.begin(known, parent, started)
    if trace.parameters is not None:
        trace.parameters[made.id] = tuple(values)
    return made


def _made(text: str) -> Step:
    """Return what is the same each time that this SQL runs."""
    operation, target = described(text)
    attributes = {"db.system.name": "postgresql", QUERY: text, "db.operation.name": operation}
    if target:
        attributes["db.collection.name"] = target
        if not target.startswith("janua."):
            attributes[COLLECTION] = target
    return Step(f"{operation} {target}" if target else operation, Kind.CLIENT, attributes)


_step: Final = lru_cache(maxsize=1024)(_made)


@lru_cache(maxsize=2048)
def collections_of(text: str) -> frozenset[str]:
    """Return the collections whose tables a statement names."""
    return frozenset(each["table"] for each in _TARGET.finditer(text) if each["schema"] == "collections")


@lru_cache(maxsize=2048)
def described(text: str) -> tuple[str, str]:
    """Return what a statement does and to which table, empty when it names none of ours."""
    words = text.split(None, 1)
    first = words[0].upper().rstrip(";") if words else ""
    if first == "WITH":
        found = _WRITES.search(text)
        first = found[1].split()[0] if found else "SELECT"
    target = _outermost(text)
    named = (
        "" if target is None else target["table"] if target["schema"] == "collections" else f"janua.{target['table']}"
    )
    return first if first in _OPERATIONS else "OTHER", named


def _outermost(text: str) -> re.Match[str] | None:
    """Return the first of the tables that stand in the fewest parentheses; those in more are what is related to it."""
    found: re.Match[str] | None = None
    depth, least = 0, len(text)
    for each in _NESTING.finditer(text):
        depth += (each["open"] is not None) - (each["close"] is not None)
        if each["table"] is not None and depth < least:
            found, least = each, depth
    return found
