"""One collection: its fields, indexes and relations, as compiled from one schema version.

Start at `Collection`. `registry.compile` makes it; nothing changes it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, cast

from janua.model.json import loads
from janua.model.types import Array, Json, Object, Type, Union

Path = tuple[str, ...]
"""The property names from the root of a document to a value; arrays are never crossed."""

Schema = bool | Mapping[str, Json]
IndexKind = Literal["btree", "gin", "trigram", "fulltext"]
OnDelete = Literal["restrict", "cascade", "set_null"]


@dataclass(frozen=True, slots=True)
class Field:
    """A declared property of an object.

    `name` is the JSON property, `graphql` and `rest` are its spellings in the two query languages. `required`:
    every valid document has the property; `nullable`: its value may be null. GraphQL shows a field as non-null
    exactly when it is required and not nullable.
    """

    name: str
    graphql: str
    rest: str
    type: Type
    required: bool = False
    nullable: bool = True
    description: str | None = None
    deprecated: bool = False


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object with declared properties; `name` is the GraphQL type, `open` whether others are allowed beside."""

    name: str
    fields: tuple[Field, ...]
    open: bool = True
    description: str | None = None

    def field(self, name: str) -> Field | None:
        """Return the field of this JSON property name, if declared."""
        return next((each for each in self.fields if each.name == name), None)


@dataclass(frozen=True, slots=True)
class IndexKey:
    """One key of an index: a path of the document and a direction."""

    path: Path
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An index that the schema declares with `x-index`, `x-unique`, `x-indexes` or a relation.

    `where` is a filter in REST spelling, as declared; the index then covers only the records that match it. With
    `include` it is a covering index: of an extract that holds these fields and its keys, and for aggregates only.
    """

    kind: IndexKind
    keys: tuple[IndexKey, ...]
    unique: bool = False
    where: Mapping[str, Json] | None = None
    include: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """A declared reference: the property at `path` holds the id (`many`: an array of ids) of records of `target`.

    `field` is the name under which the related record appears, `inverse` the name of the list on the other side
    (None: the catalog chooses one). `column` is the typed SQL column with the foreign key; a to-many relation has
    a link table instead (see `link_table`).
    """

    path: Path
    field: str
    target: str
    many: bool
    on_delete: OnDelete
    column: str
    inverse: str | None = None


def link_table(collection: str, relation: Relation) -> str:
    """Return the name of the table that pairs (`record_id`, `target_id`) for a to-many relation of a collection.

    A collection's name cannot hold a `$`, so no collection can be called the same. At most 63 bytes.
    """
    name = f"{collection}${relation.column}"
    if len(name.encode()) <= 63:
        return name
    return f"{collection}${hashlib.sha256(relation.column.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Names:
    """How GraphQL spells a collection: type `Book`, one record `book`, many `books`."""

    type: str
    single: str
    plural: str

    @cached_property
    def root_fields(self) -> tuple[str, ...]:
        """Every root field that GraphQL derives from these names.

        In this order: one, many, aggregate, changes; create, replace, update, upsert, delete; create, update, delete
        many.
        """
        several = self.plural[0].upper() + self.plural[1:]
        # Where the plural is the singular (sheep, data), one and many must still be told apart.
        several = f"{self.type}Records" if several == self.type else several
        writes = (f"{verb}{self.type}" for verb in ("create", "replace", "update", "upsert", "delete"))
        bulk = (f"{verb}{several}" for verb in ("create", "update", "delete"))
        return (self.single, self.plural, f"{self.plural}Aggregate", f"{self.single}Changes", *writes, *bulk)


@dataclass(frozen=True)
class Collection:
    """A named set of records under one schema version.

    `text` is the schema as registered, in JSON, `type` what a record's data is (an `Object` unless the schema's root is
    something else), `objects` the object types reachable from it, by name. `name_map` is the stored spelling map
    (see `names.NameMap`) that keeps names stable from version to version. `references` pins `janua:` references:
    collection → schema version. `revision` is the catalog revision that made this version current; unlike the
    version it is never used twice, not even when a collection is dropped and registered anew, so it guards writes.
    """

    name: str
    version: int
    fingerprint: str
    text: str
    type: Type
    objects: Mapping[str, ObjectType]
    names: Names
    indexes: tuple[Index, ...] = ()
    relations: tuple[Relation, ...] = ()
    name_map: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    references: Mapping[str, int] = field(default_factory=dict[str, int])
    title: str | None = None
    description: str | None = None
    revision: int = 0

    @cached_property
    def document(self) -> Schema:
        """The schema as registered, read when it is first asked for: a server of thousands is not asked for all."""
        return cast("Schema", loads(self.text))

    @property
    def fields(self) -> tuple[Field, ...]:
        """Return the fields of the record itself; none when records are not objects."""
        return self.objects[self.type.name].fields if isinstance(self.type, Object) else ()

    @cached_property
    def type_names(self) -> frozenset[str]:
        """The GraphQL types that the schema makes: objects, enums, unions and the record."""
        return frozenset({*self.objects, *self.name_map.get("types", {}).values(), self.names.type})

    @cached_property
    def names_held(self) -> frozenset[str]:
        """The GraphQL types and root fields that only this collection has, and keeps in its next version."""
        return self.type_names.union(self.names.root_fields)

    def children(self, type: Type) -> tuple[Field, ...]:
        """Return the fields below a value of this type, without crossing arrays."""
        return self.objects[type.name].fields if isinstance(type, Object) else ()

    def field_at(self, path: Path) -> Field | None:
        """Return the declared field at a path, if there is one."""
        fields, found = self.fields, None
        for name in path:
            found = next((each for each in fields if each.name == name), None)
            if found is None:
                return None
            fields = self.children(found.type)
        return found

    def relation_at(self, path: Path) -> Relation | None:
        """Return the relation whose ids stand at a path, if there is one."""
        return next((each for each in self.relations if each.path == path), None)

    def walk(self) -> Iterator[tuple[Path, Field]]:
        """Yield every field with its path, outer before inner, each object type once (recursion ends there).

        Elements of arrays count as a step named `*`; variants of a union as a step of the union's place.
        """
        seen: set[str] = set()
        yield from self._walk((), self.type, seen)

    def _walk(self, path: Path, type: Type, seen: set[str]) -> Iterator[tuple[Path, Field]]:
        match type:
            case Object(name) if name not in seen:
                seen.add(name)
                for each in self.objects[name].fields:
                    yield (*path, each.name), each
                    yield from self._walk((*path, each.name), each.type, seen)
            case Array(items):
                yield from self._walk((*path, "*"), items, seen)
            case Union(variants=variants):
                for variant in variants:
                    yield from self._walk(path, Object(variant.object), seen)
            case _:
                return
