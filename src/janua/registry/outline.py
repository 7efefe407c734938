"""What a schema's values are, before anything has a name.

In: a `SchemaMap`. Out: an `Outline`: the type of a document, with tokens where GraphQL will have type names, and what
each token stands for. Start at `outline_of`. Objects are visited breadth first and their properties in order of name,
so that where a type is met first does not depend on the order in which a schema is written.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from janua.model.names import pointer
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Enum,
    Number,
    Object,
    Type,
    Union,
    Variant,
)
from janua.registry.references import Place, SchemaMap
from janua.registry.scalars import integer_of, string_of
from janua.registry.shapes import ALL, Choice, Shape, Shapes

MOST_OBJECTS = 5_000
"""Object types of one schema; what is met beyond is free-form."""
MOST_VALUES = 1_000
"""Values of a GraphQL enum; a string of more choices is plain text."""
DEEPEST_OBJECTS = 64
"""Steps from the root to the place where an object type is met first; what is below is free-form."""
DEEPEST_ARRAYS = 8
"""Arrays directly in arrays; what is below is free-form."""


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
        self._declared_as: dict[tuple[int, ...], tuple[Type, Shape]] = {}
        self._properties_of: dict[int, dict[str, Place]] = {}

    def outline(self, root: Place) -> Outline:
        self._outline.type = self._root(root, self._shapes.of([root]))
        while self._pending:
            found = self._pending.popleft()
            found.properties = self._properties(found)
        return self._outline

    def _root(self, root: Place, shape: Shape) -> Type:
        if not _may_be_object(shape):
            return self._type([root], shape, "", 0)
        # A record is one GraphQL type with `id` and `_meta`, so the alternatives of a root stay free-form.
        return self._declared(shape, "")

    def _type(self, places: Sequence[Place], shape: Shape, where: str, arrays: int) -> Type:
        if shape.is_only("string"):
            return self._string(shape, where)
        if shape.is_only("integer"):
            return integer_of(shape)
        if shape.is_only("integer", "number"):
            return Number()
        if shape.is_only("boolean"):
            return Boolean()
        if shape.is_only("array"):
            return self._array(shape, where, arrays)
        if _may_be_object(shape):
            return self._union(places, shape, where) or self._declared(shape, where)
        return Anything()

    def _string(self, shape: Shape, where: str) -> Type:
        strings = self._shapes.strings(shape)
        if strings is not None and 0 < len(strings) <= MOST_VALUES:
            return Enum(self._enum(shape, where, tuple(strings)), ())
        return string_of(shape, strings)

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
        return self._object(shape, where) if any(self._held(each) for each in shape.parts) else Anything()

    def _object(self, shape: Shape, where: str) -> Type:
        certain = shape.is_only("object")
        token = self._token(("object", shape.key, certain))
        if token not in self._outline.objects:
            if len(self._outline.objects) >= MOST_OBJECTS or where.count("/") > DEEPEST_OBJECTS:
                return Anything()
            found = self._outline.objects[token] = ObjectOutline(where, shape, _title(shape), certain)
            self._pending.append(found)
        return Object(token)

    def _union(self, places: Sequence[Place], shape: Shape, where: str) -> Type | None:
        """Return the union that the first discriminable alternatives make, if there are any."""
        for choice in shape.choices if shape.is_only("object") else ():
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
        for name in dict.fromkeys(name for part in branches[0].parts for name in self._held(part)):
            tags = [self._tags(name, shape, each) for each in branches]
            every = [tag for each in tags for tag in each]
            if all(tags) and len(every) == len(set(every)):
                return name, tags
        return None

    def _tags(self, name: str, shape: Shape, branch: Shape) -> tuple[str, ...]:
        places = [held[name] for each in branch.parts if name in (held := self._held(each))]
        if not places or not any(name in _required(each) for each in (*shape.parts, *branch.parts)):
            return ()
        found = self._shapes.of(places)
        return tuple(self._shapes.strings(found) or ()) if _is_string(found) else ()

    def _held(self, place: Place) -> dict[str, Place]:
        """Return the properties that a place declares, in the order they are written."""
        found = self._properties_of.get(id(place.schema))
        if found is None:
            children = self._shapes.schemas.children(place)
            found = {str(child.steps[1]): each for child, each in children if child.keyword == "properties"}
            self._properties_of[id(place.schema)] = found
        return found

    def _properties(self, outline: ObjectOutline) -> tuple[Property, ...]:
        places: dict[str, list[Place]] = {}
        for part in outline.shape.parts:
            for name, each in self._held(part).items():
                places.setdefault(name, []).append(each)
        required = {name for each in outline.shape.parts for name in _required(each)} if outline.certain else set[str]()
        found = {name: self._declare(name, places[name], outline, name in required) for name in sorted(places)}
        return tuple(found[name] for name in places)

    def _declare(
        self, name: str, places: list[Place], outline: ObjectOutline, required: bool
    ) -> Property:  # one of four facts
        key = tuple(id(each.schema) for each in places)
        known = self._declared_as.get(key)
        if known is None or any(isinstance(each.schema, bool) for each in places):
            shape = self._shapes.of(places)
            known = self._type(places, shape, f"{outline.pointer}{pointer((name,))}", 0), shape
            self._declared_as[key] = known
        type, shape = known
        return Property(name, type, required, shape.nullable, shape)

    def _token(self, key: tuple[object, ...]) -> str:
        return self._tokens.setdefault(key, f"#{len(self._tokens)}")


def _is_string(shape: Shape) -> bool:
    return shape.is_only("string") and not shape.nullable


def _may_be_object(shape: Shape) -> bool:
    """Return whether values are objects, or may be since the schema does not say what they are."""
    return shape.is_only("object") or shape.kinds == ALL


def _title(shape: Shape) -> str | None:
    """Return the title of the first part that says what the value is: the definition, not the reference to it."""
    speaking = [each for each in shape.parts if id(each.schema) in shape.key]
    return next((title for each in speaking if isinstance(title := each.note("title"), str)), None)


def _is_closed(place: Place) -> bool:
    if place.get("patternProperties"):
        return False
    return place.get("additionalProperties") is False or place.get("unevaluatedProperties") is False


def _is_tuple(place: Place) -> bool:
    return isinstance(place.get("items"), list) or "prefixItems" in (
        place.schema if isinstance(place.schema, dict) else ()
    )


def _required(place: Place) -> list[str]:
    listed = place.get("required")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
