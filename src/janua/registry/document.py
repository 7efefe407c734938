"""Bytes from outside → an exact JSON value that PostgreSQL can keep; and the fingerprint of a schema.

In: a body and `Limits`. Out: a `Document` (the client's own bytes beside the value) or a schema. Start at
`read_document`. Accepted is what RFC 8259 allows, except duplicate keys, U+0000 (PostgreSQL's jsonb has no place for
it), lone surrogates, and numbers of more than `Limits.digits` digits before or after the point when written out.
All other numbers keep their value exactly; `-0.0` is stored as `0.0`, the same number, and `1e2` as `100`.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, cast

import jiter

from janua.errors import DocumentTooLarge, InvalidSchema, MalformedDocument, UnstorableDocument, Violation
from janua.model.collection import Schema
from janua.model.json import dumps
from janua.model.names import pointer
from janua.model.types import Json

PARSER_DEPTH = 200
"""Levels of nesting that the JSON parser itself takes."""

_DUPLICATE = re.compile(r'^Detected duplicate key (".*") at (?:line|column)', re.DOTALL)
_LINE = re.compile(r" at line 1 (?=column [0-9]+$)")
_PLACE = re.compile(r" at (?:line [0-9]+ )?column [0-9]+$")
_OF_NUMBERS = {**dict.fromkeys(b"0123456789.", b"0"), **dict.fromkeys(b"eE", b"e"), **dict.fromkeys(b"+-", b"+")}
_SHAPES = b"".join(_OF_NUMBERS.get(each, b" ") for each in range(256))
"""What becomes of each byte, so that all numbers of one shape look alike."""
_LONG_NUMBERS = (b"0" * 20, b"0e00", b"0e+00")
_SMALL = 4096
"""Bytes of a document up to which it is quicker not to parse again what was just written."""
SCHEMA_DIGITS = 4000
"""Digits of a number in a schema, which documents are compared with; it is not stored as a value of theirs."""
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
Step = str | int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a document may hold: levels of nesting, values, digits of a number on either side of the point, bytes."""

    depth: int = 128
    nodes: int = 200_000
    digits: int = 400
    bytes: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON document: `text` as the client sent it, which is what PostgreSQL gets, and its value."""

    text: bytes
    value: Json


def read_document(body: bytes, limits: Limits, *, among_others: bool = False) -> Document:
    """Return the document in a body of JSON, or `among_others` in a line of it: whose number the caller tells.

    Takes about a microsecond for a small document and 10 ms for a megabyte.
    Raises: `MalformedDocument`, `UnstorableDocument`, `DocumentTooLarge`.
    """
    if len(body) > limits.bytes:
        raise DocumentTooLarge("bytes", limits.bytes)
    # Before parsing, because parsing is what takes the time: a comma outside of strings stands before a value.
    if body.count(b",") >= limits.nodes and _STRING.sub(b"", body).count(b",") >= limits.nodes:
        raise DocumentTooLarge("values", limits.nodes)
    value = _parse(body, limits, among_others=among_others)
    numbers = _may_have_long_numbers(body)
    if numbers or _may_be_large(body, limits):
        _check_values(value, limits, numbers=numbers)
    if b"\\u0000" in body:
        _refuse_nul(value)
    return Document(body, value)


def document_of(value: Json, text: bytes, limits: Limits) -> Document:
    """Return the document of a value and of the text that `dumps` made of it. Raises: as `read_document`."""
    # What is small and shows nothing suspicious would be read as the value that it was written from.
    if len(text) > _SMALL or _may_have_long_numbers(text) or _may_be_large(text, limits) or b"\\u0000" in text:
        return read_document(text, limits)
    return Document(text, value)


def read_schema(body: bytes, media: Literal["json", "yaml"], limits: Limits) -> Schema:
    """Return the JSON Schema in a body of JSON or YAML; that it is a valid one is for `compile` to say.

    `limits.bytes` is not applied: schemas have a limit of their own, held where the body is read.
    Raises: `MalformedDocument`, `UnstorableDocument`, `DocumentTooLarge`, `InvalidSchema` unless it is an object or a
    boolean.
    """
    text = body if media == "json" else dumps(_of_yaml(body, limits)).encode()
    value = read_document(text, Limits(limits.depth, limits.nodes, max(limits.digits, SCHEMA_DIGITS), len(text))).value
    if not isinstance(value, bool | dict):
        raise InvalidSchema([Violation("", "type", "a schema is an object, or true or false")])
    return value


def check_size(value: Json, limits: Limits) -> None:
    """Check the size of a value that was made here and not read; a part that occurs twice counts twice.

    Raises: `DocumentTooLarge`.
    """
    nodes = 1
    pending = [(value, 0)] if isinstance(value, dict | list) else []
    while pending:
        each, depth = pending.pop()
        nodes += len(each)
        if nodes > limits.nodes:
            raise DocumentTooLarge("values", limits.nodes)
        if depth == limits.depth:
            raise DocumentTooLarge("levels of nesting", limits.depth)
        pending += [(child, depth + 1) for child in _children(each) if isinstance(child, dict | list)]


def canonical(document: Schema) -> bytes:
    """Return the canonical text of a document: keys sorted, no spaces, equal numbers written alike (1 = 1.0 = 1e0)."""
    return dumps(_normal(cast(Json, document)), sort_keys=True).encode()


def fingerprint(document: Schema) -> str:
    """Return the hexadecimal SHA-256 of the canonical text; the order of keys does not matter, that of arrays does."""
    return hashlib.sha256(canonical(document)).hexdigest()


def _of_yaml(body: bytes, limits: Limits) -> Json:
    from janua.registry.yaml import read_yaml  # noqa: PLC0415 -- PyYAML is for who writes YAML, not for every start

    return read_yaml(body, depth=limits.depth, nodes=limits.nodes)


def _parse(body: bytes, limits: Limits, *, among_others: bool) -> Json:
    try:
        return jiter.from_json(
            body, allow_inf_nan=False, cache_mode="keys", catch_duplicate_keys=True, float_mode="decimal"
        )
    except ValueError as error:
        reason = str(error)
        raise _refusal(_LINE.sub(" at ", reason) if among_others else reason, body, limits) from None


def _refusal(reason: str, body: bytes, limits: Limits) -> MalformedDocument | UnstorableDocument | DocumentTooLarge:
    if reason.startswith("recursion limit"):
        return DocumentTooLarge("levels of nesting", min(limits.depth, PARSER_DEPTH))
    # The decimals of the parser overflow at exponents of 19 digits and more.
    if reason.startswith("number out of range") or "InvalidOperation" in reason:
        return UnstorableDocument(f"a number has more than {limits.digits} digits{_place(reason)}")
    if found := _DUPLICATE.match(reason):
        return MalformedDocument(f"the key {found[1][:100]} occurs twice in one object{_place(reason)}")
    if "hex escape" in reason and re.search(rb"\\u[dD][89a-fA-F]", body):
        return MalformedDocument(f"a string has half of a surrogate pair, which is no character{_place(reason)}")
    return MalformedDocument(f"{'the body' if ' at line ' in reason else 'it'} is not JSON: {reason}")


def _place(reason: str) -> str:
    found = _PLACE.search(reason)
    return found[0] if found else ""


def _may_be_large(body: bytes, limits: Limits) -> bool:
    # A level of nesting starts with a bracket, and a value with a bracket or comma before it: most need no counting.
    openings = body.count(b"{") + body.count(b"[")
    return openings > limits.depth or 1 + openings + body.count(b",") > limits.nodes or len(body) > limits.bytes


def _may_have_long_numbers(body: bytes) -> bool:
    # Ids in strings often look like numbers with exponents.
    return _has_long_numbers(body) and (len(body) <= _SMALL or _has_long_numbers(_STRING.sub(b" ", body)))


def _has_long_numbers(text: bytes) -> bool:
    shapes = text.translate(_SHAPES)
    long, small, large = _LONG_NUMBERS
    return long in shapes or small in shapes or large in shapes


def _check_values(value: Json, limits: Limits, *, numbers: bool) -> None:
    level = [value]
    nodes = 0
    for depth in range(limits.depth + 1):
        nodes += len(level)
        if nodes > limits.nodes:
            raise DocumentTooLarge("values", limits.nodes)
        if numbers:
            _check_numbers(level, value, limits)
        parents = [each for each in level if isinstance(each, dict | list)]
        if not parents:
            return
        if depth == limits.depth:
            raise DocumentTooLarge("levels of nesting", limits.depth)
        level = [each for parent in parents for each in _children(parent)]


def _children(parent: dict[str, Json] | list[Json]) -> list[Json]:
    return list(parent.values()) if isinstance(parent, dict) else parent


def _check_numbers(level: list[Json], root: Json, limits: Limits) -> None:
    for each in level:
        if isinstance(each, int | Decimal) and _digits(each) > limits.digits:
            reason = f"a number has more than {limits.digits} digits before or after the point"
            raise UnstorableDocument(reason, _pointer_to(root, each))


def _digits(number: int | Decimal) -> int:
    if isinstance(number, int):
        return len(str(abs(number))) if number.bit_length() > 300 else 0
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 -- narrows: the parser makes no NaN and no infinity
    return max(len(digits) + exponent, -exponent)


def _pointer_to(root: Json, wanted: Json) -> str:
    return next((pointer(path) for path, each in _walk(root) if each is wanted), "")


def _walk(root: Json) -> Iterator[tuple[tuple[Step, ...], Json]]:
    pending: list[tuple[tuple[Step, ...], Json]] = [((), root)]
    while pending:
        path, value = pending.pop()
        yield path, value
        if isinstance(value, dict):
            pending.extend(((*path, key), each) for key, each in value.items())
        elif isinstance(value, list):
            pending.extend(((*path, place), each) for place, each in enumerate(value))


def _refuse_nul(value: Json) -> None:
    # The six characters may also be a backslash followed by "u0000", which is fine.
    for path, each in _walk(value):
        if isinstance(each, str) and "\0" in each:
            raise MalformedDocument("a string has the character U+0000, which PostgreSQL cannot store", pointer(path))
        if isinstance(each, dict) and any("\0" in key for key in each):
            raise MalformedDocument("a key has the character U+0000, which PostgreSQL cannot store", pointer(path))


def _normal(value: Json) -> Json:
    match value:
        case dict():
            return {key: _normal(each) for key, each in value.items()}
        case list():
            return [_normal(each) for each in value]
        case Decimal():
            whole = value == value.to_integral_value()
            return int(value) if whole else _shortest(value)
        case _:
            return value


def _shortest(value: Decimal) -> Decimal:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101 -- narrows: documents hold no NaN and no infinity
    while digits[-1] == 0 and exponent < 0:
        digits, exponent = digits[:-1], exponent + 1
    return Decimal((sign, digits, exponent))
