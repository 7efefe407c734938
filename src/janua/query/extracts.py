"""Which extract of a collection answers an aggregate instead of its documents, if one does.

In: what an aggregate filters by, groups by and measures. Out: an `Extract` of the catalog, None where some of it is in
documents only: then all of it is read there. Start at `extract_for`; `at_edge` is for the smallest and largest values.
"""

from collections.abc import Iterable
from typing import assert_never

from janua.model.catalog import Catalog
from janua.model.collection import Path
from janua.model.extract import Extract
from janua.model.types import Boolean, Date, Enum, Integer, Number, Text
from janua.query.limits import QueryLimits
from janua.query.nodes import Always, And, Compare, Filter, Not, OnElements, OnRelated, Or, Place, Presence, Target
from janua.query.operators import Operator

COMPARED: tuple[Operator, ...] = ("eq", "ne", "in", "notIn", "gt", "gte", "lt", "lte")
"""Operators that need a value, and not the text or the JSON that it was."""
NULL_WHERE_ABSENT = (Text, Enum, Date, Integer, Number, Boolean)
"""Types whose value is null exactly where there is none: an instant or a uuid is null for some texts, too."""
EXACT_DIGITS = 500
"""Numbers of more digits on a side of their point may be missing from extracts; `limits.number_digits` allows them."""


def extract_for(
    catalog: Catalog, collection: str, filter: Filter, targets: Iterable[Target], limits: QueryLimits
) -> Extract | None:
    """Return the extract that holds all that is asked for, the one whose index serves the filter best."""
    ready = catalog.extracts.get(collection, ())
    if not ready or limits.number_digits > EXACT_DIGITS:
        return None
    filtered = _read(filter)
    if filtered is None or not all(isinstance(each, Place) for each in targets):
        return None
    wanted = filtered | {each.path for each in targets if isinstance(each, Place)}
    fit = [each for each in ready if wanted <= each.paths]
    return min(fit, key=lambda each: (each.columns[0][0] not in filtered, len(each.columns), each.table), default=None)


def at_edge(extract: Extract, filter: Filter, path: Path) -> bool:
    """Return whether a field's smallest and largest values stand at the edges of what the index has for a filter.

    So it is where the filter fixes the fields before it in the index, and asks for nothing else.
    """
    before = [held for held, _ in extract.columns]
    return path in before and _fixed(filter) == frozenset(before[: before.index(path)])


def _fixed(filter: Filter) -> frozenset[Path] | None:
    """Return the places that a filter gives one value each, None if it asks for anything else."""
    match filter:
        case Always(holds=True):
            return frozenset()
        case Compare(Place(path), "eq"):
            return frozenset({path})
        case And(parts):
            return _united(_fixed(each) for each in parts)
        case Always() | Compare() | Presence() | Or() | Not() | OnElements() | OnRelated():
            return None
        case _:
            assert_never(filter)


def _read(filter: Filter) -> frozenset[Path] | None:
    """Return the places whose values a filter reads, None if it reads anything else."""
    match filter:
        case Always():
            return frozenset()
        case Compare(Place(path), operator) if operator in COMPARED:
            return frozenset({path})
        case Presence(Place(path, type, column), "isNull") if isinstance(type, NULL_WHERE_ABSENT) and not column:
            return frozenset({path})
        case And(parts) | Or(parts):
            return _united(_read(each) for each in parts)
        case Not(part):
            return _read(part)
        case Compare() | Presence() | OnElements() | OnRelated():
            return None
        case _:
            assert_never(filter)


def _united(parts: Iterable[frozenset[Path] | None]) -> frozenset[Path] | None:
    found: frozenset[Path] = frozenset()
    for each in parts:
        if each is None:
            return None
        found |= each
    return found
