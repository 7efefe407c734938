"""Finding one's way in a JSON value: what stands at a path, where an error is, and the beginning of a large value."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import cast

import jsonschema_rs as rs

from janua.model.patch import equal
from janua.model.types import Json

Path = tuple[str | int, ...]


def value_at(value: Json, path: Sequence[str | int]) -> Json:
    """Return the value that a path leads to."""
    for step in path:
        if isinstance(value, dict):
            value = value[cast(str, step)]
        elif isinstance(value, list):
            value = value[cast(int, step)]
    return value


def steps_to(value: Json, error: rs.ValidationError) -> Path:
    """Return the path from a value to where an error is.

    jsonschema-rs leaves out steps to a property called "": they are put back where they must have been.
    """
    shown = error.instance_path
    if not _passes_unnamed(value, shown):
        return tuple(shown)
    possible = list(islice(_paths(value, shown), 10))
    if len(possible) <= 1:
        return possible[0] if possible else ()
    return next((each for each in possible if _is_shown_as(value_at(value, each), error.instance)), possible[0])


def _is_shown_as(value: Json, shown: Json) -> bool:
    """Return whether jsonschema-rs shows a value so: of a decimal number it shows the nearest float."""
    match value:
        case Decimal():
            return float(value) == shown
        case dict():
            return (
                isinstance(shown, dict)
                and value.keys() == shown.keys()
                and all(_is_shown_as(each, shown[key]) for key, each in value.items())
            )
        case list():
            return isinstance(shown, list) and len(value) == len(shown) and all(map(_is_shown_as, value, shown))
        case _:
            return equal(value, shown)


def _passes_unnamed(value: Json, path: Sequence[str | int]) -> bool:
    for step in (*path, None):
        if isinstance(value, dict):
            if "" in value:
                return True
            value = value.get(cast(str, step)) if step is not None else None
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
    return False


def _paths(value: Json, steps: Sequence[str | int]) -> Iterator[Path]:
    if not steps:
        yield ()
    elif (isinstance(value, list) and isinstance(steps[0], int)) or (isinstance(value, dict) and steps[0] in value):
        yield from ((steps[0], *rest) for rest in _paths(value_at(value, steps[:1]), steps[1:]))
    if isinstance(value, dict) and "" in value:
        yield from (("", *rest) for rest in _paths(value[""], steps))


def sample(value: Json, budget: int) -> Json:
    """Return the value itself if it has at most `budget` values, else a copy whose arrays and objects are cut alike."""
    if _size(value, budget) <= budget:
        return value
    length = budget
    while length > 1:
        length //= 4
        cut = _cut(value, length)
        if _size(cut, budget) <= budget:
            return cut
    return _cut(value, 1)


def _size(value: Json, enough: int) -> int:
    count = 0
    pending = [value]
    while pending and count <= enough:
        each = pending.pop()
        count += 1
        if isinstance(each, dict):
            pending.extend(each.values())
        elif isinstance(each, list):
            pending.extend(each)
    return count


def _cut(value: Json, length: int) -> Json:
    if isinstance(value, dict):
        return {key: _cut(each, length) for key, each in islice(value.items(), length)}
    if isinstance(value, list):
        return [_cut(each, length) for each in value[:length]]
    return value
