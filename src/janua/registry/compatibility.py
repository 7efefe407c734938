"""Whether a new schema version may follow the ones before it, by the rules of a compatibility mode.

In: the new version, the earlier ones and a mode. Out: a `Ruling`: the verdict, each incompatibility with a document
that shows it, and what could not be decided. Start at `rule`. A reader is compatible with a writer when it accepts
every document that the writer accepts; `inclusion` finds out whether it does.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from janua.model.names import pointer
from janua.model.patch import equal
from janua.model.types import Json
from janua.registry.changes import Change, Kind, message_of_change
from janua.registry.inclusion.demands import Blame
from janua.registry.inclusion.effort import SECONDS, Effort
from janua.registry.inclusion.objects import UNMENTIONED
from janua.registry.inclusion.refusals import Answer, Inclusion, inclusion_of
from janua.registry.inclusion.versions import Version
from janua.registry.messages import short
from janua.registry.references import Place

Verdict = Literal["compatible", "incompatible", "undecided"]
Side = Literal["old", "new"]

TRANSITIVE = "_transitive"
DIRECTIONS: Mapping[str, Sequence[tuple[Side, Side]]] = {
    "none": (),
    "backward": (("old", "new"),),
    "forward": (("new", "old"),),
    "full": (("old", "new"), ("new", "old")),
}
"""Mode → the (writer, reader) pairs in which the reader has to accept whatever the writer accepts."""
MODES = ("none", "backward", "forward", "full", "backward_transitive", "forward_transitive", "full_transitive")
"""The compatibility modes that a collection may have; transitive: held against every earlier version."""

TOTAL_SECONDS = 15.0
"""Time for all comparisons of a transitive mode together; what is left over then is undecided."""

CODES: Mapping[str, tuple[str, str]] = {
    "type": ("type.narrowed", "type.widened"),
    "enum": ("enum.shrunk", "enum.grown"),
    "const": ("const.narrowed", "const.widened"),
    "minimum": ("minimum.raised", "minimum.lowered"),
    "exclusiveMinimum": ("minimum.raised", "minimum.lowered"),
    "maximum": ("maximum.lowered", "maximum.raised"),
    "exclusiveMaximum": ("maximum.lowered", "maximum.raised"),
    "multipleOf": ("multiple_of.narrowed", "multiple_of.widened"),
    "minLength": ("min_length.raised", "min_length.lowered"),
    "maxLength": ("max_length.lowered", "max_length.raised"),
    "pattern": ("pattern.narrowed", "pattern.widened"),
    "format": ("format.narrowed", "format.widened"),
    "contentEncoding": ("contents.narrowed", "contents.widened"),
    "contentMediaType": ("contents.narrowed", "contents.widened"),
    "required": ("required.added", "required.removed"),
    "properties": ("property.forbidden", "property.allowed"),
    "patternProperties": ("property.forbidden", "property.allowed"),
    "additionalProperties": ("additional_properties.narrowed", "additional_properties.widened"),
    "unevaluatedProperties": ("additional_properties.narrowed", "additional_properties.widened"),
    "propertyNames": ("property_names.narrowed", "property_names.widened"),
    "minProperties": ("min_properties.raised", "min_properties.lowered"),
    "maxProperties": ("max_properties.lowered", "max_properties.raised"),
    "dependentRequired": ("dependency.added", "dependency.removed"),
    "dependentSchemas": ("dependency.added", "dependency.removed"),
    "dependencies": ("dependency.added", "dependency.removed"),
    "items": ("items.narrowed", "items.widened"),
    "prefixItems": ("items.narrowed", "items.widened"),
    "additionalItems": ("additional_items.narrowed", "additional_items.widened"),
    "unevaluatedItems": ("additional_items.narrowed", "additional_items.widened"),
    "contains": ("contains.narrowed", "contains.widened"),
    "minItems": ("min_items.raised", "min_items.lowered"),
    "maxItems": ("max_items.lowered", "max_items.raised"),
    "uniqueItems": ("unique_items.added", "unique_items.removed"),
    "allOf": ("all_of.narrowed", "all_of.widened"),
    "anyOf": ("any_of.narrowed", "any_of.widened"),
    "oneOf": ("one_of.narrowed", "one_of.widened"),
    "not": ("not.widened", "not.narrowed"),
    "if": ("condition.narrowed", "condition.widened"),
    "then": ("condition.narrowed", "condition.widened"),
    "else": ("condition.narrowed", "condition.widened"),
}
"""Keyword → codes: the new version refuses what the old one takes, and the other way round."""
OTHERS = ("schema.narrowed", "schema.widened")
"""Codes where no single keyword is to blame."""

_BY_NAME = frozenset({"additionalProperties", "unevaluatedProperties"})
"""Keywords that refuse properties by their names."""
_HOLDING_NAMES = frozenset({"properties", "patternProperties", "dependentRequired", "dependentSchemas", "dependencies"})
"""Keywords whose values have a member for each name."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier schema version and its number."""

    number: int
    schema: Version


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the versions are not compatible, or (without a counter-example) why that may be so.

    Pointers lead to the keyword in the new and in the old document, `old` and `new` are what stands there. `version` is
    the earlier version.
    """

    code: str
    keyword: str
    pointer: str
    old_pointer: str
    message: str
    old: Json
    new: Json
    version: int
    counter_example: Mapping[str, Json] | None = None


@dataclass(slots=True)
class Ruling:
    """What the rules of a mode say: `undecided` has what was neither proven nor refuted.

    `reads_old`: whether the new version accepts what the one before it accepts, if the mode asks for that.
    """

    mode: str
    verdict: Verdict = "compatible"
    reads_old: Answer | None = None
    versions: list[int] = field(default_factory=list[int])
    incompatibilities: list[Reason] = field(default_factory=list[Reason])
    undecided: list[Reason] = field(default_factory=list[Reason])


def rule(mode: str, new: Version, earlier: Sequence[Earlier]) -> Ruling:
    """Return what a mode says of a new version; `earlier` has the versions before it, the current one last.

    Only the current one counts unless the mode is transitive. Takes up to `TOTAL_SECONDS`: call it in a thread.
    """
    ruling = Ruling(mode)
    end = time.thread_time() + TOTAL_SECONDS
    for each in reversed(earlier if mode.endswith(TRANSITIVE) else earlier[-1:]):
        directions = DIRECTIONS[mode.removesuffix(TRANSITIVE)]
        if directions:
            ruling.versions.append(each.number)
        for writer, reader in directions if not _same(each.schema, new) else ():
            versions: Mapping[Side, Version] = {"old": each.schema, "new": new}
            effort = Effort(seconds=max(0.0, min(SECONDS, end - time.thread_time())))
            found = inclusion_of(versions[writer], versions[reader], effort)
            _take(ruling, found, writer, each.number)
            if writer == "old" and each is earlier[-1]:
                ruling.reads_old = found.answer
    return ruling


def judged_changes(changes: Sequence[Change], ruling: Ruling) -> Sequence[Change]:
    """Return the changes, with what the rules found out about which of them break documents."""
    if ruling.reads_old is None or ruling.reads_old == "unclear":
        return changes
    if ruling.reads_old == "included":
        return [replace(each, breaking=each.breaking and each.beyond_documents) for each in changes]
    reasons = [each for each in ruling.incompatibilities if each.counter_example and each.version == ruling.versions[0]]
    pointers = {pointer for each in reasons for pointer in (each.pointer, each.old_pointer)}
    return [replace(each, breaking=each.breaking or _is_around(each.pointer, pointers)) for each in changes]


def _is_around(pointer: str, others: Iterable[str]) -> bool:
    """Return whether one of the others is this place, or inside of it."""
    return any(each == pointer or each.startswith(f"{pointer}/") for each in others)


def _take(ruling: Ruling, found: Inclusion, writer: Side, number: int) -> None:
    for each in found.refusals:
        example: dict[str, Json] = {"document": each.document, "valid_under": writer}
        ruling.incompatibilities.append(_reason(each.blame, writer, number, example))
    doubts = [_reason(each, writer, number, None) for each in found.doubts]
    if found.answer == "unclear":
        ruling.undecided += doubts or [_too_much(writer, number)]
    else:
        ruling.undecided += doubts
    if ruling.incompatibilities:
        ruling.verdict = "incompatible"
    elif found.answer == "unclear":
        ruling.verdict = "undecided"


def _same(old: Version, new: Version) -> bool:
    documents = cast(Json, old.document), cast(Json, new.document)
    references = cast(Json, dict(old.references)), cast(Json, dict(new.references))
    return equal(*documents) and equal(*references)


def _reason(blame: Blame, writer: Side, number: int, example: Mapping[str, Json] | None) -> Reason:
    reader_at, reader_value = _where(blame.place, blame), _fragment(blame.place, blame)
    writer_at, writer_value = _where(blame.counterpart, blame), _fragment(blame.counterpart, blame)
    narrowed = writer == "old"
    pointers = (reader_at, writer_at) if narrowed else (writer_at, reader_at)
    old, new = (writer_value, reader_value) if narrowed else (reader_value, writer_value)
    code = CODES.get(blame.keyword, OTHERS)[0 if narrowed else 1]
    message = _message(blame, old, new, narrowed=narrowed, certain=example is not None)
    return Reason(code, blame.keyword, *pointers, message, old, new, number, example)


def _message(blame: Blame, old: Json, new: Json, *, narrowed: bool, certain: bool) -> str:
    if not certain:
        return f"it is not known whether {blame.keyword} refuses a document; neither a proof nor an example was found"
    if blame.keyword == "required" and blame.detail:
        return f"{short(blame.detail)} is {'required now' if narrowed else 'not required any more'}"
    if blame.keyword in _BY_NAME and blame.detail not in {"", UNMENTIONED}:
        return f"{short(blame.detail)} is {'not allowed any more' if narrowed else 'allowed now'}"
    if equal(old, new):
        return f"{blame.keyword or 'the schema'} refuses what the {'old' if narrowed else 'new'} version accepts"
    kind: Kind = "added" if old is None else "removed" if new is None else "changed"
    message = message_of_change(blame.keyword, old, new, kind)
    return message if narrowed else f"{message}: the old version refuses what is new"


def _where(place: Place | None, blame: Blame) -> str:
    """Return the pointer to a keyword of a place, or to the place when it has no such keyword."""
    if place is None:
        return ""
    if blame.keyword in _BY_NAME and _fragment(place, replace(blame, keyword="properties")) is not None:
        return f"{place.pointer}{pointer(('properties', blame.detail))}"
    if not blame.keyword or place.get(blame.keyword) is None:
        return place.pointer
    detail = blame.detail if blame.keyword in _HOLDING_NAMES else ""
    return f"{place.pointer}{pointer((blame.keyword, *((detail,) if detail else ())))}"


def _fragment(place: Place | None, blame: Blame) -> Json:
    """Return what stands at a keyword of a place."""
    value = place.get(blame.keyword) if place is not None and blame.keyword else None
    if blame.detail and isinstance(value, dict) and (blame.keyword in _HOLDING_NAMES):
        return value.get(blame.detail)
    return value


def _too_much(writer: Side, number: int) -> Reason:
    code = OTHERS[0 if writer == "old" else 1]
    message = "comparing the schemas takes more work than is allowed"
    return Reason(code, "", "", "", message, None, None, number)
