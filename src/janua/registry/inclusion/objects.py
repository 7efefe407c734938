"""What is known of an object that is looked for: property by property, and what holds for names in general.

In: facts. Out: that no object fits (`Closed`), or one that should. Start at `ObjectFacts.check`, which asks the solver
for each property that must be there, and `ObjectFacts.builds`. Names that no schema mentions are looked at by which of
the patterns they match.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Protocol

from janua.model.types import Json
from janua.registry.inclusion.demands import (
    EVERY_NAME,
    Among,
    Blame,
    Demand,
    EachProperty,
    Fact,
    Found,
    Has,
    Impossible,
    Kind,
    Matches,
    Names,
    Outcome,
    Size,
    SomeProperty,
    Unclear,
)
from janua.registry.inclusion.scalars import Closed
from janua.registry.inclusion.words import covers, matcher

PATTERNS = 5
"""Patterns whose combinations are all looked at; of more, names that match at most one."""
FILLED = 200
"""Properties that are added at most to reach a `minProperties`."""
UNMENTIONED = "*"
"""What stands for the name of a property that no schema mentions, where a keyword is to blame for refusing it."""
_NICE = ("extra", "other", "more")


class Solver(Protocol):
    """What looks for values of properties and elements."""

    def solve(
        self, demands: Iterable[Demand], facts: Sequence[Fact] = (), kinds: Sequence[Kind] | None = None
    ) -> Outcome:
        """Return a value that meets the demands and the facts, or that there is none."""
        ...

    def excludes(self, demand: Demand, value: Json) -> bool:
        """Return whether a value surely does not meet a demand."""
        ...

    def is_blocked(self, blame: Blame) -> bool:
        """Return whether a keyword may not be to blame any more."""
        ...

    def are_opposed(self, demands: Iterable[Demand], another: Demand) -> bool:
        """Return whether a demand contradicts one of the others on the face of it."""
        ...


@dataclass(frozen=True, slots=True)
class Home:
    """A property that could be the one that is looked for: its name, its value if there is one, whom to blame."""

    name: str | None
    outcome: Outcome
    blame: Blame | None = None


@dataclass(frozen=True, slots=True)
class Built:
    """An object or array to be tried, whom its refusal is to blame on; `complete`: there is no other."""

    value: Json = None
    blame: Blame | None = None
    found: bool = False
    complete: bool = False


def doubt(outcome: Outcome) -> Blame | None:
    """Return what an unclear outcome is to blame on."""
    return outcome.blame if isinstance(outcome, Unclear) else None


@dataclass(slots=True)
class ObjectFacts:
    """`present` and `absent` names, what their values meet, and which other properties there have to be."""

    least: int = 0
    most: int | None = None
    present: dict[str, list[Demand]] = field(default_factory=dict[str, list[Demand]])
    absent: set[str] = field(default_factory=set[str])
    named: dict[str, list[Demand]] = field(default_factory=dict[str, list[Demand]])
    rules: list[EachProperty] = field(default_factory=list[EachProperty])
    spelled: list[Demand] = field(default_factory=list[Demand])
    wanted: list[SomeProperty] = field(default_factory=list[SomeProperty])
    stale: set[str] = field(default_factory=set[str])

    def take(self, fact: Fact) -> None:
        """Take note of a fact. Raises: `Closed`."""
        match fact:
            case Has(name, True):
                self._require(name)
            case Has(name):
                self.absent.add(name)
            case Size(True, limit):
                self.least = max(self.least, limit)
            case Size(_, limit):
                self.most = limit if self.most is None else min(self.most, limit)
            case SomeProperty(Names(only=str(name)), value):
                self._require(name)
                self.present[name] = [*self.present[name], *([value] if value else [])]
            case SomeProperty():
                self.wanted.append(fact)
            case EachProperty():
                self._rule(fact)
            case _:
                pass
        if not self.absent.isdisjoint(self.present) or self._overflows():
            raise Closed

    def copy(self) -> "ObjectFacts":
        """Return a copy; what is shared with it is never changed in place."""
        return replace(
            self,
            present=dict(self.present),
            absent=set(self.absent),
            named=dict(self.named),
            rules=[*self.rules],
            spelled=[*self.spelled],
            wanted=[*self.wanted],
            stale=set(self.stale),
        )

    def refutes(self, fact: Fact, solver: Solver) -> bool:
        """Return whether a fact contradicts these on the face of it."""
        match fact:
            case SomeProperty(Names(only=str(name)), value):
                return name in self.absent or (value is not None and solver.are_opposed(self._named(name), value))
            case Has(name, holds):
                return name in (self.absent if holds else self.present)
            case _:
                return False

    def check(self, solver: Solver) -> None:
        """Raises: `Closed` when it is proven that no object fits."""
        while self.stale:
            name = self.stale.pop()
            if self._is_misspelled(name, solver) or isinstance(solver.solve(self._demands(name)), Impossible):
                raise Closed
        for each in self.wanted:
            if all(isinstance(home.outcome, Impossible) for home in self._homes(each, solver)):
                raise Closed

    def builds(self, solver: Solver) -> Iterator[Built]:
        """Yield a small object that should fit."""
        yield self._build(solver)

    def _build(self, solver: Solver) -> Built:
        made = _Making()
        for name in self.present:
            outcome = solver.solve(self._demands(name))
            if not made.add(name, outcome):
                return Built(blame=doubt(outcome))
        for each in self.wanted:
            home = next((each for each in self._homes(each, solver) if isinstance(each.outcome, Found)), None)
            if home is None or home.name is None or not made.add(home.name, home.outcome):
                return Built()
            made.blame = made.blame or home.blame
        lacking = self._fill(made, solver)
        if lacking or (self.most is not None and len(made.members) > self.most):
            return Built(complete=isinstance(lacking, Impossible))
        return Built(dict(made.members), made.blame, found=True)

    def _fill(self, made: "_Making", solver: Solver) -> Outcome | None:
        """Add properties until there are enough; return what stands in the way."""
        for _ in range(FILLED):
            if len(made.members) >= self.least:
                return None
            homes = list(self._homes(SomeProperty(EVERY_NAME), solver, besides=frozenset(made.members)))
            home = next((each for each in homes if each.name and isinstance(each.outcome, Found)), None)
            if home is None or home.name is None:
                sure = not self.wanted and all(isinstance(each.outcome, Impossible) for each in homes)
                return Impossible() if sure else Unclear()
            made.add(home.name, home.outcome)
        return Unclear()

    def _require(self, name: str) -> None:
        self.present.setdefault(name, [])
        self.stale.add(name)

    def _rule(self, fact: EachProperty) -> None:
        name = fact.names.only
        if fact.name is not None:
            self.spelled.append(fact.name)
        elif name is None:
            self.rules.append(fact)
        elif fact.value is not None:
            self.named[name] = [*self.named.get(name, ()), fact.value]
        self.stale |= self.present.keys() if name is None else {name} & self.present.keys()

    def _overflows(self) -> bool:
        return self.most is not None and (len(self.present) > self.most or self.least > self.most)

    def _named(self, name: str) -> list[Demand]:
        ruled = [each.value for each in self.rules if each.value is not None and covers(each.names, name)]
        return [*self.named.get(name, ()), *ruled]

    def _demands(self, name: str) -> list[Demand]:
        return [*self._named(name), *self.present.get(name, ())]

    def _is_misspelled(self, name: str, solver: Solver) -> bool:
        return any(solver.excludes(each, name) for each in self.spelled)

    def _homes(self, wanted: SomeProperty, solver: Solver, besides: frozenset[str] = frozenset()) -> Iterator[Home]:
        """Yield the properties that could be the wanted one, of unmentioned names one for each kind."""
        mentioned = {*self.named, *self.present, *wanted.names.without}
        mentioned |= {name for each in self.rules for name in each.names.without}
        full = self.most is not None and len(self.present) >= self.most
        for name in self.present if full else sorted(mentioned):
            if name in self.absent or name in besides or not covers(wanted.names, name):
                continue
            if self._is_misspelled(name, solver) or (wanted.name and solver.excludes(wanted.name, name)):
                continue
            blame = wanted.blame and replace(wanted.blame, detail=name)
            if blame is None or not solver.is_blocked(blame):
                demands = [*self._demands(name), *([wanted.value] if wanted.value else [])]
                yield Home(name, solver.solve(demands), blame)
        if not full:
            yield from self._new_homes(wanted, solver, sorted({*mentioned, *besides, *self.absent}))

    def _new_homes(self, wanted: SomeProperty, solver: Solver, mentioned: list[str]) -> Iterator[Home]:
        blame = wanted.blame and replace(wanted.blame, detail=UNMENTIONED)
        if blame is not None and solver.is_blocked(blame):
            return
        rules = [each for each in self.rules if each.value is not None]
        patterns = list(dict.fromkeys(pattern for each in (*rules, wanted) for pattern in _patterns(each.names)))
        for matched in _subsets(patterns):
            if not _covers_all(wanted.names, matched):
                continue
            ruled = [each.value for each in rules if each.value and _covers_all(each.names, matched)]
            outcome = solver.solve([*ruled, *([wanted.value] if wanted.value else [])])
            if isinstance(outcome, Impossible):
                continue
            demands = [*self.spelled, *([wanted.name] if wanted.name else [])]
            word = _name(solver, demands, patterns, matched, mentioned)
            if isinstance(word, Found) and isinstance(word.value, str):
                yield Home(word.value, outcome, (wanted.name and word.blame) or blame)
            elif isinstance(word, Unclear):
                yield Home(None, Unclear(word.blame))
        if len(patterns) > PATTERNS:
            yield Home(None, Unclear())


@dataclass(slots=True)
class _Making:
    """An object that is being built."""

    members: dict[str, Json] = field(default_factory=dict[str, Json])
    blame: Blame | None = None

    def add(self, name: str, outcome: Outcome) -> bool:
        if not isinstance(outcome, Found):
            return False
        self.members[name] = outcome.value
        self.blame = self.blame or outcome.blame
        return True


def _covers_all(names: Names, matched: frozenset[str]) -> bool:
    """Return whether the unmentioned names that match just these patterns are among these."""
    if names.only is not None or not matched.isdisjoint(names.unlike):
        return False
    return names.matching is None or names.matching in matched


def _patterns(names: Names) -> tuple[str, ...]:
    return (*((names.matching,) if names.matching is not None else ()), *names.unlike)


def _subsets(patterns: Sequence[str]) -> Iterator[frozenset[str]]:
    sizes = range(len(patterns) + 1) if len(patterns) <= PATTERNS else range(2)
    for size in sizes:
        yield from map(frozenset, combinations(patterns, size))


def _name(
    solver: Solver, demands: list[Demand], patterns: list[str], matched: frozenset[str], mentioned: list[str]
) -> Outcome:
    """Return a name that is not mentioned and matches just these patterns."""
    for nice in _NICE:
        fits = all(matcher(each)(nice) == (each in matched) for each in patterns)
        if fits and not demands and nice not in mentioned:
            return Found(nice)
    facts = [*(Matches(each, each in matched) for each in patterns), Among(list[Json](mentioned), holds=False)]
    return solver.solve(demands, facts, ("string",))
