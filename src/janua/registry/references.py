"""Where every subschema of a schema document is, and what each reference in it leads to.

In: a schema document and the documents that its `janua:` references name. Out: `Place`s, linked. Start at `SchemaMap`.
Nothing is ever fetched: a reference leads into the document itself, to a metaschema of the drafts, or to a registered
collection (`janua:authors`, `janua:authors#/$defs/name`).
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from jsonschema_specifications import REGISTRY
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT4, DRAFT6, DRAFT7, DRAFT201909, DRAFT202012

from janua.errors import Violation
from janua.model.collection import Schema
from janua.model.names import pointer
from janua.model.types import Json
from janua.registry.keywords import METASCHEMAS, Draft, Subschema, draft_named, draft_of, overrides_siblings, subschemas

BASE = "https://janua.invalid/"
"""What relative URIs in a schema are relative to; a name that can never exist (RFC 2606)."""
SCHEME = "janua:"

_SPECIFICATIONS = {
    Draft.D4: DRAFT4,
    Draft.D6: DRAFT6,
    Draft.D7: DRAFT7,
    Draft.D2019: DRAFT201909,
    Draft.D2020: DRAFT202012,
}
_REFERENCES = {"$ref": Draft.D4, "$recursiveRef": Draft.D2019, "$dynamicRef": Draft.D2020}
_NOT_SCHEMAS = frozenset({"enum", "const", "default", "examples"})
_UNRESOLVED = (Unresolvable, ValueError, LookupError, TypeError, AttributeError)


class Resolved(Protocol):
    """What a reference leads to."""

    @property
    def contents(self) -> Any: ...  # noqa: ANN401, D102 -- a pointer may lead to anything
    @property
    def resolver(self) -> Any: ...  # noqa: ANN401, D102 -- a `Resolver`, which the library does not export


class Resolver(Protocol):
    """Looks references up relative to where they stand."""

    def lookup(self, ref: str) -> Resolved: ...  # noqa: D102 -- as the library has it
    def in_subresource(self, subresource: Any) -> Any: ...  # noqa: ANN401, D102 -- as the library has it


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A subschema and where it is: `pointer` into the document, or `janua:…#` and a pointer into another one's."""

    schema: Schema
    pointer: str
    draft: Draft
    resolver: Resolver

    def get(self, keyword: str) -> Json:
        """Return the value of a keyword; null when it is not there, or when a `$ref` beside it makes it void."""
        if isinstance(self.schema, bool) or (keyword != "$ref" and overrides_siblings(self.schema, self.draft)):
            return None
        return self.schema.get(keyword)

    def note(self, keyword: str) -> Json:
        """Return the value of an annotation, which counts beside any `$ref`; null when it is not there."""
        return None if isinstance(self.schema, bool) else self.schema.get(keyword)


class SchemaMap:
    """All places of one schema document; `violations` has what is wrong with its references and dialects."""

    def __init__(self, document: Schema, references: Mapping[str, Schema]) -> None:
        self.violations: list[Violation] = []
        self._places: dict[int, Place] = {}
        self._children: dict[int, list[tuple[Subschema, Place]]] = {}
        self._held: dict[tuple[int, str], list[Place]] = {}
        self._targets: dict[int, Place] = {}
        self._pointers: dict[int, str] = {}
        self._has_identities = bool(references) or _has_inner_id(document)
        documents = {BASE: document} | {f"{SCHEME}{name}": without_id(each) for name, each in references.items()}
        for uri, each in documents.items():
            self._pointers = _pointers_in(cast(Json, each), "" if uri == BASE else f"{uri}#") | self._pointers
        # Kept, and not copied: a place is known by the identity of its schema object.
        self.documents: Mapping[str, Schema] = documents
        self.root = self._open()

    def __iter__(self) -> Iterator[Place]:
        """Yield every place, targets of references included."""
        return iter(self._places.values())

    def place_of(self, schema: Mapping[str, Json]) -> Place | None:
        """Return the place of a schema object, known by its identity; None for other objects."""
        return self._places.get(id(schema))

    def children(self, place: Place) -> list[tuple[Subschema, Place]]:
        """Return the direct subschemas of a place, in the order they are written."""
        return self._children.get(id(place.schema), [])

    def held(self, place: Place, keyword: str) -> Sequence[Place]:
        """Return the places that one keyword of a place holds, in the order they are written."""
        return self._held.get((id(place.schema), keyword), ())

    def target(self, place: Place) -> Place | None:
        """Return what the reference at a place leads to; None if there is none, or only validation can tell."""
        return self._targets.get(id(place.schema))

    def _open(self) -> Place:
        document, draft = self.documents[BASE], draft_of(self.documents[BASE])
        resources = [(uri, _resource(each, draft_of(each))) for uri, each in self.documents.items()]
        try:
            # Crawled here once: the registry is a value, and would be crawled anew at every look-up.
            registry: Registry[Any] = REGISTRY.with_resources(resources).crawl()
            start = Place(document, "", draft, _entered(registry.resolver(BASE), document, draft))
        except ValueError:
            self.violations.append(Violation("", "$id", "an identifier ($id) in this schema is not a URI reference"))
            return Place(True, "", draft, REGISTRY.resolver())
        return self._walk(start)

    def _walk(self, start: Place) -> Place:
        pending = [start]
        while pending:
            place = pending.pop()
            if id(place.schema) in self._places or isinstance(place.schema, bool):
                continue
            self._places[id(place.schema)] = place
            self._check_dialect(place)
            children = [(each, _below(place, each)) for each in subschemas(place.schema, place.draft)]
            self._children[id(place.schema)] = children
            for child, each in children:
                self._held.setdefault((id(place.schema), child.keyword), []).append(each)
            pending.extend(each for _, each in reversed(children))
            for keyword, since in _REFERENCES.items():
                reference = place.get(keyword)
                if isinstance(reference, str) and place.draft >= since:
                    pending.extend(self._follow(place, keyword, reference))
        return self._places.get(id(start.schema), start)

    def _follow(self, place: Place, keyword: str, reference: str) -> list[Place]:
        try:
            found = place.resolver.lookup(reference)
        except _UNRESOLVED:
            self._refuse(place, keyword, self._reason(reference))
            return []
        contents = cast(Json, found.contents)
        if not isinstance(contents, bool | dict):
            self._refuse(place, keyword, f"{shown(reference)} does not lead to a schema")
            return []
        target = self._place_of(cast(Schema, contents), found.resolver, reference, place.draft)
        # What a dynamic reference leads to depends on the way there, unless there is but one schema resource.
        if keyword == "$ref" or not self._has_identities:
            self._targets[id(place.schema)] = target
        return [target]

    def _place_of(self, schema: Schema, resolver: Resolver, reference: str, draft: Draft) -> Place:
        known = self._places.get(id(schema))
        if known is not None:
            return known
        where = self._pointers.get(id(schema)) or _pointers_of_metaschemas().get(id(schema), reference)
        uri = where.rpartition("#")[0]
        draft = draft_of(self.documents[uri]) if uri in self.documents else draft_named(uri) or draft
        return Place(schema, where, draft_of(schema, draft), resolver)

    def _check_dialect(self, place: Place) -> None:
        named = place.note("$schema")
        if named is not None and draft_named(named) is None:
            known = ", ".join(METASCHEMAS.values())
            self._refuse(place, "$schema", f"{shown(named)} is not a known dialect of JSON Schema; use one of {known}")

    def _reason(self, reference: str) -> str:
        uri, _, _ = reference.partition("#")
        if uri.startswith(SCHEME):
            if uri not in self.documents:
                return f"there is no collection {shown(uri.removeprefix(SCHEME))} to refer to; register it first"
            return f"{shown(reference)} leads nowhere in the schema of that collection"
        if not uri:
            return f"{shown(reference)} leads nowhere in this schema"
        return f"{shown(reference)} is remote, and remote references are never fetched; put it under $defs"

    def _refuse(self, place: Place, keyword: str, message: str) -> None:
        self.violations.append(Violation(f"{place.pointer}/{keyword}", keyword, message))


