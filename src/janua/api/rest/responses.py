"""The parts of an OpenAPI document that do not depend on the catalog: problems, headers, shared parameters, reports.

`COMPONENTS` are the schemas, `HEADERS`, `PARAMETERS` and `RESPONSES` the components of those names; `problems` lists
the answers by which an operation can fail.
"""

from collections.abc import Iterable
from http import HTTPStatus

from janua.api.boundary import REVISION
from janua.api.headers import REPLAYED
from janua.api.problems import PROBLEM_JSON, STATUSES
from janua.model.types import Json
from janua.registry.compatibility import MODES

JsonObject = dict[str, Json]
NAME_PATTERN = "^[a-z][a-z0-9_]{0,46}$"

ALWAYS = (400, 414, 500, 503, 504)
"""Statuses by which every operation can fail."""

TAGS = '`*`, or entity tags like `"3"` with commas between (RFC 9110).'
WITH_BODY = (408, 413, 415)


def problems(*statuses: int, body: bool = False) -> JsonObject:
    """Return the answers by which an operation can fail, as references; `body`: it takes one."""
    every = sorted({*ALWAYS, *statuses, *(WITH_BODY if body else ())})
    return {str(each): {"$ref": f"#/components/responses/{problem_name(each)}"} for each in every}


def problem_name(status: int) -> str:
    """Return the component of a problem's answer, such as `NotFound`."""
    return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())


def json_content(schema: Json, media_types: Iterable[str] = ("application/json",)) -> JsonObject:
    """Return a body of this schema."""
    return {each: {"schema": schema} for each in media_types}


def required_body(content: JsonObject) -> JsonObject:
    """Return a request body that must be there."""
    return {"required": True, "content": content}


def headers(*names: str) -> JsonObject:
    """Return the response headers of these names, as references; the revision is always one."""
    return {each: {"$ref": f"#/components/headers/{each}"} for each in (*names, REVISION)}


def _object(required: str, **properties: Json) -> JsonObject:
    """Return the schema of an object; `required` names its members that are always there."""
    return {"type": "object", "required": list[Json](required.split()), "properties": properties}


def _text(description: str = "", **more: Json) -> JsonObject:
    return {"type": "string", **({"description": description} if description else {}), **more}


def _many(items: Json) -> JsonObject:
    return {"type": "array", "items": items}


