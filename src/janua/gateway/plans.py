"""The verb of a developer who wonders why a statement is slow: ask PostgreSQL for its plan. Start at `explain`."""

from collections.abc import Sequence
from typing import Any, Final

from janua.gateway.gateway import Gateway
from janua.sql.staging import STAGING
from janua.storage import plans as storage
from janua.storage.pool import connection

EXPLAINABLE: Final = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "(SELECT", "MERGE")


def is_planned(text: str) -> bool:
    """Say whether PostgreSQL plans this kind of statement."""
    return text.lstrip().upper().startswith(EXPLAINABLE)


def is_explainable(text: str) -> bool:
    """Say whether PostgreSQL still has a plan for a statement: the table of an import is gone with it."""
    return is_planned(text) and f'"{STAGING}"' not in text


async def explain(gateway: Gateway, text: str, values: Sequence[Any]) -> Sequence[str]:
    """Return the plan of a statement that Janua has run with these values; it is not run again.

    Raises: `DatabaseUnavailable`, `StatementTimeout`.
    """
    if not is_explainable(text):
        return ["PostgreSQL has no plan for this kind of statement, or of a table that was there for one import only."]
    async with connection(gateway.pool) as c:
        return await storage.explain(c, text, values)
