"""How much work a schema can make of one value, bounded before anything is validated.

In: a `SchemaMap`. Out: violations. Start at `cost_violations`. Subschemas that judge the same value multiply: two
references each to the next definition, twenty times over, are a million judgements of one string. So the expansion is
counted on the graph of what applies to the same value, each shared part counted as often as it is reached.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from janua.errors import Violation
from janua.registry.references import Place, SchemaMap

SAME_VALUE = 5_000
"""Judgements of one value at most; of the real schemas that we know, none needs 300."""
DEEPEST = 128
"""References and combinations in a row at most, because what follows them is recursive."""
LISTED = 100
"""Violations that are listed at most."""

_LOOP = "this leads back to itself without stepping into the value, so it can never be decided"


def cost_violations(schemas: SchemaMap, limit: int) -> list[Violation]:
    """Return what is wrong with the size of a schema that may have `limit` subschemas, and with its loops."""
    count = sum(1 for _ in schemas)
    if count > limit:
        message = f"the schema has {count} subschemas; the limit is {limit}"
        return [Violation("", "$schema", message)]
    costs: dict[int, int] = {}
    found: list[Violation] = []
    for place in schemas:
        if id(place.schema) not in costs and len(found) < LISTED:
            found += _measure(place, schemas, costs, min(limit, SAME_VALUE))
    return found


def judging_same(place: Place, schemas: SchemaMap) -> Iterator[Place]:
    """Yield the places that judge the same value as this one, one step away."""
    target = schemas.target(place)
    if target is not None:
        yield target
    for child, each in schemas.children(place):
        if child.role == "same":
            yield each


@dataclass(slots=True)
class _Open:
    """A place whose cost is being counted."""

    place: Place
    steps: Iterator[Place]
    cost: int = 1
    largest: int = 0

    def add(self, cost: int) -> None:
        self.cost += cost
        self.largest = max(self.largest, cost)


def _measure(start: Place, schemas: SchemaMap, costs: dict[int, int], limit: int) -> list[Violation]:
    """Fill in the costs of a place and of all it reaches: depth first, not recursive; an open place met is a loop."""
    found: list[Violation] = []
    stack = [_Open(start, judging_same(start, schemas))]
    within = {id(start.schema)}
    while stack:
        top = stack[-1]
        step = next(top.steps, None)
        if step is None:
            stack.pop()
            within.discard(id(top.place.schema))
            # Capped, so that what doubles a thousand times over stays a small number.
            costs[id(top.place.schema)] = min(top.cost, limit + 1)
            if top.cost > limit >= top.largest:
                found.append(_too_much(top.place, limit))
            if stack:
                stack[-1].add(costs[id(top.place.schema)])
        elif isinstance(step.schema, bool) or id(step.schema) in costs:
            top.add(costs.get(id(step.schema), 1))
        elif id(step.schema) in within:
            found.append(Violation(top.place.pointer, "$ref", _LOOP))
        else:
            within.add(id(step.schema))
            stack.append(_Open(step, judging_same(step, schemas)))
            if len(stack) > DEEPEST:
                return [Violation(start.pointer, "$ref", f"more than {DEEPEST} references follow each other from here")]
    return found


def _too_much(place: Place, limit: int) -> Violation:
    message = f"one value would be judged more than {limit} times here, all references followed; share less by reference"
    return Violation(place.pointer, "$ref", message)
