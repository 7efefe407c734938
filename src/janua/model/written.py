"""What a schema was compiled to, as text: to be kept, and read again instead of compiling.

In: a `Collection`. Out: what the schema document and the registry do not say of it, and back. Start at `written`. The
text is two lines of JSON. The first has what has to be known of all collections, the second the object types, which
most of it is: they are read when they are asked for, as a server of a thousand collections is not asked for all. A
value of the model is a list of its class and its members in order, a tuple a list that begins with an empty string.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, cast

from janua.model import types
from janua.model.collection import Collection, Field, Index, IndexKey, Names, ObjectType, Relation
from janua.model.json import dumps, loads
from janua.model.types import Json

CLASSES: tuple[Callable[..., Any], ...] = (
    Field, Index, IndexKey, Names, ObjectType, Relation,
    types.Text, types.Integer, types.Number, types.Boolean, types.DateTime, types.Date, types.Time, types.Uuid,
    types.Enum, types.EnumValue, types.Object, types.Array, types.Union, types.Variant, types.Anything,
)  # fmt: skip
"""All that a compiled collection is made of."""

COMPILED = ("type", "names", "indexes", "relations", "name_map", "title", "description")
"""The members of a collection that its schema is compiled to, besides its object types."""

_BY_NAME: Mapping[str, Callable[..., Any]] = {each.__name__: each for each in CLASSES}
_MEMBERS = {each: tuple(member.name for member in fields(each)) for each in cast("tuple[type[Any], ...]", CLASSES)}


def written(collection: Collection) -> str:
    """Return what a collection was compiled to."""
    head: list[Json] = [["", *collection.objects], *(_written(getattr(collection, name)) for name in COMPILED)]
    return f"{dumps(head)}\n{dumps([_written(each) for each in collection.objects.values()])}"


def members(text: str) -> dict[str, Any]:
    """Return the members of a collection that were written. Raises: `ValueError` when they were not."""
    head, _, objects = text.partition("\n")
    match loads(head):
        case [["", *names], *others] if len(others) == len(COMPILED):
            made: dict[str, Any] = dict(zip(COMPILED, map(_read, others), strict=True))
            return made | {"objects": _Objects(cast("list[str]", names), objects)}
        case _:
            raise ValueError("is not what a collection is compiled to")


class _Objects(Mapping[str, ObjectType]):
    """Object types by name, read when the first of them is asked for."""

    def __init__(self, names: Sequence[str], text: str) -> None:
        self._text = text
        self._found: dict[str, ObjectType | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> ObjectType:
        # In this order: of two threads that ask at once, each finds the text, or what was read.
        if text := self._text:
            self._found = {each.name: each for each in map(_read, cast("list[Json]", loads(text)))}
            self._text = ""
        return cast(ObjectType, self._found[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def _written(value: Any) -> Json:  # noqa: ANN401 -- any part of the model
    if isinstance(value, tuple):
        return ["", *map(_written, cast("tuple[Any, ...]", value))]
    called = cast("type[Any]", type(value))
    if called in _MEMBERS:
        return [called.__name__, *(_written(getattr(value, name)) for name in _MEMBERS[called])]
    # Of JSON values, an index's `where` and the names may be objects, and lists only inside of them.
    return cast(Json, value)


def _read(value: Json) -> Any:  # noqa: ANN401 -- any part of the model
    if not isinstance(value, list):
        return value
    name, *parts = value
    if not name:
        return tuple(map(_read, parts))
    return _BY_NAME[cast(str, name)](*map(_read, parts))
