"""Statements of evolutions: what becomes of records is kept in `janua.evolved`, beside the table of the collection.

A record has been seen when `janua.evolved` has its version and its xmin, the number of the transaction that wrote it:
two states of one record never have the same. Start at `unseen`; `rewrite` makes the records what is kept there.
"""

from sqlglot import exp

from janua.model.collection import Collection
from janua.sql import selects, terms
from janua.sql.ddl import Check, constraint_checks
from janua.sql.expressions import Row
from janua.sql.selects import table
from janua.sql.statement import render
from janua.sql.terms import Tree, cast, name, number, parameter
from janua.sql.write import TARGET, assignments, next_version

RECORD, SEEN = Row("record"), Row("seen")


def unseen(collection: str) -> str:
    """Return the statement that reads records not seen as they are: `$1` bigint evolution, `$2` uuid, `$3` bigint.

    Rows of `id` uuid, `version` int, `written` xid, `document` text, in order of id, after `$2` and at most `$3`.
    """
    after = cast(parameter(2), "uuid")
    is_after = terms.compare(RECORD.column("id"), ">", after)
    rows = selects.select(
        RECORD.column("id"),
        RECORD.column("version"),
        selects.aliased(RECORD.column("xmin"), "written"),
        selects.aliased(cast(RECORD.column("data"), "text"), "document"),
        source=table(collection, RECORD.alias),
        where=terms.all_of(is_after, terms.is_not_true(_is_seen())),
        order=[selects.ordered(RECORD.column("id"), descending=False, nulls_first=False)],
        limit=cast(parameter(3), "bigint"),
    )
    # Said of both sides, as PostgreSQL would go through all that was seen before for each batch.
    seen_after = terms.compare(SEEN.column("record"), ">", after.copy())
    return render(_with_seen(rows, cast(parameter(1), "bigint"), seen_after))


def rewrite(collection: str, version: int) -> str:
    """Return the statement that makes records what became of them, under a schema version: `$1` bigint evolution."""
    changes = {"data": SEEN.column("data"), "schema_version": number(version), **next_version(TARGET)}
    changed = [
        terms.compare(SEEN.column("evolution"), "=", cast(parameter(1), "bigint")),
        terms.compare(SEEN.column("record"), "=", TARGET.column("id")),
        terms.is_not_null(SEEN.column("data")),
    ]
    return render(
        exp.Update(
            this=table(collection, TARGET.alias),
            expressions=assignments(changes),
            from_=exp.From(this=_seen()),
            where=exp.Where(this=terms.all_of(*changed)),
        )
    )


def forget_deleted(collection: str) -> str:
    """Return the statement that forgets what would have become of records that are no more: `$1` bigint evolution."""
    same = terms.compare(RECORD.column("id"), "=", SEEN.column("record"))
    there = selects.select(number(1), source=table(collection, RECORD.alias), where=same)
    of_it = terms.compare(SEEN.column("evolution"), "=", cast(parameter(1), "bigint"))
    is_gone = terms.all_of(of_it, terms.negated(selects.exists(there)))
    return render(exp.Delete(this=_seen(), where=exp.Where(this=is_gone)))


def checks(new: Collection, evolution: int) -> tuple[Check, ...]:
    """Return the queries for records which, as they are going to be, the unique indexes and relations do not allow."""
    document = terms.call("coalesce", SEEN.column("data"), RECORD.column("data"))
    rows = selects.select(RECORD.column("id"), selects.aliased(document, "data"), source=table(new.name, RECORD.alias))
    return constraint_checks(new, lambda alias: selects.derived(_with_seen(rows.copy(), number(evolution)), alias))


def _with_seen(rows: exp.Select, evolution: Tree, *conditions: Tree) -> exp.Select:
    same = terms.compare(SEEN.column("record"), "=", RECORD.column("id"))
    of_it = terms.compare(SEEN.column("evolution"), "=", evolution)
    return rows.join(_seen(), on=terms.all_of(of_it, same, *conditions), join_type="left", copy=False)


def _is_seen() -> Tree:
    return terms.all_of(
        terms.compare(SEEN.column("version"), "=", RECORD.column("version")),
        terms.compare(SEEN.column("written"), "=", RECORD.column("xmin")),
    )


def _seen() -> exp.Table:
    return exp.Table(this=name("evolved"), db=name("janua"), alias=exp.TableAlias(this=name("seen")))
