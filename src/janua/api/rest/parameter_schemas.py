"""The query parameters of one collection's resources, as OpenAPI parameter objects.

Names of fields come from the model, so each parameter lists exactly the names that it takes. Start at
`list_parameters`, `record_parameters` and `aggregate_parameters`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from janua.api.rest.filter_schemas import filter_name, reference, text_schema
from janua.api.rest.responses import json_content
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Field, Relation
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
    Scalar,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.query.limits import QueryLimits

JsonObject = dict[str, Json]
NESTED = 4
"""How many names deep the description follows nested objects; the server follows them to any depth."""

LISTED = 200
"""How many names the description lists for one parameter; the server takes those beyond as well."""

SHORT_FILTERS = 40
META_NAMES = ("_meta.version", "_meta.schema_version", "_meta.created_at", "_meta.updated_at")

WHERE = (
    'Which records: a filter in JSON, such as `{{"price": {{"gte": 10}}}}`. The schema here has the common conditions;'
    " `{}` has them all: every operator, `_and`, `_or`, `_not`, and filters on related records.\n\n"
    "Any field filters also in the short form `field=value` or `field[operator]=value`, as in `price[gte]=10`, with the"
    " operators of `where`; names of nested fields have dots. Lists have commas: `status[in]=draft,published`. The"
    " parameters below are the most common of these."
)


@dataclass(frozen=True, slots=True)
class NamedField:
    """A field and its dotted name in REST spelling."""

    name: str
    field: Field


def list_parameters(catalog: Catalog, collection: Collection, limits: QueryLimits) -> list[Json]:
    """Return the parameters of a page of records."""
    names = [*_sortable(collection), *_sortable_related(catalog, collection)]
    both_ways = [name for each in [*names, "id", *META_NAMES] for name in (each, f"-{each}")]
    return [
        *filter_parameters(collection),
        _names("sort", "Sort keys; `-` sorts downwards, `:nulls_first` and `:nulls_last` may follow a name. Null is"
               " the largest value otherwise. Ties are broken by id.", both_ways, limits.order_keys),
        _query("limit", {"type": "integer", "minimum": 0, "maximum": limits.page_limit, "default": limits.page_default},
               "Records in the page."),
        _query("after", {"type": "string"}, "The cursor `page.next` of the page before this one."),
        _query("before", {"type": "string"}, "The cursor `page.previous` of the page after this one."),
        _query("offset", {"type": "integer", "minimum": 0, "maximum": limits.offset_limit},
               "Records to skip; not together with a cursor, which is faster and sees each record once."),
        *record_parameters(catalog, collection),
        _query("count", {"type": "string", "enum": ["exact"]}, "Count all records that match, in `page.total`."),
    ]  # fmt: skip


def filter_parameters(collection: Collection) -> list[Json]:
    """Return `where` and the most common filters in the short form."""
    where: JsonObject = {
        "name": "where",
        "in": "query",
        "description": WHERE.format(filter_name(collection.name)),
        "content": json_content(reference(f"{collection.name}-where")),
    }
    return [where, *(list(_short_filters(collection))[:SHORT_FILTERS])]


def record_parameters(catalog: Catalog, collection: Collection) -> list[Json]:
    """Return the parameters that say how a record is shown."""
    fields = [each.name for each in named_fields(collection)]
    relations = sorted(catalog.relations(collection.name))
    shown: list[Json] = []
    if fields:
        shown.append(_names("fields", "Only these fields of the data.", fields))
    if relations:
        shown.append(_names("include", "Related records to send along, in `included`; dotted for theirs.", relations))
    return shown


def aggregate_parameters(collection: Collection, limits: QueryLimits) -> list[Json]:
    """Return the parameters of figures over the records."""
    scalars = [each for each in named_fields(collection) if isinstance(each.field.type, Scalar)]
    numbers = [each.name for each in scalars if isinstance(each.field.type, Integer | Number)]
    ordered = [each.name for each in scalars if not isinstance(each.field.type, Boolean)]
    every = [*(each.name for each in scalars), "id", *META_NAMES]
    shown = [
        _names("group_by", "One group for each combination of values of these fields.", every, limits.order_keys),
        _names("min", "Fields whose least value to show.", [*ordered, "id", *META_NAMES], limits.measures),
        _names("max", "Fields whose greatest value to show.", [*ordered, "id", *META_NAMES], limits.measures),
        _names("countDistinct", "Fields whose different values to count.", every, limits.measures),
    ]
    if numbers:
        shown.insert(1, _names("sum", "Fields to add up.", numbers, limits.measures))
        shown.insert(2, _names("avg", "Fields whose average to show.", numbers, limits.measures))
    return [*filter_parameters(collection), *shown]


def named_fields(collection: Collection) -> list[NamedField]:
    """Return the fields of a record with their dotted names, outer before inner, without crossing arrays."""
    return list(_named_fields(collection, collection.fields, ""))


def unique_names(collection: Collection) -> list[str]:
    """Return the names by which an import can find existing records."""
    single = (each for each in collection.indexes if each.unique and len(each.keys) == 1 and not each.where)
    unique = {each.keys[0].path for each in single}
    paths = {named.name: path for named, path in _with_paths(collection, collection.fields, "", ())}
    return [*(name for name, path in paths.items() if path in unique), "id"]


def _named_fields(collection: Collection, fields: Sequence[Field], prefix: str) -> Iterator[NamedField]:
    return (named for named, _ in _with_paths(collection, fields, prefix, ()))


def _with_paths(
    collection: Collection, fields: Sequence[Field], prefix: str, path: tuple[str, ...]
) -> Iterator[tuple[NamedField, tuple[str, ...]]]:
    for each in fields:
        name, inner = f"{prefix}{each.rest}", (*path, each.name)
        yield NamedField(name, each), inner
        if len(inner) < NESTED:
            yield from _with_paths(collection, collection.children(each.type), f"{name}.", inner)


def _sortable(collection: Collection) -> list[str]:
    return [each.name for each in named_fields(collection) if isinstance(each.field.type, Scalar)]


def _sortable_related(catalog: Catalog, collection: Collection) -> Iterator[str]:
    for name, relation in catalog.relations(collection.name).items():
        if isinstance(relation, Relation) and not relation.many and relation.target in catalog.collections:
            target = catalog.collections[relation.target]
            yield from (f"{name}.{each.rest}" for each in target.fields if isinstance(each.type, Scalar))


def _short_filters(collection: Collection) -> Iterator[Json]:
    for each in named_fields(collection):
        for operator, schema in _short_operands(each.field.type):
            name = f"{each.name}[{operator}]" if operator != "eq" else each.name
            description = f"{_RELATIONS[operator]} `{each.name}`"
            yield _query(name, schema, description)


_RELATIONS = {
    "eq": "Only records with this",
    "gte": "Only records with at least this",
    "lte": "Only records with at most this",
    "has": "Only records with this among their",
}


def _short_operands(type: Type) -> list[tuple[str, JsonObject]]:
    match type:
        case Text() | Boolean() | Enum() | Uuid():
            return [("eq", text_schema(type))]
        case Integer() | Number() | DateTime() | Date() | Time():
            return [(operator, text_schema(type)) for operator in ("eq", "gte", "lte")]
        case Array(items) if isinstance(items, Scalar):
            return [("has", text_schema(items))]
        case Array() | Object() | Union() | Anything():
            return []
        case _:
            assert_never(type)


def _names(name: str, description: str, names: Sequence[str], most: int | None = None) -> JsonObject:
    """Return a parameter that takes a comma list of different names, `most` of them at most."""
    items: JsonObject = {"type": "string"}
    if len(names) <= LISTED:
        items["enum"] = list[Json](names)
    schema: JsonObject = {"type": "array", "items": items, "minItems": 1}
    if name != "sort":
        schema["uniqueItems"] = True
    if most is not None:
        schema["maxItems"] = most
    return {**_query(name, schema, description), "style": "form", "explode": False}


def _query(name: str, schema: JsonObject, description: str) -> JsonObject:
    return {"name": name, "in": "query", "description": description, "schema": schema}
