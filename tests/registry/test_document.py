"""What is read from bytes: everything JSON allows and PostgreSQL can keep, exactly, and nothing else."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.errors import DocumentTooLarge, InvalidSchema, JanuaError, MalformedDocument, UnstorableDocument
from janua.model.json import dumps
from janua.registry.document import (
    Document,
    Limits,
    canonical,
    document_of,
    fingerprint,
    read_document,
    read_schema,
)
from tests.registry.builders import LIMITS, within

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=10)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_what_is_written_is_read_back_exactly(value: object) -> None:
    text = dumps(value).encode()  # type: ignore[arg-type] -- any JSON
    document = read_document(text, LIMITS)
    assert document.text is text
    assert dumps(document.value) == text.decode()


@pytest.mark.parametrize(
    "text",
    [
        "9007199254740993",
        "18446744073709551617",
        "1.10",
        "19.99",
        "1e2",
        "1e-7",
        "1" * 400,
        "0." + "1" * 400,
        "1.7976931348623157e308",
        "5e-324",
    ],
)
def test_a_number_keeps_its_value(text: str) -> None:
    assert read_document(text.encode(), LIMITS).value == Decimal(text)
    assert not isinstance(read_document(text.encode(), LIMITS).value, float)


@pytest.mark.parametrize(
    "text", ["1" * 401, "1" * 5000, "1e400", "1e1000", "1e131071", "1E999999999", "1e-401", "0." + "1" * 401]
)
def test_a_number_beyond_the_documented_range_is_refused(text: str) -> None:
    with pytest.raises(UnstorableDocument):
        read_document(text.encode(), LIMITS)
    with pytest.raises(UnstorableDocument) as caught:
        read_document(b'{"a":[' + (text if len(text) < 5000 else "1e600").encode() + b"]}", LIMITS)
    assert caught.value.pointer == "/a/0"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a":["\\u0000"]}', "/a/0"),
        (b'{"a":{"b\\u0000":1}}', "/a"),
        (b'"\\ud800"', ""),
        (b'["\\udc00x"]', ""),
        (b'"\xff"', ""),
        (b'"\xed\xa0\x80"', ""),
        (b"NaN", ""),
        (b"[Infinity]", ""),
        (b'{"a":1,"a":2}', ""),
        (b'{"a":{"b":1,"\\u0062":2}}', ""),
        (b"", ""),
        (b"[1,]", ""),
        (b"{}{}", ""),
        (b"'a'", ""),
    ],
)
def test_what_is_no_json_or_cannot_be_kept_is_malformed(body: bytes, pointer: str) -> None:
    with pytest.raises(MalformedDocument) as caught:
        read_document(body, LIMITS)
    assert caught.value.pointer == pointer


def test_a_duplicate_key_is_named() -> None:
    with pytest.raises(MalformedDocument, match="isbn"):
        read_document(b'{"isbn": 1, "isbn": 2}', LIMITS)


def test_an_escaped_backslash_before_u0000_is_text() -> None:
    assert read_document(b'"\\\\u0000"', LIMITS).value == "\\u0000"


def test_depth_is_bounded_exactly() -> None:
    assert read_document(b"[" * 128 + b"]" * 128, LIMITS)
    for depth in (129, 5_000):
        with pytest.raises(DocumentTooLarge):
            read_document(b"[" * depth + b"]" * depth, LIMITS)


def test_values_are_counted_exactly() -> None:
    limits = Limits(nodes=10)
    assert read_document(b"[" + b",".join([b"1"] * 9) + b"]", limits)
    with pytest.raises(DocumentTooLarge):
        read_document(b"[" + b",".join([b"1"] * 10) + b"]", limits)


def test_half_a_million_keys_are_refused_at_once() -> None:
    body = b"{" + b",".join(b'"%d":1' % number for number in range(500_000)) + b"}"
    with within(0.25), pytest.raises(DocumentTooLarge):
        read_document(body, LIMITS)
    with within(0.5), pytest.raises(DocumentTooLarge):
        read_document(body, Limits(bytes=len(body)))


@pytest.mark.parametrize(
    "pair", [("1", "1.0"), ("1", "1e0"), ("100", "1e2"), ("1.10", "1.1"), ('{"a":1,"b":2}', '{"b":2,"a":1.0}')]
)
def test_equal_schemas_have_one_fingerprint(pair: tuple[str, str]) -> None:
    one, other = (read_document(f'{{"const":{each}}}'.encode(), LIMITS).value for each in pair)
    assert fingerprint(one) == fingerprint(other)  # type: ignore[arg-type] -- any JSON


@pytest.mark.parametrize(
    "pair", [("1", "2"), ("1", '"1"'), ("1", "true"), ("9007199254740993", "9007199254740992"), ("[1,2]", "[2,1]")]
)
def test_different_schemas_have_different_fingerprints(pair: tuple[str, str]) -> None:
    one, other = (read_document(f'{{"const":{each}}}'.encode(), LIMITS).value for each in pair)
    assert fingerprint(one) != fingerprint(other)  # type: ignore[arg-type] -- any JSON


def test_the_canonical_text_is_sorted_and_exact() -> None:
    assert canonical({"b": Decimal("1.50"), "a": [Decimal("2E+3"), True]}) == b'{"a":[2000,true],"b":1.5}'


@pytest.mark.parametrize("body", [b"1", b'"x"', b"null", b"[]"])
def test_a_schema_is_an_object_or_a_boolean(body: bytes) -> None:
    with pytest.raises(InvalidSchema):
        read_schema(body, "json", LIMITS)


MADE: list[Any] = [
    {"a": [1, {"b": None}], "c": Decimal("1.50"), "d": "é\\u0000\n"},
    {"a": "\0"},
    {"\0": 1},
    10**600,
    Decimal("1E+3"),
    Decimal("1E+600"),
    Decimal("0." + "1" * 30),
    "0" * 5_000,
    [[[[[[]]]]]],
    list(range(50)),
    "12345678-90e1-2345-6789-0123456789ab",
]


@pytest.mark.parametrize("value", MADE)
@pytest.mark.parametrize("limits", [Limits(), Limits(depth=4, nodes=20), Limits(bytes=20)])
def test_a_document_that_was_made_is_checked_as_one_that_is_read(value: Any, limits: Limits) -> None:
    text = dumps(value).encode()
    assert _outcome(lambda: document_of(value, text, limits)) == _outcome(lambda: read_document(text, limits))


def _outcome(read: Callable[[], Document]) -> object:
    try:
        return read()
    except JanuaError as error:
        return type(error), str(error)
