"""The steps that bring stored documents to a new schema version, as a closed union; and how they are read.

In: the array of `steps` that a client sent. Out: `Step`s, or all that is wrong with them. Start at `read_steps`, or at
`read_evolution` for what holds them and the schema; what a step does to a document is in `evolving`. A place is a JSON
Pointer in which `*` stands for every element (`places`).
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from janua.errors import InvalidSteps, Violation
from janua.model.collection import Schema
from janua.model.patch import parse_pointer
from janua.model.types import Json
from janua.registry.places import EVERY, MISSING, Found, Place, shared_place
from janua.registry.values import key_of

MOST_STEPS: Final = 100
MEMBERS: Final = frozenset({"schema", "steps"})
Kind = Literal["string", "integer", "number", "boolean", "array"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Move:
    """Take a value away from one place and put it at another, or with `keeps` leave it there as well.

    `source` and `target` are places below each element at `shared`.
    """

    shared: Place
    source: Place
    target: Place
    keeps: bool


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a value away."""

    place: Place


@dataclass(frozen=True, slots=True)
class Default:
    """Put a value where there is none, with `nulls` also where there is null."""

    place: Place
    value: Json
    nulls: bool


@dataclass(frozen=True, slots=True)
class Set:
    """Put a value at a place, whatever is there."""

    place: Place
    value: Json


@dataclass(frozen=True, slots=True)
class Cast:
    """Make a value one of another type, exactly or not at all."""

    place: Place
    to: Kind


