"""Patterns that the linear regex engine does not take, judged at a bounded cost: look-around and back-references.

In: a pattern. Out: a `Guarded`, which says whether a string matches. Start there. What such patterns ask for first of
all, `^(?!…)(?=…)rest`, is split into linear patterns that must or must not match. The others are matched by
backtracking, and that is bounded thrice: steps taken back, characters of a string, and seconds for one document.
"""

import contextlib
import functools
import re
import time
from collections.abc import Generator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass

import jsonschema_rs as rs

BACKTRACKS = 2_000
"""Steps that matching may take back on one string."""
WORK = 10_000_000
"""Steps that matching one string may take ahead, a few nanoseconds each; what gives its length a limit."""
SECONDS = 1.0
"""CPU time that one document may spend on backtracking patterns; others get their turn after each string."""

_GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?<?[=!]|\(|\)|\|", re.DOTALL)
"""What matters for the nesting of a pattern: escapes and classes are skipped whole."""
_AHEAD = ("(?=", "(?!")
_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")
_budget: ContextVar[float | None] = ContextVar("budget", default=None)


class TooMuchWork(Exception):
    """One document has spent `SECONDS` on backtracking patterns."""


@contextlib.contextmanager
def effort() -> Generator[None]:
    """Give what is judged in the block `SECONDS` together. Raises, from within: `TooMuchWork`."""
    token = _budget.set(time.thread_time() + SECONDS)
    try:
        yield
    finally:
        _budget.reset(token)


@dataclass(frozen=True, slots=True)
class Guarded:
    """A pattern that only a backtracking engine takes; `longest` is the length from which strings do not match."""

    pattern: str
    longest: int | None
    _engine: rs.Draft202012Validator
    _parts: Sequence[tuple[bool, rs.Draft202012Validator]] = ()

    def is_match(self, text: str) -> bool:
        """Return whether a string matches. Raises: `TooMuchWork` within `effort`."""
        if self._parts:
            return all(part.is_valid(text) is wanted for wanted, part in self._parts)
        deadline = _budget.get()
        if deadline is not None and time.thread_time() > deadline:
            raise TooMuchWork
        return (self.longest is None or len(text) <= self.longest) and self._engine.is_valid(text)

    def gives_up(self, text: str) -> bool:
        """Return whether a string that does not match was given up on: too long, or too many steps."""
        if self.longest is None:
            return False
        return len(text) > self.longest or any(
            type(each.kind).__name__ == "BacktrackLimitExceeded" or each.message.startswith("Error executing regex")
            for each in self._engine.iter_errors(text)
        )


@functools.lru_cache(maxsize=10_000)
def is_linear(pattern: str) -> bool:
    """Return whether the linear engine takes a pattern."""
    return compiled(pattern, rs.RegexOptions()) is not None


@functools.lru_cache(maxsize=10_000)
def guarded(pattern: str) -> Guarded | None:
    """Return the guarded form of a pattern; None when no engine takes it."""
    whole = compiled(pattern, rs.FancyRegexOptions(backtrack_limit=BACKTRACKS))
    if whole is None:
        return None
    parts = [(wanted, compiled(part, rs.RegexOptions())) for wanted, part in conjunction(pattern)]
    linear = [(wanted, part) for wanted, part in parts if part is not None]
    if len(linear) < len(parts) or not parts:
        return Guarded(pattern, longest(pattern), whole)
    return Guarded(pattern, None, whole, linear)


def compiled(pattern: str, options: rs.RegexOptions | rs.FancyRegexOptions) -> rs.Draft202012Validator | None:
    """Return a validator of strings by a pattern (ECMA-262); None when the engine does not take it."""
    try:
        return rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)
    except ValueError:
        return None


def conjunction(pattern: str) -> list[tuple[bool, str]]:
    """Return patterns with whether each must match, equivalent together: `^(?=a)(?!b)c` as `^a`, not `^b`, `^c`.

    Nothing when it does not begin like that.
    """
    if not pattern.startswith("^") or _has_alternatives(pattern):
        return []
    rest, parts = pattern[1:], list[tuple[bool, str]]()
    while rest.startswith(_AHEAD) and (end := _end_of_group(rest)):
        if rest[end : end + 1] in ("*", "+", "?", "{"):
            return []
        parts.append((rest.startswith("(?="), f"^(?:{rest[3 : end - 1]})"))
        rest = rest[end:]
    return [*parts, (True, f"^{rest}")] if parts else []


def longest(pattern: str, work: int = WORK) -> int:
    """Return how long a string may be: looking ahead takes a step a character, at each character, and so on inwards."""
    depth = deepest = looks = 0
    groups: list[bool] = []
    for each in _GROUP.findall(pattern):
        if each.startswith("("):
            groups.append(each in _LOOKING)
            depth, looks = depth + groups[-1], looks + groups[-1]
            deepest = max(deepest, depth)
        elif each == ")" and groups:
            depth -= groups.pop()
    return int((work / max(looks, 1)) ** (1 / (deepest + 1))) if deepest else 4_000


def _has_alternatives(pattern: str) -> bool:
    depth = 0
    for each in _GROUP.findall(pattern):
        depth += each.startswith("(") - (each == ")")
        if each == "|" and depth == 0:
            return True
    return False


def _end_of_group(pattern: str) -> int:
    """Return where the group that a pattern begins with ends."""
    depth = 0
    for each in _GROUP.finditer(pattern):
        depth += each[0].startswith("(") - (each[0] == ")")
        if depth == 0:
            return each.end()
    return 0
