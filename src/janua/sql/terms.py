"""The words of SQL as sqlglot trees: names, literals, operators.

Nothing is parsed here: caller text can only become a quoted identifier (`name`) or a literal (`text`), the two
quoting functions of this project. Operators put brackets around operands that need them.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from sqlglot import exp

Tree = exp.Expr
SqlType = Literal[
    "text", "numeric", "boolean", "jsonb", "uuid", "timestamptz", "bigint", "int", "bytea", "jsonpath", "interval",
    "xid",
]  # fmt: skip
ArrayType = Literal["text[]", "numeric[]", "boolean[]", "jsonb[]", "uuid[]", "timestamptz[]", "int[]", "bigint[]"]
Comparison = Literal["=", ">", ">=", "<", "<="]

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


def call(function: str, *arguments: Tree) -> Tree:
    """Return a call of one of PostgreSQL's own functions."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def own(function: str, *arguments: Tree) -> Tree:
    """Return a call of one of Janua's functions."""
    return exp.Dot(this=exp.Identifier(this="janua", quoted=False), expression=call(function, *arguments))


def cast(value: Tree, to: SqlType | ArrayType) -> exp.Cast:
    """Return `CAST(value AS to)`."""
    return exp.Cast(this=value, to=exp.DataType.build(to, dialect="postgres", udt=to in ("jsonpath", "xid")))


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


def in_utc(value: Tree) -> Tree:
    """Return `value AT TIME ZONE 'UTC'`."""
    return exp.AtTimeZone(this=grouped(value), zone=text("UTC"))


def row(*values: Tree) -> Tree:
    """Return `(a, b, …)`."""
    return exp.Tuple(expressions=list(values))


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
