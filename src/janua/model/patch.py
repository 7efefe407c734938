"""The two patch formats of HTTP: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902), over exact JSON values.

A patch makes a new value and leaves the old one as it was. A library was not used for JSON Patch because the ones
at hand compare with Python's `==`, for which `true` equals `1`: a `test` would hold that must fail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from janua.errors import DocumentTooLarge, InvalidPatch, PatchConflict
from janua.model.types import Json

OPERATIONS = 1_000
"""Operations of one JSON Patch at most: each may copy an object or array of any size."""


def equal(left: Json, right: Json) -> bool:
    """Return whether two JSON values are the same value (`1` and `1.0` are; `1` and `true` are not)."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return left == right


@dataclass(frozen=True, slots=True)
class MergePatch:
    """A JSON Merge Patch: null removes a member, objects merge, everything else replaces."""

    value: Json

    def apply(self, target: Json) -> Json:
        """Return the patched value."""
        return _merge(target, self.value)


class Alternative(dict[str, Json]):
    """A member of a merge patch that means one alternative of a union, which has one of `tags` at `discriminator`.

    Into an object of this alternative it is merged. It takes the place of anything else, so that nothing of another
    alternative is left; the discriminator is then the first tag unless the patch says it. RFC 7396 has no such thing.
    """

    def __init__(self, members: Mapping[str, Json], discriminator: str, tags: tuple[str, ...]) -> None:
        super().__init__(members)
        self._discriminator = discriminator
        self._tags = tags

    def apply(self, target: Json) -> Json:
        """Return the patched value."""
        if isinstance(target, dict) and target.get(self._discriminator) in self._tags:
            return _merge(target, dict(self))
        return _merge({self._discriminator: self._tags[0]}, dict(self))


def _merge(target: Json, patch: Json) -> Json:
    if isinstance(patch, Alternative):
        return patch.apply(target)
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


@dataclass(frozen=True, slots=True)
class Operation:
    """One step of a JSON Patch; `source` is the `from` of move and copy, `index` its place in the patch."""

    index: int
    op: str
    path: tuple[str, ...]
    value: Json = None
    source: tuple[str, ...] = ()

    def refuse(self, reason: str) -> PatchConflict:
        """Return the error saying that this step does not apply."""
        return PatchConflict(f"operation {self.index} ({self.op}): {reason}", pointer=f"/{self.index}")


@dataclass(frozen=True, slots=True)
class JsonPatch:
    """A JSON Patch: all operations apply in order, or none does."""

    operations: tuple[Operation, ...]

    @classmethod
    def read(cls, value: Json) -> "JsonPatch":
        """Return the patch that a parsed document holds.

        Raises: `InvalidPatch` when it is not a list of RFC 6902 operations, `DocumentTooLarge` above `OPERATIONS`.
        """
        if not isinstance(value, list):
            raise InvalidPatch("a JSON Patch is an array of operations (RFC 6902)")
        if len(value) > OPERATIONS:
            raise DocumentTooLarge("operations", OPERATIONS)
        return cls(tuple(_read_operation(index, each) for index, each in enumerate(value)))

    def apply(self, target: Json) -> Json:
        """Return the patched value.

        Raises: `PatchConflict` when an operation does not apply.
        """
        for operation in self.operations:
            target = _APPLY[operation.op](target, operation)
        return target


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """Return the keys of a JSON Pointer (RFC 6901).

    Raises: `ValueError` when it neither is empty nor starts with `/`, or has a bad escape.
    """
    if pointer and not pointer.startswith("/"):
        raise ValueError(f"{pointer[:80]!r} is not a JSON Pointer: it must be empty or start with '/'")
    if "~" in pointer.replace("~0", "").replace("~1", ""):
        raise ValueError(f"{pointer[:80]!r} is not a JSON Pointer: '~' is written '~0' and '/' is written '~1'")
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:])


def _read_operation(index: int, raw: Json) -> Operation:
    op = raw.get("op") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(op, str) or op not in _APPLY:
        raise InvalidPatch(f'operation {index} needs an "op" of {", ".join(_APPLY)}', pointer=f"/{index}/op")
    if op in {"add", "replace", "test"} and "value" not in raw:
        raise InvalidPatch(f'operation {index} ({op}) needs a "value"', pointer=f"/{index}/value")
    source = _read_pointer(index, raw, "from") if op in {"move", "copy"} else ()
    path = _read_pointer(index, raw, "path")
    if op == "move" and path[: len(source)] == source and path != source:
        raise InvalidPatch(f"operation {index} (move) moves a value into itself", pointer=f"/{index}/path")
    return Operation(index, op, path, raw.get("value"), source)


