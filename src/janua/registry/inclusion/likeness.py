"""Which subschemas mean the same: equal in all that judges values, what they refer to included.

In: the maps of two documents. Out: a number for each place, the same for places that mean the same. Start at
`classes_of`. Places are told apart by their own keywords, then by what they hold and refer to, again and again until
nothing more comes apart (partition refinement), so that recursive schemas can be equal too. Annotations do not count.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from janua.model.json import dumps
from janua.model.types import Json
from janua.registry.changes import is_annotation
from janua.registry.keywords import KEYWORDS, Draft, overrides_siblings
from janua.registry.references import Place, SchemaMap

CONTENTS = ("contentMediaType", "contentEncoding")
"""Annotations, which the engine asserts in some drafts."""
ASSERTING = (Draft.D6, Draft.D7)
WORK = 2_000_000
"""Looks at subschemas at most; if that is not enough, all count as different."""

_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_SCOPE = frozenset({*_REFERENCES, "$id", "id", "$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor"})
_Edges = Sequence[tuple[str, int]]
_TRUE, _FALSE = 0, 1


def classes_of(maps: Iterable[SchemaMap]) -> Mapping[int, int]:
    """Return the class of each place, by the identity of its schema object; none if there are too many to tell."""
    listed = [*maps]
    places = {id(place.schema): (place, schemas) for schemas in listed for place in schemas}
    edges = {key: _edges(place, schemas) for key, (place, schemas) in places.items()}
    numbers: dict[object, int] = {}
    first = {key: _own(place, schemas) for key, (place, schemas) in places.items()}
    classes = {key: numbers.setdefault(each, len(numbers) + 2) for key, each in first.items()}
    size, work = len(numbers), 0
    while True:
        work += sum(len(each) + 1 for each in edges.values())
        if work > WORK:
            return {}
        told: dict[int, tuple[int, tuple[tuple[str, int], ...]]] = {
            key: (classes[key], tuple((name, _class(to, classes)) for name, to in each)) for key, each in edges.items()
        }
        numbers = {}
        classes = {key: numbers.setdefault(each, len(numbers) + 2) for key, each in told.items()}
        if len(numbers) == size:
            return classes
        size = len(numbers)


def _class(schema: int, classes: Mapping[int, int]) -> int:
    # Boolean schemas are the same object everywhere.
    return _TRUE if schema == id(True) else _FALSE if schema == id(False) else classes[schema]


def _edges(place: Place, schemas: SchemaMap) -> _Edges:
    target = schemas.target(place)
    found = [("$ref", id(target.schema))] if target is not None else []
    found += [
        ("/".join(map(str, child.steps)), id(each.schema))
        for child, each in schemas.children(place)
        if child.role != "apart"
    ]
    return sorted(found)


def _own(place: Place, schemas: SchemaMap) -> object:
    """Return what a place says itself, apart from what it holds and refers to."""
    schema = cast(Mapping[str, Json], place.schema)
    references = [each for each in _REFERENCES if isinstance(schema.get(each), str)]
    if len(references) > 1 or (references and schemas.target(place) is None):
        return place
    if overrides_siblings(schema, place.draft):
        return place.draft
    said = {key: _said(key, each) for key, each in schema.items() if key not in _SCOPE and _judges(key, place.draft)}
    return place.draft, dumps({key: each for key, each in said.items() if each is not None}, sort_keys=True)


def _judges(key: str, draft: Draft) -> bool:
    return not is_annotation(key) or (key in CONTENTS and draft in ASSERTING)


def _said(key: str, value: Json) -> Json:
    keyword = KEYWORDS.get(key)
    if keyword is None:
        return [value]
    if keyword.role == "apart":
        return None
    if isinstance(value, dict) and key == "dependencies":
        return [{name: each if isinstance(each, list) else None for name, each in value.items()}]
    return [len(value)] if isinstance(value, list) else [True]
