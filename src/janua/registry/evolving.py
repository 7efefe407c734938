"""What steps make of a document. Pure: a new value comes out, the old one stays as it was.

Start at `evolved`. Nothing is rounded, guessed or lost on the way: a value that a step cannot change exactly, or a
place that is taken already, makes the document one that the steps do not fit, with the number of the step and why.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, assert_never

from janua.errors import Violation
from janua.model.json import loads
from janua.model.names import pointer
from janua.model.types import Json
from janua.registry.places import MISSING, Found, Missing, Place, Unfit, changed_at, found_at, kind_of
from janua.registry.steps import Cast, Default, Join, Kind, Map, Move, Remove, Set, Split, Step
from janua.registry.values import key_of

LONGEST_TEXT: Final = 16 * 1024 * 1024
"""Characters that a join may make; a document has less room, but steps that double a string must not get there."""
SHOWN: Final = 40
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,9})?")


class UnfitDocument(Exception):
    """Steps do not fit a document; `violation` says which of them, where and why."""

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.message)
        self.violation = violation


def evolved(document: Json, steps: Sequence[Step]) -> Json:
    """Return what the steps make of a document, the same object when they change nothing.

    Raises: `UnfitDocument`.
    """
    after: Found = document
    for index, step in enumerate(steps):
        try:
            after = _applied(after, step)
        except Unfit as error:
            op = type(step).__name__.lower() if not (isinstance(step, Move) and step.keeps) else "copy"
            message = f"step {index} ({op}): {error.reason}"
            raise UnfitDocument(Violation(pointer(error.at), op, message, f"/steps/{index}")) from None
        if after is MISSING:
            raise UnfitDocument(Violation("", "steps", f"step {index} leaves no document", f"/steps/{index}"))
    assert after is not MISSING  # noqa: S101 -- narrows: no document is missing to begin with
    return after


def _applied(whole: Found, step: Step) -> Found:
    match step:
        case Move():
            return changed_at(whole, step.shared, lambda each, at: _moved(each, step, at))
        case Remove():
            return changed_at(whole, step.place, lambda _, __: MISSING)
        case Default():
            return changed_at(whole, step.place, lambda each, _: _or_default(each, step))
        case Set():
            return changed_at(whole, step.place, lambda _, __: step.value)
        case Cast():
            return changed_at(whole, step.place, lambda each, at: _cast(each, step.to, at))
        case Split():
            return changed_at(whole, step.shared, lambda each, at: _split(each, step, at))
        case Join():
            return changed_at(whole, step.shared, lambda each, at: _joined(each, step, at))
        case Map():
            return changed_at(whole, step.place, lambda each, _: _mapped(each, step))
        case _:
            assert_never(step)


def _or_default(value: Found, step: Default) -> Found:
    return step.value if value is MISSING or (step.nulls and value is None) else value


def _mapped(value: Found, step: Map) -> Found:
    if value is MISSING:
        return value
    # Null is no value that one forgot to list.
    otherwise = value if step.otherwise is MISSING or value is None else step.otherwise
    return step.values.get(key_of(value), otherwise)


def _moved(whole: Found, step: Move, at: Place) -> Found:
    value = found_at(whole, step.source)
    if value is MISSING:
        return whole
    left = whole if step.keeps else changed_at(whole, step.source, lambda _, __: MISSING, at)
    return _put(left, step.target, value, at, emptied=step.source[: len(step.target)] == step.target)


def _put(whole: Found, target: Place, value: Json, at: Place, *, emptied: bool = False) -> Found:
    """Put a value where there is none; `emptied`: or what it was taken out of, if that is empty now."""

    def put(there: Found, where: Place) -> Found:
        if there is MISSING or (emptied and there in ({}, [])):
            return value
        raise Unfit(where, f"{kind_of(there)} is there already; put a remove of it before this step")

    return changed_at(whole, target, put, at)


def _split(whole: Found, step: Split, at: Place) -> Found:
    value = found_at(whole, step.source)
    if value is MISSING or value is None or (isinstance(value, list) and not step.targets):
        return whole
    if not isinstance(value, str):
        raise Unfit((*at, *step.source), f"{kind_of(value)} cannot be split; cast it to a string before")
    most = len(step.targets) - 1 if step.targets else -1
    parts: list[Json] = [*value.split(step.by, most)] if value else []
    if not step.targets:
        return changed_at(whole, step.source, lambda _, __: parts, at)
    left = changed_at(whole, step.source, lambda _, __: MISSING, at)
    for target, part in zip(step.targets, parts, strict=False):
        left = _put(left, target, part, at)
    return left


def _joined(whole: Found, step: Join, at: Place) -> Found:
    if not step.sources:
        return changed_at(whole, step.target, lambda each, where: _joined_array(each, step.by, where), at)
    parts: list[Found] = []
    left = whole
    for each in step.sources:
        parts.append(_part(found_at(whole, each), (*at, *each)))
        left = changed_at(left, each, lambda _, __: MISSING, at)
    there = [each for each in parts if isinstance(each, str)]
    if not there:
        # Nulls among them are lost with what they were null of only when something takes their place.
        return whole
    return _put(left, step.target, _text(there, step.by, at), at)


def _joined_array(value: Found, by: str, at: Place) -> Found:
    if value is MISSING or value is None or isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise Unfit(at, f"{kind_of(value)} cannot be joined; it takes an array of strings")
    parts = [_part(each, (*at, str(place))) for place, each in enumerate(value)]
    return _text([each for each in parts if isinstance(each, str)], by, at)


def _part(value: Found, at: Place) -> Found:
    if value is MISSING or value is None or isinstance(value, str):
        return value
    raise Unfit(at, f"{kind_of(value)} cannot be joined; cast it to a string before")


def _text(parts: Sequence[str], by: str, at: Place) -> str:
    if sum(len(each) + len(by) for each in parts) > LONGEST_TEXT:
        raise Unfit(at, f"joining makes more than {LONGEST_TEXT} characters")
    return by.join(parts)


def _cast(value: Found, to: Kind, at: Place) -> Found:
    """Return a value of another type; what is missing or null stays that."""
    if isinstance(value, Missing) or value is None:
        return value
    match to:
        case "string":
            return _as_string(value, at)
        case "number":
            return _as_number(value, at)
        case "integer":
            return _as_integer(value, at)
        case "boolean":
            return _as_boolean(value, at)
        case "array":
            return value if isinstance(value, list) else [value]
        case _:
            assert_never(to)


def _as_string(value: Json, at: Place) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case Decimal():
            # As PostgreSQL writes it, and people read it: without an exponent.
            return format(value, "f")
        case _:
            raise Unfit(at, f"{kind_of(value)} is no string and cannot be made one")


def _as_number(value: Json, at: Place) -> int | Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        read = loads(value)
        assert isinstance(read, int | Decimal)  # noqa: S101 -- narrows: the text is that of a number
        return read
    raise Unfit(at, f"{_shown(value)} is not the text of a number; map it to one before")


def _as_integer(value: Json, at: Place) -> int:
    number = _as_number(value, at)
    if isinstance(number, int):
        return number
    # An exponent may ask for a billion digits; no document has room for them.
    if number.adjusted() > SHOWN * SHOWN or number != number.to_integral_value():
        raise Unfit(at, f"{_shown(value)} is not a whole number")
    return int(number)


def _as_boolean(value: Json, at: Place) -> bool:
    match value:
        case bool():
            return value
        case "true" | "false":
            return value == "true"
        case _:
            raise Unfit(at, f'{_shown(value)} is neither "true" nor "false"; map it to one before')


def _shown(value: Json) -> str:
    if isinstance(value, str):
        return f'"{value[:SHOWN]}{"…" if len(value) > SHOWN else ""}"'
    return str(value)[:SHOWN] if isinstance(value, int | Decimal) and not isinstance(value, bool) else kind_of(value)
