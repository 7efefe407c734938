"""Which of many documents a constraint refuses: asked once it has refused to store them together.

Start at `refused_statement`. An import asks before it stores, and takes such lines out (`staging`).
"""

from janua.model.collection import Collection, Index, Relation
from janua.sql import selects, terms
from janua.sql.expressions import Row
from janua.sql.indexes import predicate, unique_keys, unique_values
from janua.sql.relations import unrelated
from janua.sql.selects import derived, table
from janua.sql.statement import Statement, render
from janua.sql.terms import Tree, cast, number, parameter
from janua.sql.write import TARGET

GIVEN = Row("given", typed=False)


def refused_statement(collection: Collection, constraint: Index | Relation) -> Statement:
    """Return the statement that finds the first document which a constraint refuses: `$1` text[] of the documents.

    A row is `place` bigint, counted from 1; null when there is none. A unique index refuses what a record has, and what
    a document before it has.
    """
    # Not cached: it is asked when something has failed.
    if isinstance(constraint, Relation):
        found = unrelated(constraint, GIVEN, _given(), "place")
        source, place = derived(found, "refused"), terms.column("refused", "key")
        return Statement(render(selects.select(_first(place), source=source)))
    counted = Row("counted")
    repeated = terms.compare(counted.column("turn"), ">", number(1))
    source = derived(_counted(collection, constraint), "counted")
    where = terms.any_of(repeated, counted.column("taken"))
    return Statement(render(selects.select(_first(counted.column("place")), source=source, where=where)))


def _counted(collection: Collection, index: Index) -> Tree:
    """Return the documents that the index is about: `place`, its `turn` among those of the same keys, `taken`."""
    keys = unique_keys(collection, index, GIVEN)
    pairs = zip(keys, unique_keys(collection, index, TARGET), strict=True)
    same = [terms.compare(mine, "=", theirs) for mine, theirs in pairs]
    records = selects.select(
        number(1),
        source=table(collection.name, TARGET.alias),
        where=terms.all_of(*same, predicate(collection, index, TARGET)),
    )
    in_order = [selects.ordered(GIVEN.column("place"), descending=False, nulls_first=False)]
    turn = selects.partitioned(terms.call("row_number"), unique_keys(collection, index, GIVEN), in_order)
    there = [terms.is_not_null(each) for each in unique_values(collection, index, GIVEN)]
    return selects.select(
        GIVEN.column("place"),
        selects.aliased(turn, "turn"),
        selects.aliased(selects.exists(records), "taken"),
        source=_given(),
        where=terms.all_of(*there, predicate(collection, index, GIVEN)),
    )


def _given() -> Tree:
    texts = selects.numbered_rows_of(terms.call("unnest", cast(parameter(1), "text[]")), "text", "data", "place")
    document = selects.aliased(cast(terms.column("text", "data"), "jsonb"), "data")
    return derived(selects.select(document, terms.column("text", "place"), source=texts), "given")


def _first(place: Tree) -> Tree:
    return selects.aliased(terms.call("min", place), "place")
