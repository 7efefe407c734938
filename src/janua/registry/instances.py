"""Finding one's way in a JSON value: what stands at a path, where an error is, and the beginning of a large value."""

from collections.abc import Iterator, Sequence
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
    if len(possible) == 1:
        return possible[0]
    return next((each for each in possible if equal(value_at(value, each), error.instance)), tuple(shown))


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
