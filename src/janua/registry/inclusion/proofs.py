"""What was found out about sets of demands, and which of them are being looked into.

A proof inside of a recursion may take for granted that demands further out cannot be met by a smaller value. Such a
proof counts as long as the search further out is open, and for good when that ends in a proof too. What is too deep to
be looked into is taken for granted in the same way, and proven later: together they hold by the size of the value.
"""

from dataclasses import dataclass, field

from janua.registry.inclusion.demands import Found, Goals, Impossible, Outcome

_LATER = -1
"""Further out than any search."""


@dataclass(slots=True)
class _Open:
    """A search that is open; `lowest` is the outermost search that it takes something for granted of."""

    goals: Goals
    lowest: int | None = None


@dataclass(slots=True)
class Proofs:
    """Outcomes by their demands; those of `_assuming` hang on a search that is open, known by how deep it stands."""

    _outcomes: dict[Goals, Outcome] = field(default_factory=dict[Goals, Outcome])
    _assuming: dict[int, set[Goals]] = field(default_factory=dict[int, set[Goals]])
    _open: list[_Open] = field(default_factory=list[_Open])

    def known(self, goals: Goals) -> Outcome | None:
        """Return what is known about demands."""
        outcome = self._outcomes.get(goals)
        if outcome is not None:
            return outcome
        assumed = next((at for at, some in self._assuming.items() if goals in some), None)
        if assumed is None:
            assumed = next((at for at, each in enumerate(self._open) if each.goals <= goals), None)
        if assumed is None:
            return None
        self._assume(assumed)
        return Impossible()

    def open(self, goals: Goals) -> None:
        """Begin to look into demands."""
        self._open.append(_Open(goals))

    def close(self, outcome: Outcome) -> None:
        """End the innermost search with an outcome."""
        closed = self._open.pop()
        at, lowest = len(self._open), closed.lowest
        hanging = set[Goals]().union(*(self._assuming.pop(each) for each in [*self._assuming] if each >= at))
        free = lowest is None or lowest >= at
        if lowest is not None and not free:
            self._assume(lowest)
        if not isinstance(outcome, Impossible):
            # What took for granted that there is no such value is worth nothing.
            if free or isinstance(outcome, Found):
                self._outcomes[closed.goals] = outcome
        elif lowest is None or free:
            self._outcomes |= dict.fromkeys({*hanging, closed.goals}, outcome)
        else:
            self._assuming.setdefault(lowest, set()).update(hanging, {closed.goals})

    def take_for_granted(self) -> None:
        """Note that the innermost search takes something for granted that is to be proven later."""
        self._assume(_LATER)

    def settle(self, *, proven: bool) -> None:
        """Keep, or drop, what hangs on what was to be proven later."""
        hanging = self._assuming.pop(_LATER, set())
        if proven:
            self._outcomes |= dict.fromkeys(hanging, Impossible())

    def keep(self, goals: Goals, outcome: Outcome) -> None:
        """Keep an outcome."""
        self._outcomes[goals] = outcome

    def forget_values(self) -> None:
        """Keep only what is proven."""
        self._outcomes = {goals: each for goals, each in self._outcomes.items() if isinstance(each, Impossible)}

    def _assume(self, at: int) -> None:
        if self._open:
            top = self._open[-1]
            top.lowest = at if top.lowest is None else min(top.lowest, at)
