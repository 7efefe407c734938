"""The statements that read single records, kept for what is shown of them until the catalog changes.

Planning and finding such a statement takes longer than all else that is done for a record. Start at `Points.statement`.
"""

from typing import Final

from janua.model.catalog import Catalog
from janua.query.limits import QueryLimits
from janua.query.plan import plan_record
from janua.sql.select import one_statement
from janua.sql.statement import Statement
from janua.telemetry.metrics import Lookups
from janua.telemetry.spans import COLLECTION, span

KEPT = 1024
Shown = tuple[str, tuple[str, ...] | None, tuple[str, ...]]
"""A collection, the fields (None: all), the relations that are included."""
LOOKUPS: Final = Lookups()


class Points:
    """The statements of one process."""

    def __init__(self, limits: QueryLimits) -> None:
        self._limits = limits
        self._revision = -1
        self._kept: dict[Shown, Statement] = {}

    def statement(
        self, catalog: Catalog, collection: str, fields: tuple[str, ...] | None, include: tuple[str, ...]
    ) -> Statement:
        """Return the statement of one record, whose id is its argument. Raises: as `query.plan.plan_record`."""
        if catalog.revision != self._revision or len(self._kept) >= KEPT:
            self._revision, self._kept = catalog.revision, {}
        found = self._kept.get((collection, fields, include))
        LOOKUPS.count(hit=found is not None)
        if found is None:
            with span("plan", {COLLECTION: collection}):
                plan = plan_record(catalog, collection, fields=fields, include=include, limits=self._limits)
                found = self._kept[collection, fields, include] = one_statement(plan)
        return found
