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
    return _text(value, sort_keys)


def _text(value: Json, sort_keys: bool) -> str:
    # In the order of how often they come: this is on the way of every write.
    if isinstance(value, str):
        return encode_basestring(value)
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return _number(value)
        case dict():
            names = sorted(value) if sort_keys else value
            members = [f"{encode_basestring(each)}:{_text(value[each], sort_keys)}" for each in names]
            return f"{{{','.join(members)}}}"
        case list():
            return f"[{','.join([_text(each, sort_keys) for each in value])}]"
        case _:
            assert_never(value)


def _number(value: float | Decimal) -> str:
    finite = value.is_finite() if isinstance(value, Decimal) else isinstance(value, int) or math.isfinite(value)
    if not finite:
        raise ValueError("JSON has no NaN and no infinities")
    return str(value)
