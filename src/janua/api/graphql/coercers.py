"""Input types → functions that coerce JSON values as graphql-core does, without asking again what each type is.

In: the type of a variable. Out: a `Coercer`. What does not fit is a `Misfit`, of which graphql-core then says what is
wrong, and where. Start at `coercer_of`; `reader_of` does the same for literals with variables in them.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLNonNull,
    ListValueNode,
    Node,
    NullValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.execution.values import VariableValues
from graphql.utilities.coerce_input_value import coerce_default_value

from janua.api.graphql.coercion import element_of, from_literal, nullable
from janua.api.graphql.kinds import Input
from janua.api.graphql.shaping import Misfit

Coercer = Callable[[Any], object]
"""Takes a JSON value that is not null; raises anything for one that does not fit."""
Values = Mapping[str, object]
"""The coerced values of variables; absent ones are left out."""
Reader = Callable[[Values], object]

_NOTHING = VariableValues({}, {})


class Unrepeatable(Exception):
    """A literal cannot be read in parts: it is JSON with variables in it, which graphql-core puts together."""


def coercer_of(type: Input) -> Coercer:
    """Return what coerces the values of a type, null among them."""
    return _with_null(type, {})


def variables_in(node: Node) -> set[str]:
    """Return the names of the variables that are used below a node."""
    found: set[str] = set()
    pending: list[object] = [node]
    while pending:
        each = pending.pop()
        if isinstance(each, VariableNode):
            found.add(each.name.value)
        elif isinstance(each, Node):
            pending += [getattr(each, key) for key in each.keys]
        elif isinstance(each, tuple | list):
            pending += cast("list[object]", each)
    return found


def reader_of(node: ValueNode, type: Input, values: Values) -> Reader:
    """Return what makes the value of a literal, for variables of which the same have values as have now.

    `values` must be such that the literal has a value. Raises: `Unrepeatable`.
    """
    if isinstance(node, VariableNode):
        return _variable(node.name.value, values)
    bare = nullable(type)
    if isinstance(node, NullValueNode) or not variables_in(node):
        return _constant(from_literal(node, bare, _NOTHING))
    inner = element_of(bare)
    if inner is not None:
        elements = node.values if isinstance(node, ListValueNode) else (node,)
        return _list_reader([reader_of(each, inner, values) for each in elements])
    if isinstance(bare, GraphQLInputObjectType) and isinstance(node, ObjectValueNode):
        return _object_reader(node, bare, values)
    raise Unrepeatable


def _with_null(type: Input, made: dict[GraphQLInputObjectType, Coercer]) -> Coercer:
    bare, required = _bare(nullable(type), made), isinstance(type, GraphQLNonNull)

    def coerce(value: object) -> object:
        if value is not None:
            return bare(value)
        if required:
            raise Misfit
        return None

    return coerce


def _bare(type: Input, made: dict[GraphQLInputObjectType, Coercer]) -> Coercer:
    inner = element_of(type)
    if inner is not None:
        return _list_coercer(_with_null(inner, made))
    if isinstance(type, GraphQLInputObjectType):
        if type not in made:
            made[type] = _ObjectCoercer(type, made)
        return made[type]
    return cast("Any", type).coerce_input_value


def _list_coercer(inner: Coercer) -> Coercer:
    # One value stands for a list of it (GraphQL, section 3.11).
    def coerce(value: object) -> object:
        return [inner(each) for each in cast("list[object]", value)] if isinstance(value, list) else [inner(value)]

    return coerce


class _ObjectCoercer:
    """Coerces the values of an input object type; the coercers of its fields are made when the first one comes."""

    def __init__(self, type: GraphQLInputObjectType, made: dict[GraphQLInputObjectType, Coercer]) -> None:
        self._type = type
        self._made = made
        self._fields: list[tuple[str, str, Coercer, bool, bool, object]] | None = None

    def __call__(self, value: object) -> object:
        if self._fields is None:
            self._fields = [self._field(name, each) for name, each in self._type.fields.items()]
        if not isinstance(value, dict):
            raise Misfit
        given = cast("dict[str, object]", value)
        found: dict[str, object] = {}
        count = 0
        for name, out, coerce, may_be_null, required, default in self._fields:
            if name in given:
                member = given[name]
                count += 1
                if member is not None:
                    found[out] = coerce(member)
                elif may_be_null:
                    found[out] = None
                else:
                    raise Misfit
            elif required:
                raise Misfit
            elif default is not Undefined:
                found[out] = default
        if count != len(given) or (self._type.is_one_of and not _is_one(found)):
            raise Misfit
        return self._type.out_type(found)

    def _field(self, name: str, field: GraphQLInputField) -> tuple[str, str, Coercer, bool, bool, object]:
        type, default = cast("Input", cast("Any", field).type), cast("object", coerce_default_value(field))
        is_nullable = not isinstance(type, GraphQLNonNull)
        required = not is_nullable and default is Undefined
        return name, field.out_name or name, _bare(nullable(type), self._made), is_nullable, required, default


def _is_one(found: Mapping[str, object]) -> bool:
    return len(found) == 1 and None not in found.values()


def _variable(name: str, values: Values) -> Reader:
    # Within a list, a variable without a value is null (GraphQL, section 3.11).
    return _constant(None) if name not in values else lambda values: values[name]


def _constant(value: object) -> Reader:
    return lambda _: value


def _list_reader(elements: list[Reader]) -> Reader:
    return lambda values: [each(values) for each in elements]


def _object_reader(node: ObjectValueNode, type: GraphQLInputObjectType, values: Values) -> Reader:
    given = {each.name.value: each.value for each in node.fields}
    readers: list[tuple[str, Reader]] = []
    for name, field in type.fields.items():
        value = given.get(name)
        if value is not None and not (isinstance(value, VariableNode) and value.name.value not in values):
            readers.append((field.out_name or name, reader_of(value, field.type, values)))
        elif (default := cast("object", coerce_default_value(field))) is not Undefined:
            readers.append((field.out_name or name, _constant(default)))

    def read(values: Values) -> object:
        try:
            return type.out_type({name: each(values) for name, each in readers})
        except GraphQLError as error:
            raise Misfit from error

    return read
