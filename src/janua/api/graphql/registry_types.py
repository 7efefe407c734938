"""What the registry says of collections as GraphQL types: those of `gateway.answers`, member by member.

What it says of changes is in `registry_reports`.
"""

from datetime import datetime
from enum import Enum
from typing import NewType

import strawberry

from janua.gateway import answers

JsonValue = NewType("JsonValue", object)
"""Any JSON, `JSON` in GraphQL."""


@strawberry.enum(description="Which versions of a schema must accept each other's documents.")
class CompatibilityMode(Enum):
    """The compatibility modes of a collection."""

    NONE = "none"
    BACKWARD = "backward"
    FORWARD = "forward"
    FULL = "full"
    BACKWARD_TRANSITIVE = "backward_transitive"
    FORWARD_TRANSITIVE = "forward_transitive"
    FULL_TRANSITIVE = "full_transitive"


@strawberry.enum(description="What decides on a change: the stored records, or the rules alone.")
class EvolutionPolicy(Enum):
    """The evolution policies of a collection."""

    DATA = "data"
    PROOF = "proof"


@strawberry.enum(description="How far an index is.")
class IndexProgress(Enum):
    """The states of an index."""

    BUILDING = "building"
    VALID = "valid"
    FAILED = "failed"


@strawberry.type(description="A collection in the list of all.")
class CollectionSummary:
    """One line of the list of collections."""

    name: str
    version: int
    fingerprint: str
    title: str | None
    description: str | None
    updated_at: datetime

    @classmethod
    def of(cls, found: answers.Summary) -> "CollectionSummary":
        """Return a summary in GraphQL."""
        return cls(
            name=found.collection,
            version=found.version,
            fingerprint=found.fingerprint,
            title=found.title,
            description=found.description,
            updated_at=found.updated_at,
        )


@strawberry.type(description="A collection that cannot be served, and why.")
class QuarantinedCollection:
    """A collection whose stored schema does not compile."""

    name: str
    reason: str


@strawberry.type(description="One immutable registered schema.")
class SchemaVersion:
    """One schema version."""

    collection: str
    version: int
    fingerprint: str
    document: JsonValue
    created_at: datetime

    @classmethod
    def of(cls, found: answers.SchemaVersion) -> "SchemaVersion":
        """Return a schema version in GraphQL."""
        return cls(
            collection=found.collection,
            version=found.version,
            fingerprint=found.fingerprint,
            document=JsonValue(found.document),
            created_at=found.created_at,
        )


@strawberry.type(description="A property, and how the query languages call it; `*` in a pointer is any element.")
class FieldSummary:
    """One line of the field map."""

    pointer: str
    graphql: str
    rest: str | None
    type: str
    indexed: bool


@strawberry.type(description="A declared index and how far it is.")
class IndexState:
    """An index; `reason` says why it failed, `include` what a covering one holds besides."""

    name: str
    kind: str
    fields: list[str]
    unique: bool
    state: IndexProgress
    reason: str | None
    include: list[str]


@strawberry.type(description="A relation; `inverse` is the field on the other side.")
class RelationSummary:
    """A relation as the registry shows it."""

    field: str
    collection: str
    pointer: str
    many: bool
    on_delete: str
    inverse: str | None


@strawberry.type(description="How GraphQL spells a collection.")
class CollectionNames:
    """The names from which types and root fields are made."""

    type: str
    single: str
    plural: str


@strawberry.type(description="Everything the registry knows about a collection.")
class Collection:
    """A collection in full."""

    name: str
    version: int
    fingerprint: str
    document: JsonValue
    mode: CompatibilityMode
    evolution: EvolutionPolicy
    fields: list[FieldSummary]
    indexes: list[IndexState]
    relations: list[RelationSummary]
    graphql: CollectionNames
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, found: answers.Description) -> "Collection":
        """Return a description in GraphQL."""
        return cls(
            name=found.collection,
            version=found.version,
            fingerprint=found.fingerprint,
            document=JsonValue(found.document),
            mode=CompatibilityMode(found.mode),
            evolution=EvolutionPolicy(found.evolution),
            fields=[FieldSummary(**each) for each in found.fields],
            indexes=[_index(each) for each in found.indexes],
            relations=[_relation(each) for each in found.relations],
            graphql=CollectionNames(**found.graphql),
            created_at=found.created_at,
            updated_at=found.updated_at,
        )


@strawberry.input(description="A schema to register, and under which name.")
class SchemaDocument:
    """One of several schemas."""

    name: str
    document: JsonValue


def _index(found: answers.IndexState) -> IndexState:
    return IndexState(
        name=found.name,
        kind=found.kind,
        fields=list(found.fields),
        unique=found.unique,
        state=IndexProgress(found.state),
        reason=found.reason,
        include=list(found.include),
    )


def _relation(found: answers.RelationSummary) -> RelationSummary:
    return RelationSummary(
        field=found.field,
        collection=found.collection,
        pointer=found.pointer,
        many=found.many,
        on_delete=found.on_delete,
        inverse=found.inverse,
    )
