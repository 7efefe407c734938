"""Aggregate plans become one SELECT whose single row is the JSON text of all groups.

Groups are ordered as asked and then by their keys, null last; missing and null are one key. Sums and averages are exact
(numeric). Start at `aggregate_statement`; `groups_text` is the same as a part of a larger answer.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Literal, assert_never

from sqlglot import exp

from janua.model.extract import Extract
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
from janua.query.extracts import at_edge
from janua.query.nodes import Filter, Place, Target
from janua.query.parts import (
    AggregatePlan,
    Constant,
    CountFigure,
    Figure,
    Figures,
    GroupOrder,
    KeyFigure,
    Measure,
    MeasureFigure,
)
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row, type_of, value_of
from janua.sql.filters import condition
from janua.sql.statement import Statement, statement_of
from janua.sql.terms import Tree, text
from janua.sql.values import instant_text, object_of, spelled_enum

TIME_FORMAT = 'HH24:MI:SS.US"Z"'


@lru_cache(maxsize=256)
def aggregate_statement(plan: AggregatePlan) -> Statement:
    """Return the statement of the groups: always one row.

    `groups` text: a JSON array of at most `limit` groups as the plan shows them. `found` bigint: how many groups there
    are, at most `limit` + 1.
    """
    binds = Binds()
    items, source = _listed(plan, binds)
    found = selects.select(
        selects.aliased(items, "groups"),
        selects.aliased(terms.call("count", terms.star()), "found"),
        source=source,
    )
    return statement_of(found, binds)


def groups_text(plan: AggregatePlan, binds: Binds) -> Tree:
    """Return the JSON text of the array of groups, as a value; null when they are too many and all were asked for."""
    items, source = _listed(plan, binds)
    if plan.all_or_none:
        few_enough = terms.compare(terms.call("count", terms.star()), "<=", terms.number(plan.limit))
        items = terms.case(few_enough, items)
    return selects.scalar(selects.select(items, source=source))


def _listed(plan: AggregatePlan, binds: Binds) -> tuple[Tree, Tree]:
    """Return the array of the groups, and the select that it is an aggregate over."""
    row, group = Row(binds.alias(), extract=plan.extract), Row(binds.alias())
    within = terms.compare(group.column("place"), "<=", terms.number(plan.limit))
    item = terms.concatenated(_shown(plan, plan.shown, group))
    in_order = [selects.ordered(group.column("place"), descending=False, nulls_first=False)]
    items = selects.aggregate("string_agg", item, text(", "), order=in_order, only=within)
    source = selects.derived(_grouped(plan, row, binds), group.alias or "")
    return terms.concatenated([text("["), items, text("]")]), source


def _grouped(plan: AggregatePlan, row: Row, binds: Binds) -> Tree:
    probes = _probes(plan, binds)
    # Also where nothing of it is left: each probe has the same condition, so there is no parameter that is not used.
    source, where, value = _read(plan, row, binds)
    if probes and len(probes) == len(plan.measures) and not _is_counted(plan.shown):
        source, where = None, None
    keys = [value(each) for each in plan.keys]
    measures = [probes[each] if each in probes else _lowered(each, value) for each in plan.measures]
    asked = [_ordered(each, keys, measures) for each in plan.order]
    in_order = [*asked, *(selects.ordered(each, descending=False, nulls_first=False) for each in keys)]
    rows = selects.select(
        *(selects.aliased(each, f"k{place}") for place, each in enumerate(keys)),
        selects.aliased(terms.call("count", terms.star()), "count"),
        *(selects.aliased(each, f"m{place}") for place, each in enumerate(measures)),
        selects.aliased(selects.window(terms.call("row_number"), in_order), "place"),
        source=source,
        where=where,
        limit=terms.number(plan.limit + 1),
    )
    if keys:
        rows.group_by(*keys, copy=False).order_by(*in_order, copy=False)
    return rows


def _read(plan: AggregatePlan, row: Row, binds: Binds) -> tuple[Tree, Tree | None, Callable[[Target], Tree]]:
    """Return what is aggregated over, the condition on it, and how a value of it is called.

    A value that is measured twice (its average and its maximum, say) is read once, by a select of its own: PostgreSQL
    evaluates an expression as often as it is written, and to read JSON costs more than to aggregate it. Not so with
    groups: behind a select it does not know how many of them there will be, and sorts all rows.
    """
    read = plan.table if plan.extract is None else plan.extract.table
    table, where = selects.table(read, row.alias), condition(plan.filter, row, binds)
    names = {target: f"v{place}" for place, target in enumerate(dict.fromkeys(each.target for each in plan.measures))}
    if plan.extract is not None or plan.keys or len(names) == len(plan.measures):
        return table, where, lambda target: value_of(row, target)
    values = Row(binds.alias())
    found = selects.select(
        *(selects.aliased(value_of(row, each), called) for each, called in names.items()), source=table, where=where
    )
    # Without OFFSET the two selects would be made one, and the expressions be written twice again.
    source = selects.derived(found.offset(terms.number(0), copy=False), values.alias or "")
    return source, None, lambda target: values.column(names[target])


def _lowered(measure: Measure, value: Callable[[Target], Tree]) -> Tree:
    return _MEASURES[measure.function](value(measure.target), type_of(measure.target))


def _probes(plan: AggregatePlan, binds: Binds) -> dict[Measure, Tree]:
    """Return those measures that are at an edge of the index of an extract, each as a select of its own.

    Alone, min and max are one look at that edge to PostgreSQL; beside another aggregate they are work for each row.
    """
    extract, filter = plan.extract, plan.filter
    if extract is None or plan.keys:
        return {}
    return {each: _probe(each, extract, filter, binds) for each in plan.measures if _is_at_edge(each, extract, filter)}


def _is_at_edge(measure: Measure, extract: Extract, filter: Filter) -> bool:
    target = measure.target
    if measure.function not in ("min", "max") or not isinstance(target, Place):
        return False
    # Of uuids, the texts are compared.
    return not isinstance(target.type, Uuid) and at_edge(extract, filter, target.path)


def _probe(measure: Measure, extract: Extract, filter: Filter, binds: Binds) -> Tree:
    row = Row(binds.alias(), extract=extract)
    lowered = _lowered(measure, partial(value_of, row))
    source, where = selects.table(extract.table, row.alias), condition(filter, row, binds)
    return selects.scalar(selects.select(lowered, source=source, where=where))


def _is_counted(figure: Figure) -> bool:
    if isinstance(figure, Figures):
        return any(_is_counted(each) for _, each in figure.members)
    return isinstance(figure, CountFigure)


def _ordered(order: GroupOrder, keys: Sequence[Tree], measures: Sequence[Tree]) -> exp.Ordered:
    match order.figure:
        case KeyFigure(place):
            value = keys[place]
        case MeasureFigure(place):
            value = measures[place]
        case CountFigure():
            value = terms.call("count", terms.star())
        case _:
            assert_never(order.figure)
    return selects.ordered(value, descending=order.direction == "desc", nulls_first=order.nulls == "first")


def _shown(plan: AggregatePlan, figure: Figure, group: Row) -> list[Tree]:
    match figure:
        case Constant(constant):
            return [text(constant)]
        case KeyFigure(place):
            return json_text(group.column(f"k{place}"), type_of(plan.keys[place]), plan)
        case MeasureFigure(place):
            return json_text(group.column(f"m{place}"), _measured_type(plan.measures[place]), plan)
        case CountFigure():
            return [group.column("count")]
        case Figures(members):
            return object_of([(key, _shown(plan, each, group)) for key, each in members])
        case _:
            assert_never(figure)


def json_text(value: Tree, type: Type, plan: AggregatePlan) -> list[Tree]:
    """Return the fragments of a scalar as JSON: instants in UTC, `null` for null."""
    return [terms.call("coalesce", _as_json(value, type, plan), text("null"))]


def _as_json(value: Tree, type: Type, plan: AggregatePlan) -> Tree:
    match type:
        case Integer():
            # A sum of 1.0 and 2 is 3.0 to PostgreSQL; GraphQL's integers have no fraction.
            whole = terms.cast(terms.call("trim_scale", value) if plan.spelled else value, "text")
            return terms.joined(text('"'), whole, text('"')) if plan.big_as_text and type.big else whole
        case Number() | Boolean():
            return terms.cast(value, "text")
        case Enum() if plan.spelled:
            return terms.cast(terms.call("to_json", spelled_enum(value, type)), "text")
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
    return Integer(0, 0) if measure.function == "countDistinct" else type_of(measure.target)


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
