"""Whether a schema version may follow another: each verdict is proven, or shown by a document."""

import json
from typing import Any

import pytest

from janua.model.json import loads
from janua.registry.changes import schema_changes
from janua.registry.compatibility import CODES, MODES, OTHERS, Earlier, Ruling, judged_changes, rule
from janua.registry.inclusion.versions import Version
from janua.registry.keywords import KEYWORDS
from janua.registry.validation import Validator
from tests.registry.builders import a_collection, within
from tests.registry.schema_pairs import PAIRS, Pair

BY_TITLE = pytest.mark.parametrize("pair", PAIRS, ids=lambda each: each.title)


def a_version(schema: Any, **references: Any) -> Version:
    """Return a schema as if read from JSON, numbers exact."""
    return Version(exact(schema), {name: exact(each) for name, each in references.items()})


def exact(schema: Any) -> Any:
    return loads(json.dumps(schema))


def ruled(mode: str, new: Any, *old: Any) -> Ruling:
    return rule(mode, a_version(new), [Earlier(number, a_version(each)) for number, each in enumerate(old, 1)])


def expected(*answers: str) -> str:
    verdicts = {each if each in {"compatible", "undecided"} else "incompatible" for each in answers}
    return next(each for each in ("incompatible", "undecided", "compatible") if each in {*verdicts, "compatible"})


def codes(ruling: Ruling) -> str:
    return " ".join(dict.fromkeys(each.code for each in ruling.incompatibilities)) or ruling.verdict


def test_the_table_has_enough_pairs_and_no_title_twice() -> None:
    assert len(PAIRS) >= 80
    assert len({each.title for each in PAIRS}) == len(PAIRS)


@BY_TITLE
def test_the_schemas_of_a_pair_can_be_registered(pair: Pair) -> None:
    for each in (pair.old, pair.new):
        a_collection(exact(each))


@BY_TITLE
def test_every_mode_gives_the_verdict_of_the_table(pair: Pair) -> None:
    verdicts = {
        "none": "compatible",
        "backward": expected(pair.backward),
        "forward": expected(pair.forward),
        "full": expected(pair.backward, pair.forward),
    }
    for mode in MODES:
        ruling = ruled(mode, pair.new, pair.old)
        assert ruling.verdict == verdicts[mode.removesuffix("_transitive")], mode
        assert bool(ruling.incompatibilities) == (ruling.verdict == "incompatible")
        assert bool(ruling.undecided) >= (ruling.verdict == "undecided")


@BY_TITLE
def test_the_reasons_are_those_of_the_table(pair: Pair) -> None:
    assert codes(ruled("backward", pair.new, pair.old)) == pair.backward
    assert codes(ruled("forward", pair.new, pair.old)) == pair.forward


@BY_TITLE
def test_every_incompatibility_is_shown_by_a_document_valid_under_one_side_only(pair: Pair) -> None:
    sides = {"old": Validator(a_version(pair.old).document), "new": Validator(a_version(pair.new).document)}
    for each in ruled("full", pair.new, pair.old).incompatibilities:
        assert each.counter_example is not None
        document, side = each.counter_example["document"], each.counter_example["valid_under"]
        assert isinstance(side, str)
        assert {name for name, validator in sides.items() if validator.is_valid(document)} == {side}
        assert each.message
        assert each.version == 1


def at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


@BY_TITLE
def test_pointers_lead_to_the_fragments_that_are_shown(pair: Pair) -> None:
    for each in ruled("full", pair.new, pair.old).incompatibilities:
        for pointer, fragment, schema in ((each.pointer, each.new, pair.new), (each.old_pointer, each.old, pair.old)):
            found = at(a_version(schema).document, pointer)
            if fragment is not None and pointer.endswith(each.keyword):
                assert found == fragment


