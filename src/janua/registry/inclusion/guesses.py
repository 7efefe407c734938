"""Documents made at random from a writer's schema, for what the search could not decide.

In: `Versions`. Out: documents, the same ones each time; most satisfy the schema, none has to. Start at `guesses`.
"""

import random
from collections.abc import Iterator, Mapping
from typing import cast

from janua.model.types import Json
from janua.registry.inclusion.samples import SAMPLES
from janua.registry.inclusion.versions import Versions
from janua.registry.references import Place
from janua.registry.shapes import is_number

GUESSED = 300
DEEPEST = 6

_KINDS = ("string", "integer", "number", "boolean", "object", "array", "null")
_WORDS = ("", "a", "A1", "text", "0", "-", "ab-12", "2024-05-01", "a@example.org", "Zz_9 ä")


def guesses(versions: Versions) -> Iterator[Json]:
    """Yield documents that the writer's schema may accept."""
    guesser = _Guesser(versions, random.Random(0))  # noqa: S311 -- the same guesses each time are what is wanted
    for _ in range(GUESSED):
        yield guesser.value(versions.writer, 0)


class _Guesser:
    def __init__(self, versions: Versions, chance: random.Random) -> None:
        self._versions = versions
        self._chance = chance

    def value(self, place: Place, depth: int) -> Json:
        if isinstance(place.schema, bool) or depth > DEEPEST:
            return self._chance.choice([None, True, 0, 1, "", "a", [], {}])
        if (listed := self._listed(place)) is not None:
            return listed
        if (other := self._elsewhere(place)) is not None:
            return self.value(other, depth + 1)
        match self._kind(place):
            case "object":
                return self._object(place, depth)
            case "array":
                return self._array(place, depth)
            case "string":
                return self._string(place)
            case "integer" | "number":
                return self._number(place)
            case "boolean":
                return self._chance.random() < 0.5
            case _:
                return None

    def _listed(self, place: Place) -> Json:
        listed = place.get("enum")
        values = listed if isinstance(listed, list) else [place.get("const")]
        return self._chance.choice(values) if values else None

    def _elsewhere(self, place: Place) -> Place | None:
        """Return a branch or the target of a reference, where the place itself says little."""
        target = self._versions.target(place, "$ref")
        branches = [each for word in ("anyOf", "oneOf", "allOf") for _, each in self._versions.parts(place, word)]
        if place.get("type") is None or not place.get("properties"):
            return target or (self._chance.choice(branches) if branches else None)
        return None

    def _kind(self, place: Place) -> str:
        named = place.get("type")
        if isinstance(named, list):
            return str(self._chance.choice(named))
        if isinstance(named, str):
            return named
        speaks = cast(Mapping[str, Json], place.schema).keys()
        hinted = [kind for kind, words in _HINTS.items() if not speaks.isdisjoint(words)]
        return self._chance.choice(hinted or _KINDS) if self._chance.random() < 0.8 else self._chance.choice(_KINDS)

    def _object(self, place: Place, depth: int) -> Json:
        required = place.get("required")
        needed = set(required) if isinstance(required, list) else set[Json]()
        made: dict[str, Json] = {}
        for name, each in self._versions.parts(place, "properties"):
            if name in needed or self._chance.random() < 0.5:
                made[name] = self.value(each, depth + 1)
        extra = next((each for _, each in self._versions.parts(place, "additionalProperties")), None)
        for name in [*needed - made.keys(), *(["extra"] if self._chance.random() < 0.3 else [])]:
            made[str(name)] = self.value(extra, depth + 1) if extra else self._chance.choice([1, "a", None])
        return made

    def _array(self, place: Place, depth: int) -> Json:
        first = [each for _, each in self._versions.parts(place, "prefixItems")]
        rest = next((each for _, each in self._versions.parts(place, "items")), None)
        least = place.get("minItems")
        length = self._chance.randrange(4) + (int(least) if is_number(least) and least < 20 else 0)
        wanted = [each for _, each in self._versions.parts(place, "contains") if self._chance.random() < 0.8]
        places = [*first[:length], *([rest] * (length - len(first))), *wanted]
        return [self.value(each, depth + 1) if each else self._chance.randrange(3) for each in places]

    def _string(self, place: Place) -> Json:
        named = place.get("format")
        words = SAMPLES.get(named, _WORDS) if isinstance(named, str) else _WORDS
        word = self._chance.choice(list(words))
        least = place.get("minLength")
        return word + "a" * max(0, (int(least) if is_number(least) and least < 1000 else 0) - len(word))

    def _number(self, place: Place) -> Json:
        low, high = place.get("minimum"), place.get("maximum")
        first = int(low) if is_number(low) else int(high) - 10 if is_number(high) else -3
        last = int(high) if is_number(high) else first + 10
        step = place.get("multipleOf")
        found = self._chance.randint(min(first, last), max(first, last))
        return found * int(step) if is_number(step) and step == int(step) else found


_HINTS: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties"),
    "array": ("items", "prefixItems", "contains", "minItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "multipleOf"),
}
