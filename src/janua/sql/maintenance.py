"""Statements on tables of collections as a whole: lock, count, analyze, walk all documents."""

from janua.sql import terms
from janua.sql.expressions import Row
from janua.sql.statement import render
from janua.sql.terms import cast, number, table

RECORD = Row("record")


def lock(collection: str) -> str:
    """Return the statement that keeps writers out until the transaction ends; readers go on."""
    return f"LOCK TABLE {render(table(collection))} IN SHARE ROW EXCLUSIVE MODE"


def count_up_to(collection: str, limit: int) -> str:
    """Return the statement that counts records, but no further than `limit`: one row, one column."""
    some = terms.select(number(1), source=table(collection, RECORD.alias), limit=number(limit))
    return render(terms.select(terms.call("count", terms.star()), source=terms.derived(some, "counted")))


def documents(collection: str) -> str:
    """Return the statement that walks all records in no order: rows of `id` text, `document` text."""
    return render(
        terms.select(
            terms.aliased(cast(RECORD.column("id"), "text"), "id"),
            terms.aliased(cast(RECORD.column("data"), "text"), "document"),
            source=table(collection, RECORD.alias),
        )
    )


def analyze(collection: str) -> str:
    """Return the statement that collects the statistics of a table; indexes on expressions have none before."""
    return f"ANALYZE {render(table(collection))}"
