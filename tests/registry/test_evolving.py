"""Steps change documents exactly as they say, lose nothing on the way, and say what they cannot do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.errors import InvalidSteps
from janua.model.json import dumps, loads
from janua.model.types import Json
from janua.registry.evolving import UnfitDocument, evolved
from janua.registry.steps import MOST_STEPS, OPS, read_steps


def after(document: str, *steps: Any) -> str:
    """Return the text of what the steps make of the text of a document."""
    return dumps(evolved(loads(document), read_steps(list(steps))))


def refusal(document: str, *steps: Any) -> tuple[str, str]:
    """Return the pointer into the document, and the message, of the reason why steps do not fit it."""
    with pytest.raises(UnfitDocument) as caught:
        after(document, *steps)
    return caught.value.violation.pointer, caught.value.violation.message


STEPS: list[tuple[str, Any, str, str]] = [
    ("move renames", {"op": "move", "from": "/a", "path": "/b"}, '{"a":1,"c":2}', '{"c":2,"b":1}'),
    ("move takes null along", {"op": "move", "from": "/a", "path": "/b"}, '{"a":null}', '{"b":null}'),
    ("move of what is missing does nothing", {"op": "move", "from": "/a", "path": "/b"}, '{"c":2}', '{"c":2}'),
    (
        "move makes the objects on its way",
        {"op": "move", "from": "/a", "path": "/b/c/d"},
        '{"a":1}',
        '{"b":{"c":{"d":1}}}',
    ),
    ("move wraps a value", {"op": "move", "from": "/a", "path": "/a/b"}, '{"a":1}', '{"a":{"b":1}}'),
    (
        "move unwraps an object that it empties",
        {"op": "move", "from": "/a/b", "path": "/a"},
        '{"a":{"b":1}}',
        '{"a":1}',
    ),
    ("move wraps the whole document", {"op": "move", "from": "", "path": "/v"}, "[1]", '{"v":[1]}'),
    (
        "move within each element",
        {"op": "move", "from": "/l/*/a", "path": "/l/*/b"},
        '{"l":[{"a":1},{"c":2}]}',
        '{"l":[{"b":1},{"c":2}]}',
    ),
    (
        "move wraps each element",
        {"op": "move", "from": "/l/*", "path": "/l/*/n"},
        '{"l":["x","y"]}',
        '{"l":[{"n":"x"},{"n":"y"}]}',
    ),
    ("move unwraps each element", {"op": "move", "from": "/l/*/n", "path": "/l/*"}, '{"l":[{"n":"x"}]}', '{"l":["x"]}'),
    (
        "move of an element by number",
        {"op": "move", "from": "/l/0", "path": "/first"},
        '{"l":[1,2]}',
        '{"l":[2],"first":1}',
    ),
    ("a star is a member of an object", {"op": "remove", "path": "/*/b"}, '{"*":{"b":1}}', '{"*":{}}'),
    (
        "names are escaped as in every pointer",
        {"op": "move", "from": "/a~1b", "path": "/c~0d"},
        '{"a/b":1}',
        '{"c~d":1}',
    ),
    ("copy keeps", {"op": "copy", "from": "/a", "path": "/b"}, '{"a":[1]}', '{"a":[1],"b":[1]}'),
    ("remove", {"op": "remove", "path": "/a/b"}, '{"a":{"b":1}}', '{"a":{}}'),
    (
        "remove from each element",
        {"op": "remove", "path": "/l/*/a"},
        '{"l":[{"a":1},{"b":2},3]}',
        '{"l":[{},{"b":2},3]}',
    ),
    ("default where it is missing", {"op": "default", "path": "/a", "value": 1.10}, "{}", '{"a":1.1}'),
    ("default leaves null", {"op": "default", "path": "/a", "value": 1}, '{"a":null}', '{"a":null}'),
    (
        "default takes null for nothing if told",
        {"op": "default", "path": "/a", "value": 1, "nulls": True},
        '{"a":null}',
        '{"a":1}',
    ),
    (
        "default in each element, not in none",
        {"op": "default", "path": "/l/*/a", "value": 1},
        '{"l":[{},{"a":2}]}',
        '{"l":[{"a":1},{"a":2}]}',
    ),
    ("default makes no array", {"op": "default", "path": "/l/*/a", "value": 1}, "{}", "{}"),
    ("set", {"op": "set", "path": "/a", "value": {"x": None}}, '{"a":1}', '{"a":{"x":null}}'),
    ("set of the whole document", {"op": "set", "path": "", "value": []}, '{"a":1}', "[]"),
    ("cast to a string keeps the digits", {"op": "cast", "path": "/a", "to": "string"}, '{"a":1.10}', '{"a":"1.10"}'),
    (
        "cast to a string has no exponent",
        {"op": "cast", "path": "/a", "to": "string"},
        '{"a":0.0000001}',
        '{"a":"0.0000001"}',
    ),
    ("cast to a number keeps the digits", {"op": "cast", "path": "/a", "to": "number"}, '{"a":"1.10"}', '{"a":1.10}'),
    (
        "cast of a large number",
        {"op": "cast", "path": "/a", "to": "integer"},
        '{"a":"9007199254740993"}',
        '{"a":9007199254740993}',
    ),
    ("cast of a whole number with a point", {"op": "cast", "path": "/a", "to": "integer"}, '{"a":42.0}', '{"a":42}'),
    ("cast to a boolean", {"op": "cast", "path": "/a", "to": "boolean"}, '{"a":"true"}', '{"a":true}'),
    ("cast to an array", {"op": "cast", "path": "/a", "to": "array"}, '{"a":"x"}', '{"a":["x"]}'),
    ("cast leaves null", {"op": "cast", "path": "/a", "to": "array"}, '{"a":null}', '{"a":null}'),
    (
        "cast of each element",
        {"op": "cast", "path": "/l/*", "to": "string"},
        '{"l":[1,"x",true]}',
        '{"l":["1","x","true"]}',
    ),
    ("split", {"op": "split", "path": "/a", "by": ", "}, '{"a":"x, y"}', '{"a":["x","y"]}'),
    ("split of nothing", {"op": "split", "path": "/a", "by": ","}, '{"a":""}', '{"a":[]}'),
    (
        "split leaves arrays and null",
        {"op": "split", "path": "/l/*", "by": ","},
        '{"l":[["x"],null]}',
        '{"l":[["x"],null]}',
    ),
    (
        "split into places, the last has the rest",
        {"op": "split", "path": "/n", "by": " ", "into": ["/f", "/l"]},
        '{"n":"A B C"}',
        '{"f":"A","l":"B C"}',
    ),
    (
        "split into more places than parts",
        {"op": "split", "path": "/n", "by": " ", "into": ["/n", "/l"]},
        '{"n":"A"}',
        '{"n":"A"}',
    ),
    ("join", {"op": "join", "path": "/a", "by": ", "}, '{"a":["x","y"]}', '{"a":"x, y"}'),
    (
        "join of places leaves out what is missing",
        {"op": "join", "path": "/n", "by": " ", "from": ["/f", "/m", "/l"]},
        '{"f":"A","l":"B"}',
        '{"n":"A B"}',
    ),
    (
        "join of nothing does nothing",
        {"op": "join", "path": "/n", "by": " ", "from": ["/f", "/l"]},
        '{"f":null}',
        '{"f":null}',
    ),
    (
        "join in each element",
        {"op": "join", "path": "/l/*/n", "by": "", "from": ["/l/*/a", "/l/*/b"]},
        '{"l":[{"a":"x","b":"y"}]}',
        '{"l":[{"n":"xy"}]}',
    ),
    ("map of strings", {"op": "map", "path": "/a", "values": {"s": "small"}}, '{"a":"s"}', '{"a":"small"}'),
    ("map leaves what it does not list", {"op": "map", "path": "/a", "values": {"1": "one"}}, '{"a":1}', '{"a":1}'),
    ("map of any values", {"op": "map", "path": "/a", "values": [[1, True], [True, "yes"]]}, '{"a":1.0}', '{"a":true}'),
    ("map tells true from 1", {"op": "map", "path": "/a", "values": [[1, "one"]]}, '{"a":true}', '{"a":true}'),
    ("map of all others", {"op": "map", "path": "/a", "values": {}, "otherwise": None}, '{"a":"x"}', '{"a":null}'),
    (
        "map takes null for no other",
        {"op": "map", "path": "/a", "values": {}, "otherwise": 1},
        '{"a":null}',
        '{"a":null}',
    ),
    ("map of null", {"op": "map", "path": "/a", "values": [[None, "none"]]}, '{"a":null}', '{"a":"none"}'),
]


@pytest.mark.parametrize(("step", "before", "wanted"), [each[1:] for each in STEPS], ids=[each[0] for each in STEPS])
def test_a_step_changes_a_document_as_it_says(step: Any, before: str, wanted: str) -> None:
    document = loads(before)
    assert dumps(evolved(document, read_steps([step]))) == wanted
    assert dumps(document) == dumps(loads(before))


def test_every_operation_is_tried() -> None:
    assert {each[1]["op"] for each in STEPS} == set(OPS)


UNFIT: list[tuple[Any, str, str, str]] = [
    ({"op": "move", "from": "/a", "path": "/b"}, '{"a":1,"b":2}', "/b", "a number is there already"),
    ({"op": "move", "from": "/a/b", "path": "/a"}, '{"a":{"b":1,"c":2}}', "/a", "an object is there already"),
    (
        {"op": "move", "from": "/l/*/a", "path": "/l/*/b"},
        '{"l":[{},{"a":1,"b":null}]}',
        "/l/1/b",
        "null is there already",
    ),
    ({"op": "set", "path": "/a/b", "value": 1}, '{"a":"x"}', "/a", "a string has no place for 'b'"),
    ({"op": "default", "path": "/a/3", "value": 1}, '{"a":[]}', "/a", "an array has no place for '3'"),
    ({"op": "cast", "path": "/a", "to": "integer"}, '{"a":"4.5"}', "/a", '"4.5" is not a whole number'),
    ({"op": "cast", "path": "/a", "to": "integer"}, '{"a":"1e999999999"}', "/a", "is not a whole number"),
    ({"op": "cast", "path": "/a", "to": "number"}, '{"a":" 1"}', "/a", "is not the text of a number"),
    ({"op": "cast", "path": "/a", "to": "number"}, '{"a":true}', "/a", "a boolean is not the text of a number"),
    ({"op": "cast", "path": "/a", "to": "boolean"}, '{"a":1}', "/a", 'neither "true" nor "false"'),
    ({"op": "cast", "path": "/l/*", "to": "string"}, '{"l":["x",{}]}', "/l/1", "an object is no string"),
    ({"op": "split", "path": "/a", "by": ","}, '{"a":1}', "/a", "cast it to a string before"),
    ({"op": "split", "path": "/n", "by": " ", "into": ["/f", "/l"]}, '{"n":"A B","l":0}', "/l", "is there already"),
    ({"op": "join", "path": "/a", "by": ","}, '{"a":["x",1]}', "/a/1", "cast it to a string before"),
]


@pytest.mark.parametrize(("step", "before", "at", "reason"), UNFIT)
def test_what_a_step_cannot_do_exactly_is_said_and_where(step: Any, before: str, at: str, reason: str) -> None:
    pointer, message = refusal(before, {"op": "remove", "path": "/unrelated"}, step)
    assert pointer == at
    assert message.startswith(f"step 1 ({step['op']}): ")
    assert reason in message


def test_steps_go_one_after_the_other() -> None:
    steps = [
        {"op": "remove", "path": "/b"},
        {"op": "move", "from": "/a", "path": "/b"},
        {"op": "split", "path": "/b", "by": ","},
        {"op": "cast", "path": "/b/*", "to": "integer"},
    ]
    assert after('{"a":"1,2","b":null}', *steps) == '{"b":[1,2]}'


def test_a_string_that_doubles_with_each_step_is_stopped() -> None:
    double = [{"op": "copy", "from": "/a", "path": "/b"}, {"op": "join", "path": "/a", "by": "", "from": ["/a", "/b"]}]
    assert "characters" in refusal('{"a":"x"}', *double * 40)[1]


def test_a_document_that_no_step_changes_is_the_same_object() -> None:
    document = loads('{"l":[{"a":1}],"s":"x"}')
    steps: list[Any] = [{"op": "move", "from": "/x", "path": "/y"}, {"op": "default", "path": "/l/*/a", "value": 2}]
    assert evolved(document, read_steps([*steps, {"op": "map", "path": "/s", "values": {"y": "z"}}])) is document


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.sampled_from("abcde"), each, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_moved_there_and_back_is_as_it_was_to_the_digit(value: Json) -> None:
    there = {"op": "move", "from": "/x", "path": "/y/z"}
    back = [{"op": "move", "from": "/y/z", "path": "/x"}, {"op": "remove", "path": "/y"}]
    assert after(dumps({"x": value}), there, *back) == dumps({"x": value})


@given(st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_a_number_made_a_string_and_a_number_again_has_the_same_digits(number: Json) -> None:
    cast = [{"op": "cast", "path": "/n", "to": "string"}, {"op": "cast", "path": "/n", "to": "number"}]
    assert after(dumps({"n": number}), *cast) == dumps({"n": number})


@given(st.lists(st.text().filter(lambda each: "," not in each), min_size=1))
def test_what_is_joined_and_split_again_is_as_it_was(parts: list[str]) -> None:
    wanted = parts if parts != [""] else []
    steps = [{"op": "join", "path": "/l", "by": ","}, {"op": "split", "path": "/l", "by": ","}]
    assert after(dumps({"l": [*parts]}), *steps) == dumps({"l": [*wanted]})


MALFORMED: list[tuple[Any, str, str]] = [
    ("move", "/steps/0/op", 'an object with an "op" of move, copy'),
    ({"op": "rename"}, "/steps/0/op", 'an object with an "op" of move, copy'),
    ({"op": "move", "path": "/b"}, "/steps/0/from", "move needs 'from'"),
    ({"op": "set", "path": "/b", "value": 1, "to": 2}, "/steps/0/to", "set has no 'to'; it has path, value"),
    ({"op": "set", "path": "b", "value": 1}, "/steps/0/path", "must be empty or start with '/'"),
    ({"op": "set", "path": 3, "value": 1}, "/steps/0/path", "must be a JSON Pointer"),
    ({"op": "cast", "path": "/b", "to": "date"}, "/steps/0/to", "must be one of string, integer"),
    ({"op": "remove", "path": ""}, "/steps/0/path", "must lead to a member"),
    ({"op": "remove", "path": "/l/*"}, "/steps/0/path", "set it to []"),
    ({"op": "move", "from": "/a", "path": "/a"}, "/steps/0/path", "the same as from"),
    ({"op": "copy", "from": "/a/b", "path": "/a"}, "/steps/0/path", "use move"),
    ({"op": "move", "from": "/l/*/a", "path": "/m/*/a"}, "/steps/0/path", "the same up to the last '*'"),
    ({"op": "move", "from": "/l/*/a", "path": "/a"}, "/steps/0/path", "the same up to the last '*'"),
    ({"op": "split", "path": "/a", "by": ""}, "/steps/0/by", "must not be empty"),
    ({"op": "split", "path": "/a", "by": ",", "into": ["/b", 1]}, "/steps/0/into/1", "must be a JSON Pointer"),
    ({"op": "split", "path": "/a", "by": ",", "into": []}, "/steps/0/into", "array of JSON Pointers"),
    ({"op": "join", "path": "/a", "by": 1}, "/steps/0/by", "must be a string"),
    ({"op": "map", "path": "/a", "values": [["x"]]}, "/steps/0/values", "array of pairs"),
    ({"op": "default", "path": "/a", "value": 1, "nulls": 1}, "/steps/0/nulls", "true or false"),
]


@pytest.mark.parametrize(("step", "at", "reason"), MALFORMED)
def test_a_malformed_step_is_refused_with_its_number_and_what_to_change(step: Any, at: str, reason: str) -> None:
    with pytest.raises(InvalidSteps) as caught:
        read_steps([step])
    [violation] = caught.value.violations
    assert violation.pointer == at
    assert reason in violation.message


def test_all_malformed_steps_are_reported() -> None:
    with pytest.raises(InvalidSteps) as caught:
        read_steps([{"op": "x"}, {"op": "remove", "path": "/a"}, {"op": "move"}])
    assert [each.pointer for each in caught.value.violations] == ["/steps/0/op", "/steps/2/from", "/steps/2/path"]


def test_steps_are_an_array_of_at_most_so_many() -> None:
    values: Any = ({"op": "remove", "path": "/a"}, [{"op": "remove", "path": "/a"}] * (MOST_STEPS + 1))
    for value in values:
        with pytest.raises(InvalidSteps):
            read_steps(value)
