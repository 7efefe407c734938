"""Whether the names that relations wish for on the other side are free there.

In: the catalogs before and after a registration. Out: violations. Start at `inverse_violations`. Only a name that is
declared now is held to this: when the other collection gets a field of that name later, the catalog chooses another.
"""

from collections.abc import Iterator

from janua.errors import Violation
from janua.model.catalog import Catalog, Inverse
from janua.model.collection import Collection, Relation
from janua.model.names import COMBINATORS, SYSTEM_NAMES, pointer
from janua.registry.references import shown


def inverse_violations(old: Collection | None, new: Collection, before: Catalog, after: Catalog) -> list[Violation]:
    """Return what is wrong with each explicit `inverse` that the version before did not have."""
    return [
        Violation(
            f"{pointer(step for key in each.path for step in ('properties', key))}/x-relation/inverse",
            "x-relation",
            f'{each.target} {reason} already; give another "inverse"',
        )
        for each in new.relations
        if each.inverse and not _had(old, each)
        for reason in _holder(each.inverse, new.name, each, before, after)
    ]


def _had(old: Collection | None, relation: Relation) -> bool:
    same = (relation.path, relation.target, relation.inverse)
    return old is not None and any((each.path, each.target, each.inverse) == same for each in old.relations)


def _holder(wished: str, source: str, relation: Relation, before: Catalog, after: Catalog) -> Iterator[str]:
    """Yield who has the name, if anybody: a field, a relation, or what another relation is seen as."""
    target = after.collections[relation.target]
    others = [
        each for each in after.inverses(target.name) if (each.source, each.relation.path) != (source, relation.path)
    ]
    if any(wished in (each.graphql, each.rest) for each in target.fields):
        yield f"has a field {shown(wished)}"
    elif any(each.field == wished for each in target.relations):
        yield f"has a relation {shown(wished)}"
    elif wished in SYSTEM_NAMES | COMBINATORS or (wished == "data" and not target.fields):
        yield f"has {shown(wished)} of its own"
    elif other := next((each for each in others if wished == _name_of(each, before)), None):
        yield f"shows {other.source} by {other.relation.field} as {shown(wished)}"


def _name_of(inverse: Inverse, before: Catalog) -> str:
    """Return what an inverse is called: as it was, or as it would be now."""
    had = (each for each in before.inverses(inverse.relation.target) if each.source == inverse.source)
    kept = next((each.field for each in had if each.relation.path == inverse.relation.path), None)
    return inverse.relation.inverse or kept or inverse.field
