from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.model.json import dumps, loads
from janua.model.types import Json

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_written_reads_back_as_the_same_value(value: Json) -> None:
    assert loads(dumps(value)) == value


@pytest.mark.parametrize(
    "text", ["9007199254740993", "18446744073709551617", "1.10", "1E+400", "-0.0", '"é\\n\\u0000"', '{"b":1,"a":[]}']
)
def test_numbers_and_texts_are_written_as_they_were_read(text: str) -> None:
    assert dumps(loads(text)) == text


def test_keys_are_sorted_when_asked() -> None:
    assert dumps(loads('{"b":{"d":1,"c":2},"a":0}'), sort_keys=True) == '{"a":0,"b":{"c":2,"d":1}}'


@pytest.mark.parametrize(
    "text", ["", "NaN", "-Infinity", "{", '{"a":1,"a":2}', '"\\ud800"', "[" * 5000, "1" * 5000, "\ud800", "01", "[1,]"]
)
def test_what_is_not_one_json_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the parser's own message is what the caller is shown
        loads(text)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), Decimal("NaN"), Decimal("Infinity")])
def test_what_json_cannot_say_is_not_written(value: Json) -> None:
    with pytest.raises(ValueError, match="JSON has no"):
        dumps([value])
