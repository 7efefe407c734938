"""A question of the parity test as GraphQL and as REST, and what a record must look like in GraphQL.

Start at `operation` and `rest_query`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
)

from janua.model.collection import Collection
from janua.model.json import dumps
from janua.model.types import Array, Enum, Integer, Object, Type, Union
from janua.query.ast import OrderTerm, PageRequest, ReadQuery, Spelling
from tests.graphql.parity_meaning import World
from tests.sql.reference import MISSING

CONDITIONS_OF_THINGS = ("things", "peered")
ELEMENTS = ("has", "hasAny", "hasAll")


@dataclass
class Writer:
    """Writes arguments of an operation: as literals, or as variables, which it collects."""

    schema: GraphQLSchema
    given: str
    types: dict[str, str] = field(default_factory=dict[str, str])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])

    def argument(self, value: Any, type: Any) -> str:
        """Return how the value of an argument is written."""
        return self.variable(value, type) if self.given == "whole" else self.written(value, type)

    def variable(self, value: Any, type: Any) -> str:
        """Return a new variable of this type."""
        name = f"v{len(self.types)}"
        self.types[name], self.variables[name] = str(type), value
        return f"${name}"

    def written(self, value: Any, type: Any) -> str:
        """Return a literal, with variables in place of operands if these are wanted."""
        bare = type.of_type if isinstance(type, GraphQLNonNull) else type
        named = get_named_type(bare)
        if isinstance(named, GraphQLInputObjectType):
            if isinstance(value, list):
                return f"[{' '.join(self.written(each, bare.of_type) for each in cast('list[Any]', value))}]"
            members = (f"{name}: {self.written(each, bare.fields[name].type)}" for name, each in value.items())
            return f"{{{', '.join(members)}}}"
        if self.given == "inside" and named.name != "SortOrder":
            return self.variable(value, type)
        return self._leaf(value, bare, named)

    def _leaf(self, value: Any, type: Any, named: Any) -> str:
        if isinstance(value, list) and isinstance(type, GraphQLList):
            return f"[{' '.join(self._leaf(each, None, named) for each in cast('list[Any]', value))}]"
        if isinstance(named, GraphQLEnumType):
            return str(value)
        text = literal(value)
        return self.variable(value, f"{named}!") if text is None else text


def literal(value: Any) -> str | None:
    """Return a JSON value as GraphQL writes it, None where it cannot: names of members are not free there."""
    match value:
        case dict():
            members = {name: literal(each) for name, each in cast("dict[str, Any]", value).items()}
            if not all(name.isidentifier() and name.isascii() and text for name, text in members.items()):
                return None
            return f"{{{', '.join(f'{name}: {text}' for name, text in members.items())}}}"
        case list():
            items = [literal(each) for each in cast("list[Any]", value)]
            return None if None in items else f"[{', '.join(map(str, items))}]"
        case _:
            return dumps(value)


def operation(world: World, schema: GraphQLSchema, question: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the operation that asks a question, and its variables."""
    query = schema.query_type
    assert query is not None
    things, figures = query.fields["things"], query.fields["thingsAggregate"]
    writer = Writer(schema, question["given"])
    filter = spelled(question["where"], world, world.thing, world.thing.type, "graphql")
    where = writer.argument(filter, things.args["where"].type)
    order = writer.argument(orders(world, question["order"]), things.args["orderBy"].type)
    page = "".join(f" {name}: {number}" for name, number in question["page"].items())
    shown = selection(schema.type_map[world.thing.names.type], {each.graphql for each in world.thing.fields})
    group = grouped(world, schema, question["group"])
    groups = f"groups: thingsAggregate(where: {where}, groupBy: {group}) {{ count }}" if group else ""
    body = f"""{{
        things(where: {where}, orderBy: {order}{page}) {{
            totalCount pageInfo {{ hasNextPage hasPreviousPage }} edges {{ node {{ id }} }}
            nodes {{ id {shown} owner {{ id }} peers {{ totalCount nodes {{ id }} }} }} }}
        thingsAggregate(where: {where}) {{ count }} {groups} }}"""
    assert "count" in get_named_type(figures.type).fields
    declared = ", ".join(f"${name}: {type}" for name, type in writer.types.items())
    return f"query{f'({declared})' if declared else ''} {body}", writer.variables


def rest_query(world: World, question: Mapping[str, Any]) -> ReadQuery:
    """Return the same question as REST has it; REST knows no `last`."""
    page = question["page"]
    order = question["order"]
    terms = tuple(OrderTerm(_path(world, each[0], each[1], "rest"), each[2], each[3]) for each in order)
    where = spelled(question["where"], world, world.thing, world.thing.type, "rest")
    return ReadQuery(
        "things", where, order=terms, page=PageRequest(page.get("first"), offset=page.get("offset")), count=True
    )


