"""What all values that a subschema accepts have in common.

In: places that all judge one value. Out: a `Shape`: every place that must hold for it (references followed, `allOf`
merged), and which kinds of JSON value pass. Start at `Shapes.of`. Everything said here is sure: `not`, `if`, dependent
schemas and undecidable alternatives are left out, which can only make a shape wider than the schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeGuard, cast

from janua.model.types import Json
from janua.registry.keywords import Draft, overrides_siblings
from janua.registry.references import Place, SchemaMap

Kind = Literal["null", "boolean", "integer", "number", "string", "array", "object"]
ALL: frozenset[Kind] = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
ALTERNATIVES = ("oneOf", "anyOf")

_SILENT = frozenset({
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id",
    "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$defs", "definitions", "$ref", "$recursiveRef",
    "$dynamicRef", "allOf", "$vocabulary",
})  # fmt: skip
"""Keywords that say nothing of a value, or what other parts of the shape say."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Alternatives (`oneOf` or `anyOf`) of a place; those that allow nothing but null are left out."""

    place: Place
    branches: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The `parts` that hold for every value that is not null, and the kinds of value that pass them.

    Two shapes with the same `key` are the same type. `choices` are the alternatives that remain open.
    """

    parts: tuple[Place, ...]
    kinds: frozenset[Kind]
    key: tuple[int, ...]
    choices: tuple[Choice, ...] = ()

    @property
    def nullable(self) -> bool:
        """Return whether null passes."""
        return "null" in self.kinds

    @property
    def sorts(self) -> frozenset[Kind]:
        """Return the kinds besides null."""
        return self.kinds - {"null"}

    def is_only(self, *kinds: Kind) -> bool:
        """Return whether values, null aside, are of these kinds only; not when there are no values at all."""
        return bool(self.sorts) and self.sorts <= frozenset(kinds)

    def first_text(self, keyword: str) -> str | None:
        """Return the first string that a part has under an annotation keyword."""
        return next((found for each in self.parts if isinstance(found := each.note(keyword), str)), None)

    def numbers(self, keyword: str) -> list[int | Decimal]:
        """Return the numbers that the parts have under a keyword."""
        return [each for each in (part.get(keyword) for part in self.parts) if is_number(each)]


class Shapes:
    """Finds shapes in one schema, each place's once. Only for schemas whose references were found sound."""

    def __init__(self, schemas: SchemaMap) -> None:
        self.schemas = schemas
        self._kinds: dict[int, frozenset[Kind]] = {}

    def of(self, places: Sequence[Place], *, decided: frozenset[int] = frozenset()) -> Shape:
        """Return the shape of a value that all `places` judge; the alternatives of `decided` ones are passed over."""
        kinds = ALL.intersection(*(self.kinds(each) for each in places))
        parts: dict[int, Place] = {}
        keys: set[int] = set()
        choices: list[Choice] = []
        pending = list(reversed(places))
        while pending:
            place = pending.pop()
            if id(place.schema) in parts:
                continue
            parts[id(place.schema)] = place
            following = self._conjuncts(place)
            silent = _SILENT
            for keyword, branches in self._branches(place).items():
                if len(branches) == 1:
                    following += branches
                    silent |= {keyword}
                elif id(place.schema) not in decided:
                    choices.append(Choice(place, tuple(branches)))
            pending.extend(reversed(following))
            if _speaks(place, silent):
                keys.add(id(place.schema))
        return Shape(tuple(parts.values()), kinds, tuple(sorted(keys)), tuple(choices))

    def kinds(self, place: Place) -> frozenset[Kind]:
        """Return the kinds of value that may pass at a place."""
        if isinstance(place.schema, bool):
            return ALL if place.schema else frozenset()
        known = self._kinds.get(id(place.schema))
        if known is None:
            known = _typed(place.get("type")) & _valued(place)
            known = known.intersection(*(self.kinds(each) for each in self._conjuncts(place)))
            for keyword in ALTERNATIVES:
                if branches := self.schemas.held(place, keyword):
                    known &= frozenset[Kind]().union(*(self.kinds(each) for each in branches))
            self._kinds[id(place.schema)] = known
        return known

    def strings(self, shape: Shape) -> list[str] | None:
        """Return the only strings that pass, in the order of the schema; None when they are not listed."""
        listed = [found for each in shape.parts if (found := _strings_at(each)) is not None]
        for choice in shape.choices:
            each = [self.strings(self.of([branch])) for branch in choice.branches if "string" in self.kinds(branch)]
            if each and all(strings is not None for strings in each):
                listed.append([text for strings in each for text in strings or ()])
        if not listed:
            return None
        others = [frozenset(each) for each in listed[1:]]
        return [text for text in dict.fromkeys(listed[0]) if all(text in other for other in others)]

    def _conjuncts(self, place: Place) -> list[Place]:
        target = self.schemas.target(place)
        return [*([target] if target else []), *self.schemas.held(place, "allOf")]

    def _branches(self, place: Place) -> dict[str, list[Place]]:
        """Return the alternatives that are more than just null: a single one holds for whatever is not null."""
        held = {keyword: self.schemas.held(place, keyword) for keyword in ALTERNATIVES}
        return {
            keyword: [each for each in branches if self.kinds(each) - {"null"}] or [branches[0]]
            for keyword, branches in held.items()
            if branches
        }


def is_number(value: Json) -> TypeGuard[int | Decimal]:
    """Return whether a JSON value is a number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def kind_of(value: Json) -> Kind:
    """Return the kind of a JSON value; `1.0` is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "integer" if value == int(value) else "number"


def _speaks(place: Place, silent: frozenset[str]) -> bool:
    if isinstance(place.schema, bool):
        return False
    return any(key not in silent and not key.startswith("x-") for key in place.schema)


def _typed(named: Json) -> frozenset[Kind]:
    if named is None:
        return ALL
    kinds = frozenset(cast(list[Kind], named if isinstance(named, list) else [named])) & ALL
    return kinds | frozenset[Kind](("integer",)) if "number" in kinds else kinds


def _valued(place: Place) -> frozenset[Kind]:
    kinds = ALL
    listed = place.get("enum")
    if isinstance(listed, list):
        kinds &= frozenset(kind_of(each) for each in listed)
    if has_const(place):
        kinds &= {kind_of(place.get("const"))}
    return kinds


def _strings_at(place: Place) -> list[str] | None:
    if has_const(place):
        only = place.get("const")
        return [only] if isinstance(only, str) else []
    listed = place.get("enum")
    return [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else None


def has_const(place: Place) -> bool:
    """Return whether a place has the keyword `const`, be it `null`."""
    if isinstance(place.schema, bool) or overrides_siblings(place.schema, place.draft):
        return False
    return "const" in place.schema and place.draft >= Draft.D6
