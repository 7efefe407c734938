"""How PostgreSQL would run a statement. Start at `explain`; nothing is run."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from janua.storage.pool import Connection


async def explain(connection: Connection, text: str, values: Sequence[Any]) -> Sequence[str]:
    """Return the plan of a statement with these values, line by line, or the one line that says why there is none."""
    try:
        rows = await connection.fetch(f"EXPLAIN (ANALYZE off, COSTS on) {text}", *values)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        # A temporary table of an import is gone, or a collection has been dropped since.
        return [f"There is no plan any more: {error}"]
    return [row[0] for row in rows]
