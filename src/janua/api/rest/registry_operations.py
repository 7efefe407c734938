"""The registry's operations, and those for operators, as OpenAPI paths. They are the same whatever is registered."""

from janua.api.rest.filter_schemas import reference
from janua.api.rest.registry import JSON_TYPES, POLICY_TYPES, YAML_TYPES
from janua.api.rest.responses import headers, json_content, problems, required_body
from janua.model.types import Json
from janua.registry.compatibility import MODES

JsonObject = dict[str, Json]


def registry_paths() -> JsonObject:
    """Return the paths below `/registry`."""
    return {
        "/registry": {"get": _LIST, "post": _REGISTER_MANY, "delete": _DROP_MANY},
        "/registry/{collection}": {
            "parameters": [COLLECTION],
            "get": _DESCRIBE,
            "put": _REGISTER,
            "patch": _CONFIGURE,
            "delete": _DROP,
        },
        "/registry/{collection}/check": {"parameters": [COLLECTION], "post": _CHECK},
        "/registry/{collection}/versions": {"parameters": [COLLECTION], "get": _LIST_VERSIONS},
        "/registry/{collection}/versions/{version}": {
            "parameters": [COLLECTION, {"$ref": "#/components/parameters/Version"}],
            "get": _FETCH_VERSION,
        },
    }


def health_paths() -> JsonObject:
    """Return the paths for operators."""
    return {"/livez": {"get": _LIVE}, "/readyz": {"get": _READY}}


def operation(id: str, summary: str, responses: JsonObject, *parameters: str, **more: Json) -> JsonObject:
    """Return an operation of the registry; `parameters` names components."""
    found: JsonObject = {"operationId": id, "summary": summary, "tags": ["registry"], **more}
    if parameters:
        found["parameters"] = [{"$ref": f"#/components/parameters/{each}"} for each in parameters]
    found["responses"] = responses
    return found


def answer(description: str, schema: Json, *names: str) -> JsonObject:
    """Return an answer in JSON with the headers of these names."""
    return {"description": description, "headers": headers(*names), "content": json_content(schema)}


def members(**properties: Json) -> JsonObject:
    """Return the schema of an object with these members, all of them there."""
    return {"type": "object", "required": list[Json](properties), "properties": properties}


def _many(name: str) -> JsonObject:
    return {"type": "array", "items": reference(name)}


COLLECTION: JsonObject = {"$ref": "#/components/parameters/Collection"}
SCHEMA_TYPES = (*JSON_TYPES, *YAML_TYPES)
_SCHEMA_BODY = required_body(json_content(reference("JsonSchema"), SCHEMA_TYPES))
_SCHEMAS: JsonObject = {
    "type": "object",
    "required": ["collections"],
    "properties": {
        "collections": {
            "type": "object",
            "propertyNames": {"pattern": "^[a-z][a-z0-9_]{0,46}$"},
            "additionalProperties": reference("JsonSchema"),
        }
    },
    "additionalProperties": False,
}
_POLICY: JsonObject = {
    "type": "object",
    "minProperties": 1,
    "properties": {"mode": {"enum": [*MODES]}, "evolution": {"enum": ["data", "proof"]}},
    "additionalProperties": False,
}
_REGISTERED = members(collections=_many("Registration"))
_REGISTERED["properties"] = {"collections": _many("Registration"), "workers": reference("Workers")}
_REPORT: JsonObject = {
    "allOf": [reference("Report"), members(collection={"type": "string"})],
}

_LIST = operation(
    "registry_list",
    "List the collections",
    {"200": answer("The collections by name.", members(collections=_many("Summary"))), **problems()},
)
_REGISTER_MANY = operation(
    "registry_register_many",
    "Register several schemas, all or none",
    {
        "200": answer("What was registered.", _REGISTERED, "Preference-Applied"),
        **problems(409, 412, 422, body=True),
    },
    "DryRun",
    "Wait",
    "PreferWait",
    requestBody=required_body(json_content(_SCHEMAS, SCHEMA_TYPES)),
)
_DESCRIBE = operation(
    "registry_describe",
    "Describe a collection",
    {"200": answer("All about it.", reference("Description"), "ETag"), **problems(404)},
)
_REGISTER = operation(
    "registry_register",
    "Register a schema",
    {
        "200": answer("It is the current version.", reference("Registration"), "ETag", "Preference-Applied"),
        "201": answer("The collection is new.", reference("Registration"), "ETag", "Location", "Preference-Applied"),
        **problems(409, 412, 422, body=True),
    },
    "DryRun",
    "Wait",
    "PreferWait",
    "IfMatch",
    "IfNew",
    requestBody=_SCHEMA_BODY,
)
_CONFIGURE = operation(
    "registry_configure",
    "Set the compatibility mode or the evolution policy",
    {"200": answer("All about it.", reference("Description"), "ETag"), **problems(404, 412, body=True)},
    "IfMatch",
    requestBody=required_body(json_content(_POLICY, POLICY_TYPES)),
)
_DROP = operation(
    "registry_drop",
    "Forget a collection",
    {"204": {"description": "Forgotten.", "headers": headers()}, **problems(404, 409, 412)},
    "DropRecords",
    "IfMatch",
)
_DROP_MANY = operation(
    "registry_drop_many",
    "Forget several collections, all or none",
    {"204": {"description": "Forgotten.", "headers": headers()}, **problems(404, 409)},
    "DropCollections",
    "DropRecords",
)
_CHECK = operation(
    "registry_check",
    "Say what registering a schema would do",
    {"200": answer("The report.", _REPORT), **problems(409, 422, body=True)},
    requestBody=_SCHEMA_BODY,
)
_LIST_VERSIONS = operation(
    "registry_list_versions",
    "List the schema versions",
    {
        "200": answer("Oldest first.", members(collection={"type": "string"}, versions=_many("SchemaVersion"))),
        **problems(404),
    },
)
_FETCH_VERSION = operation(
    "registry_fetch_version",
    "Read a schema version",
    {
        "200": answer("It never changes.", reference("SchemaVersion"), "ETag"),
        "304": {"description": "The client has it already.", "headers": headers("ETag")},
        **problems(404),
    },
    "IfNoneMatch",
)

_STATUS = members(status={"type": "string"})
_PLAIN: JsonObject = {"description": "Yes.", "content": json_content(_STATUS)}
_LIVE: JsonObject = {
    "operationId": "live",
    "summary": "Is the process alive?",
    "tags": ["operations"],
    "responses": {"200": _PLAIN},
}
_READY: JsonObject = {
    "operationId": "ready",
    "summary": "Can it serve?",
    "tags": ["operations"],
    "responses": {
        "200": _PLAIN,
        "503": {
            "description": "No; `reason` says why.",
            "headers": {"Retry-After": {"$ref": "#/components/headers/Retry-After"}},
            "content": json_content(members(status={"type": "string"}, reason={"type": "string"})),
        },
    },
}
