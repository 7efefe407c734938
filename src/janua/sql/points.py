"""Reads of one record: whether a plan is one, and the form of its statement that makes many such reads at once.

A point read costs PostgreSQL less than sending it does, so that `storage.batches` runs those that wait together. Takes
the function that lowers the plan, returns a `Statement` with `together`: the same select for each row of arguments.
Start at `point_statement`.
"""

from collections.abc import Callable
from typing import assert_never, cast

from sqlglot import exp

from janua.query.nodes import Compare, Filter
from janua.query.parts import (
    AggregatePlan,
    AnswerPlan,
    Chosen,
    Connection,
    Constant,
    Elements,
    First,
    Listed,
    Members,
    Meta,
    Part,
    Picked,
    RelatedMany,
    RelatedOne,
    Structured,
    Typed,
    Whole,
)
from janua.sql import selects, terms
from janua.sql.binds import Bind, Binds
from janua.sql.statement import Statement, render
from janua.sql.terms import ArrayType, SqlType, Tree

GIVEN, FOUND = "given", "found"
PLACE = "place"
"""The column of a statement for many reads that says whose row it is, counted from 1."""

Lower = Callable[[Binds], exp.Select]
"""Makes the select of a plan, whose operands it takes from the binds; called once for each form."""


class GivenBinds(Binds):
    """The operands of one of many reads: columns of its row of arguments."""

    def __init__(self) -> None:
        super().__init__()
        self._types: list[SqlType | ArrayType] = []

    def operand(self, bind: Bind, type: SqlType | ArrayType) -> Tree:
        """Return the column of an operand."""
        if type.endswith("[]"):
            raise TypeError("unnest takes lists apart, and a read of one record has none for operands")
        place = self.place_of(bind)
        if place > len(self._types):
            self._types.append(type)
        return terms.column(GIVEN, _column(place))

    def rows(self) -> exp.Table:
        """Return the rows of arguments as a source: one array for each operand, and the place."""
        # A sub-select hides how many there are: PostgreSQL then plans once for all numbers, not each time anew.
        arrays = [selects.scalar(selects.select(_array(place, type))) for place, type in enumerate(self._types, 1)]
        columns = [_column(place) for place in range(1, len(arrays) + 1)]
        return selects.numbered_rows_of(terms.call("unnest", *arrays), GIVEN, *columns, PLACE)


def point_statement(lower: Lower) -> Statement:
    """Return the statement of a point read.

    `together` takes an array for each parameter; its rows are those of the single reads, with `place` in front, in no
    order.
    """
    binds, given = Binds(), GivenBinds()
    single = render(lower(binds))
    many = selects.select(terms.column(GIVEN, PLACE), selects.every_column(FOUND))
    inside = selects.lateral(lower(given), FOUND)
    many = many.from_(given.rows(), copy=False).join(inside, join_type="cross", copy=False)
    return Statement(single, binds.used, render(many))


def reads_one(plan: AnswerPlan) -> bool:
    """Return whether an answer is of one record, found by one value, with no list but its own."""
    shown = [part for _, part in plan.members.members if not isinstance(part, Constant)]
    return len(shown) == 1 and isinstance(shown[0], First) and is_point(shown[0].filter, shown[0].part)


def is_point(filter: Filter, part: Part) -> bool:
    """Return whether a filter finds one record by its id or a unique field, and what is shown of it is cheap."""
    return isinstance(filter, Compare) and filter.operator == "eq" and _is_cheap(part)


def _is_cheap(part: Part) -> bool:
    match part:
        case Constant() | Meta() | Whole() | Picked() | Typed():
            return True
        case Members(members):
            return all(_is_cheap(each) for _, each in members)
        case Structured(_, members):
            return _is_cheap(members)
        case Chosen(_, _, branches):
            return all(_is_cheap(each) for _, each in branches)
        case Elements(_, shown) | RelatedOne(_, shown):
            return _is_cheap(shown)
        case RelatedMany() | Connection() | First() | Listed() | AggregatePlan():
            return False
        case _:
            assert_never(part)


def _array(place: int, type: SqlType | ArrayType) -> Tree:
    return terms.cast(terms.parameter(place), cast("ArrayType", f"{type}[]"))


def _column(place: int) -> str:
    return f"p{place}"
