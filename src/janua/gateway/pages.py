"""Pages that are read again and again, with other operands: planned once for each pattern until the catalog changes.

Planning a page takes longer than all else that Python does for it. Start at `Pages.prepare`.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

from janua.errors import JanuaError
from janua.model.catalog import Catalog
from janua.query.ast import ReadQuery
from janua.query.cursor import CursorKey, context_of, decode
from janua.query.limits import QueryLimits, check_filter
from janua.query.operands import Value
from janua.query.parts import ReadPlan
from janua.query.patterns import lookup_in, pattern_of, with_variables
from janua.query.plan import plan_read
from janua.query.variables import Deferred, Structural
from janua.sql.select import select_statement
from janua.sql.statement import Statement
from janua.telemetry.metrics import Lookups

KEPT: Final = 1024
LOOKUPS: Final = Lookups()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A page that is ready to be read: its plan, its statement, and the values of the plan for this time."""

    plan: ReadPlan
    statement: Statement
    values: tuple[Value, ...]


class Pages:
    """The plans of one process."""

    def __init__(self, limits: QueryLimits, key: CursorKey) -> None:
        self._limits, self._key = limits, key
        self._revision = -1
        self._kept: dict[Hashable, Prepared | None] = {}
        """None for a pattern whose plan depends on the operands."""

    def prepare(self, catalog: Catalog, query: ReadQuery) -> Prepared:
        """Return what reads a page. Raises: as `query.plan.plan_read`."""
        pattern = pattern_of(query)
        if pattern is None:
            return self._planned(catalog, query)
        if catalog.revision != self._revision or len(self._kept) >= KEPT:
            self._revision, self._kept = catalog.revision, {}
        found = self._kept.get(pattern)
        LOOKUPS.count(hit=found is not None)
        if found is None and pattern not in self._kept:
            found = self._learnt(catalog, query, pattern)
        return self._planned(catalog, query) if found is None else self._filled(found, query)

    def _learnt(self, catalog: Catalog, query: ReadQuery, pattern: Hashable) -> Prepared | None:
        try:
            self._kept[pattern] = self._planned(catalog, with_variables(query))
        except Structural:
            self._kept[pattern] = None
        except JanuaError:  # planned with its values, it says what is wrong with them
            return None
        return self._kept[pattern]

    def _planned(self, catalog: Catalog, query: ReadQuery) -> Prepared:
        planned = plan_read(catalog, query, self._limits, self._key)
        return Prepared(planned.plan, select_statement(planned.plan), planned.values)

    def _filled(self, kept: Prepared, query: ReadQuery) -> Prepared:
        """Return a plan with the values of one query."""
        for each in (query.where, query.short):
            if each is not None:
                check_filter(each, self._limits)
        cursor = query.page.after or query.page.before
        boundary = decode(self._key, context_in(query, kept.plan), cursor) if isinstance(cursor, str) else None
        lookup = lookup_in(query, boundary)
        values = tuple([each.value(lookup) if isinstance(each, Deferred) else each for each in kept.values])
        return Prepared(kept.plan, kept.statement, values)


def context_in(query: ReadQuery, plan: ReadPlan) -> str:
    """Return what the cursors of a query are bound to."""
    return context_of(query.collection, plan.order, (query.where, query.short))
