"""How much one GraphQL document may ask for: checked on its text, then on its syntax tree, before validation.

In: the text and the `graphql` settings. Out: a `DocumentNode` that is safe to validate: validation compares fields in
pairs and follows fragments; for what is accepted here that takes milliseconds. Start at `parse_document`, which checks
everything. Nothing here recurses by fragments, and by fields only as deep as they are allowed to be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    parse,
)

from janua.api.graphql.scanning import check_text, without_comments
from janua.api.graphql.selecting import sets_of
from janua.config import Graphql
from janua.errors import IntrospectionOff, QueryTooLarge

Fragments = Mapping[str, FragmentDefinitionNode]
INTROSPECTION = frozenset({"__schema", "__type"})
LISTS = frozenset({"types", "fields", "interfaces", "possibleTypes", "inputFields"})
LISTS_DEPTH = 2
"""Levels of `LISTS` in an introspection: each multiplies the answer by the size of the GraphQL schema."""


def parse_document(query: str, limits: Graphql, *, introspection: bool = True) -> DocumentNode:
    """Return the syntax tree of a document that keeps all limits.

    Raises: `QueryTooLarge`, `IntrospectionOff`, `GraphQLError` with locations for a mistake in the syntax.
    """
    check_text(query, limits)
    document = parse(without_comments(query))
    check_document(document, limits, introspection=introspection)
    return document


def check_document(document: DocumentNode, limits: Graphql, *, introspection: bool = True) -> None:
    """Refuse a document that would take long to validate or to answer, in time linear in its size.

    Raises: `QueryTooLarge`, `IntrospectionOff`, `GraphQLError` for fragments that contain themselves.
    """
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    _bound("operations", len(operations), limits.operations)
    sizes = _Sizes(fragments)
    outlines = [_outline(each.selection_set) for each in operations]
    unused = fragments.keys() - sizes.reached(outlines)
    _bound("fields", sum(map(sizes.fields, [*outlines, *(sizes.outlines[each] for each in unused)])), limits.fields)
    walk = _Walk(fragments, limits)
    for operation, outline in zip(operations, outlines, strict=True):
        walk.operation(operation, sizes.depth(outline), introspection=introspection)
    for name in unused:
        _bound("levels of fields", sizes.depth(sizes.outlines[name]), limits.introspection_depth)
        walk.places([fragments[name].selection_set])


def _bound(what: str, found: int, limit: int) -> None:
    if found > limit:
        raise QueryTooLarge(what, found, limit)


@dataclass(frozen=True, slots=True)
class _Outline:
    """What one definition holds itself: its fields, their depth, and the fragments it spreads, with their depths."""

    fields: int
    depth: int
    spreads: Sequence[tuple[str, int]]


def _outline(selection_set: SelectionSetNode) -> _Outline:
    fields, deepest = 0, 0
    spreads: list[tuple[str, int]] = []
    pending = [(selection_set, 0)]
    while pending:
        inside, depth = pending.pop()
        for each in inside.selections:
            if isinstance(each, FragmentSpreadNode):
                spreads.append((each.name.value, depth))
                continue
            is_field = isinstance(each, FieldNode)
            fields, deepest = fields + is_field, max(deepest, depth + is_field)
            if (nested := _nested(each)) is not None:
                pending.append((nested, depth + is_field))
    return _Outline(fields, deepest, spreads)


class _Sizes:
    """Sizes of definitions with their fragments, each fragment looked at once, however often it is spread."""

    def __init__(self, fragments: Fragments) -> None:
        self.outlines = {name: _outline(each.selection_set) for name, each in fragments.items()}
        self._fields: dict[str, int] = {}
        self._depths: dict[str, int] = {}
        for name in self._inner_first(fragments):
            self._fields[name] = self.fields(self.outlines[name])
            self._depths[name] = self.depth(self.outlines[name])

    def fields(self, outline: _Outline) -> int:
        """Return the fields of a definition, those of a fragment wherever it is spread."""
        return outline.fields + sum(self._fields.get(name, 0) for name, _ in outline.spreads)

    def depth(self, outline: _Outline) -> int:
        """Return the levels of fields."""
        return max((outline.depth, *(at + self._depths.get(name, 0) for name, at in outline.spreads)))

    def reached(self, outlines: Sequence[_Outline]) -> set[str]:
        """Return the fragments that these definitions spread, and those that these do."""
        reached: set[str] = set()
        pending = list(outlines)
        while pending:
            fresh = {name for name, _ in pending.pop().spreads if name in self.outlines} - reached
            reached |= fresh
            pending.extend(self.outlines[name] for name in fresh)
        return reached

    def _inner_first(self, fragments: Fragments) -> list[str]:
        within = {name: {each for each, _ in outline.spreads} for name, outline in self.outlines.items()}
        try:
            return [name for name in TopologicalSorter(within).static_order() if name in fragments]
        except CycleError as error:
            name: str = error.args[1][0]
            raise GraphQLError(f"Cannot spread fragment '{name}' within itself.", fragments[name]) from None


class _Walk:
    """A walk over selections as they are executed: those of one place merged, whatever fragments they come from."""

    def __init__(self, fragments: Fragments, limits: Graphql) -> None:
        self._fragments = fragments
        self._limits = limits
        for each in fragments.values():
            self._check_directives(each.directives)

    def operation(self, operation: OperationDefinitionNode, depth: int, *, introspection: bool) -> None:
        """Check an operation of this depth; `introspection` says whether it may ask for the GraphQL schema."""
        self._check_directives(operation.directives)
        for each in operation.variable_definitions or ():
            self._check_directives(each.directives)
        place = self._place([operation.selection_set])
        _bound("root fields", len(place), self._limits.root_fields)
        names = {each.name.value for selected in place.values() for each in selected}
        if not introspection and names & INTROSPECTION:
            raise IntrospectionOff
        _bound("levels of fields", depth, self._depth_limit(names))
        for selected in place.values():
            self.places(sets_of(selected), 0 if selected[0].name.value in INTROSPECTION else None)

    def places(self, sets: Sequence[SelectionSetNode], lists: int | None = None) -> None:
        """Check the place where these selections are merged, and those below; `lists` counts in introspections."""
        for selected in self._place(sets).values() if sets else ():
            below = None if lists is None else lists + (selected[0].name.value in LISTS)
            _bound("nested lists of types and fields in an introspection", below or 0, LISTS_DEPTH)
            self.places(sets_of(selected), below)

    def _depth_limit(self, names: set[str]) -> int:
        only = bool(names & INTROSPECTION) and names <= INTROSPECTION | {"__typename"}
        return max(self._limits.introspection_depth, self._limits.depth) if only else self._limits.depth

    def _place(self, sets: Sequence[SelectionSetNode]) -> Mapping[str, Sequence[FieldNode]]:
        """Return the fields of one place by the name that the answer has for them."""
        place: dict[str, list[FieldNode]] = {}
        aliases: dict[str, set[str]] = {}
        for each in self._fields(sets):
            name = each.name.value
            key = each.alias.value if each.alias else name
            place.setdefault(key, []).append(each)
            aliases.setdefault(name, set()).add(key)
            _bound(f"times the name {key[:60]!r} in one place", len(place[key]), self._limits.repeats)
            allowed = 1 if name == "__schema" else self._limits.aliases
            _bound(f"aliases of {name[:60]!r} in one place", len(aliases[name]), allowed)
        return place

    def _fields(self, sets: Sequence[SelectionSetNode]) -> Iterator[FieldNode]:
        spread: set[str] = set()
        pending = [*sets]
        while pending:
            for each in pending.pop().selections:
                self._check_directives(each.directives)
                if isinstance(each, FieldNode):
                    yield each
                elif not isinstance(each, FragmentSpreadNode):
                    pending.extend(filter(None, [_nested(each)]))
                elif (name := each.name.value) in self._fragments and name not in spread:
                    spread.add(name)
                    pending.append(self._fragments[name].selection_set)

    def _check_directives(self, directives: Sequence[DirectiveNode] | None) -> None:
        _bound("directives in one place", len(directives or ()), self._limits.directives)


def _nested(selection: SelectionNode) -> SelectionSetNode | None:
    return getattr(selection, "selection_set", None)
