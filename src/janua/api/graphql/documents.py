"""Documents that were seen before: parsed, measured and validated once, kept with the plans of their operations.

A document is valid under one slice of the GraphQL schema; when the slice changes it is prepared anew. Start at
`Documents.prepare`.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)

from janua.api.graphql.limits import parse_document
from janua.api.graphql.programs import Program, Programs, Room
from janua.api.graphql.roots import Root
from janua.api.graphql.schema import SchemaSlices, Slice
from janua.api.graphql.shaping import Shaping
from janua.api.graphql.suggestions import collections_like, errors_in
from janua.api.graphql.writing import Writes
from janua.config import Graphql
from janua.errors import InvalidOperation
from janua.model.catalog import Catalog
from janua.telemetry.spans import OPERATION, OPERATION_TYPE, ROOT_FIELDS, annotate, span

INTROSPECTION = frozenset({"__schema", "__type"})
TYPENAME = "__typename"
SHOWN_CHARACTERS = 200
KEPT_BYTES = 16 * 1024 * 1024
"""How many bytes of documents are kept; what is made of them takes some ten times as much."""


@dataclass(eq=False)
class Operation:
    """One operation of a document; `has_static`: some of its root fields are not those of collections.

    `has_introspection`: some of those ask for the GraphQL schema. `told` is what its traces say of it.
    `static_answer` is kept where the answer depends on nothing but the GraphQL schema.
    """

    node: OperationDefinitionNode
    type: GraphQLObjectType
    shaping: Shaping
    has_static: bool
    has_introspection: bool
    programs: Programs[Program]
    writes: Writes
    told: Mapping[str, str]
    static_answer: bytes | None = None

    @property
    def name(self) -> str:
        """Return what its author calls it, empty when nothing."""
        return self.node.name.value if self.node.name else ""

    @property
    def is_query(self) -> bool:
        """Return whether it reads only."""
        return self.node.operation is OperationType.QUERY


@dataclass(eq=False)
class Document:
    """A document that is valid under a slice, at least since the catalog had `revision`."""

    tree: DocumentNode
    slice: Slice
    revision: int
    fragments: Mapping[str, FragmentDefinitionNode]
    operations: Mapping[str, Operation]
    size: int

    def operation(self, name: str | None) -> Operation:
        """Return the operation of this name, or the only one.

        Raises: `InvalidOperation`.
        """
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            raise InvalidOperation("the document has several operations; say which one in operationName")
        if name not in self.operations:
            raise InvalidOperation(f"the document has no operation {name[:100]!r}")
        return self.operations[name]


class InvalidDocument(Exception):
    """The document does not fit the GraphQL schema, or its variables do not."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


class Documents:
    """The documents of one process, the least recently used forgotten first."""

    def __init__(self, slices: SchemaSlices, limits: Graphql, *, suggest: bool, introspection: bool) -> None:
        self._slices = slices
        self._limits = limits
        self._suggest = suggest
        self._introspection = introspection
        self._kept: OrderedDict[tuple[str | None, str], Document] = OrderedDict()
        self._size = 0
        self.room = Room()

    def find(self, collection: str | None, text: str, catalog: Catalog) -> Document | None:
        """Return a document that is ready under this catalog, if there is one."""
        found = self._kept.get((collection, text))
        if found is None or found.revision != catalog.revision:
            return None
        self._kept.move_to_end((collection, text))
        return found

    async def prepare(self, collection: str | None, text: str, catalog: Catalog) -> Document:
        """Return the document, parsed and validated now unless it still is valid.

        Raises: `UnknownCollection`, `QueryTooLarge`, `IntrospectionOff`, `GraphQLError` for its syntax,
        `InvalidDocument`.
        """
        earlier = self._kept.get((collection, text))
        if earlier is None:
            with span("graphql.parse"):
                tree = parse_document(text, self._limits, introspection=self._introspection)
        else:
            tree = earlier.tree
        roots = root_names(tree)
        annotate(ROOT_FIELDS, _listed(roots))
        with span("graphql.schema"):
            slice = await self._slice(collection, tree, roots, catalog)
        if earlier is not None and earlier.slice is slice:
            earlier.revision = catalog.revision
            return earlier
        with span("graphql.validate"):
            errors = errors_in(slice.schema, tree, suggest=self._suggest)
        if errors and self._suggest and collection is None:
            errors = await self._errors_with_suggestions(tree, catalog) or errors
        if errors:
            raise InvalidDocument(errors)
        return self._keep((collection, text), _document(tree, slice, catalog, len(text), self.room))

    async def _errors_with_suggestions(self, tree: DocumentNode, catalog: Catalog) -> list[GraphQLError]:
        """Return what is wrong with a document under a schema that also has what its unknown root fields are like.

        Nothing when they are like none.
        """
        roots = _roots(tree)
        known = self._slices.roots(catalog)
        near = collections_like(roots, known)
        if not near:
            return []
        named = frozenset(known[each] for each in root_names(tree) if each in known)
        slice = await self._slices.slice(catalog, named | near)
        return errors_in(slice.schema, tree, suggest=True)

    async def _slice(
        self, collection: str | None, tree: DocumentNode, roots: frozenset[str], catalog: Catalog
    ) -> Slice:
        if collection is not None:
            catalog.collection(collection)
        elif roots & INTROSPECTION:
            return await self._slices.whole(catalog)
        known = self._slices.roots(catalog)
        wanted = frozenset(known[each] for each in roots if each in known) if collection is None else {collection}
        # What no collection has may be the registry's, or is held against all that there is.
        registry = not wanted or any(each not in known and each != TYPENAME for each in _roots(tree))
        return await self._slices.slice(catalog, frozenset(wanted), registry=registry)

    def _keep(self, key: tuple[str | None, str], document: Document) -> Document:
        before = self._kept.pop(key, None)
        self._size += document.size - (before.size if before else 0)
        self._kept[key] = document
        while self._size > KEPT_BYTES and len(self._kept) > 1:
            _, forgotten = self._kept.popitem(last=False)
            self._size -= forgotten.size
        return document


