"""Catalog → a typed client in Python, one module that needs nothing but the standard library.

The types are those of the model: a `TypedDict` for each object, literals for enums, unions for alternatives. Start at
`client_source`; what the client does is in `client_runtime`, which is printed in front of them.
"""

import inspect
import keyword
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import assert_never

from janua.api.rest import client_runtime
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Field, ObjectType
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    EnumValue,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)

DOCSTRING = re.compile(r'\A""".*?"""\n', re.DOTALL)
TYPING = ("Required", "TypedDict")
TAKEN = frozenset({*vars(client_runtime), *TYPING, "Client", "str", "int", "bool", "list", "dict"})
"""Names of the printed module that no type may have."""

CLIENT = '''
class Client:
    """A Janua server: its collections are attributes. `headers` are sent with every request."""

    def __init__(
        self, url: str = "http://localhost:8080", *, timeout: float = 30.0, headers: Mapping[str, str] | None = None
    ) -> None:
        server = Server(url, timeout, headers or {})
'''


def client_source(catalog: Catalog, collection: str | None = None) -> str:
    """Return the module for all collections, or for one.

    Raises: `UnknownCollection`, `CollectionQuarantined`.
    """
    chosen = [catalog.collection(collection)] if collection else list(catalog.collections.values())
    runtime = DOCSTRING.sub("", inspect.getsource(client_runtime))
    types = "".join(_types(each) for each in chosen)
    needed = ", ".join(each for each in TYPING if each in types)
    imports = f"\nfrom typing import {needed}\n" if needed else ""
    attributes = "".join(_attribute(each) for each in chosen)
    named = ", ".join(f"{each.name} (schema version {each.version})" for each in chosen)
    title = f'"""Typed client of Janua, made by `janua client` for {named}. Start at `Client`."""\n'
    return f"{title}{runtime}{imports}{types}\n{CLIENT}{attributes}"


def _types(collection: Collection) -> str:
    tags = _tags(collection)
    return "".join(_typed_dict(_tagged(each, tags.get(each.name, {}))) for each in collection.objects.values())


def _tags(collection: Collection) -> Mapping[str, Mapping[str, Enum]]:
    """Return, of each object that is one of several alternatives, the property that says so and its values."""
    fields = (field.type for each in collection.objects.values() for field in each.fields)
    found: dict[str, dict[str, Enum]] = {}
    for union in filter(None, map(_union, (collection.type, *fields))):
        for each in union.variants:
            values = tuple(EnumValue(tag, tag) for tag in each.tags)
            found.setdefault(each.object, {})[union.discriminator] = Enum("", values)
    return found


def _union(type: Type) -> Union | None:
    """Return the union that a value, or what is in an array, may be."""
    while isinstance(type, Array):
        type = type.items
    return type if isinstance(type, Union) else None


def _tagged(object: ObjectType, tags: Mapping[str, Enum]) -> ObjectType:
    fields = tuple(replace(each, type=tags.get(each.name, each.type)) for each in object.fields)
    return replace(object, fields=fields)


def _typed_dict(object: ObjectType) -> str:
    """Return the declaration of an object: a class, or a call where a property has a name that no class can have."""
    if all(_is_plain(each.name) for each in object.fields):
        return "".join(_lines(object))
    # The empty name is the one that no TypedDict can have.
    members = ", ".join(f"{each.name!r}: {_member(each)!r}" for each in object.fields if each.name)
    return f"\n{_name(object.name)} = TypedDict({_name(object.name)!r}, {{{members}}}, total=False)\n"


def _lines(object: ObjectType) -> Iterator[str]:
    yield f"\n\nclass {_name(object.name)}(TypedDict, total=False):\n"
    if object.description:
        yield f"    {' '.join(object.description.split())!r}\n\n"
    yield from (f"    {each.name}: {_member(each)}\n" for each in object.fields)
    if not object.fields:
        yield "    pass\n"


def _member(field: Field) -> str:
    held = _annotation(field.type)
    if field.nullable and held != "Any":
        held = f"{held} | None"
    return f"Required[{held}]" if field.required else held


def _annotation(type: Type) -> str:
    match type:
        case Text() | DateTime() | Date() | Time() | Uuid():
            return "str"
        case Enum(values=values):
            return f"Literal[{', '.join(repr(each.value) for each in values)}]" if values else "str"
        case Integer():
            return "int"
        case Number():
            return "Number"
        case Boolean():
            return "bool"
        case Object(name):
            return _name(name)
        case Array(items, nullable):
            held = _annotation(items)
            return f"list[{held} | None]" if nullable and held != "Any" else f"list[{held}]"
        case Union(variants=variants):
            return " | ".join(_name(each.object) for each in variants)
        case Anything():
            return "Any"
        case _:
            assert_never(type)


def _attribute(collection: Collection) -> str:
    held = _annotation(collection.type)
    name = f"{collection.name}_" if keyword.iskeyword(collection.name) else collection.name
    return f"        self.{name} = Records[{held}](server, {collection.name!r})\n"


def _name(type: str) -> str:
    return f"{type}_" if type in TAKEN or keyword.iskeyword(type) else type


def _is_plain(name: str) -> bool:
    # Two underscores in front would be mangled in a class, and a name of the module be hidden there.
    is_name = name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
    return is_name and not name.startswith("__") and name not in TAKEN
