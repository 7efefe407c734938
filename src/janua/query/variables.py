"""Queries with variables in them: planned once, run with the values that each request gives.

A `Variable` in a filter becomes a `Deferred` among the plan's values, read anew for each run. Where a plan depends on
more than that a value is there, planning raises `Structural`: the caller plans with the value itself instead.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from janua.model.types import Json
from janua.query.ast import Raw, Variable

V = TypeVar("V")
W = TypeVar("W")

Lookup = Callable[[Variable], Json]
"""What a variable stands for in one run."""


class Structural(Exception):
    """The plan depends on the value of the variable in `raw`."""

    def __init__(self, raw: Raw) -> None:
        super().__init__(raw)
        self.variable = variable_in(raw)


@dataclass(frozen=True, slots=True)
class Deferred(Generic[V]):
    """A value that is read once the variables in `raw` are known; reading raises what planning would have raised."""

    raw: Raw
    read: Callable[[Json], V]

    def then(self, change: Callable[[V], W]) -> "Deferred[W]":
        """Return this value, changed."""
        read = self.read

        def read_on(raw: Json) -> W:
            return change(read(raw))

        return Deferred(self.raw, read_on)

    def value(self, lookup: Lookup) -> V:
        """Return the value for one run."""
        raw = self.raw
        return self.read(lookup(raw) if isinstance(raw, Variable) else substituted(raw, lookup))


def variable_in(raw: Raw) -> Variable | None:
    """Return a variable somewhere in a value, if there is one. The value is known not to be nested too deeply."""
    if isinstance(raw, Variable):
        return raw
    if not isinstance(raw, dict | list):
        return None
    inner = raw.values() if isinstance(raw, dict) else raw
    return next((found for each in inner if (found := variable_in(each)) is not None), None)


def known(raw: Raw) -> Json:
    """Return a value that must have no variables in it.

    Raises: `Structural`.
    """
    if variable_in(raw) is not None:
        raise Structural(raw)
    return cast("Json", raw)


def substituted(raw: Raw, lookup: Lookup) -> Json:
    """Return a value with its variables replaced."""
    match raw:
        case Variable():
            return lookup(raw)
        case str():
            return raw
        case Mapping():
            return {name: substituted(each, lookup) for name, each in raw.items()}
        case Sequence():
            return [substituted(each, lookup) for each in raw]
        case _:
            return raw


def no_lookup(variable: Variable) -> Json:
    """Look up variables where there are none: whoever planned without them says so with this."""
    raise TypeError(f"{variable} was to be known")
