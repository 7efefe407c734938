"""Bad input as data: the catalogue of schemas, documents and queries that must not hurt anyone.

`REFUSED_SCHEMAS`, `TAKEN_SCHEMAS`, `REFUSED_DOCUMENTS`, `TAKEN_DOCUMENTS` and `REFUSED_REQUESTS` are what the tests are
parametrised by. Bodies are made when a test asks for them, because some have megabytes.
"""

import json
import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

JSON = {"Content-Type": "application/json"}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
AN_ID = "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"
"""The id of the one record of `things`."""

THINGS = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "x-index": True},
        "isbn": {"type": "string", "x-unique": True},
        "name": {"type": "string", "x-index": "trigram"},
        "text": {"type": "string", "x-index": "fulltext"},
        "tags": {"type": "array", "items": {"type": "string"}, "x-index": "gin"},
        "count": {"type": "integer", "x-index": True},
        "price": {"type": "number"},
        "flag": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "unique": {"type": "array", "uniqueItems": True},
        "linear": {"type": "string", "pattern": "^(a+)+$"},
        "looking": {"type": "string", "pattern": "^(?=(a+)+b)"},
        "again": {"type": "string", "pattern": "^(a+)+\\1$"},
        "nested": {"type": "object", "properties": {"city": {"type": "string"}}},
        "parent_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "things", "field": "parent"}},
    },
}
"""The collection that the documents and requests are meant for."""


@dataclass(frozen=True)
class Case:
    """One bad request: the answer must have this status and code, and point there."""

    name: str
    status: int
    code: str
    body: Callable[[], bytes] = bytes
    pointer: str | None = None
    method: str = "GET"
    path: str = "/api/things"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    def __str__(self) -> str:
        return self.name


def text(value: object) -> Callable[[], bytes]:
    return lambda: json.dumps(value).encode()


def schema(name: str, body: Callable[[], bytes] | object, pointer: str, code: str = "registry.invalid_schema") -> Case:
    made = body if callable(body) else text(body)
    status = {"registry.invalid_schema": 422, "document.malformed": 400, "document.too_large": 413}[code]
    return Case(name, status, code, made, pointer, "PUT", "/registry/bad", JSON)


def document(name: str, status: int, code: str, body: Callable[[], bytes] | bytes, pointer: str | None = None) -> Case:
    made = body if callable(body) else lambda: body
    return Case(name, status, code, made, pointer, "POST", "/api/things", JSON)


def query(name: str, code: str, asked: str, status: int = 400) -> Case:
    return Case(name, status, code, path=f"/api/things?{asked}")


def where(value: object) -> str:
    return "where=" + quote(value if isinstance(value, str) else json.dumps(value))


def write(name: str, status: int, code: str, body: bytes, method: str = "POST", path: str = "", **headers: str) -> Case:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Case(name, status, code, lambda: body, None, method, f"/api/things{path}", named)


# --- schemas -------------------------------------------------------------------------------------------------


