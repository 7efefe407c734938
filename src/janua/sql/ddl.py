"""A collection's table, relations and indexes: what to run when a schema version becomes current.

Start at `diff`: from one version to the next, what to create, change, build and drop. Statements are made to run in the
registration's transaction; indexes may be built in it, or afterwards without stopping writers (`indexes`).
"""

from collections.abc import Callable
from collections.abc import Collection as Container
from dataclasses import dataclass

from janua.model.collection import Collection, Index, Relation
from janua.sql import selects, terms
from janua.sql.expressions import Row
from janua.sql.indexes import NamedIndex, indexes, named_index, predicate, unique_keys, unique_values
from janua.sql.relations import add_relation, foreign_key, remove_relation, unrelated
from janua.sql.selects import table
from janua.sql.statement import render
from janua.sql.terms import Tree, cast, name, text

SAMPLES = 10


@dataclass(frozen=True, slots=True)
class Changes:
    """What to run, in order: `tables` of all collections, then their `removals` and `additions`, then the indexes."""

    tables: tuple[str, ...]
    removals: tuple[str, ...]
    additions: tuple[str, ...]
    build: tuple[NamedIndex, ...]
    drop: tuple[NamedIndex, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A query for stored records that stand in the way of a unique index or a relation.

    `statement` has rows of `id` text, `document` text, at most ten. `subject` is what they stand in the way of.
    """

    subject: Index | Relation
    statement: str


def diff(old: Collection | None, new: Collection) -> Changes:
    """Return what brings the database from one schema version (None: no collection yet) to the next."""
    before, after = (_relations(old) if old else {}), _relations(new)
    removed = [each for key, each in before.items() if key not in after]
    added = added_relations(old, new)
    existing = {each.name: each for each in indexes(old)} if old else {}
    wanted = {each.name: each for each in indexes(new)}
    return Changes(
        tables=() if old else (create_table(new.name),),
        removals=tuple(statement for each in removed for statement in remove_relation(new.name, each)),
        additions=tuple(statement for each in added for statement in add_relation(new, each)),
        build=tuple(each for called, each in wanted.items() if called not in existing),
        drop=tuple(each for called, each in existing.items() if called not in wanted),
    )


def checks(old: Collection | None, new: Collection, *, absent: Container[str] = ()) -> tuple[Check, ...]:
    """Return the queries for records that new unique indexes and relations do not allow.

    `absent` are collections that are not there yet: whoever relates to one of them, relates to no record.
    """
    changes = diff(old, new)
    unique = [each.index for each in changes.build if each.index.unique]
    relations = added_relations(old, new)
    row = Row("record")
    return (
        *(Check(each, _duplicates(new, each, row, table(new.name, row.alias))) for each in unique),
        *(
            Check(each, _dangling(new, each, lambda alias: table(new.name, alias), absent=each.target in absent))
            for each in relations
        ),
    )


def added_relations(old: Collection | None, new: Collection) -> tuple[Relation, ...]:
    """Return the relations whose column or link table has to be made."""
    before = _relations(old) if old else {}
    return tuple(each for key, each in _relations(new).items() if key not in before)


def constraint_checks(collection: Collection, records: Callable[[str], Tree]) -> tuple[Check, ...]:
    """Return the queries for records that any unique index or relation does not allow.

    The records are those of a source, under the alias that it is given, with the columns `id` and `data`.
    """
    row = Row("record", typed=False)
    unique = [each for each in collection.indexes if each.unique]
    return (
        *(Check(each, _duplicates(collection, each, row, records("record"))) for each in unique),
        *(Check(each, _dangling(collection, each, records)) for each in collection.relations),
    )


def create_table(collection: str) -> str:
    """Return CREATE TABLE of a collection without relations."""
    primary = render(name(primary_key(collection)))
    return (
        f'CREATE TABLE {render(table(collection))} ("id" uuid CONSTRAINT {primary} PRIMARY KEY, "data" jsonb NOT NULL, '
        '"version" integer NOT NULL DEFAULT 1, "schema_version" integer NOT NULL, '
        '"created_at" timestamptz NOT NULL DEFAULT now(), "updated_at" timestamptz NOT NULL DEFAULT now())'
    )


def drop(*collections: str) -> tuple[str, ...]:
    """Return the statements that remove collections and all that belongs to them, by name: a schema may be broken.

    The last of them fails while another collection relates to one of these.
    """
    tables = ", ".join(render(table(each)) for each in collections)
    return *(_drop_belongings(each) for each in collections), f"DROP TABLE IF EXISTS {tables}"


def _drop_belongings(collection: str) -> str:
    prefix = render(text(f"{collection}$"))
    body = (
        "DECLARE found text; BEGIN "  # noqa: S608 -- the prefix is a quoted literal
        "FOR found IN SELECT p.oid::regprocedure::text FROM pg_proc p "
        f"WHERE p.pronamespace = 'collections'::regnamespace AND starts_with(p.proname, {prefix}) "
        "LOOP EXECUTE 'DROP FUNCTION ' || found || ' CASCADE'; END LOOP; "
        "FOR found IN SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'r' "
        f"AND c.relnamespace = 'collections'::regnamespace AND starts_with(c.relname, {prefix}) "
        "LOOP EXECUTE 'DROP TABLE ' || found; END LOOP; END"
    )
    return f"DO {render(text(body))}"


def primary_key(collection: str) -> str:
    """Return the name of the primary key of a collection."""
    return f"{collection}$pkey"


def constraint_of(collection: Collection, constraint: str) -> Index | Relation | None:
    """Return the unique index or the relation that a violated constraint of this name belongs to."""
    for relation in collection.relations:
        if foreign_key(collection.name, relation) == constraint:
            return relation
    return next((each for each in collection.indexes if named_index(collection, each).name == constraint), None)


def _relations(collection: Collection) -> dict[tuple[object, ...], Relation]:
    """Return the relations by what their DDL depends on."""
    found: dict[tuple[object, ...], Relation] = {}
    for each in collection.relations:
        field = collection.field_at(each.path)
        nullable = each.on_delete == "set_null" and field is not None and field.nullable
        found[each.path, each.target, each.many, each.on_delete, each.column, nullable] = each
    return found


def _duplicates(collection: Collection, index: Index, row: Row, records: Tree) -> str:
    counted = Row("counted")
    there = [terms.is_not_null(each) for each in unique_values(collection, index, row)]
    groups = selects.partitioned(terms.call("count", terms.star()), unique_keys(collection, index, row))
    inner = selects.select(
        *_sample(row),
        selects.aliased(groups, "records"),
        source=records,
        where=terms.all_of(*there, predicate(collection, index, row)),
    )
    several = terms.compare(counted.column("records"), ">", terms.number(1))
    return render(
        selects.select(
            counted.column("id"),
            counted.column("document"),
            source=selects.derived(inner, "counted"),
            where=several,
            limit=terms.number(SAMPLES),
        )
    )


def _dangling(
    collection: Collection, relation: Relation, records: Callable[[str], Tree], *, absent: bool = False
) -> str:
    row, relating = Row("record"), Row("relating", typed=False)
    ids = unrelated(relation, relating, records("relating"), "id", absent=absent)
    found = selects.select(
        *_sample(row),
        source=table(collection.name, row.alias),
        where=selects.is_in(row.column("id"), ids),
        limit=terms.number(SAMPLES),
    )
    return render(found)


def _sample(row: Row) -> list[Tree]:
    return [
        selects.aliased(cast(row.column("id"), "text"), "id"),
        selects.aliased(cast(row.column("data"), "text"), "document"),
    ]
