"""The triggers that keep relations true where a foreign key cannot.

`keep_paired`: the pairs of a link table follow the arrays of ids in the documents, statement by statement.
`keep_cleared`: when a target goes, those that refer to it lose the id (`set_null`) or go too (`cascade` of to-many).
"""

from hashlib import sha256
from typing import assert_never

from sqlglot import exp

from janua.model.collection import Collection, Path, Relation, link_table
from janua.sql import selects, terms
from janua.sql.expressions import Row, json_at
from janua.sql.selects import table
from janua.sql.statement import quoted, render
from janua.sql.terms import Tree, column, name, text
from janua.sql.write import TARGET, assignments, next_version

LONGEST = 60
"""Bytes of a generated name, so that PostgreSQL's limit of 63 leaves room for a prefix."""
FIRST = "A "
"""Triggers fire in order of name; ours come before PostgreSQL's own `RI_ConstraintTrigger…` of the foreign keys."""
CHANGED = Row("changed", typed=False)
"""The records that a statement wrote."""


def part_name(collection: str, of: str, part: str) -> str:
    """Return the name of something that belongs to a relation column of a collection; at most 60 bytes."""
    full = f"{collection}${of}${part}"
    if len(full.encode()) <= LONGEST:
        return full
    return f"{collection}${sha256(full.encode()).hexdigest()[:12]}"


def linked_function(collection: str, relation: Relation) -> str:
    """Return the quoted name of the trigger function that keeps the pairs of a link table."""
    return render(table(part_name(collection, relation.column, "linked")))


def cleared_function(collection: str, relation: Relation) -> str:
    """Return the quoted name of the trigger function that follows the deletion of a target."""
    return render(table(part_name(collection, relation.column, "cleared")))


def keep_paired(collection: str, relation: Relation) -> list[str]:
    """Return the statements that make the triggers of a to-many relation."""
    function, owner = linked_function(collection, relation), render(table(collection))
    source = exp.Table(this=name("changed"))
    insert, delete = render(pairing(collection, relation, source)), render(_unpairing(collection, relation, source))
    body = f"IF TG_OP = 'UPDATE' THEN {delete}; END IF; {insert};"
    each = f'REFERENCING NEW TABLE AS "changed" FOR EACH STATEMENT EXECUTE FUNCTION {function}()'
    inserted, updated = (quoted(part_name(collection, relation.column, part)) for part in ("inserted", "updated"))
    return [
        _create_function(function, body),
        f"CREATE TRIGGER {inserted} AFTER INSERT ON {owner} {each}",
        f"CREATE TRIGGER {updated} AFTER UPDATE ON {owner} {each}",
    ]


def keep_cleared(collection: Collection, relation: Relation) -> list[str]:
    """Return the statements that make the trigger on the target of a relation, if it needs one.

    It fires after the deletion, so that records which go in the same statement are not written any more.
    """
    follow = _follow_deletion(collection, relation)
    if follow is None:
        return []
    function = cleared_function(collection.name, relation)
    trigger = quoted(FIRST + part_name(collection.name, relation.column, "cleared"))
    after = f"AFTER DELETE ON {render(table(relation.target))} FOR EACH ROW EXECUTE FUNCTION {function}()"
    return [_create_function(function, f"{render(follow)};"), f"CREATE TRIGGER {trigger} {after}"]


def pairing(collection: str, relation: Relation, source: exp.Table) -> Tree:
    """Return the insert of the pairs that the documents of a source, readable as `changed`, name."""
    rows = selects.select(CHANGED.column("id"), element_id(), source=source).distinct(copy=False)
    rows.join(elements(CHANGED, relation.path), join_type="cross", copy=False)
    rows.where(terms.is_not_null(element_id()), copy=False)
    columns = [name("record_id"), name("target_id")]
    return exp.Insert(
        this=exp.Schema(this=table(link_table(collection, relation)), expressions=columns),
        expression=rows,
        conflict=exp.OnConflict(action=exp.Var(this="DO NOTHING")),
    )


