import math
from decimal import Decimal
from uuid import UUID

import pytest

from janua.errors import InvalidOperand
from janua.model.types import Json
from tests.query.builders import AN_ID, a_filter, operands


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (2**53 + 1, Decimal(2**53 + 1)),
        (Decimal("1.10"), Decimal("1.10")),
        ("9007199254740993", Decimal(9007199254740993)),
        ("1e2", Decimal(100)),
        (0.1, Decimal("0.1")),
        (Decimal("0e999999"), Decimal(0)),
        (10**399, Decimal(10**399)),
    ],
)
def test_numbers_are_exact_whether_they_come_as_numbers_or_strings(raw: Json, value: Decimal) -> None:
    [found] = operands({"price": {"eq": raw}})
    assert isinstance(found, Decimal)
    assert found == value
    assert "E" not in str(found)


@pytest.mark.parametrize(
    "raw",
    [
        True, "", "ten", " 1", "01", "1.", "NaN", "Infinity", "٣", "1e1000", "1e99999999999999999999", "9" * 100_000,
        10**400, 10**4000, -(10**400), Decimal("1e131071"), Decimal("1e-401"), Decimal("NaN"), Decimal("Infinity"),
        math.inf, math.nan, [1], {"a": 1},
    ],
)  # fmt: skip
def test_what_is_not_a_number_within_the_documented_range_is_refused(raw: Json) -> None:
    with pytest.raises(InvalidOperand):
        operands({"price": {"eq": raw}})


def test_a_number_that_python_would_not_even_print_is_refused() -> None:
    with pytest.raises(InvalidOperand):
        operands({"price": {"eq": 10**100_000}})


@pytest.mark.parametrize(
    "raw",
    [
        "2024-02-29T23:59:60Z", "0001-01-01T00:00:00.123456789+23:59", "2026-01-31t12:00:00z",
        "9999-12-31T00:00:00-00:00",
    ],
)  # fmt: skip
def test_date_times_of_rfc_3339_are_kept_as_text(raw: str) -> None:
    assert operands({"sold_at": {"lt": raw}}) == (raw,)


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        ("sold_at", "2026-01-31"),
        ("sold_at", "2026-02-30T00:00:00Z"),
        ("sold_at", "2026-01-31T12:00:00"),
        ("sold_at", "2026-01-31 12:00:00Z"),
        ("sold_at", "2026-01-31T24:00:00Z"),
        ("sold_at", "2026-01-31T12:00:00+24:00"),
        ("sold_at", "0000-01-01T00:00:00Z"),
        ("sold_at", "\uff12\uff10\uff12\uff16-01-31T12:00:00Z"),
        ("sold_at", "2026-01-31T12:00:00Z\n"),
        ("sold_at", 1769860800),
        ("published", "2026-1-31"),
        ("published", "2025-02-29"),
        ("published", "2026-01-31T00:00:00Z"),
        ("opens", "12:00"),
        ("opens", "12:00:00"),
        ("code", "{0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77}"),
        ("code", "0198c5a47c1e7d6ab8f03f2a9d1c5e77"),
        ("genre", "romance"),
        ("genre", "sci_fi"),
        ("in_stock", "true"),
        ("in_stock", 1),
        ("title", 5),
        ("title", "a\x00b"),
        ("title", "\ud800"),
    ],
)
def test_operands_that_do_not_fit_the_type_are_refused(field: str, raw: Json) -> None:
    with pytest.raises(InvalidOperand) as caught:
        operands({field: {"eq": raw}})
    assert caught.value.path == field


def test_ids_are_the_same_in_upper_and_lower_case() -> None:
    assert operands({"code": {"in": [AN_ID.upper(), AN_ID]}}) == ((UUID(AN_ID), UUID(AN_ID)),)


def test_a_range_of_an_enum_may_be_bounded_by_any_string() -> None:
    assert operands({"genre": {"gte": "o"}}) == ("o",)


@pytest.mark.parametrize(
    ("operator", "raw", "value"),
    [
        ("contains", "50%_\\", "%50\\%\\_\\\\%"),
        ("icontains", "É", "%É%"),
        ("endsWith", "_", "%\\_"),
        ("startsWith", "50%", "50%"),
        ("ieq", "50%", "50%"),
        ("like", "a%\\_\\\\", "a%\\_\\\\"),
        ("search", '"frank herbert" or dune', '"frank herbert" or dune'),
    ],
)
def test_patterns_match_what_the_operator_says_and_nothing_else(operator: str, raw: str, value: str) -> None:
    assert operands({"title": {operator: raw}}) == (value,)


@pytest.mark.parametrize(("operator", "raw"), [("like", "a\\"), ("ilike", "\\\\\\"), ("search", "x" * 2001)])
def test_patterns_that_postgresql_would_refuse_are_refused(operator: str, raw: str) -> None:
    with pytest.raises(InvalidOperand):
        operands({"title": {operator: raw}})


def test_json_operands_keep_every_digit() -> None:
    raw: Json = {"a": [1, Decimal("1.10"), 2**64 + 1, True, None, 'é"\n']}
    assert operands({"attributes": {"containsJson": raw}}) == (
        '{"a":[1,1.10,18446744073709551617,true,null,"é\\"\\n"]}',
    )


@pytest.mark.parametrize("raw", [{"a\x00": 1}, ["\x00"], [{"a": "\udc00"}], Decimal("1e1000"), [math.inf]])
def test_json_operands_that_jsonb_cannot_hold_are_refused(raw: Json) -> None:
    for operator in ("eq", "containsJson"):
        with pytest.raises(InvalidOperand):
            operands({"attributes": {operator: raw}})


@pytest.mark.parametrize(
    ("field", "operator", "text", "value"),
    [
        ("pages", "gte", "10", Decimal(10)),
        ("in_stock", "eq", "true", True),
        ("title", "eq", "true", "true"),
        ("pages", "in", ["1", "2"], (Decimal(1), Decimal(2))),
        ("attributes", "eq", "10", "10"),
        ("attributes", "eq", "red", '"red"'),
        ("attributes", "containsJson", '{"n": 1.10}', '{"n":1.10}'),
        ("tags", "has", "10", '"10"'),
    ],
)
def test_operands_given_as_text_are_read_by_the_type_of_the_field(
    field: str, operator: str, text: Json, value: object
) -> None:
    assert a_filter(short={field: {operator: text}}).values == (value,)


@pytest.mark.parametrize(
    ("field", "operator", "text"),
    [
        ("in_stock", "eq", "yes"),
        ("in_stock", "eq", "1"),
        ("title", "isNull", "1"),
        ("pages", "eq", "ten"),
        ("attributes", "containsJson", "red"),
        ("attributes", "containsJson", "[" * 10_000),
        ("attributes", "eq", "1e1000"),
        ("attributes", "eq", "\ud800"),
    ],
)
def test_operands_given_as_text_that_do_not_read_are_refused(field: str, operator: str, text: str) -> None:
    with pytest.raises(InvalidOperand):
        a_filter(short={field: {operator: text}})
