"""Statements on tables of collections as a whole: lock, count, analyze, walk all documents."""

from collections.abc import Iterable

from janua.sql import selects, terms
from janua.sql.expressions import Row
from janua.sql.selects import table
from janua.sql.statement import render
from janua.sql.terms import cast, number, text

RECORD = Row("record")


def lock(collections: Iterable[str]) -> str:
    """Return the statement that keeps writers out of collections until the transaction ends; readers go on."""
    tables = ", ".join(render(table(each)) for each in sorted(collections))
    return f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE"


def lock_out(collection: str) -> str:
    """Return the statement that keeps readers out of a collection, too."""
    return f"LOCK TABLE {render(table(collection))} IN ACCESS EXCLUSIVE MODE"


def count_up_to(collection: str, limit: int) -> str:
    """Return the statement that counts records, but no further than `limit`: one row, one column."""
    some = selects.select(number(1), source=table(collection, RECORD.alias), limit=number(limit))
    return render(selects.select(terms.call("count", terms.star()), source=selects.derived(some, "counted")))


def documents(collection: str, since: int | None = None) -> str:
    """Return the statement that walks all records in no order: rows of `id` text, `document` text.

    With `since`, only those written by this transaction (the low 32 bits of its number) or a later one.
    """
    return render(
        selects.select(
            selects.aliased(cast(RECORD.column("id"), "text"), "id"),
            selects.aliased(cast(RECORD.column("data"), "text"), "document"),
            source=table(collection, RECORD.alias),
            where=None if since is None else _is_written_since(since),
        )
    )


def _is_written_since(transaction: int) -> terms.Tree:
    # Transaction numbers come round; their ages can be compared.
    ages = (terms.call("age", each) for each in (RECORD.column("xmin"), cast(text(str(transaction)), "xid")))
    return terms.compare(next(ages), "<=", next(ages))


def analyze(collection: str) -> str:
    """Return the statement that collects the statistics of a table; indexes on expressions have none before."""
    return f"ANALYZE {render(table(collection))}"