def _pointers_in(document: Json, prefix: str) -> dict[int, str]:
    """Return the pointer of each object in a document, by its identity."""
    found: dict[int, str] = {}
    pending = [(document, prefix)]
    while pending:
        value, where = pending.pop()
        if isinstance(value, dict):
            found.setdefault(id(value), where)
            pending.extend((each, where + pointer((key,))) for key, each in value.items())
        elif isinstance(value, list):
            pending.extend((each, f"{where}/{place}") for place, each in enumerate(value))
    return found


def _has_inner_id(document: Schema) -> bool:
    pending = list(document.values()) if isinstance(document, Mapping) else []
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "$id" in value:
                return True
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
    return False


@functools.cache
def _pointers_of_metaschemas() -> dict[int, str]:
    # The library keeps these documents for ever, so their identities are lasting.
    found: dict[int, str] = {}
    for uri in REGISTRY:
        found |= _pointers_in(cast(Json, REGISTRY.contents(uri)), f"{uri.rstrip('#')}#")
    return found


def referenced_collections(document: Schema) -> frozenset[str]:
    """Return the collections that the `janua:` references of a schema name."""
    found: set[str] = set()
    pending: list[Json] = [cast(Json, document)]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(SCHEME):
                found.add(reference.removeprefix(SCHEME).partition("#")[0])
            pending.extend(each for key, each in value.items() if key not in _NOT_SCHEMAS)
        elif isinstance(value, list):
            pending.extend(value)
    return frozenset(found)


def with_itself(name: str, document: Schema, references: Mapping[str, Schema]) -> Mapping[str, Schema]:
    """Return the references of a collection's schema, with the schema itself when it refers to its own collection."""
    return {**references, name: document} if name in referenced_collections(document) else references


def without_id(document: Schema) -> Schema:
    """Return the schema of a referenced collection under the name we refer to it by, instead of its own `$id`."""
    if isinstance(document, bool):
        return document
    named = {key: each for key, each in document.items() if key not in {"$id", "id"}}
    return {"$schema": METASCHEMAS[Draft.D2020], **named}


def shown(value: Json) -> str:
    """Return a value as it may be quoted in a message: in quotes, and short."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 100 else f"{text[:97]}…"


def _resource(schema: Schema, draft: Draft) -> Resource[Any]:
    return _SPECIFICATIONS[draft].create_resource(cast(dict[str, Any], schema))


def _entered(resolver: Any, schema: Schema, draft: Draft) -> Resolver:  # noqa: ANN401 -- see `Resolver`
    keyword = "id" if draft == Draft.D4 else "$id"
    if isinstance(schema, bool) or not isinstance(schema.get(keyword), str) or overrides_siblings(schema, draft):
        return resolver
    return cast(Resolver, resolver.in_subresource(_resource(schema, draft)))


def _below(place: Place, child: Subschema) -> Place:
    draft = draft_of(child.schema, place.draft)
    where = f"{place.pointer}{pointer(child.steps)}"
    return Place(child.schema, where, draft, _entered(place.resolver, child.schema, draft))
