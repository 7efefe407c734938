"""Filters become conditions.

Takes a `query.nodes.Filter`, returns a tree. A condition may be SQL null where the filter does not hold, which WHERE
takes for false; complements (`ne`, `notIn`, `Not`) use IS NOT TRUE and so are exact. Start at `condition`.
"""

from typing import assert_never

from sqlglot import exp

from janua.model.types import Anything, Array, Boolean, Date, Enum, Integer, Number, Object, Text, Type, Union
from janua.query.nodes import (
    Always,
    And,
    Compare,
    Filter,
    Link,
    Not,
    OnElements,
    OnRelated,
    Or,
    Place,
    Presence,
    Quantifier,
)
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row, json_at, key_of, operand_of, text_at
from janua.sql.operators import OPERATORS, Subject
from janua.sql.terms import Tree

SAME_AS_JSON = (Text, Enum, Integer, Number, Boolean, Date, Anything)
"""Types whose values are equal exactly when their JSON is."""
CONTAINED_PARTS = 10
"""How many conditions on one element are told to a gin index."""


def condition(filter: Filter, row: Row, binds: Binds) -> Tree:
    """Return the condition under which the filter holds for a row; null counts as false."""
    match filter:
        case Always(holds):
            return terms.true() if holds else terms.false()
        case Compare(target, operator, operand):
            return OPERATORS[operator](Subject(row, target, operand, binds))
        case Presence():
            return _presence(filter, row)
        case And(parts):
            return terms.all_of(*(condition(each, row, binds) for each in parts))
        case Or(parts):
            return terms.any_of(*(condition(each, row, binds) for each in parts))
        case Not(part):
            return terms.is_not_true(condition(part, row, binds))
        case OnElements():
            return _on_elements(filter, row, binds)
        case OnRelated():
            return _on_related(filter, row, binds)
        case _:
            assert_never(filter)


def related_rows(link: Link, row: Row, binds: Binds) -> tuple[Row, exp.Select]:
    """Return the related records of a row: as what they can be read, and a select of them without columns yet."""
    related = Row(binds.alias())
    source = selects.table(link.table, related.alias)
    match link.kind:
        case "to_one":
            linked = terms.compare(related.column("id"), "=", row.column(link.column))
        case "from_one":
            linked = terms.compare(related.column(link.column), "=", row.column("id"))
        case "to_many" | "from_many":
            return related, _paired(link, related, source, row, binds)
        case _:
            assert_never(link.kind)
    return related, selects.select(source=source, where=linked)


def _paired(link: Link, related: Row, source: Tree, row: Row, binds: Binds) -> exp.Select:
    ours, theirs = ("record_id", "target_id") if link.kind == "to_many" else ("target_id", "record_id")
    pair = Row(binds.alias())
    mine = terms.compare(pair.column(ours), "=", row.column("id"))
    found = selects.select(source=selects.table(link.via, pair.alias), where=mine)
    return found.join(source, on=terms.compare(related.column("id"), "=", pair.column(theirs)), copy=False)


def _presence(test: Presence, row: Row) -> Tree:
    match test.operator:
        case "isNull":
            return _is_null(test.target, row) if test.holds else _is_not_null(test.target, row)
        case "exists":
            there = json_at(row, test.target.path)
            if test.holds:
                return terms.is_not_null(there)
            return terms.all_of(*_key_is_null(test.target, row), terms.is_null(there))
        case "isEmpty":
            found = json_at(row, test.target.path)
            is_array = terms.compare(terms.call("jsonb_typeof", found), "=", terms.text("array"))
            empty = terms.compare(found, "=", terms.cast(terms.text("[]"), "jsonb"))
            filled = terms.all_of(is_array, terms.negated(empty))
            return terms.is_not_true(filled) if test.holds else filled
        case _:
            assert_never(test.operator)


