"""Exact JSON text: what is read keeps every digit, what is written is what was read.

`loads` reads text into a `Json` value, `dumps` writes one. Neither ever makes a float of a number.
"""

import math
from decimal import Decimal
from json.encoder import encode_basestring
from typing import assert_never

import jiter

from janua.model.types import Json


def loads(text: str | bytes) -> Json:
    """Return the value of one JSON text.

    Raises: `ValueError` for anything RFC 8259 does not allow, duplicate keys, NaN and infinities, lone surrogates, and
    nesting beyond what the parser takes (about 200 levels).
    """
    encoded = text.encode() if isinstance(text, str) else text
    return jiter.from_json(encoded, allow_inf_nan=False, catch_duplicate_keys=True, float_mode="decimal")


def dumps(value: Json, *, sort_keys: bool = False) -> str:
    """Return the JSON text of a value, without spaces; integers and decimals exactly, other characters unescaped.

    Recursive: check the depth of foreign values first. Raises: `ValueError` for NaN and infinities.
    """
    parts: list[str] = []
    _write(value, parts, sort_keys)
    return "".join(parts)


def _write(value: Json, parts: list[str], sort_keys: bool) -> None:
    match value:
        case None:
            parts.append("null")
        case bool():
            parts.append("true" if value else "false")
        case str():
            parts.append(encode_basestring(value))
        case int() | float() | Decimal():
            parts.append(_number(value))
        case list():
            _write_list(value, parts, sort_keys)
        case dict():
            _write_object(value, parts, sort_keys)
        case _:
            assert_never(value)


def _number(value: float | Decimal) -> str:
    finite = value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)
    if not finite:
        raise ValueError("JSON has no NaN and no infinities")
    return str(value)


def _write_list(value: list[Json], parts: list[str], sort_keys: bool) -> None:
    parts.append("[")
    for place, each in enumerate(value):
        if place:
            parts.append(",")
        _write(each, parts, sort_keys)
    parts.append("]")


def _write_object(value: dict[str, Json], parts: list[str], sort_keys: bool) -> None:
    parts.append("{")
    for place, name in enumerate(sorted(value) if sort_keys else value):
        parts.append("," if place else "")
        parts.append(encode_basestring(name))
        parts.append(":")
        _write(value[name], parts, sort_keys)
    parts.append("}")
