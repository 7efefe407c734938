"""The operations of evolutions as OpenAPI paths, and the schemas of what they take and answer."""

from janua.api.rest.filter_schemas import reference
from janua.api.rest.registry_operations import COLLECTION, SCHEMA_TYPES, JsonObject, answer, members, operation
from janua.api.rest.responses import json_content, problems, required_body
from janua.gateway.evolutions import VERBS
from janua.model.types import Json
from janua.registry.steps import KINDS, MOST_STEPS, OPS

_COUNT: JsonObject = {"type": "integer", "minimum": 0}
_VERSION: JsonObject = {"type": "integer", "minimum": 1}
_SAMPLES: JsonObject = {"type": "array", "items": {"type": "object"}}
_POINTER: JsonObject = {
    "type": "string",
    "pattern": "^(/([^~/]|~[01])*)*$",
    "description": "A JSON Pointer, in which `*` stands for every element.",
}
_POINTERS: JsonObject = {"type": "array", "items": _POINTER, "minItems": 1}
_MEMBERS: JsonObject = {
    "path": _POINTER,
    "from": _POINTER,
    "into": _POINTERS,
    "to": {"enum": [*KINDS]},
    "by": {"type": "string"},
    "nulls": {"type": "boolean"},
    "values": {"type": ["object", "array"]},
    "value": {},
    "otherwise": {},
}


def _step(op: str) -> JsonObject:
    needed, optional, _ = OPS[op]
    given = {each: _MEMBERS[each] for each in (*needed, *optional)}
    # A join may take its strings from several places.
    own: JsonObject = {"op": {"const": op}, **given, **({"from": _POINTERS} if op == "join" else {})}
    return {"type": "object", "required": ["op", *needed], "properties": own, "additionalProperties": False}


EVOLUTION_COMPONENTS: JsonObject = {
    "EvolutionStep": {"oneOf": [_step(each) for each in OPS]},
    "EvolutionRequest": members(
        schema=reference("JsonSchema"),
        steps={"type": "array", "items": reference("EvolutionStep"), "maxItems": MOST_STEPS},
    )
    | {"additionalProperties": False},
    "Evolution": members(
        collection={"type": "string"},
        id=_VERSION,
        state={"enum": ["running", "paused", "failed", "done", "aborted"]},
        from_version=_VERSION,
        to_version=_VERSION,
        records=members(total=_COUNT, checked=_COUNT, changed=_COUNT, invalid=_COUNT, samples=_SAMPLES),
        steps={"type": "array", "items": reference("EvolutionStep")},
        created_at={"type": "string", "format": "date-time"},
        updated_at={"type": "string", "format": "date-time"},
        reason={"type": ["string", "null"], "description": "Why it failed."},
    ),
    "EvolutionPreview": {
        "allOf": [
            reference("Report"),
            members(
                collection={"type": "string"},
                version=_VERSION,
                dry_run={"const": True},
                evolved=members(changed=_COUNT, samples=_SAMPLES),
            ),
        ]
    },
}


def evolution_paths() -> JsonObject:
    """Return the paths below `/registry/{collection}/evolution`."""
    top = "/registry/{collection}/evolution"
    verbs: JsonObject = {f"{top}/{verb}": {"parameters": [COLLECTION], "post": _change(verb)} for verb in VERBS}
    return {top: {"parameters": [COLLECTION], "get": _STATUS, "post": _BEGIN}, **verbs}


def _change(verb: str) -> Json:
    return operation(
        f"evolution_{verb}",
        f"{verb.capitalize()} the evolution of the records",
        {"200": answer("How far it is.", reference("Evolution")), **problems(404, 409)},
    )


_STATUS = operation(
    "evolution_status",
    "Say how far the evolution of the records is",
    {"200": answer("The last one, under way or over.", reference("Evolution")), **problems(404)},
)
_BEGIN = operation(
    "evolution_begin",
    "Bring the stored records to a new schema by steps",
    {
        "200": answer(
            "What it would do, with `dry_run`; otherwise it is over, well or not.",
            {"anyOf": [reference("Evolution"), reference("EvolutionPreview")]},
            "Location",
        ),
        "202": answer("It goes on.", reference("Evolution"), "Location"),
        **problems(404, 409, 412, 422, body=True),
    },
    "DryRun",
    "EvolutionWait",
    "PreferWait",
    "IfMatch",
    requestBody=required_body(json_content(reference("EvolutionRequest"), SCHEMA_TYPES)),
)
