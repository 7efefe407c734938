"""Sort keys: names as asked → `OrderKey`s that make one total order.

Start at `order_keys`. `route` finds the scalar that a path of names leads to; figures and groups use it too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from janua.errors import InvalidQuery, QueryTooLarge
from janua.model.catalog import Catalog
from janua.model.types import Anything, Array, Object, Scalar, Union
from janua.query.ast import Direction, Nulls, OrderTerm, Spelling
from janua.query.limits import QueryLimits
from janua.query.nodes import Column, Link, OrderKey, Target
from janua.query.scopes import COLUMN_TYPES, META, Scope, legible, root_scope

LARGEST: dict[Direction, Nulls] = {"asc": "last", "desc": "first"}
"""Where null goes as the largest value: one index then serves both directions."""


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a scalar: the to-one relations to follow, and where it stands there."""

    through: tuple[Link, ...]
    target: Target
    type: Scalar


def order_keys(
    catalog: Catalog, collection: str, terms: Sequence[OrderTerm], spelling: Spelling, limits: QueryLimits
) -> tuple[OrderKey, ...]:
    """Return the keys of a total order: as asked, each once, and the id last, in the direction of the key before it.

    So all keys go one way where the caller's do, and one index on (key, id) serves both directions.
    Raises: `UnknownField`, `InvalidQuery`, `QueryTooLarge`.
    """
    parameter = "sort" if spelling == "rest" else "orderBy"
    if len(terms) > limits.order_keys:
        raise QueryTooLarge("sort keys", len(terms), limits.order_keys)
    scope = root_scope(catalog, collection, spelling)
    keys: dict[tuple[tuple[Link, ...], Target], OrderKey] = {}
    for term in terms:
        found = route(scope, term.path, parameter, limits)
        key = OrderKey(found.target, term.direction, term.nulls or LARGEST[term.direction], found.through)
        keys.setdefault((key.through, key.target), key)
    return _total(tuple(keys.values()))


def route(scope: Scope, path: Sequence[str], parameter: str, limits: QueryLimits) -> Route:
    """Return the way to the scalar that `path` names, from a record, through objects and to-one relations.

    Raises: `UnknownField`, `QueryTooLarge`, and `InvalidQuery` naming `parameter` when it leads to no scalar.
    """
    through: tuple[Link, ...] = ()
    for place, name in enumerate(path):
        column = _column(scope, path[place:])
        if column is not None:
            return Route(through, column, COLUMN_TYPES[column.name])
        related = scope.related(name)
        if related is not None and related.many:
            raise InvalidQuery(parameter, f"{scope.show(name)} leads to several records")
        if related is not None:
            scope, through = scope.at_target(related, name, limits), (*through, related.link)
            continue
        field = scope.field(name)
        if field is None:
            raise _backwards(parameter, path) or scope.unknown(name)
        scope = scope.inside(field, name)
    return _ended(scope, through, parameter)


def _backwards(parameter: str, path: Sequence[str]) -> InvalidQuery | None:
    """Return what to say of `price:desc`, as other query languages have it."""
    name, _, direction = ".".join(path).rpartition(":")
    if parameter != "sort" or not name or direction.lower() not in ("asc", "desc"):
        return None
    sign = "-" if direction.lower() == "desc" else ""
    return InvalidQuery(parameter, f"the direction is a sign before the name: {legible(sign + name)}")


def _column(scope: Scope, rest: Sequence[str]) -> Column | None:
    if not scope.record:
        return None
    if list(rest) == ["id"]:
        return Column("id")
    if rest[0] == "_meta" and len(rest) == 2:
        return META.get(rest[1])
    return None


def _ended(scope: Scope, through: tuple[Link, ...], parameter: str) -> Route:
    if isinstance(scope.type, Object | Array | Union | Anything):
        shown = scope.show()
        raise InvalidQuery(parameter, f"{shown} is not a single value" if shown else "a name is missing")
    return Route(through, scope.place(), scope.type)


def _total(keys: tuple[OrderKey, ...]) -> tuple[OrderKey, ...]:
    by_id = next((place for place, key in enumerate(keys) if key.target == Column("id") and not key.through), None)
    if by_id is not None:
        return keys[: by_id + 1]
    direction: Direction = keys[-1].direction if keys else "asc"
    return (*keys, OrderKey(Column("id"), direction, LARGEST[direction]))
