"""Aggregates: grouping keys and figures as asked → what an `AggregatePlan` is made of.

Start at `asked_figures`, for REST's list of measures, or at `selected_figures`, for GraphQL's selection. Keys and
measures stand on single values of the record itself, not of related records.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from janua.errors import InvalidQuery, QueryTooLarge
from janua.model.types import Boolean, Integer, Number
from janua.query.ast import AggregateFunction
from janua.query.limits import QueryLimits
from janua.query.nodes import Target
from janua.query.orders import LARGEST, Route, route
from janua.query.parts import Constant, CountFigure, Figure, Figures, GroupOrder, KeyFigure, Measure, MeasureFigure
from janua.query.scopes import Scope, legible
from janua.query.selection import FigureAsked, FigureOrder, FigureSelection


@dataclass(frozen=True, slots=True)
class Figured:
    """What an aggregate groups by, measures and shows."""

    keys: tuple[Target, ...]
    measures: tuple[Measure, ...]
    shown: Figures
    order: tuple[GroupOrder, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """All that is read of records."""
        return (*self.keys, *(each.target for each in self.measures))


def asked_figures(
    scope: Scope, group_by: Iterable[str], measures: Iterable[tuple[AggregateFunction, str]], limits: QueryLimits
) -> Figured:
    """Return the figures of REST: `{"key": {…}, "count", "sum": {…}, …}`, in the order asked, each once.

    Raises: `UnknownField`, `InvalidQuery` where a function does not stand on the field's type, `QueryTooLarge`.
    """
    wanted = tuple(dict.fromkeys(measures))
    if len(wanted) > limits.measures:
        raise QueryTooLarge("measures", len(wanted), limits.measures)
    figuring = _Figuring(scope, group_by, limits)
    tree: Tree = {"key": {}} if figuring.names else {}
    for name in figuring.names:
        _put(tree, ("key", *name.split(".")), figuring.figure(FigureAsked("key", name)))
    tree["count"] = CountFigure()
    for function, name in wanted:
        _put(tree, (function, *name.split(".")), figuring.figure(FigureAsked(function, name)))
    return figuring.done(_figures(tree))


def selected_figures(
    scope: Scope,
    group_by: Iterable[str],
    selection: FigureSelection,
    order: Sequence[FigureOrder],
    limits: QueryLimits,
) -> Figured:
    """Return the figures of a GraphQL selection, by response key.

    Raises: as `asked_figures`; `InvalidQuery` for a key that is not grouped by.
    """
    figuring = _Figuring(scope, group_by, limits)
    return figuring.done(figuring.selected(selection), order)


Tree = dict[str, "Tree | Figure"]


class _Figuring:
    """Resolves the figures of one aggregate, each key and measure once."""

    def __init__(self, scope: Scope, group_by: Iterable[str], limits: QueryLimits) -> None:
        self._scope = scope
        self._limits = limits
        self._parameter = "group_by" if scope.spelling == "rest" else "groupBy"
        self._measures: dict[Measure, int] = {}
        self.names = tuple(dict.fromkeys(group_by))
        if len(self.names) > limits.order_keys:
            raise QueryTooLarge("grouping keys", len(self.names), limits.order_keys)
        self._keys = tuple(self._own(each, self._parameter).target for each in self.names)

    def figure(self, asked: FigureAsked) -> KeyFigure | MeasureFigure | CountFigure:
        """Return the figure that is asked for."""
        if asked.function == "count":
            return CountFigure()
        if asked.function == "key":
            return self._key(asked.path)
        found = self._own(asked.path, asked.function)
        if not _stands_on(asked.function, found):
            raise InvalidQuery(asked.function, f"{legible(asked.path)} is not {_wanted(asked.function)}")
        place = self._measures.setdefault(Measure(asked.function, found.target), len(self._measures))
        if place >= self._limits.measures:
            raise QueryTooLarge("measures", place + 1, self._limits.measures)
        return MeasureFigure(place)

    def selected(self, selection: FigureSelection) -> Figures:
        """Return the figures of a selection."""
        found: list[tuple[str, Figure]] = []
        for key, asked in selection:
            match asked:
                case Constant():
                    found.append((key, asked))
                case FigureAsked():
                    found.append((key, self.figure(asked)))
                case _:
                    found.append((key, self.selected(asked.members)))
        return Figures(tuple(found))

    def done(self, shown: Figures, order: Sequence[FigureOrder] = ()) -> Figured:
        """Return everything that was resolved."""
        if len(order) > self._limits.order_keys:
            raise QueryTooLarge("sort keys", len(order), self._limits.order_keys)
        keys = tuple(
            GroupOrder(self.figure(each.figure), each.direction, each.nulls or LARGEST[each.direction])
            for each in order
        )
        return Figured(self._keys, tuple(self._measures), shown, keys)

    def _key(self, name: str) -> KeyFigure:
        if name not in self.names:
            raise InvalidQuery(self._parameter, f"name {legible(name)} here to see it as a key of the groups")
        return KeyFigure(self.names.index(name))

    def _own(self, name: str, parameter: str) -> Route:
        found = route(self._scope, name.split("."), parameter, self._limits)
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


def _put(tree: Tree, path: Sequence[str], figure: Figure) -> None:
    for each in path[:-1]:
        inner = tree.setdefault(each, {})
        if not isinstance(inner, dict):
            raise TypeError(f"{each} is a figure and holds figures")
        tree = inner
    tree[path[-1]] = figure


def _figures(tree: Mapping[str, "Tree | Figure"]) -> Figures:
    return Figures(tuple((name, _figures(each) if isinstance(each, dict) else each) for name, each in tree.items()))
