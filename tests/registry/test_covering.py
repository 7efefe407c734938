"""Where a proof covers whatever may be stored, so that records need not be read; in doubt, they are."""

from typing import Any

import pytest

from janua.registry.covering import is_covered, is_same
from janua.registry.validation import Validator
from tests.registry.schema_pairs import D7, D19, PAIRS, C, I, O, S
from tests.registry.test_compatibility import a_version, exact

LONG = {"type": "string", "maxLength": 100}
BASE64 = {"contentEncoding": "base64"}
CARD = {"$schema": D7, **O(number=S)}


def described(schema: Any) -> Any:
    """Return a schema with annotations at every place."""
    if not isinstance(schema, dict):
        return schema
    parts = {name: described(each) for name, each in schema.get("properties", {}).items()}
    more = {"properties": parts} if parts else {}
    return {**schema, **more, "title": "T", "description": "D", "x-index": True, "examples": [1], "default": 2}


@pytest.mark.parametrize(
    "schema",
    [O(name=S, n=I), C(["name"], name=LONG), {"$ref": "#/$defs/x", "$defs": {"x": O(title=S)}}, O(inner=O(format=S))],
)
def test_versions_that_differ_in_annotations_are_the_same(schema: Any) -> None:
    assert is_same(a_version(schema), a_version(described(schema)))
    assert is_covered(a_version(described(schema)), a_version(schema), None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (O(title=S), O(title=I)),
        (O(description=S), O(summary=S)),
        ({"enum": [{"title": 1}]}, {"enum": [{"title": 2}]}),
        ({"const": {"x-index": 1}}, {"const": {}}),
        (S, {"type": "string", "unheard": 1}),
    ],
    ids=["a property", "another property", "in enum", "in const", "an unknown keyword"],
)
def test_what_only_looks_like_an_annotation_is_none(old: Any, new: Any) -> None:
    assert not is_same(a_version(old), a_version(new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (O(name=LONG), O(name=S)),
        (O(["name"], name=S), O(name=S)),
        (C(name=S), C(name=S, n=I)),
        (O(n={"type": "integer", "minimum": 3}), O(n={"type": "number"})),
        (O(mail={"format": "email"}, name=LONG), O(mail={"format": "email"}, name=S)),
        (C(code={"pattern": "^a$"}), C(code={"pattern": "^a$"}, n=I)),
    ],
)
def test_what_accepts_more_is_covered_and_not_the_other_way_round(old: Any, new: Any) -> None:
    assert is_covered(a_version(old), a_version(new), None)
    assert not is_covered(a_version(new), a_version(old), None)


def test_what_the_rules_refuted_or_left_open_is_not_covered() -> None:
    old, new = a_version(O(name=LONG)), a_version(O(name=S))
    assert is_covered(old, new, "included")
    assert not is_covered(old, new, "refused")
    assert not is_covered(old, new, "unclear")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (O(code={"pattern": "^[0-9]$"}), O(code={"pattern": r"^\d$"})),
        (O(code={"pattern": "^a$"}), O(code={"pattern": "^(a|b)$"})),
        (O(code={"pattern": "^a$"}), O(code={"maxLength": 1})),
        (O(code={"allOf": [{"pattern": "^a$"}]}), O(code={"allOf": [{"pattern": "^a$"}, {"maxLength": 1}]})),
        (O(code={"format": "uuid"}), O(code={"format": "uuid", "$schema": D19})),
        ({"$schema": D7, "format": "uri"}, {"$schema": D19, "format": "uri"}),
        (CARD | {"properties": {"number": {"type": "integer"}}}, CARD | {"properties": {"number": I | BASE64}}),
    ],
    ids=[
        "the same language",
        "a wider language",
        "a length of a pattern",
        "beside a pattern",
        "another draft inside",
        "another draft",
        "contents",
    ],
)
def test_a_proof_about_what_the_engine_judges_its_own_way_does_not_count(old: Any, new: Any) -> None:
    assert not is_covered(a_version(old), a_version(new), "included")


def test_contents_that_the_engine_asserts_are_no_annotations() -> None:
    asserted = CARD | {"properties": {"number": S | BASE64}}
    assert not Validator(exact(asserted)).is_valid({"number": "?"})
    assert not is_covered(a_version(CARD), a_version(asserted), "included")
    assert not is_same(a_version(CARD), a_version(asserted))
    modern = {"$schema": D19, **O(number=S | BASE64)}
    assert Validator(exact(modern)).is_valid({"number": "?"})
    assert is_same(a_version({"$schema": D19, **O(number=S)}), a_version(modern))


def test_a_schema_that_another_collection_gives_counts() -> None:
    whole = {"$ref": "janua:names"}
    old, same = (a_version(whole, names=each) for each in (LONG, LONG | {"title": "Name"}))
    assert is_same(old, same)
    assert is_covered(old, a_version(whole, names=S), None)
    assert not is_covered(a_version(whole, names=S), old, None)


def test_nothing_is_covered_that_the_table_of_pairs_calls_incompatible() -> None:
    covered = [each for each in PAIRS if is_covered(a_version(each.old), a_version(each.new), None)]
    assert len(covered) > 20
    assert {each.backward for each in covered} == {"compatible"}
