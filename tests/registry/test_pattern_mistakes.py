"""What is said about patterns that no engine takes."""

import pytest

from janua.errors import InvalidSchema
from janua.model.types import Json
from janua.registry.compile import compile_collection
from janua.registry.engine import is_pattern
from janua.registry.pattern_mistakes import mistake_in

MISTAKES = {
    "(": "the group that begins at character 1 is not closed",
    "^(?!x)(?<year>[0-9]": "the group that begins at character 7 is not closed",
    "a)": "the ) at character 2 closes no group",
    "[a-z": "the [ at character 1 is not closed",
    "x[\\]": "the [ at character 2 is not closed",
    "\\d{3,1}": "the {3,1} at character 3 asks for more than it allows",
    "a|*": "there is nothing before the * at character 3 that it could repeat",
    "?": "there is nothing before the ? at character 1 that it could make optional",
    "[^z-a]": "in the [ at character 1, the range z-a is the wrong way round",
    "\\": "it ends with a backslash that escapes nothing",
}


@pytest.mark.parametrize("pattern", MISTAKES)
@pytest.mark.parametrize("keyword", ["pattern", "patternProperties"])
def test_the_author_of_a_schema_reads_why_a_pattern_is_none_and_which(keyword: str, pattern: str) -> None:
    schema: dict[str, Json] = (
        {"pattern": pattern} if keyword == "pattern" else {"patternProperties": {pattern: {}, "a": {}}}
    )
    with pytest.raises(InvalidSchema) as caught:
        compile_collection("books", {"properties": {"isbn": schema}}, version=1)
    [violation] = caught.value.violations
    name = pattern.replace("~", "~0").replace("/", "~1")
    place = f"/properties/isbn/{keyword}" + ("" if keyword == "pattern" else f"/{name}")
    assert (violation.pointer, violation.keyword) == (place, keyword)
    assert violation.message == f"{pattern!r} is not a regular expression: {MISTAKES[pattern]}"


@pytest.mark.parametrize("pattern", ["(?<n>a)\\k<m>", "[]", "\\p{Nope}", "a{9999999999,1}"])
def test_of_other_mistakes_only_that_there_is_one_is_said(pattern: str) -> None:
    assert not is_pattern(pattern)
    with pytest.raises(InvalidSchema, match="is not a regular expression that can be used"):
        compile_collection("books", {"properties": {"isbn": {"pattern": pattern}}}, version=1)


@pytest.mark.parametrize(
    "pattern", ["a+?", "a??", "a{2}?b", "[^-A]", "[\\]a]", "(?:)?", "(?<y>a)|b", "\\(", "(?=a)b", "x{2,10}"]
)
def test_no_mistake_is_seen_where_there_is_none(pattern: str) -> None:
    assert is_pattern(pattern)
    assert mistake_in(pattern) is None
