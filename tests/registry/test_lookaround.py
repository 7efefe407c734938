"""Patterns of the backtracking engine: what they mean is kept, and what they cost is bounded."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.model.types import Json
from janua.registry import lookaround
from janua.registry.guarding import KEYS
from janua.registry.lookaround import TooMuchWork, effort, guarded, longest
from tests.registry.builders import a_validator, an_object, refusal, within
from tests.tracing import TRACED

PATTERNS = [
    r"^(?!\s*$).+", r"^(?=.*b)(?!.*c)a", r"^(?=a|b)(?!ab)", r"^(?!a)b|c", r"^(?=(a))b\1", r"(?=a)ab", r"a(?!b)",
    r"(?<=a)b", r"(?<!a)b", r"(a|b)\1", r"^((?!bc).)*$", r"^(?=[(?!|])c", r"^(?=\))(?!a)", r"^(?=(?:a|(?!b)c))[abc]+$",
]  # fmt: skip

SLOW = [
    r"^(?:(?=.*a).)+b$", r"(?:(?=.*a).)+b$", r"^(?=a)(a|aa)+\1$", r"(?<=a)(?=[ab]*x)", r"(?:(?![\s\S]*x)[\s\S])*y",
    r"(?:(?=(?:(?=.*a).)*).)+", r"(?:" + r"(?=.*a)" * 50 + r".)+b", r"(?:(a+)\1)+b", r"(?:(?=a*(?=a*(?=a*x)))a)+",
]  # fmt: skip

SAME = r"^(?=a)(a|aa)+\1$"
HOSTILE = "a" * 30 + "b"


@pytest.mark.parametrize("pattern", PATTERNS)
@given(text=st.text("abc ()\n", max_size=6))
def test_a_guarded_pattern_matches_what_it_says(pattern: str, text: str) -> None:
    found = guarded(pattern)
    assert found is not None
    # In ECMA-262 `$` is the very end, and `.` no line break: as in Python but for a `$` before a last line break.
    assert found.is_match(text) is (re.search(pattern.replace("$", r"\Z"), text) is not None)


def test_what_a_pattern_asks_for_at_first_has_no_limit_of_length() -> None:
    validator = a_validator(an_object(a={"pattern": r"^(?!\s*$).+"}))
    with within(0.25):
        assert validator.is_valid({"a": " " * 1_000_000 + "x"})
        assert not validator.is_valid({"a": " " * 1_000_000})


@pytest.mark.parametrize("pattern", SLOW)
def test_matching_the_longest_string_takes_no_time(pattern: str) -> None:
    found = guarded(pattern)
    assert found is not None
    most = longest(pattern)
    with within(0.25):
        found.is_match("a" * (most - 1) + "c")


def test_a_string_that_is_too_long_to_try_does_not_match_and_is_told_the_limit() -> None:
    pattern = r"(?:(?=.*a).)+b$"
    validator = a_validator(an_object(a={"pattern": pattern, "format": "email"}))
    [_, violation] = sorted(validator.validate({"a": "a" * 10_000}), key=lambda each: each.keyword)
    assert (violation.keyword, violation.pointer) == ("pattern", "/a")
    assert violation.schema_pointer == "/properties/a/pattern"
    assert f"more than {longest(pattern)} characters" in violation.message


def test_all_strings_of_a_document_share_a_second() -> None:
    validator = a_validator({"items": {"not": {"pattern": SAME}}})
    many: list[Json] = [HOSTILE] * 100_000
    with within(3.0):
        [violation] = validator.validate(many)
        assert not validator.is_valid(many)
    assert (violation.keyword, violation.pointer) == ("pattern", "")
    assert validator.is_valid(many[:100])


def test_a_violation_keeps_its_place_whatever_stands_beside_the_pattern() -> None:
    beside: dict[str, Any] = {"allOf": [{"minLength": 3}], "oneOf": [{"maxLength": 1}], "pattern": "^(?!a)b"}
    found = a_validator(an_object(x=beside, y={"pattern": "(a)\\1"})).validate({"x": "ab", "y": "a"})
    assert {each.schema_pointer for each in found} >= {
        "/properties/x/pattern",
        "/properties/x/allOf/0/minLength",
        "/properties/y/pattern",
    }
    assert "must match the pattern ^(?!a)b" in {each.message for each in found}


def test_a_name_of_a_property_is_matched_too() -> None:
    validator = a_validator({"propertyNames": {"pattern": r"^(?!x-)"}, "additionalProperties": {"type": "string"}})
    assert validator.is_valid({"a": "b"})
    assert not validator.is_valid({"x-a": "b"})


def test_keys_are_matched_up_to_a_number_and_a_length() -> None:
    """So that 2,000 of them, as long as may be, take no longer than others may wait."""
    pattern = r"(?<=a)(a|aa)+\1"
    validator = a_validator({"patternProperties": {pattern: {"type": "integer"}}})
    length = longest(pattern, work=20_000)
    most: dict[str, Json] = {"a" * (length - 4) + f"{n:04}": n for n in range(KEYS)}
    with within(0.25):
        assert validator.is_valid(most)
    beyond: list[Json] = [{**most, "b": 1}, {"a" * (length + 1): 1}]
    for document in beyond:
        [violation] = validator.validate(document)
        assert violation.keyword == "patternProperties"
        assert f"at most {KEYS} keys of at most {length} characters" in violation.message


def test_a_schema_that_matches_keys_often_takes_fewer_of_them() -> None:
    shared = {"patternProperties": {r"(?<=a)b": {"type": "integer"}}}
    schema = {
        "allOf": [{"$ref": "#/$defs/a"}] * 20,
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}] * 5}, "b": shared},
    }
    validator = a_validator(schema)
    assert validator.is_valid({f"{n}": 1 for n in range(KEYS // 100)})
    assert not validator.is_valid({f"{n}": 1 for n in range(KEYS // 100 + 1)})


def test_defaults_share_a_time_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookaround, "SECONDS", 0.0)
    [violation] = refusal(an_object(a={"not": {"pattern": SAME}, "default": HOSTILE}))
    assert (violation.keyword, violation.pointer) == ("default", "")


def test_the_second_is_counted_by_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookaround, "SECONDS", 0.05)
    found = guarded(SAME)
    assert found is not None
    with effort():
        busy(0.2)
        with pytest.raises(TooMuchWork):
            found.is_match("a")
    with effort():
        assert not found.is_match("a")


def busy(seconds: float) -> None:
    end = time.thread_time() + seconds * (2 if TRACED else 1)
    while time.thread_time() < end:
        pass
