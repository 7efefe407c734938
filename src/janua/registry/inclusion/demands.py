"""What is asked of one JSON value: that it satisfies a subschema, or that it does not, and simpler facts about it.

A `Demand` is expanded by `rules` into a formula: facts and demands, joined by `All` and `Any`. `negated` turns a
formula round, so that each keyword needs only say what it demands. The outcome of looking for a value that meets
demands is `Found` (here it is), `Impossible` (it is proven that there is none) or `Unclear` (neither, and why).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, assert_never

from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.references import Place

Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Blame:
    """The keyword of a subschema of the reader that refuses a value; `detail` tells its parts apart.

    `counterpart` is the subschema of the writer that judged the same value.
    """

    place: Place
    keyword: str
    detail: str = ""
    counterpart: Place | None = None

    @property
    def key(self) -> tuple[int, str, str]:
        """Return what makes two of them the same."""
        return id(self.place), self.keyword, self.detail


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """That a value satisfies a subschema, or (`holds` false) that it does not.

    `reader`: it comes from the schema that reads. `blame` is set where the keywords inside cannot be told apart, as in
    the branches of an `anyOf`. `condition`: it is an `if`, of either side, which is never to blame.
    """

    place: Place
    holds: bool
    reader: bool
    blame: Blame | None = None
    condition: bool = False

    @property
    def schema(self) -> Schema:
        """Return the subschema."""
        return self.place.schema

    @property
    def key(self) -> tuple[int, bool]:
        """Return what makes two demands the same."""
        return id(self.place.schema), self.holds

    @property
    def goal(self) -> tuple[int, bool, tuple[int, str, str] | None]:
        """Return what makes the search for a value the same: blame, too, is found."""
        return id(self.place.schema), self.holds, self.blame.key if self.blame else None

    def negated(self) -> "Demand":
        """Return the opposite demand."""
        return replace(self, holds=not self.holds)


# --- facts -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bound:
    """The number is at least, or at most, `limit`."""

    lower: bool
    limit: Number
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Multiple:
    """The number is, or is not, a multiple of `of`."""

    of: Number
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Size:
    """The number of characters, elements or properties is at least, or at most, `limit`."""

    lower: bool
    limit: int


@dataclass(frozen=True, slots=True)
class Matches:
    """The string matches, or does not match, a pattern."""

    pattern: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Formatted:
    """The string has, or has not, a format."""

    format: str
    holds: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Among:
    """The value is, or is not, one of these."""

    values: Sequence[Json]
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Has:
    """The object has, or has not, a property."""

    name: str
    holds: bool = True


@dataclass(frozen=True, slots=True)
class Names:
    """Some property names: `only` this one, or all but `without` that match `matching` and none of `unlike`."""

    only: str | None = None
    without: frozenset[str] = frozenset()
    matching: str | None = None
    unlike: tuple[str, ...] = ()


EVERY_NAME = Names()


@dataclass(frozen=True, slots=True, eq=False)
class EachProperty:
    """Every property of these names meets `value`, and its name meets `name`."""

    names: Names
    value: Demand | None = None
    name: Demand | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SomeProperty:
    """There is a property of these names that meets `value`, and whose name meets `name`.

    `blame` is the keyword that refuses such a property.
    """

    names: Names
    value: Demand | None = None
    name: Demand | None = None
    blame: Blame | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EachElement:
    """Every element meets the demand, from index `start` on, or (`alone`) only the one at `start`."""

    start: int
    value: Demand
    alone: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class SomeElement:
    """There is an element, from index `start` on or (`alone`) at `start`, that meets the demand."""

    start: int
    value: Demand
    alone: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Count:
    """At least, or at most, `limit` elements meet the demand."""

    lower: bool
    limit: int
    value: Demand


@dataclass(frozen=True, slots=True)
class Unique:
    """No two elements are equal, or (`holds` false) some two are."""

    holds: bool = True


Fact = (
    Bound | Multiple | Size | Matches | Formatted | Among | Has | EachProperty | SomeProperty | EachElement
    | SomeElement | Count | Unique
)  # fmt: skip


# --- formulas ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class All:
    """All parts; without parts it is true."""

    parts: "tuple[Formula, ...]" = ()
    blame: Blame | None = None


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part; without parts it is false."""

    parts: "tuple[Formula, ...]" = ()


@dataclass(frozen=True, slots=True)
class Whatever:
    """What is not understood: it may be true and it may be false."""


Formula = Fact | Demand | All | Any | Whatever
TRUE = All()
FALSE = Any()
Kind = Literal["null", "boolean", "integer", "decimal", "fraction", "string", "array", "object"]
"""Kinds of value; `decimal` is a whole number written like `1.0`, which draft 4 does not take for an integer."""


def negated(formula: Formula) -> Formula:
    """Return the opposite of a formula."""
    match formula:
        case All(parts):
            return Any(tuple(negated(each) for each in parts))
        case Any(parts):
            return All(tuple(negated(each) for each in parts))
        case Whatever():
            return formula
        case Demand():
            return formula.negated()
        case _:
            return _negated_fact(formula)


def _negated_fact(fact: Fact) -> Formula:
    match fact:
        case Bound(lower, limit, exclusive):
            return Bound(not lower, limit, not exclusive)
        case Size(lower, limit):
            return Size(not lower, limit - 1 if lower else limit + 1)
        case Count(lower, limit, value):
            return Count(not lower, limit - 1 if lower else limit + 1, value)
        case Multiple() | Matches() | Formatted() | Among() | Has() | Unique():
            return replace(fact, holds=not fact.holds)
        case EachProperty(names, value, name):
            return SomeProperty(names, value.negated() if value else None, name.negated() if name else None)
        case SomeProperty(names, value, name):
            # No keyword demands a property of some name and value at once, so one of the two is None.
            return EachProperty(names, value.negated() if value else None, name.negated() if name else None)
        case EachElement(start, value, alone):
            return SomeElement(start, value.negated(), alone)
        case SomeElement(start, value, alone):
            return EachElement(start, value.negated(), alone)
        case _:
            assert_never(fact)


# --- outcomes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Found:
    """A value that meets the demands, as far as they are understood."""

    value: Json
    blame: Blame | None = None


@dataclass(frozen=True, slots=True)
class Impossible:
    """It is proven that no value meets the demands."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """No value was found, and none excluded."""

    blame: Blame | None = None


Outcome = Found | Impossible | Unclear
Goals = frozenset[tuple[int, bool, tuple[int, str, str] | None]]
"""The goals of a search: what a value has to meet."""
