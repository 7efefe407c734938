"""Selection sets of an operation → what `query.selection` asks for, by response key, with fragments merged in.

The document is valid, so every name and argument is known to the GraphQL schema; what they mean is looked up when the
query is planned. Start at `Selecting`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLSkipDirective,
    GraphQLUnionType,
    InlineFragmentNode,
    ListValueNode,
    ObjectValueNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_directive_values

from janua.api.graphql.coercion import argument_value, default_of, is_undefined, refused_argument, type_of
from janua.api.graphql.shaping import Withheld
from janua.errors import InvalidQuery
from janua.model.json import dumps
from janua.query.ast import AggregateFunction, PageRequest, Raw, RawFilter, Variable
from janua.query.parse import parse_order_by
from janua.query.parts import Constant, PageFact
from janua.query.selection import (
    Asked,
    EdgesAsked,
    FactsAsked,
    FigureAsked,
    FigureOrder,
    FiguresAsked,
    FigureSelection,
    GroupsAsked,
    ListAsked,
    ListMember,
    Named,
    NodesAsked,
    Selection,
    TotalAsked,
)
from janua.query.variables import Structural, known

Fields = dict[str, list[FieldNode]]
"""Response key → the fields that are merged under it."""
FACTS: Mapping[str, PageFact] = {
    "hasNextPage": "hasNextPage",
    "hasPreviousPage": "hasPreviousPage",
    "startCursor": "startCursor",
    "endCursor": "endCursor",
}
FUNCTIONS: Mapping[str, AggregateFunction] = {
    "sum": "sum",
    "avg": "avg",
    "min": "min",
    "max": "max",
    "countDistinct": "countDistinct",
}


class CursorAsked(Exception):
    """A variable is used as a cursor, which is not known of it yet."""

    def __init__(self, variable: Variable) -> None:
        super().__init__(variable)
        self.variable = variable


class Selecting:
    """Reads the selection sets of one operation; `values` are those of its variables, or stand for them."""

    def __init__(
        self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode], values: VariableValues
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._values = values

    def collect(self, sets: Iterable[SelectionSetNode], parent: GraphQLObjectType) -> Fields:
        """Return the fields that are selected on a type, in order (GraphQL, section 6.3.2)."""
        found: Fields = {}
        self._collect(sets, parent, found, set())
        return found

    def selection(self, sets: Iterable[SelectionSetNode], parent: GraphQLObjectType) -> Selection:
        """Return what is shown of a record or of an object inside one."""
        return tuple((key, self._asked(parent, nodes)) for key, nodes in self.collect(sets, parent).items())

    def arguments(self, field: GraphQLField, node: FieldNode) -> dict[str, Raw]:
        """Return the arguments that are given, or have a default; absent variables leave theirs out."""
        given = {each.name.value: each.value for each in node.arguments or ()}
        found: dict[str, Raw] = {}
        for name, argument in field.args.items():
            value = self._argument(name, argument, given.get(name))
            if not is_undefined(value):
                found[name] = cast("Raw", value)
        return found

    def absent(self, node: FieldNode, name: str) -> str | None:
        """Return a variable inside an argument that has no value, if there is one: what it stands for is left out."""
        argument = next((each.value for each in node.arguments or () if each.name.value == name), None)
        pending: list[Any] = [argument]
        while pending:
            match pending.pop():
                case VariableNode(name=variable) if variable.value not in self._values.coerced:
                    return variable.value
                case ObjectValueNode(fields=fields):
                    pending += [each.value for each in fields]
                case ListValueNode(values=values):
                    pending += values
                case _:
                    pass
        return None

    def page(self, collection: str, field: GraphQLField, nodes: list[FieldNode]) -> ListAsked:
        """Return a connection as it is asked for; `collection` is the name of the collection or relation."""
        given = self.arguments(field, nodes[0])
        return ListAsked(
            collection,
            tuple((key, self._list_member(field, each)) for key, each in self._below(field, nodes).items()),
            where=filter_of(given),
            order=parse_order_by(_listed(given.get("orderBy"))),
            page=PageRequest(
                first=_whole(given, "first"),
                after=_cursor(given, "after"),
                last=_whole(given, "last"),
                before=_cursor(given, "before"),
                offset=_whole(given, "offset"),
            ),
        )

    def groups(self, collection: str, field: GraphQLField, nodes: list[FieldNode]) -> GroupsAsked:
        """Return an aggregate as it is asked for."""
        given = self.arguments(field, nodes[0])
        return GroupsAsked(
            collection,
            self._figures(object_type_of(field), nodes, ()),
            where=filter_of(given),
            group_by=tuple(str(each) for each in _listed(given.get("groupBy"))),
            order=tuple(
                FigureOrder(figure_at(each.path), each.direction, each.nulls)
                for each in parse_order_by(_listed(given.get("orderBy")))
            ),
            first=_whole(given, "first"),
        )

    def below(self, field: GraphQLField, nodes: list[FieldNode]) -> Selection:
        """Return what is shown of the record, or of each of the records, that a field leads to."""
        return self.selection(sets_of(nodes), object_type_of(field))

    def _collect(
        self, sets: Iterable[SelectionSetNode], parent: GraphQLObjectType, found: Fields, seen: set[str]
    ) -> None:
        for each in (selection for selections in sets for selection in selections.selections):
            if not self._is_wanted(each):
                continue
            if isinstance(each, FieldNode):
                found.setdefault((each.alias or each.name).value, []).append(each)
            elif isinstance(each, InlineFragmentNode):
                if each.type_condition is None or self._is_a(parent, each.type_condition.name.value):
                    self._collect([each.selection_set], parent, found, seen)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
                seen.add(each.name.value)
                fragment = self._fragments[each.name.value]
                if self._is_a(parent, fragment.type_condition.name.value):
                    self._collect([fragment.selection_set], parent, found, seen)

    def _is_wanted(self, node: Any) -> bool:  # noqa: ANN401 -- any selection has directives
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._values)
        include = get_directive_values(GraphQLIncludeDirective, node, self._values)
        return not (skip and skip["if"]) and (include is None or bool(include["if"]))

    def _is_a(self, parent: GraphQLObjectType, condition: str) -> bool:
        wanted = self._schema.get_type(condition)
        return wanted is parent or (isinstance(wanted, GraphQLUnionType) and self._schema.is_sub_type(wanted, parent))

    def _argument(self, name: str, argument: GraphQLArgument, node: Any) -> object:  # noqa: ANN401 -- any value node
        is_absent = isinstance(node, VariableNode) and node.name.value not in self._values.coerced
        if node is None or is_absent:
            return default_of(argument)
        value = argument_value(argument, node, self._values)
        if not is_undefined(value):
            return value
        sources = self._values.sources
        if isinstance(sources, Withheld) and sources.wanted is not None:
            raise Structural(sources.wanted)
        raise refused_argument(name, argument, node, self._values)

    def _asked(self, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Asked:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(dumps(parent.name))
        field = parent.fields[name]
        if field.args:
            return self.page(name, field, nodes)
        inner = type_of(field)
        types = inner.types if isinstance(inner, GraphQLUnionType) else (inner,)
        sets = sets_of(nodes)
        inside = (self.selection(sets, each) for each in types if isinstance(each, GraphQLObjectType))
        return Named(name, tuple(inside))

    def _below(self, field: GraphQLField, nodes: list[FieldNode]) -> Fields:
        return self.collect(sets_of(nodes), object_type_of(field))

    def _list_member(self, connection: GraphQLField, nodes: list[FieldNode]) -> ListMember:
        type = object_type_of(connection)
        name = nodes[0].name.value
        match name:
            case "__typename":
                return Constant(dumps(type.name))
            case "nodes":
                return NodesAsked(self.below(type.fields[name], nodes))
            case "edges":
                edge = type.fields[name]
                members = self._below(edge, nodes)
                return EdgesAsked(tuple((key, self._edge_member(edge, each)) for key, each in members.items()))
            case "pageInfo":
                return FactsAsked(
                    tuple((key, _fact(each)) for key, each in self._below(type.fields[name], nodes).items())
                )
            case _:
                return TotalAsked()

    def _edge_member(self, edge: GraphQLField, nodes: list[FieldNode]) -> Constant | Literal["cursor"] | NodesAsked:
        type = object_type_of(edge)
        match nodes[0].name.value:
            case "__typename":
                return Constant(dumps(type.name))
            case "node":
                return NodesAsked(self.below(type.fields["node"], nodes))
            case _:
                return "cursor"

    def _figures(self, type: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]) -> FigureSelection:
        members = self.collect(sets_of(nodes), type)
        return tuple((key, self._figure(type, each, path)) for key, each in members.items())

    def _figure(
        self, type: GraphQLObjectType, nodes: list[FieldNode], path: tuple[str, ...]
    ) -> Constant | FigureAsked | FiguresAsked:
        name = nodes[0].name.value
        if name == "__typename":
            return Constant(dumps(type.name))
        inner = type_of(type.fields[name])
        if isinstance(inner, GraphQLObjectType):
            return FiguresAsked(self._figures(inner, nodes, (*path, name)))
        return figure_at((*path, name))


def sets_of(nodes: Iterable[FieldNode]) -> list[SelectionSetNode]:
    """Return the selection sets of merged fields."""
    return [each.selection_set for each in nodes if each.selection_set is not None]


def object_type_of(field: GraphQLField) -> GraphQLObjectType:
    """Return the object type that a field shows, or lists."""
    found = type_of(field)
    if not isinstance(found, GraphQLObjectType):
        raise TypeError(f"{found} is no object type")
    return found


def figure_at(path: tuple[str, ...]) -> FigureAsked:
    """Return the figure at a path of names below a group: `count`, or a function and the path of a field."""
    function, *names = path
    if function in ("key", "count"):
        return FigureAsked("key" if function == "key" else "count", ".".join(names))
    if function not in FUNCTIONS:
        raise InvalidQuery("orderBy", f"{function} is no figure")
    return FigureAsked(FUNCTIONS[function], ".".join(names))


def filter_of(given: Mapping[str, Raw]) -> RawFilter | None:
    """Return the argument `where`; null is no filter."""
    where = given.get("where")
    return where if isinstance(where, Mapping) else None


def _fact(nodes: list[FieldNode]) -> Constant | PageFact:
    name = nodes[0].name.value
    return FACTS[name] if name in FACTS else Constant('"PageInfo"')


def _listed(value: Raw) -> list[Any]:
    found = known(value)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def _whole(given: Mapping[str, Raw], name: str) -> int | None:
    found = known(given.get(name))
    return found if isinstance(found, int) else None


def _cursor(given: Mapping[str, Raw], name: str) -> str | Variable | None:
    found = given.get(name)
    if isinstance(found, Variable) and found.nulls is None:
        raise CursorAsked(found)
    return found if isinstance(found, str | Variable) else None
