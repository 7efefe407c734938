"""Parts of an answer become JSON text, made by PostgreSQL and sent on unread.

Every part is a list of text fragments that are concatenated: literal JSON around values. So response keys are only
ever literals, of any number and length. Start at `json_of`.
"""

from collections.abc import Sequence
from typing import assert_never

from janua.model.collection import Path
from janua.model.json import dumps
from janua.query.nodes import System
from janua.query.parts import (
    AggregatePlan,
    Chosen,
    Connection,
    Constant,
    Elements,
    First,
    Listed,
    Members,
    Meta,
    Part,
    Picked,
    RelatedMany,
    RelatedOne,
    Structured,
    Typed,
    Whole,
)
from janua.sql import selects, terms
from janua.sql.aggregate import groups_text
from janua.sql.binds import Binds
from janua.sql.connections import connection_text
from janua.sql.expressions import Row, json_at, text_at
from janua.sql.filters import condition, related_rows
from janua.sql.order import Sorting
from janua.sql.terms import Tree, text
from janua.sql.values import element_row, elements, instant_text, object_of, of_kind, typed

RECORD = Members(
    (
        ("id", Meta("id")),
        ("data", Whole()),
        ("version", Meta("version")),
        ("schema_version", Meta("schema_version")),
        ("created_at", Meta("created_at")),
        ("updated_at", Meta("updated_at")),
    )
)
"""A record as REST shows it."""

PickedTree = dict[str, "PickedTree"]


def json_of(part: Part, row: Row, binds: Binds) -> Tree:
    """Return the JSON text of a part of a row; never null, but `null` of what shows all groups of records or none."""
    found = fragments(part, row, binds)
    if isinstance(part, Members) and any(
        isinstance(each, AggregatePlan) and each.all_or_none for _, each in part.members
    ):
        # Unlike `concat`, `||` is null when one of them is.
        return terms.call("coalesce", terms.joined(*found), text("null"))
    return terms.concatenated(found)


def fragments(part: Part, row: Row, binds: Binds) -> list[Tree]:
    """Return the texts that, one after the other, are the JSON of a part."""
    match part:
        case Constant(constant):
            return [text(constant)]
        case Meta(name):
            return _system(name, row)
        case Whole():
            return [row.column(row.document)]
        case Picked(paths):
            return [_picked(_tree(paths), row, ())]
        case Members(members):
            return object_of([(key, fragments(each, row, binds)) for key, each in members])
        case RelatedOne():
            return [_related_one(part, row, binds)]
        case RelatedMany():
            return [_related_many(part, row, binds)]
        case Typed() | Structured() | Chosen() | Elements():
            return _typed(part, row, binds)
        case Connection():
            return [connection_text(part, row, binds, fragments)]
        case First() | Listed() | AggregatePlan():
            return [_of_table(part, binds)]
        case _:
            assert_never(part)


def _system(name: System, row: Row) -> list[Tree]:
    match name:
        case "id":
            return [text('"'), row.column(name), text('"')]
        case "version" | "schema_version":
            return [row.column(name)]
        case "created_at" | "updated_at":
            return [text('"'), instant_text(row.column(name)), text('"')]
        case _:
            assert_never(name)


def _tree(paths: Sequence[Path]) -> PickedTree:
    tree: PickedTree = {}
    for path in paths:
        level = tree
        for key in path:
            level = level.setdefault(key, {})
    return tree


def _picked(tree: PickedTree, row: Row, path: Path) -> Tree:
    """Return an object restricted to the keys of the tree; anything but an object as it is, null when it is missing."""
    if not tree and path:
        return terms.cast(json_at(row, path), "text")
    # `||` is null for a missing member, and concat_ws leaves nulls out.
    members = [terms.joined(text(f"{dumps(key)}: "), _picked(inner, row, (*path, key))) for key, inner in tree.items()]
    shown = terms.concatenated([text("{"), terms.listed(members), text("}")])
    is_object = terms.compare(terms.call("jsonb_typeof", json_at(row, path)), "=", text("object"))
    return terms.case(is_object, shown, terms.cast(json_at(row, path), "text"))