def _is_null(target: Place, row: Row) -> Tree:
    if _is_structured(target.type):
        return terms.is_not_true(_is_not_null(target, row))
    if _key_tells(target):
        return terms.all_of(*_key_is_null(target, row))
    return terms.all_of(*_key_is_null(target, row), terms.is_null(text_at(row, target.path)))


def _is_not_null(target: Place, row: Row) -> Tree:
    if _is_structured(target.type):
        found = terms.call("jsonb_typeof", json_at(row, target.path))
        return terms.negated(terms.compare(terms.call("coalesce", found, terms.text("null")), "=", terms.text("null")))
    if _key_tells(target):
        return terms.is_not_null(key_of(row, target))
    return terms.is_not_null(text_at(row, target.path))


def _key_is_null(target: Place, row: Row) -> tuple[Tree, ...]:
    """Return what being missing implies for the index key, so that the index narrows it."""
    return () if _is_structured(target.type) else (terms.is_null(key_of(row, target)),)


def _is_structured(type: Type) -> bool:
    return isinstance(type, Array | Object | Union | Anything)


def _key_tells(target: Place) -> bool:
    """Return whether the key is null exactly where the value is; an instant is null for some valid texts too."""
    return isinstance(target.type, Text | Enum | Date | Integer | Number | Boolean) and not target.column


def _on_elements(test: OnElements, row: Row, binds: Binds) -> Tree:
    array = json_at(row, test.target.path)
    is_array = terms.compare(terms.call("jsonb_typeof", array), "=", terms.text("array"))
    safe = terms.case(is_array, json_at(row, test.target.path), terms.cast(terms.text("[]"), "jsonb"))
    element = Row(binds.alias(), document="value")
    source = selects.rows_of(terms.call("jsonb_array_elements", safe), element.alias or "", "value")
    found = _quantified(test.quantifier, test.part, element, selects.select(source=source), binds)
    pattern = _contained(test.part, binds) if test.quantifier == "some" else None
    if pattern is None:
        return found
    # Redundant, but a gin index serves it.
    whole = terms.call("jsonb_build_array", pattern)
    return terms.all_of(terms.json_contains(json_at(row, test.target.path), whole), found)


def _on_related(test: OnRelated, row: Row, binds: Binds) -> Tree:
    if test.link.kind == "to_one" and test.quantifier == "some" and test.part == Always(holds=True):
        return terms.is_not_null(row.column(test.link.column))
    related, rows = related_rows(test.link, row, binds)
    return _quantified(test.quantifier, test.part, related, rows, binds)


def _quantified(quantifier: Quantifier, part: Filter, row: Row, rows: exp.Select, binds: Binds) -> Tree:
    holds = condition(part, row, binds)
    tested = terms.is_not_true(holds) if quantifier == "every" else holds
    found = selects.exists(selects.with_condition(rows.select(terms.number(1), copy=False), tested))
    return found if quantifier == "some" else terms.negated(found)


Contained = dict[str, "Contained | Tree"]


def _contained(part: Filter, binds: Binds) -> Tree | None:
    """Return JSON that every element which satisfies the condition contains; None when nothing is known of it."""
    members: Contained = {}
    for each in part.parts[:CONTAINED_PARTS] if isinstance(part, And) else (part,):
        match each:
            case Compare(Place(path, type), "eq", operand) if isinstance(type, SAME_AS_JSON):
                value = terms.call("to_jsonb", operand_of(type, operand, binds))
                if not path:
                    return value
                _put(members, path, value)
            case _:
                pass
    return _built(members) if members else None


def _put(members: Contained, path: tuple[str, ...], value: Tree) -> None:
    for key in path[:-1]:
        inner = members.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        members = inner
    members.setdefault(path[-1], value)


def _built(members: Contained) -> Tree:
    pairs: list[Tree] = []
    for key, value in members.items():
        pairs += [terms.text(key), _built(value) if isinstance(value, dict) else value]
    return terms.call("jsonb_build_object", *pairs)
