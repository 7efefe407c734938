"""Compiled mutations: what an operation writes and shows, resolved once for each shape of its variables.

In: an operation and its variables. Out: a `Mutation` whose arguments are read from the variables by functions that were
made for their types. Start at `Writes.find`; where it finds nothing, the operation is resolved as a whole
(`mutating.resolve`), and `Writes.keep` compiles that for the next one. What does not fit its type is left to
graphql-core, which says what is wrong with it.
"""

from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLScalarType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.values import VariableValues

from janua.api.graphql.coercers import Coercer, Reader, Unrepeatable, coercer_of, reader_of, variables_in
from janua.api.graphql.coercion import nullable
from janua.api.graphql.kinds import Input
from janua.api.graphql.mutating import Mutation, Step
from janua.api.graphql.programs import Programs, Room, Scene
from janua.api.graphql.roots import Root as Mark
from janua.api.graphql.selecting import Fields
from janua.api.graphql.shaping import ABSENT, VALUE, Misfit, Variables
from janua.model.catalog import Catalog
from janua.query.ast import Raw
from janua.query.parts import Constant, Part
from janua.query.selection import Selection

STEP_BYTES = 2048
"""About what a compiled step takes; its types and what it shows are shared with others."""


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """A step whose arguments in `read` differ with the values of the variables; those in `fixed` do not."""

    key: str
    mark: Mark
    fixed: Mapping[str, Raw]
    read: tuple[tuple[str, Reader], ...]
    selection: Selection
    shown: Part | None

    def of(self, values: Mapping[str, object], catalog: Catalog) -> Step:
        """Return the step for these values. Raises: `Misfit`."""
        given = {**self.fixed, **{name: cast("Raw", read(values)) for name, read in self.read}}
        return Step(self.key, catalog, self.mark, given, self.selection, self.shown)


@dataclass(frozen=True, slots=True)
class WriteProgram:
    """A mutation for one shape of its variables; `defaults` are the values of absent ones."""

    revision: int
    members: tuple[tuple[str, CompiledStep | Constant], ...]
    coercers: tuple[tuple[str, Coercer], ...]
    defaults: Mapping[str, object]

    @property
    def size(self) -> int:
        """Return about how many bytes it takes."""
        return STEP_BYTES * len(self.members)

    def mutation(self, given: Variables, scene: Scene) -> Mutation:
        """Return what is to be done for these variables. Raises: `Misfit`."""
        values = {**self.defaults}
        try:
            for name, coerce in self.coercers:
                values[name] = coerce(given[name])
        except Exception as error:  # whatever a scalar raises
            raise Misfit from error
        members = [
            (key, each if isinstance(each, Constant) else each.of(values, scene.catalog)) for key, each in self.members
        ]
        return Mutation(scene, members)


class Writes:
    """The programs of one mutation.

    Of the variables only those decide what is done that `@skip` and `@include` look at, and which of the others are
    there. A mutation that has others inside what it selects is never compiled.
    """

    def __init__(
        self,
        operation: OperationDefinitionNode,
        types: Mapping[str, Input],
        fragments: Mapping[str, FragmentDefinitionNode],
        room: Room,
    ) -> None:
        self._types = types
        self._deciding = _deciding(operation.selection_set, fragments)
        self._coercers: dict[str, Coercer] | None = None
        self._programs = Programs[WriteProgram](room)
        self._is_compiled = all(_is_flag(types.get(each)) for each in self._deciding)

    def find(self, given: Variables, scene: Scene) -> Mutation | None:
        """Return what is to be done, if it was compiled for such variables, and these fit their types."""
        if not self._is_compiled:
            return None
        try:
            program = self._programs.find(self._shape(given), scene.catalog.revision)
            return None if program is None else program.mutation(given, scene)
        except Misfit:
            return None

    def keep(self, given: Variables, values: VariableValues, fields: Fields, mutation: Mutation) -> None:
        """Compile a mutation that was resolved for these variables, if that can be done."""
        if not self._is_compiled:
            return
        try:
            shape = self._shape(given)
        except Misfit:
            return
        scene = mutation.scene
        present = tuple((name, self._coercer(name)) for name in self._types if name in given)
        defaults = {name: each for name, each in values.coerced.items() if name not in given}
        program: WriteProgram | None = None
        with suppress(Unrepeatable, Misfit):
            members = tuple(
                (key, each if isinstance(each, Constant) else _compiled(each, fields[key][0], values, scene))
                for key, each in mutation.members
            )
            program = WriteProgram(scene.catalog.revision, members, present, defaults)
        self._programs.keep(shape, program)

    def _shape(self, given: Variables) -> Hashable:
        return tuple([self._place(name, given) for name in self._types])

    def _place(self, name: str, given: Variables) -> Hashable:
        if name not in given:
            return ABSENT
        value = given[name]
        if name not in self._deciding or value is None:
            return None if value is None else VALUE
        if not isinstance(value, bool):
            raise Misfit
        return value

    def _coercer(self, name: str) -> Coercer:
        if self._coercers is None:
            self._coercers = {each: coercer_of(type) for each, type in self._types.items()}
        return self._coercers[name]


def _compiled(step: Step, node: FieldNode, values: VariableValues, scene: Scene) -> CompiledStep:
    """Return the step with what depends on variables taken out of what it is given."""
    arguments = scene.type.fields[node.name.value].args
    literals = {each.name.value: each.value for each in node.arguments or ()}
    read: dict[str, Reader] = {}
    for name, literal in literals.items():
        is_absent = isinstance(literal, VariableNode) and literal.name.value not in values.coerced
        if name in step.given and not is_absent and variables_in(literal):
            read[name] = reader_of(literal, cast("Input", arguments[name].type), values.coerced)
    fixed = {name: each for name, each in step.given.items() if name not in read}
    return CompiledStep(step.key, step.mark, fixed, tuple(read.items()), step.selection, step.shown)


def _deciding(selected: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]) -> frozenset[str]:
    """Return the variables that are used elsewhere than in the arguments of root fields."""
    found: set[str] = set()
    pending, seen = [selected], set[str]()
    while pending:
        for each in pending.pop().selections:
            for directive in each.directives or ():
                found |= variables_in(directive)
            if isinstance(each, FieldNode):
                found |= _below(each, fragments)
            elif isinstance(each, InlineFragmentNode):
                pending.append(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
                seen.add(each.name.value)
                pending.append(fragments[each.name.value].selection_set)
    return frozenset(found)


def _below(field: FieldNode, fragments: Mapping[str, FragmentDefinitionNode]) -> set[str]:
    """Return the variables that are used in what a field selects, be it by fragments."""
    found: set[str] = set()
    pending: list[SelectionSetNode] = [] if field.selection_set is None else [field.selection_set]
    seen: set[str] = set()
    while pending:
        selected = pending.pop()
        found |= variables_in(selected)
        for name in _spread_in(selected) - seen:
            seen.add(name)
            pending.append(fragments[name].selection_set)
    return found


def _spread_in(selected: SelectionSetNode) -> set[str]:
    """Return the names of the fragments that are spread anywhere below a selection set."""
    found: set[str] = set()
    pending = [selected]
    while pending:
        for each in pending.pop().selections:
            if isinstance(each, FragmentSpreadNode):
                found.add(each.name.value)
            elif (below := getattr(each, "selection_set", None)) is not None:
                pending.append(below)
    return found


def _is_flag(type: Input | None) -> bool:
    bare = None if type is None else nullable(type)
    return isinstance(bare, GraphQLScalarType) and bare.name == "Boolean"
