"""The search for refused documents claims nothing that documents do not bear out."""

import itertools
import random
import string
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from janua.registry.inclusion.demands import Demand
from janua.registry.inclusion.effort import Effort
from janua.registry.inclusion.evaluation import Evaluation
from janua.registry.inclusion.guesses import _Guesser
from janua.registry.inclusion.patterns import automaton_of, automaton_of_strings
from janua.registry.inclusion.refusals import inclusion_of
from janua.registry.inclusion.rules import Rules
from janua.registry.inclusion.samples import CONTENTS, FORMATS, SAMPLES, SHAPES, schema_of
from janua.registry.inclusion.versions import Version, Versions
from janua.registry.inclusion.words import Exhausted, Runner, matcher, shortest_word, words
from janua.registry.keywords import METASCHEMAS
from janua.registry.validation import Validator
from tests.registry.schema_pairs import PAIRS, Pair
from tests.registry.test_compatibility import a_version

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SCALARS: list[Any] = [None, True, False, 0, 1, 2, -1, Decimal("0.5"), "", "a", "b", "ab", "x1", "2024-05-01", "AB", 12]
NAMES = ["a", "b", "c", "x1"]
TYPES = ["object", "string", "integer", "number", "array", "null", "boolean", ["string", "null"], ["integer", "array"]]
SHARED = {"$schema", "type", "enum", "minimum", "maximum", "pattern", "required", "uniqueItems", "multipleOf"}
"""Keywords that mean the same in every draft, their subschemas included, for they have none."""
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
SIZES = ("minLength", "maxLength", "minProperties", "maxProperties", "minItems", "maxItems")


def a_value(chance: random.Random, depth: int = 2) -> Any:
    kind = chance.random()
    if depth and kind < 0.25:
        return [a_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    if depth and kind < 0.6:
        return {name: a_value(chance, depth - 1) for name in chance.sample(NAMES, chance.randrange(4))}
    return chance.choice(SCALARS)


def a_schema(chance: random.Random, depth: int) -> Any:
    """Return a schema that uses all keywords, few of them each time."""
    if chance.random() < 0.06:
        return chance.random() < 0.5
    inner = lambda: a_schema(chance, depth - 1)  # noqa: E731 -- the table below calls it in every line
    flat: dict[str, Any] = {
        "type": lambda: chance.choice(TYPES),
        "enum": lambda: chance.sample([*SCALARS, [1], {"a": 1}], chance.choice([1, 2, 4])),
        "const": lambda: chance.choice([*SCALARS, {"a": 1}]),
        **dict.fromkeys(
            ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), lambda: chance.choice([0, 1, 2])
        ),
        "multipleOf": lambda: chance.choice([1, 2, 3, Decimal("0.5")]),
        **dict.fromkeys(SIZES, lambda: chance.randrange(4)),
        "pattern": lambda: chance.choice(["^a", "b$", "[0-9]", "^[a-z]{1,2}$", "a|b", "^$", "^(?=a)"]),
        "format": lambda: "date",
        "required": lambda: chance.sample(NAMES, chance.choice([1, 2])),
        "uniqueItems": lambda: True,
        "dependentRequired": lambda: {chance.choice(NAMES): [chance.choice(NAMES)]},
    }
    nested: dict[str, Any] = {
        **dict.fromkeys(
            ("properties", "dependentSchemas"), lambda: {each: inner() for each in chance.sample(NAMES, 2)}
        ),
        "patternProperties": lambda: {chance.choice(["^a", "1", "^[a-c]$"]): inner()},
        **dict.fromkeys(("prefixItems", "allOf", "anyOf", "oneOf"), lambda: [inner(), inner()]),
        **dict.fromkeys(("additionalProperties", "propertyNames", "items", "contains", "not", "if", "then"), inner),
        **dict.fromkeys(("unevaluatedProperties", "unevaluatedItems"), inner),
        "minContains": lambda: chance.randrange(3),
    }
    known = flat | nested if depth else flat
    return {each: known[each]() for each in chance.sample(sorted(known), chance.choice([1, 1, 2, 3, 4]))}


def a_change_of(chance: random.Random, schema: Any) -> Any:
    if isinstance(schema, bool) or not schema:
        return a_schema(chance, 1)
    keyword = chance.choice(sorted(schema))
    if chance.random() < 0.5:
        return {name: each for name, each in schema.items() if name != keyword}
    return schema | cast("dict[str, Any]", found if isinstance(found := a_schema(chance, 1), dict) else {})


@settings(max_examples=150, suppress_health_check=SLOW)
@given(st.integers(0, 2**32), st.integers(0, 2))
def test_no_document_contradicts_a_proof_and_every_refusal_is_real(seed: int, depth: int) -> None:
    chance = random.Random(seed)
    writer = a_schema(chance, depth)
    reader = a_change_of(chance, writer) if chance.random() < 0.8 else a_schema(chance, depth)
    found = inclusion_of(Version(writer, {}), Version(reader, {}))
    writes, reads = Validator(writer), Validator(reader)
    assert all(writes.is_valid(each.document) and not reads.is_valid(each.document) for each in found.refusals)
    if found.answer == "included":
        tried = [a_value(chance) for _ in range(300)]
        assert [each for each in tried if writes.is_valid(each) and not reads.is_valid(each)] == []


