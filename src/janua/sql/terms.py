"""The words of SQL as sqlglot trees: names, literals, operators, selects.

Nothing is parsed here: caller text can only become a quoted identifier (`name`) or a literal (`text`), the two
quoting functions of this project. Operators put brackets around operands that need them.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from sqlglot import exp

Tree = exp.Expr
SqlType = Literal[
    "text", "numeric", "boolean", "jsonb", "uuid", "timestamptz", "bigint", "int", "bytea", "jsonpath", "interval",
]  # fmt: skip
ArrayType = Literal["text[]", "numeric[]", "boolean[]", "jsonb[]", "uuid[]", "timestamptz[]", "int[]", "bigint[]"]
Comparison = Literal["=", ">", ">=", "<", "<="]

COLLECTIONS = "collections"
"""The PostgreSQL schema of all collections' tables."""
MAX_ARGUMENTS = 90
"""PostgreSQL functions take at most 100 arguments."""

_COMPARISONS: dict[Comparison, type[exp.Binary]] = {"=": exp.EQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE}
_ATOMS = (exp.Column, exp.Literal, exp.Parameter, exp.Func, exp.Paren, exp.Dot, exp.Boolean, exp.Null, exp.Subquery)


def name(text: str) -> exp.Identifier:
    """Return a quoted identifier."""
    return exp.Identifier(this=text, quoted=True)


def text(value: str) -> exp.Literal:
    """Return a string literal; PostgreSQL reads backslashes as themselves (`standard_conforming_strings`)."""
    return exp.Literal.string(value)


def number(value: int) -> Tree:
    """Return an integer literal."""
    return exp.Literal.number(value)


def true() -> Tree:
    """Return `TRUE`."""
    return exp.Boolean(this=True)


def false() -> Tree:
    """Return `FALSE`."""
    return exp.Boolean(this=False)


def null() -> Tree:
    """Return `NULL`."""
    return exp.Null()


def parameter(place: int) -> exp.Parameter:
    """Return `$place`, counted from 1."""
    return exp.Parameter(this=number(place))


def column(of: str | None, called: str) -> exp.Column:
    """Return a column of the table with this alias, or of the only table there is."""
    return exp.Column(this=name(called), table=None if of is None else name(of))


def every_column(of: str) -> exp.Column:
    """Return `of.*`."""
    return exp.Column(this=exp.Star(), table=name(of))


def call(function: str, *arguments: Tree) -> Tree:
    """Return a call of one of PostgreSQL's own functions."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def own(function: str, *arguments: Tree) -> Tree:
    """Return a call of one of Janua's functions."""
    return exp.Dot(this=exp.Identifier(this="janua", quoted=False), expression=call(function, *arguments))


def cast(value: Tree, to: SqlType | ArrayType) -> exp.Cast:
    """Return `CAST(value AS to)`."""
    return exp.Cast(this=value, to=exp.DataType.build(to, dialect="postgres", udt=to == "jsonpath"))


def grouped(value: Tree) -> Tree:
    """Return the value in brackets, where an operator beside it could tear it apart."""
    torn = isinstance(value, exp.Binary) and not isinstance(value, exp.Dot)
    return value if isinstance(value, _ATOMS) and not torn else exp.Paren(this=value)


def json_member(document: Tree, key: str) -> Tree:
    """Return `document -> 'key'`: null when it has no such member, or is no object."""
    left = document if isinstance(document, exp.JSONExtract) else grouped(document)
    return exp.JSONExtract(this=left, expression=text(key))


def json_member_text(document: Tree, key: str) -> Tree:
    """Return `document ->> 'key'`: null for JSON's null, too."""
    left = document if isinstance(document, exp.JSONExtract) else grouped(document)
    return exp.JSONExtractScalar(this=left, expression=text(key))


def json_as_text(document: Tree) -> Tree:
    """Return `document #>> '{}'`: the text of a JSON scalar, null for JSON's null."""
    return exp.JSONBExtractScalar(this=grouped(document), expression=text("{}"))


def json_contains(document: Tree, part: Tree) -> Tree:
    """Return `document @> part`."""
    return exp.ArrayContainsAll(this=grouped(document), expression=grouped(part))


def json_has(document: Tree, path: Tree) -> Tree:
    """Return `document @? path`."""
    return exp.JSONBPathExists(this=grouped(document), expression=grouped(path))


def in_order_of_bytes(value: Tree) -> Tree:
    """Return `value COLLATE "C"`."""
    return exp.Collate(this=grouped(value), expression=name("C"))


def conflict_key(value: Tree) -> Tree:
    """Return an index key as ON CONFLICT names it: the collation of an expression stands outside its brackets."""
    if isinstance(value, exp.Collate):
        return exp.Collate(this=exp.Paren(this=value.this), expression=value.expression)
    return value if isinstance(value, exp.Column) else exp.Paren(this=value)


def compare(left: Tree, operator: Comparison, right: Tree) -> Tree:
    """Return `left operator right`."""
    return _COMPARISONS[operator](this=grouped(left), expression=grouped(right))


def equals_any(value: Tree, listed: Tree) -> Tree:
    """Return `value = ANY (listed)`."""
    return exp.EQ(this=grouped(value), expression=exp.Any(this=exp.Paren(this=listed)))


