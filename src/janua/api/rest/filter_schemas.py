"""The filter language as JSON Schema: what `where` takes for one collection, exactly.

Made from the operator table and the model, so that the description can never fall behind. Start at `filter_schemas`,
which has all of the language, and `common_filter`, which has the conditions that most filters consist of: tools that
generate requests or forms cannot cope with all of it, as it leads through relations from any collection to any other.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never

from janua.model.catalog import Catalog, Inverse
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
from janua.query.operators import MEANINGS, Operator, operators_of
from janua.query.scopes import COLUMN_TYPES, META

JsonObject = dict[str, Json]
RANGES = ("gt", "gte", "lt", "lte")
ANY_JSON: JsonObject = {"type": ["string", "number", "boolean", "object", "array"]}
NUMBER: JsonObject = {
    "anyOf": [
        {"type": "number"},
        {
            "type": "string",
            "pattern": r"^-?(?:0|[1-9][0-9]{0,99})(?:\.[0-9]{1,100})?$",
            "description": "The same, for clients that cannot write large numbers exactly.",
        },
    ]
}


def reference(component: str) -> JsonObject:
    """Return a reference to a component schema."""
    return {"$ref": f"#/components/schemas/{component}"}


def filter_name(collection: str, object: str = "") -> str:
    """Return the component with the filter of a collection, or of an object type in it."""
    return f"{collection}-filter.{object}" if object else f"{collection}-filter"


def common_filter(collection: Collection) -> Json:
    """Return the schema of filters with the common conditions on the record's own fields, which must all hold."""
    return _common_of(collection, collection.fields, 1)


def filter_schemas(catalog: Catalog, collection: Collection, limits: QueryLimits) -> dict[str, Json]:
    """Return the component schemas of a collection's filter, by component name."""
    return _Filters(catalog, collection, limits).components()


class _Filters:
    def __init__(self, catalog: Catalog, collection: Collection, limits: QueryLimits) -> None:
        self._catalog = catalog
        self._collection = collection
        self._limits = limits

    def components(self) -> dict[str, Json]:
        name = self._collection.name
        objects: dict[str, Json] = {
            filter_name(name, each.name): self._of_object(filter_name(name, each.name), each.fields)
            for each in self._collection.objects.values()
        }
        return {filter_name(name): self._of_record(), **objects}

    def _of_record(self) -> Json:
        collection = self._collection
        conditions = self._fields(collection.fields)
        conditions |= {name: self._related(each) for name, each in self._catalog.relations(collection.name).items()}
        conditions["id"] = self._operators(Uuid())
        conditions["_meta"] = _closed({name: self._operators(COLUMN_TYPES[each.name]) for name, each in META.items()})
        whole = operators_of(collection.type)
        on_whole: tuple[Operator, ...] = tuple(each for each in whole if each not in ("isNull", "exists"))
        return _combined(filter_name(collection.name), self._conditions(collection.type, on_whole) | conditions)

    def _of_object(self, component: str, fields: Iterable[Field]) -> Json:
        presence = self._conditions(Object(""), operators_of(Object("")))
        return _combined(component, presence | self._fields(fields))

    def _fields(self, fields: Iterable[Field]) -> JsonObject:
        return {each.rest: self._of_type(each.type) for each in fields}

    def _of_type(self, type: Type) -> Json:
        match type:
            case Object(name):
                return reference(filter_name(self._collection.name, name))
            case Array(items):
                element = self._of_type(items)
                quantified: JsonObject = dict.fromkeys(("some", "every", "none"), element)
                return _closed(self._conditions(type, operators_of(type)) | quantified)
            case _:
                return self._operators(type)

    def _operators(self, type: Type) -> Json:
        return _closed(self._conditions(type, operators_of(type)))

    def _conditions(self, type: Type, operators: Iterable[Operator]) -> JsonObject:
        return {each: operand_schema(type, each, self._limits) for each in operators}

    def _related(self, relation: Relation | Inverse) -> Json:
        if isinstance(relation, Relation) and not relation.many:
            return {"anyOf": [reference(filter_name(relation.target)), _closed({"isNull": {"type": "boolean"}})]}
        target = relation.target if isinstance(relation, Relation) else relation.source
        return _closed(dict.fromkeys(("some", "every", "none"), reference(filter_name(target))))


def operand_schema(type: Type, operator: Operator, limits: QueryLimits) -> Json:
    """Return what an operator takes on values of a type (for `has` and its like: of an array's elements)."""
    compared: Type = type.items if isinstance(type, Array) and operator != "containsJson" else type
    if isinstance(compared, Enum) and operator in RANGES:
        compared = Text()
    match MEANINGS[operator].operand:
        case "value":
            return value_schema(compared)
        case "values":
            return {"type": "array", "items": value_schema(compared), "maxItems": limits.in_operands}
        case "boolean":
            return {"type": "boolean"}
        case "json":
            return ANY_JSON
        case "string":
            return _string_schema(operator, limits)
        case _ as never:
            assert_never(never)


def value_schema(type: Type) -> JsonObject:
    """Return the schema of one value that a field is compared with, in JSON."""
    match type:
        case Integer() | Number():
            return NUMBER
        case Object() | Array() | Union() | Anything():
            return ANY_JSON
        case _:
            return text_schema(type)


def text_schema(type: Scalar) -> JsonObject:
    """Return the schema of one value in a query string."""
    match type:
        case Text():
            return {"type": "string"}
        case Enum(values=values):
            return {"type": "string", "enum": [each.value for each in values]}
        case Integer() | Number():
            return {"type": "number"}
        case Boolean():
            return {"type": "boolean"}
        case DateTime():
            return {"type": "string", "format": "date-time"}
        case Date():
            return {"type": "string", "format": "date"}
        case Time():
            return {"type": "string", "format": "time"}
        case Uuid():
            return {"type": "string", "format": "uuid"}
        case _:
            assert_never(type)


COMMON: tuple[Operator, ...] = ("eq", "in", "gte", "lte", "isNull", "has")
NESTED = 3
"""How many objects deep the common filters go."""


def _common_of(collection: Collection, fields: Iterable[Field], depth: int) -> Json:
    conditions: JsonObject = {}
    for each in fields:
        inner = collection.children(each.type)
        if inner and depth < NESTED:
            conditions[each.rest] = _common_of(collection, inner, depth + 1)
        elif not inner:
            conditions[each.rest] = _closed(_common_conditions(each.type))
    return _closed(conditions)


def _common_conditions(type: Type) -> JsonObject:
    conditions: JsonObject = {}
    compared: Type = type.items if isinstance(type, Array) else type
    for each in operators_of(type):
        if each == "isNull":
            conditions[each] = {"type": "boolean"}
        elif each == "in":
            conditions[each] = {"type": "array", "items": value_schema(compared)}
        elif each in COMMON:
            conditions[each] = value_schema(Text() if isinstance(type, Enum) and each in RANGES else compared)
    return conditions


def _string_schema(operator: Operator, limits: QueryLimits) -> JsonObject:
    if operator in ("like", "ilike"):
        return {"type": "string", "pattern": r"^(?:[^\\]|\\[\s\S])*$"}
    if operator == "search":
        return {"type": "string", "maxLength": limits.search_characters}
    return {"type": "string"}


def _combined(component: str, conditions: JsonObject) -> Json:
    filters: JsonObject = {"type": "array", "items": reference(component)}
    return _closed({**conditions, "_and": filters, "_or": filters, "_not": reference(component)})


def _closed(properties: Mapping[str, Json]) -> JsonObject:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}
