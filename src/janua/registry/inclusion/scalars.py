"""What is known of a number or a string that is looked for, and values that fit.

In: facts. Out: that they contradict each other (`Closed`), or candidates. Start at `NumberFacts` and `StringFacts`. A
candidate is only proposed: the engine judges it. But "closed", and "these are all there are", are proofs.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from math import ceil, floor, gcd, lcm

from janua.model.types import Json
from janua.registry.inclusion.demands import Among, Bound, Fact, Formatted, Kind, Matches, Multiple, Size
from janua.registry.inclusion.patterns import Automaton, automaton_of, automaton_of_strings
from janua.registry.inclusion.samples import SAMPLES, SHAPES
from janua.registry.inclusion.words import Exhausted, Runner, words

LISTED = 1_000
"""Numbers of a range that are tried one by one."""
TRIED = 8
"""Words that are tried."""
EXCLUDED = 200
"""Excluded strings that are told to the search for words."""


class Closed(Exception):
    """The facts contradict each other."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Values to be tried; `complete`: there are no others."""

    values: Iterable[Json]
    complete: bool = False


@dataclass(slots=True)
class NumberFacts:
    """An interval, and what the number is and is not a multiple of."""

    kind: Kind
    bounds: list[Bound] = field(default_factory=list[Bound])
    multiples: list[Fraction] = field(default_factory=list[Fraction])
    others: list[Fraction] = field(default_factory=list[Fraction])

    def __post_init__(self) -> None:
        """Say of the kind what it says of the number."""
        (self.others if self.kind == "fraction" else self.multiples).append(Fraction(1))

    def take(self, fact: Fact) -> None:
        """Take note of a fact."""
        match fact:
            case Bound():
                self.bounds.append(fact)
            case Multiple(of, holds):
                (self.multiples if holds else self.others).append(Fraction(of))
            case _:
                pass

    def copy(self) -> "NumberFacts":
        """Return a copy."""
        return replace(self, bounds=[*self.bounds], multiples=[*self.multiples], others=[*self.others])

    def candidates(self) -> Candidates:
        """Return numbers that fit. Raises: `Closed`."""
        low, high = self._end(lower=True), self._end(lower=False)
        if low and high:
            bottom, top = Fraction(low.limit), Fraction(high.limit)
            if bottom > top or (bottom == top and (low.exclusive or high.exclusive)):
                raise Closed
        step = self._step()
        if step is None:
            return Candidates(self._between(low, high))
        if any((step / other).denominator == 1 for other in self.others):
            raise Closed
        first = None if low is None else _inside(ceil(Fraction(low.limit) / step), low, step, 1)
        last = None if high is None else _inside(floor(Fraction(high.limit) / step), high, step, -1)
        if first is not None and last is not None:
            if first > last:
                raise Closed
            if last - first < LISTED:
                return Candidates([_written(each * step, self.kind) for each in _outwards(first, last)], complete=True)
        return Candidates([_written(each * step, self.kind) for each in _sampled(first, last)])

    def _end(self, *, lower: bool) -> Bound | None:
        ends = [each for each in self.bounds if each.lower == lower]
        sign = 1 if lower else -1
        return max(ends, key=lambda each: (sign * Fraction(each.limit), each.exclusive), default=None)

    def _step(self) -> Fraction | None:
        """Return what the number is a multiple of."""
        if not self.multiples:
            return None
        numerator = lcm(*(each.numerator for each in self.multiples))
        return Fraction(numerator, gcd(*(each.denominator for each in self.multiples)))

    def _between(self, low: Bound | None, high: Bound | None) -> Iterator[Json]:
        if low is None and high is None:
            low = Bound(True, 0)
        bottom = Fraction(low.limit) if low else Fraction(high.limit if high else 0) - 10
        top = Fraction(high.limit) if high else bottom + 10
        if low and not low.exclusive:
            yield _written(bottom, self.kind)
        if high and not high.exclusive:
            yield _written(top, self.kind)
        digits = 1
        while Fraction(1, 10**digits) * 8 > top - bottom and digits < 500:
            digits += 1
        for more in range(3):
            grain = Fraction(1, 10 ** (digits + more))
            at = floor(bottom / grain)
            for step in range(1, 13):
                if bottom < (at + step) * grain < top:
                    yield _written((at + step) * grain, self.kind)


def _inside(place: int, bound: Bound, step: Fraction, towards: int) -> int:
    return place + towards if bound.exclusive and place * step == Fraction(bound.limit) else place


