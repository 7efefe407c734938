"""Writes of many records in one statement: those that a filter finds, at most so many, or none at all.

Documents are validated outside PostgreSQL, so a bulk update is two statements: `matching_statement` locks and reads,
`update_many_statement` writes what became of the documents.
"""

from functools import lru_cache

from sqlglot import exp

from janua.model.collection import Collection
from janua.query.nodes import Filter, Position
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.filters import condition
from janua.sql.parts import RECORD, json_of
from janua.sql.selects import table
from janua.sql.statement import Statement, render, statement_of
from janua.sql.terms import cast, number, parameter
from janua.sql.write import TARGET, assignments, guarded, next_version


@lru_cache(maxsize=256)
def matching_statement(collection: str, filter: Filter, at_most: Position) -> Statement:
    """Return the statement that locks the records that match, in order of id, and one more than `at_most`.

    Rows of `id` uuid, `version` int, `text` text: the document.
    """
    binds = Binds()
    row = Row(binds.alias())
    shown = selects.aliased(cast(row.column("data"), "text"), "text")
    found = _matching(collection, filter, row, binds, at_most).select(
        row.column("id"), row.column("version"), shown, copy=False
    )
    return statement_of(found.lock(copy=False), binds)


@lru_cache(maxsize=256)
def delete_many_statement(collection: str, filter: Filter, at_most: Position, revision: int) -> Statement:
    """Return the statement that removes the records that match, unless they are more than `at_most`: one row.

    `matched` bigint: how many match, at most `at_most` + 1; `removed` bigint.
    """
    binds = Binds()
    row, matched = Row(binds.alias()), Row("matched")
    limit = binds.use(at_most, "bigint")
    found = _matching(collection, filter, row, binds, at_most).select(row.column("id"), copy=False).lock(copy=False)
    count = selects.select(terms.call("count", terms.star()), source=exp.Table(this=terms.name("matched")))
    few_enough = terms.compare(selects.scalar(count), "<=", limit)
    same = terms.compare(TARGET.column("id"), "=", matched.column("id"))
    removed = exp.Delete(
        this=table(collection, TARGET.alias),
        using=[exp.Table(this=terms.name("matched"))],
        where=exp.Where(this=terms.all_of(same, few_enough, guarded(collection, revision))),
        returning=exp.Returning(expressions=[TARGET.column("id")]),
    )
    removals = selects.select(terms.call("count", terms.star()), source=exp.Table(this=terms.name("removed")))
    answer = selects.select(
        selects.aliased(selects.scalar(count.copy()), "matched"), selects.aliased(selects.scalar(removals), "removed")
    )
    answer.with_("matched", as_=found, copy=False).with_("removed", as_=removed, copy=False)
    return statement_of(answer, binds)


def update_many_statement(collection: Collection) -> Statement:
    """Return the statement that replaces documents: `$1` uuid[], `$2` text[] of the new documents, in the same order.

    Rows of `id` uuid, `version` int, `text` text: the record as REST shows it. Guarded as in `write`.
    """
    return _update_many(collection.name, collection.version, collection.revision)


@lru_cache(maxsize=256)
def _update_many(collection: str, version: int, revision: int) -> Statement:
    change = Row("change")
    changes = selects.rows_of(
        terms.call("unnest", cast(parameter(1), "uuid[]"), cast(parameter(2), "text[]")), "change", "id", "data"
    )
    changed = {
        "data": cast(change.column("data"), "jsonb"),
        "schema_version": number(version),
        **next_version(TARGET),
    }
    same = terms.compare(TARGET.column("id"), "=", change.column("id"))
    shown = selects.aliased(json_of(RECORD, TARGET, Binds()), "text")
    return Statement(
        render(
            exp.Update(
                this=table(collection, TARGET.alias),
                expressions=assignments(changed),
                from_=exp.From(this=changes),
                where=exp.Where(this=terms.all_of(same, guarded(collection, revision))),
                returning=exp.Returning(expressions=[TARGET.column("id"), TARGET.column("version"), shown]),
            )
        )
    )


def _matching(collection: str, filter: Filter, row: Row, binds: Binds, at_most: Position) -> exp.Select:
    return selects.select(
        source=table(collection, row.alias),
        where=condition(filter, row, binds),
        order=[selects.ordered(row.column("id"), descending=False, nulls_first=False)],
        limit=terms.plus(binds.use(at_most, "bigint"), 1),
    )
