"""The page of a read: which records of the order are wanted → limit, offset, direction and boundary.

REST has one `limit`, for pages in both directions; GraphQL has `first` with `after` and `last` with `before`. Start at
`resolve_page`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from janua.errors import InvalidCursor, InvalidQuery, QueryTooLarge
from janua.query.ast import PageRequest, Spelling, Variable
from janua.query.limits import QueryLimits
from janua.query.nodes import Always, Filter
from janua.query.variables import Deferred

COMMON_SIZES: Final = frozenset((10, 20, 25, 50, 100))
Boundary = tuple["str | Deferred[str] | None", ...]
"""The order values at the boundary of a page."""


@dataclass(frozen=True, slots=True)
class Page:
    """`size` records, after skipping `offset`, starting at the record with the order values `boundary`, exclusive.

    `backward`: the page ends there, or at the end of the order, instead.
    """

    size: int
    offset: int | None
    backward: bool
    boundary: Boundary | None


def resolve_page(
    asked: PageRequest, spelling: Spelling, limits: QueryLimits, read: Callable[[str | Variable], Boundary], keys: int
) -> Page:
    """Return the page that was asked for, in an order of `keys` keys; `read` reads a cursor.

    Raises: `InvalidQuery` for what contradicts itself, `QueryTooLarge` above the limits, `InvalidCursor`.
    """
    _check_consistent(asked, spelling)
    backward = asked.last is not None or asked.before is not None
    size = _size(asked.first if asked.last is None else asked.last, _size_name(spelling, backward), limits)
    cursor = asked.before if backward else asked.after
    boundary = None if cursor is None else read(cursor)
    if boundary is not None and len(boundary) != keys:
        raise InvalidCursor
    return Page(size, _offset(asked.offset, limits), backward, boundary)


def written_size(size: int, condition: Filter, limits: QueryLimits) -> int | None:
    """Return the size of a page if the statement is to have it written in, None if it is to be a parameter.

    Of a page with a limit that it does not know, PostgreSQL thinks that it is a tenth of the table; so it makes a plan
    for the values, each time anew, which takes as long as to read the page. That is wanted of a page with a filter:
    what is best depends on how rare a value is. Without a filter it does not, and the plan that is kept is as good.
    Each size is a statement that every connection keeps, so that only common ones are.
    """
    is_common = size in COMMON_SIZES or size == limits.page_default
    return size if is_common and condition == Always(holds=True) else None


def _check_consistent(asked: PageRequest, spelling: Spelling) -> None:
    first, last, after, before = (each is not None for each in (asked.first, asked.last, asked.after, asked.before))
    if after and before:
        raise InvalidQuery("before", "cannot be combined with after")
    if first and last:
        raise InvalidQuery("last", "cannot be combined with first")
    if first and before and spelling == "graphql":
        raise InvalidQuery("before", "goes with last, not with first")
    if last and after:
        raise InvalidQuery("after", "goes with first, not with last")
    if asked.offset is not None and (after or before or last):
        raise InvalidQuery("offset", "cannot be combined with a cursor or with last")


def _size_name(spelling: Spelling, backward: bool) -> str:
    if spelling == "rest":
        return "limit"
    return "last" if backward else "first"


def _size(asked: int | None, parameter: str, limits: QueryLimits) -> int:
    size = min(limits.page_default, limits.page_limit) if asked is None else asked
    if size < 0:
        raise InvalidQuery(parameter, "cannot be negative")
    if size > limits.page_limit:
        raise QueryTooLarge("records a page", size, limits.page_limit, "limits.page_limit")
    return size


def _offset(asked: int | None, limits: QueryLimits) -> int | None:
    if asked is None:
        return None
    if asked < 0:
        raise InvalidQuery("offset", "cannot be negative")
    if asked > limits.offset_limit:
        raise QueryTooLarge("records to skip", asked, limits.offset_limit)
    return asked
