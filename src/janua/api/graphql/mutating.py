"""Mutations: the writes of one operation, in order, in one transaction, each answered with what it selects.

What a selection shows of the record itself comes from the statement that writes it; what is related is read afterwards
(before a deletion), in the same transaction. Start at `Mutation.run`.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from graphql import FieldNode, GraphQLField

from janua.api.graphql.programs import Scene, compile_roots
from janua.api.graphql.roots import Root as Mark
from janua.api.graphql.roots import Verb
from janua.api.graphql.selecting import Fields, Selecting, filter_of
from janua.errors import InvalidQuery, JanuaError
from janua.gateway import bulk, writes
from janua.gateway.answers import Precondition, RecordAnswer
from janua.gateway.gateway import require_unmoved
from janua.gateway.writes import Writing
from janua.model.catalog import Catalog
from janua.model.identifiers import new_id, parse_id
from janua.model.json import dumps
from janua.model.patch import MergePatch
from janua.model.types import Json
from janua.query.answers import plan_shown
from janua.query.ast import Raw
from janua.query.nodes import Filter
from janua.query.parts import Constant, Meta, Part
from janua.query.plan import Planned, plan_filter
from janua.query.selection import OneAsked, RecordsAsked, Root, Selection
from janua.query.variables import no_lookup
from janua.registry.document import Document
from janua.sql.parts import RECORD
from janua.storage.pool import Connection
from janua.storage.records import fetch_answer

ONE_STATEMENT: frozenset[Verb] = frozenset({"create", "create_many", "replace", "update", "upsert", "delete"})
"""What needs no transaction when it is alone, and its answer is of the record itself."""
SEVERAL: frozenset[Verb] = frozenset({"create_many", "update_many", "delete_many"})
BY_FILTER: frozenset[Verb] = frozenset({"update_many", "delete_many"})
NOTHING_RELATED = Meta("id")


class FailedField(Exception):
    """A root field failed, and with it the whole operation."""

    def __init__(self, key: str, error: JanuaError) -> None:
        super().__init__(key, error)
        self.key = key
        self.error = error


@dataclass(frozen=True, slots=True)
class Step:
    """One root field of a mutation: what to do with which arguments, and what to show of the outcome.

    `shown` is None where what is selected has to be read.
    """

    key: str
    catalog: Catalog
    mark: Mark
    given: Mapping[str, Raw]
    selection: Selection
    shown: Part | None


@dataclass(frozen=True, slots=True)
class Mutation:
    """The steps of an operation, resolved against the catalog of the scene; `__typename` is none, but a constant."""

    scene: Scene
    members: Sequence[tuple[str, Step | Constant]]

    @property
    def steps(self) -> Sequence[Step]:
        """Return what is to be done, in order."""
        return [each for _, each in self.members if isinstance(each, Step)]

    @property
    def only(self) -> Step | None:
        """Return what is to be done if that is one statement, which is atomic without a transaction around it."""
        steps = self.steps
        if len(steps) == 1 and steps[0].mark.verb in ONE_STATEMENT and steps[0].shown is not None:
            return steps[0]
        return None

    async def create(self, step: Step) -> bytes:
        """Create the only record, perhaps along with others, and return the text of the object of its answer.

        Raises: as `run`.
        """
        gateway, collection = self.scene.gateway, self.scene.catalog.collection(step.mark.collection)
        try:
            document = await writes.made_document(gateway, cast("Json", step.given["input"]))
            created = await writes.create_alone(gateway, collection, _wished_id(step), document, step.shown or RECORD)
        except JanuaError as error:
            raise FailedField(step.key, error) from error
        texts = (each.text if isinstance(each, Constant) else created.text for _, each in self.members)
        members = (f"{dumps(key)}: {text}" for (key, _), text in zip(self.members, texts, strict=True))
        return f"{{{', '.join(members)}}}".encode()

    async def run(self, c: Connection) -> bytes:
        """Write, and return the text of the object of all answers.

        Raises: `FailedField`; `StaleCatalog` when a schema is not that of the scene any more.
        """
        members = [f"{dumps(key)}: {await self._answer(each, c)}" for key, each in self.members]
        if any(each.shown is None for each in self.steps):
            await require_unmoved(self.scene.gateway, self.scene.catalog, c)
        return f"{{{', '.join(members)}}}".encode()

    async def _answer(self, step: Step | Constant, c: Connection) -> str:
        if isinstance(step, Constant):
            return step.text
        to = Writing(
            self.scene.gateway,
            c,
            self.scene.catalog.collection(step.mark.collection),
            NOTHING_RELATED if step.shown is None else step.shown,
        )
        try:
            if step.shown is None and step.mark.verb in ("delete", "delete_many"):
                return await self._read_and_deleted(step, to)
            written = await VERBS[step.mark.verb](to, step)
            if step.shown is None:
                return await self._read(step, c, [each.id for each in written])
        except JanuaError as error:
            raise FailedField(step.key, error) from error
        texts = [each.text for each in written]
        return f"[{', '.join(texts)}]" if step.mark.verb in SEVERAL else texts[0]

    async def _read_and_deleted(self, step: Step, to: Writing) -> str:
        if step.mark.verb == "delete_many":
            ids = await bulk.lock_many(to, _filter(to, step), _whole(step, "atMost"))
            text = await self._read(step, to.connection, [str(each) for each in ids])
            await bulk.delete_listed(to, ids)
            return text
        text = await self._read(step, to.connection, [str(_id(step))])
        await _delete(to, step)
        return text

    async def _read(self, step: Step, c: Connection, ids: Sequence[str]) -> str:
        """Return the text of what is selected of some records, in their order; of the only one where there is one."""
        collection = step.mark.collection
        root: Root = RecordsAsked(collection, tuple(ids), step.selection)
        if step.mark.verb not in SEVERAL:
            root = OneAsked(collection, None, ids[0], step.selection)
        program = compile_roots(self.scene, [("", root)])
        text = await fetch_answer(c, program.statement, program.arguments(no_lookup))
        return text.removeprefix('{"": ').removesuffix("}")


def resolve(scene: Scene, fields: Fields, selecting: Selecting) -> Mutation:
    """Return the mutation of root fields, by response key.

    Raises: `FailedField` for what is selected and cannot be planned.
    """
    return Mutation(scene, [(key, _member(scene, key, nodes, selecting)) for key, nodes in fields.items()])


def _member(scene: Scene, key: str, nodes: list[FieldNode], selecting: Selecting) -> Step | Constant:
    field = scene.type.fields.get(nodes[0].name.value)
    if field is None:  # __typename
        return Constant(dumps(scene.type.name))
    try:
        return _step(scene, key, field, nodes, selecting)
    except JanuaError as error:
        raise FailedField(key, error) from error


def _step(scene: Scene, key: str, field: GraphQLField, nodes: list[FieldNode], selecting: Selecting) -> Step:
    mark = cast("Mark", field.extensions["janua"])
    if mark.verb in BY_FILTER and (absent := selecting.absent(nodes[0], "where")):
        reason = f"the variable ${absent} has no value: a bulk write needs all the conditions of its filter"
        raise InvalidQuery("where", reason)
    selection = selecting.below(field, nodes)
    gateway = scene.gateway
    shown = plan_shown(
        scene.catalog,
        mark.collection,
        selection,
        gateway.query_limits,
        gateway.cursor_key,
        big_as_text=scene.big_as_text,
    )
    return Step(key, scene.catalog, mark, selecting.arguments(field, nodes[0]), selection, shown)


async def _create(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    return [await writes.create(to, _wished_id(step) or new_id(), await _document(to, step.given["input"]))]


async def _create_many(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    inputs = cast("list[Raw]", step.given["inputs"])
    return await bulk.create_many(to, [await _document(to, each) for each in inputs])


async def _replace(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    document = await _document(to, step.given["input"])
    return [await writes.replace(to, _id(step), document, _precondition(step))]


async def _update(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    return [await writes.patch(to, _id(step), _patch(step), _precondition(step))]


async def _upsert(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    by = writes.unique_at(to.collection, step.mark.unique[str(step.given["onConflict"])])
    return [await writes.upsert(to, new_id(), await _document(to, step.given["input"]), by)]


async def _delete(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    return [await writes.delete(to, _id(step), _precondition(step))]


async def _update_many(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    return await bulk.update_many(to, _filter(to, step), _patch(step), _whole(step, "atMost"))


async def _delete_many(to: Writing, step: Step) -> Sequence[RecordAnswer]:
    return await bulk.delete_many(to, _filter(to, step), _whole(step, "atMost"))


VERBS: Mapping[Verb, Callable[[Writing, Step], Awaitable[Sequence[RecordAnswer]]]] = {
    "create": _create,
    "create_many": _create_many,
    "replace": _replace,
    "update": _update,
    "update_many": _update_many,
    "upsert": _upsert,
    "delete": _delete,
    "delete_many": _delete_many,
}


async def _document(to: Writing, value: Raw) -> Document:
    return await writes.made_document(to.gateway, cast("Json", value))


def _id(step: Step) -> UUID:
    return parse_id(str(step.given["id"]))


def _wished_id(step: Step) -> UUID | None:
    wished = step.given.get("id")
    return None if wished is None else parse_id(str(wished))


def _patch(step: Step) -> MergePatch:
    return MergePatch(cast("Json", step.given["patch"]))


def _precondition(step: Step) -> Precondition:
    version = _whole(step, "ifVersion")
    return Precondition() if version is None else Precondition(match=frozenset([version]))


def _filter(to: Writing, step: Step) -> Planned[Filter]:
    where = filter_of(step.given)
    return plan_filter(step.catalog, to.collection.name, where, spelling="graphql", limits=to.gateway.query_limits)


def _whole(step: Step, name: str) -> int | None:
    found = step.given.get(name)
    return found if isinstance(found, int) else None
