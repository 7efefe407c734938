"""The verbs that read many records: a page, and aggregates. Plan, lower, run one statement, hand on its text."""

from collections.abc import Sequence

from janua.gateway.answers import GroupsAnswer, PageAnswer
from janua.gateway.gateway import Gateway, is_moving, require_unmoved, with_current_catalog
from janua.gateway.pages import Prepared, context_in
from janua.model.catalog import Catalog
from janua.query.ast import AggregateQuery, ReadQuery
from janua.query.cursor import encode
from janua.query.plan import plan_aggregate
from janua.sql.statement import Statement
from janua.storage import records as storage
from janua.storage.pool import connection
from janua.telemetry.spans import COLLECTION, span


async def read(gateway: Gateway, query: ReadQuery) -> PageAnswer:
    """Return one page of the records that match.

    Records come in `query.order`, ties broken by id. Cursors follow the GraphQL Cursor Connections Specification: an
    empty page has none.
    Raises: what `query.plan.plan_read` does, `DatabaseUnavailable`, `StatementTimeout`.
    """

    async def read(catalog: Catalog) -> PageAnswer:
        with span("plan", {COLLECTION: query.collection}):
            prepared = gateway.pages.prepare(catalog, query)
        async with connection(gateway.pool) as c:
            page = await storage.fetch_page(c, prepared.plan, prepared.statement, prepared.values)
            await require_unmoved(gateway, catalog, c)
        return _answer(gateway, query, prepared, page)

    return await with_current_catalog(gateway, read)


async def aggregate(gateway: Gateway, query: AggregateQuery) -> GroupsAnswer:
    """Return the list of groups, at most `QueryLimits.groups`, in order of their keys.

    Raises: what `query.plan.plan_aggregate` does, `DatabaseUnavailable`, `StatementTimeout`.
    """

    async def read(catalog: Catalog) -> GroupsAnswer:
        with span("plan", {COLLECTION: query.collection}):
            planned = plan_aggregate(catalog, query, gateway.query_limits)
        async with connection(gateway.pool) as c:
            groups = await storage.fetch_groups(c, planned.plan, planned.values)
            await require_unmoved(gateway, catalog, c)
            return GroupsAnswer(*groups)

    return await with_current_catalog(gateway, read)


async def answer(gateway: Gateway, catalog: Catalog, statement: Statement, arguments: Sequence[object]) -> str:
    """Return the text of the answer that a statement of `sql.answer`, planned with this catalog, makes.

    Raises: `StaleCatalog` when a collection is not what it was planned for, `DatabaseUnavailable`, `StatementTimeout`.
    """
    text = await storage.fetch_point(gateway.batches, statement, arguments)
    if is_moving(gateway, catalog):
        await require_unmoved(gateway, catalog)
    return text


def _answer(gateway: Gateway, query: ReadQuery, prepared: Prepared, page: storage.Page) -> PageAnswer:
    plan = prepared.plan
    # Records beyond the page lie in the reading direction; a bound (or an offset) proves records on the other side.
    skips = plan.offset is not None and prepared.values[plan.offset] != 0
    ahead, behind = page.more, plan.bound is not None or skips
    following, preceding = (behind, ahead) if plan.backward else (ahead, behind)
    context = context_in(query, plan) if following or preceding else ""

    def cursor(values: tuple[str | None, ...] | None) -> str | None:
        return None if values is None else encode(gateway.cursor_key, context, values)

    return PageAnswer(
        items=page.items,
        next=cursor(page.last) if following else None,
        previous=cursor(page.first) if preceding else None,
        total=page.total,
    )