@settings(max_examples=150, suppress_health_check=SLOW)
@given(st.integers(0, 2**32), st.sampled_from(sorted(METASCHEMAS)))
def test_what_the_rules_exclude_the_engine_refuses(seed: int, draft: Any) -> None:
    chance = random.Random(seed)
    drawn = a_schema(chance, 2)
    schema: Any = {"$schema": METASCHEMAS[draft], **(drawn if isinstance(drawn, dict) else {})}
    if draft < max(METASCHEMAS):
        schema = {key: each for key, each in schema.items() if key in SHARED}
    versions = Versions(Version(schema, {}), Version(True, {}))
    evaluation = Evaluation(Rules(versions), Effort())
    validator = Validator(schema)
    for _ in range(40):
        value = a_value(chance)
        valid = validator.is_valid(value)
        assert evaluation.meets(Demand(versions.writer, True, False), value) >= valid
        assert evaluation.meets(Demand(versions.writer, False, False), value) >= (not valid)


def directions(pair: Pair) -> list[tuple[Any, Any]]:
    """Return the (writer, reader) pairs that are proven to be compatible."""
    ways = [(pair.backward, pair.old, pair.new), (pair.forward, pair.new, pair.old)]
    return [(writer, reader) for answer, writer, reader in ways if answer == "compatible" and writer is not False]


def survive(pair: Pair, count: int) -> None:
    for writer, reader in directions(pair):
        versions = Versions(a_version(writer), a_version(reader))
        writes, reads = (Validator(a_version(each).document) for each in (writer, reader))
        made = itertools.islice(documents(versions), 50 * count)
        valid = list(itertools.islice((each for each in made if writes.is_valid(each)), count))
        assert [each for each in valid if not reads.is_valid(each)] == []
        assert len(valid) >= count // 10, "too few of the generated documents are valid for this to say anything"


def documents(versions: Versions) -> Iterator[Any]:
    """Yield documents made from the writer's schema, from the reader's, and from neither."""
    chance = random.Random(0)
    guesser = _Guesser(versions, chance)
    while True:
        yield guesser.value(versions.writer, 0)
        yield guesser.value(versions.reader, 0)
        yield a_value(chance)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda each: each.title)
def test_documents_of_a_compatible_pair_survive(pair: Pair) -> None:
    survive(pair, 40)


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=lambda each: each.title)
def test_two_thousand_documents_of_a_compatible_pair_survive(pair: Pair) -> None:
    survive(pair, 2_000)


# --- words -------------------------------------------------------------------------------------------------------

PATTERNS = [
    "", "a", "^a$", "^$", "a|b", "^(a|b)*$", "^a+b?$", "a{2,3}", "^[^a]$", r"^\d{2}$", r"\s", r"^\w+$",
    r"^\S\W$", "^.$", "(^a|b$)", "^a|b$", "$a", r"^\u0061\x62$", r"^a\.b$", "^[a-c_-]{1,}$", "^(ab){2}$", "^(?:a|bc)?$",
    "x*?y", r"^\t$", "a$|^b",
]  # fmt: skip
LETTERS = st.text(st.sampled_from("abcxy_.-1 \t\n\ré€" + string.ascii_uppercase), max_size=5)


@settings(max_examples=300)
@given(st.sampled_from(PATTERNS), LETTERS)
def test_an_automaton_accepts_what_the_engine_matches(pattern: str, word: str) -> None:
    automaton = automaton_of(pattern)
    assert automaton is not None
    runner = Runner(automaton, wanted=True)
    state = runner.first()
    for character in word:
        state = runner.after(state, ord(character))
    assert runner.accepts(state, first=not word) == matcher(pattern)(word)


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("other", PATTERNS[:12])
def test_words_match_one_pattern_and_not_the_other(pattern: str, other: str) -> None:
    first, second = automaton_of(pattern), automaton_of(other)
    assert first is not None
    assert second is not None
    for word in list(words([Runner(first, wanted=True), Runner(second, wanted=False)], most=4)):
        assert matcher(pattern)(word)
        assert not matcher(other)(word)
        assert len(word) <= 4


@pytest.mark.parametrize(
    "pattern", [r"^(?=a)", r"(a)\1", r"\p{L}", "(?i)a", r"\ba", "[[a]]", "[a&&b]", "(?<n>a)", "a++", "a{3000}b{3000}"]
)
def test_what_has_no_automaton_here_is_left_alone(pattern: str) -> None:
    assert automaton_of(pattern) is None


def test_a_word_is_shortest_and_within_its_lengths_or_there_is_none() -> None:
    even = Runner(cast(Any, automaton_of("^(aa)*$")), wanted=True)
    assert shortest_word([even]) == ""
    assert shortest_word([even], 1) == "aa"
    assert shortest_word([even], 3, 3) is None
    listed = Runner(cast(Any, automaton_of_strings(["", "aa"])), wanted=False)
    assert shortest_word([even, listed]) == "aaaa"


def test_a_search_for_words_ends() -> None:
    one, other = (Runner(cast(Any, automaton_of(f"^(a|b)*{c}(a|b){{14}}$")), wanted=True) for c in "ab")
    with pytest.raises(Exhausted):
        shortest_word([one, other])


def test_every_format_has_samples_that_the_engine_takes() -> None:
    assert set(SAMPLES) == FORMATS | set(CONTENTS)
    for draft in METASCHEMAS.values():
        for name, samples in SAMPLES.items():
            validator = Validator({"$schema": draft} | dict(schema_of(name)))
            assert [each for each in samples if not validator.is_valid(each)] == []
            assert not validator.is_valid(" ^(\\ %") or name in {"uri-template", "json-pointer"}


@settings(max_examples=300)
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_the_shape_of_a_format_is_no_narrower_than_the_format(name: str, data: st.DataObject) -> None:
    sample = data.draw(st.sampled_from(SAMPLES[name]))
    at = data.draw(st.integers(0, len(sample)))
    changed = sample[:at] + data.draw(st.text(st.sampled_from("0129aAzZ:-.,+@ tTé\n"), max_size=2)) + sample[at + 1 :]
    if Validator(dict(schema_of(name))).is_valid(changed):
        assert matcher(SHAPES[name])(changed)
