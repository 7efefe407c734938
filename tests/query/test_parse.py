import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.errors import InvalidQuery
from janua.model.types import Json
from janua.query.ast import OrderTerm
from janua.query.parse import parse_names, parse_order_by, parse_short, parse_sort, parse_where
from tests.query.builders import assert_can_be_sent


def test_the_short_form_is_a_filter_with_text_operands() -> None:
    assert parse_short([("price[gte]", "10"), ("publisher.city", "Utrecht"), ("tags[has]", "x")]) == {
        "_and": [{"price": {"gte": "10"}}, {"publisher.city": {"eq": "Utrecht"}}, {"tags": {"has": "x"}}]
    }
    assert parse_short([]) is None


def test_a_parameter_given_twice_must_hold_twice() -> None:
    assert parse_short([("tags[has]", "a"), ("tags[has]", "b")]) == {
        "_and": [{"tags": {"has": "a"}}, {"tags": {"has": "b"}}]
    }


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a,b", ["a", "b"]),
        ("a", ["a"]),
        ("", []),
        ('""', [""]),
        (",", ["", ""]),
        ("a,", ["a", ""]),
        ("a,,b", ["a", "", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a""b"', ['a"b']),
        ('a"b', ['a"b']),
        ('"a"b', ['"a"b']),
        ('"a', ['"a']),
        (" a ", [" a "]),
    ],
)
def test_lists_are_written_with_commas_and_quotes(text: str, items: list[str]) -> None:
    assert parse_short([("status[in]", text)]) == {"_and": [{"status": {"in": items}}]}


@given(st.lists(st.text(), min_size=1))
def test_any_list_can_be_written_in_quotes(items: list[str]) -> None:
    text = ",".join('"' + each.replace('"', '""') + '"' for each in items)
    assert parse_short([("status[in]", text)]) == {"_and": [{"status": {"in": items}}]}


def test_a_comma_is_only_special_where_a_list_is_expected() -> None:
    assert parse_short([("title", "a,b")]) == {"_and": [{"title": {"eq": "a,b"}}]}


@pytest.mark.parametrize("name", ["", "[gte]", "price[", "price]", "price[gte", "price[a][b]", "price[gte]x", "a[[b]]"])
def test_a_malformed_parameter_is_refused(name: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_short([(name, "1")])


@given(st.text(), st.text())
def test_any_parameter_is_read_or_refused(name: str, value: str) -> None:
    try:
        parse_short([(name, value)])
    except InvalidQuery as error:
        assert_can_be_sent(error)


@pytest.mark.parametrize("text", ["", "null", "[]", '"x"', "{", '{"a":NaN}', '{"a":1,"a":2}', "[" * 5000, "\ud800"])
def test_where_is_a_json_object(text: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse_where(text)
    assert caught.value.parameter == "where"


def test_sort_keys_may_hold_colons_and_spaces_around() -> None:
    assert parse_sort("-dc:title, price:nulls_last") == (
        OrderTerm(("dc:title",), "desc"),
        OrderTerm(("price",), "asc", "last"),
    )
    assert parse_sort("") == ()


def test_a_name_missing_between_commas_is_refused() -> None:
    for text in (",", "a,,b", "a,"):
        with pytest.raises(InvalidQuery):
            parse_names("fields", text)


@pytest.mark.parametrize(
    "raw",
    [["price"], [{"price": "UP"}], [{"price": None}], [{"a": "ASC", "b": "ASC"}], [{"a": []}], [None], ["ASC"], [[]]],
)
def test_an_order_object_names_one_field_and_a_direction(raw: list[Json]) -> None:
    with pytest.raises(InvalidQuery):
        parse_order_by(raw)


def test_an_order_object_without_a_field_is_no_key() -> None:
    assert parse_order_by([{}, {"price": "DESC"}, {"a": {}}]) == (OrderTerm(("price",), "desc"),)


def test_a_deep_order_object_is_read_without_recursion() -> None:
    deep: Json = "ASC"
    for _ in range(100_000):
        deep = {"a": deep}
    assert len(parse_order_by([deep])[0].path) == 100_000