def _schema(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


_ANY_OBJECT: JsonObject = {"type": "object"}
_VERSION: JsonObject = {"type": "integer", "minimum": 1}
_COUNT: JsonObject = {"type": "integer", "minimum": 0}
_TIME = _text(format="date-time")
_COLLECTION = _text(pattern=NAME_PATTERN)
_ONE_NAME = NAME_PATTERN.removeprefix("^").removesuffix("$")
_VERDICT = _text(enum=["compatible", "incompatible", "undecided"])
_JSON_SCHEMA: JsonObject = {
    "type": ["object", "boolean"],
    "description": "A JSON Schema of draft 2020-12 (the default), 2019-09, 7, 6 or 4, as `$schema` says.",
    "properties": {
        "title": _text(),
        "description": _text(),
        "type": {"enum": ["object", "array", "string", "number", "integer", "boolean", "null"]},
        "properties": {"type": "object", "additionalProperties": _schema("JsonSchema")},
        "items": _schema("JsonSchema"),
        "required": {"type": "array", "items": _text(), "uniqueItems": True},
    },
}

_POINTER = _text("A JSON Pointer (RFC 6901).", pattern="^(/([^~/]|~[01])*)*$")


def _patch_operations(ops: str, required: str, **properties: Json) -> JsonObject:
    return _object(f"op path {required}".strip(), op={"enum": list[Json](ops.split())}, path=_POINTER, **properties)


COMPONENTS: JsonObject = {
    "JsonPatch": {
        "description": "Operations (RFC 6902): all apply, in order, or none does.",
        "type": "array",
        "items": {
            "oneOf": [
                _patch_operations("add replace test", "value", value={}),
                _patch_operations("remove", ""),
                _patch_operations("move copy", "from", **{"from": _POINTER}),
            ]
        },
    },
    "Problem": _object(
        "type title status detail code",
        type=_text("A page that explains the code.", format="uri-reference"),
        title=_text(),
        status={"type": "integer"},
        detail=_text("What happened, and what to do."),
        code=_text("The stable name of the error.", enum=[*STATUSES]),
        violations=_many(_schema("Violation")),
    )
    | {"description": "An error (RFC 9457); some codes have more members."},
    "Violation": _object(
        "pointer keyword message",
        pointer=_text("Where in the document (JSON Pointer)."),
        keyword=_text("The keyword of the schema that is not satisfied."),
        message=_text(),
        schema_pointer=_text("Where in the schema (JSON Pointer)."),
    ),
    "Page": _object(
        "next previous total",
        next={"type": ["string", "null"], "description": "Cursor of the next page; null on the last."},
        previous={"type": ["string", "null"], "description": "Cursor of the page before; null on the first."},
        total={"type": ["integer", "null"], "description": "Records that match, if `count=exact`."},
    ),
    "ImportReport": _object(
        "imported updated rejected rejections",
        imported=_COUNT,
        updated=_COUNT,
        rejected=_COUNT,
        rejections=_many(
            _object(
                "line code message violations",
                line={"type": "integer", "minimum": 1, "description": "Which document, from 1."},
                code=_text(),
                message=_text(),
                violations=_many(_schema("Violation")),
            )
        ),
    ),
    "Groups": _object(
        "groups truncated",
        truncated={"type": "boolean", "description": "There are more groups than are shown: narrow the filter."},
        groups=_many(
            _object(
                "count",
                key=_ANY_OBJECT,
                count=_COUNT,
                **dict.fromkeys(("sum", "avg", "min", "max", "countDistinct"), _ANY_OBJECT),
            )
        ),
    ),
    "JsonSchema": _JSON_SCHEMA,
    "Incompatibility": _object(
        "code keyword pointer old_pointer message",
        code=_text(),
        keyword=_text(),
        pointer=_text(),
        old_pointer=_text(),
        message=_text(),
        counter_example={
            "type": ["object", "null"],
            "description": "A document that is valid under one version and not under the other.",
            "required": ["document", "valid_under"],
            "properties": {"document": {}, "valid_under": {"enum": ["old", "new"]}},
        },
        old={"description": "What stands at `old_pointer`."},
        new={"description": "What stands at `pointer`."},
        version={"type": ["integer", "null"], "description": "The earlier schema version, where the rules speak."},
    ),
    "Rules": _object(
        "mode verdict versions undecided",
        mode=_text(enum=[*MODES]),
        verdict=_VERDICT,
        versions=_many(_VERSION),
        undecided=_many(_schema("Incompatibility")),
    ),
    "Report": _object(
        "verdict changes incompatibilities records indexes graphql rest",
        verdict=_VERDICT,
        changes=_many(_ANY_OBJECT),
        incompatibilities=_many(_schema("Incompatibility")),
        records=_object(
            "checked invalid samples",
            checked=_COUNT,
            invalid=_COUNT,
            samples=_many(_ANY_OBJECT),
            proven={"type": "boolean", "description": "None was read: a proof covers all stored records."},
        ),
        indexes=_object("build drop", build=_many(_text()), drop=_many(_text())),
        graphql=_many(_ANY_OBJECT),
        rest=_many(_ANY_OBJECT),
        relations=_many(_ANY_OBJECT),
        verdicts={
            "oneOf": [_object("rules records", rules=_VERDICT, records=_VERDICT), {"type": "null"}],
            "description": "What the rules say, and what the stored records say; `verdict` is the decision.",
        },
        rules={"oneOf": [_schema("Rules"), {"type": "null"}]},
        evolution={"enum": ["data", "proof", None]},
        decided_by={"enum": ["rules", "records", None]},
        warnings=_many(_object("pointer message", pointer=_text(), message=_text())),
    ),
    "Workers": _object("live serving", live=_COUNT, serving=_COUNT)
    | {"description": "With `wait`: workers, and those of them that serve what was registered."},
    "Registration": {
        "allOf": [
            _schema("Report"),
            _object(
                "collection version fingerprint changed created dry_run",
                collection=_COLLECTION,
                version=_VERSION,
                fingerprint=_text(),
                changed={"type": "boolean"},
                created={"type": "boolean"},
                dry_run={"type": "boolean"},
                workers=_schema("Workers"),
            ),
        ]
    },
    "SchemaVersion": _object(
        "collection version fingerprint schema created_at",
        collection=_COLLECTION,
        version=_VERSION,
        fingerprint=_text(),
        schema=_schema("JsonSchema"),
        created_at=_TIME,
    ),
    "Description": _object(
        "collection version fingerprint schema mode evolution fields indexes relations graphql created_at updated_at",
        collection=_COLLECTION,
        version=_VERSION,
        fingerprint=_text(),
        schema=_schema("JsonSchema"),
        mode=_text(enum=[*MODES]),
        evolution=_text(enum=["data", "proof"]),
        fields=_many(_ANY_OBJECT),
        indexes=_many(_ANY_OBJECT),
        relations=_many(_ANY_OBJECT),
        graphql=_ANY_OBJECT,
        created_at=_TIME,
        updated_at=_TIME,
    ),
    "Summary": _object(
        "collection version fingerprint title description updated_at",
        collection=_COLLECTION,
        version=_VERSION,
        fingerprint=_text(),
        title={"type": ["string", "null"]},
        description={"type": ["string", "null"]},
        updated_at=_TIME,
    ),
}

HEADERS: JsonObject = {
    REVISION: {
        "description": "Revision of the catalog that the request began with, or that it made.",
        "schema": {"type": "integer"},
    },
    "ETag": {"description": "Version of what is answered, for `If-Match` and `If-None-Match`.", "schema": _text()},
    "Location": {"description": "Path of what was created.", "schema": _text(format="uri-reference")},
    "Link": {"description": "The pages `next`, `prev` and `first` (RFC 8288).", "schema": _text()},
    REPLAYED: {
        "description": "`true`: the answer to an earlier request with the same key.",
        "schema": _text(enum=["true"]),
    },
    "Preference-Applied": {"description": "The preference that was followed.", "schema": _text()},
    "Allow": {"description": "Methods of the resource.", "schema": _text()},
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}},
}


