"""Plan queries: resolve what was asked against the catalog. Every user error of a query is raised from here.

Takes the values of `ast`, returns a `Planned`: a plan of `nodes` with the operand values that its positions index.
Start at `plan_read`; it puts together `filters` (where), `orders` (sort), `pages`, and `shapes` (fields and include).
"""

from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar, assert_never, cast

from janua.errors import InvalidQuery, UnknownCollection
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.model.identifiers import parse_id
from janua.model.types import Json
from janua.query.ast import AggregateQuery, RawFilter, ReadQuery, Spelling, Variable
from janua.query.cursor import CursorKey, context_of, decode
from janua.query.extracts import extract_for
from janua.query.figures import asked_figures
from janua.query.filters import resolve_filter
from janua.query.folding import conjunction
from janua.query.limits import QueryLimits
from janua.query.nodes import (
    Always,
    And,
    Bound,
    Column,
    Compare,
    Filter,
    Not,
    OnElements,
    OnRelated,
    Or,
    OrderKey,
    Position,
    Presence,
)  # fmt: skip
from janua.query.operands import OperandReader, Value
from janua.query.orders import order_keys
from janua.query.pages import Boundary, resolve_page, written_size
from janua.query.parts import AggregatePlan, ReadPlan
from janua.query.scopes import root_scope
from janua.query.shapes import check_size, record_part
from janua.query.variables import Deferred, Structural, variable_in

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Planned(Generic[P]):
    """A plan and its operand values by position; `context` is what the cursors of its pages are bound to.

    It is empty where the filter has variables: each run has a context of its own.
    """

    plan: P
    values: tuple[Value, ...]
    context: str = ""


def plan_read(catalog: Catalog, query: ReadQuery, limits: QueryLimits, key: CursorKey) -> Planned[ReadPlan]:
    """Return the plan of one page of records.

    Raises: `UnknownCollection`, `UnknownField`, `UnknownOperator`, `InvalidOperand`, `InvalidQuery`, `InvalidCursor`,
    `QueryTooLarge`.
    """
    order = order_keys(catalog, query.collection, query.order, query.spelling, limits)
    shape = record_part(catalog, query.collection, query.fields, query.include, query.spelling, limits)
    condition, values = _filter(catalog, query.collection, query.where, query.short, query.spelling, limits)
    context = _context(query, order)
    page = resolve_page(query.page, query.spelling, limits, partial(_decoded, key, context), len(order))
    check_size(page.size, shape, limits)
    bound = None if page.boundary is None else Bound(tuple(_bind_text(values, each) for each in page.boundary))
    values.append(page.size)
    limit = len(values) - 1
    offset = None if page.offset is None else len(values)
    values += [] if page.offset is None else [page.offset]
    size = written_size(page.size, condition, limits)
    plan = ReadPlan(
        query.collection, shape.part, condition, order, limit, offset, bound, page.backward, query.count, size
    )
    return Planned(plan, tuple(values), context)


def plan_one(
    catalog: Catalog,
    collection: str,
    id: str,
    *,
    fields: tuple[str, ...] | None = None,
    include: tuple[str, ...] = (),
    limits: QueryLimits,
) -> Planned[ReadPlan]:
    """Return the plan of the record of this id: a page of at most one. Names are in REST spelling.

    Raises: `InvalidId`, and as `plan_read`.
    """
    plan = plan_record(catalog, collection, fields=fields, include=include, limits=limits)
    return Planned(plan, (parse_id(id), 1))


def plan_record(
    catalog: Catalog,
    collection: str,
    *,
    fields: tuple[str, ...] | None = None,
    include: tuple[str, ...] = (),
    limits: QueryLimits,
) -> ReadPlan:
    """Return the plan of the record whose id is at position 0: the same for all ids. Raises: as `plan_read`."""
    shape = record_part(catalog, collection, fields, include, "rest", limits)
    check_size(1, shape, limits)
    order = order_keys(catalog, collection, (), "rest", limits)
    return ReadPlan(collection, shape.part, Compare(Column("id"), "eq", 0), order, limit=1)


def plan_aggregate(catalog: Catalog, query: AggregateQuery, limits: QueryLimits) -> Planned[AggregatePlan]:
    """Return the plan of the figures over the records that match.

    Raises: as `plan_read`.
    """
    scope = root_scope(catalog, query.collection, query.spelling)
    condition, values = _filter(catalog, query.collection, query.where, query.short, query.spelling, limits)
    figures = asked_figures(scope, query.group_by, query.measures, limits)
    extract = extract_for(catalog, query.collection, condition, figures.targets, limits)
    plan = AggregatePlan(
        query.collection,
        condition,
        figures.keys,
        figures.measures,
        figures.shown,
        limits.groups,
        extract=extract,
    )
    return Planned(plan, tuple(values))


def plan_filter(
    catalog: Catalog,
    collection: str,
    where: RawFilter | None,
    *,
    short: RawFilter | None = None,
    spelling: Spelling = "rest",
    limits: QueryLimits,
) -> Planned[Filter]:
    """Return the filter of an export or a bulk write; `Always(True)` when it leaves nothing out.

    Raises: as `plan_read`.
    """
    condition, values = _filter(catalog, collection, where, short, spelling, limits)
    return Planned(condition, tuple(values))


def plan_predicate(collection: Collection, where: RawFilter, limits: QueryLimits) -> Planned[Filter]:
    """Return the condition of a partial index (`x-indexes`), in REST spelling: of the record's own values only.

    Raises: `InvalidQuery` for a condition that an index cannot have, and as `plan_read`.
    """
    beyond = InvalidQuery("where", "the condition of an index cannot look at related records or elements of lists")
    try:
        planned = plan_filter(Catalog.of(0, [collection]), collection.name, where, limits=limits)
    except UnknownCollection:
        raise beyond from None
    if not _of_record(planned.plan):
        raise beyond
    return planned


def _filter(
    catalog: Catalog,
    collection: str,
    where: RawFilter | None,
    short: RawFilter | None,
    spelling: Spelling,
    limits: QueryLimits,
) -> tuple[Filter, list[Value]]:
    scope = root_scope(catalog, collection, spelling)
    values: list[Value] = []
    asked = resolve_filter(where, scope, OperandReader(limits), values)
    asked_short = resolve_filter(short, scope, OperandReader(limits, text=True), values)
    return conjunction((asked, asked_short)), values


def _context(query: ReadQuery, order: tuple[OrderKey, ...]) -> str:
    if variable_in(query.where) is not None or variable_in(query.short) is not None:
        return ""
    return context_of(query.collection, order, (query.where, query.short))


def _decoded(key: CursorKey, context: str, cursor: str | Variable) -> Boundary:
    if isinstance(cursor, str):
        return decode(key, context, cursor)
    if cursor.nulls is None:
        raise Structural(cursor)
    return tuple(None if null else Deferred(cursor, partial(_at, place)) for place, null in enumerate(cursor.nulls))


def _at(place: int, boundary: Json) -> str:
    """Return one of the order values that a cursor stands for."""
    return cast("list[str]", boundary)[place]


def _bind_text(values: list[Value], text: str | Deferred[str] | None) -> Position | None:
    if text is None:
        return None
    values.append(text)
    return len(values) - 1


def _of_record(filter: Filter) -> bool:
    match filter:
        case Always() | Compare() | Presence():
            return True
        case And(parts) | Or(parts):
            return all(_of_record(each) for each in parts)
        case Not(part):
            return _of_record(part)
        case OnElements() | OnRelated():
            return False
        case _:
            assert_never(filter)
