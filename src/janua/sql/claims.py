"""Which operators an index serves, by its kind and the type it is on.

The docs show this table, and a test holds PostgreSQL's plans against it. An index serves an operator when PostgreSQL
narrows the search by it; complements (`ne`, `notIn`, `_not`, `every`, `none`) are served by no index.
"""

from typing import assert_never

from janua.model.collection import IndexKind
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.query.operators import Operator

_ORDERED: tuple[Operator, ...] = ("eq", "in", "gt", "gte", "lt", "lte")
_ABSENT: tuple[Operator, ...] = ("isNull", "exists")
_PATTERNS: tuple[Operator, ...] = ("contains", "startsWith", "endsWith", "icontains", "ieq", "like", "ilike")


def claims(kind: IndexKind, type: Type) -> tuple[Operator, ...]:
    """Return the operators that an index serves on values of a type.

    `isNull` and `exists` are served where they ask for what is absent (`isNull: true`, `exists: false`).
    """
    match kind:
        case "btree":
            return _of_btree(type)
        case "gin":
            return _of_gin(type)
        case "trigram":
            return _PATTERNS if isinstance(type, Text) else ()
        case "fulltext":
            return ("search",) if isinstance(type, Text) else ()
        case _:
            assert_never(kind)


def _of_btree(type: Type) -> tuple[Operator, ...]:
    match type:
        case Text():
            return (*_ORDERED, "startsWith", *_ABSENT)
        case Enum() | Integer() | Number() | DateTime() | Date() | Time() | Uuid():
            return (*_ORDERED, *_ABSENT)
        case Boolean():
            return ("eq", "in", *_ABSENT)
        case Array() | Object() | Union() | Anything():
            return ()
        case _:
            assert_never(type)


def _of_gin(type: Type) -> tuple[Operator, ...]:
    match type:
        case Array(items):
            return (*_of_elements(items), "containsJson")
        case Anything():
            return ("eq", "containsJson")
        case Object() | Union():
            return ("containsJson",)
        case _:
            return ()


def _of_elements(items: Type) -> tuple[Operator, ...]:
    match items:
        case Text() | Enum() | Integer() | Number() | Boolean() | Date():
            return ("has", "hasAny", "hasAll")
        case Array() | Object() | Union() | Anything():
            return ("has", "hasAll")
        case DateTime() | Time() | Uuid():
            return ()
        case _:
            assert_never(items)
