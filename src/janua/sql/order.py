"""Sorting, and where a page starts: order keys become ORDER BY, and cursor values become bounds.

Start at `Sorting`, which is one order over one select. Null is placed explicitly everywhere. A page after a cursor is
read in one or two arms, told apart by whether the first key is null, since an index range never spans both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from janua.model.types import Type
from janua.query.nodes import Bound, Column, Link, OrderKey, Position
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import LONG_KEY, Row, is_long, restored, sort_keys_of, type_of
from janua.sql.terms import Tree


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key in SQL: `value` is sorted by; of a long text `prefix` is, first, since the index holds that.

    `certain`: it is null for no record.
    """

    value: Tree
    prefix: Tree | None
    type: Type
    descending: bool
    nulls_first: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class InOrder:
    """The rows of a select, readable as `row`; `order` is that of an aggregate that shows them in order."""

    source: Tree
    row: Row
    order: list[exp.Ordered]


@dataclass(frozen=True, slots=True)
class Numbered(InOrder):
    """The same, counted from 1 by `place` as they were read; `found` counts them all."""

    place: Tree
    found: Tree


class Sorting:
    """An order over the rows of a select, to which it adds the joins that keys `through` relations need."""

    def __init__(self, order: Sequence[OrderKey], row: Row, rows: exp.Select, binds: Binds) -> None:
        self._binds = binds
        self._joins: dict[tuple[Link, ...], Row] = {(): row}
        self._rows = rows
        self.keys = [self._key(each) for each in order]

    @property
    def columns(self) -> list[Tree]:
        """Return the key values as the columns $k0, $k1, …, for selects around this one."""
        return [selects.aliased(each.value, f"$k{place}") for place, each in enumerate(self.keys)]

    def order(self, *, backward: bool = False) -> list[exp.Ordered]:
        """Return ORDER BY over the select's own rows."""
        found: list[exp.Ordered] = []
        for each in self.keys:
            values = (each.value,) if each.prefix is None else (each.prefix, each.value)
            found += [_ordered(value, each, backward=backward) for value in values]
        return found

    def order_of_columns(self, alias: str, *, backward: bool = False) -> list[exp.Ordered]:
        """Return ORDER BY over the columns $k0, $k1, … of a select around this one."""
        return [
            _ordered(terms.column(alias, f"$k{place}"), each, backward=backward) for place, each in enumerate(self.keys)
        ]

    def numbered(self, rows: Tree, *, backward: bool = False) -> Numbered:
        """Return the rows of a select that has `columns`, numbered in this order."""
        inner, outer = self._binds.alias(), self._binds.alias()
        place = selects.window(terms.call("row_number"), self.order_of_columns(inner, backward=backward))
        found = selects.window(terms.call("count", terms.star()))
        counted = selects.select(
            selects.every_column(inner),
            selects.aliased(place, "$place"),
            selects.aliased(found, "$found"),
            source=selects.derived(rows, inner),
        )
        source = selects.derived(counted, outer)
        shown = [selects.ordered(terms.column(outer, "$place"), descending=backward, nulls_first=False)]
        return Numbered(source, Row(outer), shown, terms.column(outer, "$place"), terms.column(outer, "$found"))

    def in_order(self, rows: Tree) -> InOrder:
        """Return the rows of a select that has `columns`, to be shown in this order: cheaper than to number them."""
        alias = self._binds.alias()
        return InOrder(selects.derived(rows, alias), Row(alias), self.order_of_columns(alias))

    def keys_text(self, alias: str) -> Tree:
        """Return the key values of a row as the text of a JSON array of texts and nulls."""
        return terms.cast(terms.call("json_build_array", *self.key_texts(alias)), "text")

    def key_texts(self, alias: str) -> list[Tree]:
        """Return the key values of a row as texts and nulls."""
        return [terms.cast(terms.column(alias, f"$k{place}"), "text") for place in range(len(self.keys))]

    def after(self, bound: Bound, *, backward: bool) -> list[Tree]:
        """Return the conditions of the arms, in reading order, that together are the rows after the bound."""
        first, value = self.keys[0], bound.values[0]
        behind = _After(self.keys, bound.values, self._binds, backward=backward)
        nulls_first = first.nulls_first != backward
        if first.certain:
            return [behind.condition()]
        if value is None:
            rest = terms.all_of(terms.is_null(_leading(first)), behind.tied(1))
            return [rest, terms.is_not_null(_leading(first))] if nulls_first else [rest]
        return [behind.condition()] if nulls_first else [behind.condition(), terms.is_null(_leading(first))]

    def _key(self, key: OrderKey) -> Key:
        row = self._joined(key.through)
        *prefix, value = sort_keys_of(row, key.target)
        type = type_of(key.target)
        certain = isinstance(key.target, Column) and not key.through
        return Key(value, prefix[0] if prefix else None, type, key.direction == "desc", key.nulls == "first", certain)

    def _joined(self, through: tuple[Link, ...]) -> Row:
        if through not in self._joins:
            near, link = self._joined(through[:-1]), through[-1]
            far = Row(self._binds.alias())
            linked = terms.compare(far.column("id"), "=", near.column(link.column))
            self._rows.join(selects.table(link.table, far.alias), on=linked, join_type="left", copy=False)
            self._joins[through] = far
        return self._joins[through]


