"""One JSON value of a filter → the value that PostgreSQL is given for a field's type.

Start at `scalar`. Raises only `Unfit`, whose reason tells the caller what to send instead.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import assert_never
from uuid import UUID

from janua.errors import InvalidId
from janua.model.identifiers import parse_id
from janua.model.json import dumps, loads
from janua.model.types import Boolean, Date, DateTime, Enum, Integer, Json, Number, Scalar, Text, Time, Uuid
from janua.query.limits import QueryLimits

ScalarValue = str | Decimal | bool | UUID

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_DATE_ONLY, _TIME_ONLY, _DATE_TIME = (re.compile(each) for each in (_DATE, _TIME, f"{_DATE}[Tt]{_TIME}"))


class Unfit(Exception):
    """The value cannot be compared with the field; the argument says what is expected."""


def scalar(type: Scalar, raw: Json, limits: QueryLimits, *, text: bool) -> ScalarValue:
    """Return the value of `raw` for a field of this type; `text`: all values were asked as text (`true`, `10`)."""
    match type:
        case Text():
            return string(raw)
        case Uuid():
            return _uuid(raw)
        case Enum():
            return _member(type, string(raw))
        case Integer() | Number():
            return _number(raw, limits.number_digits)
        case Boolean():
            return boolean(raw, text=text)
        case DateTime():
            return _shaped(raw, _is_date_time, "a date-time like 2026-01-31T12:00:00Z (write + as %2B in a URL)")
        case Date():
            return _shaped(raw, _is_date, "a date like 2026-01-31")
        case Time():
            return _shaped(raw, _is_time, "a time like 12:00:00Z (write + as %2B in a URL)")
        case _:
            assert_never(type)


def string(raw: Json) -> str:
    """Return a string that PostgreSQL can take: without NUL, and encodable."""
    if not isinstance(raw, str):
        raise Unfit(f"expects a string, not {kind(raw)}")
    if "\x00" in raw:
        raise Unfit("a string cannot hold the character NUL")
    if not raw.isascii() and any("\ud800" <= each <= "\udfff" for each in raw):
        raise Unfit("a string cannot hold half of a surrogate pair")
    return raw


def boolean(raw: Json, *, text: bool) -> bool:
    """Return true or false."""
    found = {"true": True, "false": False}.get(raw) if text and isinstance(raw, str) else raw
    if not isinstance(found, bool):
        raise Unfit(f"expects true or false, not {kind(raw)}")
    return found


def json_text(raw: Json, limits: QueryLimits, *, text: bool, strict: bool) -> str:
    """Return the JSON text of any value. In `text`, a string is read as JSON; what is none stands for itself.

    `strict`: text that is not JSON is an error.
    """
    value = _read_json(raw, strict=strict) if text and isinstance(raw, str) else raw
    _check_json(value, limits)
    return dumps(value)


def kind(raw: Json) -> str:
    """Return what a JSON value is, for a message."""
    match raw:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "a number"


def _member(type: Enum, value: str) -> str:
    if any(each.value == value for each in type.values):
        return value
    listed = ", ".join(each.value for each in type.values[:20])
    raise Unfit(f"expects one of {listed}{', …' if len(type.values) > 20 else ''}")


def _number(raw: Json, digits: int) -> Decimal:
    if isinstance(raw, str):
        if len(raw) > 2 * digits + 20 or not _NUMBER.fullmatch(raw):
            raise Unfit("expects a number")
        return _exact(_read_decimal(raw, digits), digits)
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise Unfit(f"expects a number, not {kind(raw)}")
    if isinstance(raw, int) and raw.bit_length() > 4 * digits:
        raise Unfit(_too_long(digits))
    return _exact(Decimal(str(raw)) if isinstance(raw, float) else Decimal(raw), digits)


def _read_decimal(text: str, digits: int) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what `decimal` can hold
        raise Unfit(_too_long(digits)) from None


def _exact(value: Decimal, digits: int) -> Decimal:
    if not value:
        return Decimal(0)
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or value.adjusted() >= digits or -exponent > digits:
        raise Unfit(_too_long(digits))
    return Decimal(f"{value:f}")


def _too_long(digits: int) -> str:
    return f"a number has at most {digits} digits before and after its point"


def _shaped(raw: Json, fits: Callable[[str], bool], expected: str) -> str:
    value = string(raw)
    if not fits(value):
        raise Unfit(f"expects {expected}")
    return value


def _is_date_time(value: str) -> bool:
    return _in_calendar(_DATE_TIME.fullmatch(value))


def _is_date(value: str) -> bool:
    return _in_calendar(_DATE_ONLY.fullmatch(value))


def _is_time(value: str) -> bool:
    return _TIME_ONLY.fullmatch(value) is not None


def _in_calendar(found: re.Match[str] | None) -> bool:
    if found is None:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    return True


def _uuid(raw: Json) -> UUID:
    try:
        return parse_id(string(raw))
    except InvalidId:
        raise Unfit("expects a UUID like 0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77") from None


def _read_json(raw: str, *, strict: bool) -> Json:
    try:
        return loads(raw)
    except ValueError as error:
        if strict:
            raise Unfit('expects JSON, as in {"color":"red"}') from error
        return raw


def _check_json(value: Json, limits: QueryLimits) -> None:
    pending: list[tuple[Json, int]] = [(value, 0)]
    while pending:
        each, depth = pending.pop()
        if depth > limits.filter_depth:
            raise Unfit(f"JSON is nested at most {limits.filter_depth} levels deep")
        match each:
            case str():
                string(each)
            case dict():
                pending.extend((string(name), depth) for name in each)
                pending.extend((member, depth + 1) for member in each.values())
            case list():
                pending.extend((element, depth + 1) for element in each)
            case None | bool():
                pass
            case _:
                _number(each, limits.number_digits)
