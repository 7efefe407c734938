"""Aggregate plans become one SELECT whose single row is the JSON text of all groups.

Groups are ordered by their keys, null last; missing and null are one key. Sums and averages are exact (numeric).
Start at `aggregate_statement`.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, assert_never

from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.query.ast import AggregateFunction
from janua.query.nodes import AggregatePlan, Measure
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row, type_of, value_of
from janua.sql.filters import condition
from janua.sql.parts import instant_text, object_of
from janua.sql.statement import Statement, statement_of
from janua.sql.terms import Tree, text

TIME_FORMAT = 'HH24:MI:SS.US"Z"'

Figures = dict[str, "Figures | list[Tree]"]


@lru_cache(maxsize=256)
def aggregate_statement(plan: AggregatePlan) -> Statement:
    """Return the statement of the groups: always one row.

    `groups` text: a JSON array of at most `limit` objects `{"key": {…}, "count", "sum": {…}, …}`, of which `key` and
    the functions are there when asked for. `found` bigint: how many groups there are, at most `limit` + 1.
    """
    binds = Binds()
    row, group = Row(binds.alias()), Row(binds.alias())
    shown = terms.compare(group.column("place"), "<=", terms.number(plan.limit))
    item = terms.concatenated(_object(_answer(plan, group)))
    in_order = [selects.ordered(group.column("place"), descending=False, nulls_first=False)]
    items = selects.aggregate("string_agg", item, text(", "), order=in_order, only=shown)
    found = selects.select(
        selects.aliased(terms.concatenated([text("["), items, text("]")]), "groups"),
        selects.aliased(terms.call("count", terms.star()), "found"),
        source=selects.derived(_grouped(plan, row, binds), group.alias or ""),
    )
    return statement_of(found, binds)


def _grouped(plan: AggregatePlan, row: Row, binds: Binds) -> Tree:
    keys = [value_of(row, each.target) for each in plan.keys]
    measures = [_MEASURES[each.function](value_of(row, each.target), type_of(each.target)) for each in plan.measures]
    in_order = [selects.ordered(each, descending=False, nulls_first=False) for each in keys]
    rows = selects.select(
        *(selects.aliased(each, f"k{place}") for place, each in enumerate(keys)),
        selects.aliased(terms.call("count", terms.star()), "count"),
        *(selects.aliased(each, f"m{place}") for place, each in enumerate(measures)),
        selects.aliased(selects.window(terms.call("row_number"), in_order), "place"),
        source=selects.table(plan.table, row.alias),
        where=condition(plan.filter, row, binds),
        limit=terms.number(plan.limit + 1),
    )
    if keys:
        rows.group_by(*keys, copy=False).order_by(*in_order, copy=False)
    return rows


def _answer(plan: AggregatePlan, group: Row) -> Figures:
    answer: Figures = {"key": {}} if plan.keys else {}
    for place, key in enumerate(plan.keys):
        _put(answer, ("key", *key.name), json_text(group.column(f"k{place}"), type_of(key.target)))
    answer["count"] = [group.column("count")]
    for place, measure in enumerate(plan.measures):
        shown = json_text(group.column(f"m{place}"), _measured_type(measure))
        _put(answer, (measure.function, *measure.name), shown)
    return answer


def json_text(value: Tree, type: Type) -> list[Tree]:
    """Return the fragments of a scalar as JSON: instants in UTC, `null` for null."""
    return [terms.call("coalesce", _shown(value, type), text("null"))]


def _shown(value: Tree, type: Type) -> Tree:
    match type:
        case Integer() | Number() | Boolean():
            return terms.cast(value, "text")
        case Text() | Enum() | Date():
            return terms.cast(terms.call("to_json", value), "text")
        case DateTime():
            return terms.joined(text('"'), instant_text(value), text('"'))
        case Time():
            return terms.joined(text('"'), terms.call("to_char", terms.in_utc(value), text(TIME_FORMAT)), text('"'))
        case Uuid():
            return terms.joined(text('"'), terms.cast(value, "text"), text('"'))
        case Array() | Object() | Union() | Anything():
            return terms.cast(value, "text")
        case _:
            assert_never(type)


def _measured_type(measure: Measure) -> Type:
    return Integer() if measure.function == "countDistinct" else type_of(measure.target)


def _extreme(function: Literal["min", "max"]) -> Callable[[Tree, Type], Tree]:
    def lowered(value: Tree, type: Type) -> Tree:
        # PostgreSQL before 18 has no min and max of uuid; their texts sort alike.
        compared = terms.in_order_of_bytes(terms.cast(value, "text")) if isinstance(type, Uuid) else value
        return terms.call(function, compared)

    return lowered


_MEASURES: dict[AggregateFunction, Callable[[Tree, Type], Tree]] = {
    "sum": lambda value, _: terms.call("sum", value),
    "avg": lambda value, _: terms.call("avg", value),
    "min": _extreme("min"),
    "max": _extreme("max"),
    "countDistinct": lambda value, _: terms.call("count", terms.distinct(value)),
}


def _put(members: Figures, name: Sequence[str], value: list[Tree]) -> None:
    for each in name[:-1]:
        inner = members.setdefault(each, {})
        if not isinstance(inner, dict):
            raise TypeError(f"{each} is a figure and holds figures")
        members = inner
    members[name[-1]] = value


def _object(members: Figures) -> list[Tree]:
    return object_of([(name, _object(value) if isinstance(value, dict) else value) for name, value in members.items()])
