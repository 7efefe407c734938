"""One way after another to meet demands, among the values of one kind (a tableau).

In: demands, facts and a kind. Out: an `Outcome`. Start at `Attempt.run`. Demands are expanded into facts, which must
not contradict each other, and into alternatives, of which one is chosen at a time, those with the fewest ways out
first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from janua.model.types import Json
from janua.registry.inclusion.arrays import ArrayFacts
from janua.registry.inclusion.demands import (
    All,
    Among,
    Any,
    Blame,
    Demand,
    Fact,
    Formula,
    Found,
    Impossible,
    Kind,
    Outcome,
    SomeProperty,
    Unclear,
    Whatever,
)
from janua.registry.inclusion.evaluation import Evaluation
from janua.registry.inclusion.objects import Built, ObjectFacts, Solver
from janua.registry.inclusion.scalars import Candidates, Closed, NumberFacts, StringFacts
from janua.registry.inclusion.versions import Versions
from janua.registry.keywords import Draft
from janua.registry.references import Place
from janua.registry.shapes import kind_of
from janua.registry.values import key_of

LISTED = 100
"""Listed values that are tried in one step."""
Facts = NumberFacts | StringFacts | ObjectFacts | ArrayFacts


class Searching(Solver, Protocol):
    """The search that attempts are part of."""

    @property
    def versions(self) -> Versions: ...  # noqa: D102 -- as in `search`
    @property
    def evaluation(self) -> Evaluation: ...  # noqa: D102 -- as in `search`

    def spend(self) -> None:
        """Take one step. Raises: `OutOfEffort`."""
        ...

    def expand(self, demand: Demand, kind: Kind) -> Formula:
        """Return the formula of a demand."""
        ...


@dataclass(slots=True)
class Branch:
    """One way to meet the demands, for one kind of value: what is known so far, and what is still to choose.

    `only` are the values that are left when they are listed; `writers` the places of the writer that apply.
    """

    kind: Kind
    facts: Facts
    only: list[Json] | None = None
    pending: list[Any] = field(default_factory=list[Any])
    seen: dict[tuple[int, bool], Demand] = field(default_factory=dict[tuple[int, bool], Demand])
    likes: set[tuple[int, bool]] = field(default_factory=set[tuple[int, bool]])
    writers: list[Place] = field(default_factory=list[Place])
    blame: Blame | None = None

    def copy(self) -> "Branch":
        """Return a copy that can go another way."""
        return replace(
            self,
            facts=self.facts.copy(),
            pending=[*self.pending],
            seen=dict(self.seen),
            likes=set(self.likes),
            writers=[*self.writers],
        )


class Attempt:
    """The search among the values of one kind."""

    def __init__(self, search: Searching, demands: Sequence[Demand], facts: Sequence[Fact], kind: Kind) -> None:
        self._search = search
        self._demands = demands
        self._facts = facts
        self._kind: Kind = kind

    def run(self) -> Outcome:
        """Return a value of this kind that meets everything, or that there is none."""
        branch = Branch(self._kind, _facts_of(self._kind))
        if self._kind in {"null", "boolean"}:
            branch.only = [None] if self._kind == "null" else [True, False]
        try:
            for each in (*self._demands, *self._facts):
                self._add(branch, each)
        except Closed:
            return Impossible()
        return self._explore(branch)

    def _add(self, branch: Branch, formula: Formula) -> None:
        """Add a formula to what is known. Raises: `Closed`."""
        match formula:
            case All(parts, blame):
                if blame is not None:
                    branch.blame = blame
                for each in parts:
                    self._add(branch, each)
            case Any(parts):
                if not parts:
                    raise Closed
                if len(parts) == 1 and not self._is_blocked(parts[0]):
                    self._add(branch, parts[0])
                else:
                    branch.pending.append(formula)
            case Demand():
                self._add_demand(branch, formula)
            case Whatever():
                pass
            case SomeProperty():
                branch.facts.take(replace(formula, blame=_told_by_name(branch.blame)))
            case Among(values, holds):
                self._list(branch, values, holds=holds)
                branch.facts.take(formula)
            case _:
                branch.facts.take(formula)

    def _add_demand(self, branch: Branch, demand: Demand) -> None:
        if demand.key in branch.seen:
            return
        if isinstance(demand.schema, bool):
            if demand.schema != demand.holds:
                raise Closed
            return
        like = self._search.versions.likeness(demand.place)
        opposite = (demand.key[0], not demand.holds)
        if opposite in branch.seen or (like is not None and (like, not demand.holds) in branch.likes):
            raise Closed
        branch.seen[demand.key] = demand
        if like is not None:
            branch.likes.add((like, demand.holds))
        if demand.holds and not demand.reader and not demand.condition:
            branch.writers.append(demand.place)
        self._add(branch, self._search.expand(demand, self._kind))

    def _list(self, branch: Branch, values: Sequence[Json], *, holds: bool) -> None:
        if not holds:
            return
        if branch.only is None:
            branch.only = [_as_kind(each, self._kind) for each in values if self._is_kind(each)]
        else:
            keys = {key_of(each) for each in values}
            branch.only = [each for each in branch.only if key_of(each) in keys]

    def _is_kind(self, value: Json) -> bool:
        found = kind_of(value)
        if self._kind == "fraction":
            return found == "number"
        return found == ("integer" if self._kind == "decimal" else self._kind)

    def _explore(self, branch: Branch) -> Outcome:
        self._search.spend()
        try:
            if branch.only is not None:
                return self._among(branch, branch.only)
            if isinstance(branch.facts, ObjectFacts | ArrayFacts):
                branch.facts.check(self._search)
            elif not branch.pending:
                branch.facts.candidates()
            if not branch.pending:
                return self._leaf(branch)
            return self._choose(branch)
        except Closed:
            return Impossible()

    def _choose(self, branch: Branch) -> Outcome:
        """Choose an alternative of the disjunction that leaves the fewest."""
        best: list[Branch] | None = None
        chosen = 0
        if len(branch.pending) > 1:
            for at, each in enumerate(branch.pending):
                ways = self._ways(branch, each, at, enough=len(best) if best is not None else None)
                if best is None or len(ways) < len(best):
                    best, chosen = ways, at
                if len(best) <= 1:
                    break
        outcomes = self._try_all(branch, chosen) if best is None else map(self._explore, best)
        unclear: Unclear | None = None
        for outcome in outcomes:
            if isinstance(outcome, Found):
                return outcome
            if isinstance(outcome, Unclear):
                unclear = unclear or outcome
        return unclear or Impossible()

    def _try_all(self, branch: Branch, at: int) -> Iterable[Outcome]:
        for each in branch.pending[at].parts:
            way = self._way(branch, each, at)
            if way is not None:
                yield self._explore(way)

    def _ways(self, branch: Branch, disjunction: Any, at: int, enough: int | None) -> list[Branch]:
        found: list[Branch] = []
        for each in disjunction.parts:
            way = self._way(branch, each, at)
            if way is not None and self._is_open(way):
                found.append(way)
                if enough is not None and len(found) >= enough:
                    break
        return found

    def _is_open(self, branch: Branch) -> bool:
        self._search.spend()
        try:
            if isinstance(branch.facts, ObjectFacts | ArrayFacts):
                branch.facts.check(self._search)
            else:
                branch.facts.candidates()
        except Closed:
            return False
        return branch.only is None or bool(branch.only)

    def _way(self, branch: Branch, formula: Formula, at: int) -> Branch | None:
        """Return the branch with an alternative of its disjunction `at` chosen, unless that closes it."""
        if self._is_blocked(formula) or self._is_refuted(branch, formula):
            return None
        way = branch.copy()
        del way.pending[at]
        try:
            self._add(way, formula)
        except Closed:
            return None
        return way

    def _is_blocked(self, formula: Formula) -> bool:
        return isinstance(formula, All) and formula.blame is not None and self._search.is_blocked(formula.blame)

    def _is_refuted(self, branch: Branch, formula: Formula) -> bool:
        fact = formula.parts[0] if isinstance(formula, All) and len(formula.parts) == 1 else formula
        if not isinstance(branch.facts, ObjectFacts | ArrayFacts) or isinstance(fact, Demand | All | Any | Whatever):
            return False
        return branch.facts.refutes(fact, self._search)

    def _leaf(self, branch: Branch) -> Outcome:
        if isinstance(branch.facts, NumberFacts | StringFacts):
            return self._tried(branch, branch.facts.candidates())
        outcome: Outcome = Unclear(self._blamed(branch, None))
        for built in branch.facts.builds(self._search):
            if built.found:
                outcome = self._confirmed(branch, built)
            elif built.complete:
                return Impossible()
            elif built.blame is not None:
                outcome = Unclear(built.blame)
            if isinstance(outcome, Found):
                break
        return outcome

    def _tried(self, branch: Branch, candidates: Candidates) -> Outcome:
        for each in candidates.values:
            if self._is_met(each):
                return Found(each, self._blamed(branch, None))
        return Impossible() if candidates.complete else Unclear(self._blamed(branch, None))

    def _confirmed(self, branch: Branch, built: Built) -> Outcome:
        blame = self._placed(branch, built.blame) if built.blame else self._blamed(branch, None)
        return Found(built.value, blame) if self._is_met(built.value) else Unclear(blame)

    def _among(self, branch: Branch, values: Sequence[Json]) -> Outcome:
        """Return the outcome when the values are listed: each is tried, so there is no doubt."""
        # Draft 4 tells 1 from 1.0, and only one way to write what is inside of a listed value is tried.
        doubtful = Draft.D4 in self._search.versions.drafts and self._kind in {"array", "object"}
        for at, each in enumerate(values):
            if at % LISTED == 0:
                self._search.spend()
            if self._is_met(each):
                blame = self._blamed(branch, each)
                if blame is None or not self._search.is_blocked(blame):
                    return Found(each, blame)
        return Unclear() if doubtful else Impossible()

    def _is_met(self, value: Json) -> bool:
        evaluation = self._search.evaluation
        return all(evaluation.holds(each, value) for each in self._facts) and all(
            evaluation.meets(each, value) for each in self._demands
        )

    def _blamed(self, branch: Branch, value: Json) -> Blame | None:
        blame = (self._fault(value) if branch.only is not None else None) or branch.blame
        return self._placed(branch, blame) if blame else None

    @staticmethod
    def _placed(branch: Branch, blame: Blame) -> Blame:
        """Return the blame with its counterpart, if it is here that its place judges the value."""
        here = any(each.place is blame.place or each.schema is blame.place.schema for each in branch.seen.values())
        if blame.counterpart is not None or not here:
            return blame
        return replace(blame, counterpart=_counterpart(branch.writers, blame.keyword))

    def _fault(self, value: Json) -> Blame | None:
        """Return the keyword that refuses a value that was listed."""
        for each in self._demands:
            if each.reader and not each.holds:
                return each.blame or self._search.evaluation.fault(each, value)
        return None


def _told_by_name(blame: Blame | None) -> Blame | None:
    """Return a blame that is to be told apart by the property that is refused, else None."""
    return blame if blame and blame.keyword in {"additionalProperties", "unevaluatedProperties"} else None


def _counterpart(writers: Sequence[Place], keyword: str) -> Place | None:
    speaking = (each for each in writers if each.get(keyword) is not None)
    return next(speaking, writers[0] if writers else None)


def _facts_of(kind: Kind) -> Facts:
    match kind:
        case "object":
            return ObjectFacts()
        case "array":
            return ArrayFacts()
        case "integer" | "decimal" | "fraction":
            return NumberFacts(kind)
        case "string" | "null" | "boolean":
            return StringFacts()


def _as_kind(value: Json, kind: Kind) -> Json:
    """Return a listed number as the kind has it: what equals 1 may be written 1.0."""
    return Decimal(f"{int(value)}.0") if kind == "decimal" and isinstance(value, int | Decimal) else value