def _typed(part: Typed | Structured | Chosen | Elements, row: Row, binds: Binds) -> list[Tree]:
    match part:
        case Typed(path, type, big_as_text):
            return typed(row, path, type, binds, big_as_text=big_as_text)
        case Structured(path, members):
            return [of_kind(row, path, "object", json_of(members, row, binds))]
        case Chosen():
            return [_chosen(part, row, binds)]
        case Elements(path, shown):
            element = element_row(binds)
            return [elements(row, path, element, fragments(shown, element, binds))]
        case _:
            assert_never(part)


def _of_table(part: First | Listed | AggregatePlan, binds: Binds) -> Tree:
    match part:
        case First():
            return _first(part, binds)
        case Listed():
            return _listed(part, binds)
        case AggregatePlan():
            return groups_text(part, binds)
        case _:
            assert_never(part)


def _chosen(part: Chosen, row: Row, binds: Binds) -> Tree:
    tag = text_at(row, (*part.path, part.discriminator))
    shown: Tree = text("null")
    for tags, members in reversed(part.branches):
        fits = terms.any_of(*(terms.compare(tag.copy(), "=", text(each)) for each in tags))
        shown = terms.case(fits, json_of(members, row, binds), shown)
    return shown


def _first(part: First, binds: Binds) -> Tree:
    row = Row(binds.alias())
    found = selects.select(
        json_of(part.part, row, binds),
        source=selects.table(part.table, row.alias),
        where=condition(part.filter, row, binds),
        limit=terms.number(1),
    )
    return terms.call("coalesce", selects.scalar(found), text("null"))


def _listed(part: Listed, binds: Binds) -> Tree:
    row, wanted = Row(binds.alias()), Row(binds.alias())
    ids = terms.call("unnest", binds.use_all(part.ids, "uuid[]"))
    source = selects.numbered_rows_of(ids, wanted.alias or "", "id", "place")
    in_order = [selects.ordered(wanted.column("place"), descending=False, nulls_first=False)]
    items = selects.aggregate("string_agg", json_of(part.part, row, binds), text(", "), order=in_order)
    found = selects.select(terms.concatenated([text("["), items, text("]")]), source=source)
    same = terms.compare(row.column("id"), "=", wanted.column("id"))
    return selects.scalar(found.join(selects.table(part.table, row.alias), on=same, copy=False))


def _related_one(part: RelatedOne, row: Row, binds: Binds) -> Tree:
    related, rows = related_rows(part.link, row, binds)
    rows.select(json_of(part.part, related, binds), copy=False).limit(1, copy=False)
    return terms.call("coalesce", selects.scalar(rows), text("null"))


def _related_many(part: RelatedMany, row: Row, binds: Binds) -> Tree:
    related, rows = related_rows(part.link, row, binds)
    selects.with_condition(rows, condition(part.filter, related, binds))
    sorting = Sorting(part.order, related, rows, binds)
    rows.select(selects.every_column(related.alias or ""), *sorting.columns, copy=False)
    rows.order_by(*sorting.order(), copy=False).limit(terms.number(part.limit + 1), copy=False)
    numbered = sorting.numbered(rows)
    limit = terms.number(part.limit)
    shown = selects.aggregate(
        "string_agg",
        json_of(part.part, numbered.row, binds),
        text(", "),
        order=numbered.order,
        only=terms.compare(numbered.place, "<=", limit),
    )
    truncated = terms.compare(terms.call("count", terms.star()), ">", limit)
    answer = [text('{"items": ['), shown, text('], "truncated": '), terms.cast(truncated, "text"), text("}")]
    return selects.scalar(selects.select(terms.concatenated(answer), source=numbered.source))