def spelled(where: Any, world: World, collection: Collection, type: Type, face: Spelling) -> dict[str, Any]:
    """Return a filter as a face has it."""

    def on(part: Any, of: Collection = collection, at: Type = type) -> dict[str, Any]:
        return spelled(part, world, of, at, face)

    match where:
        case ["and" | "or" as joined, parts]:
            return {f"_{joined}": [on(each) for each in parts]}
        case ["not", part]:
            return {"_not": on(part)}
        case ["field", name, part]:
            [found] = [each for each in collection.children(type) if each.name == name]
            return {getattr(found, face): on(part, collection, found.type)}
        case ["some" | "every" | "none" as quantifier, part]:
            assert isinstance(type, Array)
            return {quantifier: on(part, collection, type.items)}
        case ["is", operator, operand]:
            return {operator: _operand(operator, type, operand) if face == "graphql" else operand}
        case ["id", operator, operand]:
            return {"id": {operator: operand}}
        case ["_meta", name, operator, operand]:
            return {"_meta": {name: {operator: operand}}}
        case ["no owner", absent]:
            return {"owner": {"isNull": absent}}
        case ["owner", [("things" | "peered") as name, quantifier, part]]:
            return {"owner": {name: {quantifier: on(part, world.thing, world.thing.type)}}}
        case ["owner", part]:
            return {"owner": on(part, world.owner, world.owner.type)}
        case ["peers", quantifier, part]:
            return {"peers": {quantifier: on(part, world.owner, world.owner.type)}}
        case _:
            raise AssertionError(where)


def _operand(operator: str, type: Type, operand: Any) -> Any:
    if operator in ELEMENTS and isinstance(type, Array):
        type = type.items
    if not isinstance(type, Enum) or operator not in ("eq", "ne", "in", "notIn", *ELEMENTS):
        return operand
    names = {each.value: each.graphql for each in type.values}
    return [names[each] for each in operand] if isinstance(operand, list) else names[operand]


def orders(world: World, order: list[Any]) -> list[dict[str, Any]]:
    """Return `orderBy`."""
    found: list[dict[str, Any]] = []
    for place, path, direction, nulls in order:
        term: Any = direction.upper() + (f"_NULLS_{nulls.upper()}" if nulls else "")
        for name in reversed(_path(world, place, path, "graphql")):
            term = {name: term}
        found.append(term)
    return found


def _path(world: World, place: str, path: list[str], face: Spelling) -> tuple[str, ...]:
    if place == "system":
        return tuple(path)
    found: list[str] = []
    type = world.thing.type
    for name in path:
        [of] = [each for each in world.thing.children(type) if each.name == name]
        found.append(getattr(of, face))
        type = of.type
    return tuple(found)


def grouped(world: World, schema: GraphQLSchema, name: str | None) -> str | None:
    """Return how the field of this property is spelled in `groupBy`."""
    if name is None:
        return None
    [of] = [each for each in world.thing.fields if each.name == name]
    enum = schema.type_map["ThingGroupField"]
    assert isinstance(enum, GraphQLEnumType)
    [found] = [key for key, each in enum.values.items() if each.value == of.graphql]
    return found


def selection(type: Any, only: set[str] | None = None) -> str:
    """Return everything there is to select of a type; fields of a union's variants under names of their own."""
    if isinstance(type, GraphQLUnionType):
        parts = (f"... on {each.name} {{ {_aliased(each, f'v{place}_')} }}" for place, each in enumerate(type.types))
        return f"__typename {' '.join(parts)}"
    return _aliased(type, "", only)


def _aliased(type: GraphQLObjectType, prefix: str, only: set[str] | None = None) -> str:
    found: list[str] = []
    for name, each in type.fields.items():
        if only is not None and name not in only:
            continue
        inner = get_named_type(each.type)
        below = f" {{ {selection(inner)} }}" if isinstance(inner, GraphQLObjectType | GraphQLUnionType) else ""
        found.append(f"{prefix}{name}: {name}{below}" if prefix else f"{name}{below}")
    return " ".join(found)


def shown(collection: Collection, type: Type, value: Any) -> Any:
    """Return a value of a document as `selection` shows it, without type names."""
    if value is MISSING or value is None:
        return None
    match type:
        case Integer():
            return int(value)
        case Enum(values=values):
            return {each.value: each.graphql for each in values}[value]
        case Array(items):
            return [shown(collection, items, each) for each in value]
        case Union(_, discriminator, variants):
            [place] = [number for number, each in enumerate(variants) if value[discriminator] in each.tags]
            return _members(collection, Object(variants[place].object), value, f"v{place}_")
        case Object() if collection.children(type):
            return _members(collection, type, value, "")
        case _:
            return value


def _members(collection: Collection, type: Object, value: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {
        prefix + each.graphql: shown(collection, each.type, value.get(each.name, MISSING))
        for each in collection.children(type)
    }
