"""Aggregates: grouping keys and measures as asked → an `AggregatePlan`'s.

Start at `group_keys` and `measures_of`. Both stand on single values of the record itself, not of related records.
"""

from collections.abc import Iterable
from typing import assert_never

from janua.errors import InvalidQuery, QueryTooLarge
from janua.model.types import Boolean, Integer, Number
from janua.query.ast import AggregateFunction
from janua.query.limits import QueryLimits
from janua.query.nodes import GroupKey, Measure
from janua.query.orders import Route, route
from janua.query.scopes import Scope, legible


def group_keys(scope: Scope, asked: Iterable[str], limits: QueryLimits) -> tuple[GroupKey, ...]:
    """Return the grouping keys in the order asked, each once.

    Raises: `UnknownField`, `InvalidQuery`, `QueryTooLarge`.
    """
    parameter = "group_by" if scope.spelling == "rest" else "groupBy"
    names = tuple(dict.fromkeys(asked))
    if len(names) > limits.order_keys:
        raise QueryTooLarge("grouping keys", len(names), limits.order_keys)
    return tuple(GroupKey(tuple(each.split(".")), _own(scope, each, parameter, limits).target) for each in names)


def measures_of(
    scope: Scope, asked: Iterable[tuple[AggregateFunction, str]], limits: QueryLimits
) -> tuple[Measure, ...]:
    """Return the measures in the order asked, each once.

    Raises: `UnknownField`, `InvalidQuery` where the function does not stand on the field's type, `QueryTooLarge`.
    """
    wanted = tuple(dict.fromkeys(asked))
    if len(wanted) > limits.measures:
        raise QueryTooLarge("measures", len(wanted), limits.measures)
    return tuple(_measure(scope, function, name, limits) for function, name in wanted)


def _measure(scope: Scope, function: AggregateFunction, name: str, limits: QueryLimits) -> Measure:
    found = _own(scope, name, function, limits)
    if not _stands_on(function, found):
        raise InvalidQuery(function, f"{legible(name)} is not {_wanted(function)}")
    return Measure(function, tuple(name.split(".")), found.target)


def _own(scope: Scope, name: str, parameter: str, limits: QueryLimits) -> Route:
    found = route(scope, name.split("."), parameter, limits)
    if found.through:
        raise InvalidQuery(parameter, f"{legible(name)} belongs to a related record; aggregate that collection")
    return found


def _stands_on(function: AggregateFunction, found: Route) -> bool:
    match function:
        case "sum" | "avg":
            return isinstance(found.type, Integer | Number)
        case "min" | "max":
            return not isinstance(found.type, Boolean)
        case "countDistinct":
            return True
        case _:
            assert_never(function)


def _wanted(function: AggregateFunction) -> str:
    return "a number" if function in ("sum", "avg") else "a value with a smallest and a largest"