@dataclass(frozen=True, slots=True)
class Split:
    """Cut a string into an array of strings, or into the places of `targets`, the last of which gets the rest."""

    shared: Place
    source: Place
    by: str
    targets: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """Make one string of an array of strings, or of the strings at the places of `sources`."""

    shared: Place
    target: Place
    by: str
    sources: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Replace a value by what `values` has for it, one that it does not have by `otherwise` unless that is missing."""

    place: Place
    values: Mapping[Hashable, Json]
    otherwise: Found


Step: TypeAlias = Move | Remove | Default | Set | Cast | Split | Join | Map


def read_steps(value: Json) -> tuple[Step, ...]:
    """Return the steps of an array of objects with an `op` each.

    Raises: `InvalidSteps` with all that is wrong; pointers start with `/steps/` and the number of the step, from 0.
    """
    if not isinstance(value, list) or len(value) > MOST_STEPS:
        raise InvalidSteps([Violation("/steps", "steps", f"must be an array of at most {MOST_STEPS} steps")])
    readings = [_Reading(index, each) for index, each in enumerate(value)]
    steps = [each.step() for each in readings]
    if violations := [each for reading in readings for each in reading.violations]:
        raise InvalidSteps(violations)
    return tuple(each for each in steps if each is not None)


def read_evolution(value: "Json | Schema") -> tuple[Schema, Json]:
    """Return the schema and the steps of `{"schema": …, "steps": […]}`; that they are valid is for others to say.

    Raises: `InvalidSteps`.
    """
    members = cast("dict[str, Json]", value) if isinstance(value, dict) else {}
    schema, steps = members.get("schema"), members.get("steps")
    strange = [Violation(f"/{each}", "evolution", "is neither schema nor steps") for each in members.keys() - MEMBERS]
    if not isinstance(schema, dict | bool):
        strange.append(Violation("/schema", "evolution", "must be the new JSON Schema, an object or a boolean"))
    if not isinstance(steps, list):
        strange.append(Violation("/steps", "evolution", "must be an array of steps; with no step to make, []"))
    if strange:
        raise InvalidSteps(strange)
    return cast(Schema, schema), steps


class _Reading:
    """Reads one step and collects what is wrong with it; what could not be read is harmless then."""

    def __init__(self, index: int, raw: Json) -> None:
        self._at = f"/steps/{index}"
        self._raw: dict[str, Json] = raw if isinstance(raw, dict) else {}
        self.violations: list[Violation] = []

    def step(self) -> Step | None:
        op = self._raw.get("op")
        if not isinstance(op, str) or op not in OPS:
            self._refuse("op", f'a step is an object with an "op" of {", ".join(OPS)}')
            return None
        members, optional, read = OPS[op]
        for name in self._raw.keys() - {"op", *members, *optional}:
            self._refuse(name, f"{op} has no {name[:60]!r}; it has {', '.join((*members, *optional))}")
        for name in members:
            if name not in self._raw:
                self._refuse(name, f"{op} needs {name!r}")
        return None if self.violations else read(self)

    def move(self) -> Step:
        return self._move(keeps=False)

    def copy(self) -> Step:
        return self._move(keeps=True)

    def remove(self) -> Step:
        place = self._place("path")
        if not place or place[-1] == EVERY:
            self._refuse("path", "must lead to a member; to empty an array, set it to []")
        return Remove(place)

    def default(self) -> Step:
        nulls = self._raw.get("nulls", False)
        if not isinstance(nulls, bool):
            self._refuse("nulls", "must be true or false")
        return Default(self._place("path"), self._raw["value"], nulls is True)

    def set(self) -> Step:
        return Set(self._place("path"), self._raw["value"])

    def cast(self) -> Step:
        to = self._raw["to"]
        if to not in KINDS:
            self._refuse("to", f"must be one of {', '.join(KINDS)}")
        return Cast(self._place("path"), cast(Kind, to))

    def split(self) -> Step:
        if not (by := self._text("by")):
            self._refuse("by", "must not be empty: it is what stands between the parts")
        source, targets = self._place("path"), self._places("into")
        shared = self._shared("into", [source, *targets])
        return Split(shared, source[len(shared) :], by, _below(shared, targets))

    def join(self) -> Step:
        target, sources = self._place("path"), self._places("from")
        shared = self._shared("from", [target, *sources])
        return Join(shared, target[len(shared) :], self._text("by"), _below(shared, sources))

    def map(self) -> Step:
        return Map(self._place("path"), self._pairs(), self._raw.get("otherwise", MISSING))

    def _move(self, *, keeps: bool) -> Step:
        source, target = self._place("from"), self._place("path")
        if source == target:
            self._refuse("path", "is the same as from")
        elif keeps and target == source[: len(target)]:
            self._refuse("path", "would replace what the value is copied from; use move")
        shared = self._shared("path", [source, target])
        return Move(shared, source[len(shared) :], target[len(shared) :], keeps)

    def _pairs(self) -> Mapping[Hashable, Json]:
        raw = self._raw["values"]
        if isinstance(raw, dict):
            return {key_of(before): after for before, after in raw.items()}
        pairs = raw if isinstance(raw, list) else [None]
        if not all(isinstance(each, list) and len(each) == 2 for each in pairs):
            self._refuse("values", "must be an object from strings to values, or an array of pairs [old, new]")
            return {}
        return {key_of(before): after for before, after in cast("list[list[Json]]", pairs)}

    def _text(self, name: str) -> str:
        found = self._raw[name]
        if not isinstance(found, str):
            self._refuse(name, "must be a string")
        return found if isinstance(found, str) else ""

    def _place(self, name: str) -> Place:
        return self._read_place(name, self._raw[name])

    def _places(self, name: str) -> tuple[Place, ...]:
        """Return the places of an optional array."""
        raw = self._raw.get(name, [])
        if not isinstance(raw, list) or (name in self._raw and not raw):
            self._refuse(name, "must be an array of JSON Pointers")
            return ()
        return tuple(self._read_place(f"{name}/{index}", each) for index, each in enumerate(raw))

    def _read_place(self, name: str, raw: Json) -> Place:
        try:
            return parse_pointer(raw if isinstance(raw, str) else "?")
        except ValueError as error:
            reason = str(error) if isinstance(raw, str) else 'must be a JSON Pointer, like "/publisher/city"'
            self._refuse(name, f"{reason}; {EVERY!r} stands for every element of an array")
            return ()

    def _shared(self, name: str, places: list[Place]) -> Place:
        try:
            return shared_place(places)
        except ValueError as error:
            self._refuse(name, str(error))
            return ()

    def _refuse(self, name: str, message: str) -> None:
        self.violations.append(Violation(f"{self._at}/{name}", str(self._raw.get("op", "op"))[:60], message))


def _below(shared: Place, places: tuple[Place, ...]) -> tuple[Place, ...]:
    return tuple(each[len(shared) :] for each in places)


OPS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...], Callable[[_Reading], Step]]]] = {
    "move": (("from", "path"), (), _Reading.move),
    "copy": (("from", "path"), (), _Reading.copy),
    "remove": (("path",), (), _Reading.remove),
    "default": (("path", "value"), ("nulls",), _Reading.default),
    "set": (("path", "value"), (), _Reading.set),
    "cast": (("path", "to"), (), _Reading.cast),
    "split": (("path", "by"), ("into",), _Reading.split),
    "join": (("path", "by"), ("from",), _Reading.join),
    "map": (("path", "values"), ("otherwise",), _Reading.map),
}
"""Each operation: the members that it needs, those that it may have, and how it is read."""
