"""Which keywords of JSON Schema hold subschemas, and in which drafts: the one table that every walk over schemas reads.

In: a schema object and its draft. Out: its subschemas, each with the keyword that holds it. Start at `subschemas`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal, cast

from janua.model.collection import Schema
from janua.model.types import Json

Role = Literal["same", "below", "apart"]
"""Whether a subschema judges the same value, a part of it, or nothing until it is referred to."""

Shape = Literal["one", "many", "map", "one or many"]


class Draft(IntEnum):
    """A version of JSON Schema, in order of age."""

    D4 = 4
    D6 = 6
    D7 = 7
    D2019 = 2019
    D2020 = 2020


METASCHEMAS: Mapping[Draft, str] = {
    Draft.D4: "http://json-schema.org/draft-04/schema#",
    Draft.D6: "http://json-schema.org/draft-06/schema#",
    Draft.D7: "http://json-schema.org/draft-07/schema#",
    Draft.D2019: "https://json-schema.org/draft/2019-09/schema",
    Draft.D2020: "https://json-schema.org/draft/2020-12/schema",
}
"""The URI of each draft's metaschema: what `$schema` may be, with or without the final `#`, over http or https."""

_DRAFTS = {uri.rstrip("#").partition("://")[2]: draft for draft, uri in METASCHEMAS.items()}


@dataclass(frozen=True, slots=True)
class Keyword:
    """How a keyword holds subschemas, and the drafts that know it."""

    shape: Shape
    role: Role
    since: Draft = Draft.D4
    until: Draft = Draft.D2020


KEYWORDS: Mapping[str, Keyword] = {
    "allOf": Keyword("many", "same"),
    "anyOf": Keyword("many", "same"),
    "oneOf": Keyword("many", "same"),
    "not": Keyword("one", "same"),
    "if": Keyword("one", "same", since=Draft.D7),
    "then": Keyword("one", "same", since=Draft.D7),
    "else": Keyword("one", "same", since=Draft.D7),
    "dependentSchemas": Keyword("map", "same", since=Draft.D2019),
    "dependencies": Keyword("map", "same"),
    "properties": Keyword("map", "below"),
    "patternProperties": Keyword("map", "below"),
    "additionalProperties": Keyword("one", "below"),
    "unevaluatedProperties": Keyword("one", "below", since=Draft.D2019),
    "propertyNames": Keyword("one", "below", since=Draft.D6),
    "prefixItems": Keyword("many", "below", since=Draft.D2020),
    "items": Keyword("one or many", "below"),
    "additionalItems": Keyword("one", "below", until=Draft.D2019),
    "unevaluatedItems": Keyword("one", "below", since=Draft.D2019),
    "contains": Keyword("one", "below", since=Draft.D6),
    "contentSchema": Keyword("one", "apart", since=Draft.D2019),
    "$defs": Keyword("map", "apart", since=Draft.D2019),
    "definitions": Keyword("map", "apart"),
}


@dataclass(frozen=True, slots=True)
class Subschema:
    """A subschema with the keyword that holds it and the step below the keyword (a name, a place, or none)."""

    keyword: str
    role: Role
    steps: tuple[str | int, ...]
    schema: Schema


def draft_named(uri: Json) -> Draft | None:
    """Return the draft that a `$schema` names, if we know it."""
    if not isinstance(uri, str) or not uri.startswith(("http://", "https://")):
        return None
    return _DRAFTS.get(uri.removesuffix("#").partition("://")[2])


def draft_of(schema: Schema, default: Draft = Draft.D2020) -> Draft:
    """Return the draft of a schema: the one its own `$schema` names, else the default."""
    named = draft_named(schema.get("$schema")) if isinstance(schema, Mapping) else None
    return named or default


def overrides_siblings(schema: Mapping[str, Json], draft: Draft) -> bool:
    """Return whether a `$ref` here makes validation ignore everything beside it (drafts up to 7)."""
    return draft <= Draft.D7 and isinstance(schema.get("$ref"), str)


def subschemas(schema: Schema, draft: Draft) -> Iterator[Subschema]:
    """Yield the direct subschemas in the order they are written; those that the draft ignores are left out."""
    if isinstance(schema, bool):
        return
    only_apart = overrides_siblings(schema, draft)
    for name, value in schema.items():
        keyword = KEYWORDS.get(name)
        if keyword is None or not keyword.since <= draft <= keyword.until or (only_apart and keyword.role != "apart"):
            continue
        for steps, each in _held(keyword.shape, value):
            if isinstance(each, bool | dict):
                yield Subschema(name, keyword.role, (name, *steps), cast(Schema, each))


def _held(shape: Shape, value: Json) -> Iterator[tuple[tuple[str | int, ...], Json]]:
    if shape == "map":
        if isinstance(value, dict):
            yield from (((key,), each) for key, each in value.items())
    elif isinstance(value, list):
        if shape != "one":
            yield from (((place,), each) for place, each in enumerate(value))
    elif shape != "many":
        yield (), value