def elements(row: Row, path: Path) -> exp.Table:
    """Return the texts of the elements of an array as rows of `element`; none when it is no array."""
    return selects.rows_of(terms.call("jsonb_array_elements_text", _array(row, path)), "element", "value")


def element_id() -> Tree:
    """Return an element of `elements` as a uuid, null when it is none."""
    return terms.own("uuid", column("element", "value"))


def _unpairing(collection: str, relation: Relation, source: exp.Table) -> Tree:
    pair = Row("pair")
    named = selects.select(
        terms.number(1),
        source=elements(CHANGED, relation.path),
        where=terms.compare(element_id(), "=", pair.column("target_id")),
    )
    same = terms.compare(pair.column("record_id"), "=", CHANGED.column("id"))
    return exp.Delete(
        this=table(link_table(collection, relation), pair.alias),
        using=[source.copy()],
        where=exp.Where(this=terms.all_of(same, terms.negated(selects.exists(named)))),
    )


def _follow_deletion(collection: Collection, relation: Relation) -> Tree | None:
    refers = exp.Where(this=_refers(collection.name, relation))
    match relation.on_delete:
        case "restrict":
            return None
        case "cascade":
            owner = table(collection.name, TARGET.alias)
            return exp.Delete(this=owner, where=refers) if relation.many else None
        case "set_null":
            data = _remaining(relation) if relation.many else _without(collection, relation)
            return exp.Update(
                this=table(collection.name, TARGET.alias),
                expressions=assignments({"data": data, **next_version(TARGET)}),
                where=refers,
            )
        case _:
            assert_never(relation.on_delete)


def _refers(collection: str, relation: Relation) -> Tree:
    gone = column("old", "id")
    if not relation.many:
        return terms.compare(TARGET.column(relation.column), "=", gone)
    pair = Row("pair")
    pairs = selects.select(
        pair.column("record_id"),
        source=table(link_table(collection, relation), pair.alias),
        where=terms.compare(pair.column("target_id"), "=", gone),
    )
    return selects.is_in(TARGET.column("id"), pairs)


def _without(collection: Collection, relation: Relation) -> Tree:
    """Return the document with null for the id, where the schema allows it, or without the property."""
    field, data, path = collection.field_at(relation.path), TARGET.column("data"), _path(relation.path)
    if field is not None and field.nullable:
        return terms.call("jsonb_set", data, path, terms.cast(text("null"), "jsonb"))
    return terms.call("jsonb_delete_path", data, path)


def _remaining(relation: Relation) -> Tree:
    """Return the document with the array without the id, in the same order."""
    listed = Row("listed")
    is_gone = terms.compare(terms.own("uuid", terms.json_as_text(listed.column("value"))), "=", column("old", "id"))
    source = selects.numbered_rows_of(
        terms.call("jsonb_array_elements", _array(TARGET, relation.path)), "listed", "value", "place"
    )
    in_order = [selects.ordered(listed.column("place"), descending=False, nulls_first=False)]
    kept = selects.aggregate("jsonb_agg", listed.column("value"), order=in_order, only=terms.is_not_true(is_gone))
    array = terms.call("coalesce", selects.scalar(selects.select(kept, source=source)), _empty_array())
    return terms.call("jsonb_set", TARGET.column("data"), _path(relation.path), array)


def _array(row: Row, path: Path) -> Tree:
    is_array = terms.compare(terms.call("jsonb_typeof", json_at(row, path)), "=", text("array"))
    return terms.case(is_array, json_at(row, path), _empty_array())


def _empty_array() -> Tree:
    return terms.cast(text("[]"), "jsonb")


def _path(path: Path) -> Tree:
    return terms.array(text(each) for each in path)


def _create_function(function: str, body: str) -> str:
    block = render(text(f"BEGIN {body} RETURN NULL; END"))
    return f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS {block}"
