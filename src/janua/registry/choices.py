"""Which of several alternatives a document means, by what tells them apart: its kind, and listed strings.

In: the places of a `oneOf` or `anyOf` and a value. Out: the alternatives that may be meant, or what is wrong when none
is. Start at `Choices.meant`.
"""

from collections.abc import Sequence

from janua.model.types import Json
from janua.registry.messages import either, one_of
from janua.registry.references import Place
from janua.registry.shapes import Shapes, kind_of

GENERAL = {
    "anyOf": "matches none of the alternatives",
    "oneOf": "matches none of the alternatives; it must match exactly one",
    "$ref": "does not satisfy the schema",
}


class Choices:
    """Knows what the alternatives of one schema say of the values they take."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._listed: dict[int, dict[str, list[str]]] = {}

    def meant(self, branches: Sequence[Place], value: Json) -> list[Place]:
        """Return the alternatives against which nothing speaks that tells them apart."""
        return [each for each in self._of_kind(branches, value) if self._fits(each, value)]

    def complaint(self, keyword: str, branches: Sequence[Place], value: Json) -> tuple[list[str], str]:
        """Return what is wrong with a value that means no alternative: steps from it to the fault, and a message."""
        possible = self._of_kind(branches, value)
        if not possible:
            kinds = {kind for each in branches for kind in self._shapes.kinds(each)}
            return [], f"must be {either(sorted(kinds))}" if kinds else GENERAL[keyword]
        for name in value if isinstance(value, dict) else ():
            strings = [self._strings(each).get(name) for each in possible]
            if all(each is not None for each in strings):
                every = list(dict.fromkeys(text for each in strings for text in each or ()))
                return [name], f"must be {one_of([*every])}; it chooses the alternative"
        return [], GENERAL[keyword]

    def _of_kind(self, branches: Sequence[Place], value: Json) -> list[Place]:
        kind = kind_of(value)
        return [each for each in branches if kind in self._shapes.kinds(each)]

    def _fits(self, branch: Place, value: Json) -> bool:
        if not isinstance(value, dict):
            return True
        strings = self._strings(branch)
        return not any(name in value and value[name] not in listed for name, listed in strings.items())

    def _strings(self, branch: Place) -> dict[str, list[str]]:
        """Return the properties of which a branch lists the only strings."""
        known = self._listed.get(id(branch.schema))
        if known is None:
            known = self._listed[id(branch.schema)] = self._find_strings(branch)
        return known

    def _find_strings(self, branch: Place) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for part in self._shapes.of([branch]).parts:
            for child, each in self._shapes.schemas.children(part):
                shape = self._shapes.of([each]) if child.keyword == "properties" else None
                strings = self._shapes.strings(shape) if shape and shape.is_only("string") else None
                if strings is not None and shape and not shape.nullable:
                    found[str(child.steps[1])] = strings
        return found
