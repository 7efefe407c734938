"""The rows of one page of an order, and one more: from the start, after a boundary, or after skipping some.

Start at `page_rows`. Only as many rows as the page needs leave the innermost select, whatever the table holds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from janua.query.nodes import Bound, OrderKey, Position
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.order import Sorting
from janua.sql.terms import Tree

Rows = Callable[[], tuple[Row, exp.Select]]
"""Makes a select of all records to be paged, without columns, and what they can be read as; new at every call."""


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of the order: at most `limit`, from the start, after `bound`, or after skipping `offset` rows.

    `backward` reads towards the start of the order; the rows then come in reverse.
    """

    order: tuple[OrderKey, ...]
    limit: Tree
    bound: Bound | None
    offset: Position | None
    backward: bool


def page_rows(rows: Rows, page: Page, binds: Binds) -> tuple[Tree, Sorting]:
    """Return a select of the rows of a page with the values they sort by (`$k0`, …), and their order."""
    first, sorting = _sorted(rows, page, binds)
    arms = _arms(sorting, page)
    if len(arms) <= 1:
        return _limited(first, sorting, page, arms, binds), sorting
    other, other_sorting = _sorted(rows, page, binds)
    both = selects.union_all(
        _limited(first, sorting, page, arms[:1], binds),
        _limited(other, other_sorting, page, _arms(other_sorting, page)[1:], binds),
    )
    alias = binds.alias()
    merged = selects.select(selects.every_column(alias), source=selects.derived(both, alias), limit=page.limit.copy())
    return merged.order_by(*sorting.order_of_columns(alias, backward=page.backward), copy=False), sorting


def limit_of(limit: Position, size: int | None, binds: Binds) -> Tree:
    """Return the size of a page: as a parameter, unless it is written into the statement."""
    return binds.use(limit, "bigint") if size is None else terms.number(size)


def _arms(sorting: Sorting, page: Page) -> list[Tree]:
    return [] if page.bound is None else sorting.after(page.bound, backward=page.backward)


def _sorted(rows: Rows, page: Page, binds: Binds) -> tuple[exp.Select, Sorting]:
    row, found = rows()
    sorting = Sorting(page.order, row, found, binds)
    return found.select(selects.every_column(row.alias or ""), *sorting.columns, copy=False), sorting


def _limited(rows: exp.Select, sorting: Sorting, page: Page, arm: list[Tree], binds: Binds) -> exp.Select:
    for each in arm:
        selects.with_condition(rows, each)
    rows.order_by(*sorting.order(backward=page.backward), copy=False).limit(page.limit.copy(), copy=False)
    if page.offset is not None:
        rows.offset(binds.use(page.offset, "bigint"), copy=False)
    return rows
