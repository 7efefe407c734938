"""The laws of RFC 7396 and RFC 6902, the RFCs' own examples among them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.errors import InvalidPatch, PatchConflict
from janua.model.patch import Alternative, JsonPatch, MergePatch, equal
from janua.model.types import Json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=2), each, max_size=3),
    max_leaves=8,
)

# RFC 7396, appendix A.
MERGES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), MERGES)
def test_merge_patch_gives_the_results_of_its_rfc(target: Json, patch: Json, result: Json) -> None:
    assert equal(MergePatch(patch).apply(target), result)


def test_an_alternative_is_merged_into_its_like_and_takes_the_place_of_anything_else() -> None:
    patch = MergePatch({"pet": Alternative({"lives": 8, "fur": None}, "kind", ("cat", "lion"))})
    assert patch.apply({"pet": {"kind": "lion", "lives": 9, "fur": "red", "name": "L"}}) == {
        "pet": {"kind": "lion", "lives": 8, "name": "L"}
    }
    others: list[Json] = [{"kind": "dog", "bark": 1}, {}, None, [1]]
    for other in others:
        assert patch.apply({"pet": other}) == {"pet": {"kind": "cat", "lives": 8}}
    inner = Alternative(
        {"kind": "lion", "prey": Alternative({"size": None}, "kind", ("bird",))}, "kind", ("cat", "lion")
    )
    assert MergePatch({"pet": inner}).apply({}) == {"pet": {"kind": "lion", "prey": {"kind": "bird"}}}


# RFC 6902, appendix A, and what it says in section 4.
PATCHES: list[tuple[Any, list[dict[str, Any]], Any]] = [
    ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "qux"}], {"foo": ["bar", "qux", "baz"]}),
    ({"foo": ["bar"]}, [{"op": "add", "path": "/foo/-", "value": ["abc"]}], {"foo": ["bar", ["abc"]]}),
    ({"baz": "qux", "foo": "bar"}, [{"op": "remove", "path": "/baz"}], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [{"op": "remove", "path": "/foo/1"}], {"foo": ["bar", "baz"]}),
    ({"baz": "qux"}, [{"op": "replace", "path": "/baz", "value": "boo"}], {"baz": "boo"}),
    ({"foo": [1, 2]}, [{"op": "replace", "path": "/foo/0", "value": 3}], {"foo": [3, 2]}),
    ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
    (
        {"foo": ["all", "grass", "cows"]},
        [{"op": "move", "from": "/foo/1", "path": "/foo/2"}],
        {"foo": ["all", "cows", "grass"]},
    ),
    ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
    ({"a": 1}, [{"op": "replace", "path": "", "value": [1]}], [1]),
]


@pytest.mark.parametrize(("target", "patch", "result"), PATCHES)
def test_json_patch_gives_the_results_of_its_rfc(target: Json, patch: Json, result: Json) -> None:
    assert equal(JsonPatch.read(patch).apply(target), result)


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        ({"a": 1}, {"op": "test", "path": "/a", "value": True}),
        ({"a": "1"}, {"op": "test", "path": "/a", "value": 1}),
        ({}, {"op": "remove", "path": "/a"}),
        ({}, {"op": "replace", "path": "/a", "value": 1}),
        ({}, {"op": "add", "path": "/a/b", "value": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/2", "value": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/01", "value": 1}),
        ({"a": [1]}, {"op": "remove", "path": "/a/-"}),
        ({"a": [1]}, {"op": "remove", "path": "/a/" + "9" * 5000}),
        ({}, {"op": "copy", "from": "/a", "path": "/b"}),
    ],
)
def test_an_operation_that_does_not_apply_is_a_conflict(target: Json, operation: Json) -> None:
    with pytest.raises(PatchConflict):
        JsonPatch.read([operation]).apply(target)


@pytest.mark.parametrize(
    "patch",
    [
        {},
        [1],
        [{"op": "grow", "path": ""}],
        [{"op": ["add"], "path": ""}],
        [{"op": "add", "path": "/a"}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "add", "path": "/~2", "value": 1}],
        [{"op": "move", "path": "/a"}],
        [{"op": "move", "from": "/a", "path": "/a/b"}],
    ],
)
def test_a_malformed_patch_is_refused_before_it_is_applied(patch: Json) -> None:
    with pytest.raises(InvalidPatch):
        JsonPatch.read(patch)


@given(target=JSON, value=JSON)
def test_a_patch_leaves_the_old_value_as_it_was(target: Json, value: Json) -> None:
    before = repr(target)
    MergePatch(value).apply(target)
    if isinstance(target, dict):
        JsonPatch.read([{"op": "add", "path": "/new", "value": value}, {"op": "remove", "path": "/new"}]).apply(target)
    assert repr(target) == before


def test_true_is_not_one_and_one_is_one_point_zero() -> None:
    assert not equal(True, 1)
    assert not equal([{"a": 0}], [{"a": False}])
    assert equal(1, 1.0)
