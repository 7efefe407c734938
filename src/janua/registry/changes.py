"""What changes from one schema document to the next, keyword by keyword.

In: two documents. Out: `Change`s with their pointers. Start at `schema_changes`. Whether a change breaks something is
only guessed here, from the keyword alone; `compatibility` finds out. Only for schemas that `schema_check` let through:
the walk is as deep as the document.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from janua.model.collection import Schema
from janua.model.names import pointer
from janua.model.patch import equal
from janua.model.types import Json
from janua.registry.keywords import KEYWORDS
from janua.registry.messages import one_of, short
from janua.registry.shapes import is_number
from janua.registry.values import key_of

Kind = Literal["added", "removed", "changed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `pointer` leads to it in the new document, or in the old one when it was removed.

    `breaking`: a document that was valid may be invalid now; `beyond_documents`: for what stands in other records.
    """

    pointer: str
    kind: Kind
    breaking: bool
    message: str
    beyond_documents: bool = False


def schema_changes(old: Schema, new: Schema) -> Sequence[Change]:
    """Return the differences, in the order of the documents."""
    return [*_schema(cast(Json, old), cast(Json, new), "")]


def message_of_change(key: str, before: Json, after: Json, kind: Kind) -> str:
    """Return what became of a keyword, in a sentence."""
    return _message(key, kind, before, after)


def is_annotation(key: str) -> bool:
    """Return whether a keyword says nothing of which documents are valid."""
    return key in _ANNOTATIONS or key.startswith("x-")


def _schema(old: Json, new: Json, where: str) -> Iterator[Change]:
    if not isinstance(old, dict) or not isinstance(new, dict):
        if not equal(old, new):
            yield Change(where, "changed", new is not True, f"the schema was {_shape(old)} and is {_shape(new)}")
        return
    for key in {**old, **new}:
        here = f"{where}{pointer((key,))}"
        keyword = KEYWORDS.get(key)
        if keyword is None:
            yield from _keyword(key, old, new, here)
        elif keyword.shape == "map":
            yield from _map(key, old, new, here)
        elif isinstance(old.get(key), list) and isinstance(new.get(key), list):
            yield from _branches(key, cast(list[Json], old[key]), cast(list[Json], new[key]), here)
        elif key in old and key in new:
            yield from _schema(old[key], new[key], here)
        else:
            yield _alone(key, new, here)


def _map(key: str, old: dict[str, Json], new: dict[str, Json], where: str) -> Iterator[Change]:
    before, after = _object(old.get(key)), _object(new.get(key))
    what = _PARTS.get(key, "schema")
    for name in {**before, **after}:
        here = f"{where}{pointer((name,))}"
        if name in before and name in after:
            yield from _schema(before[name], after[name], here)
        elif name in after:
            # An optional property of an open object is where registries cry wolf: stored records decide.
            breaking = key not in ("properties", "$defs", "definitions")
            yield Change(here, "added", breaking, f"{what} {short(name)} was added")
        else:
            breaking = key == "properties" and new.get("additionalProperties") not in (None, True)
            yield Change(here, "removed", breaking, f"{what} {short(name)} was removed")


def _branches(key: str, old: list[Json], new: list[Json], where: str) -> Iterator[Change]:
    for place, (before, after) in enumerate(zip(old, new, strict=False)):
        yield from _schema(before, after, f"{where}/{place}")
    for place in range(len(old), len(new)):
        yield Change(f"{where}/{place}", "added", key != "anyOf", f"a branch of {key} was added")
    for place in range(len(new), len(old)):
        yield Change(f"{where}/{place}", "removed", key != "allOf", f"a branch of {key} was removed")


def _alone(key: str, new: dict[str, Json], where: str) -> Change:
    if key in new:
        return Change(where, "added", new[key] is not True, f"{key} was added")
    return Change(where, "removed", key in ("if", "anyOf"), f"{key} was removed")


def _keyword(key: str, old: dict[str, Json], new: dict[str, Json], where: str) -> Iterator[Change]:
    before, after = old.get(key), new.get(key)
    if key in old and key in new and equal(before, after):
        return
    kind: Kind = "changed" if key in old and key in new else "added" if key in new else "removed"
    breaking = _is_breaking(key, kind, before, after)
    yield Change(where, kind, breaking, _message(key, kind, before, after), key.startswith("x-"))


def _is_breaking(key: str, kind: Kind, before: Json, after: Json) -> bool:
    if key in _ANNOTATIONS or key.startswith("x-"):
        return key in ("x-unique", "x-relation", "x-indexes") and kind != "removed"
    if kind == "removed":
        # Without their companions these mean less; a reference or an identifier may have been all there was.
        return key in ("$id", "id", "$anchor", "$dynamicAnchor")
    narrower = _NARROWER.get(key)
    return narrower is None or kind == "added" or narrower(before, after)


def _message(key: str, kind: Kind, before: Json, after: Json) -> str:
    if kind == "added":
        return f"{key} {short(after)} was added"
    if kind == "removed":
        return f"{key} {short(before)} was removed"
    if key in ("required", "enum") and isinstance(before, list) and isinstance(after, list):
        gone, come = _less(before, after), _less(after, before)
        said = [f"gains {one_of(come)}".replace(" or ", " and ")] if come else []
        said += [f"loses {one_of(gone)}".replace(" or ", " and ")] if gone else []
        return f"{key} {' and '.join(said) or 'is in another order'}"
    return f"{key} was {short(before)} and is {short(after)}"


def _less(some: list[Json], others: list[Json]) -> list[Json]:
    known = {key_of(each) for each in others}
    return [each for each in some if key_of(each) not in known]


def _rises(before: Json, after: Json) -> bool:
    return not (is_number(before) and is_number(after)) or after > before


def _falls(before: Json, after: Json) -> bool:
    return not (is_number(before) and is_number(after)) or after < before


def _loses(before: Json, after: Json) -> bool:
    return not (isinstance(before, list) and isinstance(after, list)) or bool(_less(before, after))


def _gains(before: Json, after: Json) -> bool:
    return _loses(after, before)


def _loses_types(before: Json, after: Json) -> bool:
    allowed = set(cast(list[str], after if isinstance(after, list) else [after]))
    allowed |= {"integer"} if "number" in allowed else set()
    return not set(cast(list[str], before if isinstance(before, list) else [before])) <= allowed


_ANNOTATIONS = frozenset({
    "title", "description", "default", "examples", "$comment", "deprecated", "readOnly", "writeOnly",
    "contentMediaType", "contentEncoding",
})  # fmt: skip
_NARROWER: Mapping[str, Callable[[Json, Json], bool]] = {
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"), _rises),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), _falls),
    "required": _gains,
    "enum": _loses,
    "type": _loses_types,
    "uniqueItems": lambda _, after: after is True,
}
"""Keyword → whether a change from one value to another allows less than before."""
_PARTS = {
    "properties": "the property",
    "patternProperties": "the pattern",
    "$defs": "the definition",
    "definitions": "the definition",
}


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _shape(schema: Json) -> str:
    return "an object" if isinstance(schema, dict) else short(schema)