def doubling(levels: int, keyword: str = "anyOf") -> object:
    """Each definition refers twice to the next: 2^levels ways through."""
    twice = [[{"$ref": f"#/$defs/d{level + 1}"}] * 2 for level in range(levels)]
    definitions: dict[str, object] = {f"d{level}": {keyword: pair} for level, pair in enumerate(twice)}
    return {"$defs": {**definitions, f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}


def doubling_properties(levels: int) -> object:
    """Each object has two properties of the next kind: 2^levels paths into a document."""

    def both(level: int) -> object:
        next_one = {"$ref": f"#/$defs/d{level + 1}"}
        return {"type": "object", "properties": {"left": next_one, "right": next_one}}

    definitions = {f"d{level}": both(level) for level in range(levels)}
    return {"$defs": {**definitions, f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}


def nested(levels: int, before: str = '{"properties":{"a":', after: str = "}}") -> Callable[[], bytes]:
    return lambda: (before * levels + "true" + after * levels).encode()


def properties(names: list[str], **keywords: object) -> object:
    return {"type": "object", "properties": {name: {"type": "string", **keywords} for name in names}}


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
    schema("a remote dialect further in", {"items": {"$schema": "http://127.0.0.1:9/s", "$id": "janua:x"}}, ""),
    schema("a reference to nowhere", {"$ref": "#/$defs/nothing"}, "/$ref"),
    schema("a collection that is not there", {"$ref": "janua:nothing"}, "/$ref"),
    schema("itself", {"$ref": "#"}, ""),
    schema("itself in allOf", {"allOf": [{"$ref": "#"}]}, ""),
    schema("a loop of two", {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}, ""),
    schema("doubling references", doubling(25), ""),
    schema("doubling references in allOf", doubling(25, "allOf"), ""),
    schema("doubling references in oneOf", doubling(25, "oneOf"), ""),
    schema("too deep", nested(5000), "", "document.too_large"),
    schema("too many subschemas", lambda: properties_body(150_000), ""),
    schema("too many bytes", lambda: b'{"description": "' + b"x" * 3_000_000 + b'"}', "", "document.too_large"),
    schema("too many values", text({"enum": [*range(300_000)]}), "", "document.too_large"),
    schema("a pattern that is none", {"pattern": "(a"}, "/pattern"),
    schema("a pattern of a gigabyte", {"pattern": "((a{1000}){1000}){1000}"}, "/pattern"),
    schema("a name with NUL", lambda: b'{"properties": {"a\\u0000b": true}}', "", "document.malformed"),
    schema("a name with half a surrogate", lambda: b'{"properties": {"\\ud800": true}}', "", "document.malformed"),
    schema("a keyword twice", lambda: b'{"type": "object", "type": "array"}', "", "document.malformed"),
    schema("not a schema", {"type": "thing", "minLength": -1}, ""),
    schema("a list", [], ""),
    schema("a default that is refused", {"properties": {"n": {"type": "integer", "default": "x"}}}, ""),
    schema("an index on SQL", {"x-indexes": [{"fields": ['"; DROP TABLE janua.collections; --']}]}, ""),
    schema("a relation to SQL", {"properties": {"a": {"x-relation": {"collection": "x; DROP"}}}}, ""),
    schema("an index of no kind", {"properties": {"a": {"x-index": "'); DROP"}}}, ""),
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


# --- documents -----------------------------------------------------------------------------------------------


def deep(levels: int, opening: str = "[", closing: str = "]") -> Callable[[], bytes]:
    return lambda: b'{"deep":' + opening.encode() * levels + b"1" + closing.encode() * levels + b"}"


REFUSED_DOCUMENTS = [
    document("NUL in a value", 400, "document.malformed", b'{"a": {"b/c": ["\\u0000"]}}', "/a/b~1c/0"),
    document("NUL in a key", 400, "document.malformed", b'{"a": {"\\u0000": 1}}', "/a/\0"),
    document("a raw control character", 400, "document.malformed", b'{"a": "\x00"}'),
    document("half a surrogate", 400, "document.malformed", b'{"a": "\\ud800"}'),
    document("the other half", 400, "document.malformed", b'{"\\udc00": 1}'),
    document("NaN", 400, "document.malformed", b'{"price": NaN}'),
    document("Infinity", 400, "document.malformed", b'{"price": -Infinity}'),
    document("1e400000", 422, "document.unstorable", b'{"a": 1e400000}', "/a"),
    document("1e131071", 422, "document.unstorable", b'{"a": [1e131071]}', "/a/0"),
    document("1e-131071", 422, "document.unstorable", b'{"a": 1e-131071}', "/a"),
    document("an exponent of many digits", 422, "document.unstorable", b'{"a": 1e99999999999999999999}'),
    document("a million digits", 422, "document.unstorable", lambda: b'{"a": ' + b"9" * 1_000_000 + b"}"),
    document("a million decimals", 422, "document.unstorable", lambda: b'{"a": 0.' + b"3" * 1_000_000 + b"}"),
    document("a key twice", 400, "document.malformed", b'{"a": 1, "a": 2}'),
    document("a key twice, one escaped", 400, "document.malformed", b'{"b": {"a": 1, "\\u0061": 2}}'),
    document("too deep by one", 413, "document.too_large", deep(128)),
    document("100,000 deep", 413, "document.too_large", deep(100_000)),
    document("100,000 deep, never closed", 413, "document.too_large", deep(100_000, closing="")),
    document("100,000 objects deep", 413, "document.too_large", deep(100_000, '{"a":', "}")),
    document("500,000 keys", 413, "document.too_large", text({f"k{n}": n for n in range(500_000)})),
    document("500,000 items", 413, "document.too_large", text([0] * 500_000)),
    document("invalid UTF-8", 400, "document.malformed", b'{"a": "\xff\xfe"}'),
    document("overlong UTF-8", 400, "document.malformed", b'{"a": "\xc0\xaf"}'),
    document("a surrogate in UTF-8", 400, "document.malformed", b'{"a": "\xed\xa0\x80"}'),
    document("UTF-16", 400, "document.malformed", '{"a": 1}'.encode("utf-16")),
    document("a byte order mark", 400, "document.malformed", b'\xef\xbb\xbf{"a": 1}'),
    document("nothing", 400, "document.malformed", b""),
    document("half of it", 400, "document.malformed", b'{"a": '),
    document("two of them", 400, "document.malformed", b"{} {}"),
    document("single quotes", 400, "document.malformed", b"{'a': 1}"),
    document("a list for an object", 422, "record.invalid", b"[]", ""),
    document("null for an object", 422, "record.invalid", b"null", ""),
    document("a number for a text", 422, "record.invalid", b'{"code": 1}', "/code"),
    document("a huge number for a text", 422, "record.invalid", b'{"code": %s}' % (b"9" * 400), "/code"),
    document("1.5 for an integer", 422, "record.invalid", b'{"count": 1.5}', "/count"),
    document("true for an integer", 422, "record.invalid", b'{"count": true}', "/count"),
    document("1 for a boolean", 422, "record.invalid", b'{"flag": 1}', "/flag"),
    document("a day that is none", 422, "record.invalid", b'{"day": "2023-02-30"}', "/day"),
    document("a hostile text", 422, "record.invalid", text({"linear": "a" * 100_000 + "!"}), "/linear"),
    document("one for look-ahead", 422, "record.invalid", text({"looking": "a" * 100_000}), "/looking"),
    document("one for a back-reference", 422, "record.invalid", text({"again": "a" * 100_000 + "!"}), "/again"),
    document("an item twice", 422, "record.invalid", b'{"unique": [{"a": 1}, {"a": 1.0}]}', "/unique"),
    document(
        "3,000 objects, two alike",
        422,
        "record.invalid",
        text({"unique": [{"a": [n]} for n in range(3000)] + [{"a": [0]}]}),
        "/unique",
    ),
    document("10,000 wrong items", 422, "record.invalid", text({"tags": [*range(10_000)]}), "/tags/0"),
    document("a taken value", 409, "record.not_unique", b'{"isbn": "taken"}'),
    document("a parent that is not there", 409, "record.relation", b'{"parent_id": "%s"}' % AN_ID[::-1].encode()),
    document("a parent that is no id", 422, "record.invalid", b'{"parent_id": "\'; DROP TABLE"}', "/parent_id"),
    write("no content type", 415, "request.media_type", b"{}"),
    write("a form", 415, "request.media_type", b"a=1", Content_Type="application/x-www-form-urlencoded"),
    write("plain text", 415, "request.media_type", b"{}", Content_Type="text/plain"),
    write("XML", 415, "request.media_type", b"<a/>", Content_Type="application/xml"),
    write("another charset", 415, "request.media_type", b"{}", Content_Type="application/json; charset=utf-16"),
    write("a content type of nonsense", 415, "request.media_type", b"{}", Content_Type=";;;=\\"),
    write(
        "a compressed body",
        415,
        "request.media_type",
        b"{}",
        Content_Type=JSON["Content-Type"],
        Content_Encoding="gzip",
    ),
]

NOISE = "".join(random.Random(7).choices(string.ascii_letters + string.digits + "éß語😀", k=6_000))

TAKEN_DOCUMENTS: list[tuple[str, Callable[[], bytes]]] = [
    ("6 KB of noise in every indexed field", text({"code": NOISE, "isbn": NOISE, "name": NOISE, "tags": [NOISE]})),
    ("6 KB of noise in full text", text({"text": NOISE})),
    ("2 MB of words in full text", text({"text": " ".join(f"word{n}" for n in range(200_000))})),
    ("system fields", text({"id": "x", "version": "x", "_meta": 1, "created_at": [], "schema_version": None})),
    ("names of prototypes", text({"__proto__": {"a": 1}, "__class__": 1, "constructor": {}})),
    ("names of SQL", text(dict.fromkeys(name for name in WEIRD_NAMES if name not in ("x" * 10_000)))),
    ("depth of 126", deep(126)),
    ("400 digits", lambda: b'{"a": %s}' % (b"9" * 400)),
    ("an integer that is 1.0", lambda: b'{"count": 1.0}'),
    ("an integer of 30 digits", lambda: b'{"count": 123456789012345678901234567890}'),
    ("a text like NUL", lambda: b'{"a": "\\\\u0000"}'),
    ("1, true, 1.5 and text in one list", text({"unique": [1, True, 0, False, "1", 1.5, None, "true"]})),
    ("3,000 objects", text({"unique": [{"a": [n]} for n in range(3000)]})),
    ("100,000 keys", text({f"k{n}": n for n in range(100_000)})),
    ("3 MB of one text", text({"a": "x" * 3_000_000})),
    ("3 MB of escapes", lambda: b'{"a": "' + b"\\u00e9" * 500_000 + b'"}'),
]

# --- requests ------------------------------------------------------------------------------------------------

MERGE = "application/merge-patch+json"
PATCH = "application/json-patch+json"


def nested_where(levels: int) -> str:
    return "where=" + '{"_not":' * levels + "{}" + "}" * levels


REFUSED_REQUESTS = [
    query("an unknown field", "query.unknown_field", "colour=red"),
    query("an unknown field below", "query.unknown_field", "nested.street=x"),
    query("an unknown operator", "query.unknown_operator", "count[near]=1"),
    query("an operator of another type", "query.unknown_operator", "count[ilike]=1"),
    query("an unknown key in where", "query.unknown_field", where({"colour": {"eq": 1}})),
    query("an unknown combinator", "query.unknown_field", where({"_xor": []})),
    query("SQL for a field", "query.unknown_field", quote("code';DROP TABLE janua.collections;--") + "=x"),
    query("SQL to sort by", "query.unknown_field", "sort=" + quote("code;DROP TABLE")),
    query("SQL for fields", "query.unknown_field", "fields=" + quote("code') FROM pg_shadow--")),
    query("SQL to include", "query.unknown_field", "include=" + quote("parent;--")),
    query("text for an integer", "query.invalid_operand", "count=many"),
    query("a fraction too long", "query.invalid_operand", "price=1e99999"),
    query("NaN", "query.invalid_operand", "price=NaN"),
    query("text for a boolean", "query.invalid_operand", "flag=maybe"),
    query("a day that is none", "query.invalid_operand", "day=2023-02-30"),
    query("a number for text", "query.invalid_operand", where({"code": {"eq": 1}})),
    query("text for a number", "query.invalid_operand", where({"count": {"eq": "1"}})),
    query("true for a number", "query.invalid_operand", where({"count": {"eq": True}})),
    query("null", "query.invalid_operand", where({"count": {"eq": None}})),
    query("null in a list", "query.invalid_operand", where({"count": {"in": [1, None]}})),
    query("a value for a list", "query.invalid_operand", where({"count": {"in": 1}})),
    query("NUL in an operand", "query.invalid", where('{"code": {"eq": "\\u0000"}}')),
    query("NUL in the short form", "query.invalid_operand", "code=%00"),
    query("NUL in a field", "query.unknown_field", "%00=1"),
    query("half a surrogate", "query.invalid", where('{"code": {"eq": "\\ud800"}}')),
    query("what is not UTF-8", "query.invalid", "code=%ff"),
    query("where is no JSON", "query.invalid", "where={"),
    query("where is a list", "query.invalid", "where=[]"),
    query("where is NaN", "query.invalid", where('{"price": {"eq": NaN}}')),
    query("where has a key twice", "query.invalid", where('{"count": {"eq": 1, "eq": 2}}')),
    query("where with a poison number", "query.invalid", where('{"price": {"eq": 1e131071}}')),
    query("where 500 deep", "query.invalid", nested_where(500)),
    query("where 10,000 deep", "request.url_too_long", nested_where(10_000), 414),
    query("where with 500 parts", "query.too_large", where({"_or": [{"count": {"eq": 1}}] * 500})),
    query("where twice", "query.invalid", "where={}&where={}"),
    query("relations without end", "query.too_large", "parent." * 30 + "code=x"),
    query("too many parameters", "query.invalid", "&".join(f"a{n}=" for n in range(1500))),
    query("limit=-1", "query.invalid", "limit=-1"),
    query("limit=1e9", "query.invalid", "limit=1e9"),
    query("limit=1000000000", "query.too_large", "limit=1000000000"),
    query("limit=99999999999999999999", "query.invalid", "limit=99999999999999999999"),
    query("limit in other digits", "query.invalid", "limit=" + quote("٣")),
    query("limit twice", "query.invalid", "limit=1&limit=2"),
    query("offset=-1", "query.invalid", "offset=-1"),
    query("offset beyond", "query.invalid", "offset=99999999999999999999"),
    query("count=1", "query.invalid", "count=1"),
    query("sort by an object", "query.invalid", "sort=nested"),
    query("sort by nothing", "query.invalid", "sort=-"),
    query("a cursor of nonsense", "query.invalid_cursor", "after=nonsense"),
    query("an empty cursor", "query.invalid_cursor", "after="),
    query("a cursor of other letters", "query.invalid_cursor", "after=" + quote("é😀")),
    query("both ways", "query.invalid", "after=a&before=b"),
    query("a URL of 100 KB", "request.url_too_long", "code=" + "x" * 100_000, 414),
    Case("a parameter where there is none", 400, "query.invalid", path=f"/api/things/{AN_ID}?x=1"),
    Case("an unknown figure", 400, "query.unknown_field", path="/api/things/aggregate?median=count"),
    Case("a sum of text", 400, "query.invalid", path="/api/things/aggregate?sum=code"),
    Case("an id that is none", 400, "record.invalid_id", path="/api/things/1"),
    Case("SQL for an id", 400, "record.invalid_id", path="/api/things/" + quote("' OR 1=1 --")),
    Case("an id of 10 KB", 400, "record.invalid_id", path="/api/things/" + "a" * 10_000),
    Case("SQL for a collection", 404, "registry.unknown_collection", path="/api/" + quote("things; DROP TABLE x")),
    Case("a collection of another case", 404, "registry.unknown_collection", path="/api/Things"),
    Case("a system schema", 404, "registry.unknown_collection", path="/api/pg_catalog.pg_class"),
    Case("%2F", 400, "request.invalid", path="/api/things%2Fx"),
    Case("%2e%2e", 400, "request.invalid", path="/api/%2e%2e/registry"),
    Case("%00", 400, "request.invalid", path="/api/things%00"),
    Case("%0d%0a", 400, "request.invalid", path="/api/things%0d%0aSet-Cookie:%20a=b"),
    Case("half an escape", 400, "request.invalid", path="/api/things%"),
    Case("not UTF-8", 404, "registry.unknown_collection", path="/api/%ff%fe"),
    Case("a static file above", 400, "request.invalid", path="/static/%2e%2e/%2e%2e/pages.py"),
    Case("an unknown error", 404, "request.not_found", path="/problems/" + quote("<script>")),
    write("If-Match that is none", 400, "request.invalid", b"{}", "PUT", f"/{AN_ID}", Content_Type="application/json", If_Match="1"),
    write("If-Match of NUL", 412, "record.version_mismatch", b"{}", "PUT", f"/{AN_ID}", Content_Type="application/json", If_Match='"99999999999999999999"'),
    write("If-Match on POST", 400, "request.invalid", b"{}", Content_Type="application/json", If_Match='"1"'),
    write("a key too long", 400, "request.invalid", b"{}", Content_Type="application/json", Idempotency_Key="k" * 10_000),
    write("no patch", 415, "request.media_type", b"{}", "PATCH", f"/{AN_ID}", Content_Type="application/json"),
    write("a merge that is no JSON", 400, "document.malformed", b"{", "PATCH", f"/{AN_ID}", Content_Type=MERGE),
    write("a merge with a wrong result", 422, "record.invalid", b'{"count": "x"}', "PATCH", f"/{AN_ID}", Content_Type=MERGE),
    write("a merge to no object", 422, "record.invalid", b"[]", "PATCH", f"/{AN_ID}", Content_Type=MERGE),
    write("a merge too deep", 413, "document.too_large", deep(5000)(), "PATCH", f"/{AN_ID}", Content_Type=MERGE),
    write("a patch that is no list", 400, "record.invalid_patch", b"{}", "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("a patch of an unknown kind", 400, "record.invalid_patch", b'[{"op":"x","path":""}]', "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("a patch without a path", 400, "record.invalid_patch", b'[{"op":"remove"}]', "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("a pointer that is none", 400, "record.invalid_patch", b'[{"op":"remove","path":"a~2"}]', "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("a place that is not there", 409, "record.patch_conflict", b'[{"op":"remove","path":"/x/y"}]', "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("an index of many digits", 409, "record.patch_conflict", b'[{"op":"add","path":"/tags/%s","value":1}]' % (b"9" * 5000), "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("a move into itself", 400, "record.invalid_patch", b'[{"op":"move","from":"/nested","path":"/nested/city"}]', "PATCH", f"/{AN_ID}", Content_Type=PATCH),
    write("an import of nonsense", 422, "record.import_rejected", b"{}\n{\n", path="/import", Content_Type="application/x-ndjson"),
    write("an import with a key twice", 422, "record.import_rejected", b'{"a":1,"a":2}', path="/import", Content_Type="application/x-ndjson"),
    write("an import of half a list", 400, "document.malformed", b'[{}, {"a":', path="/import", Content_Type="application/json"),
    write("an import by no field", 400, "query.invalid", b"{}", path="/import?on_conflict=code;--", Content_Type="application/x-ndjson"),
    Case("a method of nonsense", 400, "request.invalid", method="BREW"),
    Case("a method that is not there", 405, "request.method", method="DELETE"),
    Case("a name of no collection", 422, "registry.invalid_name", lambda: b"{}", None, "PUT", "/registry/" + quote('a"b'), JSON),
    Case("a name too long", 422, "registry.invalid_name", lambda: b"{}", None, "PUT", "/registry/" + "a" * 48, JSON),
    Case("a version of many digits", 404, "registry.unknown_version", path="/registry/things/versions/99999999999"),
    Case("several schemas that are none", 400, "request.invalid", lambda: b'{"collections": []}', None, "POST", "/registry", JSON),
    Case("an unknown mode", 400, "query.invalid", lambda: b'{"mode": "x"}', None, "PATCH", "/registry/things", JSON),
]  # fmt: skip
