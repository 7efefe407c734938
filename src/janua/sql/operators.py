"""The table of filter operators in SQL: one function for each, from a target and an operand to a condition.

A condition may be SQL null where the operator does not hold. Start at `OPERATORS`; `claims` says which index serves
which.
"""

from collections.abc import Callable
from dataclasses import dataclass

from janua.model.types import Anything, Type
from janua.query.nodes import Column, Place, Position, Target
from janua.query.operators import Operator
from janua.sql import terms
from janua.sql.binds import Binds
from janua.sql.expressions import (
    LONG_KEY,
    Row,
    is_long,
    json_at,
    key_of,
    key_width,
    operand_of,
    operands_of,
    text_at,
    type_of,
    value_of,
    words_at,
)
from janua.sql.terms import Comparison, Tree


@dataclass(frozen=True, slots=True)
class Subject:
    """What an operator is applied to: the target in a row, and the operand's position."""

    row: Row
    target: Target
    position: Position
    binds: Binds

    @property
    def type(self) -> Type:
        """Return the type of the target."""
        return type_of(self.target)

    @property
    def text(self) -> Tree:
        """Return the text of the target."""
        return text_at(self.row, self.place.path)

    @property
    def json(self) -> Tree:
        """Return the jsonb of the target."""
        return json_at(self.row, self.place.path)

    @property
    def place(self) -> Place:
        """Return the target, which is in the document: planning gives these operators to no column."""
        if isinstance(self.target, Column):
            raise TypeError(f"the column {self.target.name} has no text and no JSON")
        return self.target

    @property
    def pattern(self) -> Tree:
        """Return the operand, which is a LIKE pattern already."""
        return self.binds.use(self.position, "text")


def _equals(subject: Subject) -> Tree:
    operand = operand_of(subject.type, subject.position, subject.binds)
    value = value_of(subject.row, subject.target)
    equal = terms.compare(value, "=", operand)
    if isinstance(subject.type, Anything):
        # Redundant, but a gin index serves it.
        return terms.all_of(terms.json_contains(value, operand), equal)
    return terms.all_of(*_key_condition(subject, "="), equal)


def _is_among(subject: Subject) -> Tree:
    among = terms.equals_any(
        value_of(subject.row, subject.target), operands_of(subject.type, subject.position, subject.binds)
    )
    if not _is_long_place(subject):
        return among
    prefixes = subject.binds.use_all(subject.position, "text[]", "prefixes", LONG_KEY)
    return terms.all_of(terms.equals_any(key_of(subject.row, subject.target), prefixes), among)


def _bounded(operator: Comparison, of_key: Comparison) -> Callable[[Subject], Tree]:
    def lowered(subject: Subject) -> Tree:
        operand = operand_of(subject.type, subject.position, subject.binds)
        exactly = terms.compare(value_of(subject.row, subject.target), operator, operand)
        return terms.all_of(*_key_condition(subject, of_key), exactly)

    return lowered


def _key_condition(subject: Subject, operator: Comparison) -> tuple[Tree, ...]:
    """Return what a condition on long text implies for its index key."""
    if not _is_long_place(subject):
        return ()
    prefix = subject.binds.use(subject.position, "text", "prefix", LONG_KEY)
    return (terms.compare(key_of(subject.row, subject.target), operator, prefix),)


def _is_long_place(subject: Subject) -> bool:
    return isinstance(subject.target, Place) and is_long(subject.type)


def _starts_with(subject: Subject) -> Tree:
    # A range, for LIKE with a parameter is no index condition; LIKE is exact, and a trigram index serves it.
    width, key = key_width(subject.type), key_of(subject.row, subject.target)
    lowest = subject.binds.use(subject.position, "text", "prefix", width)
    highest = subject.binds.use(subject.position, "text", "ceiling", width)
    opening = subject.binds.use(subject.position, "text", "opening")
    return terms.all_of(
        terms.compare(key, ">=", lowest), terms.compare(key, "<=", highest), terms.like(subject.text, opening)
    )


def _is_like(subject: Subject) -> Tree:
    return terms.like(subject.text, subject.pattern)


def _is_like_in_any_case(subject: Subject) -> Tree:
    return terms.like(subject.text, subject.pattern, any_case=True)


def _equals_in_any_case(subject: Subject) -> Tree:
    # A trigram index serves ILIKE.
    exactly = subject.binds.use(subject.position, "text", "exactly")
    operand = subject.binds.use(subject.position, "text")
    same = terms.compare(terms.call("lower", subject.text), "=", terms.call("lower", operand))
    return terms.all_of(terms.like(subject.text, exactly, any_case=True), same)


def _has_words(subject: Subject) -> Tree:
    asked = terms.call("websearch_to_tsquery", terms.text("simple"), subject.binds.use(subject.position, "text"))
    return terms.matches_words(words_at(subject.row, subject.place.path), asked)


def _contains_json(subject: Subject) -> Tree:
    return terms.json_contains(subject.json, subject.binds.use(subject.position, "jsonb"))


def _has_all(subject: Subject) -> Tree:
    return terms.json_contains(subject.json, subject.binds.use(subject.position, "jsonb", "all_of"))


def _has_any(subject: Subject) -> Tree:
    return terms.json_has(subject.json, subject.binds.use(subject.position, "jsonpath", "any_of"))


def _complement(of: Callable[[Subject], Tree]) -> Callable[[Subject], Tree]:
    return lambda subject: terms.is_not_true(of(subject))


def _is_planned_as_presence(subject: Subject) -> Tree:
    raise TypeError(f"{subject.target} is tested for presence, which is a `Presence`, not a `Compare`")


OPERATORS: dict[Operator, Callable[[Subject], Tree]] = {
    "eq": _equals,
    "ne": _complement(_equals),
    "in": _is_among,
    "notIn": _complement(_is_among),
    "gt": _bounded(">", ">="),
    "gte": _bounded(">=", ">="),
    "lt": _bounded("<", "<="),
    "lte": _bounded("<=", "<="),
    "isNull": _is_planned_as_presence,
    "exists": _is_planned_as_presence,
    "isEmpty": _is_planned_as_presence,
    "contains": _is_like,
    "startsWith": _starts_with,
    "endsWith": _is_like,
    "icontains": _is_like_in_any_case,
    "ieq": _equals_in_any_case,
    "like": _is_like,
    "ilike": _is_like_in_any_case,
    "search": _has_words,
    "has": _contains_json,
    "hasAny": _has_any,
    "hasAll": _has_all,
    "containsJson": _contains_json,
}
"""How each operator is written; `claims` says which index serves it."""
