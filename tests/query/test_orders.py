import pytest

from janua.errors import InvalidQuery, QueryTooLarge, UnknownField
from janua.model.types import Boolean, Number, Text
from janua.query.ast import OrderTerm, Spelling
from janua.query.nodes import Column, Link, OrderKey, Place
from janua.query.orders import order_keys
from janua.query.parse import parse_order_by, parse_sort
from tests.query.builders import LIMITS, a_catalog, a_collection

TITLE, PRICE = Place(("title",), Text()), Place(("price",), Number())


def keys(*terms: OrderTerm, collection: str = "books", spelling: Spelling = "rest") -> tuple[OrderKey, ...]:
    return order_keys(a_catalog(), collection, terms, spelling, LIMITS)


def sorted_by(text: str) -> tuple[OrderKey, ...]:
    return keys(*parse_sort(text))


def test_records_come_by_id_unless_asked_otherwise() -> None:
    assert keys() == (OrderKey(Column("id"), "asc", "last"),)


def test_every_order_is_made_total_by_the_id_in_the_direction_of_the_key_before_it() -> None:
    assert sorted_by("title") == (OrderKey(TITLE, "asc", "last"), OrderKey(Column("id"), "asc", "last"))
    assert sorted_by("-title") == (OrderKey(TITLE, "desc", "first"), OrderKey(Column("id"), "desc", "first"))


def test_null_is_the_largest_value_unless_said_otherwise() -> None:
    assert [each.nulls for each in sorted_by("title,-price")] == ["last", "first", "first"]
    assert [each.nulls for each in sorted_by("title:nulls_first,-price:nulls_last")][:2] == ["first", "last"]


def test_keys_follow_nested_objects_and_to_one_relations() -> None:
    author = Link("to_one", "authors", column="author_id")
    assert sorted_by("publisher.city,-author.name")[:2] == (
        OrderKey(Place(("publisher", "city"), Text(max_length=80)), "asc", "last"),
        OrderKey(Place(("name",), Text()), "desc", "first", (author,)),
    )


def test_system_values_sort_in_either_spelling() -> None:
    for term in ("_meta.createdAt", "_meta.created_at"):
        assert sorted_by(term)[0].target == Column("created_at")
    assert sorted_by("author.id")[0] == OrderKey(
        Column("id"), "asc", "last", (Link("to_one", "authors", column="author_id"),)
    )


def test_a_key_given_twice_counts_once_and_none_comes_after_the_id() -> None:
    assert sorted_by("title,-title,price") == sorted_by("title,price")
    assert sorted_by("-id,title") == (OrderKey(Column("id"), "desc", "first"),)


def test_booleans_and_enums_sort() -> None:
    assert sorted_by("in_stock,genre")[0].target == Place(("in_stock",), Boolean())


@pytest.mark.parametrize("term", ["tags", "publisher", "attributes", "media", "author", "tagged", "tagged.label"])
def test_what_is_not_a_single_value_does_not_sort(term: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        sorted_by(term)
    assert caught.value.parameter == "sort"


@pytest.mark.parametrize("term", ["titel", "title.x", "publisher.citty", "_meta", "_meta.x", "lines.sku", "author.x"])
def test_plan_rejects_an_order_by_an_unknown_field(term: str) -> None:
    with pytest.raises(UnknownField) as caught:
        sorted_by(term)
    assert caught.value.path.startswith(term.split(".", maxsplit=1)[0])


def test_an_order_of_a_document_that_has_no_fields_needs_a_name() -> None:
    catalog = a_catalog(a_collection("things", root=Text()))
    with pytest.raises(UnknownField):
        order_keys(catalog, "things", (OrderTerm(("x",)),), "rest", LIMITS)


def test_sort_keys_are_limited() -> None:
    with pytest.raises(QueryTooLarge):
        sorted_by(",".join(["title"] * 9))


def test_graphql_orders_mean_the_same_as_rest_orders() -> None:
    terms = parse_order_by([{"price": "DESC"}, {"publisher": {"city": "ASC_NULLS_FIRST"}}, {"author": {"name": "ASC"}}])
    assert terms == parse_sort("-price,publisher.city:nulls_first,author.name")
    assert keys(*terms, spelling="graphql") == keys(*terms)
    assert keys(OrderTerm(("page_count",)), spelling="graphql")[0].target == sorted_by("page-count")[0].target
