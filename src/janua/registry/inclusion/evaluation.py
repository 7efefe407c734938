"""Whether a value meets a demand, by the same rules that the search expands.

In: `Rules`, a demand and a value. Out: yes or no, and which keyword is to blame. Start at `Evaluation.meets`. "No" is
sure. "Yes" may be wrong where a formula says less than the demand; that is why documents are validated in the end.
"""

from collections.abc import Hashable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import assert_never

from janua.model.types import Json
from janua.registry.inclusion.demands import (
    All,
    Among,
    Any,
    Blame,
    Bound,
    Count,
    Demand,
    EachElement,
    EachProperty,
    Fact,
    Formatted,
    Formula,
    Has,
    Kind,
    Matches,
    Multiple,
    Size,
    SomeElement,
    SomeProperty,
    Unique,
    Whatever,
)
from janua.registry.inclusion.effort import Effort
from janua.registry.inclusion.rules import Rules
from janua.registry.inclusion.samples import schema_of
from janua.registry.inclusion.words import covers, matcher
from janua.registry.shapes import is_number, kind_of
from janua.registry.validation import Validator
from janua.registry.values import key_of


class Evaluation:
    """Evaluates demands on values."""

    def __init__(self, rules: Rules, effort: Effort) -> None:
        self._rules = rules
        self._effort = effort
        self._known: dict[tuple[int, bool, int], bool] = {}
        self._open = 0
        self._keys: dict[int, tuple[Sequence[Json], frozenset[Hashable]]] = {}

    def meets(self, demand: Demand, value: Json) -> bool:
        """Return whether a value meets a demand; when not, that is sure.

        Raises: `OutOfEffort`.
        """
        if isinstance(demand.schema, bool):
            return demand.schema == demand.holds
        key = (*demand.key, id(value))
        if key not in self._known:
            self._effort.look()
            self._open += 1
            try:
                self._known[key] = self.holds(self._rules.expand(demand, kind_as_written(value)), value)
            finally:
                self._open -= 1
                # A value is known by its identity only as long as the caller keeps it.
                answer = self._known.get(key, False)
                if not self._open:
                    self._known.clear()
            return answer
        return self._known[key]

    def fault(self, demand: Demand, value: Json) -> Blame | None:
        """Return the keyword because of which a value meets a demand not to satisfy a schema."""
        formula = self._rules.expand(demand, kind_as_written(value))
        for each in formula.parts if isinstance(formula, Any) else ():
            if isinstance(each, All) and self.holds(each, value):
                return self._inner_fault(each, value) or each.blame
        return None

    def _inner_fault(self, formula: Formula, value: Json) -> Blame | None:
        """Return the fault of the demand that makes a formula hold."""
        match formula:
            case Demand(holds=False, reader=True):
                return self.fault(formula, value)
            case All(parts):
                return next((found for each in parts if (found := self._inner_fault(each, value))), None)
            case Any(parts):
                holding = (each for each in parts if self.holds(each, value))
                return next((found for each in holding if (found := self._inner_fault(each, value))), None)
            case _:
                return None

    def holds(self, formula: Formula, value: Json) -> bool:
        """Return whether a formula holds for a value."""
        match formula:
            case All(parts):
                return all(self.holds(each, value) for each in parts)
            case Any(parts):
                return any(self.holds(each, value) for each in parts)
            case Whatever():
                return True
            case Demand():
                return self.meets(formula, value)
            case _:
                return self._is_fact(formula, value)

    def _is_fact(self, fact: Fact, value: Json) -> bool:
        match fact:
            case Bound(lower, limit, exclusive):
                return is_number(value) and _is_within(value, lower, limit, exclusive=exclusive)
            case Multiple(of, holds):
                return is_number(value) and ((Fraction(value) / Fraction(of)).denominator == 1) == holds
            case Size(lower, limit):
                size = len(value) if isinstance(value, str | list | dict) else 0
                return size >= limit if lower else size <= limit
            case Matches(pattern, holds):
                return isinstance(value, str) and matcher(pattern)(value) == holds
            case Formatted(format, holds):
                return isinstance(value, str) and _of_format(format).is_valid(value) == holds
            case Among(values, holds):
                return (key_of(value) in self._keys_of(values)) == holds
            case Has() | EachProperty() | SomeProperty():
                return isinstance(value, dict) and self._is_in_object(fact, value)
            case EachElement() | SomeElement() | Count() | Unique():
                return isinstance(value, list) and self._is_in_array(fact, value)
            case _:
                assert_never(fact)

    def _is_in_object(self, fact: Has | EachProperty | SomeProperty, value: dict[str, Json]) -> bool:
        if isinstance(fact, Has):
            return (fact.name in value) == fact.holds
        answers = (
            (fact.value is None or self.meets(fact.value, each)) and (fact.name is None or self.meets(fact.name, name))
            for name, each in value.items()
            if covers(fact.names, name)
        )
        return any(answers) if isinstance(fact, SomeProperty) else all(answers)

    def _is_in_array(self, fact: EachElement | SomeElement | Count | Unique, value: list[Json]) -> bool:
        match fact:
            case Unique(holds):
                keys = [key_of(each) for each in value]
                return all(left != right for left, right in combinations(keys, 2)) == holds
            case Count(lower, limit, demand):
                # Of the elements that seem to meet the demand, only those that do not meet its opposite are sure to.
                most = sum(self.meets(demand, each) for each in value)
                least = sum(not self.meets(demand.negated(), each) for each in value)
                return most >= limit if lower else least <= limit
            case EachElement(start, demand, alone):
                return all(self.meets(demand, each) for each in _from(value, start, alone=alone))
            case SomeElement(start, demand, alone):
                return any(self.meets(demand, each) for each in _from(value, start, alone=alone))

    def _keys_of(self, values: Sequence[Json]) -> frozenset[Hashable]:
        if id(values) not in self._keys:
            # The values are kept, so that no others get their identity.
            self._keys[id(values)] = values, frozenset(map(key_of, values))
        return self._keys[id(values)][1]


def kind_as_written(value: Json) -> Kind:
    """Return the kind of a value, which tells 1.0 from 1."""
    match kind := kind_of(value):
        case "number":
            return "fraction"
        case "integer":
            exponent = value.as_tuple().exponent if isinstance(value, Decimal) else 0
            return "decimal" if isinstance(exponent, int) and exponent < 0 else "integer"
        case _:
            return kind


def _is_within(value: int | Decimal, lower: bool, limit: int | Decimal, *, exclusive: bool) -> bool:
    if value == limit:
        return not exclusive
    return value > limit if lower else value < limit


def _from(value: list[Json], start: int, *, alone: bool) -> list[Json]:
    return value[start : start + 1] if alone else value[start:]


@lru_cache(maxsize=64)
def _of_format(name: str) -> Validator:
    return Validator(dict(schema_of(name)))
