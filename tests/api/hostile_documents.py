"""Documents that must be refused, and odd ones that must be stored. Start at `REFUSED_DOCUMENTS`."""

import random
import string
from collections.abc import Callable

from tests.api.hostile import ANOTHER_ID, JSON, document, text, write
from tests.api.hostile_schemas import WEIRD_NAMES

HOSTILE = "a" * 30 + "b"
"""What takes backtracking as long as it is allowed to."""


def deep(levels: int, opening: str = "[", closing: str = "]") -> Callable[[], bytes]:
    return lambda: b'{"deep":' + opening.encode() * levels + b"1" + closing.encode() * levels + b"}"


REFUSED_DOCUMENTS = [
    document("NUL in a value", 400, "document.malformed", b'{"a": {"b/c": ["\\u0000"]}}', "/a/b~1c/0"),
    document("NUL in a key", 400, "document.malformed", b'{"a": {"\\u0000": 1}}', "/a"),
    document("a raw control character", 400, "document.malformed", b'{"a": "\x00"}'),
    document("half a surrogate", 400, "document.malformed", b'{"a": "\\ud800"}'),
    document("the other half", 400, "document.malformed", b'{"\\udc00": 1}'),
    document("NaN", 400, "document.malformed", b'{"price": NaN}'),
    document("Infinity", 400, "document.malformed", b'{"price": -Infinity}'),
    document("1e400", 422, "document.unstorable", b'{"a": 1e400}', "/a"),
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
    document("1.5 for an integer", 422, "record.invalid", b'{"number": 1.5}', "/number"),
    document("true for an integer", 422, "record.invalid", b'{"number": true}', "/number"),
    document("1 for a boolean", 422, "record.invalid", b'{"flag": 1}', "/flag"),
    document("a day that is none", 422, "record.invalid", b'{"day": "2023-02-30"}', "/day"),
    document("a hostile text", 422, "record.invalid", text({"linear": "a" * 100_000 + "!"}), "/linear"),
    document("one for look-ahead", 422, "record.invalid", text({"looking": "a" * 100_000}), "/looking"),
    document("one for a back-reference", 422, "record.invalid", text({"again": "a" * 100_000 + "!"}), "/again"),
    document(
        "one for look-ahead at each character", 422, "record.invalid", text({"middle": "a" * 1_000_000}), "/middle"
    ),
    document("100,000 for a back-reference", 422, "record.invalid", text({"many": [HOSTILE] * 100_000}), ""),
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
    document("a parent that is not there", 409, "record.relation", b'{"parent_id": "%s"}' % ANOTHER_ID.encode()),
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
    ("names of SQL", text(dict.fromkeys(WEIRD_NAMES))),
    ("depth of 126", deep(126)),
    ("400 digits", lambda: b'{"a": %s}' % (b"9" * 400)),
    ("an integer that is 1.0", lambda: b'{"number": 1.0}'),
    ("an integer of 30 digits", lambda: b'{"number": 123456789012345678901234567890}'),
    ("a text like NUL", lambda: b'{"a": "\\\\u0000"}'),
    ("1, true, 1.5 and text in one list", text({"unique": [1, True, 0, False, "1", 1.5, None, "true"]})),
    ("3,000 objects", text({"unique": [{"a": [n]} for n in range(3000)]})),
    ("100,000 keys", text({f"k{n}": n for n in range(100_000)})),
    ("1,000 texts for a back-reference", text({"many": ["a hundred characters " * 5] * 1_000})),
    ("3 MB of one text", text({"a": "x" * 3_000_000})),
    ("3 MB of escapes", lambda: b'{"a": "' + b"\\u00e9" * 500_000 + b'"}'),
]
