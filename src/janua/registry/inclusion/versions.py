"""Two schema documents side by side: their places, what these hold and refer to, and which of them are equal.

In: two documents with what they refer to. Out: `Versions`. Nothing here decides: it looks things up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.inclusion.likeness import classes_of
from janua.registry.keywords import Draft
from janua.registry.references import Place, SchemaMap

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})
_BRANCHING = ("anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "dependencies", "not")


@dataclass(frozen=True, slots=True)
class Version:
    """A schema document with the documents that its `janua:` references name."""

    document: Schema
    references: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Seen:
    """The properties that a subschema evaluates."""

    names: frozenset[str] = frozenset()
    patterns: tuple[str, ...] = ()
    everything: bool = False

    def __or__(self, other: "Seen") -> "Seen":
        """Return what either evaluates."""
        patterns = tuple(dict.fromkeys((*self.patterns, *other.patterns)))
        return Seen(self.names | other.names, patterns, self.everything or other.everything)


class Versions:
    """The places of a writer's schema and of a reader's."""

    def __init__(self, writer: Version, reader: Version) -> None:
        # Copies, so that no two places share an object: a place is known by the identity of its schema.
        self._sides = [_Side(_copy(writer)), _Side(_copy(reader))]
        self.writer, self.reader = (each.schemas.root for each in self._sides)
        self.drafts = {place.draft for side in self._sides for place in side.schemas} or {self.writer.draft}
        self._parts: dict[int, dict[str, list[tuple[str, Place]]]] = {}
        self._classes = classes_of(each.schemas for each in self._sides)

    def parts(self, place: Place, keyword: str) -> Sequence[tuple[str, Place]]:
        """Return the subschemas that a keyword of a place holds, each with its name or position."""
        known = self._parts.get(id(place.schema))
        if known is None:
            known = self._parts[id(place.schema)] = {}
            for child, each in self._side(place).schemas.children(place):
                known.setdefault(child.keyword, []).append((str(child.steps[-1]), each))
        return known.get(keyword, ())

    def target(self, place: Place, keyword: str) -> Place | None:
        """Return what a reference leads to; None when that depends on the way there."""
        others = _REFERENCES - {keyword}
        return None if any(place.get(each) for each in others) else self._side(place).schemas.target(place)

    def likeness(self, place: Place) -> int | None:
        """Return what is equal for schemas that mean the same; None for those that are only equal to themselves."""
        return self._classes.get(id(place.schema))

    def unlike(self) -> Iterator[Place]:
        """Yield the places of either version that mean the same as none of the other; if that is unknown, all."""
        own = [{self.likeness(place) for place in side.schemas} for side in self._sides]
        shared = (own[0] & own[1]) - {None}
        for side in self._sides:
            yield from (place for place in side.schemas if self.likeness(place) not in shared)

    def together(self, place: Place) -> Iterator[Place]:
        """Yield a place, and those that perhaps judge the same value because it does."""
        seen: set[int] = set()
        pending = [place]
        while pending:
            each = pending.pop()
            if isinstance(each.schema, bool) or id(each.schema) in seen:
                continue
            seen.add(id(each.schema))
            yield each
            pending += self._applied(each, surely=False)

    def properties_seen(self, place: Place, *, surely: bool, within: frozenset[int] = frozenset()) -> Seen:
        """Return the properties that a place evaluates besides `unevaluatedProperties`: surely, or possibly."""
        if isinstance(place.schema, bool) or id(place.schema) in within:
            return Seen()
        names, patterns = place.get("properties"), place.get("patternProperties")
        others = ("additionalProperties", *(("unevaluatedProperties",) if within else ()))
        found = Seen(
            frozenset(names) if isinstance(names, dict) else frozenset(),
            tuple(patterns) if isinstance(patterns, dict) else (),
            any(each in place.schema for each in others),
        )
        for each in self._applied(place, surely=surely):
            found |= self.properties_seen(each, surely=surely, within=within | {id(place.schema)})
        return found if surely or not self._is_dynamic(place) else Seen(everything=True)

    def items_seen(self, place: Place, *, surely: bool, within: frozenset[int] = frozenset()) -> int | None:
        """Return up to which index a place evaluates elements besides `unevaluatedItems`; None: all of them."""
        if isinstance(place.schema, bool) or id(place.schema) in within:
            return 0
        modern = place.draft >= Draft.D2020
        prefix = place.get("prefixItems" if modern else "items")
        whole = ["items" if modern else "additionalItems", *(["unevaluatedItems"] if within else [])]
        whole += [] if surely else ["contains", "$dynamicRef", "$recursiveRef"]
        if any(each in place.schema for each in whole) or (not modern and isinstance(prefix, bool | dict)):
            return None
        ends: list[int | None] = [len(prefix) if isinstance(prefix, list) else 0]
        inner = within | {id(place.schema)}
        ends += [self.items_seen(each, surely=surely, within=inner) for each in self._applied(place, surely=surely)]
        known = [each for each in ends if each is not None]
        return max(known) if len(known) == len(ends) else None

    def _applied(self, place: Place, *, surely: bool) -> list[Place]:
        """Return the subschemas and targets that judge the same value: always, or perhaps."""
        target = self.target(place, "$ref")
        keywords = ("allOf",) if surely else ("allOf", *_BRANCHING)
        return [
            *([target] if target else []),
            *(each for keyword in keywords for _, each in self.parts(place, keyword)),
        ]

    @staticmethod
    def _is_dynamic(place: Place) -> bool:
        return place.get("$dynamicRef") is not None or place.get("$recursiveRef") is not None

    def _side(self, place: Place) -> "_Side":
        first, second = self._sides
        known = first.schemas.place_of(cast(Mapping[str, Json], place.schema))
        return first if known is not None else second


class _Side:
    def __init__(self, version: Version) -> None:
        self.version = version
        self.schemas = SchemaMap(version.document, version.references)


def _copy(version: Version) -> Version:
    copied = {name: cast(Schema, _copied(cast(Json, each))) for name, each in version.references.items()}
    return Version(cast(Schema, _copied(cast(Json, version.document))), copied)


def _copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
