"""The field map that the registry shows: how each property of a collection is called in GraphQL and REST.

In: a `Collection`. Out: one line for each field. Start at `describe_fields`.
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

from janua.model.collection import Collection, Field, Path
from janua.model.names import pointer
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Json,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)


def describe_fields(collection: Collection) -> Sequence[Mapping[str, Json]]:
    """Return `{"pointer", "graphql", "rest", "type", "indexed"}` for each field, outer before inner.

    In a pointer `*` is any element of an array; `type` is spelled as in GraphQL, `rest` as filters, `sort` and `fields`
    take it, null where they cannot name a field. Fields of a recursive type are listed where it is first met.
    """
    dotted = _dotted(collection)
    indexed = {each.keys[0].path for each in collection.indexes if not each.include}
    indexed |= {each.path for each in collection.relations}
    return [
        {
            "pointer": pointer(path),
            "graphql": field.graphql,
            "rest": dotted[path],
            "type": graphql_type(field),
            "indexed": path in indexed,
        }
        for path, field in collection.walk()
    ]


def _dotted(collection: Collection) -> Mapping[Path, str | None]:
    """Return the dotted REST spelling of every field; None inside arrays and unions, which have no paths inside."""
    types: dict[Path, Type] = {(): collection.type}
    spelled: dict[Path, str | None] = {(): ""}
    for path, each in collection.walk():
        above = spelled.get(path[:-1]) if isinstance(types.get(path[:-1]), Object) else None
        types[path] = each.type
        spelled[path] = None if above is None else f"{above}.{each.rest}".removeprefix(".")
    return spelled


def graphql_type(field: Field) -> str:
    """Return the GraphQL type of a field, such as `String!` or `[Genre!]`."""
    return f"{spelled(field.type)}{'!' if field.required and not field.nullable else ''}"


def spelled(type: Type) -> str:
    """Return how GraphQL spells a type."""
    match type:
        case Text():
            return "String"
        case Integer():
            return "BigInt" if type.big else "Int"
        case Number():
            return "Float"
        case Boolean():
            return "Boolean"
        case DateTime():
            return "DateTime"
        case Date():
            return "Date"
        case Time():
            return "Time"
        case Uuid():
            return "UUID"
        case Enum(name) | Object(name) | Union(name):
            return name
        case Array(items, nullable):
            return f"[{spelled(items)}{'' if nullable else '!'}]"
        case Anything():
            return "JSON"
        case _:
            assert_never(type)
