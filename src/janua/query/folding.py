"""Join filters, dropping what always or never holds.

So a filter that leaves nothing out is exactly `Always(True)`, however it was written: bulk writes rely on that.
"""

from collections.abc import Iterable

from janua.query.nodes import Always, And, Filter, Not, Or


def conjunction(parts: Iterable[Filter]) -> Filter:
    """Return the filter that holds when all parts do; without parts it always holds."""
    kept = tuple(each for each in parts if each != Always(holds=True))
    if Always(holds=False) in kept:
        return Always(holds=False)
    return _joined(kept, And(kept), empty=True)


def disjunction(parts: Iterable[Filter]) -> Filter:
    """Return the filter that holds when some part does; without parts it never holds."""
    kept = tuple(each for each in parts if each != Always(holds=False))
    if Always(holds=True) in kept:
        return Always(holds=True)
    return _joined(kept, Or(kept), empty=False)


def negation(part: Filter) -> Filter:
    """Return the filter that holds when the part does not."""
    match part:
        case Always(holds):
            return Always(holds=not holds)
        case Not(inner):
            return inner
        case _:
            return Not(part)


def _joined(kept: tuple[Filter, ...], joined: Filter, *, empty: bool) -> Filter:
    if not kept:
        return Always(holds=empty)
    return kept[0] if len(kept) == 1 else joined
