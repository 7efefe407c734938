"""The beginning of a large JSON value, so that what it costs to explain one is bounded. Start at `sample`."""

from itertools import islice

from janua.model.types import Json


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
