"""Queries that differ in their operands only have one pattern: they are planned once, and run with their own values.

`pattern_of` is what a plan depends on; `with_variables` is the query that is planned for it, with a `Variable` for each
operand and for the cursor; `lookup_in` finds what they stand for in one query. GraphQL's variables say themselves what
may vary (see `api.graphql.shaping`); in REST any operand may.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, cast

from janua.errors import InvalidCursor
from janua.model.types import Json
from janua.query.ast import Raw, RawFilter, ReadQuery, Variable
from janua.query.cursor import nulls_of
from janua.query.variables import Lookup

OPERAND: Final = "*"
OPERANDS: Final = "*,"
NOTHING: Final = "[]"
DEEPEST: Final = 12
MOST_NAMES: Final = 64
"""Larger filters are rare; looking for their pattern would cost others more than planning them costs who asks."""
CURSOR: Final = "cursor"
TEXTS_OF_BOOLEANS: Final = ("true", "false")
"""A plan depends on operands that are true or false, which are texts in the short form."""


class _TooLarge(Exception):
    """The filter is too large to have a pattern."""


def pattern_of(query: ReadQuery) -> Hashable | None:
    """Return what a plan of this query depends on, the catalog apart; None where it is not worth finding out."""
    page = query.page
    try:
        filters = (_pattern(query.where, DEEPEST), _pattern(query.short, DEEPEST))
        cursors = (_nulls(page.after), _nulls(page.before))
    except (_TooLarge, InvalidCursor):
        return None
    size = (page.first, page.last, page.offset)
    shown = (query.order, query.fields, query.include, query.count, query.spelling)
    return (query.collection, filters, cursors, size, shown)


def with_variables(query: ReadQuery) -> ReadQuery:
    """Return a query with variables that has the same pattern."""
    after, before = query.page.after, query.page.before
    page = replace(query.page, after=_cursor(after), before=_cursor(before))
    where, short = (_placed(getattr(query, each), (each,)) for each in ("where", "short"))
    return replace(query, where=cast("RawFilter | None", where), short=cast("RawFilter | None", short), page=page)


def lookup_in(query: ReadQuery, boundary: Sequence[str | None] | None) -> Lookup:
    """Return what the variables of `with_variables` stand for; `boundary` are the order values of the cursor."""
    given = {"where": query.where, "short": query.short, CURSOR: boundary}

    def look_up(variable: Variable) -> Json:
        found: object = given
        for key in variable.path:
            found = cast("Mapping[str | int, object]", found)[key]
        return cast("Json", found)

    return look_up


def _pattern(raw: Raw, depth: int) -> Hashable:
    match raw:
        case None | bool():
            return raw
        case str():
            return raw if raw in TEXTS_OF_BOOLEANS else OPERAND
        case int() | float() | Decimal():
            return OPERAND
        case dict() if depth and len(raw) <= MOST_NAMES:
            return tuple([(name, _pattern(each, depth - 1)) for name, each in raw.items()])
        case list() if not _has_parts(raw):
            return OPERANDS if raw else NOTHING
        case list() if depth and len(raw) <= MOST_NAMES:
            return ("[", *[_pattern(each, depth - 1) for each in raw])
        case _:
            raise _TooLarge


def _placed(raw: Raw, path: tuple[str | int, ...]) -> Raw:
    """Return a filter with variables in place of what its pattern leaves out."""
    match raw:
        case dict():
            return {name: _placed(each, (*path, name)) for name, each in raw.items()}
        case list() if _has_parts(raw):
            return [_placed(each, (*path, place)) for place, each in enumerate(raw)]
        case None | bool() | []:
            return raw
        case str() if raw in TEXTS_OF_BOOLEANS:
            return raw
        case _:
            return Variable(path)


def _has_parts(raw: Sequence[Raw]) -> bool:
    return any(isinstance(each, dict | list) for each in raw)


def _nulls(cursor: str | Variable | None) -> tuple[bool, ...] | None:
    if isinstance(cursor, Variable):
        raise _TooLarge
    return None if cursor is None else nulls_of(cursor)


def _cursor(cursor: str | Variable | None) -> Variable | None:
    return Variable((CURSOR,), nulls_of(cursor)) if isinstance(cursor, str) else None
