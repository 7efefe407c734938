"""What a schema's values are, before anything has a name.

In: a `SchemaMap`. Out: an `Outline`: the type of a document, with tokens where GraphQL will have type names, and what each
token stands for. Start at `outline_of`. Objects are visited breadth first and their properties in order of name, so
that where a type is met first does not depend on the order in which a schema is written.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from janua.model.names import pointer
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
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
from janua.registry.references import Place, SchemaMap
from janua.registry.shapes import ALL, Choice, Shape, Shapes, is_number

MOST_OBJECTS = 5_000
"""Object types of one schema; what is met beyond is free-form."""
MOST_VALUES = 1_000
"""Values of a GraphQL enum; a string of more choices is plain text."""
DEEPEST_ARRAYS = 8
"""Arrays directly in arrays; what is below is free-form."""

FORMATS: dict[str, Type] = {"date-time": DateTime(), "date": Date(), "time": Time(), "uuid": Uuid()}


@dataclass(frozen=True, slots=True)
class Property:
    """A declared property: its type (with tokens), and the parts that may carry annotations of it."""

    name: str
    type: Type
    required: bool
    nullable: bool
    shape: Shape


@dataclass(slots=True)
class ObjectOutline:
    """An object type: where documents have it first, what it wishes to be called, what it holds."""

    pointer: str
    shape: Shape
    title: str | None
    certain: bool
    properties: tuple[Property, ...] = ()

    @property
    def open(self) -> bool:
        """Return whether other than the declared properties are allowed."""
        return not any(_is_closed(each) for each in self.shape.parts)


@dataclass(frozen=True, slots=True)
class NamedOutline:
    """An enum or a union: where documents have it first, and what it wishes to be called."""

    pointer: str
    title: str | None
    values: tuple[str, ...] = ()


@dataclass(slots=True)
class Outline:
    """The type of a document, and everything that needs a name, by token, in the order it was met."""

    type: Type
    objects: dict[str, ObjectOutline] = field(default_factory=dict[str, ObjectOutline])
    enums: dict[str, NamedOutline] = field(default_factory=dict[str, NamedOutline])
    unions: dict[str, NamedOutline] = field(default_factory=dict[str, NamedOutline])


def outline_of(schemas: SchemaMap) -> Outline:
    """Return what documents of a schema are; for schemas that `schema_check` found sound."""
    return _Outliner(Shapes(schemas)).outline(schemas.root)


class _Outliner:
    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._outline = Outline(Anything())
        self._tokens: dict[tuple[object, ...], str] = {}
        self._pending: deque[ObjectOutline] = deque()

    def outline(self, root: Place) -> Outline:
        shape = self._shapes.of([root])
        properties = any(self._declares(each) for each in shape.parts)
        self._outline.type = self._object(shape, "") if properties and _may_be_object(shape) else self._root(shape)
        while self._pending:
            found = self._pending.popleft()
            found.properties = self._properties(found)
        return self._outline

    def _root(self, shape: Shape) -> Type:
        # A record is one GraphQL type with `id` and `_meta`: the alternatives of a root stay free-form.
        type = self._type([*shape.parts[:1]], shape, "", 0)
        return Anything() if isinstance(type, Union) else type

    def _type(self, places: Sequence[Place], shape: Shape, where: str, arrays: int) -> Type:
        sorts = shape.sorts
        if sorts == {"string"}:
            return self._string(places, shape, where)
        if sorts == {"integer"}:
            return _integer(shape)
        if sorts and sorts <= {"integer", "number"}:
            return Number()
        if sorts == {"boolean"}:
            return Boolean()
        if sorts == {"array"}:
            return self._array(shape, where, arrays)
        if _may_be_object(shape):
            return self._union(places, shape, where) or self._declared(shape, where)
        return Anything()

    def _string(self, places: Sequence[Place], shape: Shape, where: str) -> Type:
        strings = self._shapes.strings(places)
        if strings is not None and 0 < len(strings) <= MOST_VALUES:
            return Enum(self._enum(shape, where, tuple(strings)), ())
        for each in shape.parts:
            found = FORMATS.get(str(each.get("format")))
            if found is not None:
                return found
        longest = max(map(len, strings), default=0) if strings is not None else None
        limits = [int(each) for each in (*shape.numbers("maxLength"), longest) if each is not None and each < 2**31]
        return Text(min(limits, default=None))

    def _enum(self, shape: Shape, where: str, values: tuple[str, ...]) -> str:
        token = self._token(("enum", shape.key, values))
        self._outline.enums.setdefault(token, NamedOutline(where, _title(shape), values))
        return token

    def _array(self, shape: Shape, where: str, arrays: int) -> Type:
        if arrays == DEEPEST_ARRAYS or any(_is_tuple(each) for each in shape.parts):
            return Anything()
        items = [item for each in shape.parts for item in self._shapes.schemas.held(each, "items")]
        if not items:
            return Array(Anything())
        found = self._shapes.of(items)
        return Array(self._type(items, found, f"{where}/*", arrays + 1), found.nullable)

    def _declared(self, shape: Shape, where: str) -> Type:
        return self._object(shape, where) if any(self._declares(each) for each in shape.parts) else Anything()

    def _declares(self, place: Place) -> bool:
        return bool(self._shapes.schemas.held(place, "properties"))

    def _object(self, shape: Shape, where: str) -> Type:
        certain = shape.sorts == {"object"}
        token = self._token(("object", shape.key, certain))
        if token not in self._outline.objects:
            if len(self._outline.objects) >= MOST_OBJECTS:
                return Anything()
            found = self._outline.objects[token] = ObjectOutline(where, shape, _title(shape), certain)
            self._pending.append(found)
        return Object(token)

    def _union(self, places: Sequence[Place], shape: Shape, where: str) -> Type | None:
        """Return the union that the first discriminable alternatives make, if there are any."""
        for choice in shape.choices if shape.sorts == {"object"} else ():
            tags = self._discriminator(shape, choice)
            if tags is not None:
                return self._discriminated(places, shape, choice, where, *tags)
        return None

    def _discriminated(
        self, places: Sequence[Place], shape: Shape, choice: Choice, where: str, name: str, tags: list[tuple[str, ...]]
    ) -> Type | None:
        decided = frozenset({id(choice.place.schema)})
        variants: list[Variant] = []
        for branch, each in zip(choice.branches, tags, strict=True):
            merged = self._shapes.of([*places, branch], decided=decided)
            found = self._object(merged, f"{where}~:{pointer((min(each),))[1:]}")
            if not isinstance(found, Object):
                return None
            variants.append(Variant(found.name, each))
        token = self._token(("union", shape.key))
        self._outline.unions.setdefault(token, NamedOutline(where, _title(shape)))
        return Union(token, name, tuple(variants))

    def _discriminator(self, shape: Shape, choice: Choice) -> tuple[str, list[tuple[str, ...]]] | None:
        """Return the property that tells the branches apart, and the strings it has in each."""
        branches = [self._shapes.of([each]) for each in choice.branches]
        if any(each.sorts != {"object"} and shape.sorts != {"object"} for each in branches):
            return None
        for name in self._property_names(branches[0]):
            tags = [self._tags(name, shape, each) for each in branches]
            every = [tag for each in tags for tag in each]
            if all(tags) and len(every) == len(set(every)):
                return name, tags
        return None

    def _tags(self, name: str, shape: Shape, branch: Shape) -> tuple[str, ...]:
        if not any(name in _required(each) for each in (*shape.parts, *branch.parts)):
            return ()
        places = [found for each in branch.parts if (found := self._property(each, name)) is not None]
        if not places or self._shapes.of(places).kinds != {"string"}:
            return ()
        return tuple(self._shapes.strings(places) or ())

    def _property(self, place: Place, name: str) -> Place | None:
        held = self._shapes.schemas.children(place)
        return next((each for child, each in held if child.steps == ("properties", name)), None)

    def _property_names(self, shape: Shape) -> list[str]:
        return list(dict.fromkeys(name for each in shape.parts for name, _ in self._held(each)))

    def _held(self, place: Place) -> list[tuple[str, Place]]:
        children = self._shapes.schemas.children(place)
        return [(str(child.steps[1]), each) for child, each in children if child.keyword == "properties"]

    def _properties(self, outline: ObjectOutline) -> tuple[Property, ...]:
        places: dict[str, list[Place]] = {}
        for part in outline.shape.parts:
            for name, each in self._held(part):
                places.setdefault(name, []).append(each)
        required = {name for each in outline.shape.parts for name in _required(each)} if outline.certain else set[str]()
        found = {name: self._declare(name, places[name], outline, name in required) for name in sorted(places)}
        return tuple(found[name] for name in places)

    def _declare(self, name: str, places: list[Place], outline: ObjectOutline, required: bool) -> Property:  # noqa: FBT001 # one of four facts
        shape = self._shapes.of(places)
        type = self._type(places, shape, f"{outline.pointer}{pointer((name,))}", 0)
        return Property(name, type, required, shape.nullable, shape)

    def _token(self, key: tuple[object, ...]) -> str:
        return self._tokens.setdefault(key, f"#{len(self._tokens)}")


def _may_be_object(shape: Shape) -> bool:
    """Return whether values are objects, or may be since the schema does not say what they are."""
    return shape.sorts == {"object"} or shape.kinds == ALL


def _title(shape: Shape) -> str | None:
    """Return the title of the first part that says what the value is: the definition, not the reference to it."""
    speaking = [each for each in shape.parts if id(each.schema) in shape.key]
    return next((title for each in speaking if isinstance(title := each.note("title"), str)), None)


def _is_closed(place: Place) -> bool:
    if place.get("patternProperties"):
        return False
    return place.get("additionalProperties") is False or place.get("unevaluatedProperties") is False


def _is_tuple(place: Place) -> bool:
    return isinstance(place.get("items"), list) or "prefixItems" in (place.schema if isinstance(place.schema, dict) else ())


def _required(place: Place) -> list[str]:
    listed = place.get("required")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []


def _integer(shape: Shape) -> Integer:
    lower = [_whole(each, ROUND_CEILING) for each in shape.numbers("minimum")]
    upper = [_whole(each, ROUND_FLOOR) for each in shape.numbers("maximum")]
    for part in shape.parts:
        least, most = part.get("exclusiveMinimum"), part.get("exclusiveMaximum")
        # In draft 4 these are flags of the bound beside them.
        lower += _beyond(part.get("minimum") if least is True else least, 1)
        upper += _beyond(part.get("maximum") if most is True else most, -1)
    listed = [each for each in map(_listed_integers, shape.parts) if each]
    lower += [min(each) for each in listed]
    upper += [max(each) for each in listed]
    return Integer(max(lower, default=None), min(upper, default=None))


def _beyond(bound: object, step: int) -> list[int]:
    if not is_number(bound):  # pyright: ignore[reportArgumentType] # a JSON value, whatever it is
        return []
    inside = _whole(bound, ROUND_FLOOR if step > 0 else ROUND_CEILING)
    return [inside + step]


def _whole(number: int | Decimal, rounding: str) -> int:
    return number if isinstance(number, int) else int(number.to_integral_value(rounding))


def _listed_integers(place: Place) -> list[int]:
    listed = place.get("enum")
    values = listed if isinstance(listed, list) else [place.get("const")]
    return [int(each) for each in values if is_number(each)]
