"""Values of documents as the JSON that GraphQL's types promise, and the small pieces that all JSON text is made of.

A value is a list of text fragments that are concatenated, like all parts of an answer (see `parts`). Start at `typed`.
"""

from collections.abc import Sequence
from typing import assert_never

from janua.model.collection import Path
from janua.model.json import dumps
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    Integer,
    Json,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
)
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row, json_at, text_at
from janua.sql.terms import Tree, text

UTC_FORMAT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
"""RFC 3339 in UTC with microseconds."""


def typed(row: Row, path: Path, type: Type, binds: Binds, *, big_as_text: bool) -> list[Tree]:
    """Return the fragments of the value at a path as its GraphQL type has it; `null` where it is missing."""
    match type:
        case Integer():
            return [_whole(row, path, quoted=big_as_text and type.big)]
        case Enum() if not is_plain(type, big_as_text=big_as_text):
            spelled = terms.cast(terms.call("to_json", spelled_enum(text_at(row, path), type)), "text")
            return [terms.call("coalesce", spelled, text("null"))]
        case Array(items) if not is_plain(type, big_as_text=big_as_text):
            element = element_row(binds)
            shown = typed(element, (), items, binds, big_as_text=big_as_text)
            return [elements(row, path, element, shown)]
        case Text() | Number() | Boolean() | DateTime() | Date() | Time() | Uuid() | Enum() | Array():
            return [_stored(row, path)]
        case Object() | Union() | Anything():
            return [_stored(row, path)]
        case _:
            assert_never(type)


def is_plain(type: Type, *, big_as_text: bool) -> bool:
    """Return whether the stored JSON is what GraphQL shows."""
    match type:
        case Integer():
            return False
        case Enum(values=values):
            return all(each.value == each.graphql for each in values)
        case Array(items):
            return is_plain(items, big_as_text=big_as_text)
        case _:
            return True


def element_row(binds: Binds) -> Row:
    """Return what the elements of an array are read as, in `elements`."""
    return Row(binds.alias(), document="value", typed=False)


def elements(row: Row, path: Path, element: Row, shown: list[Tree]) -> Tree:
    """Return the text of the array at a path, each element as `shown`; `null` where there is none."""
    array = json_at(row, path)
    alias = element.alias or ""
    source = selects.numbered_rows_of(terms.call("jsonb_array_elements", array.copy()), alias, "value", "place")
    in_order = [selects.ordered(element.column("place"), descending=False, nulls_first=False)]
    items = selects.aggregate("string_agg", terms.concatenated(shown), text(", "), order=in_order)
    listed = selects.scalar(selects.select(terms.concatenated([text("["), items, text("]")]), source=source))
    return of_kind(row, path, "array", listed)


def of_kind(row: Row, path: Path, kind: str, shown: Tree) -> Tree:
    """Return `shown` where the value at a path is of this JSON type, else `null`."""
    is_kind = terms.compare(terms.call("jsonb_typeof", json_at(row, path)), "=", text(kind))
    return terms.case(is_kind, shown, text("null"))


def spelled_enum(value: Tree, type: Enum) -> Tree:
    """Return the GraphQL name of an enum's value, given the text of the value."""
    altered: dict[str, Json] = {each.value: each.graphql for each in type.values if each.value != each.graphql}
    if not altered:
        return value
    names = terms.cast(text(dumps(altered)), "jsonb")
    return terms.call("coalesce", terms.call("jsonb_extract_path_text", names, value.copy()), value)


def object_of(members: Sequence[tuple[str, list[Tree]]]) -> list[Tree]:
    """Return the fragments of an object with these keys and the fragments of their values."""
    found: list[Tree] = [text("{")]
    for place, (key, value) in enumerate(members):
        found += [text(f"{', ' if place else ''}{dumps(key)}: "), *value]
    return [*found, text("}")]


def instant_text(value: Tree) -> Tree:
    """Return an instant as RFC 3339 in UTC."""
    return terms.call("to_char", terms.in_utc(value), text(UTC_FORMAT))


def _stored(row: Row, path: Path) -> Tree:
    return terms.call("coalesce", json_at(row, path), terms.cast(text("null"), "jsonb"))


def _whole(row: Row, path: Path, *, quoted: bool) -> Tree:
    """Return an integer without the fraction that JSON allows it (`1.0`)."""
    whole: Tree = terms.call("trim_scale", terms.cast(json_at(row, path), "numeric"))
    shown = terms.concatenated([text('"'), whole, text('"')]) if quoted else terms.cast(whole, "text")
    return of_kind(row, path, "number", shown)
