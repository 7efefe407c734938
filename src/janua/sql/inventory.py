"""What a collection consists of in the database, as plain values to compare with what is there.

The names are those that `ddl`, `relations` and `triggers` give. Start at `inventory`. Declared indexes are left out:
they come and go behind everybody's back, and `janua.indexes` says how far they are. So do extracts of covering ones:
`held_parts`.
"""

from dataclasses import dataclass
from typing import Literal

from janua.model.collection import Collection, Index, Relation, link_table
from janua.sql.ddl import primary_key
from janua.sql.extracts import Parts, columns_of
from janua.sql.relations import foreign_key
from janua.sql.triggers import FIRST, keep_cleared, part_name

Kind = Literal["table", "column", "constraint", "index", "function", "trigger"]


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """One thing in the schema `collections`: a table, or what is called `name` on the table `of`."""

    kind: Kind
    of: str
    name: str = ""
    definition: str = ""

    def __str__(self) -> str:
        if self.kind == "table":
            return f"table {self.of}"
        return f"{self.kind} {self.name} of {self.of} ({self.definition})" if self.of else f"{self.kind} {self.name}"


RECORD_COLUMNS = {
    "id": "uuid not null",
    "data": "jsonb not null",
    "version": "integer not null",
    "schema_version": "integer not null",
    "created_at": "timestamp with time zone not null",
    "updated_at": "timestamp with time zone not null",
}


def inventory(collection: Collection) -> set[Part]:
    """Return all parts of a collection but its declared indexes."""
    name = collection.name
    found = {Part("table", name), Part("constraint", name, primary_key(name), "primary key")}
    found |= {Part("index", name, primary_key(name), "valid")}
    found |= {Part("column", name, column, definition) for column, definition in RECORD_COLUMNS.items()}
    for each in collection.relations:
        found |= _many(name, each) if each.many else _one(name, each)
        if keep_cleared(collection, each):
            cleared = part_name(name, each.column, "cleared")
            found |= {Part("function", "", cleared), Part("trigger", each.target, FIRST + cleared, "enabled")}
    return found


def held_parts(collection: Collection, index: Index, called: str) -> set[Part]:
    """Return all parts of the extract of a covering index of this name, but the index itself."""
    parts = Parts(called)
    columns = {each.name: each.type.partition(" ")[0] for each in columns_of(collection, index)}
    found = {Part("column", parts.table, name, _TYPES.get(type, type)) for name, type in columns.items()}
    return {
        *found,
        Part("table", parts.table),
        Part("column", parts.table, "id", "uuid not null"),
        Part("constraint", parts.table, parts.primary, "primary key"),
        Part("index", parts.table, parts.primary, "valid"),
        Part("function", "", parts.function),
        *(Part("trigger", parts.collection, each, "enabled") for each in parts.triggers),
    }


def belongings(called: str) -> set[str]:
    """Return the names of all parts of an extract by the name of its index, whatever it held."""
    parts = Parts(called)
    return {parts.table, parts.primary, parts.function, *parts.triggers}


_TYPES = {"timestamptz": "timestamp with time zone"}


def _one(name: str, relation: Relation) -> set[Part]:
    return {
        Part("column", name, relation.column, "uuid generated"),
        Part("constraint", name, foreign_key(name, relation), "foreign key"),
        Part("index", name, part_name(name, relation.column, "index"), "valid"),
    }


def _many(name: str, relation: Relation) -> set[Part]:
    link, column = link_table(name, relation), relation.column
    primary = part_name(name, column, "pkey")
    return {
        Part("table", link),
        Part("column", link, "record_id", "uuid not null"),
        Part("column", link, "target_id", "uuid not null"),
        Part("constraint", link, primary, "primary key"),
        Part("constraint", link, part_name(name, column, "record"), "foreign key"),
        Part("constraint", link, foreign_key(name, relation), "foreign key"),
        Part("index", link, primary, "valid"),
        Part("index", link, part_name(name, column, "index"), "valid"),
        Part("function", "", part_name(name, column, "linked")),
        Part("trigger", name, part_name(name, column, "inserted"), "enabled"),
        Part("trigger", name, part_name(name, column, "updated"), "enabled"),
    }