def _outwards(first: int, last: int) -> list[int]:
    return sorted(range(first, last + 1), key=lambda each: (abs(each), each < 0))


def _sampled(first: int | None, last: int | None) -> list[int]:
    low, high = first, last
    if low is None:
        low = -100 if high is None else min(high, 0) - 100
    if high is None:
        high = max(low, 0) + 100
    if high - low <= LISTED:
        return _outwards(low, high)
    return [*range(low, low + 200), *range(high - 200, high + 1), *([0] if low <= 0 <= high else [])]


def _written(value: Fraction, kind: Kind) -> Json:
    if kind == "integer":
        return int(value)
    try:
        made = Decimal(value.numerator) / Decimal(value.denominator)
    except InvalidOperation:
        return int(value)
    if kind == "decimal":
        return Decimal(f"{int(value)}.0")
    return made if Fraction(made) == value else _exactly(value)


def _exactly(value: Fraction) -> Decimal:
    """Return a decimal of any number of digits; the value is a whole number of some power of ten."""
    digits = 0
    while (value * 10**digits).denominator != 1 and digits < 1_000:
        digits += 1
    whole = int(value * 10**digits)
    return Decimal((int(whole < 0), tuple(map(int, str(abs(whole)))), -digits))


@dataclass(slots=True)
class StringFacts:
    """Lengths, patterns and formats."""

    least: int = 0
    most: int | None = None
    matches: dict[str, bool] = field(default_factory=dict[str, bool])
    formats: dict[str, bool] = field(default_factory=dict[str, bool])
    excluded: list[Sequence[Json]] = field(default_factory=list[Sequence[Json]])

    def take(self, fact: Fact) -> None:
        """Take note of a fact. Raises: `Closed`."""
        match fact:
            case Size(True, limit):
                self.least = max(self.least, limit)
            case Size(_, limit):
                self.most = limit if self.most is None else min(self.most, limit)
            case Matches(name, holds):
                _agree(self.matches, name, holds)
            case Formatted(name, holds):
                _agree(self.formats, name, holds)
            case Among(values, False):
                self.excluded.append(values)
            case _:
                pass
        if self.most is not None and self.most < self.least:
            raise Closed

    def copy(self) -> "StringFacts":
        """Return a copy."""
        return replace(self, matches=dict(self.matches), formats=dict(self.formats), excluded=[*self.excluded])

    def candidates(self) -> Candidates:
        """Return strings that fit. Raises: `Closed`."""
        runners = self._runners()
        found: list[str] = []
        try:
            found = list(islice(words(runners, self.least, self.most), TRIED))
            if not found:
                raise Closed
        except Exhausted:
            pass
        samples = [each for name, holds in self.formats.items() if holds for each in SAMPLES[name]]
        return Candidates(dict.fromkeys([*samples, *self._plain(found), *found]))

    def _plain(self, found: list[str]) -> list[str]:
        """Return words that read better than the shortest one, where anything will do."""
        if self.matches or self.formats:
            return []
        length = max(self.least, 1)
        plain = [
            "text",
            "x",
            "y",
            "other",
            *(f"text {number}" for number in range(min(sum(map(len, self.excluded)), EXCLUDED) + 1)),
        ]
        fitting = [each for each in plain if self.least <= len(each) <= (self.most if self.most is not None else 99)]
        return [*fitting, "x" * length] if found and (self.most is None or length <= self.most) else []

    def _runners(self) -> list[Runner]:
        runners = [_runner(pattern, holds) for pattern, holds in self.matches.items()]
        runners += [_runner(SHAPES[name], True) for name, holds in self.formats.items() if holds and name in SHAPES]
        count = sum(map(len, self.excluded))
        if (runners or self.most is not None) and 0 < count <= EXCLUDED:
            automaton = automaton_of_strings([each for some in self.excluded for each in some if isinstance(each, str)])
            runners.append(Runner(automaton, wanted=False) if automaton else None)
        return [each for each in runners if each is not None]


def _agree(known: dict[str, bool], name: str, holds: bool) -> None:
    if known.setdefault(name, holds) != holds:
        raise Closed


def _runner(pattern: str, wanted: bool) -> Runner | None:
    automaton = _automaton(pattern)
    return Runner(automaton, wanted) if automaton else None


@lru_cache(maxsize=256)
def _automaton(pattern: str) -> Automaton | None:
    return automaton_of(pattern)
