"""A schema rewritten so that patterns of the backtracking engine are judged by us, one string at a time.

In: a schema and those it refers to. Out: equivalent ones, in which such a `pattern` is a `format` of a name that nobody
can guess, and the functions of these formats. Start at `guard`. Under `patternProperties` no such detour is possible:
these patterns stay, and `KeyLimit` says how many keys a document may have for them.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from janua.errors import Violation
from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.cost import weigh
from janua.registry.lookaround import guarded, is_linear, longest
from janua.registry.references import BASE, SCHEME, Place, SchemaMap

PREFIX = f"pattern-{uuid.uuid4()}:"
"""What the names of our formats begin with; never shown."""
KEY_WORK = 20_000
"""Steps ahead that matching one key may take (see `lookaround.longest`)."""
KEYS = 2_000
"""Keys that are matched by backtracking at most: a tenth of a second."""

_DETOUR = re.compile(r"/allOf/[0-9]+/format$")


@dataclass(frozen=True, slots=True)
class GuardedSchema:
    """The rewritten documents, and the functions behind the formats that stand for patterns."""

    document: Schema
    references: Mapping[str, Schema]
    formats: Mapping[str, Callable[[str], bool]]


def guard(document: Schema, references: Mapping[str, Schema]) -> GuardedSchema:
    """Return the guarded form of a schema and of the schemas it refers to."""
    rewriter = _Rewriter(SchemaMap(document, references))
    documents = {uri: cast(Schema, rewriter.copy(cast(Json, each))) for uri, each in rewriter.schemas.documents.items()}
    others = {uri.removeprefix(SCHEME): each for uri, each in documents.items() if uri != BASE}
    return GuardedSchema(documents[BASE], others, rewriter.formats)


def pattern_of(format: str) -> str | None:
    """Return the pattern that a format of ours stands for; None for any other format."""
    return format.removeprefix(PREFIX) if format.startswith(PREFIX) else None


def original_pointer(pointer: str) -> str:
    """Return where the pattern is that a format of ours, at this pointer, stands for."""
    return _DETOUR.sub("/pattern", pointer)


@dataclass(frozen=True, slots=True)
class KeyLimit:
    """How many keys a document may have, and of how many characters, where a schema matches them by backtracking."""

    keys: int
    length: int

    @classmethod
    def of(cls, document: Schema, references: Mapping[str, Schema]) -> "KeyLimit | None":
        """Return the limit that a schema needs, if it needs one."""
        schemas = SchemaMap(document, references)
        patterns = {each for place in schemas for each in _backtracking_keys(place)}
        if not patterns:
            return None
        heaviest = weigh(schemas, lambda place: len(_backtracking_keys(place)))
        return cls(KEYS // max(heaviest, 1), min(longest(each, KEY_WORK) for each in patterns))

    @property
    def violation(self) -> Violation:
        """What a document beyond the limit violates."""
        allowed = f"at most {self.keys} keys of at most {self.length} characters"
        message = f"has more or longer keys than patterns that look around or back are matched with: {allowed}"
        return Violation("", "patternProperties", message)

    def is_kept(self, value: Json) -> bool:
        """Return whether a document keeps to the limit."""
        pending, keys = [value], 0
        while pending:
            each = pending.pop()
            if isinstance(each, list):
                pending.extend(each)
            elif isinstance(each, dict):
                keys += len(each)
                if keys > self.keys or any(len(key) > self.length for key in each):
                    return False
                pending.extend(each.values())
        return True


def _backtracking_keys(place: Place) -> list[str]:
    patterns = place.get("patternProperties")
    return [each for each in patterns if not is_linear(each)] if isinstance(patterns, dict) else []


class _Rewriter:
    def __init__(self, schemas: SchemaMap) -> None:
        self.schemas = schemas
        self.formats: dict[str, Callable[[str], bool]] = {}

    def copy(self, value: Json) -> Json:
        if isinstance(value, list):
            return [self.copy(each) for each in value]
        if not isinstance(value, dict):
            return value
        copied = {key: self.copy(each) for key, each in value.items()}
        place = self.schemas.place_of(value)
        pattern = place.get("pattern") if place else None
        if isinstance(pattern, str) and not is_linear(pattern) and (found := guarded(pattern)):
            del copied["pattern"]
            self.formats[f"{PREFIX}{pattern}"] = found.is_match
            # Last, so that those that were there keep their places.
            cast(list[Json], copied.setdefault("allOf", [])).append({"format": f"{PREFIX}{pattern}"})
        return copied
