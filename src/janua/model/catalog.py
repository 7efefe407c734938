"""All collections served at one moment, as one immutable value with a revision.

A change to the registry makes a new `Catalog`; a request keeps the one it started with.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from janua.errors import CollectionQuarantined, UnknownCollection
from janua.model.collection import Collection, Relation
from janua.model.extract import Extract


@dataclass(frozen=True, slots=True)
class Inverse:
    """The far side of a relation: records of `source` whose `relation` names this record, listed as `field`."""

    source: str
    relation: Relation
    field: str


@dataclass(frozen=True)
class Catalog:
    """The collections by name; `quarantined` has the reason for each collection that cannot be served.

    `moving`: stored records are about to be brought to another schema version, so who reads looks afterwards whether
    they were. `extracts` are those that hold all records of their collection.
    """

    revision: int
    collections: Mapping[str, Collection]
    quarantined: Mapping[str, str]
    moving: bool = False
    extracts: Mapping[str, tuple[Extract, ...]] = field(default_factory=dict[str, tuple[Extract, ...]])

    @classmethod
    def of(
        cls, revision: int, collections: Iterable[Collection], quarantined: Mapping[str, str] | None = None
    ) -> "Catalog":
        """Return a catalog of these collections."""
        return cls(revision, {each.name: each for each in collections}, quarantined or {})

    def collection(self, name: str) -> Collection:
        """Return the collection of this name.

        Raises: `UnknownCollection`, `CollectionQuarantined`.
        """
        found = self.collections.get(name)
        if found is not None:
            return found
        if name in self.quarantined:
            raise CollectionQuarantined(name, self.quarantined[name])
        raise UnknownCollection(name)

    def inverses(self, name: str) -> tuple[Inverse, ...]:
        """Return the relations of all collections that point at this one, in order of source and path."""
        return self._inverses.get(name, ())

    def relations(self, name: str) -> Mapping[str, Relation | Inverse]:
        """Return everything that can be included with records of a collection: field name → relation, both ways."""
        own: dict[str, Relation | Inverse] = {each.field: each for each in self.collection(name).relations}
        return own | {each.field: each for each in self.inverses(name)}

    def reads_like(self, newer: "Catalog") -> bool:
        """Return whether a newer catalog still has all extracts that this one reads, and has not had them made anew."""
        return all({*held} <= {*newer.extracts.get(name, ())} for name, held in self.extracts.items())

    @cached_property
    def _inverses(self) -> Mapping[str, tuple[Inverse, ...]]:
        found: dict[str, list[Inverse]] = {}
        for source in sorted(self.collections.values(), key=lambda each: each.name):
            for relation in source.relations:
                if relation.target in self.collections:
                    listed = found.setdefault(relation.target, [])
                    listed.append(Inverse(source.name, relation, self._inverse_field(source, relation, listed)))
        return {name: tuple(each) for name, each in found.items()}

    def _inverse_field(self, source: Collection, relation: Relation, listed: list[Inverse]) -> str:
        target = self.collections[relation.target]
        taken = {each.graphql for each in target.fields}
        taken |= {each.field for each in target.relations} | {each.field for each in listed} | {"id", "_meta"}
        # Records without declared fields are shown as one field of this name.
        taken |= set() if target.fields else {"data"}
        wished = (relation.inverse or source.names.plural, f"{source.names.plural}_by_{relation.field}")
        return next((each for each in wished if each not in taken), f"{source.name}__{relation.column}")
