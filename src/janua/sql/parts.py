"""Parts of an answer become JSON text, made by PostgreSQL and sent on unread.

Every part is a list of text fragments that are concatenated: literal JSON around values. So response keys are only
ever literals, of any number and length. Start at `json_of`.
"""

from collections.abc import Sequence
from typing import assert_never

from janua.model.collection import Path
from janua.model.json import dumps
from janua.query.nodes import (
    Members,
    Meta,
    Part,
    Picked,
    RelatedMany,
    RelatedOne,
    System,
    Whole,
)
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row, json_at
from janua.sql.filters import condition, related_rows
from janua.sql.order import Sorting
from janua.sql.terms import Tree, text

UTC_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
"""RFC 3339 in UTC with microseconds."""
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
    """Return the JSON text of a part of a row; never null."""
    return terms.concatenated(fragments(part, row, binds))


def fragments(part: Part, row: Row, binds: Binds) -> list[Tree]:
    """Return the texts that, one after the other, are the JSON of a part."""
    match part:
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
        case _:
            assert_never(part)


def object_of(members: Sequence[tuple[str, list[Tree]]]) -> list[Tree]:
    """Return the fragments of an object with these keys and the fragments of their values."""
    found: list[Tree] = [text("{")]
    for place, (key, value) in enumerate(members):
        found += [text(f"{', ' if place else ''}{dumps(key)}: "), *value]
    return [*found, text("}")]


def instant_text(value: Tree) -> Tree:
    """Return an instant as RFC 3339 in UTC."""
    return terms.call("to_char", terms.in_utc(value), text(UTC_FORMAT))


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
        order=[selects.ordered(numbered.place, descending=False, nulls_first=False)],
        only=terms.compare(numbered.place, "<=", limit),
    )
    truncated = terms.compare(terms.call("count", terms.star()), ">", limit)
    answer = [text('{"items": ['), shown, text('], "truncated": '), terms.cast(truncated, "text"), text("}")]
    return selects.scalar(selects.select(terms.concatenated(answer), source=numbered.source))
