"""`x-relation` → `Relation`: which property holds ids of which collection's records.

In: a field and the place that annotates it. Out: relations and violations, gathered in `Relations`.
"""

import re
from dataclasses import dataclass, field
from typing import cast, get_args

from janua.errors import Violation
from janua.model import names
from janua.model.collection import Field, OnDelete, Path, Relation
from janua.model.types import Array, Json, Uuid
from janua.registry.outline import Property
from janua.registry.references import Place, shown
from janua.registry.spelling import Spelling

COLLECTION = re.compile(r"[a-z][a-z0-9_]{0,46}")
MEMBERS = ("collection", "field", "inverse", "on_delete")
ON_DELETE: tuple[OnDelete, ...] = get_args(OnDelete)
SYSTEM_COLUMNS = frozenset({"id", "data", "version", "schema_version", "created_at", "updated_at"})

_SUFFIX = re.compile(r"(?<=.)(_ids?|Ids?)$")


@dataclass(slots=True)
class Relations:
    """The relations found so far; `taken` are the names that the record's own fields have."""

    taken: set[str] = field(default_factory=set[str])
    found: list[Relation] = field(default_factory=list[Relation])
    violations: list[Violation] = field(default_factory=list[Violation])

    @classmethod
    def beside(cls, spelling: Spelling) -> "Relations":
        """Return no relations yet, to be found beside the fields of a record."""
        root = [each for name, each in spelling.objects.items() if spelling.outlines[name].pointer == ""]
        fields = [each for type in root for each in type.fields]
        own = {name for each in fields for name in (each.graphql, each.rest)}
        return cls(own | names.SYSTEM_NAMES | names.COMBINATORS | {"__typename"})

    def read(self, path: Path, holder: Field, property: Property, part: Place) -> None:
        """Add the relation that a field's annotation declares, or what is wrong with it."""
        declared = part.note("x-relation")
        where = f"{part.pointer}/x-relation"
        if not isinstance(declared, dict):
            self._refuse(where, 'x-relation is an object such as {"collection": "authors"}')
            return
        many = isinstance(holder.type, Array)
        complaints = [*_members(declared), *_type(holder), *_on_delete(declared, holder, property, many=many)]
        shown_as = declared.get("field", _default_field(path[-1]))
        complaints += [] if complaints else self._field(shown_as)
        for each in complaints:
            self._refuse(where, each)
        if complaints:
            return
        self.taken.add(cast(str, shown_as))
        columns = {each.column for each in self.found} | SYSTEM_COLUMNS
        self.found.append(
            Relation(
                path=path,
                field=cast(str, shown_as),
                target=cast(str, declared["collection"]),
                many=many,
                on_delete=cast(OnDelete, declared.get("on_delete", "restrict")),
                column=names.column_name(path, columns),
                inverse=cast("str | None", declared.get("inverse")),
            )
        )

    def _field(self, wished: Json) -> list[str]:
        if wished is None:
            return ['say under which name the related record appears: "field" (it is guessed only from …_id and …Id)']
        if wished in self.taken:
            return [f'there is a field {shown(wished)} already; give the relation another "field"']
        return []

    def _refuse(self, where: str, message: str) -> None:
        self.violations.append(Violation(where, "x-relation", message))


def _default_field(name: str) -> str | None:
    stem = _SUFFIX.sub("", name)
    return stem if stem != name and names.is_legal(stem) else None


def _members(declared: dict[str, Json]) -> list[str]:
    complaints = [
        f"x-relation has no {shown(key)}; it has {', '.join(MEMBERS)}" for key in declared if key not in MEMBERS
    ]
    collection = declared.get("collection")
    if not isinstance(collection, str) or not COLLECTION.fullmatch(collection):
        complaints.append('"collection" must name the collection that the ids are of')
    for key in ("field", "inverse"):
        value = declared.get(key)
        if key in declared and not (isinstance(value, str) and names.is_legal(value)):
            complaints.append(f'"{key}" must be a name of letters, digits and _, starting with neither a digit nor __')
    return complaints


def _type(holder: Field) -> list[str]:
    held = holder.type.items if isinstance(holder.type, Array) else holder.type
    if isinstance(held, Uuid):
        return []
    return ['x-relation needs {"type": "string", "format": "uuid"}, or an array of such strings']


def _on_delete(declared: dict[str, Json], holder: Field, property: Property, *, many: bool) -> list[str]:
    wanted = declared.get("on_delete", "restrict")
    if wanted not in ON_DELETE:
        return [f'"on_delete" is one of {", ".join(ON_DELETE)}, not {shown(wanted)}']
    if wanted != "set_null":
        return []
    if many and any(number > 0 for number in property.shape.numbers("minItems")):
        return ['"set_null" would leave fewer ids than minItems asks for; use restrict or cascade']
    if not many and holder.required and not holder.nullable:
        return ['"set_null" needs a property that may be null or missing; use restrict or cascade']
    return []
