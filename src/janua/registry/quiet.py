"""A schema rewritten so that asking it for errors stays cheap: what branches or recurs says only yes or no.

In: a `SchemaMap`. Out: a `QuietSchema`: equivalent documents in which each `oneOf`, `anyOf` and reference of a loop
stands in `if … else false` (`not not` before draft 7), and where they went. jsonschema-rs decides such a condition
without collecting its errors, which would double at each level of a recursive schema; `explanation` then looks into the
one branch that matters. Start at `quieten`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

from janua.model.collection import Schema
from janua.model.names import pointer
from janua.model.types import Json
from janua.registry.engine import uri_of
from janua.registry.keywords import KEYWORDS, Draft, overrides_siblings
from janua.registry.loops import looping_references
from janua.registry.references import BASE, SCHEME, Place, SchemaMap

ConditionKeyword = Literal["oneOf", "anyOf", "$ref"]
_CHOICES: tuple[ConditionKeyword, ...] = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a rewritten condition stands for: a keyword of a place."""

    place: Place
    keyword: ConditionKeyword


@dataclass(slots=True)
class QuietSchema:
    """The rewritten documents, the conditions by their new pointer, and how pointers translate.

    Pointers into another collection's document begin with its `janua:…#`, as in `Place`.
    """

    document: Schema = True
    references: dict[str, Schema] = field(default_factory=dict[str, Schema])
    conditions: dict[str, Condition] = field(default_factory=dict[str, Condition])
    moved: dict[str, str] = field(default_factory=dict[str, str])
    origins: dict[str, str] = field(default_factory=dict[str, str])

    def new_pointer(self, old: str) -> str:
        """Return where a pointer of the original leads now."""
        return _translated(old, self.moved)

    def old_pointer(self, new: str) -> str:
        """Return where a pointer led in the original."""
        return _translated(new, self.origins)

    def uri(self, old: str) -> str:
        """Return the URI of the place that had this pointer."""
        return uri_of(self.document, self.new_pointer(old))


def quieten(schemas: SchemaMap) -> QuietSchema:
    """Return the quiet form of a schema and of the schemas it refers to; recursive, as deep as these are nested."""
    rewriter = _Rewriter(schemas)
    for uri, document in schemas.documents.items():
        where = "" if uri == BASE else f"{uri}#"
        quiet = cast(Schema, rewriter.copy(cast(Json, document), where, where))
        if uri == BASE:
            rewriter.quiet.document = quiet
        else:
            rewriter.quiet.references[uri.removeprefix(SCHEME)] = quiet
    rewriter.redirect()
    return rewriter.quiet


def _translated(old: str, moved: Mapping[str, str]) -> str:
    base, hash, rest = old.rpartition("#")
    trail = found = base + hash
    for step in rest.split("/")[1:]:
        trail = f"{trail}/{step}"
        found = moved.get(trail, f"{found}/{step}")
    return found


class _Rewriter:
    def __init__(self, schemas: SchemaMap) -> None:
        self.quiet = QuietSchema()
        self._schemas = schemas
        self._looping = looping_references(schemas)
        self._references: list[tuple[dict[str, Json], Place]] = []

    def copy(self, value: Json, old: str, new: str) -> Json:
        if isinstance(value, list):
            return [self.copy(each, f"{old}/{place}", f"{new}/{place}") for place, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        place = self._schemas.place_of(value)
        return self._copy_place(place, value, old, new) if place else self._copy_members(value, old, new)

    def redirect(self) -> None:
        """Point the references at where their targets went."""
        for holder, target in self._references:
            if self.quiet.new_pointer(target.pointer) != target.pointer:
                holder["$ref"] = self.quiet.uri(target.pointer)

    def _copy_members(self, value: dict[str, Json], old: str, new: str) -> dict[str, Json]:
        return {key: self.copy(each, old + pointer((key,)), new + pointer((key,))) for key, each in value.items()}

    def _copy_place(self, place: Place, value: dict[str, Json], old: str, new: str) -> Json:
        target = self._schemas.target(place)
        looping = id(value) in self._looping
        # Beside the `$ref` of an old draft nothing counts, and must not begin to.
        kept = _apart(value) if looping and overrides_siblings(value, place.draft) else value
        conditions: list[ConditionKeyword] = [*self._choices(place), *_ref(looping=looping)]
        copied = self._copy_members({key: each for key, each in kept.items() if key not in conditions}, old, new)
        if not conditions:
            if target is not None and "$ref" in copied:
                self._references.append((copied, target))
            return copied
        together = cast(list[Json], copied.setdefault("allOf", []))
        for keyword in conditions:
            at = f"{new}/allOf/{len(together)}"
            self.quiet.conditions[at] = Condition(place, keyword)
            inside = f"{at}/if/{keyword}" if place.draft >= Draft.D7 else f"{at}/not/not/{keyword}"
            self.quiet.moved[f"{old}/{keyword}"] = inside
            self.quiet.origins[inside] = f"{old}/{keyword}"
            held: dict[str, Json] = {keyword: self.copy(value[keyword], f"{old}/{keyword}", inside)}
            together.append({"if": held, "else": False} if place.draft >= Draft.D7 else {"not": {"not": held}})
            if keyword == "$ref" and target is not None:
                self._references.append((held, target))
        if target is not None and "$ref" in copied:
            self._references.append((copied, target))
        return copied

    def _choices(self, place: Place) -> list[ConditionKeyword]:
        return [keyword for keyword in _CHOICES if self._schemas.held(place, keyword)]


def _ref(*, looping: bool) -> list[ConditionKeyword]:
    return ["$ref"] if looping else []


def _apart(value: dict[str, Json]) -> dict[str, Json]:
    return {
        key: each for key, each in value.items() if key == "$ref" or (key in KEYWORDS and KEYWORDS[key].role == "apart")
    }
