"""What of a change makes clients wait or costs them later, and about how much: told in the report, before it does.

In: two versions of a collection, or the number of records that an evolution changes. Out: warnings, as a report has
them. Start at `waits_for_relations`. The figures are those of two busy cores (`python -m bench.evolution`).
"""

from collections.abc import Mapping, Sequence

from janua.model.collection import Collection, Index, Relation
from janua.model.names import pointer
from janua.model.types import Json
from janua.sql import ddl
from janua.storage import tables
from janua.storage.pool import Connection

RELATED_A_SECOND = 50_000
"""Records of a collection that gets a relation: their table is written anew, and every id is looked up."""
FILLED_A_SECOND = 20_000
"""Records that are put into the extract of a covering index, in the background."""
CHANGED_A_SECOND = 25_000
"""Records that an evolution changes in the moment of its switch."""
TOLD_SECONDS = 0.5
"""Waits that are shorter are not told of."""
COUNTED = 2**60


async def waits_for_relations(connection: Connection, old: Collection, new: Collection) -> Sequence[Mapping[str, Json]]:
    """Return a warning for each new relation of a collection with so many records that somebody notices."""
    added = ddl.added_relations(old, new)
    count = await tables.count_up_to(connection, new.name, COUNTED) if added else 0
    seconds = count / RELATED_A_SECOND
    return [_warning(each, count, seconds) for each in added] if seconds >= TOLD_SECONDS else []


async def costs_of_extracts(connection: Connection, old: Collection, new: Collection) -> Sequence[Mapping[str, Json]]:
    """Return a warning for each new covering index of a collection with so many records that it takes a while."""
    added = [each.index for each in ddl.diff(old, new).build if each.index.include]
    count = await tables.count_up_to(connection, new.name, COUNTED) if added else 0
    seconds = count / FILLED_A_SECOND
    return [_cost(each, count, seconds) for each in added] if seconds >= TOLD_SECONDS else []


def wait_for_switch(changed: int) -> Sequence[Mapping[str, Json]]:
    """Return a warning of how long writers wait while so many records change, if they notice."""
    seconds = changed / CHANGED_A_SECOND
    if seconds < TOLD_SECONDS:
        return []
    return [{"pointer": "", "message": f"{changed} records change in one moment: writers wait about {seconds:.0f} s"}]


def _cost(index: Index, count: int, seconds: float) -> Mapping[str, Json]:
    fields = ", ".join(".".join(path) for path in (*(each.path for each in index.keys), *index.include))
    return {
        "pointer": "/x-indexes",
        "message": f"a table of {fields} is made beside {count} stored records: about {seconds:.0f} s, in which nobody "
        "waits; every write of a record costs PostgreSQL about a fifth more CPU from then on",
    }


def _warning(relation: Relation, count: int, seconds: float) -> Mapping[str, Json]:
    place = pointer([*(step for key in relation.path for step in ("properties", key)), "x-relation"])
    clients = "writers wait" if relation.many else "readers and writers of the collection wait"
    return {
        "pointer": place,
        "message": f"{count} stored records are related: about {seconds:.0f} s, in which {clients}",
    }
