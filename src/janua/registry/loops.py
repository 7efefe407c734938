"""Which references of a schema are part of a loop: following them may come back to where they stand.

In: a `SchemaMap`. Out: the identities of the schema objects that hold such references. Start at `looping_references`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from janua.registry.references import Place, SchemaMap


@dataclass(slots=True)
class _Open:
    place: Place
    number: int
    lowest: int
    steps: Iterator[Place]


def looping_references(schemas: SchemaMap) -> frozenset[int]:
    """Return the `id` of each schema object whose `$ref` leads into a loop with it.

    These are the references within one strongly connected component (Tarjan's algorithm, without recursion).
    """
    component = _components(schemas)
    found: set[int] = set()
    for place in schemas:
        target = schemas.target(place)
        there = component.get(id(target.schema)) if target is not None else None
        if there is not None and there == component[id(place.schema)]:
            found.add(id(place.schema))
    return frozenset(found)


def _components(schemas: SchemaMap) -> dict[int, int]:
    component: dict[int, int] = {}
    numbers: dict[int, int] = {}
    waiting: list[int] = []
    for start in schemas:
        if id(start.schema) not in numbers:
            _search(start, schemas, numbers, waiting, component)
    return component


def _search(
    start: Place, schemas: SchemaMap, numbers: dict[int, int], waiting: list[int], component: dict[int, int]
) -> None:
    stack = [_opened(start, schemas, numbers, waiting)]
    while stack:
        top = stack[-1]
        step = next(top.steps, None)
        if step is None:
            stack.pop()
            if stack:
                stack[-1].lowest = min(stack[-1].lowest, top.lowest)
            if top.lowest == top.number:
                _close(top, waiting, component)
        elif isinstance(step.schema, bool) or id(step.schema) in component:
            continue
        elif id(step.schema) in numbers:
            top.lowest = min(top.lowest, numbers[id(step.schema)])
        else:
            stack.append(_opened(step, schemas, numbers, waiting))


def _opened(place: Place, schemas: SchemaMap, numbers: dict[int, int], waiting: list[int]) -> _Open:
    number = numbers[id(place.schema)] = len(numbers)
    waiting.append(id(place.schema))
    return _Open(place, number, number, _steps(place, schemas))


def _close(top: _Open, waiting: list[int], component: dict[int, int]) -> None:
    while True:
        member = waiting.pop()
        component[member] = top.number
        if member == id(top.place.schema):
            return


def _steps(place: Place, schemas: SchemaMap) -> Iterator[Place]:
    target = schemas.target(place)
    if target is not None:
        yield target
    yield from (each for child, each in schemas.children(place) if child.role != "apart")
