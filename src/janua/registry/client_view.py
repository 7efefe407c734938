"""What clients of GraphQL and of REST see of a collection: fields, relations, and its records seen from others.

In: a `Side`, which is a collection in a catalog. Out: name → `Seen`. `client_changes` compares two of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from janua.model.catalog import Catalog
from janua.model.collection import Collection, Field, OnDelete, Path, Relation
from janua.model.types import Enum, Type
from janua.registry.names import graphql_type


@dataclass(frozen=True, slots=True)
class Side:
    """A collection before or after a change, and the catalog that it is part of."""

    collection: Collection
    catalog: Catalog

    def inverse(self, relation: Relation) -> str | None:
        """Return under which name the target lists the collection's records by this relation."""
        found = self.catalog.inverses(relation.target)
        mine = (each for each in found if each.source == self.collection.name and each.relation.path == relation.path)
        return next((each.field for each in mine), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A field as a client sees it; `values` are those of an enum."""

    type: str
    values: frozenset[str] = frozenset()
    is_relation: bool = False


@dataclass(frozen=True, slots=True)
class SeenRelation:
    """A relation: where it leads, and `inverse`, the name of the collection's records on the other side."""

    target: str
    many: bool
    path: Path
    on_delete: OnDelete
    inverse: str | None

    @property
    def type(self) -> str:
        """Return the relation in words."""
        many = "many of " if self.many else ""
        inverse = f", seen from there as {self.inverse}" if self.inverse else ""
        return f"{many}{self.target} by {'.'.join(self.path)}, on delete {self.on_delete}{inverse}"


def graphql_view(side: Side) -> dict[str, Seen]:
    """Return the GraphQL fields that the collection makes: `Book.title`, and in types of others `Author.books`."""
    collection = side.collection
    own = {
        f"{name}.{each.graphql}": Seen(graphql_type(each), _values(each.type))
        for name, type in collection.objects.items()
        for each in type.fields
    }
    type = collection.names.type
    related = {f"{type}.{field}": _related(other.names.type, many) for field, other, many in _relations(side)}
    far = {f"{other.names.type}.{field}": _related(type, many=True) for other, field in _inverses(side)}
    return {**own, **related, **far}


def rest_view(side: Side) -> dict[str, Seen]:
    """Return what REST asks for by name: `publisher.city`, `author`, and seen from others `authors.books`."""
    own = {name: Seen(_plain_type(each)) for name, each in _spelled(side.collection)}
    related = {
        field: Seen(f"{'many ' if many else ''}{other.name}", is_relation=True)
        for field, other, many in _relations(side)
    }
    far = {
        f"{other.name}.{field}": Seen(f"many {side.collection.name}", is_relation=True)
        for other, field in _inverses(side)
    }
    return {**own, **related, **far}


def relation_view(side: Side) -> dict[str, SeenRelation]:
    """Return the relations that the schema declares, by field."""
    return {
        each.field: SeenRelation(each.target, each.many, each.path, each.on_delete, side.inverse(each))
        for each in side.collection.relations
    }


def _relations(side: Side) -> Iterator[tuple[str, Collection, bool]]:
    """Yield the relations of the collection's records both ways: field, other collection, whether to many."""
    for field, each in side.catalog.relations(side.collection.name).items():
        name, many = (each.target, each.many) if isinstance(each, Relation) else (each.source, True)
        if other := side.catalog.collections.get(name):
            yield field, other, many


def _inverses(side: Side) -> Iterator[tuple[Collection, str]]:
    """Yield the other collections that list this one's records, and as what; its own are among its relations."""
    for each in side.collection.relations:
        other, field = side.catalog.collections.get(each.target), side.inverse(each)
        if other and field and other.name != side.collection.name:
            yield other, field


def _related(type: str, many: bool) -> Seen:
    return Seen(f"{type}Connection!" if many else type, is_relation=True)


def _spelled(collection: Collection) -> Iterator[tuple[str, Field]]:
    spelled: dict[Path, str] = {(): ""}
    for path, each in collection.walk():
        above = spelled.setdefault(path[:-1], ".".join(path[:-1]))
        spelled[path] = spelled[(*path, "*")] = f"{above}.{each.rest}" if above else each.rest
        yield spelled[path], each


def _plain_type(field: Field) -> str:
    return graphql_type(field).removesuffix("!")


def _values(type: Type) -> frozenset[str]:
    return frozenset(each.graphql for each in type.values) if isinstance(type, Enum) else frozenset()
