"""`x-indexes` at the root of a schema → composite and covering indexes.

In: the root and the spelled types. Out: indexes and violations. Start at `read_composites`. Keys are named as in REST
(`publisher.city`), `-` before one makes it descending. With `include`, the index holds those fields, too.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from janua.errors import Violation
from janua.model.collection import Field, Index, IndexKey, Path
from janua.model.types import Enum, Json, Object, Text, Type
from janua.model.widths import key_width
from janua.registry.references import Place, shown
from janua.registry.spelling import Spelling

MEMBERS = ("fields", "include", "unique", "where")
MOST_KEYS = 16
WIDEST = 2_600
"""Bytes of all keys together: a btree entry has at most 2,704 (PostgreSQL, nbtree.h), some of them for its header."""
LONGEST_HELD = 256
"""Characters of a string that a covering index holds: it holds values as a whole, whatever is stored."""

_BYTES_TO_SPARE = 8
"""What a covering index needs besides the widest valid value, to hold a part of one that is not valid."""


def read_composites(root: Place, spelling: Spelling) -> tuple[list[Index], list[Violation]]:
    """Return the composite indexes of a schema and what is wrong with their declarations."""
    declared = root.note("x-indexes")
    if declared is None:
        return [], []
    if not isinstance(declared, list):
        return [], [
            Violation("/x-indexes", "x-indexes", 'x-indexes is a list such as [{"fields": ["status", "-published"]}]')
        ]
    indexes: list[Index] = []
    violations: list[Violation] = []
    for place, each in enumerate(declared):
        found = list(_complaints(each, spelling))
        violations += [Violation(f"/x-indexes/{place}{at}", "x-indexes", message) for at, message in found]
        if not found:
            indexes.append(_index(cast(dict[str, Json], each), spelling))
    return indexes, violations


def _complaints(declared: Json, spelling: Spelling) -> Iterator[tuple[str, str]]:
    if not isinstance(declared, dict):
        yield "", 'an index is an object such as {"fields": ["status", "-published"]}'
        return
    for key in declared:
        if key not in MEMBERS:
            yield "", f"an index has no {shown(key)}; it has {', '.join(MEMBERS)}"
    if not isinstance(declared.get("unique", False), bool):
        yield "/unique", "unique is true or false"
    if "where" in declared and not (isinstance(declared["where"], dict) and declared["where"]):
        yield "/where", 'where is a filter such as {"status": {"eq": "open"}}'
    if "include" in declared:
        yield from _include_complaints(declared)
    yield from _field_complaints(declared, spelling)


def _include_complaints(declared: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    if not _is_listing(declared["include"]):
        yield "/include", f"include lists one to {MOST_KEYS} fields that aggregates of the records measure"
    for other in ("unique", "where"):
        if declared.get(other):
            yield f"/{other}", f"an index with include has no {other}; declare another index for that"


def _field_complaints(declared: Mapping[str, Json], spelling: Spelling) -> Iterator[tuple[str, str]]:
    if not _is_listing(declared.get("fields")):
        yield "/fields", f"fields lists one to {MOST_KEYS} fields"
        return
    covers = "include" in declared
    widths, names = 0, list[str]()
    for at, each in _listed(declared):
        name = each.removeprefix("-") if isinstance(each, str) and at.startswith("/fields") else each
        found = _find(name, spelling) if isinstance(name, str) else None
        if found is None:
            yield at, f"there is no field {shown(each)}; nested ones are written publisher.city"
            continue
        names.append(str(name))
        width = key_width(found[1].type)
        if width is None:
            yield at, f"{shown(each)} has no order; an index takes strings, numbers, booleans and dates"
        elif covers and not _is_held_whole(found[1].type):
            yield at, f"{shown(each)} may be long; give it a maxLength of at most {LONGEST_HELD}, or leave it out"
        widths += (width or 0) + (_BYTES_TO_SPARE if covers else 0)
    if len(set(names)) < len(names):
        yield "/fields", "a field is listed twice"
    if widths > WIDEST:
        yield "/fields", f"together the keys may take {widths} bytes, more than {WIDEST}; give the strings a maxLength"


def _is_listing(value: Json) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST_KEYS


def _listed(declared: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield what is declared as a key or included, with its place."""
    for member in ("fields", "include"):
        found = declared.get(member)
        for place, each in enumerate(found if isinstance(found, list) else ()):
            yield f"/{member}/{place}", each


def _is_held_whole(type: Type) -> bool:
    match type:
        case Text(max_length=longest):
            return longest is not None and longest <= LONGEST_HELD
        case Enum(values=values):
            return all(len(each.value) <= LONGEST_HELD for each in values)
        case _:
            return True


def _index(declared: Mapping[str, Json], spelling: Spelling) -> Index:
    keys = cast(list[str], declared["fields"])
    found = [(_found(each.removeprefix("-"), spelling), each.startswith("-")) for each in keys]
    return Index(
        "btree",
        tuple(IndexKey(path, descending) for path, descending in found),
        unique=declared.get("unique") is True,
        where=cast("Mapping[str, Json] | None", declared.get("where")),
        include=tuple(_found(each, spelling) for each in cast("list[str]", declared.get("include", []))),
    )


def _found(name: str, spelling: Spelling) -> Path:
    found = _find(name, spelling)
    return found[0] if found else ()


def _find(name: str, spelling: Spelling) -> tuple[Path, Field] | None:
    path: Path = ()
    found: Field | None = None
    type: Type = spelling.type
    for step in name.split("."):
        fields = spelling.objects[type.name].fields if isinstance(type, Object) else ()
        found = next((each for each in fields if each.rest == step), None)
        if found is None:
            return None
        path, type = (*path, found.name), found.type
    return (path, found) if found else None
