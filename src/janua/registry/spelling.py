"""Give everything in an outline its GraphQL and REST names, keeping the names of the version before.

In: an `Outline`, the collection's own names, the names of others, the stored map. Out: `Spelling`: the model's types,
and the map to store. Start at `spell_outline`.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import assert_never, cast

from janua.errors import Violation
from janua.model import names
from janua.model.collection import Field, Names, ObjectType
from janua.model.names import NameMap, pointer
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
    Variant,
)
from janua.registry.outline import NamedOutline, ObjectOutline, Outline, Property

Stored = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Spelling:
    """An outline with names: the type of a document, the object types and their outlines by name, the map to store."""

    type: Type
    objects: dict[str, ObjectType]
    outlines: dict[str, ObjectOutline]
    name_map: NameMap
    violations: list[Violation]


def spell_outline(outline: Outline, own: Names, taken: Container[str], stored: Stored) -> Spelling:
    """Return the outline with every name in it: no two types are called alike, and none as one that is `taken`."""
    return _Speller(outline, own, stored).spell(taken)


class _Speller:
    def __init__(self, outline: Outline, own: Names, stored: Stored) -> None:
        self._outline = outline
        self._own = own
        self._found = _Finder(outline)
        self._stored_types = self._by_token(stored.get("types", {}))
        self._stored_fields = self._by_property(stored.get("fields", {}))
        self._stored_values = self._by_value(stored.get("enums", {}), stored.get("types", {}))
        self._types: dict[str, str] = {}
        self._values: dict[str, tuple[EnumValue, ...]] = {}
        self._map = NameMap(types={}, fields={}, enums={}, collection={})
        self._violations: list[Violation] = []

    def spell(self, taken: Container[str]) -> Spelling:
        self._types = self._spell_types(taken)
        self._values = {token: self._spell_values(token, each) for token, each in self._outline.enums.items()}
        objects = {self._types[token]: self._object(token, each) for token, each in self._outline.objects.items()}
        self._map["types"] = {each.pointer: self._types[token] for token, each in self._named().items()}
        self._map["collection"] = {"type": self._own.type, "single": self._own.single, "plural": self._own.plural}
        outlines = {self._types[token]: each for token, each in self._outline.objects.items()}
        return Spelling(self._rename(self._outline.type), objects, outlines, self._map, self._violations)

    def _named(self) -> dict[str, ObjectOutline | NamedOutline]:
        return {**self._outline.objects, **self._outline.enums, **self._outline.unions}

    def _spell_types(self, taken: Container[str]) -> dict[str, str]:
        named = self._named()
        root = {token: self._own.type for token, each in self._outline.objects.items() if each.pointer == ""}

        def placed(token: str) -> str:
            return _placed(self._own.type, named[token].pointer)

        rounds: list[names.Wish] = [
            root.get,
            self._stored_types.get,
            lambda token: names.type_name(named[token].title or "") or None,
            placed,
            *names.hashed(placed, lambda token: named[token].pointer),
        ]
        # The root's name is the collection's, which was found free already.
        own = {self._own.type}
        free, more = (own, names.RESERVED_TYPES) if root else ((), names.RESERVED_TYPES | own)
        return names.assign(named, rounds, names.Besides(taken, free, more))

    def _spell_values(self, token: str, outline: NamedOutline) -> tuple[EnumValue, ...]:
        spelled = names.spell_enum(outline.values, self._stored_values.get(token))
        self._map["enums"] |= {f"{outline.pointer}#{value}": name for value, name in spelled.items()}
        return tuple(EnumValue(value, spelled[value]) for value in outline.values)

    def _object(self, token: str, outline: ObjectOutline) -> ObjectType:
        root = outline.pointer == ""
        wished = self._wished(outline)
        reserved = names.COMBINATORS | (names.SYSTEM_NAMES if root else frozenset[str]())
        graphql = names.spell(
            (each.name for each in outline.properties),
            taken=reserved,
            wished=wished,
            stored=self._stored_fields.get(token),
        )
        for each in outline.properties:
            if each.name in wished and graphql[each.name] != wished[each.name]:
                self._refuse(each, f"{wished[each.name]!r} is taken; give this property another x-graphql-name")
        rest = names.spell_rest(graphql, root=root)
        self._map["fields"] |= {f"{outline.pointer}{pointer((name,))}": each for name, each in graphql.items()}
        fields = tuple(self._field(each, graphql[each.name], rest[each.name]) for each in outline.properties)
        return ObjectType(self._types[token], fields, outline.open, outline.shape.first_text("description"))

    def _wished(self, outline: ObjectOutline) -> dict[str, str]:
        wished: dict[str, str] = {}
        for each in outline.properties:
            name = next(
                (found for part in each.shape.parts if (found := part.note("x-graphql-name")) is not None), None
            )
            if isinstance(name, str) and names.is_legal(name):
                wished[each.name] = name
            elif name is not None:
                self._refuse(each, "a GraphQL name has letters, digits and _, and starts with neither a digit nor __")
        return wished

    def _refuse(self, property: Property, message: str) -> None:
        place = next(each for each in property.shape.parts if each.note("x-graphql-name") is not None)
        self._violations.append(Violation(f"{place.pointer}/x-graphql-name", "x-graphql-name", message))

    def _field(self, property: Property, graphql: str, rest: str) -> Field:
        return Field(
            name=property.name,
            graphql=graphql,
            rest=rest,
            type=self._rename(property.type),
            required=property.required,
            nullable=property.nullable,
            description=property.shape.first_text("description"),
            deprecated=any(each.note("deprecated") is True for each in property.shape.parts),
        )

    def _rename(self, type: Type) -> Type:
        match type:
            case Object(token):
                return Object(self._types[token])
            case Enum(token):
                return Enum(self._types[token], self._values[token])
            case Array(items):
                return replace(type, items=self._rename(items))
            case Union(token, variants=variants):
                renamed = tuple(Variant(self._types[each.object], each.tags) for each in variants)
                return replace(type, name=self._types[token], variants=renamed)
            case Text() | Integer() | Number() | Boolean() | DateTime() | Date() | Time() | Uuid() | Anything():
                return type
            case _:
                assert_never(type)

    def _by_token(self, stored: Mapping[str, str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for where, name in stored.items():
            token = self._found.token(where)
            if token is not None and names.is_legal(name):
                found.setdefault(token, name)
        return found

    def _by_property(self, stored: Mapping[str, str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for where, name in stored.items():
            parent, _, last = where.rpartition("/")
            token = self._found.token(parent)
            if token is not None:
                found.setdefault(token, {}).setdefault(_unescaped(last), name)
        return found

    def _by_value(self, stored: Mapping[str, str], types: Mapping[str, str]) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for key, name in stored.items():
            for where, value in _splits(key):
                if where in types and (token := self._found.token(where)) is not None:
                    found.setdefault(token, {}).setdefault(value, name)
        return found


class _Finder:
    """Finds what stands at a stored pointer now, whose place in the outline may have changed."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._properties = {
            token: {each.name: each.type for each in found.properties} for token, found in outline.objects.items()
        }
        self._known: dict[str, Type | None] = {"": outline.type}

    def token(self, where: str) -> str | None:
        """Return the token of the object, enum or union at a pointer."""
        match self._type(where):
            case Object(token) | Enum(token) | Union(token):
                return token
            case _:
                return None

    def _type(self, where: str) -> Type | None:
        if where in self._known:
            return self._known[where]
        steps = where.split("/")[1:]
        # The longest known beginning first, so that deep pointers cost one step each.
        known = next((at for at in range(len(steps) - 1, 0, -1) if "/" + "/".join(steps[:at]) in self._known), 0)
        type = self._known["/" + "/".join(steps[:known]) if known else ""]
        for at in range(known, len(steps)):
            type = self._step(type, steps[at])
            self._known["/" + "/".join(steps[: at + 1])] = type
        return type

    def _step(self, type: Type | None, step: str) -> Type | None:
        name, _, tag = step.partition("~:")
        match type:
            case Array(items) if name == "*":
                return self._variant(items, tag)
            case Object(token):
                return self._variant(self._properties[token].get(_unescaped(name)), tag)
            # Of what alternatives have in common: the discriminator.
            case Union(_, discriminator, variants) if _unescaped(name) == discriminator:
                return self._properties[variants[0].object][discriminator]
            case _:
                return None

    def _variant(self, type: Type | None, tag: str) -> Type | None:
        if not tag or not isinstance(type, Union):
            return type
        wanted = _unescaped(tag)
        return next((Object(each.object) for each in type.variants if wanted in each.tags), None)


def _placed(root: str, where: str) -> str:
    words = (_unescaped(step.replace("~:", " ")) for step in where.split("/")[1:] if step != "*")
    name = root + "".join(names.type_name(each) or names.altered(each).strip("_") for each in words)
    return name if names.is_legal(name) else names.altered(name)


def _unescaped(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _splits(key: str) -> Iterator[tuple[str, str]]:
    at = key.find("#")
    while at >= 0:
        yield key[:at], key[at + 1 :]
        at = key.find("#", at + 1)


def as_stored(name_map: NameMap) -> Stored:
    """Return a name map as the plain mapping that a `Collection` carries."""
    return cast(Stored, name_map)
