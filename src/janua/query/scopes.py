"""What a name in a query means at the point where it stands: a field, a system column, or a relation.

A `Scope` is such a point; filters, orders, figures and selections look names up here and nowhere else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from janua.errors import QueryTooLarge, UnknownField
from janua.model.catalog import Catalog, Inverse
from janua.model.collection import Collection, Field, Path, Relation, link_table
from janua.model.likeness import nearest
from janua.model.types import Anything, Array, DateTime, Integer, Object, Scalar, Type, Union, Uuid
from janua.query.ast import Spelling
from janua.query.limits import QueryLimits
from janua.query.nodes import Column, Link, Place, System

LISTED_NAMES = 20
SHOWN_CHARACTERS = 200

COMBINATORS_MEANT = {f"{sign}{each}": f"_{each}" for each in ("and", "or", "not") for sign in ("", "$")}
"""How other query languages call what joins filters."""

COLUMN_TYPES: dict[System, Scalar] = {
    "id": Uuid(),
    "version": Integer(),
    "schema_version": Integer(),
    "created_at": DateTime(),
    "updated_at": DateTime(),
}
META: dict[str, Column] = {
    "version": Column("version"),
    "schema_version": Column("schema_version"),
    "schemaVersion": Column("schema_version"),
    "created_at": Column("created_at"),
    "createdAt": Column("created_at"),
    "updated_at": Column("updated_at"),
    "updatedAt": Column("updated_at"),
}
"""The names below `_meta`, in the spelling of either query language."""


@dataclass(frozen=True, slots=True)
class Related:
    """A relation seen from one side: how to get to the records of `target`, and whether there may be several."""

    link: Link
    target: str
    many: bool


@dataclass(frozen=True, slots=True)
class Scope:
    """A value of a record, or of an array element, below which names are looked up.

    `record`: it is the record itself, so `id`, `_meta` and relations stand here. `element`: it is in an array element,
    and `path` starts there. `shown` is how the caller got here; `depth` counts the relations followed.
    """

    catalog: Catalog
    collection: Collection
    spelling: Spelling
    type: Type
    path: Path = ()
    record: bool = False
    element: bool = False
    shown: tuple[str, ...] = ()
    depth: int = 0

    def field(self, name: str) -> Field | None:
        """Return the field of this name, in the query's spelling."""
        fields = self.collection.children(self.type)
        if self.spelling == "rest":
            return next((each for each in fields if each.rest == name), None)
        return next((each for each in fields if each.graphql == name), None)

    def related(self, name: str) -> Related | None:
        """Return the relation of this name, seen from here."""
        found = self.catalog.relations(self.collection.name).get(name) if self.record else None
        return None if found is None else _related(self.collection.name, found)

    def many_at(self) -> Related | None:
        """Return the to-many relation whose array of ids stands here."""
        relation = None if self.element else self.collection.relation_at(self.path)
        return _related(self.collection.name, relation) if relation is not None and relation.many else None

    def place(self) -> Place:
        """Return this value as a plan names it."""
        relation = None if self.element else self.collection.relation_at(self.path)
        column = relation.column if relation is not None and not relation.many else ""
        return Place(self.path, self.type, column)

    def inside(self, field: Field, name: str) -> "Scope":
        """Return the scope of a field of this object."""
        return replace(self, type=field.type, path=(*self.path, field.name), record=False, shown=(*self.shown, name))

    def as_type(self, type: Type) -> "Scope":
        """Return this scope, of a value known to be of a type: a branch of a union."""
        return replace(self, type=type)

    def at_elements(self, type: Type, name: str) -> "Scope":
        """Return the scope of the elements of this array."""
        return replace(self, type=type, path=(), record=False, element=True, shown=(*self.shown, name))

    def at_target(self, related: Related, name: str, limits: QueryLimits) -> "Scope":
        """Return the scope of the related records.

        Raises: `QueryTooLarge` when too many relations were followed, `CollectionQuarantined`.
        """
        if self.depth >= limits.relation_depth:
            raise QueryTooLarge("relations in a row", self.depth + 1, limits.relation_depth, "limits.relation_depth")
        target = root_scope(self.catalog, related.target, self.spelling)
        return replace(target, shown=(*self.shown, name), depth=self.depth + 1)

    def show(self, *names: str) -> str:
        """Return the path of a name at this point, fit for a message."""
        return legible(".".join((*self.shown, *names)))

    def names(self) -> Sequence[str]:
        """Return the names that stand here, sorted."""
        names: Iterable[str] = (getattr(each, self.spelling) for each in self.collection.children(self.type))
        if self.record:
            names = (*names, *self.catalog.relations(self.collection.name), "id", "_meta")
        return sorted(names)

    def known(self) -> tuple[str, ...]:
        """Return the first few of the names that stand here."""
        return tuple(legible(each) for each in self.names()[:LISTED_NAMES])

    def unknown(self, name: str) -> UnknownField:
        """Return the error for a name that means nothing here."""
        return UnknownField(self.collection.name, self.show(name), self.known(), hint=self.hint(name))

    def hint(self, name: str) -> str:
        """Return what was probably meant by a name that means nothing here."""
        whole = self.show() or "the record"
        match self.type:
            case Union():
                return f"inside a union nothing has a name: take {whole} whole, and filter it with containsJson"
            case Array():
                return f"elements of an array have no path: take {whole} whole, and filter it with some and has"
            case _:
                meant = COMBINATORS_MEANT.get(name) or nearest(name, self.names())
                if meant:
                    return f"did you mean {legible(meant)!r}?"
                free = isinstance(self.type, Anything | Object) and not self.collection.children(self.type)
                return f"no fields are declared there: filter {whole} with containsJson" if free else ""


def root_scope(catalog: Catalog, collection: str, spelling: Spelling) -> Scope:
    """Return the scope of the records of a collection.

    Raises: `UnknownCollection`, `CollectionQuarantined`.
    """
    found = catalog.collection(collection)
    return Scope(catalog, found, spelling, found.type, record=True)


def legible(text: str) -> str:
    """Return a caller's text cut to what a message can hold, with nothing that cannot be encoded."""
    return text[:SHOWN_CHARACTERS].encode(errors="replace").decode()


def _related(collection: str, relation: Relation | Inverse) -> Related:
    match relation:
        case Relation(many=False):
            return Related(Link("to_one", relation.target, column=relation.column), relation.target, many=False)
        case Relation():
            via = link_table(collection, relation)
            return Related(Link("to_many", relation.target, via=via), relation.target, many=True)
        case Inverse(source, declared) if declared.many:
            return Related(Link("from_many", source, via=link_table(source, declared)), source, many=True)
        case Inverse(source, declared):
            return Related(Link("from_one", source, column=declared.column), source, many=True)
