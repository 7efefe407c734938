"""Statements on tables of collections as a whole: lock, count, analyze, walk all documents."""

from janua.sql import selects, terms
from janua.sql.expressions import Row
from janua.sql.selects import table
from janua.sql.statement import render
from janua.sql.terms import cast, number

RECORD = Row("record")


def lock(collection: str) -> str:
    """Return the statement that keeps writers out until the transaction ends; readers go on."""
    return f"LOCK TABLE {render(table(collection))} IN SHARE ROW EXCLUSIVE MODE"


def count_up_to(collection: str, limit: int) -> str:
    """Return the statement that counts records, but no further than `limit`: one row, one column."""
    some = selects.select(number(1), source=table(collection, RECORD.alias), limit=number(limit))
    return render(selects.select(terms.call("count", terms.star()), source=selects.derived(some, "counted")))


def documents(collection: str) -> str:
    """Return the statement that walks all records in no order: rows of `id` text, `document` text."""
    return render(
        selects.select(
            selects.aliased(cast(RECORD.column("id"), "text"), "id"),
            selects.aliased(cast(RECORD.column("data"), "text"), "document"),
            source=table(collection, RECORD.alias),
        )
    )


def analyze(collection: str) -> str:
    """Return the statement that collects the statistics of a table; indexes on expressions have none before."""
    return f"ANALYZE {render(table(collection))}"
