"""jsonschema-rs, which validates, is held against python-jsonschema, which others use: they agree but for decisions."""

from typing import Any, cast

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_specifications import REGISTRY

from janua.errors import InvalidSchema
from janua.registry.validation import Validator

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
D4 = "http://json-schema.org/draft-04/schema#"
DRAFTS: dict[str, Any] = {
    D4: jsonschema.Draft4Validator,
    "http://json-schema.org/draft-06/schema#": jsonschema.Draft6Validator,
    "http://json-schema.org/draft-07/schema#": jsonschema.Draft7Validator,
    "https://json-schema.org/draft/2019-09/schema": jsonschema.Draft201909Validator,
    "https://json-schema.org/draft/2020-12/schema": jsonschema.Draft202012Validator,
}
SCALARS: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "ab", "1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
KEYWORDS: dict[str, st.SearchStrategy[Any]] = {
    "type": st.sampled_from(["object", "string", "integer", "number", "array", "null", "boolean"]),
    "enum": st.lists(SCALARS, min_size=1, max_size=3, unique_by=repr),
    "required": st.lists(st.sampled_from("abc"), min_size=1, unique=True),
    "minimum": st.integers(-2, 2),
    "maxLength": st.integers(0, 2),
    "minItems": st.integers(0, 2),
    "uniqueItems": st.booleans(),
    "maxProperties": st.integers(0, 2),
    "pattern": st.sampled_from(["^a", "b$", "[0-9]"]),
    "multipleOf": st.integers(1, 3),
}


def schemas(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    keywords = dict(KEYWORDS)
    if depth:
        inner = schemas(depth - 1)
        keywords |= {
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2),
            "additionalProperties": inner | st.booleans(),
            "items": inner,
            "allOf": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        }
    return st.lists(st.sampled_from(sorted(keywords)), max_size=3, unique=True).flatmap(
        lambda chosen: st.fixed_dictionaries({each: keywords[each] for each in chosen})
    )


@settings(
    max_examples=150,
    suppress_health_check=SLOW,
)
@given(st.sampled_from(sorted(DRAFTS)), schemas(2), VALUES)
def test_both_engines_accept_the_same_documents(draft: str, schema: dict[str, Any], value: Any) -> None:
    schema = {"$schema": draft, **schema}
    validator = Validator(schema)
    assert validator.is_valid(value) == DRAFTS[draft](schema).is_valid(value)
    assert bool(validator.validate(value)) is not validator.is_valid(value)


DECISIONS: dict[str, tuple[Any, Any, bool]] = {
    "19.99 is a multiple of 0.01 (python-jsonschema divides floats)": ({"multipleOf": 0.01}, 19.99, True),
    "formats are asserted in every draft (annotations by default elsewhere)": ({"format": "uuid"}, "x", False),
    "a time needs its offset, as RFC 3339 has it": ({"format": "time"}, "12:00:00", False),
    "year 0 is a year, as RFC 3339 has it": ({"format": "date"}, "0000-01-01", True),
    "a leap second is a second at the end of an hour": ({"format": "date-time"}, "2016-12-31T23:59:60Z", True),
    "a uuid has hyphens and no braces": ({"format": "uuid"}, "{123e4567-e89b-12d3-a456-426614174000}", False),
    "1.0 is an integer": ({"type": "integer"}, 1.0, True),
    "1.0 is not an integer in draft 4, as it says": ({"$schema": D4, "type": "integer"}, 1.0, False),
    "unknown formats are annotations": ({"format": "colour"}, "x", True),
    "content keywords are annotations": ({"contentMediaType": "application/json"}, "{", True),
    r"\d is a digit of ASCII, as ECMA-262 has it": ({"pattern": r"^\d$"}, "\u0663", False),
}
"""Where we differ from python-jsonschema, or had to choose: schema, document, and whether it is valid."""


@pytest.mark.parametrize(("schema", "value", "valid"), DECISIONS.values(), ids=DECISIONS)
def test_a_divergence_is_a_decision(schema: Any, value: Any, valid: bool) -> None:
    assert Validator(schema).is_valid(value) is valid


@pytest.mark.parametrize("draft", DRAFTS)
def test_both_accept_the_metaschemas_as_schemas(draft: str) -> None:
    contents = REGISTRY.contents(draft)
    assert Validator({"$schema": draft, "$ref": draft}).is_valid(cast(Any, contents))


def test_a_schema_that_cannot_be_compiled_is_an_invalid_schema() -> None:
    with pytest.raises(InvalidSchema):
        Validator({"$ref": "http://127.0.0.1:1/x"})
