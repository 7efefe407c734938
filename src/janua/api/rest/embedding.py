"""Registered JSON Schemas → components of an OpenAPI 3.1 document, in which every reference resolves.

OpenAPI 3.1 speaks draft 2020-12, so schemas of older drafts are translated to it. Whatever a `$ref` leads to becomes a
component of its own (`books.Address`), so that neither `$id`, anchors nor `$defs` remain. Start at `Embedding.add`.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import cast

from referencing import Registry, Resource
from referencing._core import Resolver  # the class has no public name
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012, specification_with

from janua.api.rest.dialects import LISTS, MAPS, PLAIN, SINGLE, modern
from janua.model.collection import Collection, Schema
from janua.model.types import Json

JsonObject = dict[str, Json]
METASCHEMA = re.compile(r"https?://json-schema\.org/")
A_SCHEMA: JsonObject = {"description": "A JSON Schema.", "type": ["object", "boolean"]}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a schema stands: what its references are relative to, its draft, and the collection it belongs to."""

    resolver: Resolver[Schema]
    draft: str
    collection: str


@dataclass(frozen=True, slots=True)
class _Referred:
    """A schema that a reference leads to, and the component it becomes."""

    component: str
    schema: Schema
    place: _Place


class Embedding:
    """Collects components; `served` are the collections whose current schemas are components already or will be."""

    def __init__(self, served: Mapping[str, Collection]) -> None:
        self.components: dict[str, Json] = {}
        self._served = served
        self._pending: deque[_Referred] = deque()
        self._named: dict[tuple[str, int], str] = {}
        self._taken: set[str] = set()

    def add(self, collection: Collection, references: Mapping[str, Schema]) -> None:
        """Add the schema of a collection as the component of its name; `references` are its `janua:` references."""
        documents = {collection.name: collection.document, **references}
        resources = [(f"janua:{name}", _resource(each)) for name, each in documents.items()]
        registry: Registry[Schema] = Registry[Schema]().with_resources(resources)
        resolver = registry.resolver(f"janua:{collection.name}")
        self._named[collection.name, id(collection.document)] = collection.name
        place = _Place(resolver, _draft(collection.document), collection.name)
        self.components[collection.name] = self._translated_root(collection, place)
        while self._pending:
            referred = self._pending.popleft()
            self.components[referred.component] = self._translated(referred.schema, referred.place)

    def _translated_root(self, collection: Collection, place: _Place) -> Json:
        translated = self._translated(collection.document, place)
        assert isinstance(translated, dict)  # noqa: S101 -- `_translated` makes objects of booleans
        origin: JsonObject = {
            "x-janua-schema": f"/registry/{collection.name}/versions/{collection.version}",
            "x-janua-draft": place.draft,
        }
        return translated | origin

    def _translated(self, schema: "Json | Schema", place: _Place) -> Json:
        if not isinstance(schema, Mapping):
            return {} if schema is not False else {"not": {}}
        place = self._inside(schema, place)
        translated: JsonObject = {}
        for name, value in modern(schema, place.draft).items():
            if name == "$ref" and isinstance(value, str):
                translated |= self._reference(value, place)
            else:
                self._keyword(translated, name, value, place)
        return translated

    def _keyword(self, translated: JsonObject, name: str, value: Json, place: _Place) -> None:
        if name in PLAIN or name.startswith("x-"):
            translated[name] = value
        elif name in SINGLE:
            # Tools that make examples of a schema know what this means, but not that `{"not": {}}` means the same.
            translated[name] = False if value is False else self._translated(value, place)
        elif name in LISTS and isinstance(value, list):
            translated[name] = [self._translated(each, place) for each in value]
        elif name in MAPS and isinstance(value, dict):
            translated[name] = {key: self._translated(each, place) for key, each in value.items()}

    def _reference(self, reference: str, place: _Place) -> JsonObject:
        if METASCHEMA.match(reference):
            return A_SCHEMA
        try:
            resolved = place.resolver.lookup(reference)
        except (Unresolvable, ValueError):
            return {}
        draft = place.draft
        if reference.startswith("janua:"):
            root = place.resolver.lookup(reference.partition("#")[0]).contents
            draft = _draft(root)
        there = replace(place, resolver=resolved.resolver, draft=draft)
        component = self._component(reference, resolved.contents, there)
        return {"$ref": f"#/components/schemas/{component}"}

    def _component(self, reference: str, schema: Schema, place: _Place) -> str:
        current = self._served.get(reference.removeprefix("janua:"))
        if current is not None and current.document == schema:
            return current.name
        key = (place.collection, id(schema))
        if key not in self._named:
            self._named[key] = self._free_name(place.collection, reference)
            self._pending.append(_Referred(self._named[key], schema, place))
        return self._named[key]

    def _free_name(self, collection: str, reference: str) -> str:
        last = re.split(r"[/#:]", reference)[-1]
        wished = f"{collection}.{re.sub('[^A-Za-z0-9_-]+', '_', last)[:60] or 'root'}"
        name = next(name for name in _numbered(wished) if name not in self._taken)
        self._taken.add(name)
        return name

    def _inside(self, schema: Mapping[str, Json], place: _Place) -> _Place:
        if not ("$id" in schema or "id" in schema):
            return place
        draft = _draft(schema, place.draft)
        resource = Resource(contents=cast(Schema, schema), specification=specification_with(draft, DRAFT202012))
        return replace(place, resolver=place.resolver.in_subresource(resource), draft=draft)


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _draft(schema: "Json | Schema", otherwise: str = "https://json-schema.org/draft/2020-12/schema") -> str:
    named = schema.get("$schema") if isinstance(schema, Mapping) else None
    return named if isinstance(named, str) else otherwise


def _resource(schema: Schema) -> Resource[Schema]:
    return Resource(contents=schema, specification=specification_with(_draft(schema), DRAFT202012))
