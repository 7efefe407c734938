"""Declared places of a collection, as queries resolve them: for DDL, so that its expressions are those of queries."""

from janua.model.collection import Collection, Path
from janua.model.types import Type
from janua.query.nodes import Place


def place_at(collection: Collection, path: Path) -> Place:
    """Return the declared place at a path, as queries resolve it."""
    field = collection.field_at(path)
    relation = collection.relation_at(path)
    column = relation.column if relation is not None and not relation.many else ""
    return Place(path, _type_at(collection, path) if field is None else field.type, column)


def _type_at(collection: Collection, path: Path) -> Type:
    if path:
        raise LookupError(f"{collection.name} declares no field at {path!r}")
    return collection.type
