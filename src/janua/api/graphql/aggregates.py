"""Types of figures over records: groups with their keys, sums, averages, extremes and counts, and how to order them.

Start at `group_type`. Figures stand on single values of the record itself, also inside objects, as `query.figures`
says; the values of `groupBy` are the paths to them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from graphql import GraphQLEnumType, GraphQLField, GraphQLInputField, GraphQLInputObjectType, GraphQLObjectType

from janua.api.graphql import kinds, scalars
from janua.api.graphql.kinds import Fields, InputFields, Output
from janua.api.graphql.orders import META, ORDER, SORT_ORDER, is_single, order_fields
from janua.api.graphql.reach import leading_to
from janua.api.graphql.types import Types
from janua.model.collection import Collection, Field
from janua.model.names import LONGEST, Wish, assign, hashed
from janua.model.types import Anything, Array, Boolean, Integer, Number, Object, Scalar, Union

GROUP_DEPTH = 4
"""How deep inside a record values are that records can be grouped by."""
GROUP_FIELDS = 1000
"""By how many values records can be grouped at most; those near the top come first."""

RECORD_META_BOUNDS = kinds.object_type(
    "RecordMetaBounds",
    {
        "version": GraphQLField(scalars.INT),
        "schemaVersion": GraphQLField(scalars.INT),
        "createdAt": GraphQLField(scalars.DATE_TIME),
        "updatedAt": GraphQLField(scalars.DATE_TIME),
    },
)
_COUNT = GraphQLField(kinds.non_null(scalars.INT))
RECORD_META_COUNTS = kinds.object_type("RecordMetaCounts", dict.fromkeys(RECORD_META_BOUNDS.fields, _COUNT))
STATIC = (RECORD_META_BOUNDS, RECORD_META_COUNTS)
_META_BOUNDS = {"_meta": GraphQLField(RECORD_META_BOUNDS)}
_META_COUNTS = {"_meta": GraphQLField(kinds.non_null(RECORD_META_COUNTS))}
_META_PATHS = {f"_meta_{name}": f"_meta.{name}" for name in RECORD_META_BOUNDS.fields}


@dataclass(frozen=True, slots=True)
class Figure:
    """What a figure shows: the ending of its type, which fields it stands on, and what it makes of their types."""

    ending: str
    stands_on: Callable[[Field], bool]
    shown: Callable[[Types, Scalar], Output]
    system: Mapping[str, GraphQLField]


def _is_number(field: Field) -> bool:
    return isinstance(field.type, Integer | Number)


def _has_bounds(field: Field) -> bool:
    return is_single(field) and not isinstance(field.type, Boolean)


def _sum(_: Types, type: Scalar) -> Output:
    return scalars.BIG_INT if isinstance(type, Integer) else scalars.DECIMAL


def _average(_: Types, __: Scalar) -> Output:
    return scalars.DECIMAL


def _same(types: Types, type: Scalar) -> Output:
    return types.scalar(type)


def _counted(types: Types, _: Scalar) -> Output:
    return types.non_null(scalars.INT)


_BOUNDS = Figure("Bounds", _has_bounds, _same, _META_BOUNDS)
FIGURES: Mapping[str, Figure] = {
    "key": Figure("GroupKey", is_single, _same, _META_BOUNDS),
    "sum": Figure("Sums", _is_number, _sum, {}),
    "avg": Figure("Averages", _is_number, _average, {}),
    "min": _BOUNDS,
    "max": _BOUNDS,
    "countDistinct": Figure("DistinctCounts", is_single, _counted, _META_COUNTS),
}
"""The fields of a group beside its `count`."""


def group_type(types: Types, collection: Collection) -> GraphQLObjectType:
    """Return the type of groups of a collection's records: `BookGroup`."""

    def fields() -> Fields:
        found = {name: _of_record(types, collection, each) for name, each in _figures(types, collection).items()}
        return {"count": _COUNT, **{name: types.field(types.non_null(each)) for name, each in found.items()}}

    name = types.derive(types.record_name(collection), "Group")
    return types.once(name, lambda name: kinds.object_type(name, fields))


