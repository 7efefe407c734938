"""The one table of filter operators: what each is called, what it takes, and on which types it stands.

GraphQL input types, REST parameters, the command line, the docs and the differential test are generated from it:
an operator added here appears in all of them.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

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

Operator = Literal[
    "eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte", "isNull", "exists",
    "contains", "startsWith", "endsWith", "icontains", "ieq", "like", "ilike", "search",
    "has", "hasAny", "hasAll", "isEmpty", "containsJson",
]  # fmt: skip
PresenceOperator = Literal["isNull", "exists", "isEmpty"]
"""The operators whose operand is true or false."""

OperandKind = Literal["value", "values", "boolean", "string", "json"]
"""What an operand is: one value of the field's (or element's) type, a list of them, true/false, a string, any JSON."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an operator takes and, in one sentence for the docs, when it holds."""

    operand: OperandKind
    holds_when: str


MEANINGS: dict[Operator, Meaning] = {
    "eq": Meaning("value", "the value is equal; a missing or null value is not"),
    "ne": Meaning("value", "`eq` does not hold: missing and null values match"),
    "in": Meaning("values", "the value equals one of the list; an empty list matches nothing"),
    "notIn": Meaning("values", "`in` does not hold"),
    "gt": Meaning("value", "the value is greater"),
    "gte": Meaning("value", "the value is greater or equal"),
    "lt": Meaning("value", "the value is less"),
    "lte": Meaning("value", "the value is less or equal"),
    "isNull": Meaning("boolean", "the value is null or missing (`true`), or neither (`false`)"),
    "exists": Meaning("boolean", "the property is present, be it null (`true`), or missing (`false`)"),
    "contains": Meaning("string", "the string contains this one"),
    "startsWith": Meaning("string", "the string starts with this one"),
    "endsWith": Meaning("string", "the string ends with this one"),
    "icontains": Meaning("string", "the string contains this one, whatever the case of letters"),
    "ieq": Meaning("string", "the string is equal, whatever the case of letters"),
    "like": Meaning("string", "the string matches the pattern: `%` any run, `_` one character, `\\` escapes"),
    "ilike": Meaning("string", "`like`, whatever the case of letters"),
    "search": Meaning("string", "the text has these words (web search syntax: quotes, `or`, `-`)"),
    "has": Meaning("value", "the array has this element"),
    "hasAny": Meaning("values", "the array has at least one of these elements; an empty list matches nothing"),
    "hasAll": Meaning("values", "the array has all of these elements; an empty list matches everything"),
    "isEmpty": Meaning("boolean", "the array has no elements, is null or is missing (`true`), or has some (`false`)"),
    "containsJson": Meaning("json", "the JSON value contains this one (PostgreSQL's `@>`)"),
}

_EQUALITY: tuple[Operator, ...] = ("eq", "ne", "in", "notIn")
_RANGE: tuple[Operator, ...] = ("gt", "gte", "lt", "lte")
_PRESENCE: tuple[Operator, ...] = ("isNull", "exists")
_STRING: tuple[Operator, ...] = (
    "contains", "startsWith", "endsWith", "icontains", "ieq", "like", "ilike", "search",
)  # fmt: skip
_ELEMENTS: tuple[Operator, ...] = ("has", "hasAny", "hasAll", "isEmpty")


def operators_of(type: Type) -> tuple[Operator, ...]:
    """Return the operators that stand on values of this type, in the order the docs show them."""
    match type:
        case Text():
            return _EQUALITY + _RANGE + _PRESENCE + _STRING
        case Integer() | Number() | DateTime() | Date() | Time() | Uuid():
            return _EQUALITY + _RANGE + _PRESENCE
        case Enum():
            return _EQUALITY + _RANGE + _PRESENCE
        case Boolean():
            return _EQUALITY + _PRESENCE
        case Array():
            return _ELEMENTS + _PRESENCE + ("containsJson",)
        case Object() | Union():
            return (*_PRESENCE, "containsJson")
        case Anything():
            return ("eq", "ne", *_PRESENCE, "containsJson")
        case _:
            assert_never(type)
