"""The queries that REST, GraphQL and the command line make, before anything is resolved.

Filters stay JSON here (the filter language is JSON in every face); `plan` gives them meaning. `spelling` says
whose field names a query uses: `Field.rest` or `Field.graphql`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

Spelling = Literal["rest", "graphql"]


@dataclass(frozen=True, slots=True)
class Variable:
    """Stands for a value that is given with each run of a query: `path` leads to it, through objects and lists.

    So a query is planned once for all values; it is never null, and a list that it stands for is never empty. Of one
    that is a cursor, `nulls` says which of its order values are null: the plan depends on that.
    """

    path: tuple[str | int, ...]
    nulls: tuple[bool, ...] | None = None


Raw: TypeAlias = "Mapping[str, Raw] | Sequence[Raw] | Variable | str | int | float | Decimal | bool | None"
"""A JSON value as asked, with variables in it."""
RawFilter = Mapping[str, Raw]
Direction = Literal["asc", "desc"]
Nulls = Literal["first", "last"]
AggregateFunction = Literal["sum", "avg", "min", "max", "countDistinct"]


@dataclass(frozen=True, slots=True)
class OrderTerm:
    """One sort key: a path of field names, through nested objects and to-one relations.

    `nulls` None means that null is the largest value: last in ascending, first in descending order.
    """

    path: tuple[str, ...]
    direction: Direction = "asc"
    nulls: Nulls | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which part of the ordered records is wanted: the `first` after a cursor or the `last` before one."""

    first: int | None = None
    after: str | Variable | None = None
    last: int | None = None
    before: str | Variable | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class ReadQuery:
    """A page of records of one collection.

    `short` is a second filter whose operands are text, as the short form of REST and the command line give them
    (see `parse.parse_short`); both filters hold. `fields` restricts the data to these dotted field paths (None: all of
    it; `author.name` restricts that of an included author); `include` names relations, dotted for relations of
    relations; `count` asks for the exact total.
    """

    collection: str
    where: RawFilter | None = None
    order: tuple[OrderTerm, ...] = ()
    page: PageRequest = PageRequest()
    fields: tuple[str, ...] | None = None
    include: tuple[str, ...] = ()
    count: bool = False
    spelling: Spelling = "rest"
    short: RawFilter | None = None


@dataclass(frozen=True, slots=True)
class AggregateQuery:
    """Figures over the records that match, one group for each combination of `group_by` (dotted field paths).

    `measures` pairs a function with a dotted field path; the count of records always comes along. `short` is a filter
    with operands as text (see `ReadQuery`).
    """

    collection: str
    where: RawFilter | None = None
    group_by: tuple[str, ...] = ()
    measures: tuple[tuple[AggregateFunction, str], ...] = ()
    spelling: Spelling = "rest"
    short: RawFilter | None = None
