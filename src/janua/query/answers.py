"""Plan what a GraphQL operation shows: selections → the parts of one answer. Its user errors are raised from here.

Start at `plan_answer`. Names are looked up in `scopes`, filters, orders and pages are those of `plan`: there is one
query language.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never, cast

from janua.errors import InvalidCursor, InvalidQuery, QueryTooLarge, UnknownField
from janua.model.catalog import Catalog
from janua.model.collection import Path
from janua.model.identifiers import parse_id
from janua.model.types import Array, Json, Object, Type, Union
from janua.query.ast import Raw, RawFilter, Variable
from janua.query.cursor import CursorKey, context_of, decode, nulls_of
from janua.query.extracts import extract_for
from janua.query.figures import selected_figures
from janua.query.filters import resolve_filter
from janua.query.limits import QueryLimits
from janua.query.nodes import Bound, Filter, Link, OrderKey, Position
from janua.query.operands import OperandReader, Value
from janua.query.orders import order_keys
from janua.query.ownership import is_own
from janua.query.pages import Boundary, resolve_page, written_size
from janua.query.parts import (
    AggregatePlan,
    AnswerPlan,
    Chosen,
    Connection,
    Constant,
    Cursors,
    EdgeCursor,
    Edges,
    Elements,
    First,
    Listed,
    ListPart,
    Members,
    Meta,
    Nodes,
    PageFacts,
    Part,
    RelatedOne,
    Structured,
    Total,
    Typed,
)
from janua.query.scopes import META, Related, Scope, root_scope
from janua.query.selection import (
    AnswerQuery,
    Asked,
    EdgesAsked,
    FactsAsked,
    GroupsAsked,
    ListAsked,
    ListMember,
    Named,
    NodesAsked,
    OneAsked,
    RecordsAsked,
    Root,
    Selection,
    TotalAsked,
)
from janua.query.variables import Deferred, Structural, known, variable_in

WHOLE = "data"
"""The field that shows the whole document, where a collection declares no fields of its own."""


@dataclass(frozen=True, slots=True)
class PlannedAnswer:
    """A plan and its values by position; `Deferred` ones are read for each run."""

    plan: AnswerPlan
    values: tuple[Value, ...]


def plan_answer(catalog: Catalog, query: AnswerQuery, limits: QueryLimits, key: CursorKey) -> PlannedAnswer:
    """Return the plan of everything that an operation reads.

    Raises: `UnknownCollection`, `UnknownField`, `UnknownOperator`, `InvalidOperand`, `InvalidQuery`, `InvalidCursor`,
    `QueryTooLarge`; `Structural` where the plan depends on the value of a variable.
    """
    answering = _Answering(catalog, limits, key, big_as_text=query.big_as_text)
    members = tuple((name, answering.root(each)) for name, each in query.roots)
    return PlannedAnswer(AnswerPlan(Members(members)), tuple(answering.values))


def plan_shown(
    catalog: Catalog, collection: str, query: Selection, limits: QueryLimits, key: CursorKey, *, big_as_text: bool
) -> Part | None:
    """Return the part that shows what is selected of a record that is being written.

    None when that is more than the record itself: it then has to be read. Raises: as `plan_answer`.
    """
    part = _Answering(catalog, limits, key, big_as_text=big_as_text).record(collection, query)
    return part if is_own(part) else None


class _Answering:
    """Plans one operation, collecting its values and counting the records that it may show."""

    def __init__(self, catalog: Catalog, limits: QueryLimits, key: CursorKey, *, big_as_text: bool) -> None:
        self._catalog, self._limits, self._key = catalog, limits, key
        self._big_as_text = big_as_text
        self._pads: tuple[Position, Position] | None = None
        self._shown = 0
        self.values: list[Value] = []

    def root(self, root: Root) -> Part:
        match root:
            case Constant():
                return root
            case OneAsked(collection, by, value, shown):
                scope = root_scope(self._catalog, collection, "graphql")
                where = {"id": {"eq": value}} if by is None else _at(scope, by, {"eq": value})
                found = resolve_filter(where, scope, OperandReader(self._limits), self.values)
                return First(collection, found, self._members(shown, scope, 1))
            case RecordsAsked(collection, ids, shown):
                scope = root_scope(self._catalog, collection, "graphql")
                position = self._bind(tuple(parse_id(each) for each in ids))
                return Listed(collection, position, self._members(shown, scope, len(ids)))
            case ListAsked(name):
                return self._connection(root, root_scope(self._catalog, name, "graphql"), None, 1)
            case GroupsAsked():
                return self._groups(root)
            case _:
                assert_never(root)

    def record(self, collection: str, selection: Selection) -> Part:
        """Return the part that shows a record of a collection."""
        return self._members(selection, root_scope(self._catalog, collection, "graphql"), 1)

    def _members(self, selection: Selection, scope: Scope, times: int) -> Members:
        """Return the members of a record or object; `times`: of how many of them, at worst."""
        if scope.record:
            self._count(times)
        return Members(tuple((key, self._asked(each, scope, times)) for key, each in selection))

    def _asked(self, asked: Asked, scope: Scope, times: int) -> Part:
        match asked:
            case Constant():
                return asked
            case ListAsked(name):
                related = self._related(name, scope)
                target = scope.at_target(related, name, self._limits)
                return self._connection(asked, target, related.link, times)
            case Named("id") if scope.record:
                return Meta("id")
            case Named("_meta", (inside,)) if scope.record:
                return Members(tuple((key, _metadatum(each)) for key, each in inside))
            case Named(name, (inside,)) if scope.record and scope.related(name) is not None:
                related = self._related(name, scope)
                target = scope.at_target(related, name, self._limits)
                return RelatedOne(related.link, self._members(inside, target, times))
            case Named(name) if name == WHOLE and scope.record and not scope.collection.fields:
                return self._value(scope.type, asked, scope, times)
            case Named(name):
                field = scope.field(name)
                if field is None:
                    raise scope.unknown(name)
                inner = scope.inside(field, name)
                return self._value(field.type, asked, inner, times)
            case _:
                assert_never(asked)

    def _value(self, type: Type, asked: Named, scope: Scope, times: int) -> Part:
        """Return a value of the document; `scope` stands on it."""
        path = scope.path
        inside = asked.inside
        match type:
            case _ if not inside:
                return Typed(path, type, self._big_as_text)
            case Object():
                return Structured(path, self._members(inside[0], scope, times))
            case Union(_, discriminator, variants):
                branches = tuple(
                    (each.tags, self._members(selection, scope.as_type(Object(each.object)), times))
                    for each, selection in zip(variants, inside, strict=True)
                )
                return Chosen(path, discriminator, branches)
            case Array(items):
                element = scope.at_elements(items, asked.name)
                return Elements(path, self._value(items, asked, element, times))
            case _:
                return Typed(path, type, self._big_as_text)

    def _connection(self, asked: ListAsked, scope: Scope, link: Link | None, times: int) -> Connection:
        collection = scope.collection.name
        order = order_keys(self._catalog, collection, asked.order, "graphql", self._limits)
        condition = self._filter(asked, scope)
        context = Deferred(asked.where, partial(_context, collection, order))
        read = partial(self._boundary, asked.where, partial(_context, collection, order))
        page = resolve_page(asked.page, "graphql", self._limits, read, len(order))
        bound = None if page.boundary is None else Bound(tuple(self._bind_text(each) for each in page.boundary))
        limit = self._bind(page.size)
        offset = None if page.offset is None else self._bind(page.offset)
        cursors = self._cursors(context) if _shows_cursors(asked) else None
        members = tuple((key, self._listed(each, scope, times * page.size)) for key, each in asked.members)
        skips = bool(page.offset)
        size = written_size(page.size, condition, self._limits)
        return Connection(
            collection, link, members, condition, order, limit, offset, skips, bound, page.backward, cursors, size
        )

    def _boundary(self, where: RawFilter | None, context: Callable[[Json], str], cursor: str | Variable) -> Boundary:
        """Return the order values of a cursor: now, or for each run where it or the filter has variables."""
        if isinstance(cursor, str) and variable_in(where) is None:
            return decode(self._key, context(known(where)), cursor)
        nulls = nulls_of(cursor) if isinstance(cursor, str) else cursor.nulls
        if nulls is None:
            raise Structural(cursor)

        def value_at(place: int, raw: Json) -> str:
            given = cast("dict[str, Json]", raw)
            value = decode(self._key, context(given["where"]), str(given["cursor"]))[place]
            if value is None:
                raise InvalidCursor
            return value

        raw: Raw = {"cursor": cursor, "where": where}
        return tuple(None if null else Deferred(raw, partial(value_at, place)) for place, null in enumerate(nulls))

    def _filter(self, asked: ListAsked | GroupsAsked, scope: Scope) -> Filter:
        return resolve_filter(asked.where, scope, OperandReader(self._limits), self.values)

    def _listed(self, member: ListMember, scope: Scope, times: int) -> ListPart:
        match member:
            case Constant():
                return member
            case TotalAsked():
                return Total()
            case FactsAsked(facts):
                return PageFacts(facts)
            case NodesAsked(shown):
                return Nodes(self._members(shown, scope, times))
            case EdgesAsked(edges):
                return Edges(tuple((key, self._edge(each, scope, times)) for key, each in edges))
            case _:
                assert_never(member)

    def _edge(self, member: Constant | str | NodesAsked, scope: Scope, times: int) -> Constant | EdgeCursor | Nodes:
        match member:
            case Constant():
                return member
            case NodesAsked(shown):
                return Nodes(self._members(shown, scope, times))
            case _:
                return EdgeCursor()

    def _groups(self, asked: GroupsAsked) -> AggregatePlan:
        scope = root_scope(self._catalog, asked.collection, "graphql")
        condition = self._filter(asked, scope)
        found = selected_figures(scope, asked.group_by, asked.shown, asked.order, self._limits)
        return AggregatePlan(
            asked.collection,
            condition,
            found.keys,
            found.measures,
            found.shown,
            _group_limit(asked.first, self._limits),
            found.order,
            spelled=True,
            big_as_text=self._big_as_text,
            # Who says how many groups to show knows that there may be more.
            all_or_none=asked.first is None,
            extract=extract_for(self._catalog, asked.collection, condition, found.targets, self._limits),
        )

    def _related(self, name: str, scope: Scope) -> Related:
        related = scope.related(name)
        if related is None:
            raise UnknownField(scope.collection.name, scope.show(name), scope.known())
        return related

    def _cursors(self, context: Deferred[str]) -> Cursors:
        if self._pads is None:
            inner, outer = self._key.pads
            self._pads = self._bind(inner), self._bind(outer)
        return Cursors(self._bind(context), *self._pads)

    def _bind(self, value: Value) -> Position:
        self.values.append(value)
        return len(self.values) - 1

    def _bind_text(self, text: str | Deferred[str] | None) -> Position | None:
        return None if text is None else self._bind(text)

    def _count(self, records: int) -> None:
        self._shown += records
        if self._shown > self._limits.answer_records:
            raise QueryTooLarge(
                "records with all that is related", self._shown, self._limits.answer_records, "limits.answer_records"
            )


def _at(scope: Scope, path: Path, where: RawFilter) -> RawFilter:
    """Return a filter on the value at a path of property names."""
    fields = [scope.collection.field_at(path[: length + 1]) for length in range(len(path))]
    for each in reversed(fields):
        if each is None:
            raise TypeError(f"{path} is no declared field")
        where = {each.graphql: where}
    return where


def _metadatum(asked: Asked) -> Part:
    match asked:
        case Constant():
            return asked
        case Named(name) if name in META:
            return Meta(META[name].name)
        case _:
            raise InvalidQuery("_meta", "has no such member")


def _shows_cursors(asked: ListAsked) -> bool:
    for _, member in asked.members:
        match member:
            case EdgesAsked(edges) if any(each == "cursor" for _, each in edges):
                return True
            case FactsAsked(facts) if any(each in ("startCursor", "endCursor") for _, each in facts):
                return True
            case _:
                pass
    return False


def _context(collection: str, order: tuple[OrderKey, ...], where: Json) -> str:
    return context_of(collection, order, (where if isinstance(where, dict) else None,))


def _group_limit(first: int | None, limits: QueryLimits) -> int:
    if first is None:
        return limits.groups
    if first < 0:
        raise InvalidQuery("first", "cannot be negative")
    if first > limits.groups:
        raise QueryTooLarge("groups", first, limits.groups)
    return first
