"""GraphQL scalars that lose nothing: JSON values and literals → exact values of `model.types.Json`.

Variables come from `model.json.loads`: integers are `int`, other numbers `Decimal`. Answers are text that PostgreSQL
made, so output is coerced for the registry's fields only. Start at `SCALARS`; `String`, `Boolean` and `ID` are
GraphQL's own, as introspection uses them too.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self, cast

from graphql import (
    BooleanValueNode,
    ConstValueNode,
    EnumValueNode,
    FloatValueNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLScalarType,
    GraphQLString,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

from janua.model.identifiers import is_id
from janua.model.json import dumps
from janua.model.types import INT32, Date, DateTime, Json, Scalar, Time, Uuid
from janua.query.limits import QueryLimits
from janua.query.scalars import Unfit, kind, scalar

LIMITS = QueryLimits()
SHOWN_CHARACTERS = 100

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


class ExactScalar(GraphQLScalarType):
    """A scalar type that may be called `Int` or `Float`: GraphQL's own ones round."""

    def __new__(cls, name: str, *_: Any, **__: Any) -> Self:  # noqa: ANN401, ARG004 -- the signature it overrides
        """Return a new type, be its name one of GraphQL's own."""
        return object.__new__(cls)


def int32(value: object) -> int:
    """Return a whole number of 32 bits; `1.0` is one."""
    found = _whole(value)
    if found is None or found not in INT32:
        raise _refused("Int", "a whole number between -2147483648 and 2147483647", value)
    return found


def big_integer(value: object) -> int:
    """Return a whole number of any size, from a number or a string of digits."""
    found = int(value) if isinstance(value, str) and _is_integer(value) else _whole(value)
    if found is None:
        raise _refused("BigInt", 'a whole number, or a string of one like "9007199254740993"', value)
    return found


def number(value: object) -> int | Decimal:
    """Return a number as it is."""
    match value:
        case int() | Decimal() if not isinstance(value, bool):
            return value
        case float():
            return Decimal(repr(value))
        case _:
            raise _refused("Float", "a number", value)


def decimal(value: object) -> int | Decimal:
    """Return a number from a number or a string of one."""
    if isinstance(value, str) and len(value) <= LIMITS.number_digits and _NUMBER.fullmatch(value):
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise _refused("Decimal", 'a number, or a string of one like "19.99"', value)
    return number(value)


def any_json(value: object) -> Json:
    """Return any JSON value as it is."""
    return cast(Json, value)


def literal(node: ValueNode) -> Json:
    """Return the JSON value that a literal spells, every digit of it."""
    match node:
        case NullValueNode():
            return None
        case BooleanValueNode(value=flag):
            return flag
        case IntValueNode(value=digits):
            return int(digits)
        case FloatValueNode(value=digits):
            return Decimal(digits)
        case StringValueNode(value=text):
            return text
        case ListValueNode(values=values):
            return [literal(each) for each in values]
        case ObjectValueNode(fields=fields):
            return {each.name.value: literal(each.value) for each in fields}
        case EnumValueNode(value=name):
            raise GraphQLError(f"JSON has no value {name}; strings are written in double quotes", node)
        case _:
            raise GraphQLError("this is not a JSON value", node)


def as_literal(value: object) -> ConstValueNode:
    """Return the literal of a JSON value: variables inside literals of `JSON` pass through it."""
    match value:
        case None:
            return NullValueNode()
        case bool():
            return BooleanValueNode(value=value)
        case str():
            return StringValueNode(value=value, block=False)
        case int():
            return IntValueNode(value=str(value))
        case float() | Decimal():
            return FloatValueNode(value=str(value))
        case list():
            values = tuple(as_literal(each) for each in cast(list[object], value))
            return cast(ConstValueNode, ListValueNode(values=values))
        case dict():
            members = cast(dict[str, object], value).items()
            fields = tuple(ObjectFieldNode(name=NameNode(value=name), value=as_literal(each)) for name, each in members)
            return cast(ConstValueNode, ObjectValueNode(fields=fields))
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def instant_text(value: object) -> object:
    """Return a time of the registry in RFC 3339, in UTC."""
    if not isinstance(value, datetime):
        return value
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _scalar(
    name: str, description: str, read: Callable[[object], object], write: Callable[[object], object] = any_json
) -> GraphQLScalarType:
    return ExactScalar(
        name,
        description=description,
        coerce_output_value=write,
        coerce_input_value=read,
        coerce_input_literal=lambda node: _read_literal(read, node),
        value_to_literal=as_literal,
    )


def _read_literal(read: Callable[[object], object], node: ValueNode) -> object:
    """Return what a literal spells; what is wrong with it is said to be where it stands."""
    try:
        return read(literal(node))
    except GraphQLError as error:
        raise GraphQLError(error.message, error.nodes or node) from None


def _text(name: str, type: Scalar, description: str) -> GraphQLScalarType:
    """Return a scalar of strings that a filter on this type would take."""

    def read(value: object) -> str:
        # By far the most, and there are many of them where many records are written.
        if isinstance(type, Uuid) and isinstance(value, str) and is_id(value):
            return value
        try:
            scalar(type, cast(Json, value), LIMITS, text=False)
        except Unfit as error:
            expected = str(error).partition(" (")[0].partition(", not")[0]
            raise GraphQLError(f"{name} {expected}, not {_shown(value)}") from None
        return cast(str, value)

    return _scalar(name, description, read, instant_text)


def _whole(value: object) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return value
        case float() | Decimal():
            return _exactly(Decimal(value))
        case _:
            return None


def _exactly(value: Decimal) -> int | None:
    # The bound keeps 1e999999999 from becoming a number of that many digits.
    if not value.is_finite() or value.adjusted() > LIMITS.number_digits or value != value.to_integral_value():
        return None
    return int(value)


def _is_integer(text: str) -> bool:
    return len(text) <= LIMITS.number_digits and _INTEGER.fullmatch(text) is not None


def _refused(name: str, expected: str, value: object) -> GraphQLError:
    return GraphQLError(f"{name} expects {expected}, not {_shown(value)}")


def _shown(value: object) -> str:
    if value is None or isinstance(value, bool | list | dict):
        return kind(cast(Json, value))
    text = dumps(cast(Json, value))
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


INT = _scalar("Int", "A whole number of 32 bits.", int32)
BIG_INT = _scalar(
    "BigInt", "A whole number of any size: a JSON number with every digit. Takes a string too.", big_integer
)
FLOAT = _scalar("Float", "A number, exactly as it was written.", number)
DECIMAL = _scalar("Decimal", "A number of any precision, a JSON number; takes a string too.", decimal)
JSON = _scalar("JSON", "Any JSON value.", any_json)
DATE_TIME = _text("DateTime", DateTime(), "An instant in RFC 3339, like 2026-01-31T12:00:00Z.")
DATE = _text("Date", Date(), "A date like 2026-01-31.")
TIME = _text("Time", Time(), "A time of day with its offset, like 12:00:00Z.")
UUID = _text("UUID", Uuid(), "A UUID like 0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77.")
STRING, BOOLEAN, ID = GraphQLString, GraphQLBoolean, GraphQLID

SCALARS: Mapping[str, GraphQLScalarType] = {
    each.name: each for each in (ID, STRING, INT, BIG_INT, FLOAT, DECIMAL, BOOLEAN, DATE_TIME, DATE, TIME, UUID, JSON)
}
"""Every scalar that collections use, by name."""
