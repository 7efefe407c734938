"""The variables of an operation: which of them decide what is planned, and which are only values.

A plan is made for the *shape* of the variables: which are there, which keys a filter has, which `@include` hold. Equal
shapes share a plan; the values that the shape leaves out are read for each run. Start at `Shaping`.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
)
from graphql.execution.values import VariableValues, VariableValueSource

from janua.api.graphql.coercion import element_of, from_value, is_undefined, named_type, nullable, variable_types
from janua.api.graphql.kinds import Input
from janua.model.types import Json
from janua.query.ast import Raw, Variable
from janua.query.variables import Lookup, variable_in

Variables = Mapping[str, Json]
Path = tuple[str | int, ...]
VALUE = "*"
"""Stands for any value in a shape."""
ABSENT = "-"
MAX_DECIDING = 1000
"""So many places of the variables of one operation may decide its plan; filters that are variables have any number."""


class Misfit(Exception):
    """A value does not fit its type; graphql-core says how, when it is asked."""


class Withheld(dict[str, VariableValueSource]):
    """Where variables have their values from, but for those whose values a plan does without.

    Literals of JSON with variables in them are made of these, so they need real values: what they look up in vain is
    remembered as `wanted`.
    """

    def __init__(self, sources: Mapping[str, VariableValueSource], placed: Mapping[str, Raw]) -> None:
        super().__init__(sources)
        self._placed = placed
        self.wanted: Variable | None = None

    def __getitem__(self, name: str) -> VariableValueSource:
        self._check(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 -- as dict has it
        """Return as `dict` does."""
        self._check(name)
        return super().get(name, default)

    def _check(self, name: str) -> None:
        found = variable_in(self._placed.get(name))
        if found is not None:
            self.wanted = found
            raise LookupError(name)


class Shaping:
    """The variables of one operation. What decides a plan is learned: `decide` adds a variable to it."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self.types = variable_types(schema, operation)
        self.deciding: set[Path] = set()
        self._plain = all(_is_value(each) for each in self.types.values())
        self._leaves: dict[str | int, GraphQLScalarType] = {
            name: bare for name, each in self.types.items() if isinstance(bare := nullable(each), GraphQLScalarType)
        }

    def decide(self, variable: Variable) -> bool:
        """Let the value of this variable decide the plan from now on; false where too many do already."""
        if variable.path not in self.deciding and len(self.deciding) >= MAX_DECIDING:
            return False
        self.deciding.add(variable.path)
        self._plain = False
        return True

    def shape(self, given: Variables) -> Hashable:
        """Return what a plan may depend on; values that do not fit their types have any shape, or raise `Misfit`."""
        if self._plain:
            return tuple([_presence(given.get(name, Undefined)) for name in self.types])
        return tuple(
            ABSENT if name not in given else self._shape(given[name], type, (name,))
            for name, type in self.types.items()
        )

    def placeholders(self, given: Variables, values: VariableValues) -> VariableValues:
        """Return the coerced values with a `Variable` in place of everything that does not decide the plan."""
        found: dict[str, Raw] = {
            name: self._placed(given[name], self.types[name], (name,), each) if name in given else each
            for name, each in cast("Mapping[str, Raw]", values.coerced).items()
        }
        return VariableValues(Withheld(values.sources, found), found)

    def lookup(self, given: Variables) -> Lookup:
        """Return how the variables of one run are looked up; looking up raises `Misfit`."""

        def look_up(variable: Variable) -> Json:
            name, *below = variable.path
            if not below and (leaf := self._leaves.get(name)) is not None:
                return _read(leaf, given[cast("str", name)])
            value, type = given[cast("str", name)], nullable(self.types[cast("str", name)])
            for key in below:
                value = cast("Json", value[key])  # pyright: ignore[reportCallIssue, reportArgumentType, reportIndexIssue, reportOptionalSubscript] -- the shape says what is there
                type = nullable(_inner(type, key))
            found = from_value(value, type)
            if found is None or is_undefined(found):
                raise Misfit
            return cast("Json", found)

        return look_up

    def _shape(self, raw: Json, type: Input, path: Path) -> Hashable:
        if raw is None:
            return None
        bare = nullable(type)
        if path in self.deciding or not _has_places(bare):
            return _frozen(raw)
        if isinstance(bare, GraphQLInputObjectType):
            return tuple((name, self._shape(each, _field(bare, name), (*path, name))) for name, each in _members(raw))
        inner = element_of(bare)
        if inner is None:
            return VALUE
        if _is_leaf(inner):
            return VALUE if raw != [] else ()
        # One object stands for a list of it: that has no place of its own among the variables.
        if not isinstance(raw, list):
            return ("=", _frozen(raw))
        return tuple(self._shape(each, inner, (*path, place)) for place, each in enumerate(raw))

    def _placed(self, raw: Json, type: Input, path: Path, coerced: Raw) -> Raw:
        bare = nullable(type)
        if raw is None or path in self.deciding or not _has_places(bare):
            return coerced
        if isinstance(bare, GraphQLInputObjectType) and isinstance(coerced, Mapping):
            return {
                name: self._placed(each, _field(bare, name), (*path, name), coerced[name])
                for name, each in _members(raw)
            }
        inner = element_of(bare)
        if inner is not None and raw == []:
            return coerced
        if inner is not None and not _is_leaf(inner):
            if not isinstance(raw, list) or not isinstance(coerced, list):
                return coerced
            return [self._placed(each, inner, (*path, place), coerced[place]) for place, each in enumerate(raw)]
        return Variable(path)


def _read(type: GraphQLScalarType, value: Json) -> Json:
    try:
        return type.coerce_input_value(value)
    except Exception as error:
        raise Misfit from error


def _presence(value: object) -> str | None:
    if value is None:
        return None
    return ABSENT if value is Undefined else VALUE


def _has_places(type: Input) -> bool:
    """Return whether a plan can do without the values of this type: filters and single values, but not orders."""
    named = named_type(type)
    if isinstance(named, GraphQLInputObjectType):
        return named.extensions.get("janua") == "filter"
    return isinstance(named, GraphQLScalarType) and named.name != "Boolean"


def _is_leaf(type: Input) -> bool:
    bare = nullable(type)
    return isinstance(bare, GraphQLScalarType | GraphQLEnumType)


def _is_value(type: Input) -> bool:
    bare = nullable(type)
    return isinstance(bare, GraphQLScalarType) and bare.name != "Boolean"


def _field(type: GraphQLInputObjectType, name: str) -> Input:
    field = type.fields.get(name)
    if field is None:
        raise Misfit
    return field.type


def _inner(type: Input, key: str | int) -> Input:
    found = _field(type, key) if isinstance(key, str) and isinstance(type, GraphQLInputObjectType) else element_of(type)
    if found is None:
        raise Misfit
    return found


def _members(raw: Json) -> Iterable[tuple[str, Json]]:
    if not isinstance(raw, dict):
        raise Misfit
    return raw.items()


def _frozen(raw: Json) -> Hashable:
    match raw:
        case dict():
            return tuple((name, _frozen(each)) for name, each in raw.items())
        case list():
            return ("[", *(_frozen(each) for each in raw))
        case bool():
            return ("b", raw)
        case _:
            return (type(raw).__name__, raw)
