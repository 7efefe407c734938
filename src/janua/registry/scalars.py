"""The types of strings and whole numbers.

In: the shape of a value that is nothing else. Out: its type, with the bounds that all parts of the shape set.
"""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from janua.model.types import Date, DateTime, Integer, Json, Text, Time, Type, Uuid
from janua.registry.references import Place
from janua.registry.shapes import Shape, has_const, is_number

FORMATS: dict[str, Type] = {"date-time": DateTime(), "date": Date(), "time": Time(), "uuid": Uuid()}
"""Formats with a type of their own; they are asserted in every draft (see `engine`)."""
LONGEST = 2**31


def string_of(shape: Shape, listed: Sequence[str] | None) -> Type:
    """Return the type of strings, of which `listed` are the only ones if given."""
    for each in shape.parts:
        named = each.get("format")
        if isinstance(named, str) and named in FORMATS:
            return FORMATS[named]
    limits = [int(each) for each in shape.numbers("maxLength") if each < LONGEST]
    if listed is not None:
        limits.append(max(map(len, listed), default=0))
    return Text(min(limits, default=None))


def integer_of(shape: Shape) -> Integer:
    """Return the type of whole numbers within the tightest bounds that the parts set."""
    lower = [_whole(each, ROUND_CEILING) for each in shape.numbers("minimum")]
    upper = [_whole(each, ROUND_FLOOR) for each in shape.numbers("maximum")]
    for part in shape.parts:
        least, most = part.get("exclusiveMinimum"), part.get("exclusiveMaximum")
        # In draft 4 these are flags of the bound beside them.
        lower += _beyond(part.get("minimum") if least is True else least, 1)
        upper += _beyond(part.get("maximum") if most is True else most, -1)
    listed = [each for each in map(_listed_integers, shape.parts) if each]
    lower += [min(each) for each in listed]
    upper += [max(each) for each in listed]
    return Integer(max(lower, default=None), min(upper, default=None))


def _beyond(bound: Json, step: int) -> list[int]:
    if not is_number(bound):
        return []
    inside = _whole(bound, ROUND_FLOOR if step > 0 else ROUND_CEILING)
    return [inside + step]


def _whole(number: int | Decimal, rounding: str) -> int:
    return number if isinstance(number, int) else int(number.to_integral_value(rounding))


def _listed_integers(place: Place) -> list[int]:
    listed = place.get("enum")
    values = listed if isinstance(listed, list) else [place.get("const")] if has_const(place) else []
    return [int(each) for each in values if is_number(each)]
