"""Statements about a whole table, for registration and the upkeep of indexes. Each takes names and returns SQL text."""

from janua.sql.statement import render
from janua.sql.terms import COLLECTIONS, cast, column, every_column, name, number, select, table


def lock(collection: str) -> str:
    """Keep writers out until the transaction ends; readers stay.

    A write holds ROW EXCLUSIVE on its table before it asks `janua.guard`, so after this lock no write under the old schema
    can be under way.
    """
    return f"LOCK TABLE {render(table(collection))} IN SHARE ROW EXCLUSIVE MODE"


def documents(collection: str) -> str:
    """Return every record as (id, document text)."""
    rows = table(collection, "t")
    return render(select(cast(column("t", "id"), "text"), cast(column("t", "data"), "text"), source=rows))


def count_up_to(collection: str, limit: int) -> str:
    """Return the number of records, counted no further than `limit`."""
    rows = select(every_column("t"), source=table(collection, "t"), limit=number(limit))
    return f"SELECT count(*) FROM ({render(rows)}) AS counted"


def analyze(collection: str) -> str:
    """Collect statistics: an index on an expression has none before."""
    return f"ANALYZE {render(table(collection))}"


def drop_index_online(index: str) -> str:
    """Drop an index without blocking anybody; not in a transaction."""
    return f"DROP INDEX CONCURRENTLY IF EXISTS {COLLECTIONS}.{render(name(index))}"


def drop_index(index: str) -> str:
    """Drop an index."""
    return f"DROP INDEX IF EXISTS {COLLECTIONS}.{render(name(index))}"