def _header(name: str, description: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "in": "header", "description": description, "schema": schema}


PARAMETERS: JsonObject = {
    "IfMatch": _header("If-Match", f"Do it only if one of these is the current version: {TAGS}", _text()),
    "IfNoneMatch": _header("If-None-Match", f"Do it only if none of these is the current version: {TAGS}", _text()),
    "IfNew": _header("If-None-Match", "`*`: register only a new collection.", _text(enum=["*"])),
    "IdempotencyKey": _header(
        "Idempotency-Key",
        "Sent again with the same key, the request gets the first answer and stores nothing.",
        _text(pattern="^[!#-~]{1,255}$"),
    ),
    "Prefer": _header("Prefer", "`return=minimal`: answer without a body (RFC 7240).", _text()),
    "PreferWait": _header("Prefer", "`wait=<seconds>`: the same as the parameter `wait` (RFC 7240).", _text()),
    "Wait": {
        "name": "wait",
        "in": "query",
        "description": "Seconds in which all workers are to serve the schema before the answer is sent.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 60},
    },
    "EvolutionWait": {
        "name": "wait",
        "in": "query",
        "description": "Seconds in which the evolution is to be over before the answer is sent.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 60},
    },
    "Id": {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "The record's id.",
        "schema": _text(format="uuid"),
    },
    "Collection": {"name": "collection", "in": "path", "required": True, "schema": _COLLECTION},
    "Version": {"name": "version", "in": "path", "required": True, "schema": _VERSION | {"maximum": 999_999_999}},
    "DropCollections": {
        "name": "collections",
        "in": "query",
        "required": True,
        "description": "The names of the collections, separated by commas.",
        "schema": _text(pattern=f"^{_ONE_NAME}(,{_ONE_NAME})*$"),
    },
    "DropRecords": {
        "name": "records",
        "in": "query",
        "description": "`delete`: drop the collection although it holds records.",
        "schema": {"type": "string", "enum": ["delete"]},
    },
    "DryRun": {
        "name": "dry_run",
        "in": "query",
        "description": "Decide, and store nothing.",
        "schema": {"type": "boolean"},
    },
}


def _problem(status: int) -> JsonObject:
    codes = ", ".join(f"`{code}`" for code, each in STATUSES.items() if each == status)
    found: JsonObject = {
        "description": f"{HTTPStatus(status).phrase}: {codes}.",
        "content": json_content(_schema("Problem"), [PROBLEM_JSON]),
    }
    if status in (405, 503):
        name = "Allow" if status == 405 else "Retry-After"
        found["headers"] = {name: {"$ref": f"#/components/headers/{name}"}}
    return found


RESPONSES: JsonObject = {problem_name(each): _problem(each) for each in sorted({*STATUSES.values()})}
