"""What in a schema is taken for a slip of the pen, and what is not."""

from typing import Any

import pytest

from janua.registry.slips import MOST, warnings_of
from tests.registry.builders import UUID, an_object, within


@pytest.mark.parametrize(
    ("schema", "pointer", "words"),
    [
        (an_object(a={"type": "string", "x-idx": True}), "/properties/a/x-idx", "did you mean x-index?"),
        (an_object(a={"x-uniqe": True}), "/properties/a/x-uniqe", "did you mean x-unique?"),
        ({"propertes": {}}, "/propertes", "unknown keyword 'propertes'; did you mean properties?"),
        ({"items": {"minlength": 1}}, "/items/minlength", "did you mean minLength?"),
        ({"anyOf": [{"format": "emial"}]}, "/anyOf/0/format", "which is not checked; did you mean email?"),
        (
            {"additionalProperties": False, "properties": {"a": {}}, "required": ["a", "b"]},
            "/required",
            "'b' is required",
        ),
        (an_object(a=UUID) | {"x-unique": True}, "/x-unique", "at the root it has no effect"),
        ({"type": "array", "x-index": "gin"}, "/x-index", "x-index belongs on a property"),
        ({"x-relation": {"collection": "authors"}}, "/x-relation", "at the root it has no effect"),
        (an_object(a={"x-indexes": [{"fields": ["a"]}]}), "/properties/a/x-indexes", "belongs at the root"),
    ],
)
def test_a_likely_slip_is_warned_of_where_it_stands(schema: Any, pointer: str, words: str) -> None:
    [warning] = warnings_of(schema)
    assert warning["pointer"] == pointer
    assert words in str(warning["message"])


@pytest.mark.parametrize(
    "schema",
    [
        True,
        an_object(["propertes"], propertes={"type": "string", "format": "email"}, enums=UUID),
        an_object(a={**UUID, "x-unique": True}) | {"x-index": False, "x-indexes": [{"fields": ["a"]}]},
        {"x-owner": "team", "$comment": "", "format": "isbn", "definitions": {"requird": {}}},
        {"required": ["b"]},
        {"additionalProperties": False, "patternProperties": {"^b": {}}, "required": ["b"]},
        {"default": {"propertes": 1}, "examples": [{"tpye": 1}], "enum": [{"requird": 1}]},
    ],
)
def test_names_of_properties_values_and_keywords_of_others_are_no_slips(schema: Any) -> None:
    assert warnings_of(schema) == []


def test_a_schema_full_of_slips_is_answered_soon_and_briefly() -> None:
    with within(1):
        assert warnings_of({f"keyword{each}": {} for each in range(100_000)}) == []
        assert len(warnings_of(an_object(**{f"p{each}": {"requird": []} for each in range(2000)}))) == MOST
