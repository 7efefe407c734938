"""graphql-core's coercion of input, with types that a checker can follow: its own lists have no element type.

`Input` is any input type. Values that do not fit are `Undefined`.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    ValueNode,
)
from graphql import get_named_type as _named
from graphql import type_from_ast as _from_ast  # pyright: ignore[reportUnknownVariableType] -- as above
from graphql.execution.values import VariableValues, get_variable_values
from graphql.utilities import coerce_input_literal as _literal  # pyright: ignore[reportUnknownVariableType] -- as above
from graphql.utilities import coerce_input_value as _value  # pyright: ignore[reportUnknownVariableType] -- as above
from graphql.utilities import validate_input_literal  # pyright: ignore[reportUnknownVariableType] -- as above
from graphql.utilities.coerce_input_value import coerce_default_value

from janua.api.graphql.kinds import Input
from janua.api.graphql.quoting import in_json, quotable
from janua.model.types import Json

FromLiteral = Callable[[ValueNode, Input, VariableValues], object]
FromValue = Callable[[object, Input], object]

MAX_ERRORS = 20
"""What is wrong with one operation is told up to so many times."""

from_literal = cast("FromLiteral", _literal)
"""Return the value of a literal, with the values of variables in it."""
from_value = cast("FromValue", _value)
"""Return the value of a JSON value."""


def named_type(type: object) -> GraphQLNamedType:
    """Return the type without lists and non-null around it."""
    return cast("Callable[[object], GraphQLNamedType]", _named)(type)


def type_of(field: GraphQLField) -> GraphQLNamedType:
    """Return the type that a field shows, or lists."""
    return named_type(cast("Any", field).type)


def argument_value(argument: GraphQLArgument, literal: ValueNode, values: VariableValues) -> object:
    """Return the value that is given for an argument."""
    return from_literal(literal, cast("Any", argument).type, values)


def refused_argument(name: str, argument: GraphQLArgument, literal: ValueNode, values: VariableValues) -> GraphQLError:
    """Return what is wrong with a value that `argument_value` could make nothing of."""
    found: list[GraphQLError] = []

    def note(error: GraphQLError, _: object) -> None:
        found.append(error)

    explain = cast("Callable[..., None]", validate_input_literal)
    explain(literal, cast("Any", argument).type, note, values, hide_suggestions=True)
    reason = found[0].message if found else "it does not fit its type"
    return in_json(GraphQLError(f"Argument '{name}' has invalid value: {reason}", literal))


def variable_values(
    schema: GraphQLSchema, operation: OperationDefinitionNode, given: Mapping[str, Json], *, suggest: bool
) -> VariableValues | list[GraphQLError]:
    """Return the coerced values of an operation's variables, or what is wrong with them, up to `MAX_ERRORS`.

    `suggest`: names of the GraphQL schema that are like a wrong one are told.
    """
    definitions = operation.variable_definitions or ()

    def coerced(variables: Mapping[str, Json]) -> VariableValues | list[GraphQLError]:
        return get_variable_values(schema, definitions, dict(variables), MAX_ERRORS, hide_suggestions=not suggest)

    found = coerced(given)
    # Quoting well costs as much again, which only who made a mistake has to pay.
    again = coerced(quotable(given)) if isinstance(found, list) else found
    return [in_json(each) for each in again] if isinstance(again, list) else found


def default_of(argument: GraphQLArgument) -> object:
    """Return the default of an argument, `Undefined` if it has none."""
    return cast("object", coerce_default_value(argument))


def variable_types(schema: GraphQLSchema, operation: OperationDefinitionNode) -> Mapping[str, Input]:
    """Return the types of an operation's variables by name."""
    find = cast("Callable[[GraphQLSchema, Any], Input | None]", _from_ast)
    found = {each.variable.name.value: find(schema, each.type) for each in operation.variable_definitions or ()}
    return {name: type for name, type in found.items() if type is not None}


def nullable(type: Input) -> Input:
    """Return the type with null allowed."""
    return cast("Input", type.of_type) if isinstance(type, GraphQLNonNull) else type


def element_of(type: Input) -> Input | None:
    """Return the type of the elements of a list, None for other types."""
    return cast("Input", type.of_type) if isinstance(type, GraphQLList) else None


def is_undefined(value: object) -> bool:
    """Return whether there is no value."""
    return value is Undefined
