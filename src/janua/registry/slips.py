"""What in a schema is probably a slip of the pen: allowed, but not what anybody means.

In: a schema. Out: warnings with pointers. Start at `warnings_of`. JSON Schema lets unknown keywords be, so only those
are named that are much like a known one. Works without recursion: a schema is as deep as its document may be.
"""

from collections.abc import Iterator, Mapping, Sequence

from janua.model.collection import Schema
from janua.model.likeness import nearest
from janua.model.names import pointer
from janua.model.types import Json
from janua.registry import annotations
from janua.registry.inclusion.samples import FORMATS
from janua.registry.keywords import KEYWORDS, draft_of, subschemas
from janua.registry.references import shown

MOST = 50
"""Warnings of one schema that are listed."""
TRIED = 300
"""Different unknown names of one schema that are compared with the known ones."""
LIKE = 0.8
"""How much a keyword has to be like a known one to be taken for a slip."""
KNOWN = frozenset({
    *KEYWORDS, *annotations.KEYWORDS,
    "$schema", "$id", "id", "$anchor", "$ref", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor",
    "$vocabulary", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly",
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains",
    "minProperties", "maxProperties", "required", "dependentRequired", "contentMediaType", "contentEncoding",
})  # fmt: skip

Warning = Mapping[str, Json]


def warnings_of(document: Schema) -> Sequence[Warning]:
    """Return `{"pointer", "message"}` for each slip, outer ones first, at most `MOST`."""
    draft = draft_of(document)
    found: list[Warning] = []
    likeness = _Likeness()
    pending: list[tuple[str, Schema]] = [("", document)]
    while pending and len(found) < MOST:
        where, schema = pending.pop()
        if isinstance(schema, bool):
            continue
        slips = (*_slips(schema, likeness), *_without_effect(schema, at_root=not where))
        found += ({"pointer": f"{where}{pointer((key,))}", "message": message} for key, message in slips)
        inner = [(f"{where}{pointer(each.steps)}", each.schema) for each in subschemas(schema, draft)]
        pending += reversed(inner)
    return found[:MOST]


class _Likeness:
    """Finds what was meant, for so many different names only: each takes a millisecond."""

    def __init__(self) -> None:
        self._meant: dict[str, str | None] = {}

    def __call__(self, name: str, known: frozenset[str]) -> str | None:
        if name in known:
            return None
        if name not in self._meant and len(self._meant) < TRIED:
            self._meant[name] = nearest(name, known, LIKE)
        return self._meant.get(name)


def _slips(schema: Mapping[str, Json], likeness: _Likeness) -> Iterator[tuple[str, str]]:
    """Yield the keyword and what is strange about it."""
    for key in schema:
        if meant := likeness(key, KNOWN):
            yield key, f"unknown keyword {shown(key)}; did you mean {meant}?"
    format = schema.get("format")
    if isinstance(format, str) and (meant := likeness(format, FORMATS)):
        yield "format", f"unknown format {shown(format)}, which is not checked; did you mean {meant}?"
    for name in _never_allowed(schema):
        yield "required", f"{shown(name)} is required, but the object is closed and does not have it: nothing is valid"


def _without_effect(schema: Mapping[str, Json], *, at_root: bool) -> Iterator[tuple[str, str]]:
    """Yield annotations that stand where nothing reads them."""
    if at_root:
        for key in annotations.ON_PROPERTIES:
            if schema.get(key):
                yield key, f"{key} belongs on a property; at the root it has no effect"
    elif "x-indexes" in schema:
        yield "x-indexes", "x-indexes belongs at the root of the schema; here it has no effect"


def _never_allowed(schema: Mapping[str, Json]) -> Iterator[str]:
    required, properties = schema.get("required"), schema.get("properties", {})
    closed = (
        schema.get("additionalProperties") is False and not schema.get("patternProperties") and "$ref" not in schema
    )
    if closed and isinstance(required, list) and isinstance(properties, dict):
        yield from (each for each in required if isinstance(each, str) and each not in properties)
