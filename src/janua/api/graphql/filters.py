"""Filter inputs: the filter language of `query.filters` in GraphQL's spelling, for every type it stands on.

Start at `where_type`. Operators come from the one table, `query.operators`; the filters of scalars are the same for all
collections. A coerced filter goes to `query.filters.resolve_filter` as it is.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from graphql import GraphQLEnumType, GraphQLInputField, GraphQLInputObjectType, GraphQLScalarType

from janua.api.graphql import kinds, scalars
from janua.api.graphql.kinds import Input, InputFields, NullableInput
from janua.api.graphql.types import Types, is_many
from janua.model.collection import Collection, Field
from janua.model.names import LISTS_IN_LISTS
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
    Scalar,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.query.filters import QUANTIFIERS
from janua.query.nodes import System
from janua.query.operators import MEANINGS, OperandKind, Operator, operators_of
from janua.query.scopes import COLUMN_TYPES

FILTER = "filter"
PRESENCE = ("isNull", "exists")
RANGE: tuple[Operator, ...] = ("gt", "gte", "lt", "lte")


def where_type(types: Types, collection: Collection) -> GraphQLInputObjectType:
    """Return the filter of a collection's records: `BookWhere`."""
    return types.once(
        types.derive(types.record_name(collection), "Where"),
        lambda name: _combinable(name, lambda: _on_record(types, collection)),
    )


def _on_record(types: Types, collection: Collection) -> InputFields:
    own = _on_whole(types, collection) | _on_fields(types, collection, collection.fields)
    related = {
        name: _to_many(types, types.target(each)) if is_many(each) else _to_one(types, types.target(each))
        for name, each in types.relations(collection).items()
    }
    return own | _plain(types, related) | SYSTEM


def _on_whole(types: Types, collection: Collection) -> InputFields:
    type = collection.type
    if isinstance(type, Array):
        found = _on_elements(operand(types, type.items), filter_of(types, collection, type.items))
    else:
        found = _on_scalar(type, operand(types, type))
    # A record is always there: whether a related one is, is a question to the relation.
    return {name: each for name, each in found.items() if name not in PRESENCE}


def _to_one(types: Types, target: Collection) -> GraphQLInputObjectType:
    def fields() -> InputFields:
        return _on_record(types, target) | {"isNull": _described("isNull", scalars.BOOLEAN)}

    def make(name: str) -> GraphQLInputObjectType:
        # Combined are filters of the record: whether there is one is asked once, beside them.
        return _combinable(name, fields, where_type(types, target))

    return types.once(types.derive(types.record_name(target), "ToOneFilter"), make)


def _to_many(types: Types, target: Collection) -> GraphQLInputObjectType:
    def fields() -> InputFields:
        return _plain(types, dict.fromkeys(QUANTIFIERS, where_type(types, target)))

    name = types.derive(types.record_name(target), "ToManyFilter")
    return types.once(name, lambda name: kinds.input_type(name, fields, role=FILTER))


def _on_fields(types: Types, collection: Collection, fields: Iterable[Field]) -> InputFields:
    return _plain(types, {each.graphql: filter_of(types, collection, each.type) for each in fields})


def filter_of(types: Types, collection: Collection, type: Type) -> GraphQLInputObjectType:
    """Return the filter on values of a type inside a record."""
    match type:
        case Object():
            return _on_object(types, collection, type)
        case Array():
            return _on_list(types, collection, type)
        case Union():
            return value_filter(OBJECT)
        case Anything():
            return value_filter("JSON")
        case _:
            held = types.scalar(type)
            return value_filter(held.name) if isinstance(held, GraphQLScalarType) else _on_enum(types, type, held)


def _on_object(types: Types, collection: Collection, type: Object) -> GraphQLInputObjectType:
    found = types.object_of(collection, type)
    if found is None:
        return value_filter(OBJECT)

    def fields() -> InputFields:
        # A property that is called like an operator is meant before the operator.
        return _operators(operators_of(type), scalars.JSON) | _on_fields(types, collection, found.fields)

    name = types.derive(types.object_name(collection, found.name), "Where")
    return types.once(name, lambda name: _combinable(name, fields))


def _on_enum(types: Types, type: Scalar, held: GraphQLEnumType) -> GraphQLInputObjectType:
    return types.once(types.derive(held.name, "Filter"), lambda name: _combinable(name, lambda: _on_scalar(type, held)))


def _on_scalar(type: Type, compared: NullableInput) -> InputFields:
    found = _operators(operators_of(type), compared)
    # An enum's order is that of its strings, so a range may be bounded by any string.
    anything = RANGE if isinstance(type, Enum) else ()
    return found | {each: _described(each, scalars.STRING) for each in anything}


