"""Which value of a plan goes to which parameter of a statement, and in which form.

`Binds` hands out parameters while a plan is lowered; `value_of` makes the value of one of them at run time. Some
operators need a form of the operand that is easier made here than in SQL: a prefix, a LIKE pattern, a JSON path.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, cast

from janua.sql import terms
from janua.sql.terms import ArrayType, SqlType, Tree, parameter, text

Form = Literal["plain", "texts", "prefix", "prefixes", "ceiling", "exactly", "opening", "all_of", "any_of"]
"""plain: as it is. texts: a list. prefix(es): the first `width` characters. ceiling: what no text of `width` characters
that starts with the operand sorts after. exactly, opening: a LIKE pattern of the operand, of texts that start with it.
all_of: one JSON array of many JSON texts. any_of: a JSON path that finds any of many JSON scalars in an array."""

LAST_CHARACTER = "\U0010ffff"
"""No character sorts after it in COLLATE "C"."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A parameter: the value at `position` of the plan's values, in a form (`width` counts characters)."""

    position: int
    form: Form = "plain"
    width: int = 0


def value_of(bind: Bind, values: Sequence[object]) -> object:
    """Return what is bound to a parameter, given the values of the plan."""
    return _FORMS[bind.form](values[bind.position], bind.width)


class Binds:
    """The parameters of one statement, numbered as they are first used; and fresh aliases for its tables.

    With `literals`, the values are written into the SQL instead: a partial index has no parameters.
    """

    def __init__(self, literals: Sequence[object] | None = None) -> None:
        self._literals = literals
        self._used: dict[Bind, int] = {}
        self._aliases = 0

    @property
    def used(self) -> tuple[Bind, ...]:
        """Return the binds in the order of their parameters."""
        return tuple(self._used)

    def alias(self) -> str:
        """Return an alias that this statement has not used yet."""
        self._aliases += 1
        return f"t{self._aliases - 1}"

    def use(self, position: int, type: SqlType, form: Form = "plain", width: int = 0) -> Tree:
        """Return the operand at a position, in a form, as this SQL type."""
        return terms.cast(self.operand(Bind(position, form, width), type), type)

    def use_all(self, position: int, type: ArrayType, form: Form = "texts", width: int = 0) -> Tree:
        """Return a list operand as an SQL array."""
        return terms.cast(self.operand(Bind(position, form, width), type), type)

    def listed(self, position: int) -> list[Tree] | None:
        """Return the members of a list operand, where values are written into the SQL."""
        if self._literals is None:
            return None
        return [terms.cast(_literal(each), "text") for each in _listed(self._literals[position])]

    def place_of(self, bind: Bind) -> int:
        """Return the number of a parameter, counted from 1."""
        return self._used.setdefault(bind, len(self._used) + 1)

    def operand(self, bind: Bind, type: SqlType | ArrayType) -> Tree:  # noqa: ARG002 -- `points` needs the type
        """Return an operand that will be cast to a type."""
        if self._literals is None:
            return parameter(self.place_of(bind))
        return _literal(value_of(bind, self._literals))


def _literal(value: object) -> Tree:
    if isinstance(value, bool):
        return text("true" if value else "false")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return terms.array(_literal(each) for each in cast("Sequence[object]", value))
    return text(str(value))


def _listed(value: object) -> list[object]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError(f"not a list operand: {type(value).__name__}")
    return list(cast("Sequence[object]", value))


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _ceiling(value: object, width: int) -> str:
    prefix = str(value)[:width]
    return prefix + LAST_CHARACTER * (width - len(prefix))


def _any_of(value: object) -> str:
    """Return the alternatives as a balanced tree, for PostgreSQL recurses into them."""
    tests = [f"@ == {each}" for each in _listed(value)]
    while len(tests) > 1:
        pairs = [tests[place : place + 2] for place in range(0, len(tests), 2)]
        tests = [f"({' || '.join(pair)})" for pair in pairs]
    return f"$[*] ? ({tests[0]})"


_FORMS: dict[Form, Callable[[object, int], object]] = {
    "plain": lambda value, _: value,
    "texts": lambda value, _: _listed(value),
    "prefix": lambda value, width: str(value)[:width],
    "prefixes": lambda value, width: [str(each)[:width] for each in _listed(value)],
    "ceiling": _ceiling,
    "exactly": lambda value, _: _escaped(str(value)),
    "opening": lambda value, _: _escaped(str(value)) + "%",
    "all_of": lambda value, _: f"[{','.join(str(each) for each in _listed(value))}]",
    "any_of": lambda value, _: _any_of(value),
}
