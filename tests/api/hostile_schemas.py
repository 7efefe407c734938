"""Schemas that must be refused, and odd ones that must be served. Start at `REFUSED_SCHEMAS` and `TAKEN_SCHEMAS`."""

from collections.abc import Callable

from tests.api.hostile import Case, schema, text


def doubling(levels: int, keyword: str = "anyOf") -> dict[str, object]:
    """Each definition refers twice to the next: 2^levels ways through."""
    twice = [[{"$ref": f"#/$defs/d{level + 1}"}] * 2 for level in range(levels)]
    definitions: dict[str, object] = {f"d{level}": {keyword: pair} for level, pair in enumerate(twice)}
    return {"$defs": {**definitions, f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}


def doubling_properties(levels: int) -> dict[str, object]:
    """Each object has two properties of the next kind: 2^levels paths into a document."""

    def both(level: int) -> dict[str, object]:
        next_one = {"$ref": f"#/$defs/d{level + 1}"}
        return {"type": "object", "properties": {"left": next_one, "right": next_one}}

    definitions = {f"d{level}": both(level) for level in range(levels)}
    return {"$defs": {**definitions, f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}


def nested(levels: int, before: str = '{"properties":{"a":', after: str = "}}") -> Callable[[], bytes]:
    return (before * levels + "true" + after * levels).encode


def properties(names: list[str], **keywords: object) -> dict[str, object]:
    return {"type": "object", "properties": {name: {"type": "string", **keywords} for name in names}}


def yaml_schema(name: str, body: bytes, status: int, code: str) -> Case:
    return Case(name, status, code, lambda: body, None, "PUT", "/registry/bad", {"Content-Type": "application/yaml"})


YAML_BOMB = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n" % (n, n, n - 1, n - 1, n - 1, n - 1) for n in range(1, 30)
)

REFUSED_SCHEMAS = [
    schema("a remote reference", {"$ref": "http://127.0.0.1:9/schema.json"}, "/$ref"),
    schema("a remote reference further in", {"items": {"$ref": "https://example.invalid/a#/b"}}, "/items/$ref"),
    schema("a reference to a file", {"$ref": "file:///etc/passwd"}, "/$ref"),
    schema("a reference to a file beside it", {"$ref": "../../etc/passwd"}, "/$ref"),
    schema("a dynamic remote reference", {"$dynamicRef": "http://127.0.0.1:9/x#y"}, "/$dynamicRef"),
    schema("an identifier that makes references remote", {"$id": "http://127.0.0.1:9/a", "$ref": "b"}, "/$ref"),
    schema("a remote dialect", {"$schema": "http://127.0.0.1:9/schema"}, "/$schema"),
    schema("a dialect from a file", {"$schema": "file:///etc/passwd"}, "/$schema"),
    schema("a dialect that is no text", {"$schema": {"$ref": "#"}}, "/$schema"),
    schema(
        "a remote dialect further in",
        {"items": {"$schema": "http://127.0.0.1:9/s", "$id": "janua:x"}},
        "/items/$schema",
    ),
    schema("a reference to nowhere", {"$ref": "#/$defs/nothing"}, "/$ref"),
    schema("a collection that is not there", {"$ref": "janua:nothing"}, "/$ref"),
    schema("itself", {"$ref": "#"}, ""),
    schema("itself in allOf", {"allOf": [{"$ref": "#"}]}, "/allOf/0"),
    schema("a loop of two", {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, "/$defs/b"),
    schema("doubling references", doubling(25), "/$defs/d14"),
    schema("doubling references in allOf", doubling(25, "allOf"), "/$defs/d14"),
    schema("doubling references in oneOf", doubling(25, "oneOf"), "/$defs/d14"),
    schema("too deep", nested(5000), None, "document.too_large"),
    schema("too many subschemas", lambda: properties_body(105_000), ""),
    schema("too many bytes", lambda: b'{"description": "' + b"x" * 9_000_000 + b'"}', None, "document.too_large"),
    schema("too many values", text({"enum": [0] * 300_000}), None, "document.too_large"),
    yaml_schema("2 MB of YAML", b"a: [" + b"1, " * 600_000 + b"]", 413, "document.too_large"),
    yaml_schema("aliases of aliases", YAML_BOMB, 413, "document.too_large"),
    yaml_schema("YAML that makes objects", b"a: !!python/object/apply:os.system [ls]", 400, "document.malformed"),
    schema("a pattern that is none", {"pattern": "(a"}, "/pattern"),
    schema("a pattern of a gigabyte", {"pattern": "((a{1000}){1000}){1000}"}, "/pattern"),
    schema("a name with NUL", lambda: b'{"properties": {"a\\u0000b": true}}', "/properties", "document.malformed"),
    schema("a name with half a surrogate", lambda: b'{"properties": {"\\ud800": true}}', "", "document.malformed"),
    schema("a keyword twice", lambda: b'{"type": "object", "type": "array"}', "", "document.malformed"),
    schema("not a schema", {"type": "thing", "minLength": -1}, "/type"),
    schema("a list", [], ""),
    schema(
        "a default that is refused", {"properties": {"n": {"type": "integer", "default": "x"}}}, "/properties/n/default"
    ),
    schema(
        "an index on SQL", {"x-indexes": [{"fields": ['"; DROP TABLE janua.collections; --']}]}, "/x-indexes/0/fields/0"
    ),
    schema(
        "a relation to SQL",
        {"properties": {"a": {"x-relation": {"collection": "x; DROP"}}}},
        "/properties/a/x-relation",
    ),
    schema("an index of no kind", {"properties": {"a": {"x-index": "'); DROP"}}}, "/properties/a/x-index"),
    schema("a type name that breaks out", {"x-graphql-name": "A { b }"}, "/x-graphql-name"),
]


def properties_body(count: int) -> bytes:
    return ('{"properties":{' + ",".join(f'"p{n}":{{}}' for n in range(count)) + "}}").encode()


WEIRD_NAMES = [
    "'", '"', "''; DROP TABLE janua.collections; --", '"; --', "\\", "\\'", "%", "%s", "%(a)s", "$1", "$$", "{}", "{0}",
    "{{a}}", "a.b", "a/b", "~", "~1", "~0", "", " ", "\n", "\t", "\x01", "\x7f", "עברית", "\u202eevil", "😀", "e\u0301",
    "\u00e9", "ﬁ", "x" * 10_000, "y" * 63 + "1", "y" * 63 + "2", "__proto__", "__class__", "__x", "__typename",
    "constructor", "and", "_and", "id", "_meta", "data", "version", "created_at", "select", "null", "true", "1", "1a",
    "[", "]", "a[eq]", "a,b", "-a", "*", "?", "#", "&a=1", "</script>", "${jndi}", "where", "limit",
]  # fmt: skip
COLLIDING = ["a-b", "a b", "a_b", "a.b", "a+b", "_a_b", "A_b", "a--b", "é", "è"]

TAKEN_SCHEMAS: list[tuple[str, Callable[[], bytes], object]] = [
    ("recursion", text({"properties": {"child": {"$ref": "#"}}}), {"child": {"child": {}}}),
    ("recursion by items", text({"items": {"$ref": "#"}}), [[[]]]),
    ("doubling properties", text(doubling_properties(25)), {"left": {"right": {}}}),
    ("10,000 properties", text(properties([f"p{n}" for n in range(10_000)])), {"p1": "x", "p9999": "y"}),
    ("100,000 enum values", text({"properties": {"e": {"enum": [f"v{n}" for n in range(100_000)]}}}), {"e": "v99999"}),
    ("100,000 numbers", text({"properties": {"e": {"enum": [*range(100_000)]}}}), {"e": 99_999}),
    ("depth of 60", nested(60), {"a": {"a": {}}}),
    ("a hundred alternatives", text({"anyOf": [properties([f"p{n}"]) for n in range(100)]}), {"p1": "x"}),
    ("names that SQL and GraphQL cannot spell", text(properties(WEIRD_NAMES)), dict.fromkeys(WEIRD_NAMES, "x")),
    (
        "indexed names that SQL cannot spell",
        text(properties(WEIRD_NAMES, **{"x-index": True})),
        dict.fromkeys(WEIRD_NAMES, "x"),
    ),
    ("names that collide", text(properties(COLLIDING)), dict.fromkeys(COLLIDING, "x")),
    ("names of one prefix", text(properties([f"{'p' * 80}{n}" for n in range(20)], **{"x-index": True})), {"p": "x"}),
    ("a page in a description", text({"description": "</script><script>alert(1)</script>", "title": "<b>&"}), {}),
    ("a title that breaks out", text({"title": '"""\n} type Query { x: Int } #'}), {}),
    ("numbers beyond floats", lambda: b'{"properties":{"n":{"maximum":1e400,"multipleOf":1e-300}}}', {"n": 1}),
    ("a hostile pattern", text({"properties": {"a": {"type": "string", "pattern": "(x+x+)+y"}}}), {"a": "xxy"}),
    ("hostile names", text({"patternProperties": {"^(a+)+$": {"type": "integer"}}}), {"a": 1}),
]
"""Name, schema, and a document that it takes."""

RESERVED = ["query", "mutation", "subscription", "int", "string", "float", "boolean", "id", "json", "pageinfo", "node"]