def is_in(value: Tree, select: exp.Select) -> Tree:
    """Return `value IN (select)`."""
    return exp.In(this=grouped(value), query=exp.Subquery(this=select))


def like(value: Tree, pattern: Tree, *, any_case: bool = False) -> Tree:
    """Return `value LIKE pattern`, or `ILIKE`."""
    return (exp.ILike if any_case else exp.Like)(this=grouped(value), expression=pattern)


def matches_words(vector: Tree, query: Tree) -> Tree:
    """Return `vector @@ query`."""
    return exp.MatchAgainst(this=query, expressions=[vector])


def joined(*texts: Tree) -> Tree:
    """Return `a || b || …`: null when one is null."""
    first, *others = [grouped(each) for each in texts]
    found = first
    for each in others:
        found = exp.DPipe(this=found, expression=each)
    return found


def array(values: Iterable[Tree]) -> Tree:
    """Return `ARRAY[a, b, …]`."""
    return exp.Array(expressions=list(values))


def is_null(value: Tree) -> Tree:
    """Return `value IS NULL`."""
    return exp.Is(this=grouped(value), expression=exp.Null())


def is_not_null(value: Tree) -> Tree:
    """Return `value IS NOT NULL`."""
    return exp.Is(this=grouped(value), expression=exp.Null(), negate=True)


def is_not_true(condition: Tree) -> Tree:
    """Return `condition IS NOT TRUE`: the complement that is never null."""
    return exp.Is(this=grouped(condition), expression=exp.Boolean(this=True), negate=True)


def all_of(*conditions: Tree) -> Tree:
    """Return the conjunction, without what always holds; `TRUE` of none."""
    needed = [each for each in conditions if each != true()]
    return _combined(exp.And, needed) if needed else true()


def any_of(*conditions: Tree) -> Tree:
    """Return the disjunction; `FALSE` of none."""
    return _combined(exp.Or, conditions) if conditions else false()


def case(condition: Tree, value: Tree, otherwise: Tree | None = None) -> exp.Case:
    """Return `CASE WHEN condition THEN value [ELSE otherwise] END`."""
    return exp.Case(ifs=[exp.If(this=condition, true=value)], default=otherwise)


def exists(select: exp.Select) -> Tree:
    """Return `EXISTS (select)`."""
    return exp.Exists(this=select)


def negated(condition: Tree) -> Tree:
    """Return `NOT condition`, for a condition that is never null."""
    return exp.Not(this=grouped(condition))


def star() -> Tree:
    """Return `*`, of count(*)."""
    return exp.Star()


def distinct(value: Tree) -> Tree:
    """Return `DISTINCT value`, an argument of an aggregate function."""
    return exp.Distinct(expressions=[value])


def plus(value: Tree, more: int) -> Tree:
    """Return `value + more`."""
    return exp.Add(this=grouped(value), expression=number(more))


def union_all(left: exp.Select, right: exp.Select) -> Tree:
    """Return `(left) UNION ALL (right)`."""
    return exp.Union(this=exp.Subquery(this=left), expression=exp.Subquery(this=right), distinct=False)


def in_utc(value: Tree) -> Tree:
    """Return `value AT TIME ZONE 'UTC'`."""
    return exp.AtTimeZone(this=grouped(value), zone=text("UTC"))


def row(*values: Tree) -> Tree:
    """Return `(a, b, …)`."""
    return exp.Tuple(expressions=list(values))


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


def concatenated(fragments: Sequence[Tree]) -> Tree:
    """Return `concat(…)` of any number of fragments; nulls count as empty. Literals that meet are written as one."""
    merged: list[Tree] = []
    for each in fragments:
        before = merged[-1] if merged else None
        if _is_text(each) and before is not None and _is_text(before):
            merged[-1] = text(before.name + each.name)
        else:
            merged.append(each)
    return _chunked(merged)


def listed(values: Sequence[Tree]) -> Tree:
    """Return `concat_ws(', ', …)` of any number of texts, leaving out nulls."""
    if not values:
        return text("")
    if len(values) <= MAX_ARGUMENTS:
        return call("concat_ws", text(", "), *values)
    chunks = [listed(values[start : start + MAX_ARGUMENTS]) for start in range(0, len(values), MAX_ARGUMENTS)]
    return listed([call("nullif", each, text("")) for each in chunks])


def _chunked(values: Sequence[Tree]) -> Tree:
    while len(values) > MAX_ARGUMENTS:
        chunks = [values[start : start + MAX_ARGUMENTS] for start in range(0, len(values), MAX_ARGUMENTS)]
        values = [call("concat", *chunk) for chunk in chunks]
    return call("concat", *values)


def _is_text(value: Tree) -> bool:
    return isinstance(value, exp.Literal) and bool(value.is_string)


def _combined(kind: type[exp.Connector], conditions: Sequence[Tree]) -> Tree:
    first, *others = conditions
    found = _single(first) if others else first
    for each in others:
        found = kind(this=found, expression=_single(each))
    return found


def _single(condition: Tree) -> Tree:
    return exp.Paren(this=condition) if isinstance(condition, exp.Connector) else condition
