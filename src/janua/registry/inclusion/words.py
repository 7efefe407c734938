"""Strings that match some patterns and not others: found, or proven not to exist.

In: automata, each with whether it has to accept, and bounds on the length. Out: the shortest word, None when there is
none, or `Exhausted`. Start at `shortest_word`. The automata run side by side, made deterministic as far as the search
gets; characters that none of them tells apart are tried once.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from janua.model.collection import Schema
from janua.registry.inclusion.demands import Names
from janua.registry.inclusion.patterns import LAST, Automaton, Ranges
from janua.registry.validation import Validator

SEARCHED = 4_000
"""Combined states that a search visits at most."""
LONGEST = 100_000
"""Characters of a word at most."""

_LIKED = "a0bAz9Z-_ ./:@1xé"
"""Characters that make a word readable, tried first as the example of a set."""
_State = frozenset[int]


class Exhausted(Exception):
    """The search was given up."""


class Runner:
    """An automaton made deterministic step by step."""

    def __init__(self, automaton: Automaton, wanted: bool) -> None:
        self.automaton = automaton
        self.wanted = wanted
        self._closures: dict[tuple[_State, bool, bool], _State] = {}

    def first(self) -> _State:
        """Return the state before the first character."""
        return self._closed(frozenset({self.automaton.start}), first=True)

    def after(self, state: _State, code: int) -> _State:
        """Return the state after one more character."""
        if self.automaton.final in state:
            return state
        moved = {to for each in state for ranges, to in self.automaton.moves[each] if _within(code, ranges)}
        return self._closed(frozenset(moved))

    def accepts(self, state: _State, *, first: bool) -> bool:
        """Return whether the word may end here."""
        return (self.automaton.final in self._closed(state, first=first, last=True)) == self.wanted

    def is_lost(self, state: _State) -> bool:
        """Return whether no longer word can be right either."""
        return not self.wanted and self.automaton.final in state

    def _closed(self, state: _State, *, first: bool = False, last: bool = False) -> _State:
        known = self._closures.get((state, first, last))
        if known is not None:
            return known
        allowed = {"", *("^" if first else ""), *("$" if last else "")}
        found, pending = set(state), list(state)
        while pending:
            for assertion, to in self.automaton.jumps[pending.pop()]:
                if assertion in allowed and to not in found:
                    found.add(to)
                    pending.append(to)
        closed = frozenset({self.automaton.final}) if self.automaton.final in found and not last else frozenset(found)
        self._closures[state, first, last] = closed
        return closed


def shortest_word(runners: Sequence[Runner], least: int = 0, most: int | None = None) -> str | None:
    """Return the shortest string of `least` to `most` characters that satisfies all runners; None: there is none.

    Raises: `Exhausted`.
    """
    return next(words(runners, least, most), None)


def words(runners: Sequence[Runner], least: int = 0, most: int | None = None) -> Iterator[str]:
    """Yield such strings, shortest first; not all of them, but at least one if there is any.

    Raises: `Exhausted`.
    """
    if least > LONGEST:
        raise Exhausted
    if not runners:
        if most is None or least <= most:
            yield "a" * least
        return
    alphabet = representatives([ranges for each in runners for ranges in _ranges(each.automaton)])
    start = tuple(each.first() for each in runners)
    seen = {(start, 0)}
    level = [(start, "")]
    length = 0
    while level and (most is None or length <= most):
        following: list[tuple[tuple[_State, ...], str]] = []
        for states, word in level:
            if length >= least and all(_ends(runners, states, length)):
                yield word
            for code in alphabet:
                after = tuple(each.after(state, code) for each, state in zip(runners, states, strict=True))
                key = (after, min(length + 1, least))
                if key not in seen and not any(map(_lost, runners, after)):
                    seen.add(key)
                    following.append((after, word + chr(code)))
            if len(seen) > SEARCHED:
                raise Exhausted
        level = following
        length += 1


def _ends(runners: Sequence[Runner], states: Sequence[_State], length: int) -> Iterator[bool]:
    for each, state in zip(runners, states, strict=True):
        yield each.accepts(state, first=length == 0)


def _lost(runner: Runner, state: _State) -> bool:
    return runner.is_lost(state)


def _ranges(automaton: Automaton) -> set[Ranges]:
    return {ranges for moves in automaton.moves for ranges, _ in moves}


def representatives(sets: Sequence[Ranges]) -> list[int]:
    """Return one character for each group that the sets do not tell apart; never U+0000 or a surrogate."""
    distinct = tuple(sorted(set(sets)))
    return list(_representatives(distinct))


@lru_cache(maxsize=256)
def _representatives(sets: tuple[Ranges, ...]) -> tuple[int, ...]:
    starts = {1, 0xE000, *map(ord, _LIKED)}
    for ranges in sets:
        for first, last in ranges:
            starts |= {first, last + 1}
    liked = [ord(each) for each in _LIKED]
    ordered = [*liked, *sorted(starts - set(liked) - {0, LAST + 1})]
    found: dict[tuple[bool, ...], int] = {}
    for code in ordered:
        if not 0xD800 <= code <= 0xDFFF:
            found.setdefault(tuple(_within(code, ranges) for ranges in sets), code)
    return tuple(found.values())


def _within(code: int, ranges: Ranges) -> bool:
    return any(first <= code <= last for first, last in ranges)


@lru_cache(maxsize=1024)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a pattern matches a string, as the validation engine has it."""
    schema: Schema = {"pattern": pattern}
    return Validator(schema).is_valid


def covers(names: Names, name: str) -> bool:
    """Return whether a name is one of these."""
    if names.only is not None:
        return names.only == name
    if name in names.without or (names.matching is not None and not matcher(names.matching)(name)):
        return False
    return not any(matcher(each)(name) for each in names.unlike)
