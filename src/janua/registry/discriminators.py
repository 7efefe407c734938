"""One enum for the property that tells the alternatives of a union apart, whichever alternative it stands in.

In: an `Outline` in which each alternative has an enum of its own there. Out: the same outline with one enum for all, so
that GraphQL can select the property of several alternatives under one name. Start at `share_discriminators`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from janua.model.names import pointer
from janua.model.types import Array, Enum, Type, Union
from janua.registry.outline import MOST_VALUES, NamedOutline, Outline


def share_discriminators(outline: Outline) -> None:
    """Give the discriminator of each union one enum; enums that nothing has any more are dropped.

    Where the values are more than an enum can have, each alternative keeps what it has.
    """
    for union in list({each.name: each for each in _innermost(outline) if isinstance(each, Union)}.values()):
        listed = [_values(outline, each.object, union.discriminator) for each in union.variants]
        values = tuple(dict.fromkeys(value for each in listed for value in each))
        if all(listed) and len(values) <= MOST_VALUES:
            _share(outline, union, values)
    used = {each.name for each in _innermost(outline) if isinstance(each, Enum)}
    outline.enums = {token: each for token, each in outline.enums.items() if token in used}


def _share(outline: Outline, union: Union, values: tuple[str, ...]) -> None:
    token = f"{union.name}:"
    where = f"{outline.unions[union.name].pointer}{pointer((union.discriminator,))}"
    outline.enums[token] = NamedOutline(where, None, values)
    for variant in union.variants:
        found = outline.objects[variant.object]
        found.properties = tuple(
            replace(each, type=Enum(token, ())) if each.name == union.discriminator else each
            for each in found.properties
        )


def _innermost(outline: Outline) -> Iterator[Type]:
    """Yield the types of all values, of arrays that of their innermost elements."""
    for found in (outline.type, *(each.type for object in outline.objects.values() for each in object.properties)):
        type = found
        while isinstance(type, Array):
            type = type.items
        yield type


def _values(outline: Outline, object: str, name: str) -> Sequence[str]:
    """Return the values of the enum that a property of an object has; none where it has something else."""
    for each in outline.objects[object].properties:
        if each.name == name and isinstance(each.type, Enum):
            return outline.enums[each.type.name].values
    return ()
