"""GraphQL's kinds of type, made of graphql-core's classes: what they take and return, said so that a checker follows.

`Input` and `Output` are what fields can have; the functions make types.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLUnionType,
    resolve_thunk,
)

ListOf: TypeAlias = GraphQLList[Any]
NonNull: TypeAlias = GraphQLNonNull[Any]
NullableInput: TypeAlias = GraphQLScalarType | GraphQLEnumType | GraphQLInputObjectType | ListOf
NullableOutput: TypeAlias = GraphQLScalarType | GraphQLEnumType | GraphQLObjectType | GraphQLUnionType | ListOf
Input: TypeAlias = NullableInput | NonNull
Output: TypeAlias = NullableOutput | NonNull
Fields: TypeAlias = dict[str, GraphQLField]
InputFields: TypeAlias = dict[str, GraphQLInputField]


class GeneratedObject(GraphQLObjectType):
    """An object type whose field names are legal: looking at each again would take half of the time to build it."""

    @cached_property
    def fields(self) -> Fields:  # pyright: ignore[reportIncompatibleVariableOverride] -- graphql-core's is cached too
        """Return the fields, found when they are asked for first."""
        self._fields = found = dict(resolve_thunk(self._fields))
        return found


class GeneratedInput(GraphQLInputObjectType):
    """An input object type whose field names are legal."""

    @cached_property
    def fields(self) -> InputFields:  # pyright: ignore[reportIncompatibleVariableOverride] -- graphql-core's is cached too
        """Return the fields, found when they are asked for first."""
        self._fields = found = dict(resolve_thunk(self._fields))
        return found


def list_of(type: Input | Output) -> ListOf:
    """Return the type of lists."""
    return cast(ListOf, GraphQLList(type))


def non_null(type: NullableInput | NullableOutput) -> NonNull:
    """Return the type without null."""
    return cast(NonNull, GraphQLNonNull(type))


def object_type(name: str, fields: Fields | Callable[[], Fields], description: str | None = None) -> GraphQLObjectType:
    """Return an object type."""
    return GeneratedObject(name, fields, description=description)


def union_type(name: str, members: Callable[[], list[GraphQLObjectType]]) -> GraphQLUnionType:
    """Return a union of object types."""
    return GraphQLUnionType(name, members)


def enum_type(name: str, values: Mapping[str, str], description: str | None = None) -> GraphQLEnumType:
    """Return an enum: GraphQL's names → the values that they stand for."""
    spelled = {each: GraphQLEnumValue(value) for each, value in values.items()}
    return GraphQLEnumType(name, spelled, description=description)


def input_type(
    name: str,
    fields: InputFields | Callable[[], InputFields],
    *,
    role: str,
    description: str | None = None,
    out_type: Callable[[dict[str, Any]], Any] | None = None,
    is_one_of: bool = False,
) -> GraphQLInputObjectType:
    """Return an input object type; `role` says what its values are: a filter, an order, a document."""
    return GeneratedInput(
        name,
        fields,
        description=description,
        out_type=out_type,
        extensions={"janua": role},
        is_one_of=is_one_of,
    )
