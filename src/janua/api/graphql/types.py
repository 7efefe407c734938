"""What all types of one component are made with: the catalog, their names, and those that are made already.

`Types.once` makes a type once; its fields are found later, so that types may refer to each other in circles. Lists,
non-null types and plain fields of the same type are shared: a schema of thousands of types stays small.
"""

from collections.abc import Callable, Mapping
from collections.abc import Collection as Group
from typing import TypeVar, cast

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputField, GraphQLNamedType, GraphQLScalarType, GraphQLType

from janua.api.graphql import kinds, scalars
from janua.api.graphql.kinds import Input, ListOf, NonNull, NullableInput, NullableOutput, Output
from janua.model.catalog import Catalog, Inverse
from janua.model.collection import Collection, Field, ObjectType, Relation
from janua.model.names import derived_type
from janua.model.types import Boolean, Date, DateTime, Enum, Integer, Number, Object, Scalar, Text, Time, Union, Uuid

T = TypeVar("T", bound=GraphQLNamedType)
R = TypeVar("R")

DEPRECATED = "The schema says that it is deprecated."
SCALARS: Mapping[type[Scalar], GraphQLScalarType] = {
    Text: scalars.STRING,
    Number: scalars.FLOAT,
    Boolean: scalars.BOOLEAN,
    DateTime: scalars.DATE_TIME,
    Date: scalars.DATE,
    Time: scalars.TIME,
    Uuid: scalars.UUID,
}
"""The scalars of the model that are always the same one in GraphQL."""

NON_NULL: Mapping[GraphQLType, NonNull] = {each: kinds.non_null(each) for each in scalars.SCALARS.values()}
_PLAIN = (*scalars.SCALARS.values(), *NON_NULL.values())
FIELDS: Mapping[GraphQLType, GraphQLField] = {each: GraphQLField(each) for each in _PLAIN}
INPUT_FIELDS: Mapping[GraphQLType, GraphQLInputField] = {each: GraphQLInputField(each) for each in _PLAIN}
"""What all components share."""


class Types:
    """The types of one component so far; `taken` are names that no derived type may have."""

    def __init__(self, catalog: Catalog, members: Mapping[str, Collection], taken: Group[str]) -> None:
        self.catalog = catalog
        self.members = members
        self.all: dict[str, GraphQLNamedType] = {}
        self.derived: set[str] = set()
        self._taken = taken
        self._lists: dict[GraphQLType, ListOf] = {}
        self._non_null: dict[GraphQLType, NonNull] = {**NON_NULL}
        self._fields: dict[GraphQLType, GraphQLField] = {**FIELDS}
        self._input_fields: dict[GraphQLType, GraphQLInputField] = {**INPUT_FIELDS}
        self._reached: dict[tuple[str, str], object] = {}

    def derive(self, base: str, ending: str) -> str:
        """Return the name of a type that is derived from the type `base`."""
        self.derived.add(f"{base}{ending}")
        return derived_type(base, ending, self._taken)

    def once(self, name: str, make: Callable[[str], T]) -> T:
        """Return the type of this name, made if it is asked for the first time."""
        found = self.all.get(name)
        if found is None:
            found = self.all[name] = make(name)
        return cast(T, found)

    def record_name(self, collection: Collection) -> str:
        """Return the type of a collection's records."""
        return collection.names.type

    def object_name(self, collection: Collection, object: str) -> str:
        """Return the type of an object inside a record; one that is like the whole record has no `id` there."""
        return self.derive(object, "Document") if collection.type == Object(object) else object

    def list_of(self, type: Input | Output) -> ListOf:
        """Return the type of lists of these."""
        found = self._lists.get(type)
        if found is None:
            found = self._lists[type] = kinds.list_of(type)
        return found

    def non_null(self, type: NullableInput | NullableOutput) -> NonNull:
        """Return the type without null."""
        found = self._non_null.get(type)
        if found is None:
            found = self._non_null[type] = kinds.non_null(type)
        return found

    def field(self, type: Output, of: Field | None = None) -> GraphQLField:
        """Return an output field, described as the model's field is."""
        if of is None or not (of.description or of.deprecated):
            found = self._fields.get(type)
            if found is None:
                found = self._fields[type] = GraphQLField(type)
            return found
        return GraphQLField(type, description=of.description, deprecation_reason=DEPRECATED if of.deprecated else None)

    def input_field(self, type: Input) -> GraphQLInputField:
        """Return a plain input field."""
        found = self._input_fields.get(type)
        if found is None:
            found = self._input_fields[type] = GraphQLInputField(type)
        return found

    def scalar(self, type: Scalar) -> GraphQLScalarType | GraphQLEnumType:
        """Return the type of single values."""
        match type:
            case Integer():
                return scalars.BIG_INT if type.big else scalars.INT
            case Enum(values=()):
                return scalars.STRING
            case Enum(name):
                values = {each.graphql: each.value for each in type.values}
                return self.once(name, lambda name: kinds.enum_type(name, values))
            case _:
                return SCALARS[type.__class__]

    def object_of(self, collection: Collection, type: Object) -> ObjectType | None:
        """Return the object type that is meant, unless GraphQL cannot express it: it has no fields."""
        found = collection.objects[type.name]
        return found if found.fields else None

    def variants_of(self, collection: Collection, type: Union) -> tuple[ObjectType, ...]:
        """Return the object types of a union; none when GraphQL cannot express it."""
        found = tuple(collection.objects[each.object] for each in type.variants)
        names = {each.name for each in found}
        return found if all(each.fields for each in found) and len(names) == len(found) else ()

    def reached(self, collection: Collection, what: str, find: Callable[[], R]) -> R:
        """Return what `find` finds out about a collection, found out once; `what` it is called."""
        key = (collection.name, what)
        if key not in self._reached:
            self._reached[key] = find()
        return cast(R, self._reached[key])

    def relations(self, collection: Collection) -> Mapping[str, Relation | Inverse]:
        """Return the relations of a collection, both ways, to collections that are served."""
        found = self.catalog.relations(collection.name)
        return {name: each for name, each in found.items() if target_of(each) in self.members}

    def target(self, relation: Relation | Inverse) -> Collection:
        """Return the collection that a relation leads to."""
        return self.members[target_of(relation)]


def target_of(relation: Relation | Inverse) -> str:
    """Return the name of the collection that a relation leads to, seen from the side it was found on."""
    return relation.target if isinstance(relation, Relation) else relation.source


def is_many(relation: Relation | Inverse) -> bool:
    """Return whether a relation leads to several records."""
    return isinstance(relation, Inverse) or relation.many
