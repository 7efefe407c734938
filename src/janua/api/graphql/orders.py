"""Order inputs: which values records can be sorted by, and the directions.

Start at `order_type`. Each key of `orderBy` names one value; `query.parse.parse_order_by` reads what is coerced.
"""

from collections.abc import Iterable

from graphql import GraphQLInputField, GraphQLInputObjectType

from janua.api.graphql import kinds
from janua.api.graphql.kinds import InputFields
from janua.api.graphql.reach import leading_to
from janua.api.graphql.types import Types, is_many
from janua.model.collection import Collection, Field
from janua.model.types import Anything, Array, Object, Union
from janua.query.parse import DIRECTIONS

ORDER = "order"
SORT_ORDER = kinds.enum_type(
    "SortOrder",
    {each: each for each in DIRECTIONS},
    "The direction of a sort key. Null is the largest value unless it is said otherwise.",
)
_DIRECTION = GraphQLInputField(SORT_ORDER)
RECORD_META_ORDER_BY = kinds.input_type(
    "RecordMetaOrderBy",
    dict.fromkeys(("version", "schemaVersion", "createdAt", "updatedAt"), _DIRECTION),
    role=ORDER,
)
STATIC = (SORT_ORDER, RECORD_META_ORDER_BY)
META = {"_meta": GraphQLInputField(RECORD_META_ORDER_BY)}
SYSTEM = {"id": _DIRECTION, **META}


def order_type(types: Types, collection: Collection) -> GraphQLInputObjectType:
    """Return the sort key of a collection's records: `BookOrderBy`."""

    def fields() -> InputFields:
        related = {
            name: types.input_field(order_type(types, types.target(each)))
            for name, each in types.relations(collection).items()
            if not is_many(each)
        }
        return order_fields(types, collection, collection.fields, "OrderBy") | related | SYSTEM

    name = types.derive(types.record_name(collection), "OrderBy")
    return types.once(name, lambda name: kinds.input_type(name, fields, role=ORDER))


def order_fields(types: Types, collection: Collection, fields: Iterable[Field], ending: str) -> InputFields:
    """Return a direction for each single value among the fields, and what holds such values inside."""
    leading = types.reached(collection, "sorted", lambda: leading_to(collection, is_single))
    return {
        each.graphql: types.input_field(_on_object(types, collection, each.type, ending))
        if isinstance(each.type, Object)
        else _DIRECTION
        for each in fields
        if is_single(each) or (isinstance(each.type, Object) and each.type.name in leading)
    }


def is_single(field: Field) -> bool:
    """Return whether a field holds one value that can be compared."""
    return not isinstance(field.type, Object | Array | Union | Anything)


def _on_object(types: Types, collection: Collection, type: Object, ending: str) -> GraphQLInputObjectType:
    found = collection.objects[type.name]
    return types.once(
        types.derive(types.object_name(collection, found.name), ending),
        lambda name: kinds.input_type(name, lambda: order_fields(types, collection, found.fields, ending), role=ORDER),
    )
