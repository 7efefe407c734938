"""The drafts of JSON Schema: which keywords have schemas inside, and how older drafts spell what 2020-12 says.

Start at `modern`, which rewrites one schema object (not those inside it).
"""

from collections.abc import Mapping

from janua.model.types import Json

JsonObject = dict[str, Json]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SINGLE = _words(
    "additionalProperties unevaluatedProperties unevaluatedItems propertyNames contains not if then else items"
    " contentSchema"
)
"""Keywords whose value is a schema."""

LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
MAPS = frozenset(("properties", "patternProperties", "dependentSchemas"))
PLAIN = _words(
    "type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems"
    " minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired title"
    " description default deprecated readOnly writeOnly examples format contentMediaType contentEncoding"
)
"""Keywords whose value has no schemas inside. A keyword in none of these tables means nothing and is left out."""

_LATER = _words(
    "unevaluatedProperties unevaluatedItems dependentSchemas dependentRequired minContains maxContains prefixItems"
    " contentSchema deprecated"
)
UNKNOWN_TO: Mapping[str, frozenset[str]] = {
    "draft-04": _LATER | {"const", "contains", "propertyNames", "if", "then", "else", "examples"},
    "draft-06": _LATER | {"if", "then", "else"},
    "draft-07": _LATER,
    "2019-09": frozenset({"prefixItems", "$dynamicRef"}),
    "2020-12": frozenset({"$recursiveRef"}),
}
"""Keywords that mean nothing in a draft, and must not start to when its schemas are read as 2020-12."""


def modern(schema: Mapping[str, Json], draft: str) -> JsonObject:
    """Return a schema object of the draft with this URI in the words of 2020-12.

    Dynamic references become plain ones: they lead to the same place unless another schema overrides it.
    """
    name = next((each for each in UNKNOWN_TO if each in draft), "2020-12")
    if name.startswith("draft-") and "$ref" in schema:
        # Up to draft 7, whatever stands beside a $ref is ignored.
        return {"$ref": schema["$ref"]}
    known = {key: each for key, each in schema.items() if key not in UNKNOWN_TO[name]}
    for old in ("$dynamicRef", "$recursiveRef"):
        if old in known:
            known.setdefault("$ref", known.pop(old))
    if name != "2020-12":
        _rewrite_items(known)
        _rewrite_dependencies(known)
    if name == "draft-04":
        _rewrite_bounds(known)
    return known


def _rewrite_items(schema: JsonObject) -> None:
    rest = schema.pop("additionalItems", None)
    if isinstance(schema.get("items"), list):
        schema["prefixItems"] = schema.pop("items")
        if rest is not None:
            schema["items"] = rest


def _rewrite_dependencies(schema: JsonObject) -> None:
    dependencies = schema.pop("dependencies", None)
    if isinstance(dependencies, dict):
        required: JsonObject = {name: each for name, each in dependencies.items() if isinstance(each, list)}
        schemas: JsonObject = {name: each for name, each in dependencies.items() if not isinstance(each, list)}
        schema |= ({"dependentRequired": required} if required else {}) | (
            {"dependentSchemas": schemas} if schemas else {}
        )


def _rewrite_bounds(schema: JsonObject) -> None:
    for exclusive, inclusive in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.pop(exclusive, False) is True and inclusive in schema:
            schema[exclusive] = schema.pop(inclusive)
