"""Writes of many records in one statement: those that a filter finds, at most so many, or none at all.

Documents are validated outside PostgreSQL, so a bulk update is two statements: `matching_statement` locks and reads,
`update_many_statement` writes what became of the documents. Records come back as in `write`.
"""

from functools import lru_cache

from sqlglot import exp

from janua.model.collection import Collection
from janua.query.nodes import Filter, Position
from janua.query.parts import Part
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.filters import condition
from janua.sql.parts import RECORD
from janua.sql.selects import table
from janua.sql.statement import Statement, render, statement_of
from janua.sql.terms import cast, number, parameter
from janua.sql.write import (
    GIVEN,
    TARGET,
    assignments,
    given_documents,
    guarded,
    inserting_given,
    next_version,
    record_columns,
)


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
def delete_many_statement(
    collection: str, filter: Filter, at_most: Position, revision: int, shown: Part = RECORD
) -> Statement:
    """Return the statement that removes the records that match, unless they are more than `at_most`.

    Rows in order of id: `matched` bigint, how many match, at most `at_most` + 1; `id` uuid, `version` int, `text` text:
    the record as it was. Always a row; one of nulls but for `matched` when nothing was removed.
    """
    binds = Binds()
    row, matched, removed = Row(binds.alias()), Row("matched"), Row("removed")
    limit = binds.use(at_most, "bigint")
    found = _matching(collection, filter, row, binds, at_most).select(row.column("id"), copy=False).lock(copy=False)
    count = selects.select(terms.call("count", terms.star()), source=_named("matched"))
    few_enough = terms.compare(selects.scalar(count), "<=", limit)
    same = terms.compare(TARGET.column("id"), "=", matched.column("id"))
    removal = exp.Delete(
        this=table(collection, TARGET.alias),
        using=[_named("matched")],
        where=exp.Where(this=terms.all_of(same, few_enough, guarded(collection, revision))),
        returning=exp.Returning(expressions=record_columns(shown)),
    )
    counted = selects.select(selects.aliased(terms.call("count", terms.star()), "matched"), source=_named("matched"))
    answer = selects.select(
        terms.column("counted", "matched"),
        *(removed.column(each) for each in ("id", "version", "text")),
        source=selects.derived(counted, "counted"),
        order=[selects.ordered(removed.column("id"), descending=False, nulls_first=False)],
    )
    answer.join(_named("removed"), on=terms.true(), join_type="left", copy=False)
    answer.with_("matched", as_=found, copy=False).with_("removed", as_=removal, copy=False)
    return statement_of(answer, binds)


def insert_many_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that stores new records: `$1` uuid[], `$2` text[] of the documents, in the same order.

    Rows of `id` uuid, `version` int, `text` text, in no order. Guarded as in `write`.
    """
    return _insert_many(collection.name, collection.version, collection.revision, shown)


def update_many_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that replaces documents: `$1` uuid[], `$2` text[] of the new documents, in the same order.

    Rows of `id` uuid, `version` int, `text` text, in no order. Guarded as in `write`.
    """
    return _update_many(collection.name, collection.version, collection.revision, shown)


def delete_listed_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that removes the records of these ids: `$1` uuid[].

    Rows of `id` uuid, `version` int, `text` text: the records as they were, in no order. Guarded as in `write`.
    """
    return _delete_listed(collection.name, collection.revision, shown)


@lru_cache(maxsize=256)
def _insert_many(collection: str, version: int, revision: int, shown: Part) -> Statement:
    return Statement(render(inserting_given(collection, version, revision, shown)))


@lru_cache(maxsize=256)
def _update_many(collection: str, version: int, revision: int, shown: Part) -> Statement:
    changed = {
        "data": cast(GIVEN.column("data"), "jsonb"),
        "schema_version": number(version),
        **next_version(TARGET),
    }
    same = terms.compare(TARGET.column("id"), "=", GIVEN.column("id"))
    return Statement(
        render(
            exp.Update(
                this=table(collection, TARGET.alias),
                expressions=assignments(changed),
                from_=exp.From(this=given_documents()),
                where=exp.Where(this=terms.all_of(same, guarded(collection, revision))),
                returning=exp.Returning(expressions=record_columns(shown)),
            )
        )
    )


@lru_cache(maxsize=256)
def _delete_listed(collection: str, revision: int, shown: Part) -> Statement:
    wanted = terms.equals_any(TARGET.column("id"), cast(parameter(1), "uuid[]"))
    return Statement(
        render(
            exp.Delete(
                this=table(collection, TARGET.alias),
                where=exp.Where(this=terms.all_of(wanted, guarded(collection, revision))),
                returning=exp.Returning(expressions=record_columns(shown)),
            )
        )
    )


def _named(called: str) -> exp.Table:
    return exp.Table(this=terms.name(called))


def _matching(collection: str, filter: Filter, row: Row, binds: Binds, at_most: Position) -> exp.Select:
    return selects.select(
        source=table(collection, row.alias),
        where=condition(filter, row, binds),
        order=[selects.ordered(row.column("id"), descending=False, nulls_first=False)],
        limit=terms.plus(binds.use(at_most, "bigint"), 1),
    )