def _on_list(types: Types, collection: Collection, type: Array) -> GraphQLInputObjectType:
    innermost, depth = _innermost(type)
    if depth > LISTS_IN_LISTS:
        return value_filter(OBJECT, 1)
    inner = filter_of(types, collection, innermost)
    if isinstance(innermost, Enum) and isinstance(types.scalar(innermost), GraphQLEnumType):
        base = innermost.name
    elif isinstance(innermost, Object) and types.object_of(collection, innermost) is not None:
        base = types.object_name(collection, innermost.name)
    else:
        return value_filter(inner.name.removesuffix("Filter"), depth)

    def fields() -> InputFields:
        return _on_elements(operand(types, type.items), filter_of(types, collection, type.items))

    return types.once(types.derive(base, "List" * depth + "Filter"), lambda name: _combinable(name, fields))


def _innermost(type: Type) -> tuple[Type, int]:
    depth = 0
    while isinstance(type, Array):
        type, depth = type.items, depth + 1
    return type, depth


def operand(types: Types, type: Type) -> NullableInput:
    """Return the type of values that are compared with values of a type."""
    return scalars.JSON if isinstance(type, Object | Array | Union | Anything) else types.scalar(type)


def value_filter(base: str, depth: int = 0) -> GraphQLInputObjectType:
    """Return the filter on values of a scalar, or of objects without declared fields, inside `depth` lists.

    It is the same for all collections.
    """
    return _value_filter(base, depth)


@cache
def _value_filter(base: str, depth: int) -> GraphQLInputObjectType:
    held = STATIC_TYPES[base]
    compared = scalars.JSON if base == OBJECT or depth > 1 else scalars.SCALARS[base]

    def fields() -> InputFields:
        if depth:
            return _on_elements(compared, value_filter(base, depth - 1))
        return _operators(operators_of(held), compared)

    return _combinable(f"{base}{'List' * depth}Filter", fields)


def _on_elements(compared: NullableInput, elements: GraphQLInputObjectType) -> InputFields:
    quantified = {each: GraphQLInputField(elements) for each in QUANTIFIERS}
    return _operators(operators_of(Array(Anything())), compared) | quantified


def _operators(operators: Iterable[Operator], compared: NullableInput) -> InputFields:
    return {each: _described(each, compared) for each in operators}


def _described(operator: Operator, compared: NullableInput) -> GraphQLInputField:
    operands: Mapping[OperandKind, Input] = {
        "value": compared,
        "values": kinds.list_of(kinds.non_null(compared)),
        "boolean": scalars.BOOLEAN,
        "string": scalars.STRING,
        "json": scalars.JSON,
    }
    meaning = MEANINGS[operator]
    return GraphQLInputField(operands[meaning.operand], description=f"{meaning.holds_when}.")


def _combinable(
    name: str, fields: Callable[[], InputFields], combined: GraphQLInputObjectType | None = None
) -> GraphQLInputObjectType:
    """Return a filter with these fields and the combinators, which join filters of its own kind, or other ones."""

    def all_fields() -> InputFields:
        joined = combined or type
        several = GraphQLInputField(kinds.list_of(kinds.non_null(joined)))
        return {**fields(), "_and": several, "_or": several, "_not": GraphQLInputField(joined)}

    type = kinds.input_type(name, all_fields, role=FILTER)
    return type


def _plain(types: Types, filters: Mapping[str, GraphQLInputObjectType]) -> InputFields:
    return {name: _SHARED.get(each) or types.input_field(each) for name, each in filters.items()}


def _column_filter(name: str, column: System, compared: GraphQLScalarType) -> GraphQLInputObjectType:
    fields = _operators(operators_of(COLUMN_TYPES[column]), compared)
    return kinds.input_type(name, fields, role=FILTER)


OBJECT = "Object"
STATIC_TYPES: Mapping[str, Type] = {
    "String": Text(),
    "Int": Integer(),
    "BigInt": Integer(),
    "Float": Number(),
    "Boolean": Boolean(),
    "DateTime": DateTime(),
    "Date": Date(),
    "Time": Time(),
    "UUID": Uuid(),
    "JSON": Anything(),
    OBJECT: Object(""),
}
"""What the filters that are the same for all collections stand on, by the beginning of their names."""

ID_FILTER = _column_filter("IDFilter", "id", scalars.ID)
_VERSION_FILTER = _column_filter("VersionFilter", "version", scalars.INT)
_TIMESTAMP_FILTER = _column_filter("TimestampFilter", "created_at", scalars.DATE_TIME)
RECORD_META_FILTER = kinds.input_type(
    "RecordMetaFilter",
    {
        "version": GraphQLInputField(_VERSION_FILTER),
        "schemaVersion": GraphQLInputField(_VERSION_FILTER),
        "createdAt": GraphQLInputField(_TIMESTAMP_FILTER),
        "updatedAt": GraphQLInputField(_TIMESTAMP_FILTER),
    },
    role=FILTER,
)
STATIC = (ID_FILTER, _VERSION_FILTER, _TIMESTAMP_FILTER, RECORD_META_FILTER)
_SHARED = {
    each: GraphQLInputField(each) for base in STATIC_TYPES for each in (value_filter(base), value_filter(base, 1))
}
SYSTEM = {"id": GraphQLInputField(ID_FILTER), "_meta": GraphQLInputField(RECORD_META_FILTER)}
