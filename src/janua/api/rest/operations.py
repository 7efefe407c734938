"""The record operations of one collection as OpenAPI: paths, and the component schemas they speak of.

Start at `record_paths` and `record_components`.
"""

from janua.api.headers import REPLAYED
from janua.api.rest.filter_schemas import reference
from janua.api.rest.parameter_schemas import (
    aggregate_parameters,
    filter_parameters,
    list_parameters,
    record_parameters,
    unique_names,
)
from janua.api.rest.records import JSON_PATCH, MERGE_PATCH
from janua.api.rest.resource import GENERIC
from janua.api.rest.responses import headers, json_content, problems, required_body
from janua.api.rest.transfer import NDJSON, NDJSON_TYPES
from janua.model.catalog import Catalog, Inverse
from janua.model.collection import Collection, Relation
from janua.model.types import Json
from janua.query.limits import QueryLimits

JsonObject = dict[str, Json]
_FLAG: JsonObject = {"type": "boolean"}


def record_paths(catalog: Catalog, collection: Collection, limits: QueryLimits) -> JsonObject:
    """Return the paths of a collection's records; the generic collection has them at `/records` too."""
    paths = _Operations(catalog, collection, limits, f"/api/{collection.name}", "").paths()
    if collection.name == GENERIC:
        paths |= _Operations(catalog, collection, limits, f"/{GENERIC}", "generic_").paths()
    return paths


def record_components(catalog: Catalog, collection: Collection) -> JsonObject:
    """Return the schemas of a collection's records as they are answered.

    `books-record` is one as stored, `books-view` one as a read shows it: perhaps with some fields only, perhaps with
    related records.
    """
    name = collection.name
    stored = _record(reference(name))
    some: JsonObject = {"type": "object", "description": "The fields that were asked for."}
    view = _record({"anyOf": [reference(name), some]})
    view_properties = view["properties"]
    relations = catalog.relations(name)
    if relations and isinstance(view_properties, dict):
        view_properties["included"] = {
            "type": "object",
            "description": "Related records, by relation.",
            "properties": {field: _included(each) for field, each in relations.items()},
        }
    page: JsonObject = {
        "type": "object",
        "required": ["items", "page"],
        "properties": {"items": {"type": "array", "items": reference(f"{name}-view")}, "page": reference("Page")},
    }
    return {f"{name}-record": stored, f"{name}-view": view, f"{name}-page": page}


def _record(data: Json) -> JsonObject:
    version: JsonObject = {"type": "integer", "minimum": 1}
    time: JsonObject = {"type": "string", "format": "date-time"}
    return {
        "type": "object",
        "required": ["id", "data", "version", "schema_version", "created_at", "updated_at"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "data": data,
            "version": version,
            "schema_version": version,
            "created_at": time,
            "updated_at": time,
        },
    }


def _included(relation: Relation | Inverse) -> Json:
    if isinstance(relation, Relation) and not relation.many:
        return {"anyOf": [reference(f"{relation.target}-view"), {"type": "null"}]}
    target = relation.target if isinstance(relation, Relation) else relation.source
    return {
        "type": "object",
        "required": ["items", "truncated"],
        "properties": {"items": {"type": "array", "items": reference(f"{target}-view")}, "truncated": _FLAG},
    }


