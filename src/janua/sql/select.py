"""Read plans become one SELECT, whose single row is the page: its JSON text, and what the next page needs to know.

The records are limited first, by the innermost select, and only those of the page are turned into JSON. Start at
`select_statement`; `one_statement` reads a single record, `export_statement` streams them all.
"""

from collections.abc import Sequence
from functools import lru_cache, partial

from sqlglot import exp

from janua.query.nodes import Always, Filter
from janua.query.parts import Part, ReadPlan
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.filters import condition
from janua.sql.order import Numbered, Sorting
from janua.sql.pages import Page, limit_of, page_rows
from janua.sql.parts import json_of
from janua.sql.points import is_point, point_statement
from janua.sql.statement import Statement, statement_of
from janua.sql.terms import Tree, text

EVERY_RECORD = Always(holds=True)


@lru_cache(maxsize=1024)
def select_statement(plan: ReadPlan) -> Statement:
    """Return the statement of a page: always one row.

    `items` text: a JSON array of at most `limit` records, in order. `fetched` bigint: how many were found, at most
    `limit` + 1. `first_keys` and `last_keys` text: JSON arrays of the order values of the first and the last record as
    texts and nulls, null for an empty page. `total` bigint: of all that match, null unless the plan counts.
    """
    binds = Binds()
    limit = limit_of(plan.limit, plan.size, binds)
    page = Page(plan.order, terms.plus(limit, 1), plan.bound, plan.offset, plan.backward)
    rows, sorting = page_rows(partial(_rows, plan, binds), page, binds)
    numbered = sorting.numbered(rows, backward=plan.backward)
    return statement_of(_answer(plan, sorting, numbered, limit, binds), binds)


def one_statement(plan: ReadPlan) -> Statement:
    """Return the statement of the one record that the plan's filter finds, or of none.

    A row is `id` uuid, `version` int, `text` text: the JSON of the plan's part. Not cached here: see `gateway.points`.
    """
    if is_point(plan.filter, plan.part):
        return point_statement(partial(_one, plan))
    binds = Binds()
    return statement_of(_one(plan, binds), binds)


@lru_cache(maxsize=256)
def export_statement(table: str, part: Part, filter: Filter = EVERY_RECORD, values: Sequence[object] = ()) -> Statement:
    """Return the statement of all records that match, for COPY: rows of `line` text, in order of id.

    COPY takes no parameters, so the values of the filter are literals.
    """
    binds = Binds(values)
    row = Row(binds.alias())
    found = selects.select(
        selects.aliased(json_of(part, row, binds), "line"),
        source=selects.table(table, row.alias),
        where=condition(filter, row, binds),
        order=[selects.ordered(row.column("id"), descending=False, nulls_first=False)],
    )
    return statement_of(found, binds)


def _one(plan: ReadPlan, binds: Binds) -> exp.Select:
    row = Row(binds.alias())
    return selects.select(
        row.column("id"),
        row.column("version"),
        selects.aliased(json_of(plan.part, row, binds), "text"),
        source=selects.table(plan.table, row.alias),
        where=condition(plan.filter, row, binds),
    )


def _answer(plan: ReadPlan, sorting: Sorting, numbered: Numbered, limit: Tree, binds: Binds) -> exp.Select:
    shown = terms.compare(numbered.place, "<=", limit)
    items = selects.aggregate(
        "string_agg",
        json_of(plan.part, numbered.row, binds),
        text(", "),
        order=numbered.order,
        only=shown,
    )
    nearest = terms.compare(numbered.place, "=", terms.number(1))
    farthest = terms.compare(numbered.place, "=", terms.call("least", numbered.found, limit))
    first, last = (farthest, nearest) if plan.backward else (nearest, farthest)
    return selects.select(
        selects.aliased(terms.concatenated([text("["), items, text("]")]), "items"),
        selects.aliased(terms.call("count", terms.star()), "fetched"),
        selects.aliased(_keys(sorting, numbered, terms.all_of(first, shown)), "first_keys"),
        selects.aliased(_keys(sorting, numbered, terms.all_of(last, shown)), "last_keys"),
        selects.aliased(_total(plan, binds), "total"),
        source=numbered.source,
    )


def _keys(sorting: Sorting, numbered: Numbered, of: Tree) -> Tree:
    return selects.aggregate("max", sorting.keys_text(numbered.row.alias or ""), only=of)


def _total(plan: ReadPlan, binds: Binds) -> Tree:
    if not plan.count:
        return terms.cast(terms.null(), "bigint")
    row = Row(binds.alias())
    where = condition(plan.filter, row, binds)
    return selects.scalar(
        selects.select(terms.call("count", terms.star()), source=selects.table(plan.table, row.alias), where=where)
    )


def _rows(plan: ReadPlan, binds: Binds) -> tuple[Row, exp.Select]:
    row = Row(binds.alias())
    return row, selects.select(source=selects.table(plan.table, row.alias), where=condition(plan.filter, row, binds))
