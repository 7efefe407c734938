"""Relations as DDL: typed columns with foreign keys, and link tables.

To-one: a generated uuid column with an index and a foreign key. To-many: a link table of pairs, kept by a trigger (see
`triggers`, as for what `on_delete` asks beyond a foreign key). Everything that belongs to a collection is called
`{collection}$…`, which no collection can be. Start at `add_relation`.
"""

from sqlglot import exp

from janua.model.collection import Collection, Relation, link_table
from janua.model.types import Uuid
from janua.sql import selects, terms
from janua.sql.expressions import Row, value_at
from janua.sql.selects import table
from janua.sql.statement import quoted, render
from janua.sql.terms import Tree, column
from janua.sql.triggers import (
    cleared_function,
    element_id,
    elements,
    keep_cleared,
    keep_paired,
    linked_function,
    pairing,
    part_name,
)


def foreign_key(collection: str, relation: Relation) -> str:
    """Return the name of the foreign key to the target."""
    return part_name(collection, relation.column, "target")


def add_relation(collection: Collection, relation: Relation) -> list[str]:
    """Return the statements that make a relation; the tables of both sides exist, with records or without."""
    if relation.many:
        made = [*_add_link_table(collection.name, relation), *keep_paired(collection.name, relation)]
    else:
        made = _add_column(collection.name, relation)
    return [*made, *keep_cleared(collection, relation)]


def remove_relation(collection: str, relation: Relation) -> list[str]:
    """Return the statements that take a relation away; what is in the documents stays."""
    functions = (cleared_function(collection, relation), linked_function(collection, relation))
    dropped = [f"DROP FUNCTION IF EXISTS {each}() CASCADE" for each in functions]
    if relation.many:
        return [*dropped, f"DROP TABLE IF EXISTS {render(table(link_table(collection, relation)))}"]
    return [*dropped, f"ALTER TABLE {render(table(collection))} DROP COLUMN IF EXISTS {quoted(relation.column)}"]


def unrelated(
    relation: Relation, row: Row, source: Tree, key: str, *, also: exp.Table | None = None, absent: bool = False
) -> exp.Select:
    """Return a select of the column `key` of those rows of a source that relate to a record which is not there.

    `also` is a table of records that may be related to as well; `absent`: the target has no table, so no record.
    """
    wanted = Row("wanted")
    missing = [terms.is_not_null(wanted.column("id"))]
    tables = [*([] if absent else [table(relation.target, "target")]), *([] if also is None else [also])]
    if tables:
        missing.append(_is_not_among(wanted.column("id"), [_all_ids(each) for each in tables]))
    ids = selects.derived(related_ids(relation, row, source, key), "wanted")
    return selects.select(wanted.column("key"), source=ids, where=terms.all_of(*missing))


def related_ids(relation: Relation, row: Row, source: Tree, key: str) -> exp.Select:
    """Return a select of the ids that the rows of a source relate to, or null: `key` of the row, `id`."""
    id = element_id() if relation.many else value_at(row, relation.path, Uuid())
    found = selects.select(selects.aliased(row.column(key), "key"), selects.aliased(id, "id"), source=source)
    return found.join(elements(row, relation.path), join_type="cross", copy=False) if relation.many else found


def _is_not_among(id: Tree, known: list[exp.Select]) -> Tree:
    """One anti-join over all that is known: PostgreSQL plans a second one after it as a loop over every row."""
    all_known = known[0] if len(known) == 1 else selects.union_all(*known)
    same = terms.compare(column("known", "id"), "=", id)
    found = selects.select(terms.number(1), source=selects.derived(all_known, "known"), where=same)
    return terms.negated(selects.exists(found))


def _all_ids(source: exp.Table) -> exp.Select:
    return selects.select(column(source.alias, "id"), source=source)


def _add_column(collection: str, relation: Relation) -> list[str]:
    owner, of = render(table(collection)), quoted(relation.column)
    expression = render(value_at(Row(None), relation.path, Uuid()))
    index = quoted(part_name(collection, relation.column, "index"))
    return [
        f"ALTER TABLE {owner} ADD COLUMN {of} uuid GENERATED ALWAYS AS ({expression}) STORED",
        f'CREATE INDEX {index} ON {owner} ({of}, "id")',
        f"ALTER TABLE {owner} ADD {_foreign_key(collection, relation, relation.column)}",
    ]


def _add_link_table(collection: str, relation: Relation) -> list[str]:
    link, owner = render(table(link_table(collection, relation))), render(table(collection))
    primary, index, ours = (
        quoted(part_name(collection, relation.column, each)) for each in ("pkey", "index", "record")
    )
    parts = (
        '"record_id" uuid NOT NULL',
        '"target_id" uuid NOT NULL',
        f'CONSTRAINT {primary} PRIMARY KEY ("record_id", "target_id")',
        f'CONSTRAINT {ours} FOREIGN KEY ("record_id") REFERENCES {owner} ("id") ON DELETE CASCADE',
        _foreign_key(collection, relation, "target_id"),
    )
    return [
        f"CREATE TABLE {link} ({', '.join(parts)})",
        f'CREATE INDEX {index} ON {link} ("target_id", "record_id")',
        render(pairing(collection, relation, table(collection, "changed"))),
    ]


def _foreign_key(collection: str, relation: Relation, of: str) -> str:
    cascades = relation.on_delete == "cascade" and not relation.many
    return (
        f"CONSTRAINT {quoted(foreign_key(collection, relation))} FOREIGN KEY ({quoted(of)}) "
        f'REFERENCES {render(table(relation.target))} ("id") ON DELETE {"CASCADE" if cascades else "NO ACTION"} '
        "DEFERRABLE INITIALLY IMMEDIATE"
    )
