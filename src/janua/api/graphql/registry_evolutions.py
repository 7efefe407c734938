"""Evolutions over GraphQL: the same verbs as over REST, as root fields beside those of `registry`."""

from datetime import datetime
from enum import Enum
from typing import Annotated

import strawberry

from janua.api.graphql.registry_given import Document, Expected, Info, read_given
from janua.api.graphql.registry_reports import Report
from janua.api.graphql.registry_types import JsonValue
from janua.errors import UnknownEvolution
from janua.gateway import answers
from janua.gateway import evolutions as verbs
from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.steps import read_evolution

Steps = Annotated[JsonValue, strawberry.argument(description="An array of steps.")]


@strawberry.enum(description="How far an evolution is, or how it ended.")
class EvolutionState(Enum):
    """The states of an evolution."""

    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"
    ABORTED = "aborted"


@strawberry.enum(description="What can be done with an evolution that is under way.")
class EvolutionVerb(Enum):
    """The verbs of an evolution."""

    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"


@strawberry.type(description="How many records an evolution has seen, changes, and cannot bring to the new version.")
class EvolutionRecords:
    """Counts, and samples of `{"id", "violations"}`."""

    total: int
    checked: int
    changed: int
    invalid: int
    samples: list[JsonValue]


@strawberry.type(description="Stored records on their way from one schema version to another, or arrived.")
class Evolution:
    """An evolution."""

    collection: str
    state: EvolutionState
    from_version: int
    to_version: int
    records: EvolutionRecords
    steps: JsonValue
    reason: str | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, found: answers.Evolution) -> "Evolution":
        """Return an evolution in GraphQL."""
        records = found.records
        return cls(
            collection=found.collection,
            state=EvolutionState(found.state),
            from_version=found.from_version,
            to_version=found.to_version,
            records=EvolutionRecords(
                total=records.total,
                checked=records.checked,
                changed=records.changed,
                invalid=records.invalid,
                samples=[JsonValue(each) for each in records.samples],
            ),
            steps=JsonValue(found.steps),
            reason=found.reason,
            created_at=found.created_at,
            updated_at=found.updated_at,
        )


@strawberry.type(description="What an evolution would do.")
class EvolutionPreview:
    """The version it leads to, how many records change, samples of them, and the report."""

    collection: str
    version: int
    changed: int
    samples: list[JsonValue]
    report: Report

    @classmethod
    def of(cls, found: answers.Preview) -> "EvolutionPreview":
        """Return a preview in GraphQL."""
        return cls(
            collection=found.collection,
            version=found.version,
            changed=found.evolved.changed,
            samples=[JsonValue(each) for each in found.evolved.samples],
            report=Report.of(found.report),
        )


@strawberry.type
class EvolutionQuery:
    """What can be asked of evolutions."""

    @strawberry.field(description="The last evolution of a collection's records, under way or over; or null.")
    async def evolution(self, info: Info, collection: str) -> Evolution | None:
        """Return an evolution."""
        try:
            return Evolution.of(await verbs.status(info.context.gateway, collection))
        except UnknownEvolution:
            return None


@strawberry.type
class EvolutionMutation:
    """What can be done to evolutions."""

    @strawberry.mutation(description="Bring the stored records of a collection to a new schema by steps.")
    async def evolve_collection(
        self, info: Info, name: str, document: Document, steps: Steps, expected_version: Expected = None
    ) -> Evolution:
        """Begin an evolution."""
        gateway = info.context.gateway
        schema, read = await _read(info, document, steps)
        wanted = None if expected_version is None else frozenset({expected_version})
        return Evolution.of(await verbs.begin(gateway, name, schema, read, if_match=wanted))

    @strawberry.mutation(description="Say what an evolution would do, and do nothing.")
    async def preview_evolution(self, info: Info, name: str, document: Document, steps: Steps) -> EvolutionPreview:
        """Preview an evolution."""
        schema, read = await _read(info, document, steps)
        return EvolutionPreview.of(await verbs.preview(info.context.gateway, name, schema, read))

    @strawberry.mutation(description="Pause, resume or abort the evolution of a collection's records.")
    async def change_evolution(self, info: Info, name: str, verb: EvolutionVerb) -> Evolution:
        """Change the state of an evolution."""
        return Evolution.of(await verbs.change(info.context.gateway, name, verb.value))


async def _read(info: Info, document: JsonValue, steps: JsonValue) -> tuple[Schema, Json]:
    """Return the schema and the steps. Raises: as `read_given`, `InvalidSteps`."""
    return read_evolution(await read_given(info.context.gateway, JsonValue({"schema": document, "steps": steps})))
