"""JSON values as keys: equal keys for values that are equal in JSON Schema (`1` and `1.0`, but not `1` and `true`)."""

from collections.abc import Hashable

from janua.model.types import Json


def key_of(value: Json) -> Hashable:
    """Return the key of a value."""
    match value:
        case bool():
            return "boolean", value
        case dict():
            return "object", frozenset((name, key_of(each)) for name, each in value.items())
        case list():
            return "array", tuple(key_of(each) for each in value)
        case _:
            return value
