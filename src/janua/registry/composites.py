"""`x-indexes` at the root of a schema → composite indexes.

In: the root and the spelled types. Out: indexes and violations. Start at `read_composites`. Keys are named as in REST
(`publisher.city`), `-` before one makes it descending.
"""

from collections.abc import Iterator, Mapping
from typing import assert_never, cast

from janua.errors import Violation
from janua.model.collection import Field, Index, IndexKey, Path
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
from janua.registry.references import Place, shown
from janua.registry.spelling import Spelling

MEMBERS = ("fields", "unique", "where")
MOST_KEYS = 16
WIDEST = 2_600
"""Bytes of all keys together: a btree entry has at most 2,704 (PostgreSQL, nbtree.h), some of them for its header."""
SHORT_TEXT = 512
"""Text of at most so many characters is indexed as a whole, longer text by its beginning."""
LONG_TEXT_KEY = 128

_BYTES_OF_A_CHARACTER = 4
_BYTES_OF_A_NUMBER = 520
_BYTES_OF_OTHERS = 40


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
    yield from _field_complaints(declared.get("fields"), spelling)


def _field_complaints(keys: Json, spelling: Spelling) -> Iterator[tuple[str, str]]:
    if not isinstance(keys, list) or not 0 < len(keys) <= MOST_KEYS:
        yield "/fields", f"fields lists one to {MOST_KEYS} fields"
        return
    widths = 0
    for place, each in enumerate(keys):
        found = _find(each.removeprefix("-"), spelling) if isinstance(each, str) else None
        if found is None:
            yield f"/fields/{place}", f"there is no field {shown(each)}; nested ones are written publisher.city"
            continue
        width = key_width(found[1].type)
        if width is None:
            yield f"/fields/{place}", f"{shown(each)} has no order; an index takes strings, numbers, booleans and dates"
        widths += width or 0
    if len({each.removeprefix("-") for each in keys if isinstance(each, str)}) < len(keys):
        yield "/fields", "a field is listed twice"
    if widths > WIDEST:
        yield "/fields", f"together the keys may take {widths} bytes, more than {WIDEST}; give the strings a maxLength"


def _index(declared: Mapping[str, Json], spelling: Spelling) -> Index:
    keys = cast(list[str], declared["fields"])
    found = [(_found(each.removeprefix("-"), spelling), each.startswith("-")) for each in keys]
    return Index(
        "btree",
        tuple(IndexKey(path, descending) for path, descending in found),
        unique=declared.get("unique") is True,
        where=cast("Mapping[str, Json] | None", declared.get("where")),
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


def key_width(type: Type) -> int | None:
    """Return the bytes that a key of this type takes at most in a btree index; None for types without an order."""
    match type:
        case Text(max_length=longest):
            return _text_width(longest)
        case Enum(values=values):
            return _text_width(max((len(each.value) for each in values), default=0))
        case Integer(minimum, maximum) if minimum is not None and maximum is not None:
            return 12 + max(len(str(abs(minimum))), len(str(abs(maximum)))) // 2
        case Integer() | Number():
            return _BYTES_OF_A_NUMBER
        case Boolean() | DateTime() | Date() | Time() | Uuid():
            return _BYTES_OF_OTHERS
        case Array() | Object() | Union() | Anything():
            return None
        case _:
            assert_never(type)


def _text_width(longest: int | None) -> int:
    whole = longest is not None and longest <= SHORT_TEXT
    return (longest if whole and longest is not None else LONG_TEXT_KEY) * _BYTES_OF_A_CHARACTER
