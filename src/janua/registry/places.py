"""Places in a document: JSON Pointers in which `*`, where there is an array, stands for each of its elements.

`changed_at` changes what is at a place and makes a new value, `found_at` looks. A value that is not there is `MISSING`,
which null is not. In an object, `*` is a member of that name.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Final, TypeAlias

from janua.model.types import Json

Place = tuple[str, ...]
EVERY: Final = "*"


class Missing(Enum):
    """There is no value, not even null."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING
Found: TypeAlias = "Json | Missing"
Change = Callable[[Found, Place], Found]
"""What becomes of a value, given where it is, elements by number; `MISSING` removes it."""


class Unfit(Exception):
    """A document is not of the form that a change needs: `at` says where, `reason` what is there."""

    def __init__(self, at: Place, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


def changed_at(value: Found, place: Place, change: Change, at: Place = ()) -> Found:
    """Return `value` with `change` made at a place; the same object when nothing is different.

    What is missing on the way is made, as objects, if there is something to put there. `at` is where `value` is itself.
    Raises: `Unfit`.
    """
    if not place:
        return change(value, at)
    key, rest = place[0], place[1:]
    if isinstance(value, list) and key == EVERY:
        return _changed_elements(value, rest, change, at)
    if isinstance(value, list) and (number := _number(key)) is not None and number < len(value):
        after = changed_at(value[number], rest, change, (*at, key))
        return value if after is value[number] else [*value[:number], *_kept([after]), *value[number + 1 :]]
    if isinstance(value, dict):
        return _changed_member(value, key, rest, change, at)
    made = MISSING if key == EVERY else changed_at(MISSING, rest, change, (*at, key))
    if made is MISSING:
        return value
    if value is MISSING:
        return {key: made}
    raise Unfit(at, f"{kind_of(value)} has no place for {key!r}")


def found_at(value: Found, place: Place) -> Found:
    """Return what is at a place without `*` for elements."""
    for key in place:
        number = _number(key)
        if isinstance(value, dict):
            value = value.get(key, MISSING)
        elif isinstance(value, list) and number is not None and number < len(value):
            value = value[number]
        else:
            return MISSING
    return value


def shared_place(places: Sequence[Place]) -> Place:
    """Return how far places go together: to the last `*` in any of them.

    Raises: `ValueError` unless all of them begin with that.
    """
    longest = max(places, key=_stars)
    shared = longest[: _stars(longest)]
    if any(each[: len(shared)] != shared or _stars(each) > len(shared) for each in places):
        raise ValueError(f"the places must be the same up to the last {EVERY!r}, so that elements go together")
    return shared


def kind_of(value: Found) -> str:
    """Return what a value is, for people: `a string`."""
    match value:
        case Missing():
            return "nothing"
        case None:
            return "null"
        case bool():
            return "a boolean"
        case str():
            return "a string"
        case dict():
            return "an object"
        case list():
            return "an array"
        case _:
            return "a number"


def _changed_elements(value: list[Json], rest: Place, change: Change, at: Place) -> Json:
    after = [changed_at(each, rest, change, (*at, str(place))) for place, each in enumerate(value)]
    return value if all(map(_is, after, value)) else _kept(after)


def _changed_member(value: dict[str, Json], key: str, rest: Place, change: Change, at: Place) -> Json:
    before = value.get(key, MISSING)
    after = changed_at(before, rest, change, (*at, key))
    if after is before:
        return value
    if after is MISSING:
        return {name: each for name, each in value.items() if name != key}
    return {**value, key: after}


def _kept(values: Sequence[Found]) -> list[Json]:
    return [each for each in values if each is not MISSING]


def _is(one: object, other: object) -> bool:
    return one is other


def _number(key: str) -> int | None:
    is_index = key.isascii() and key.isdigit() and len(key) < 10 and (key == "0" or not key.startswith("0"))
    return int(key) if is_index else None


def _stars(place: Place) -> int:
    """Return the length of a place up to its last `*`."""
    return max((index for index, key in enumerate(place, 1) if key == EVERY), default=0)