def group_order_type(types: Types, collection: Collection) -> GraphQLInputObjectType:
    """Return the sort key of groups: `BookGroupOrderBy`."""

    def keys() -> InputFields:
        return order_fields(types, collection, collection.fields, "FigureOrderBy") | META

    def fields() -> InputFields:
        name = types.derive(types.record_name(collection), "FigureOrderBy")
        key = types.once(name, lambda name: kinds.input_type(name, keys, role=ORDER))
        return {"count": GraphQLInputField(SORT_ORDER)} | {
            each: types.input_field(key) for each in _figures(types, collection)
        }

    name = types.derive(types.record_name(collection), "GroupOrderBy")
    return types.once(name, lambda name: kinds.input_type(name, fields, role=ORDER))


def group_field_type(types: Types, collection: Collection) -> GraphQLEnumType:
    """Return the enum of what records can be grouped by: `BookGroupField`, its values dotted paths in GraphQL."""
    paths = group_paths(collection)
    name = types.derive(types.record_name(collection), "GroupField")
    return types.once(name, lambda name: kinds.enum_type(name, paths))


def group_paths(collection: Collection) -> Mapping[str, str]:
    """Return the values of `groupBy`: `publisher_city` for the path `publisher.city`."""
    paths: list[tuple[str, ...]] = []
    level: list[tuple[tuple[str, ...], Iterable[Field]]] = [((), collection.fields)]
    for _ in range(GROUP_DEPTH):
        below: list[tuple[tuple[str, ...], Iterable[Field]]] = []
        for path, fields in level:
            paths += [(*path, each.graphql) for each in fields if is_single(each)]
            # As many again as there can be: each may lead to one.
            room = max(GROUP_FIELDS - len(below), 0)
            inner = [each for each in fields if isinstance(each.type, Object)][:room]
            below += [((*path, each.graphql), collection.children(each.type)) for each in inner]
        level = below
    dotted = {".".join(each): "_".join(each) for each in paths[:GROUP_FIELDS]}
    rounds: list[Wish] = [
        lambda each: each if "." not in each and _is_enum_value(each) else None,
        lambda each: dotted[each] if _is_enum_value(dotted[each]) else None,
        *hashed(lambda each: dotted[each][: LONGEST - 65]),
    ]
    spelled = assign(dotted, rounds, _META_PATHS)
    return {spelled[each]: each for each in dotted} | _META_PATHS


def _is_enum_value(name: str) -> bool:
    return name not in ("true", "false", "null")


def _figures(types: Types, collection: Collection) -> Mapping[str, Figure]:
    return {
        name: each
        for name, each in FIGURES.items()
        if each.system or any(_shows(types, collection, field, each) for field in collection.fields)
    }


def _shows(types: Types, collection: Collection, field: Field, figure: Figure) -> bool:
    if not isinstance(field.type, Object):
        return figure.stands_on(field)
    leading = types.reached(collection, figure.ending, lambda: leading_to(collection, figure.stands_on))
    return field.type.name in leading


def _of_record(types: Types, collection: Collection, figure: Figure) -> GraphQLObjectType:
    name = types.derive(types.record_name(collection), figure.ending)
    return types.once(
        name,
        lambda name: kinds.object_type(
            name, lambda: {**_fields(types, collection, collection.fields, figure), **figure.system}
        ),
    )


def _of_object(types: Types, collection: Collection, type: Object, figure: Figure) -> GraphQLObjectType:
    fields = collection.objects[type.name].fields
    name = types.derive(types.object_name(collection, type.name), figure.ending)
    return types.once(name, lambda name: kinds.object_type(name, lambda: _fields(types, collection, fields, figure)))


def _fields(types: Types, collection: Collection, fields: Iterable[Field], figure: Figure) -> Fields:
    return {
        each.graphql: _field(types, collection, each, figure)
        for each in fields
        if _shows(types, collection, each, figure)
    }


def _field(types: Types, collection: Collection, field: Field, figure: Figure) -> GraphQLField:
    match field.type:
        case Object():
            return types.field(types.non_null(_of_object(types, collection, field.type, figure)))
        case Array() | Union() | Anything():
            raise TypeError(f"{field.name} is not a single value")
        case _:
            return types.field(figure.shown(types, field.type))