def root_names(tree: DocumentNode) -> frozenset[str]:
    """Return the names of all fields on the first level of operations, and of fragments, which may stand there."""
    defined = (OperationDefinitionNode, FragmentDefinitionNode)
    return _names((each.selection_set for each in tree.definitions if isinstance(each, defined)), {})


def mark_of(type: GraphQLObjectType, name: str) -> Root | None:
    """Return what a root field does, if it is a collection's."""
    field = type.fields.get(name)
    mark = None if field is None else field.extensions.get("janua")
    return mark if isinstance(mark, Root) else None


def _document(tree: DocumentNode, slice: Slice, catalog: Catalog, size: int, room: Room) -> Document:
    fragments = _fragments(tree)
    operations: dict[str, Operation] = {}
    for each in tree.definitions:
        if isinstance(each, OperationDefinitionNode):
            type = slice.schema.get_root_type(each.operation)
            if type is None:
                raise InvalidOperation(f"there are no {each.operation.value}s")
            name = "" if each.name is None else each.name.value
            roots = _names([each.selection_set], fragments)
            has_static = any(root != TYPENAME and mark_of(type, root) is None for root in roots)
            shaping, asks = Shaping(slice.schema, each), bool(roots & INTROSPECTION)
            writes = Writes(each, shaping.types, fragments, room)
            attributes = {OPERATION: name, OPERATION_TYPE: each.operation.value, ROOT_FIELDS: _listed(roots)}
            known = {key: value for key, value in attributes.items() if value}
            operations[name] = Operation(each, type, shaping, has_static, asks, Programs(room), writes, known)
    return Document(tree, slice, catalog.revision, fragments, operations, size)


def _roots(tree: DocumentNode) -> frozenset[str]:
    """Return the names of the fields on the first level of all operations."""
    operations = (each for each in tree.definitions if isinstance(each, OperationDefinitionNode))
    return _names((each.selection_set for each in operations), _fragments(tree))


def _listed(names: frozenset[str]) -> str:
    """Return names for a trace: all of an operation that people write, not all that there can be."""
    text = ", ".join(sorted(names))
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def _fragments(tree: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    return {each.name.value: each for each in tree.definitions if isinstance(each, FragmentDefinitionNode)}


def _names(sets: Iterable[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]) -> frozenset[str]:
    """Return the names of the fields that stand in selection sets, those of these fragments included."""
    found: set[str] = set()
    pending, seen = list(sets), set[str]()
    while pending:
        for each in pending.pop().selections:
            if isinstance(each, FieldNode):
                found.add(each.name.value)
            elif isinstance(each, InlineFragmentNode):
                pending.append(each.selection_set)
            elif isinstance(each, FragmentSpreadNode) and each.name.value not in seen:
                seen.add(each.name.value)
                if each.name.value in fragments:
                    pending.append(fragments[each.name.value].selection_set)
    return frozenset(found)
