"""How wide a value of a type is in a btree index: for who declares one, and for who has to keep within it.

Start at `key_width`.
"""

from typing import assert_never

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

SHORT_TEXT = 512
"""Text of at most so many characters is indexed as a whole, longer text by its beginning."""
LONG_TEXT_KEY = 128

_BYTES_OF_A_CHARACTER = 4
_BYTES_OF_A_NUMBER = 520
_BYTES_OF_OTHERS = 40


def key_width(type: Type) -> int | None:
    """Return the bytes that a key of this type takes at most in a btree index; None for types without an order."""
    match type:
        case Text(max_length=longest):
            return _text_width(longest)
        case Enum(values=values):
            return _text_width(max((len(each.value) for each in values), default=0))
        case Integer(minimum, maximum) if minimum is not None and maximum is not None:
            return 12 + max(len(str(abs(minimum))), len(str(abs(maximum)))) // 2
        case Integer() | Number():
            return _BYTES_OF_A_NUMBER
        case Boolean() | DateTime() | Date() | Time() | Uuid():
            return _BYTES_OF_OTHERS
        case Array() | Object() | Union() | Anything():
            return None
        case _:
            assert_never(type)


def _text_width(longest: int | None) -> int:
    whole = longest is not None and longest <= SHORT_TEXT
    return (longest if whole and longest is not None else LONG_TEXT_KEY) * _BYTES_OF_A_CHARACTER
