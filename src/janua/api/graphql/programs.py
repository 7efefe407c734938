"""Compiled reads: what an operation asks for, as one statement and where its values come from.

Start at `compile_reads`; a `Program` is kept for each shape of the variables of its operation. Compiled mutations (see
`writing`) are kept in the same room.
"""

from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from graphql import FieldNode, FragmentDefinitionNode, GraphQLObjectType, GraphQLSchema
from graphql.execution.values import VariableValues

from janua.api.graphql.roots import Root as Mark
from janua.api.graphql.selecting import Fields, Selecting
from janua.errors import InvalidQuery, JanuaError
from janua.gateway.gateway import Gateway
from janua.model.catalog import Catalog
from janua.model.json import dumps
from janua.query.answers import plan_answer
from janua.query.ast import Raw
from janua.query.operands import Value
from janua.query.parts import Constant
from janua.query.selection import AnswerQuery, OneAsked, Root
from janua.query.variables import Deferred, Lookup
from janua.sql.answer import answer_statement
from janua.sql.statement import Statement, values_for

KEPT_BYTES = 64 * 1024 * 1024
"""About how many bytes of programs one process keeps."""
SHAPE_BYTES = 64 * 1024
"""A shape of variables that takes more, by about that many bytes, is compiled for each time."""
VALUE_BYTES = 64


@dataclass(frozen=True, slots=True)
class Program:
    """A statement and the values of its plan; those at `deferred` are read for each run."""

    statement: Statement
    values: tuple[Value, ...]
    deferred: tuple[int, ...]
    revision: int

    def arguments(self, lookup: Lookup) -> list[object]:
        """Return what is bound in one run. Raises: `Misfit`, and what planning raises for a wrong operand."""
        if not self.deferred:
            return values_for(self.statement, self.values)
        values: list[object] = list(self.values)
        for place in self.deferred:
            value = values[place]
            if isinstance(value, Deferred):
                values[place] = value.value(lookup)
        return values_for(self.statement, values)

    @property
    def size(self) -> int:
        """Return about how many bytes it takes."""
        values = sum(len(each) for each in self.values if isinstance(each, str | bytes | tuple))
        return len(self.statement.text) + values + VALUE_BYTES * len(self.values)


class Kept(Protocol):
    """What is compiled under a revision of the catalog, and takes about `size` bytes."""

    @property
    def revision(self) -> int:
        """Return the revision."""
        ...

    @property
    def size(self) -> int:
        """Return about how many bytes."""
        ...


K = TypeVar("K", bound=Kept)


class Room:
    """All programs of one process, up to `limit` bytes, the least recently used forgotten first."""

    def __init__(self, limit: int = KEPT_BYTES) -> None:
        self._limit = limit
        self._kept: OrderedDict[tuple[object, Hashable], Kept | None] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: tuple[object, Hashable]) -> Kept | None:
        """Return the program that is kept under a key, as the one used last."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def has_none(self, key: tuple[object, Hashable]) -> bool:
        """Return whether it is remembered that there is no program."""
        return self._kept.get(key, self) is None

    def keep(self, key: tuple[object, Hashable], program: Kept | None) -> None:
        """Keep a program, unless the key alone is too large."""
        if _weight(key[1]) > SHAPE_BYTES:
            return
        if key in self._kept:
            self._forget(key)
        self._kept[key] = program
        self.size += _size(key[1], program)
        while self.size > self._limit:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[object, Hashable]) -> None:
        self.size -= _size(key[1], self._kept.pop(key))


class Programs(Generic[K]):
    """The programs of one operation by the shape of its variables; None where planning needs all their values."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._mine = object()

    def find(self, shape: Hashable, revision: int) -> K | None:
        """Return the program for this shape, if it was compiled for this revision of the catalog."""
        found = cast("K | None", self._room.find((self._mine, shape)))
        return None if found is None or found.revision != revision else found

    def is_unrepeatable(self, shape: Hashable) -> bool:
        """Return whether there is no use in compiling for a shape."""
        return self._room.has_none((self._mine, shape))

    def keep(self, shape: Hashable, program: K | None) -> None:
        """Remember what was compiled for a shape."""
        self._room.keep((self._mine, shape), program)


def _size(shape: Hashable, program: Kept | None) -> int:
    return _weight(shape) + (0 if program is None else program.size)


def _weight(shape: Hashable) -> int:
    """Return about how many bytes a shape takes."""
    found, pending = 0, [shape]
    while pending:
        each = pending.pop()
        found += VALUE_BYTES + (len(each) if isinstance(each, str) else 0)
        if isinstance(each, tuple):
            pending.extend(cast("tuple[Hashable, ...]", each))
    return found


@dataclass(frozen=True, slots=True)
class Scene:
    """What an operation is compiled against: the catalog and the GraphQL schema of one moment."""

    gateway: Gateway
    catalog: Catalog
    schema: GraphQLSchema
    type: GraphQLObjectType
    fragments: Mapping[str, FragmentDefinitionNode]

    @property
    def big_as_text(self) -> bool:
        """Return whether big integers are shown as strings."""
        return self.gateway.settings.graphql.big_integers_as_strings


def compile_reads(scene: Scene, fields: Fields, values: VariableValues) -> Program:
    """Return the program of root fields that read collections, by response key.

    Raises: as `query.answers.plan_answer`, `CursorAsked`.
    """
    selecting = Selecting(scene.schema, scene.fragments, values)
    roots = tuple((key, _root(scene, selecting, nodes)) for key, nodes in fields.items())
    return compile_roots(scene, roots)


def compile_roots(scene: Scene, roots: Sequence[tuple[str, Root]]) -> Program:
    """Return the program of roots, by response key."""
    gateway = scene.gateway
    query = AnswerQuery(tuple(roots), big_as_text=scene.big_as_text)
    planned = plan_answer(scene.catalog, query, gateway.query_limits, gateway.cursor_key)
    deferred = tuple(place for place, each in enumerate(planned.values) if isinstance(each, Deferred))
    return Program(answer_statement(planned.plan), planned.values, deferred, scene.catalog.revision)


def _root(scene: Scene, selecting: Selecting, nodes: list[FieldNode]) -> Root:
    name = nodes[0].name.value
    field = scene.type.fields.get(name)
    if field is None:  # __typename
        return Constant(dumps(scene.type.name))
    mark = field.extensions["janua"]
    match mark.verb:
        case "one":
            by, value = _chosen(name, selecting.arguments(field, nodes[0]), mark)
            path = None if by == "id" else mark.unique[by]
            return OneAsked(mark.collection, path, value, selecting.below(field, nodes))
        case "many":
            return selecting.page(mark.collection, field, nodes)
        case "aggregate":
            return selecting.groups(mark.collection, field, nodes)
        case _:
            raise TypeError(f"{name} does not read")


def _chosen(name: str, given: Mapping[str, Raw], mark: Mark) -> tuple[str, Raw]:
    chosen = [(by, value) for by, value in given.items() if value is not None]
    if len(chosen) != 1:
        raise _which(name, mark)
    return chosen[0]


def _which(name: str, mark: Mark) -> JanuaError:
    arguments = ", ".join(("id", *mark.unique))
    return InvalidQuery(name, f"expects exactly one of its arguments: {arguments}" if mark.unique else "expects an id")
