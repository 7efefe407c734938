"""Looks for a value that meets demands, and proves that there is none where it can.

In: `Versions` and what a value has to meet. Out: an `Outcome`. Start at `Search.decide`. Each kind of value is tried
(`attempts`). What is not understood never counts against a value, so a proof that there is none holds whatever it
means; a value that is found has to be validated by the caller.

Recursive schemas: a value inside of another that has to meet the same demands, or more, may be left out of the search,
for the smallest value that meets them has no such value inside.
"""

from collections.abc import Iterable, Sequence

from janua.model.types import Json
from janua.registry.inclusion.attempts import Attempt
from janua.registry.inclusion.demands import (
    Blame,
    Demand,
    Fact,
    Formula,
    Found,
    Goals,
    Impossible,
    Kind,
    Outcome,
    Unclear,
)
from janua.registry.inclusion.effort import DEEPEST, Effort
from janua.registry.inclusion.evaluation import Evaluation
from janua.registry.inclusion.proofs import Proofs
from janua.registry.inclusion.rules import Rules
from janua.registry.inclusion.versions import Versions
from janua.registry.keywords import Draft

KINDS: tuple[Kind, ...] = ("string", "integer", "fraction", "decimal", "boolean", "object", "array", "null")


class Search:
    """Finds values for demands on two schema versions; `blocked` is what may not be to blame any more."""

    def __init__(self, versions: Versions, effort: Effort) -> None:
        self.versions = versions
        self.blocked: set[tuple[int, str, str]] = set()
        self._effort = effort
        self._rules = Rules(versions)
        self.evaluation = Evaluation(self._rules, effort)
        self._proofs = Proofs()
        self._depth = 0
        self._deferred: dict[Goals, dict[tuple[int, bool], Demand]] = {}
        self._kinds: tuple[Kind, ...] = tuple(
            each for each in KINDS if each != "decimal" or Draft.D4 in versions.drafts
        )

    def block(self, blame: Blame) -> None:
        """Look no more for values that this keyword refuses."""
        self.blocked.add(blame.key)
        self._proofs.forget_values()

    def decide(self, demands: Sequence[Demand]) -> Outcome:
        """Return a document that meets the demands, or that there is none.

        Raises: `OutOfEffort`.
        """
        while True:
            outcome = self.solve(demands)
            # A value is confirmed; anything else hangs on what was put off.
            if isinstance(outcome, Found) or self._settle():
                return outcome

    def _settle(self) -> bool:
        """Prove what was taken for granted because it was too deep; return whether all of it holds."""
        failed = False
        while self._deferred:
            goals, demands = self._deferred.popitem()
            known = self._proofs.known(goals)
            outcome = self._solve_once(demands) if known is None else known
            if not isinstance(outcome, Impossible):
                self._proofs.keep(goals, outcome)
                failed = True
        self._proofs.settle(proven=not failed)
        return not failed

    def solve(
        self, demands: Iterable[Demand], facts: Sequence[Fact] = (), kinds: Sequence[Kind] | None = None
    ) -> Outcome:
        """Return a value that meets the demands and the facts, or that there is none.

        Raises: `OutOfEffort`.
        """
        self._effort.spend()
        needed = self._distinct(demands)
        if needed is None:
            return Impossible()
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                return self._defer(needed) if not facts else Unclear()
            if facts:
                return self._any_kind(needed, facts, kinds or self._kinds)
            return self._solve_once(needed)
        finally:
            self._depth -= 1

    def _defer(self, demands: dict[tuple[int, bool], Demand]) -> Outcome:
        """Take for granted, for now, that nothing meets demands that are met too deep inside."""
        goals = frozenset(each.goal for each in demands.values())
        known = self._proofs.known(goals)
        if known is None:
            self._deferred[goals] = demands
            self._proofs.take_for_granted()
        return known or Impossible()

    def _solve_once(self, demands: dict[tuple[int, bool], Demand]) -> Outcome:
        goals = frozenset(each.goal for each in demands.values())
        known = self._proofs.known(goals)
        if known is not None:
            return known
        self._proofs.open(goals)
        outcome: Outcome = Unclear()
        try:
            outcome = self._any_kind(demands, (), self._kinds)
        finally:
            self._proofs.close(outcome)
        return outcome

    def excludes(self, demand: Demand, value: Json) -> bool:
        """Return whether a value surely does not meet a demand."""
        return not self.evaluation.meets(demand, value)

    def is_blocked(self, blame: Blame) -> bool:
        """Return whether a keyword may not be to blame any more."""
        return blame.key in self.blocked

    def are_opposed(self, demands: Iterable[Demand], another: Demand) -> bool:
        """Return whether a demand contradicts one of the others on the face of it."""
        opposite = (another.key[0], not another.holds)
        if isinstance(another.schema, bool):
            return another.schema != another.holds
        listed = list(demands)
        if any(each.key == opposite for each in listed):
            return True
        like = self.versions.likeness(another.place) if listed else None
        return like is not None and any(
            each.holds != another.holds and self.versions.likeness(each.place) == like for each in listed
        )

    def _distinct(self, demands: Iterable[Demand]) -> dict[tuple[int, bool], Demand] | None:
        """Return the demands that say something; None when two contradict each other on the face of it."""
        found: dict[tuple[int, bool], Demand] = {}
        likes: dict[tuple[int, bool], Demand] = {}
        for each in demands:
            if isinstance(each.schema, bool):
                if each.schema != each.holds:
                    return None
                continue
            like = self.versions.likeness(each.place)
            if like is not None:
                if (like, not each.holds) in likes:
                    return None
                if likes.setdefault((like, each.holds), each) is not each and not each.reader:
                    continue
            if (each.key[0], not each.holds) in found:
                return None
            found.setdefault(each.key, each)
        return found

    def _any_kind(
        self, demands: dict[tuple[int, bool], Demand], facts: Sequence[Fact], kinds: Sequence[Kind]
    ) -> Outcome:
        unclear: Unclear | None = None
        needed = list(demands.values())
        for kind in kinds:
            outcome = Attempt(self, needed, facts, kind).run()
            if isinstance(outcome, Found):
                return outcome
            if isinstance(outcome, Unclear):
                unclear = unclear if unclear and unclear.blame else outcome
        return unclear or Impossible()

    # What an attempt needs of the search; not for others.

    def spend(self) -> None:
        """Take one step. Raises: `OutOfEffort`."""
        self._effort.spend()

    def expand(self, demand: Demand, kind: Kind) -> Formula:
        """Return the formula of a demand."""
        return self._rules.expand(demand, kind)
