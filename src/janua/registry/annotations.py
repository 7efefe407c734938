"""The `x-` keywords of a schema → the indexes and relations of its collection.

In: the spelled types and the outlines they came from. Out: `Annotations`, with violations that say what to do.
Start at `read_annotations`. An annotation counts where a record reaches it, also through `$ref` and `allOf`, without
crossing an array; in a recursive type it counts where the type is first entered.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from janua.errors import Violation
from janua.model.collection import Field, Index, IndexKey, IndexKind, Path, Relation
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
from janua.registry.composites import read_composites
from janua.registry.outline import Property
from janua.registry.references import Place, SchemaMap, shown
from janua.registry.relations import Relations
from janua.registry.spelling import Spelling

KEYWORDS = ("x-index", "x-unique", "x-indexes", "x-relation", "x-graphql-name")
"""Every annotation that Janua knows; other `x-` keywords are nobody's business."""
ON_PROPERTIES = ("x-index", "x-unique", "x-relation")
MOST_INDEXES = 64
"""Indexes and relations of one collection."""

KINDS: Mapping[IndexKind, tuple[tuple[type[Type], ...], str]] = {
    "btree": (
        (Text, Integer, Number, Boolean, DateTime, Date, Time, Uuid, Enum),
        "a string, number, boolean, date, time, uuid or enum; for arrays and free-form values say x-index: gin",
    ),
    "gin": ((Array, Object, Union, Anything), "an array, an object or a free-form value; for others say x-index: true"),
    "trigram": ((Text,), "a string without a format"),
    "fulltext": ((Text,), "a string without a format"),
}
"""Index kind → the types it can hold, and how a message names them."""


@dataclass(frozen=True, slots=True)
class Annotations:
    """What the annotations of one schema declare, in the order of its fields; and what is wrong with them."""

    indexes: tuple[Index, ...]
    relations: tuple[Relation, ...]
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Annotated:
    """A field of the record, or inside it, that carries annotations."""

    path: Path
    field: Field
    property: Property


@dataclass(slots=True)
class _Reading:
    indexes: list[Index] = field(default_factory=list[Index])
    relations: Relations = field(default_factory=Relations)
    violations: list[Violation] = field(default_factory=list[Violation])
    used: set[int] = field(default_factory=set[int])

    @property
    def full(self) -> bool:
        return len(self.indexes) + len(self.relations.found) > MOST_INDEXES


def read_annotations(schemas: SchemaMap, spelling: Spelling) -> Annotations:
    """Return the indexes and relations that a schema declares."""
    reading = _Reading(relations=Relations.beside(spelling))
    for each in annotated_fields(spelling):
        reading.used.update(id(part.schema) for part in each.property.shape.parts)
        _read(each, reading)
        if reading.full:
            message = f"the schema declares more than {MOST_INDEXES} indexes and relations"
            return Annotations((), (), (Violation("", "x-index", message),))
    composites, violations = read_composites(schemas.root, spelling)
    declared = [*reading.indexes, *composites]
    misplaced = _misplaced(schemas, spelling, reading.used)
    found = [each for place, each in enumerate(declared) if each not in declared[:place]]
    return Annotations(
        tuple(found),
        tuple(reading.relations.found),
        (*reading.violations, *reading.relations.violations, *violations, *misplaced),
    )


def annotated_fields(spelling: Spelling) -> Iterator[Annotated]:
    """Yield the fields with annotations that a record reaches without crossing an array or a union."""
    leading = _leading(spelling)
    pending: list[tuple[Path, Type, frozenset[str]]] = [((), spelling.type, frozenset())]
    while pending:
        path, type, above = pending.pop()
        if not isinstance(type, Object) or type.name in above or type.name not in leading:
            continue
        below: list[tuple[Path, Type, frozenset[str]]] = []
        for each, property in _fields(spelling, type.name):
            if _has(property):
                yield Annotated((*path, each.name), each, property)
            below.append(((*path, each.name), each.type, above | {type.name}))
        pending.extend(reversed(below))