@pytest.mark.parametrize(
    ("old", "new", "pointer", "old_pointer", "message"),
    [
        ({"maximum": 10}, {"maximum": 5}, "/maximum", "/maximum", "maximum was 10 and is 5"),
        ({}, {"minLength": 1}, "/minLength", "", "minLength 1 was added"),
        ({}, {"required": ["a"]}, "/required", "", '"a" is required now'),
        (
            {"properties": {"a/b": {}}, "additionalProperties": False},
            {"additionalProperties": False},
            "/additionalProperties",
            "/properties/a~1b",
            '"a/b" is not allowed any more',
        ),
        (
            {"$defs": {"x": {"enum": [1, 2]}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
            {"$defs": {"x": {"enum": [1]}}, "properties": {"a": {"$ref": "#/$defs/x"}}},
            "/$defs/x/enum",
            "/$defs/x/enum",
            "enum loses 2",
        ),
        ({}, {"anyOf": [{"type": "string"}]}, "/anyOf", "", 'anyOf [{"type":"string"}] was added'),
    ],
)
def test_an_incompatibility_says_where_and_what(
    old: Any, new: Any, pointer: str, old_pointer: str, message: str
) -> None:
    [reason] = ruled("backward", new, old).incompatibilities
    assert (reason.pointer, reason.old_pointer, reason.message) == (pointer, old_pointer, message)


def test_every_reason_is_listed_not_only_the_first() -> None:
    old = {"properties": {"a": {"maximum": 9}, "b": {"type": "string"}, "c": {}}, "additionalProperties": False}
    new = {"properties": {"a": {"maximum": 3}, "b": {"type": "integer"}}, "additionalProperties": False}
    found = ruled("backward", new | {"minProperties": 1}, old).incompatibilities
    assert sorted(each.pointer for each in found) == [
        "/additionalProperties",
        "/minProperties",
        "/properties/a/maximum",
        "/properties/b/type",
    ]


def test_transitive_modes_look_at_every_version_and_the_others_at_the_last_one() -> None:
    versions = ({"maximum": 9}, {"maximum": 3})
    assert ruled("backward", {"maximum": 5}, *versions).verdict == "compatible"
    ruling = ruled("backward_transitive", {"maximum": 5}, *versions)
    assert (ruling.verdict, [each.version for each in ruling.incompatibilities]) == ("incompatible", [1])
    assert ruling.versions == [2, 1]


def test_none_asks_for_nothing() -> None:
    ruling = ruled("none", False, True)
    assert (ruling.verdict, ruling.versions) == ("compatible", [])


def test_a_reference_to_another_collection_counts_as_it_was_pinned() -> None:
    schema = {"properties": {"author": {"$ref": "janua:authors"}}}
    old, new = ({"type": "object", "required": names} for names in ([], ["name"]))
    ruling = rule("full", a_version(schema, authors=new), [Earlier(1, a_version(schema, authors=old))])
    assert [each.code for each in ruling.incompatibilities] == ["required.added"]
    assert ruling.incompatibilities[0].pointer == "janua:authors#/required"


def test_what_is_neither_proven_nor_refuted_is_said_with_its_place() -> None:
    old, new = ({"properties": {"a": {"type": "string", "pattern": f"^(?=.*q.*7){more}"}}} for more in ("", "(?=.*w8)"))
    ruling = ruled("backward", new, old)
    assert ruling.verdict == "undecided"
    [reason] = ruling.undecided
    assert (reason.pointer, reason.old_pointer) == ("/properties/a/pattern", "/properties/a/pattern")
    assert reason.counter_example is None


def test_what_the_search_cannot_find_may_be_guessed() -> None:
    ruling = ruled("backward", {"pattern": "^(?=ab).*$"}, {"pattern": "^(?=a).*$"})
    assert ruling.verdict == "incompatible"
    assert [each.pointer for each in ruling.incompatibilities] == ["/pattern"]


def a_network(types: int, leaf: Any) -> Any:
    """Return types that refer to each other every which way."""
    definitions = {
        f"T{n}": {"properties": {f"p{k}": {"$ref": f"#/$defs/T{(7 * n + 13 * k) % types}"} for k in range(4)}}
        for n in range(types)
    }
    return {"$ref": "#/$defs/T0", "$defs": {**definitions, "T5": {"properties": {"leaf": leaf}}}}


def nested(depth: int, leaf: Any) -> Any:
    for _ in range(depth):
        leaf = {"properties": {"a": leaf}}
    return leaf


def doubling(depth: int, leaf: Any) -> Any:
    definitions: dict[str, Any] = {"d0": leaf}
    for level in range(1, depth):
        below = {"$ref": f"#/$defs/d{level - 1}"}
        definitions[f"d{level}"] = {"anyOf": [{"properties": {"a": below}}, {"properties": {"b": below}}]}
    return {"$ref": f"#/$defs/d{depth - 1}", "$defs": definitions}


@pytest.mark.parametrize(
    "make", [lambda leaf: a_network(60, leaf), lambda leaf: nested(60, leaf), lambda leaf: doubling(15, leaf)],
    ids=["network", "nested", "doubling"],
)  # fmt: skip
def test_large_schemas_are_decided(make: Any) -> None:
    with within(8):
        wider = ruled("full", make({"type": ["string", "null"]}), make({"type": "string"}))
        assert wider.verdict == "incompatible"
        assert {code.partition(".")[2] for code in codes(wider).split()} == {"widened"}
        assert ruled("backward", make({"type": ["string", "null"]}), make({"type": "string"})).verdict == "compatible"


def puzzle(clauses: int) -> Any:
    """Return a schema as hard as finding out whether a formula of many clauses can be true."""
    names = [f"v{number}" for number in range(30)]
    parts = [
        {
            "anyOf": [
                {"required": [names[(17 * n + 11 * k) % 30]]},
                {"not": {"required": [names[(23 * n + 5 * k) % 30]]}},
            ]
        }
        for n in range(clauses)
        for k in range(3)
    ]
    return {"type": "object", "allOf": parts}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"pattern": "^(a|b)*a(a|b){14}$"}, {"pattern": "^(a|b)*b(a|b){14}$"}),
        (puzzle(60), {"type": "object", "maxProperties": 29}),
        ({"enum": [*range(20_000)]}, {"enum": [*range(20_001)]}),
        ({"properties": {f"p{n}": {"minLength": n} for n in range(2_000)}}, {"additionalProperties": False}),
        ({"type": "array", "minItems": 10**9}, {"type": "array", "minItems": 10**9 + 1}),
        ({"type": "string", "minLength": 10**9}, {"type": "string", "minLength": 10**9 + 1}),
        ({"multipleOf": 10**300 + 1}, {"multipleOf": 10**301 + 7}),
    ],
    ids=["pattern", "puzzle", "enum", "properties", "items", "length", "multiples"],
)
def test_hostile_schemas_get_an_answer_in_bounded_time(old: Any, new: Any) -> None:
    with within(20):
        assert ruled("full", new, old).verdict in {"incompatible", "undecided"}


def test_the_answer_is_the_same_each_time() -> None:
    first, second = (ruled("full", each.new, each.old) for each in [PAIRS[2]] * 2)
    assert first == second


def test_every_keyword_that_judges_has_codes() -> None:
    judging = {name for name, each in KEYWORDS.items() if each.role != "apart"}
    assert judging - set(CODES) == set()
    every = [code for both in [*CODES.values(), OTHERS] for code in both]
    assert all(code.count(".") == 1 and code == code.lower() for code in every)


def test_a_change_is_breaking_when_the_rules_show_a_document_that_it_breaks() -> None:
    old: Any = {"properties": {"a": {"type": "string"}}}
    new: Any = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {}}}
    changes = judged_changes(schema_changes(old, new), ruled("backward", new, old))
    assert {each.pointer: each.breaking for each in changes} == {"/properties/b": True, "/properties/c": False}


def test_no_change_is_breaking_when_the_versions_are_proven_to_be_compatible() -> None:
    old, new = {"pattern": "^(ab|ac)$"}, {"pattern": "^a[bc]$"}
    assert [each.breaking for each in schema_changes(old, new)] == [True]
    assert [each.breaking for each in judged_changes(schema_changes(old, new), ruled("backward", new, old))] == [False]
