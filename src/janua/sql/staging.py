"""Bulk import: a temporary table that COPY fills, and the statements that turn its lines into records.

In order: `create_staging`, COPY, `ANALYZE`; for an upsert `superseded`; then every one of `rejections`, which takes out
the lines that a constraint refuses and says which they were; then `store_staged`. All in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from sqlglot import exp

from janua.model.collection import Collection, Relation
from janua.sql import selects, terms
from janua.sql.expressions import Row
from janua.sql.indexes import predicate, unique_keys, unique_values
from janua.sql.relations import related_ids, unrelated
from janua.sql.selects import derived, table, temporary
from janua.sql.statement import Statement, render
from janua.sql.terms import Tree, name, number
from janua.sql.upsert import Key, conflict_on
from janua.sql.write import TARGET, guarded, inserting

STAGING = "janua_import"
CREATE_STAGING = (
    f'CREATE TEMPORARY TABLE "{STAGING}" ("line" bigint NOT NULL, "id" uuid NOT NULL, "data" jsonb NOT NULL) '
    "ON COMMIT DROP"
)
ANALYZE_STAGING = f'ANALYZE pg_temp."{STAGING}"'
"""Without statistics the joins of `rejections` would be planned for a handful of lines."""

LONGEST_CHAIN = 50
"""Lines that relate to a refused line over more lines than that are not found: they make the import fail as a whole."""
STAGED = Row("staged", typed=False)
Reason = Literal["taken", "repeated", "missing"]


@dataclass(frozen=True, slots=True)
class Rejection:
    """A statement that removes the lines a constraint refuses; its rows are `line` bigint.

    taken: a stored record has the same unique value. repeated: an earlier line has. missing: the related record is not
    there, or is a line that is refused.
    """

    reason: Reason
    constraint: Key | Relation
    statement: Statement


def superseded(collection: Collection, key: Key) -> Statement:
    """Return the statement that removes lines whose key comes again later; its rows are `line` bigint."""
    return _remove_repeated(collection, key, last=True)


def rejections(collection: Collection, key: Key | None, *, fresh_ids: bool) -> Sequence[Rejection]:
    """Return the statements that remove what cannot be stored, in the order in which they must run.

    `key` is what an upsert goes by; `fresh_ids`: Janua made the ids, so none is taken.
    """
    by_id: list[Key] = [] if fresh_ids else ["id"]
    others: list[Key] = [*by_id, *(each for each in collection.indexes if each.unique)]
    others = [each for each in others if each != key]
    taken = [Rejection("taken", each, _remove_taken(collection, each, key)) for each in others]
    repeated = [Rejection("repeated", each, _remove_repeated(collection, each, last=False)) for each in others]
    # Those that may relate to other lines come last, for they are refused along with these.
    relations = sorted(collection.relations, key=lambda each: each.target == collection.name)
    missing = [Rejection("missing", each, _remove_unrelated(collection, each)) for each in relations]
    return [*taken, *repeated, *missing]


def store_staged(collection: Collection, key: Key | None, *, skip: bool) -> Statement:
    """Return the statement that makes the staged lines records: always one row.

    `inserted` bigint, `updated` bigint, `lost` bigint[]: with `skip`, lines that a concurrent write got ahead of (else
    that is a unique_violation). Guarded as in `write`.
    """
    columns = (STAGED.column("id"), STAGED.column("data"), number(collection.version))
    rows = selects.select(*columns, source=_staging(), where=guarded(collection.name, collection.revision))
    returning = [TARGET.column("id"), TARGET.column("version")]
    stored = inserting(collection.name, rows, conflict=_conflict(collection, key, skip=skip), returning=returning)
    is_new = terms.compare(terms.column("stored", "version"), "=", number(1))
    counted = selects.select(
        selects.aliased(selects.aggregate("count", terms.star(), only=is_new), "inserted"),
        selects.aliased(selects.aggregate("count", terms.star(), only=terms.negated(is_new.copy())), "updated"),
        selects.aliased(_lost() if skip and key is None else terms.cast(terms.text("{}"), "bigint[]"), "lost"),
        source=exp.Table(this=name("stored")),
    )
    counted.with_("stored", as_=stored, copy=False)
    return Statement(render(counted))


def _conflict(collection: Collection, key: Key | None, *, skip: bool) -> exp.OnConflict | None:
    if key is not None:
        return conflict_on(collection, key)
    return exp.OnConflict(action=exp.Var(this="DO NOTHING")) if skip else None


def _lost() -> Tree:
    stored = selects.select(number(1), source=exp.Table(this=name("stored")))
    stored.where(terms.compare(terms.column("stored", "id"), "=", STAGED.column("id")), copy=False)
    lines = selects.select(STAGED.column("line"), source=_staging(), where=terms.negated(selects.exists(stored)))
    return terms.call("ARRAY", lines)


def _remove_taken(collection: Collection, by: Key, key: Key | None) -> Statement:
    same = _same(collection, by, STAGED, TARGET)
    # What an upsert is about to replace takes nothing away from its replacement.
    other = [] if key is None else [terms.is_not_true(terms.all_of(*_same(collection, key, STAGED, TARGET)))]
    return _delete([*same, *other], using=table(collection.name, TARGET.alias))


def _remove_repeated(collection: Collection, by: Key, *, last: bool) -> Statement:
    row, counted = Row("line", typed=False), Row("counted")
    in_file = [selects.ordered(row.column("line"), descending=last, nulls_first=False)]
    place = selects.partitioned(terms.call("row_number"), _key_values(collection, by, row), in_file)
    lines = selects.select(
        row.column("line"),
        selects.aliased(place, "place"),
        source=temporary(STAGING, "line"),
        where=terms.all_of(*_holds(collection, by, row)),
    )
    beyond = terms.compare(counted.column("place"), ">", number(1))
    repeated = selects.select(counted.column("line"), source=derived(lines, "counted"), where=beyond)
    return _delete([selects.is_in(STAGED.column("line"), repeated)])


def _remove_unrelated(collection: Collection, relation: Relation) -> Statement:
    row, among = Row("line", typed=False), _among_lines(collection)
    if relation not in among:
        lines = unrelated(relation, row, temporary(STAGING, "line"), "ctid")
        # By place in the table: how many there are cannot be guessed, and a join planned for one is slow for many.
        return _delete([terms.equals_any(STAGED.column("ctid"), terms.call("ARRAY", lines))])
    first = unrelated(relation, row, temporary(STAGING, "line"), "id", also=temporary(STAGING, "other"))
    removed = _delete_tree([terms.compare(STAGED.column("id"), "=", terms.column("refused", "key"))], _named("refused"))
    return Statement(render(_with_refused(removed, first, [_pairs(each) for each in among])))


def _with_refused(removed: exp.Delete, missing: exp.Select, pairs: Sequence[exp.Query]) -> exp.Delete:
    """Return the deletion of `refused` lines, with the lines that relate to one, directly or over others."""
    pair, refused, first = Row("pair"), Row("refused"), Row("first")
    start = selects.select(first.column("key"), selects.aliased(number(0), "steps"), source=derived(missing, "first"))
    further = selects.select(pair.column("key"), terms.plus(refused.column("steps"), 1), source=_named("refused"))
    further.join(_named("pair"), on=terms.compare(pair.column("id"), "=", refused.column("key")), copy=False)
    further.where(terms.compare(refused.column("steps"), "<", number(LONGEST_CHAIN)), copy=False)
    every_pair = reduce(selects.union_all, pairs[1:], pairs[0])
    return selects.recursively(removed, ("pair", every_pair), ("refused", selects.union(start, further)))


def _pairs(relation: Relation) -> exp.Select:
    return related_ids(relation, Row("line", typed=False), temporary(STAGING, "line"), "id")


def _among_lines(collection: Collection) -> list[Relation]:
    """Return the relations of records to others of their collection, which may be lines of the same import."""
    return [each for each in collection.relations if each.target == collection.name]


def _named(called: str) -> exp.Table:
    return exp.Table(this=name(called))


def _same(collection: Collection, by: Key, left: Row, right: Row) -> list[Tree]:
    pairs = zip(_key_values(collection, by, left), _key_values(collection, by, right), strict=True)
    same = [terms.compare(one, "=", other) for one, other in pairs]
    if by == "id" or by.where is None:
        return same
    return [*same, predicate(collection, by, left), predicate(collection, by, right)]


def _key_values(collection: Collection, by: Key, row: Row) -> list[Tree]:
    return [row.column("id")] if by == "id" else unique_keys(collection, by, row)


def _holds(collection: Collection, by: Key, row: Row) -> list[Tree]:
    if by == "id":
        return []
    there = [terms.is_not_null(each) for each in unique_values(collection, by, row)]
    return [*there, predicate(collection, by, row)]


def _delete(conditions: Sequence[Tree], using: exp.Table | None = None) -> Statement:
    return Statement(render(_delete_tree(conditions, using)))


def _delete_tree(conditions: Sequence[Tree], using: exp.Table | None) -> exp.Delete:
    return exp.Delete(
        this=_staging(),
        using=None if using is None else [using],
        where=exp.Where(this=terms.all_of(*conditions)),
        returning=exp.Returning(expressions=[STAGED.column("line")]),
    )


def _staging() -> exp.Table:
    return temporary(STAGING, "staged")
