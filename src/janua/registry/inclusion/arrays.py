"""What is known of an array that is looked for: how long it is, what stands where, and how many of a kind.

In: facts. Out: that no array fits (`Closed`), or one that should. Start at `ArrayFacts.check` and `ArrayFacts.builds`.
Positions behind the last one that any schema mentions are all alike: `tail` stands for them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from janua.model.types import Json
from janua.registry.inclusion.demands import (
    Among,
    Blame,
    Count,
    Demand,
    EachElement,
    Fact,
    Found,
    Impossible,
    Outcome,
    Size,
    SomeElement,
    Unique,
)
from janua.registry.inclusion.objects import Built, Solver, doubt
from janua.registry.inclusion.scalars import Closed

LONGEST = 1_000
"""Elements of an array that is built, at most."""


@dataclass(slots=True)
class ArrayFacts:
    """The length, what every element meets, which elements there have to be, and counts."""

    least: int = 0
    most: int | None = None
    every: list[EachElement] = field(default_factory=list[EachElement])
    placed: dict[int, list[Demand]] = field(default_factory=dict[int, list[Demand]])
    wanted: list[SomeElement] = field(default_factory=list[SomeElement])
    counts: list[Count] = field(default_factory=list[Count])
    unique: set[bool] = field(default_factory=set[bool])

    def take(self, fact: Fact) -> None:
        """Take note of a fact. Raises: `Closed`."""
        match fact:
            case Size(True, limit):
                self.least = max(self.least, limit)
            case Size(_, limit):
                self._end_at(limit)
            case EachElement():
                self.every.append(fact)
            case SomeElement(start, value, True):
                self.placed[start] = [*self.placed.get(start, ()), value]
                self.least = max(self.least, start + 1)
            case SomeElement(start):
                self.wanted.append(fact)
                self.least = max(self.least, start + 1)
            case Count():
                self._count(fact)
            case Unique(holds):
                self.unique.add(holds)
                self.least = max(self.least, 0 if holds else 2)
            case _:
                pass
        if len(self.unique) == 2 or (self.most is not None and self.least > self.most):
            raise Closed

    def copy(self) -> "ArrayFacts":
        """Return a copy; what is shared with it is never changed in place."""
        return replace(
            self,
            every=[*self.every],
            placed=dict(self.placed),
            wanted=[*self.wanted],
            counts=[*self.counts],
            unique=set(self.unique),
        )

    def refutes(self, fact: Fact, solver: Solver) -> bool:
        """Return whether a fact contradicts these on the face of it."""
        match fact:
            case SomeElement(start, value, alone):
                same = [each.value for each in self.every if each.start == start and each.alone == alone]
                return solver.are_opposed(same, value)
            case _:
                return False

    def check(self, solver: Solver) -> None:
        """Raises: `Closed` when it is proven that no array fits."""
        for at in self._positions():
            if (self.most is None or at < self.most) and isinstance(solver.solve(self._demands(at)), Impossible):
                self._end_at(at)
        if self.most is not None and self.least > self.most:
            raise Closed
        for each in self.wanted:
            homes = (solver.solve([*self._demands(at), each.value]) for at in self._homes(each.start))
            if all(isinstance(outcome, Impossible) for outcome in homes):
                raise Closed
        if False in self.unique and not self._can_repeat(solver):
            raise Closed
        if any(self._are_opposed(more, less, solver) for more in self.counts for less in self.counts):
            raise Closed

    def builds(self, solver: Solver) -> Iterator[Built]:
        """Yield short arrays that should fit."""
        for shared in (False, True):
            if shared and len(self.wanted) < 2:
                return
            yield self._build(self._wishes(solver, shared=shared), solver)

    def _build(self, wishes: dict[int, list[Demand]], solver: Solver) -> Built:
        length = max(self.least, max(wishes, default=-1) + 1)
        if length > LONGEST or (self.most is not None and length > self.most):
            return Built()
        elements: list[Json] = []
        blame: Blame | None = None
        for at in range(length):
            outcome = self._element(at, wishes.get(at, []), elements, solver)
            if not isinstance(outcome, Found):
                return Built(blame=doubt(outcome))
            elements.append(outcome.value)
            blame = blame or outcome.blame
        return Built(self._repeated(elements, solver), blame, found=True)

    @property
    def _tail(self) -> int:
        """The first of the positions that are all alike."""
        ends = [each.start + 1 if each.alone else each.start for each in self.every]
        return max([*ends, *(at + 1 for at in self.placed)], default=0)

    def _positions(self) -> Iterator[int]:
        yield from range(min(self._tail, LONGEST) + 1)

    def _homes(self, start: int) -> Iterator[int]:
        return (at for at in range(start, max(self._tail, start) + 1) if self.most is None or at < self.most)

    def _demands(self, at: int) -> list[Demand]:
        every = [each.value for each in self.every if (at == each.start if each.alone else at >= each.start)]
        return [*every, *self.placed.get(at, ())]

    def _end_at(self, limit: int) -> None:
        self.most = limit if self.most is None else min(self.most, limit)

    def _count(self, fact: Count) -> None:
        if fact.lower and fact.limit > 0:
            self.least = max(self.least, fact.limit)
            self.wanted.append(SomeElement(0, fact.value))
            self.counts.append(fact)
        elif not fact.lower and fact.limit <= 0:
            if fact.limit < 0:
                raise Closed
            self.every.append(EachElement(0, fact.value.negated()))
        elif not fact.lower:
            self.counts.append(fact)

    def _are_opposed(self, more: Count, less: Count, solver: Solver) -> bool:
        """Return whether at least so many elements of one kind are more than there may be of another."""
        if not more.lower or less.lower or more.limit <= less.limit:
            return False
        return all(
            isinstance(solver.solve([*self._demands(at), more.value, less.value.negated()]), Impossible)
            for at in self._homes(0)
        )

    def _can_repeat(self, solver: Solver) -> bool:
        """Return whether two positions may hold the same value."""
        tail = self._tail
        pairs = [(left, right) for left in range(tail + 1) for right in range(left + 1, tail + 2)]
        allowed = [pair for pair in pairs if self.most is None or pair[1] < self.most]
        return any(not isinstance(self._both(*pair, solver), Impossible) for pair in allowed)

    def _both(self, left: int, right: int, solver: Solver) -> Outcome:
        return solver.solve([*self._demands(left), *self._demands(right)])

    def _wishes(self, solver: Solver, *, shared: bool) -> dict[int, list[Demand]]:
        """Return at which positions the wanted elements are to stand; `shared`: one may be what several want."""
        wishes: dict[int, list[Demand]] = {}
        counted = [
            SomeElement(0, each.value)
            for each in self.counts
            if each.lower
            for _ in range(min(each.limit, LONGEST) - 1)
        ]
        for each in [*self.wanted, *counted]:
            taken = {*wishes, *self.placed} if not shared or each in counted else set[int]()
            fitting = (
                at
                for at in range(each.start, self._tail + len(wishes) + len(self.placed) + 2)
                if at not in taken
                and (self.most is None or at < self.most)
                and isinstance(solver.solve([*self._demands(at), *wishes.get(at, ()), each.value]), Found)
            )
            wishes.setdefault(next(fitting, each.start), []).append(each.value)
        return wishes

    def _element(self, at: int, wished: list[Demand], before: list[Json], solver: Solver) -> Outcome:
        demands = [*self._demands(at), *wished]
        scarce = [each.value.negated() for each in self.counts if not each.lower]
        others = [Among([*before], holds=False)] if True in self.unique and before else []
        outcome = solver.solve([*demands, *scarce], others)
        return solver.solve(demands, others) if scarce and not isinstance(outcome, Found) else outcome

    def _repeated(self, elements: list[Json], solver: Solver) -> list[Json]:
        """Return the elements with two of them equal, if that is asked for."""
        if False not in self.unique:
            return elements
        for left in range(len(elements)):
            for right in range(left + 1, len(elements)):
                outcome = self._both(left, right, solver)
                if isinstance(outcome, Found):
                    repeated = [*elements]
                    repeated[left] = repeated[right] = outcome.value
                    return repeated
        return elements
