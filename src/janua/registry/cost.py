"""How much work a schema can make of one value, bounded before anything is validated.

In: a `SchemaMap`. Out: violations. Start at `cost_violations`. Subschemas multiply: two references each to the next
definition, twenty times over, are a million judgements of one string. So what is reached is counted on the graph, each
shared part as often as it is reached and each loop once, in two measures: what judges one and the same value, and what
judges the values along one path into a document (of the properties of an object, the costliest).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from janua.errors import Violation
from janua.model.collection import Schema
from janua.registry.keywords import draft_of, subschemas
from janua.registry.references import Place, SchemaMap

SAME_VALUE = 5_000
"""Judgements of one value at most; of the real schemas that we know, none needs 300."""
DEEPEST = 128
"""References and combinations in a row at most, because what follows them is recursive."""
LISTED = 100
"""Violations that are listed at most."""

Step = tuple[str, Place]
"""A subschema and the group it counts in: of a group other than "", only the costliest member counts."""
_LOOP = "this leads back to itself without stepping into the value, so it can never be decided"


def size_violations(document: Schema, limit: int) -> list[Violation]:
    """Return a violation when a document has more than `limit` subschemas: their places need not be found then."""
    count = 0
    pending = [(document, draft_of(document))]
    while pending:
        schema, draft = pending.pop()
        count += 1
        if count > limit:
            return [Violation("", "$schema", f"the schema has more than {limit} subschemas")]
        pending.extend((each.schema, draft_of(each.schema, draft)) for each in subschemas(schema, draft))
    return []


def cost_violations(schemas: SchemaMap, limit: int) -> list[Violation]:
    """Return what is wrong with the size of a schema that may cost `limit`, and with its loops."""
    count = sum(1 for _ in schemas)
    if count > limit:
        return [Violation("", "$schema", f"the schema has {count} subschemas; the limit is {limit}")]
    same = _Measure(schemas, judging_same, min(limit, SAME_VALUE), deepest=DEEPEST)
    for place in schemas:
        same.take(place)
        if len(same.violations) >= LISTED:
            break
    if same.violations:
        return same.violations
    path = _Measure(schemas, _judging_path, limit)
    path.take(schemas.root)
    return path.violations


def weigh(schemas: SchemaMap, weight: Callable[[Place], int]) -> int:
    """Return the most that subschemas judging one and the same value weigh together, `SAME_VALUE` + 1 at most."""
    measure = _Measure(schemas, judging_same, SAME_VALUE, weight=weight)
    return max((measure.take(place) for place in schemas), default=0)


def judging_same(schemas: SchemaMap, place: Place) -> Iterator[Step]:
    """Yield the places that judge the same value as this one, one step away."""
    target = schemas.target(place)
    if target is not None:
        yield "", target
    for child, each in schemas.children(place):
        if child.role == "same":
            yield "", each


def _judging_path(schemas: SchemaMap, place: Place) -> Iterator[Step]:
    yield from judging_same(schemas, place)
    for child, each in schemas.children(place):
        if child.role == "below":
            yield "properties" if child.keyword == "properties" else "others", each


@dataclass(slots=True)
class _Open:
    """A place whose cost is being counted."""

    place: Place
    group: str
    steps: Iterator[Step]
    sums: int
    largest: int = 0
    groups: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def cost(self) -> int:
        return self.sums + sum(self.groups.values())

    def add(self, group: str, cost: int) -> None:
        self.largest = max(self.largest, cost)
        if group:
            self.groups[group] = max(self.groups.get(group, 0), cost)
        else:
            self.sums += cost


class _Measure:
    """Counts costs depth first, without recursion. With `deepest`, loops and long chains are violations."""

    def __init__(
        self,
        schemas: SchemaMap,
        steps: Callable[[SchemaMap, Place], Iterator[Step]],
        limit: int,
        deepest: int | None = None,
        weight: Callable[[Place], int] = lambda _: 1,
    ) -> None:
        self.violations: list[Violation] = []
        self._schemas = schemas
        self._steps = steps
        self._limit = limit
        self._deepest = deepest
        self._weight = weight
        self._costs: dict[int, int] = {}

    def take(self, start: Place) -> int:
        """Return the cost of a place and of all it reaches."""
        if isinstance(start.schema, bool):
            return 0
        if id(start.schema) not in self._costs:
            self._count(start)
        return self._costs.get(id(start.schema), 0)

    def _count(self, start: Place) -> None:
        stack = [self._opened(start, "")]
        within = {id(start.schema)}
        while stack:
            top = stack[-1]
            group, step = next(top.steps, ("", None))
            if step is None:
                within.discard(id(top.place.schema))
                self._close(stack)
            elif isinstance(step.schema, bool) or id(step.schema) in self._costs:
                top.add(group, self._costs.get(id(step.schema), self._weight(step)))
            elif id(step.schema) in within:
                self._meet(top, group)
            elif self._deepest and len(stack) == self._deepest:
                message = f"more than {self._deepest} references and combinations follow each other from here"
                self.violations.append(Violation(start.pointer, "$ref", message))
                return
            else:
                within.add(id(step.schema))
                stack.append(self._opened(step, group))

    def _opened(self, place: Place, group: str) -> _Open:
        return _Open(place, group, self._steps(self._schemas, place), self._weight(place))

    def _close(self, stack: list[_Open]) -> None:
        done = stack.pop()
        # Capped, so that what doubles a thousand times over stays a small number.
        cost = self._costs[id(done.place.schema)] = min(done.cost, self._limit + 1)
        if done.cost > self._limit >= done.largest:
            message = f"a document may be judged more than {self._limit} times here, all references followed"
            self.violations.append(Violation(done.place.pointer, "$ref", f"{message}; share less by reference"))
        if stack:
            stack[-1].add(done.group, cost)

    def _meet(self, top: _Open, group: str) -> None:
        if self._deepest:
            self.violations.append(Violation(top.place.pointer, "$ref", _LOOP))
        else:
            top.add(group, self._weight(top.place))
