"""Which objects of a collection lead to something: a value to sort by, a document that ends.

Both are answered for all objects at once and without recursion, as schemas may be recursive and deep.
"""

from collections.abc import Callable, Iterable

from janua.model.collection import Collection, Field
from janua.model.types import Object, Union


def leading_to(collection: Collection, wanted: Callable[[Field], bool]) -> frozenset[str]:
    """Return the objects in which a wanted field is reached through objects, without crossing arrays and unions."""
    holders: dict[str, list[str]] = {}
    found: list[str] = []
    for name, type in collection.objects.items():
        for each in type.fields:
            if isinstance(each.type, Object):
                holders.setdefault(each.type.name, []).append(name)
            elif wanted(each):
                found.append(name)
    leading: set[str] = set()
    while found:
        name = found.pop()
        if name not in leading:
            leading.add(name)
            found += holders.get(name, [])
    return frozenset(leading)


def endless(collection: Collection) -> frozenset[str]:
    """Return the objects and unions that no document can hold, as each needs another one inside."""
    needs = {name: set(_needed(type.fields)) for name, type in collection.objects.items()}
    unions = {each.type.name: each.type for each in _fields(collection) if isinstance(each.type, Union)}
    holders: dict[str, list[str]] = {}
    for name, each in needs.items():
        for needed in each:
            holders.setdefault(needed, []).append(name)
    for name, union in unions.items():
        for variant in union.variants:
            holders.setdefault(variant.object, []).append(name)
    ending: set[str] = set()
    found = [name for name, each in needs.items() if not each]
    while found:
        name = found.pop()
        if name in ending:
            continue
        ending.add(name)
        found += [each for each in holders.get(name, []) if each in unions or not needs[each] - ending]
    return frozenset({*needs, *unions} - ending)


def _needed(fields: Iterable[Field]) -> Iterable[str]:
    for each in fields:
        if each.required and not each.nullable and isinstance(each.type, Object | Union):
            yield each.type.name


def _fields(collection: Collection) -> Iterable[Field]:
    return (each for type in collection.objects.values() for each in type.fields)