def _read_pointer(index: int, raw: dict[str, Json], member: str) -> tuple[str, ...]:
    pointer = raw.get(member)
    if not isinstance(pointer, str):
        raise InvalidPatch(f'operation {index} needs a "{member}" that is a JSON Pointer', pointer=f"/{index}/{member}")
    try:
        return parse_pointer(pointer)
    except ValueError as error:
        raise InvalidPatch(f"operation {index}: {error}", pointer=f"/{index}/{member}") from None


def _look_up(target: Json, path: tuple[str, ...], operation: Operation) -> Json:
    for key in path:
        if isinstance(target, dict) and key in target:
            target = target[key]
        elif isinstance(target, list):
            target = target[_position(target, key, operation, end=False)]
        else:
            raise operation.refuse(f"there is no {key!r} to reach")
    return target


def _position(target: list[Json], key: str, operation: Operation, *, end: bool) -> int:
    if key == "-" and end:
        return len(target)
    # Array indexes have no sign and no leading zero (RFC 6901, section 4).
    if not (key.isascii() and key.isdigit()) or (key != "0" and key.startswith("0")):
        raise operation.refuse(f"{key!r} is not an array index")
    if len(key) > len(str(len(target))) or int(key) >= len(target) + end:
        raise operation.refuse(f"array index {key[:20]} is out of range")
    return int(key)


def _rebuilt(target: Json, path: tuple[str, ...], operation: Operation, change: Callable[[Json, str], Json]) -> Json:
    """Return `target` with its container at `path[:-1]` replaced by `change(container, last key)`."""
    containers = [target]
    for depth in range(len(path) - 1):
        containers.append(_look_up(containers[-1], (path[depth],), operation))
    changed = change(containers[-1], path[-1])
    for container, key in zip(reversed(containers[:-1]), reversed(path[:-1]), strict=True):
        if isinstance(container, dict):
            changed = _with(container, key, changed)
        else:
            changed = _with_item(cast(list[Json], container), int(key), changed)
    return changed


def _with(container: dict[str, Json], key: str, value: Json) -> dict[str, Json]:
    changed = dict(container)
    changed[key] = value
    return changed


def _with_item(container: list[Json], at: int, value: Json) -> list[Json]:
    changed = list(container)
    changed[at] = value
    return changed


def _add(target: Json, operation: Operation) -> Json:
    def change(container: Json, key: str) -> Json:
        if isinstance(container, dict):
            return _with(container, key, operation.value)
        if isinstance(container, list):
            at = _position(container, key, operation, end=True)
            return [*container[:at], operation.value, *container[at:]]
        raise operation.refuse("the target's parent is neither an object nor an array")

    return _rebuilt(target, operation.path, operation, change) if operation.path else operation.value


def _remove(target: Json, operation: Operation) -> Json:
    def change(container: Json, key: str) -> Json:
        if isinstance(container, dict) and key in container:
            return {name: value for name, value in container.items() if name != key}
        if isinstance(container, list):
            at = _position(container, key, operation, end=False)
            return [*container[:at], *container[at + 1 :]]
        raise operation.refuse("there is nothing at the path")

    return _rebuilt(target, operation.path, operation, change) if operation.path else None


def _replace(target: Json, operation: Operation) -> Json:
    _look_up(target, operation.path, operation)

    def change(container: Json, key: str) -> Json:
        if isinstance(container, dict):
            return _with(container, key, operation.value)
        return _with_item(cast(list[Json], container), int(key), operation.value)

    return _rebuilt(target, operation.path, operation, change) if operation.path else operation.value


def _move(target: Json, operation: Operation) -> Json:
    value = _look_up(target, operation.source, operation)
    if operation.source == operation.path:
        return target
    without = _remove(target, Operation(operation.index, operation.op, operation.source))
    return _add(without, Operation(operation.index, operation.op, operation.path, value))


def _copy(target: Json, operation: Operation) -> Json:
    value = _look_up(target, operation.source, operation)
    return _add(target, Operation(operation.index, operation.op, operation.path, value))


def _test(target: Json, operation: Operation) -> Json:
    if not equal(_look_up(target, operation.path, operation), operation.value):
        raise operation.refuse("the value is another one")
    return target


_APPLY: dict[str, Callable[[Json, Operation], Json]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
