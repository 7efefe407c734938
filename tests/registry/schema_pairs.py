"""Pairs of schemas, old and new, with the verdict on each: what the compatibility checker is held to.

`backward` and `forward` are "compatible", "undecided", or the codes of the incompatibilities. `jsoncompat` says where
and why that library, an independent judge of the same question, comes to another answer.
"""

from dataclasses import dataclass
from typing import Any

Schema = Any

D4 = "http://json-schema.org/draft-04/schema#"
D7 = "http://json-schema.org/draft-07/schema#"
D19 = "https://json-schema.org/draft/2019-09/schema"
S = {"type": "string"}
I = {"type": "integer"}  # noqa: E741 -- short, like its neighbours: the table is what is to be read
N = {"type": "number"}


def O(required: Any = (), **properties: Schema) -> Schema:  # noqa: E743, N802 -- an open object, as short as the others
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def C(required: Any = (), **properties: Schema) -> Schema:  # noqa: N802 -- a closed object
    return {**O(required, **properties), "additionalProperties": False}


def items(schema: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": schema, **more}


def tree(leaf: Schema) -> Schema:
    children = {"type": "array", "items": {"$ref": "#/$defs/node"}}
    return {"$ref": "#/$defs/node", "$defs": {"node": O(value=leaf, children=children)}}


def chain(node: Schema) -> Schema:
    return {"$ref": "#/$defs/list", "$defs": {"list": node}}


A = O(["kind", "x"], kind={"const": "a"}, x=I)
B = O(["kind", "y"], kind={"const": "b"}, y=S)
K = O(["kind"], kind={"const": "c"})


@dataclass(frozen=True)
class Pair:
    title: str
    old: Schema
    new: Schema
    backward: str = "compatible"
    forward: str = "compatible"
    jsoncompat: str = ""


PAIRS = [
    # --- contents, which drafts 6 and 7 assert; they are annotations in others
    Pair(
        "a string has to be base64",
        {"$schema": D7, **S},
        {"$schema": D7, **S, "contentEncoding": "base64"},
        backward="contents.narrowed",
        jsoncompat="knows draft 2020-12 only",
    ),
    Pair(
        "what is in base64 has to be JSON, and may be longer",
        {"$schema": D7, **S, "contentEncoding": "base64", "maxLength": 9},
        {"$schema": D7, **S, "contentEncoding": "base64", "contentMediaType": "application/json"},
        backward="contents.narrowed",
        forward="max_length.raised",
        jsoncompat="knows draft 2020-12 only",
    ),
    Pair(
        "base64 may be longer",
        {"$schema": D7, **S, "contentEncoding": "base64", "maxLength": 9},
        {"$schema": D7, **S, "contentEncoding": "base64"},
        forward="max_length.raised",
        jsoncompat="knows draft 2020-12 only",
    ),
    # --- types
    Pair("an integer becomes a number", I, N, forward="type.widened"),
    Pair("a string becomes a string or null", S, {"type": ["string", "null"]}, forward="type.widened"),
    Pair("a string becomes an integer", S, I, backward="type.narrowed", forward="type.widened"),
    Pair("any value becomes a string", {}, S, backward="type.narrowed"),
    Pair("a type list is reordered", {"type": ["string", "null"]}, {"type": ["null", "string"]}),
    Pair("a union of types is written as anyOf", {"type": ["string", "integer"]}, {"anyOf": [S, I]}),
    Pair("nothing is valid any more", S, False, backward="schema.narrowed"),
    Pair("everything is valid from now on", False, True, forward="schema.widened"),
    # --- annotations
    Pair(
        "only annotations change",
        {"type": "string", "title": "A"},
        {"type": "string", "title": "B", "description": "x", "default": "y", "x-index": True},
    ),
    # --- numbers
    Pair("a maximum is lowered", {"maximum": 10}, {"maximum": 5}, backward="maximum.lowered"),
    Pair("a maximum is raised", {"maximum": 5}, {"maximum": 10}, forward="maximum.raised"),
    Pair("a minimum is added to a number", N, {"type": "number", "minimum": 0}, backward="minimum.raised"),
    Pair("a bound becomes exclusive", {"minimum": 0}, {"exclusiveMinimum": 0}, backward="minimum.raised"),
    Pair(
        "bounds of integers are written exclusively",
        {"type": "integer", "minimum": 1, "maximum": 9},
        {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10},
    ),
    Pair(
        "an integer range becomes a list",
        {"type": "integer", "minimum": 1, "maximum": 3},
        {"enum": [1, 2, 3]},
        jsoncompat="finds no proof: it does not list the integers of a range",
    ),
    Pair("a multiple becomes a coarser one", {"multipleOf": 2}, {"multipleOf": 6}, backward="multiple_of.narrowed"),
    Pair(
        "two multiples become their common one",
        {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}]},
        {"multipleOf": 12},
        jsoncompat="finds no proof: it does not compute with multiples",
    ),
    Pair(
        "a multiple of a cent",
        {"multipleOf": 0.01},
        {"multipleOf": 0.1},
        backward="multiple_of.narrowed",
        jsoncompat="takes no multipleOf with a fraction",
    ),
    Pair(
        "a multiple of one becomes an integer",
        {"type": "number", "multipleOf": 1},
        I,
        jsoncompat="finds no proof: it does not compute with multiples",
    ),
    # --- strings
    Pair(
        "a maximum length is lowered",
        {"type": "string", "maxLength": 10},
        {"type": "string", "maxLength": 5},
        backward="max_length.lowered",
    ),
    Pair(
        "a minimum length is lowered",
        {"type": "string", "minLength": 2},
        {"type": "string", "minLength": 1},
        forward="min_length.lowered",
    ),
    Pair(
        "a pattern is added",
        S,
        {"type": "string", "pattern": "^[a-z]+$"},
        backward="pattern.narrowed",
        jsoncompat="calls patterns compatible whatever they are",
    ),
    Pair(
        "a pattern is dropped",
        {"type": "string", "pattern": "^[a-z]+$"},
        S,
        forward="pattern.widened",
        jsoncompat="calls patterns compatible whatever they are",
    ),
    Pair(
        "a pattern is narrowed",
        {"pattern": "^[a-z]+$"},
        {"pattern": "^[a-f]+$"},
        backward="pattern.narrowed",
        jsoncompat="calls patterns compatible whatever they are",
    ),
    Pair("a pattern is written in another way", {"pattern": "^(ab|ac)$"}, {"pattern": "^a[bc]$"}),
    Pair(
        "a pattern bounds the length",
        {"type": "string", "pattern": "^[A-Z]{2,3}$"},
        {"type": "string", "minLength": 2, "maxLength": 3},
        forward="pattern.widened",
        jsoncompat="calls patterns compatible whatever they are, and does not take a length from them",
    ),
    Pair("a pattern with look-ahead stays", {"pattern": "^(?=.*\\d)"}, {"pattern": "^(?=.*\\d)", "title": "A"}),
    Pair(
        "a pattern with look-ahead is narrowed",
        {"type": "string", "pattern": "^(?=.*q.*7)"},
        {"type": "string", "pattern": "^(?=.*q.*7)(?=.*w.*8)"},
        backward="undecided",
        forward="undecided",
        jsoncompat="calls patterns compatible whatever they are",
    ),
    Pair(
        "a format is added",
        S,
        {"type": "string", "format": "date"},
        backward="format.narrowed",
        jsoncompat="does not compare formats",
    ),
    Pair(
        "a format is changed",
        {"format": "date"},
        {"format": "date-time"},
        backward="format.narrowed",
        forward="format.widened",
        jsoncompat="does not compare formats",
    ),
    Pair("an unknown format is added", S, {"type": "string", "format": "colour"}),
    Pair(
        "a format bounds the length",
        {"type": "string", "format": "uuid"},
        {"type": "string", "minLength": 36, "maxLength": 36},
        forward="format.widened",
        jsoncompat="does not compare formats",
    ),
    # --- enum and const
    Pair("an enum gains a value", {"enum": ["a", "b"]}, {"enum": ["a", "b", "c"]}, forward="enum.grown"),
    Pair("an enum loses a value", {"enum": ["a", "b"]}, {"enum": ["a"]}, backward="enum.shrunk"),
    Pair("an enum is reordered", {"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    Pair("a constant becomes an enum", {"const": 1}, {"enum": [1, 2]}, forward="const.widened"),
    Pair("1 is written 1.0", {"const": 1}, {"const": 1.0}),
    Pair("an enum of strings becomes any string", {"enum": ["a"]}, S, forward="enum.grown"),
    Pair("an enum of lists loses one", {"enum": [[1], [2]]}, {"enum": [[1]]}, backward="enum.shrunk"),
    # --- required and properties
    Pair("a property becomes required", O(a=S), O(["a"], a=S), backward="required.added"),
    Pair("a property is not required any more", O(["a"], a=S), O(a=S), forward="required.removed"),
    Pair(
        "a required property is added to an open object",
        O(a=S),
        O(["b"], a=S, b=S),
        backward="type.narrowed required.added",
    ),
    Pair(
        "a required property with a default is added",
        O(a=S),
        O(["b"], a=S, b={"type": "string", "default": "x"}),
        backward="type.narrowed required.added",
    ),
    Pair("an optional property is added to an open object", O(a=S), O(a=S, b=I), backward="type.narrowed"),
    Pair("an optional property that takes anything is added to an open object", O(a=S), O(a=S, b={})),
    Pair(
        "an optional property is added to a closed object", C(a=S), C(a=S, b=I), forward="additional_properties.widened"
    ),
    Pair("a property is removed from an open object", O(a=S, b=I), O(a=S), forward="type.widened"),
    Pair("a property is removed from a closed object", C(a=S, b=I), C(a=S), backward="additional_properties.narrowed"),
    Pair(
        "a required property is removed from a closed object",
        C(["b"], a=S, b=I),
        C(a=S),
        backward="additional_properties.narrowed",
        forward="required.removed",
    ),
    Pair(
        "an optional property fits what additionalProperties took",
        {**O(a=S), "additionalProperties": I},
        {**O(a=S, b=N), "additionalProperties": I},
        forward="type.widened",
    ),
    Pair(
        "an optional property does not fit what additionalProperties took",
        {**O(a=S), "additionalProperties": N},
        {**O(a=S, b=I), "additionalProperties": N},
        backward="type.narrowed",
    ),
    Pair("an open object is closed", O(a=S), C(a=S), backward="additional_properties.narrowed"),
    Pair("a closed object is opened", C(a=S), O(a=S), forward="additional_properties.widened"),
    Pair(
        "additionalProperties is narrowed",
        {"additionalProperties": N},
        {"additionalProperties": I},
        backward="type.narrowed",
    ),
    Pair("a nested property is narrowed", O(a=O(b=N)), O(a=O(b=I)), backward="type.narrowed"),
    Pair("a property is renamed in an open object", O(a=S), O(b=S), backward="type.narrowed", forward="type.widened"),
    Pair("a property is allowed no more", O(a=S), O(a=False), backward="property.forbidden"),
    Pair(
        "the number of properties is bounded", O(a=S), {**O(a=S), "maxProperties": 1}, backward="max_properties.lowered"
    ),
    Pair(
        "a closed object cannot have more properties than it names",
        C(a=S, b=S),
        {**C(a=S, b=S), "maxProperties": 2},
        jsoncompat="finds no proof: it does not count what a closed object may have",
    ),
    Pair("a minimum of properties follows from what is required", O(["a", "b"]), {**O(["a", "b"]), "minProperties": 2}),
    # --- patterns and names of properties
    Pair(
        "patternProperties are widened",
        {"patternProperties": {"^x": I}},
        {"patternProperties": {"^x": N}},
        forward="type.widened",
    ),
    Pair(
        "a property is added that a pattern covers",
        {"patternProperties": {"^x": I}, "additionalProperties": False},
        {"patternProperties": {"^x": I}, "properties": {"xa": N}, "additionalProperties": False},
    ),
    Pair(
        "a pattern of properties is added to an open object",
        {"type": "object"},
        {"type": "object", "patternProperties": {"^x": I}},
        backward="type.narrowed",
    ),
    Pair(
        "a pattern of properties is narrowed",
        {"patternProperties": {"^x": I}, "additionalProperties": False},
        {"patternProperties": {"^xy": I}, "additionalProperties": False},
        backward="additional_properties.narrowed",
        jsoncompat="finds no proof: it does not compare patterns of properties",
    ),
    Pair(
        "names of properties are shortened",
        {"type": "object", "propertyNames": {"maxLength": 5}},
        {"type": "object", "propertyNames": {"maxLength": 3}},
        backward="max_length.lowered",
    ),
    Pair(
        "names of properties are listed instead of closing",
        C(a={}, b={}),
        {"type": "object", "propertyNames": {"enum": ["a", "b"]}},
        jsoncompat="finds no proof: it does not relate propertyNames to properties",
    ),
    Pair(
        "names by pattern leave no room",
        {"type": "object", "propertyNames": {"pattern": "^[ab]$"}},
        {"type": "object", "maxProperties": 2},
        forward="pattern.widened",
        jsoncompat="finds no proof: it does not count the names that a pattern leaves",
    ),
    # --- dependencies
    Pair(
        "a dependency is added",
        {"dependentRequired": {"a": ["b"]}},
        {"dependentRequired": {"a": ["b", "c"]}},
        backward="dependency.added",
        jsoncompat="finds no proof: it wants dependencies to be equal",
    ),
    Pair(
        "a dependency is dropped",
        {"type": "object", "dependentRequired": {"a": ["b"]}},
        {"type": "object"},
        forward="dependency.removed",
    ),
    Pair(
        "a dependency becomes a requirement",
        {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"]}},
        {"type": "object", "required": ["a", "b"]},
    ),
    Pair(
        "a dependent schema is narrowed",
        {"dependentSchemas": {"a": O(b=N)}},
        {"dependentSchemas": {"a": O(b=I)}},
        backward="type.narrowed",
        jsoncompat="ignores dependentSchemas",
    ),
    Pair(
        "dependencies of draft 7 become those of 2020-12",
        {"$schema": D7, "dependencies": {"a": ["b"], "c": {"minProperties": 2}}},
        {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"minProperties": 2}}},
        jsoncompat="knows draft 2020-12 only",
    ),
    # --- arrays
    Pair("elements are widened", items(I), items(N), forward="type.widened"),
    Pair("elements are narrowed", items(N), items(I), backward="type.narrowed"),
    Pair(
        "a list becomes a tuple",
        items(I),
        {"type": "array", "prefixItems": [I, I], "items": False},
        backward="items.narrowed",
    ),
    Pair(
        "a tuple grows",
        {"type": "array", "prefixItems": [I], "items": False},
        {"type": "array", "prefixItems": [I, S], "items": False},
        forward="items.widened",
    ),
    Pair(
        "a tuple is a short list of its types",
        {"type": "array", "prefixItems": [I, S], "items": False},
        {"type": "array", "items": {"type": ["integer", "string"]}, "maxItems": 2},
        forward="type.widened",
    ),
    Pair("a minimum of elements is added", items(I), items(I, minItems=1), backward="min_items.raised"),
    Pair("a maximum of elements is raised", items(I, maxItems=2), items(I, maxItems=3), forward="max_items.raised"),
    Pair("elements have to be unique", items(I), items(I, uniqueItems=True), backward="unique_items.added"),
    Pair("one element is unique", items(I, maxItems=1), items(I, maxItems=1, uniqueItems=True)),
    Pair("contains is added", items(I), items(I, contains={"minimum": 10}), backward="contains.narrowed"),
    Pair("contains is widened", {"contains": I}, {"contains": N}, forward="contains.widened"),
    Pair(
        "contains asks for fewer",
        {"contains": S, "minContains": 3},
        {"contains": S, "minContains": 2},
        forward="contains.widened",
    ),
    Pair(
        "contains allows fewer",
        {"contains": S, "maxContains": 3},
        {"contains": S, "maxContains": 2},
        backward="contains.narrowed",
    ),
    Pair(
        "a non-empty list contains one of its kind",
        items(I, minItems=1),
        {"type": "array", "contains": I},
        forward="type.widened",
    ),
    Pair(
        "items of draft 2019-09 become prefixItems",
        {"$schema": D19, "items": [I, S], "additionalItems": False},
        {"prefixItems": [I, S], "items": False},
        jsoncompat="knows draft 2020-12 only",
    ),
    # --- combinations
    Pair("a branch of anyOf is added", {"anyOf": [S]}, {"anyOf": [S, I]}, forward="any_of.widened"),
    Pair("a branch of anyOf is removed", {"anyOf": [S, I]}, {"anyOf": [S]}, backward="any_of.narrowed"),
    Pair(
        "branches of anyOf are reordered and one is widened",
        {"anyOf": [S, I]},
        {"anyOf": [N, S]},
        forward="any_of.widened",
    ),
    Pair(
        "a branch of oneOf is added that excludes the others",
        {"oneOf": [A, B]},
        {"oneOf": [A, B, K]},
        forward="one_of.widened",
        jsoncompat="finds no proof: it does not see that a const keeps branches apart",
    ),
    Pair(
        "a branch of oneOf is added that overlaps",
        {"oneOf": [S, I]},
        {"oneOf": [S, I, N]},
        backward="one_of.narrowed",
        forward="one_of.widened",
    ),
    Pair(
        "a branch of oneOf is narrowed",
        {"oneOf": [A, B]},
        {"oneOf": [A, O(["kind", "y"], kind={"const": "b"}, y={"type": "string", "maxLength": 3})]},
        backward="one_of.narrowed",
        jsoncompat="finds no proof: it does not see that a const keeps branches apart",
    ),
    Pair(
        "oneOf of exclusive branches becomes anyOf",
        {"oneOf": [A, B]},
        {"anyOf": [B, A]},
        jsoncompat="finds no proof: it does not see that a const keeps branches apart",
    ),
    Pair(
        "overlapping anyOf becomes oneOf",
        {"anyOf": [{"minimum": 0}, {"maximum": 10}]},
        {"oneOf": [{"minimum": 0}, {"maximum": 10}]},
        backward="one_of.narrowed",
    ),
    Pair(
        "allOf is merged",
        {"allOf": [O(a=S), O(["b"], b=I)]},
        O(["b"], a=S, b=I),
        jsoncompat="finds no proof: it does not merge allOf",
    ),
    Pair(
        "a branch of allOf is added",
        {"allOf": [O(a=S)]},
        {"allOf": [O(a=S), {"required": ["a"]}]},
        backward="required.added",
        jsoncompat="finds no proof: it wants as many branches of allOf",
    ),
    Pair(
        "anyOf of ranges covers the whole",
        {"type": "integer"},
        {"type": "integer", "anyOf": [{"minimum": 0}, {"maximum": 5}]},
        jsoncompat="finds no proof: it looks for one branch that covers everything",
    ),
    Pair(
        "anyOf of ranges has a gap",
        I,
        {"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 3}]},
        backward="any_of.narrowed",
        jsoncompat="finds no proof: it wants the branches next to each other, and not beside other keywords",
    ),
    Pair(
        "not excludes more",
        {"not": S},
        {"not": {"type": ["string", "null"]}},
        backward="not.widened",
        jsoncompat="finds no proof: it wants the schemas under not to be equal",
    ),
    Pair(
        "not excludes less",
        {"not": {"type": ["string", "null"]}},
        {"not": S},
        forward="not.narrowed",
        jsoncompat="finds no proof: it wants the schemas under not to be equal",
    ),
    Pair(
        "two nots cancel out",
        {"not": {"not": S}},
        S,
        jsoncompat="finds no proof: it wants the schemas under not to be equal",
    ),
    Pair(
        "a type is excluded by not",
        {"type": ["string", "null"]},
        {"type": ["string", "null"], "not": {"type": "null"}},
        backward="not.widened",
        jsoncompat="finds no proof: it wants the schemas under not to be equal",
    ),
    # --- conditions
    Pair(
        "then is narrowed",
        {"if": S, "then": {"minLength": 1}},
        {"if": S, "then": {"minLength": 2}},
        backward="min_length.raised",
        jsoncompat="finds no proof: it wants conditions to be equal",
    ),
    Pair("else is dropped", {"if": S, "else": I}, {"if": S}, forward="type.widened"),
    Pair(
        "a condition on a property is added",
        O(a=S),
        {**O(a=S), "if": {"properties": {"a": {"const": "x"}}, "required": ["a"]}, "then": {"required": ["b"]}},
        backward="required.added",
        jsoncompat="finds no proof: it wants conditions to be equal",
    ),
    Pair(
        "a condition becomes branches",
        {"type": ["string", "integer"], "if": S, "then": {"minLength": 1}, "else": {"minimum": 0}},
        {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}]},
        jsoncompat="finds no proof: it wants conditions to be equal",
    ),
    # --- references
    Pair("a definition moves", {"$ref": "#/$defs/a", "$defs": {"a": S}}, {"$ref": "#/$defs/b", "$defs": {"b": S}}),
    Pair("a definition is written in place", O(a={"$ref": "#/$defs/a"}) | {"$defs": {"a": O(b=I)}}, O(a=O(b=I))),
    Pair("a recursive schema is widened", tree(I), tree(N), forward="type.widened"),
    Pair("a recursive schema is narrowed", tree(N), tree(I), backward="type.narrowed"),
    Pair(
        "a recursive schema is unrolled",
        {
            "$ref": "#/$defs/list",
            "$defs": {"list": {"anyOf": [{"type": "null"}, O(["next"], next={"$ref": "#/$defs/list"})]}},
        },
        {
            "$ref": "#/$defs/list",
            "$defs": {
                "list": {
                    "anyOf": [
                        {"type": "null"},
                        O(["next"], next={"anyOf": [{"type": "null"}, O(["next"], next={"$ref": "#/$defs/list"})]}),
                    ]
                }
            },
        },
    ),
    Pair(
        "a dynamic reference stays as it is",
        {"$dynamicAnchor": "node", "type": "object", "properties": {"next": {"$dynamicRef": "#node"}}},
        {
            "$dynamicAnchor": "node",
            "type": "object",
            "properties": {"next": {"$dynamicRef": "#node"}},
            "maxProperties": 1,
        },
        backward="max_properties.lowered",
        jsoncompat="follows no dynamic references",
    ),
    # --- unevaluated
    Pair(
        "unevaluatedProperties closes what allOf opens",
        {"allOf": [O(a=S, b=S)], "unevaluatedProperties": False},
        {"allOf": [O(a=S)], "unevaluatedProperties": False},
        backward="additional_properties.narrowed",
        jsoncompat="finds no proof: it wants what stands beside unevaluatedProperties to be equal",
    ),
    Pair(
        "unevaluatedProperties and additionalProperties say the same",
        {"properties": {"a": S}, "unevaluatedProperties": False},
        {"properties": {"a": S}, "additionalProperties": False},
        jsoncompat="finds no proof: it does not compare the two keywords",
    ),
    Pair(
        "unevaluatedItems are narrowed",
        {"prefixItems": [S], "unevaluatedItems": N},
        {"prefixItems": [S], "unevaluatedItems": I},
        backward="type.narrowed",
        jsoncompat="ignores unevaluatedItems",
    ),
    # --- drafts
    Pair(
        "an exclusive maximum of draft 4 becomes a number",
        {"$schema": D4, "maximum": 5, "exclusiveMaximum": True},
        {"exclusiveMaximum": 5},
        jsoncompat="knows draft 2020-12 only",
    ),
    Pair(
        "an integer of draft 4 may not be written 1.0",
        {"$schema": D4, "type": "integer"},
        I,
        forward="type.widened",
        jsoncompat="knows draft 2020-12 only",
    ),
    Pair(
        "siblings of $ref count from draft 2019-09 on",
        {"$schema": D7, "$ref": "#/definitions/a", "maxLength": 3, "definitions": {"a": S}},
        {"$ref": "#/$defs/a", "maxLength": 3, "$defs": {"a": S}},
        backward="max_length.lowered",
        jsoncompat="knows draft 2020-12 only",
    ),
    Pair(
        "the dialect changes, the schema does not",
        {"$schema": D7, **O(["a"], a=S)},
        O(["a"], a=S),
        jsoncompat="knows draft 2020-12 only",
    ),
]