def _read(each: Annotated, reading: _Reading) -> None:
    for part in each.property.shape.parts:
        unique = part.note("x-unique")
        kind = part.note("x-index")
        relation = part.note("x-relation")
        if relation is not None:
            reading.relations.read(each.path, each.field, each.property, part)
        if unique is not None and _is_flag(unique, part, reading) and unique:
            _index(each, part, "x-unique", "btree", reading)
        if kind is not None and kind is not False:
            _index(each, part, "x-index", "btree" if kind is True else kind, reading)


def _is_flag(value: Json, part: Place, reading: _Reading) -> bool:
    if not isinstance(value, bool):
        reading.violations.append(Violation(f"{part.pointer}/x-unique", "x-unique", "x-unique is true or false"))
    return isinstance(value, bool)


def _index(each: Annotated, part: Place, keyword: str, kind: Json, reading: _Reading) -> None:
    where = f"{part.pointer}/{keyword}"
    if not isinstance(kind, str) or kind not in KINDS:
        message = f"x-index is true or one of {', '.join(KINDS)}, not {shown(kind)}"
        reading.violations.append(Violation(where, keyword, message))
        return
    types, wanted = KINDS[cast(IndexKind, kind)]
    if not isinstance(each.field.type, types):
        message = f"{keyword} of kind {kind} needs {wanted}"
        reading.violations.append(Violation(where, keyword, message))
        return
    unique = keyword == "x-unique"
    same = Index(cast(IndexKind, kind), (IndexKey(each.path),), unique=not unique)
    if same in reading.indexes and kind == "btree":
        # A unique index serves whatever a plain one would.
        reading.indexes.remove(same)
        unique = True
    reading.indexes.append(Index(cast(IndexKind, kind), (IndexKey(each.path),), unique=unique))


def _fields(spelling: Spelling, name: str) -> Iterator[tuple[Field, Property]]:
    return zip(spelling.objects[name].fields, spelling.outlines[name].properties, strict=True)


def _has(property: Property) -> bool:
    return any(part.note(keyword) is not None for part in property.shape.parts for keyword in ON_PROPERTIES)


def _objects_in(type: Type) -> list[str]:
    match type:
        case Object(name):
            return [name]
        case Array(items):
            return _objects_in(items)
        case Union(variants=variants):
            return [each.object for each in variants]
        case _:
            return []


def _leading(spelling: Spelling) -> set[str]:
    """Return the object types that have annotations, or from which such types are reached."""
    holders: dict[str, list[str]] = {}
    found: list[str] = []
    for name in spelling.objects:
        for each, property in _fields(spelling, name):
            for below in _objects_in(each.type):
                holders.setdefault(below, []).append(name)
            if _has(property):
                found.append(name)
    leading: set[str] = set()
    while found:
        name = found.pop()
        if name not in leading:
            leading.add(name)
            found += holders.get(name, [])
    return leading


def _misplaced(schemas: SchemaMap, spelling: Spelling, used: set[int]) -> list[Violation]:
    """Return a violation for each annotation that no field of a record carries.

    What stands in definitions may be meant for other places than the one that uses it, unless an array leads there.
    """
    in_arrays = {id(part.schema): part for part in _parts_below_arrays(schemas, spelling)}
    inline = {id(each.schema): each for each in schemas if _is_inline(each)}
    return [
        Violation(f"{place.pointer}/{keyword}", keyword, _MISPLACED)
        for identity, place in (in_arrays | inline).items()
        if identity not in used
        for keyword in ON_PROPERTIES
        if place.note(keyword) is not None
    ]


_MISPLACED = (
    "this is inside an array, an alternative or a value without declared type, where no index or relation can reach; "
    "for an array, put x-index: gin or x-relation on the array itself"
)


def _parts_below_arrays(schemas: SchemaMap, spelling: Spelling) -> Iterator[Place]:
    for name in spelling.objects:
        for each, property in _fields(spelling, name):
            yield from property.shape.parts
            if isinstance(each.type, Array):
                for part in property.shape.parts:
                    yield from schemas.held(part, "items")


def _is_inline(place: Place) -> bool:
    return place.pointer.startswith("/") and not {"$defs", "definitions"} & set(place.pointer.split("/"))
