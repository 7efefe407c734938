"""Types of answers: records, the objects, unions and lists inside them, and the connections that list records.

Start at `record_type`. None has resolvers: operations are compiled to SQL, these types are what they are checked
against.
"""

from graphql import GraphQLArgument, GraphQLField, GraphQLInputObjectType, GraphQLObjectType

from janua.api.graphql import kinds, scalars
from janua.api.graphql.filters import where_type
from janua.api.graphql.kinds import Fields, NullableOutput
from janua.api.graphql.orders import order_type
from janua.api.graphql.types import Types, is_many
from janua.model.collection import Collection, Field
from janua.model.types import Anything, Array, Object, Type, Union
from janua.query.answers import WHOLE

RECORD_META = kinds.object_type(
    "RecordMeta",
    {
        "version": GraphQLField(kinds.non_null(scalars.INT), description="Counts the writes of this record."),
        "schemaVersion": GraphQLField(
            kinds.non_null(scalars.INT), description="The schema version that it was written under."
        ),
        "createdAt": GraphQLField(kinds.non_null(scalars.DATE_TIME)),
        "updatedAt": GraphQLField(kinds.non_null(scalars.DATE_TIME)),
    },
    description="What Janua knows about a record beside its document.",
)
PAGE_INFO = kinds.object_type(
    "PageInfo",
    {
        "hasNextPage": GraphQLField(kinds.non_null(scalars.BOOLEAN)),
        "hasPreviousPage": GraphQLField(kinds.non_null(scalars.BOOLEAN)),
        "startCursor": GraphQLField(scalars.STRING),
        "endCursor": GraphQLField(scalars.STRING),
    },
    description="Where a page stands; see the GraphQL Cursor Connections Specification.",
)
STATIC = (RECORD_META, PAGE_INFO)

_ID = GraphQLField(kinds.non_null(scalars.ID))
_META = GraphQLField(kinds.non_null(RECORD_META))
_CURSOR = GraphQLField(kinds.non_null(scalars.STRING))
_PAGE_INFO = GraphQLField(kinds.non_null(PAGE_INFO))
_TOTAL = GraphQLField(kinds.non_null(scalars.INT), description="How many records match, on all pages.")
_PAGE_ARGUMENTS = {
    "first": GraphQLArgument(scalars.INT, description="How many records at most."),
    "after": GraphQLArgument(scalars.STRING, description="Only those after this cursor."),
    "last": GraphQLArgument(scalars.INT, description="How many records at most, counted from the end."),
    "before": GraphQLArgument(scalars.STRING, description="Only those before this cursor."),
    "offset": GraphQLArgument(scalars.INT, description="How many records to skip."),
}


def record_type(types: Types, collection: Collection) -> GraphQLObjectType:
    """Return the type of a collection's records: `Book`."""

    def fields() -> Fields:
        declared = {each.graphql: field_of(types, collection, each) for each in collection.fields}
        whole = {} if declared else {WHOLE: types.field(value_type(types, collection, collection.type))}
        related = {
            name: connection_field(types, types.target(each))
            if is_many(each)
            else types.field(record_type(types, types.target(each)))
            for name, each in types.relations(collection).items()
        }
        return {"id": _ID, "_meta": _META, **declared, **whole, **related}

    return types.once(
        types.record_name(collection),
        lambda name: kinds.object_type(name, fields, description=collection.description),
    )


def connection_field(
    types: Types, collection: Collection, description: str | None = None, extensions: dict[str, object] | None = None
) -> GraphQLField:
    """Return a field that lists records of a collection, page by page."""
    arguments = {
        "where": GraphQLArgument(where_type(types, collection)),
        "orderBy": order_argument(order_type(types, collection)),
        **_PAGE_ARGUMENTS,
    }
    return GraphQLField(
        types.non_null(connection_type(types, collection)), arguments, description=description, extensions=extensions
    )


def order_argument(keys: GraphQLInputObjectType) -> GraphQLArgument:
    """Return the argument that orders by several keys."""
    return GraphQLArgument(kinds.list_of(kinds.non_null(keys)), description="Sort keys, the most important first.")


def connection_type(types: Types, collection: Collection) -> GraphQLObjectType:
    """Return the type of pages of a collection's records: `BookConnection`."""

    def fields() -> Fields:
        record = types.non_null(record_type(types, collection))
        edge = types.non_null(_edge_type(types, collection))
        return {
            "nodes": types.field(types.non_null(types.list_of(record))),
            "edges": types.field(types.non_null(types.list_of(edge))),
            "pageInfo": _PAGE_INFO,
            "totalCount": _TOTAL,
        }

    name = types.derive(types.record_name(collection), "Connection")
    return types.once(name, lambda name: kinds.object_type(name, fields))


def _edge_type(types: Types, collection: Collection) -> GraphQLObjectType:
    def fields() -> Fields:
        return {"cursor": _CURSOR, "node": types.field(types.non_null(record_type(types, collection)))}

    name = types.derive(types.record_name(collection), "Edge")
    return types.once(name, lambda name: kinds.object_type(name, fields))


def field_of(types: Types, collection: Collection, field: Field) -> GraphQLField:
    """Return the field that shows a property; it is never null where every stored record has it."""
    type = value_type(types, collection, field.type)
    certain = field.required and not field.nullable
    return types.field(types.non_null(type) if certain else type, field)


def value_type(types: Types, collection: Collection, type: Type) -> NullableOutput:
    """Return the type of a value inside a record; what GraphQL cannot express is `JSON`."""
    match type:
        case Object():
            return _object_type(types, collection, type)
        case Union():
            return _union_type(types, collection, type)
        case Array(items, nullable):
            inner = value_type(types, collection, items)
            return types.list_of(inner if nullable else types.non_null(inner))
        case Anything():
            return scalars.JSON
        case _:
            return types.scalar(type)


def _object_type(types: Types, collection: Collection, type: Object) -> NullableOutput:
    found = types.object_of(collection, type)
    if found is None:
        return scalars.JSON

    def fields() -> Fields:
        return {each.graphql: field_of(types, collection, each) for each in found.fields}

    name = types.object_name(collection, found.name)
    return types.once(name, lambda name: kinds.object_type(name, fields, description=found.description))


def _union_type(types: Types, collection: Collection, type: Union) -> NullableOutput:
    variants = types.variants_of(collection, type)
    if not variants:
        return scalars.JSON

    def members() -> list[GraphQLObjectType]:
        found = [_object_type(types, collection, Object(each.name)) for each in variants]
        return [each for each in found if isinstance(each, GraphQLObjectType)]

    return types.once(type.name, lambda name: kinds.union_type(name, members))