class _Operations:
    """The operations below one path; `mark` keeps operation ids apart where a collection has two paths."""

    def __init__(self, catalog: Catalog, collection: Collection, limits: QueryLimits, path: str, mark: str) -> None:
        self._catalog = catalog
        self._collection = collection
        self._name = collection.name
        self._limits = limits
        self._path = path
        self._mark = mark

    def paths(self) -> JsonObject:
        path = self._path
        return {
            path: {"get": self._list(), "post": self._create()},
            f"{path}/{{id}}": {
                "parameters": [_parameter("Id")],
                "get": self._fetch(),
                "put": self._replace(),
                "patch": self._patch(),
                "delete": self._delete(),
            },
            f"{path}/import": {"post": self._import()},
            f"{path}/export": {"get": self._export()},
            f"{path}/aggregate": {"get": self._aggregate()},
        }

    def _operation(self, verb: str, summary: str, responses: JsonObject, **more: Json) -> Json:
        return {
            "operationId": f"{self._mark}{verb}_{self._name}",
            "summary": summary,
            "tags": [self._name],
            **more,
            "responses": responses,
        }

    def _list(self) -> Json:
        page = _answer("One page.", reference(f"{self._name}-page"), "ETag", "Link")
        return self._operation(
            "list",
            "List records",
            {"200": page, "304": _unchanged(), **problems(404)},
            parameters=[*list_parameters(self._catalog, self._collection, self._limits), _parameter("IfNoneMatch")],
        )

    def _create(self) -> Json:
        created: JsonObject = self._stored("The record, stored.", "Location", REPLAYED)
        created["links"] = self._links()
        return self._operation(
            "create",
            "Add a record",
            {"201": created, **problems(404, 409, 422, body=True)},
            parameters=[_parameter("IdempotencyKey"), _parameter("Prefer")],
            requestBody=self._document(),
        )

    def _fetch(self) -> Json:
        found = _answer("The record.", reference(f"{self._name}-view"), "ETag")
        return self._operation(
            "fetch",
            "Read a record",
            {"200": found, "304": _unchanged(), **problems(404)},
            parameters=[*record_parameters(self._catalog, self._collection), _parameter("IfNoneMatch")],
        )

    def _replace(self) -> Json:
        return self._operation(
            "replace",
            "Store a record under an id, new or not",
            {
                "200": self._stored("The record, replaced."),
                "201": self._stored("The record, new.", "Location"),
                "204": _empty("Replaced; no body was wanted.", "ETag", "Preference-Applied"),
                **problems(404, 409, 412, 422, body=True),
            },
            parameters=[_parameter("IfMatch"), _parameter("IfNoneMatch"), _parameter("Prefer")],
            requestBody=self._document(),
        )

    def _patch(self) -> Json:
        merged: JsonObject = {"type": "object", "description": "Members to set; null removes one."}
        content = json_content(merged, [MERGE_PATCH]) | json_content(reference("JsonPatch"), [JSON_PATCH])
        return self._operation(
            "patch",
            "Change a record",
            {
                "200": self._stored("The record, changed."),
                "204": _empty("Changed; no body was wanted.", "ETag", "Preference-Applied"),
                **problems(404, 409, 412, 422, body=True),
            },
            parameters=[_parameter("IfMatch"), _parameter("IfNoneMatch"), _parameter("Prefer")],
            requestBody=required_body(content),
        )

    def _delete(self) -> Json:
        return self._operation(
            "delete",
            "Remove a record",
            {"204": _empty("Removed."), **problems(404, 409, 412)},
            parameters=[_parameter("IfMatch"), _parameter("IfNoneMatch")],
        )

    def _import(self) -> Json:
        lines: JsonObject = {"type": "string", "description": "One document a line."}
        documents: JsonObject = {"type": "array", "items": reference(self._name)}
        unique: JsonObject = {"type": "string", "enum": list[Json](unique_names(self._collection))}
        done = _answer("What was done.", reference("ImportReport"), REPLAYED)
        return self._operation(
            "import",
            "Import many records, in one transaction",
            {"200": done, **problems(404, 409, 422, body=True)},
            parameters=[
                _query("on_error", {"type": "string", "enum": ["abort", "skip"], "default": "abort"},
                       "`skip`: store what can be stored, and report the rest."),
                _query("on_conflict", unique, "Replace the records that have the same value here."),
                _query("records", _FLAG, "The body has whole records, as `export` writes them with `records=true`."),
                _parameter("IdempotencyKey"),
            ],
            requestBody=required_body(json_content(lines, NDJSON_TYPES) | json_content(documents)),
        )  # fmt: skip

    def _export(self) -> Json:
        lines: JsonObject = {"type": "string", "description": "One document a line, in the order of ids."}
        found: JsonObject = {
            "description": "All records that match, from one snapshot.",
            "headers": headers(),
            "content": json_content(lines, [NDJSON]),
        }
        return self._operation(
            "export",
            "Export records",
            {"200": found, **problems(404)},
            parameters=[
                *filter_parameters(self._collection),
                _query("records", _FLAG, "Whole records instead of bare documents."),
            ],
        )

    def _aggregate(self) -> Json:
        return self._operation(
            "aggregate",
            "Count records, and more, by group",
            {"200": _answer("The groups.", reference("Groups")), **problems(404)},
            parameters=aggregate_parameters(self._collection, self._limits),
        )

    def _document(self) -> JsonObject:
        return required_body(json_content(reference(self._name)))

    def _stored(self, description: str, *names: str) -> JsonObject:
        return _answer(description, reference(f"{self._name}-record"), "ETag", "Preference-Applied", *names)

    def _links(self) -> JsonObject:
        return {
            verb.capitalize(): {
                "operationId": f"{self._mark}{verb}_{self._name}",
                "parameters": {"id": "$response.body#/id"},
            }
            for verb in ("fetch", "replace", "patch", "delete")
        }


def _answer(description: str, schema: Json, *names: str) -> JsonObject:
    return {"description": description, "headers": headers(*names), "content": json_content(schema)}


def _empty(description: str, *names: str) -> JsonObject:
    return {"description": description, "headers": headers(*names)}


def _unchanged() -> JsonObject:
    return _empty("The client has it already.", "ETag")


def _parameter(name: str) -> JsonObject:
    return {"$ref": f"#/components/parameters/{name}"}


def _query(name: str, schema: JsonObject, description: str) -> JsonObject:
    return {"name": name, "in": "query", "description": description, "schema": schema}
