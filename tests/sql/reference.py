"""What filters mean, in plain Python: the other side of the differential test."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from janua.model.json import loads
from janua.model.types import Anything, Array, DateTime, Integer, Number, Object, Time, Type, Union, Uuid
from janua.query.nodes import Always, And, Column, Compare, Filter, Not, OnElements, Or, Place, Presence

MISSING: Any = object()


def holds(filter: Filter, document: Any, id: UUID, values: Sequence[Any]) -> bool:
    """Return whether a filter without relations holds for a document."""
    match filter:
        case Always(expected):
            return expected
        case And(parts):
            return all(holds(each, document, id, values) for each in parts)
        case Or(parts):
            return any(holds(each, document, id, values) for each in parts)
        case Not(part):
            return not holds(part, document, id, values)
        case Presence(target, operator, expected):
            return present(at(document, target.path), operator) == expected
        case OnElements(target, quantifier, part):
            found = at(document, target.path)
            results = [holds(part, each, id, values) for each in (found if isinstance(found, list) else [])]
            return {"some": any(results), "every": all(results), "none": not any(results)}[quantifier]
        case Compare(Column(), operator, operand):
            return compare(operator, Uuid(), id, values[operand])
        case Compare(Place(path, type), operator, operand):
            return compare(operator, type, at(document, path), values[operand])
        case _:
            raise AssertionError(filter)


def at(document: Any, path: Sequence[str]) -> Any:
    for key in path:
        if not isinstance(document, dict) or key not in document:
            return MISSING
        document = document[key]
    return document


def present(found: Any, operator: str) -> bool:
    if operator == "exists":
        return found is not MISSING
    if operator == "isNull":
        return found is MISSING or found is None
    return not (isinstance(found, list) and found)


def compare(operator: str, type: Type, found: Any, operand: Any) -> bool:
    if operator == "ne":
        return not compare("eq", type, found, operand)
    if operator == "notIn":
        return not compare("in", type, found, operand)
    if found is MISSING or (found is None and operator != "containsJson"):
        return False
    return OPERATORS[operator](type, found, operand)


def meaning(type: Type, value: Any) -> Any:
    match type:
        case Integer() | Number():
            return Decimal(value)
        case DateTime():
            return instant(value)
        case Time():
            return instant("2000-01-01T" + value)
        case Uuid():
            return value if isinstance(value, UUID) else UUID(value)
        case Array() | Object() | Union() | Anything():
            return strict(loads(value) if isinstance(value, str) else value)
        case _:
            return value


def instant(text: str) -> datetime:
    found = re.fullmatch(r"(\d+-\d+-\d+)[Tt](\d+):(\d+):(\d+)(?:\.(\d+))?(?:[Zz]|([+-])(\d+):(\d+))", text)
    assert found
    ahead = timedelta(hours=int(found[7] or 0), minutes=int(found[8] or 0)) * (-1 if found[6] == "-" else 1)
    since = timedelta(
        hours=int(found[2]),
        minutes=int(found[3]),
        seconds=int(found[4]),
        microseconds=int((found[5] or "0")[:6].ljust(6, "0")),
    )
    return datetime.fromisoformat(found[1]).replace(tzinfo=UTC) + since - ahead


def strict(value: Any) -> Any:
    """Return a JSON value such that Python's equality is JSON's: true is not 1."""
    match value:
        case bool():
            return ("boolean", value)
        case int() | Decimal():
            return ("number", Decimal(value))
        case list():
            return ("array", tuple(strict(each) for each in value))
        case dict():
            return ("object", frozenset((key, strict(each)) for key, each in value.items()))
        case _:
            return (type(value).__name__, value)


def contains(found: Any, part: Any, *, top: bool = True) -> bool:
    """PostgreSQL's `@>`."""
    match found, part:
        case list(), list():
            return all(any(contains(each, wanted, top=False) for each in found) for wanted in part)
        case dict(), dict():
            return all(key in found and contains(found[key], wanted, top=False) for key, wanted in part.items())
        case (list(), str() | int() | Decimal() | None) if top:
            return any(strict(each) == strict(part) for each in found)
        case _:
            return not isinstance(found, list | dict) and strict(found) == strict(part)


def matches(pattern: str, text: str) -> bool:
    parts: list[str] = re.findall(r"\\.|.", pattern, re.DOTALL)
    wild = {"%": ".*", "_": "."}
    expression = "".join(wild[each] if each in wild else re.escape(each[-1]) for each in parts)
    return re.fullmatch(expression, text, re.DOTALL) is not None


def ordered(test: Callable[[Any, Any], bool]) -> Callable[[Type, Any, Any], bool]:
    return lambda of, found, operand: test(key(of, found), key(of, operand))


def key(type: Type, value: Any) -> Any:
    found = meaning(type, value)
    return found.encode() if isinstance(found, str) else found


OPERATORS: dict[str, Callable[[Type, Any, Any], bool]] = {
    "eq": lambda of, found, operand: (
        strict(found) == strict(loads(operand))
        if isinstance(of, Anything)
        else meaning(of, found) == meaning(of, operand)
    ),
    "in": lambda of, found, operand: any(meaning(of, found) == meaning(of, each) for each in operand),
    "gt": ordered(lambda found, operand: found > operand),
    "gte": ordered(lambda found, operand: found >= operand),
    "lt": ordered(lambda found, operand: found < operand),
    "lte": ordered(lambda found, operand: found <= operand),
    "contains": lambda _, found, operand: matches(operand, found),
    "startsWith": lambda _, found, operand: found.startswith(operand),
    "endsWith": lambda _, found, operand: matches(operand, found),
    "icontains": lambda _, found, operand: matches(operand.lower(), found.lower()),
    "ieq": lambda _, found, operand: found.lower() == operand.lower(),
    "like": lambda _, found, operand: matches(operand, found),
    "ilike": lambda _, found, operand: matches(operand.lower(), found.lower()),
    "has": lambda _, found, operand: contains(found, loads(operand)),
    "hasAny": lambda _, found, operand: any(contains(found, loads(each)) for each in operand),
    "hasAll": lambda _, found, operand: all(contains(found, loads(each)) for each in operand),
    "containsJson": lambda _, found, operand: found is not MISSING and contains(found, loads(operand)),
}
