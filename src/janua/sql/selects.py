"""Sources, selects and aggregates as sqlglot trees; `terms` has what stands in them."""

from collections.abc import Sequence

from sqlglot import exp

from janua.sql.terms import Tree, call, grouped, name, true

COLLECTIONS = "collections"
"""The PostgreSQL schema of all collections' tables."""


def every_column(of: str) -> exp.Column:
    """Return `of.*`."""
    return exp.Column(this=exp.Star(), table=name(of))


def is_in(value: Tree, select: exp.Select) -> Tree:
    """Return `value IN (select)`."""
    return exp.In(this=grouped(value), query=exp.Subquery(this=select))


def exists(select: exp.Select) -> Tree:
    """Return `EXISTS (select)`."""
    return exp.Exists(this=select)


def union_all(left: exp.Query, right: exp.Query) -> exp.Query:
    """Return `(left) UNION ALL (right)`."""
    return exp.Union(this=exp.Subquery(this=left), expression=exp.Subquery(this=right), distinct=False)


def recursively(statement: exp.Delete, *named: tuple[str, exp.Query]) -> exp.Delete:
    """Return `WITH RECURSIVE name AS MATERIALIZED (select), … statement`."""
    rows = [exp.CTE(this=each, alias=exp.TableAlias(this=name(called)), materialized=True) for called, each in named]
    statement.set("with_", exp.With(expressions=rows, recursive=True))
    return statement


def union(left: exp.Query, right: exp.Query) -> exp.Query:
    """Return `(left) UNION (right)`, each row once."""
    return exp.Union(this=exp.Subquery(this=left), expression=exp.Subquery(this=right), distinct=True)


def scalar(select: Tree) -> Tree:
    """Return a select as a value."""
    return exp.Subquery(this=select)


def aliased(value: Tree, called: str) -> Tree:
    """Return `value AS called`."""
    return exp.Alias(this=value, alias=name(called))


def table(called: str, alias: str | None = None) -> exp.Table:
    """Return a table of a collection."""
    return exp.Table(
        this=name(called), db=name(COLLECTIONS), alias=None if alias is None else exp.TableAlias(this=name(alias))
    )


def temporary(called: str, alias: str) -> exp.Table:
    """Return a temporary table."""
    return exp.Table(this=name(called), db=name("pg_temp"), alias=exp.TableAlias(this=name(alias)))


def derived(select: Tree, alias: str) -> Tree:
    """Return a select as a source."""
    return exp.Subquery(this=select, alias=exp.TableAlias(this=name(alias)))


def lateral(select: Tree, alias: str) -> Tree:
    """Return a select as a source that may look at the sources before it."""
    return exp.Lateral(this=exp.Subquery(this=select), alias=exp.TableAlias(this=name(alias)))


def rows_of(function: Tree, alias: str, *columns: str) -> exp.Table:
    """Return a set-returning function as a source."""
    return exp.Table(this=function, alias=exp.TableAlias(this=name(alias), columns=[name(each) for each in columns]))


def numbered_rows_of(function: Tree, alias: str, *columns: str) -> exp.Table:
    """Return a set-returning function as a source, `WITH ORDINALITY` as its last column."""
    found = rows_of(function, alias, *columns)
    found.set("ordinality", True)
    return found


def ordered(value: Tree, *, descending: bool, nulls_first: bool) -> exp.Ordered:
    """Return one sort key."""
    return exp.Ordered(this=value, desc=descending, nulls_first=nulls_first)


def aggregate(function: str, *arguments: Tree, order: Sequence[exp.Ordered] = (), only: Tree | None = None) -> Tree:
    """Return a call of an aggregate function over its input in this order, of the rows where `only` holds."""
    *first, last = arguments
    called = call(function, *first, exp.Order(this=last, expressions=list(order)) if order else last)
    return called if only is None else exp.Filter(this=called, expression=exp.Where(this=only))


def window(function: Tree, order: Sequence[exp.Ordered] = ()) -> Tree:
    """Return `function OVER (ORDER BY …)`."""
    return exp.Window(this=function, order=exp.Order(expressions=list(order)) if order else None)


def partitioned(function: Tree, keys: Sequence[Tree], order: Sequence[exp.Ordered] = ()) -> Tree:
    """Return `function OVER (PARTITION BY keys ORDER BY …)`."""
    over = exp.Order(expressions=list(order)) if order else None
    return exp.Window(this=function, partition_by=list(keys), order=over)


def select(
    *columns: Tree,
    source: Tree | None = None,
    where: Tree | None = None,
    order: Sequence[exp.Ordered] = (),
    limit: Tree | None = None,
) -> exp.Select:
    """Return a select; joins, groups and the like are added by sqlglot's methods with `copy=False`."""
    found = exp.Select(expressions=list(columns))
    if source is not None:
        found.from_(source, copy=False)
    if where is not None:
        with_condition(found, where)
    if order:
        found.order_by(*order, copy=False)
    if limit is not None:
        found.limit(limit, copy=False)
    return found


def with_condition(rows: exp.Select, condition: Tree) -> exp.Select:
    """Add a condition to a select; one that always holds is left out."""
    return rows if condition == true() else rows.where(condition, copy=False)
