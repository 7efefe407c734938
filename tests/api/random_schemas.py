"""Random JSON Schemas of collections, each made of a seed: constraints, combinators, references, odd names, any root.

Every schema that is made can be satisfied, and by random documents too: a generator that has to give up shows nothing.
In draft 4 alone 1.0 is not an integer, which OpenAPI 3.1 cannot say; integers of draft 4 are left out. Start at
`random_schemas`.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.graphql.parity_cases import NAMES, ORDERED, SCHEMAS

Schema = Any
DRAFTS = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "2019-09": "https://json-schema.org/draft/2019-09/schema",
    "7": "http://json-schema.org/draft-07/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "4": "http://json-schema.org/draft-04/schema#",
}
FORMATS = ["date", "date-time", "time", "uuid", "email", "ipv4", "ipv6", "uri", "uri-reference", "hostname", "regex"]
PATTERNS = ["^a", "^[a-z]{1,5}$", "[0-9]", r"^\d{4}-\d$", "^(x|y)*$", "é"]
WORDS = ["sci-fi", "novel", "true", "", "é", "A b", "null", "1"]


def random_schemas(seed: int) -> dict[str, Schema]:
    """Return two collections that relate to each other, `things` and the plain `owners`; `things` may be anything."""
    random = Random(seed)
    owners = {
        "type": "object",
        "properties": {"name": {"type": "string", "x-unique": True}, "age": {"type": "integer", "x-index": True}},
    }
    return {"owners": owners, "things": _root(random)}


def _root(random: Random) -> Schema:
    draft = random.choice(["2020-12", "2020-12", "2020-12", *DRAFTS])
    made = _Making(random, draft)
    if random.random() < 0.1:
        root = random.choice([made.any_of, made.array, made.text, lambda _: True, lambda _: {}])(1)
        return root if root is True else {"$schema": DRAFTS[draft]} | root
    root = made.object(0, random.randint(2, 7))
    for name in list(root["properties"]):
        if random.random() < 0.3 and made.indexable(root["properties"][name]):
            root["properties"][name] = dict(root["properties"][name]) | {"x-index": True}
    if random.random() < 0.5:
        root["properties"]["code"] = {"type": "string", "maxLength": 12, "x-unique": True}
    if random.random() < 0.6:
        to_owner = {"collection": "owners", "field": "owner", "inverse": "things", "on_delete": "set_null"}
        root["properties"]["owner_id"] = {"type": ["string", "null"], "format": "uuid", "x-relation": to_owner}
    found = {"$schema": DRAFTS[draft], "title": random.choice(["Thing", "a thing!", "Query"])} | root
    if made.definitions:
        found[made.definitions_keyword] = made.definitions
    return found


class _Making:
    """Makes schemas of one draft; `definitions` are those that were made to be referred to."""

    def __init__(self, random: Random, draft: str) -> None:
        self.random = random
        self.draft = draft
        self.definitions: dict[str, Schema] = {}
        self.definitions_keyword = "$defs" if draft.startswith("20") else "definitions"
        self.whole = "number" if draft == "4" else "integer"

    def any(self, depth: int) -> Schema:
        """Return a schema; the deeper, the simpler."""
        simple: list[Callable[[int], Schema]] = [
            self.scalar, self.scalar, self.text, self.number, self.enum, self.formatted, self.several_types,
        ]  # fmt: skip
        nested: list[Callable[[int], Schema]] = [
            self.array, self.array, self.tuple, self.object, self.map, self.union, self.any_of, self.all_of,
            self.negated, self.conditional, self.reference, self.recursive,
        ]  # fmt: skip
        return self.random.choice(simple if depth >= 2 or self.random.random() < 0.5 else nested)(depth + 1)

    def indexable(self, schema: Schema) -> bool:
        """Return whether an index on such a property makes sense."""
        return schema in [SCHEMAS[each] for each in ORDERED]

    def scalar(self, _: int) -> Schema:
        kinds = [each for each in SCHEMAS if self.draft != "4" or each not in ("whole", "small")]
        return SCHEMAS[self.random.choice(kinds)]

    def text(self, _: int) -> Schema:
        made: Schema = {"type": "string"}
        least = self.random.choice([0, 0, 1, 3])
        if self.random.random() < 0.4:
            return made | {"pattern": self.random.choice(PATTERNS)}
        return made | {"minLength": least, "maxLength": least + self.random.randint(0, 20)}

    def number(self, _: int) -> Schema:
        least = self.random.choice([-(2**70), -(2**31), -1, 0, 1, 0.5, 2**53])
        made: Schema = {"type": self.random.choice([self.whole, "number"]), "minimum": least}
        if self.random.random() < 0.5:
            made["maximum"] = least + self.random.choice([5, 2**32, 10**20])
        if self.random.random() < 0.3:
            made["multipleOf"] = self.random.choice([1, 2, 0.5])
        if self.draft != "4" and self.random.random() < 0.3:
            made["exclusiveMinimum"] = made.pop("minimum")
        return made

    def enum(self, _: int) -> Schema:
        if self.draft != "4" and self.random.random() < 0.2:
            return {"const": self.random.choice([*WORDS, 1, None, True, {"a": 1}])}
        values: list[Any] = self.random.sample(WORDS, self.random.randint(1, 5))
        return {
            "enum": [*values, *self.random.sample([None, 1, 1.5, True, [1], {"a": 1}], self.random.choice([0, 0, 2]))]
        }

    def formatted(self, _: int) -> Schema:
        return {"type": "string", "format": self.random.choice(FORMATS)}

    def several_types(self, _: int) -> Schema:
        return {"type": self.random.sample(["string", self.whole, "null", "boolean", "array", "object"], 2)}

    def array(self, depth: int) -> Schema:
        made: Schema = {"type": "array", "items": self.any(depth)}
        if self.random.random() < 0.3:
            made["maxItems"] = self.random.randint(1, 4)
        if self.random.random() < 0.2:
            made["uniqueItems"] = True
        return made

    def tuple(self, depth: int) -> Schema:
        parts = [self.any(depth) for _ in range(self.random.randint(1, 3))]
        return {"type": "array", ("prefixItems" if self.draft == "2020-12" else "items"): parts}

    def object(self, depth: int, count: int = 0) -> Schema:
        names = self.random.sample(NAMES, count or self.random.randint(1, 3))
        made: Schema = {"type": "object", "properties": {each: self.any(depth) for each in names}}
        if self.random.random() < 0.5:
            made["required"] = self.random.sample(names, self.random.randint(1, len(names)))
        if self.random.random() < 0.3:
            made["additionalProperties"] = self.random.choice([False, {"type": self.whole}])
        if count and self.random.random() < 0.5:
            made.pop("additionalProperties", None)  # relations and unique properties may be added
        if self.draft != "4" and self.random.random() < 0.1:
            made["propertyNames"] = {"maxLength": 100}
        return made

    def map(self, depth: int) -> Schema:
        if self.random.random() < 0.5:
            return {"type": "object", "patternProperties": {"^x": self.any(depth)}, "maxProperties": 3}
        return {"type": "object", "additionalProperties": self.any(depth)}

    def union(self, depth: int) -> Schema:
        tags = self.random.sample(["disc", "a b", "c"], 2)
        return {"oneOf": [self.variant(depth, tag) for tag in tags]}

    def variant(self, depth: int, tag: str) -> Schema:
        made = self.object(depth)
        made["properties"]["kind of"] = {"enum": [tag]}
        made["required"] = sorted({*made.get("required", []), "kind of"})
        return made

    def any_of(self, depth: int) -> Schema:
        word = self.random.choice(["anyOf", "oneOf"])
        kinds = self.random.sample([{"type": "string"}, {"type": "boolean"}, {"type": "null"}, self.number(0)], 2)
        return {word: [*kinds, self.random.choice([self.array, self.map])(depth)]}

    def all_of(self, depth: int) -> Schema:
        return {"allOf": [self.object(depth) | {"additionalProperties": True}, {"type": "object", "maxProperties": 9}]}

    def negated(self, _: int) -> Schema:
        return {"not": {"enum": self.random.sample(WORDS, 2)}}

    def conditional(self, depth: int) -> Schema:
        if self.draft in ("4", "6"):
            return self.any_of(depth)
        return {"if": {"type": "string"}, "then": {"maxLength": 5}, "else": {"type": [self.whole, "null"]}}

    def reference(self, depth: int) -> Schema:
        name = f"d{len(self.definitions)}"
        self.definitions[name] = {}
        self.definitions[name] = self.any(depth)
        return {"$ref": f"#/{self.definitions_keyword}/{name}"}

    def recursive(self, _: int) -> Schema:
        name = f"tree{len(self.definitions)}"
        itself = {"$ref": f"#/{self.definitions_keyword}/{name}"}
        properties = {"label": {"type": "string"}, "children": {"type": "array", "items": itself, "maxItems": 2}}
        self.definitions[name] = {"type": "object", "properties": properties}
        return itself