def _ordered(value: Tree, key: Key, *, backward: bool) -> exp.Ordered:
    return selects.ordered(value, descending=key.descending != backward, nulls_first=key.nulls_first != backward)


def _leading(key: Key) -> Tree:
    return key.value if key.prefix is None else key.prefix


class _After:
    """The condition of the rows whose first key is not null and that come after a bound whose first value is not."""

    def __init__(self, keys: Sequence[Key], values: Sequence[Position | None], binds: Binds, *, backward: bool) -> None:
        self._keys, self._values, self._binds, self._backward = keys, values, binds, backward

    def condition(self) -> Tree:
        """Return it with a bound on the first key that an index can take."""
        if self._is_one_range():
            operator = "<" if self._falls(self._keys[0]) else ">"
            operands = [self._operand(place) for place in range(len(self._keys))]
            return terms.compare(terms.row(*(each.value for each in self._keys)), operator, terms.row(*operands))
        return terms.all_of(self._leading_bound(), self._strictly_or_tied(0))

    def tied(self, place: int) -> Tree:
        """Return the condition of what comes after among the rows whose keys before `place` are those of the bound."""
        if place == len(self._keys):
            return terms.false()
        key, value = self._keys[place], self._values[place]
        if value is not None:
            return terms.any_of(*self._null_arm(key), self._strictly_or_tied(place))
        same = terms.all_of(terms.is_null(key.value), self.tied(place + 1))
        nulls_first = key.nulls_first != self._backward
        return terms.any_of(terms.is_not_null(key.value), same) if nulls_first else same

    def _strictly_or_tied(self, place: int) -> Tree:
        key = self._keys[place]
        beyond = terms.compare(key.value, "<" if self._falls(key) else ">", self._operand(place))
        same = terms.compare(key.value, "=", self._operand(place))
        rest = self.tied(place + 1)
        return beyond if rest == terms.false() else terms.any_of(beyond, terms.all_of(same, rest))

    def _null_arm(self, key: Key) -> list[Tree]:
        nulls_last = key.nulls_first == self._backward
        return [terms.is_null(key.value)] if nulls_last and not key.certain else []

    def _leading_bound(self) -> Tree:
        key, operator = self._keys[0], "<=" if self._falls(self._keys[0]) else ">="
        if key.prefix is None:
            return terms.compare(key.value, operator, self._operand(0))
        return terms.compare(key.prefix, operator, terms.call("left", self._operand(0), terms.number(LONG_KEY)))

    def _is_one_range(self) -> bool:
        """Return whether a comparison of rows says it all: one direction, and no key but the first can be null."""
        one_way = len({each.descending for each in self._keys}) == 1
        return one_way and all(each.certain for each in self._keys[1:]) and not is_long(self._keys[0].type)

    def _falls(self, key: Key) -> bool:
        return key.descending != self._backward

    def _operand(self, place: int) -> Tree:
        position = self._values[place]
        if position is None:
            raise TypeError("a null of a cursor is compared with IS NULL only")
        return restored(self._keys[place].type, position, self._binds)
