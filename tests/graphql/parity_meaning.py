"""What the filters and orders of a case mean, in plain Python: neither plans nor SQL.

Start at `World.matching`. Types come from the compiled collections, as a filter says nothing of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cmp_to_key
from typing import Any
from uuid import UUID

from janua.model.collection import Collection, Field
from janua.model.types import Anything, Array, Integer, Number, Object, Text, Type, Union, Uuid
from tests.sql.reference import MISSING, contains, instant, matches, strict

Documents = dict[str, dict[str, Any]]
"""Id → document."""


@dataclass(frozen=True)
class World:
    """The two collections of a case and what is stored in them."""

    thing: Collection
    owner: Collection
    things: Documents
    owners: Documents

    def matching(self, where: Any, order: Sequence[Any]) -> list[str]:
        """Return the ids of the things that match, in order."""
        found = [id for id in self.things if self.holds(where, id)]
        return sorted(found, key=cmp_to_key(lambda left, right: self._compared(left, right, order)))

    def holds(self, where: Any, id: str) -> bool:
        """Return whether a filter on things holds for one."""
        return self._holds(where, self.thing, self.thing.type, self.things[id], id)

    def group_of(self, id: str, name: str) -> Any:
        """Return what tells the group of a thing from others, grouped by a property."""
        field = _field(self.thing, self.thing.type, name)
        value = self.things[id].get(name)
        return None if value is None else _key(field.type, value)

    def _holds(self, where: Any, collection: Collection, type: Type, value: Any, id: str) -> bool:
        match where:
            case ["and", parts]:
                return all(self._holds(each, collection, type, value, id) for each in parts)
            case ["or", parts]:
                return any(self._holds(each, collection, type, value, id) for each in parts)
            case ["not", part]:
                return not self._holds(part, collection, type, value, id)
            case ["field", name, part]:
                field = _field(collection, type, name)
                inner = value.get(name, MISSING) if isinstance(value, dict) else MISSING
                return self._holds(part, collection, field.type, inner, id)
            case ["some" | "every" | "none" as quantifier, part]:
                items = type.items if isinstance(type, Array) else type
                listed = value if isinstance(value, list) else []
                return _quantified(quantifier, [self._holds(part, collection, items, each, id) for each in listed])
            case ["is", operator, operand]:
                return _is(operator, type, value, operand)
            case ["id", operator, operand]:
                return _is(operator, Uuid(), id, operand)
            case ["_meta", _, operator, operand]:
                return _is(operator, Integer(), 1, operand)
            case _:
                return self._related(where, id)

    def _related(self, where: Any, id: str) -> bool:
        match where:
            case ["no owner", absent]:
                return (self._owner(id) is None) == absent
            case ["owner", part]:
                owner = self._owner(id)
                return owner is not None and self._of_owner(part, owner)
            case ["peers", quantifier, part]:
                peers = self.things[id].get("peer_ids") or []
                return _quantified(quantifier, [self._of_owner(part, each) for each in peers])
            case _:
                raise AssertionError(where)

    def _of_owner(self, part: Any, id: str) -> bool:
        match part:
            case ["things", quantifier, inner]:
                back = [each for each in self.things if self._owner(each) == id]
                return _quantified(quantifier, [self.holds(inner, each) for each in back])
            case ["peered", quantifier, inner]:
                back = [each for each, thing in self.things.items() if id in (thing.get("peer_ids") or [])]
                return _quantified(quantifier, [self.holds(inner, each) for each in back])
            case ["not", inner]:
                return not self._of_owner(inner, id)
            case _:
                return self._holds(part, self.owner, self.owner.type, self.owners[id], id)

    def _owner(self, id: str) -> str | None:
        return self.things[id].get("owner_id")

    def _compared(self, left: str, right: str, order: Sequence[Any]) -> int:
        direction, seen = "asc", list[Any]()
        for place, path, wanted, nulls in order:
            if [place, path] in seen:
                continue
            seen.append([place, path])
            direction = wanted  # the last one is that of the id, too
            first, second = (self._sorted_by(each, place, path) for each in (left, right))
            found = _ordered(first, second, direction, nulls)
            if found:
                return found
        return _ordered(left, right, direction, None)

    def _sorted_by(self, id: str, place: str, path: list[str]) -> Any:
        """Return the value that a thing is sorted by, None for what is null."""
        match place, path:
            case "system", ["id"]:
                return id
            case "system", ["_meta", _]:
                return 1
            case "system", ["owner", name]:
                owner = self._owner(id)
                collection, value = self.owner, self.owners.get(owner or "")
                path = [name]
            case _:
                collection, value = self.thing, self.things[id]
        type = collection.type
        for name in path:
            type = _field(collection, type, name).type
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is None else _key(type, value)


def _field(collection: Collection, type: Type, name: str) -> Field:
    [found] = [each for each in collection.children(type) if each.name == name]
    return found


def _quantified(quantifier: str, results: list[bool]) -> bool:
    return {"some": any(results), "every": all(results), "none": not any(results)}[quantifier]


def _ordered(left: Any, right: Any, direction: str, nulls: str | None) -> int:
    if left is None or right is None:
        first = (nulls or ("last" if direction == "asc" else "first")) == "first"
        return 0 if left is right else (-1 if (left is None) == first else 1)
    found = (left > right) - (left < right)
    return found if direction == "asc" else -found


def _key(type: Type, value: Any) -> Any:
    """Return what compares as a value of this type does."""
    match type:
        case Integer() | Number():
            return Decimal(value)
        case Uuid():
            return UUID(value)
        case Text():
            return value.encode()
        case _ if type.__class__.__name__ == "DateTime":
            return instant(value)
        case _ if type.__class__.__name__ == "Time":
            return instant("2000-01-01T" + value)
        case Object() | Array() | Union() | Anything():
            return strict(value)
        case _:
            return value.encode() if isinstance(value, str) else value


def _is(operator: str, type: Type, value: Any, operand: Any) -> bool:
    match operator:
        case "exists":
            return (value is not MISSING) == operand
        case "isNull":
            return (value is MISSING or value is None) == operand
        case "isEmpty":
            return (not (isinstance(value, list) and value)) == operand
        case "ne":
            return not _is("eq", type, value, operand)
        case "notIn":
            return not _is("in", type, value, operand)
        case "hasAll" if not operand:
            return True
        case _ if value is MISSING or value is None:
            return False
        case "in":
            return any(_is("eq", type, value, each) for each in operand)
        case "has" | "hasAny" | "hasAll":
            return _has(operator, type.items if isinstance(type, Array) else type, value, operand)
        case _:
            return COMPARISONS[operator](type, value, operand)


def _has(operator: str, items: Type, value: list[Any], operand: Any) -> bool:
    wanted = [operand] if operator == "has" else operand
    found = [any(_is("eq", items, element, each) for element in value) for each in wanted]
    return any(found) if operator == "hasAny" else all(found)


def _by_key(test: Callable[[Any, Any], bool]) -> Callable[[Type, Any, Any], bool]:
    return lambda of, value, operand: test(_key(of, value), _key(of, operand))


COMPARISONS: dict[str, Callable[[Type, Any, Any], bool]] = {
    "eq": _by_key(lambda value, operand: value == operand),
    "gt": _by_key(lambda value, operand: value > operand),
    "gte": _by_key(lambda value, operand: value >= operand),
    "lt": _by_key(lambda value, operand: value < operand),
    "lte": _by_key(lambda value, operand: value <= operand),
    "contains": lambda _, value, operand: operand in value,
    "startsWith": lambda _, value, operand: value.startswith(operand),
    "endsWith": lambda _, value, operand: value.endswith(operand),
    "icontains": lambda _, value, operand: operand.lower() in value.lower(),
    "ieq": lambda _, value, operand: value.lower() == operand.lower(),
    "like": lambda _, value, operand: matches(operand, value),
    "ilike": lambda _, value, operand: matches(operand.lower(), value.lower()),
    "containsJson": lambda _, value, operand: contains(value, operand),
}
