from decimal import Decimal
from uuid import UUID

import pytest

from janua.errors import InvalidOperand, InvalidQuery, JanuaError, QueryTooLarge, UnknownField, UnknownOperator
from janua.model.collection import Collection, Path
from janua.model.types import Anything, Array, Date, Integer, Json, Number, Object, Text, Type, Uuid
from janua.query.ast import RawFilter
from janua.query.limits import QueryLimits
from janua.query.nodes import (
    Always,
    And,
    Column,
    Compare,
    Filter,
    Link,
    Not,
    OnElements,
    OnRelated,
    Or,
    Place,
    Presence,
)
from janua.query.operators import MEANINGS, operators_of
from janua.query.parse import parse_short
from janua.query.plan import plan_filter
from tests.query.builders import AN_ID, ANOTHER_ID, LIMITS, a_catalog, a_collection, a_filter, assert_can_be_sent

AUTHOR = Link("to_one", "authors", column="author_id")


def place(*path: str, type: Type) -> Place:
    return Place(path, type)


def planned_for(things: Collection, where: dict[str, Json]) -> tuple[Filter, tuple[object, ...]]:
    planned = plan_filter(a_catalog(things), things.name, where, limits=LIMITS)
    return planned.plan, planned.values


TITLE, PRICE = place("title", type=Text()), place("price", type=Number())


@pytest.mark.parametrize("where", [None, {}, {"_and": []}, {"price": {}}, {"_or": [{}, {"price": {"gt": 1}}]}])
def test_a_filter_without_conditions_holds_for_all_records_however_it_is_written(where: dict[str, Json] | None) -> None:
    assert a_filter(where).plan == Always(holds=True)


@pytest.mark.parametrize("where", [{"_or": []}, {"_not": {}}, {"title": {"in": []}}, {"tags": {"hasAny": []}}])
def test_some_of_nothing_never_holds(where: dict[str, Json]) -> None:
    assert a_filter(where).plan == Always(holds=False)


@pytest.mark.parametrize("where", [{"title": {"notIn": []}}, {"tags": {"hasAll": []}}, {"tag_ids": {"hasAll": []}}])
def test_all_of_nothing_always_holds(where: dict[str, Json]) -> None:
    assert a_filter(where).plan == Always(holds=True)


def test_all_members_of_a_filter_must_hold() -> None:
    planned = a_filter({"price": {"gte": 10, "lt": 20}, "title": {"eq": "Dune"}})
    assert planned.plan == And((And((Compare(PRICE, "gte", 0), Compare(PRICE, "lt", 1))), Compare(TITLE, "eq", 2)))
    assert planned.values == (Decimal(10), Decimal(20), "Dune")


def test_combinators_stand_at_every_depth() -> None:
    planned = a_filter({"_not": {"price": {"_or": [{"lt": 5}, {"gt": 9}]}}})
    assert planned.plan == Not(Or((Compare(PRICE, "lt", 0), Compare(PRICE, "gt", 1))))


def test_a_dotted_name_is_nesting() -> None:
    nested = a_filter({"publisher": {"address": {"number": {"eq": 3}}}})
    assert a_filter({"publisher.address.number": {"eq": 3}}) == nested
    assert nested.plan == Compare(place("publisher", "address", "number", type=Integer()), "eq", 0)


def test_names_are_those_of_the_query_language() -> None:
    expected = Compare(place("page-count", type=Integer()), "eq", 0)
    assert a_filter({"page-count": {"eq": 1}}).plan == expected
    assert a_filter({"page_count": {"eq": 1}}, spelling="graphql").plan == expected
    with pytest.raises(UnknownField):
        a_filter({"page_count": {"eq": 1}})


def test_plan_rejects_a_filter_on_an_unknown_field_and_names_the_known_ones() -> None:
    with pytest.raises(UnknownField) as caught:
        a_filter({"publisher": {"citty": {"eq": "Utrecht"}}})
    assert caught.value.path == "publisher.citty"
    assert caught.value.known == ("address", "city", "name")


def test_an_unknown_field_lists_at_most_twenty_names() -> None:
    with pytest.raises(UnknownField) as caught:
        a_filter({"titel": {"eq": "Dune"}})
    assert len(caught.value.known) == 20


@pytest.mark.parametrize(
    ("where", "path", "operator"),
    [
        ({"title": {"equals": "x"}}, "title", "equals"),
        ({"in_stock": {"gt": True}}, "in_stock", "gt"),
        ({"tags": {"eq": ["x"]}}, "tags", "eq"),
        ({"id": {"contains": "x"}}, "id", "contains"),
        ({"author": {"books": {"any": {}}}}, "author.books", "any"),
        ({"attributes": {"color": {"eq": "red"}}}, "attributes", "color"),
    ],
)
def test_plan_rejects_an_operator_that_the_type_does_not_have(where: dict[str, Json], path: str, operator: str) -> None:
    with pytest.raises(UnknownOperator) as caught:
        a_filter(where)
    assert (caught.value.path, caught.value.operator) == (path, operator)
    assert operator not in caught.value.known


@pytest.mark.parametrize(
    "where",
    [
        {"title": None},
        {"title": {"eq": None}},
        {"title": {"in": ["a", None]}},
        {"title": {"isNull": None}},
        {"tags": {"has": None}},
        {"attributes": {"eq": None}},
        {"attributes": {"containsJson": None}},
        {"author": None},
        {"author": {"isNull": None}},
        {"books": None},
        {"_meta": None},
        {"_meta": {"version": {"eq": None}}},
        {"id": {"eq": None}},
        {"_not": None},
        {"_and": None},
        {"_or": [None]},
        {"publisher": None},
        {"lines": {"some": None}},
    ],
)
def test_an_explicit_null_is_an_error_wherever_it_stands(where: dict[str, Json]) -> None:
    collection = "authors" if "books" in where else "books"
    with pytest.raises((InvalidOperand, InvalidQuery)):
        a_filter(where, collection=collection)


def test_whether_a_value_is_there_is_part_of_the_shape() -> None:
    assert a_filter({"title": {"isNull": False}}).plan == Presence(TITLE, "isNull", holds=False)
    assert a_filter({"publisher": {"exists": True}}).plan == Presence(
        place("publisher", type=Object("Publisher")), "exists", holds=True
    )
    assert a_filter({"tags": {"isEmpty": True}}).values == ()


def test_system_values_are_columns_in_either_spelling() -> None:
    planned = a_filter({"id": {"eq": AN_ID}, "_meta": {"createdAt": {"gt": "2026-01-01T00:00:00Z"}}})
    assert planned.plan == And((Compare(Column("id"), "eq", 0), Compare(Column("created_at"), "gt", 1)))
    assert planned.values == (UUID(AN_ID), "2026-01-01T00:00:00Z")
    assert a_filter({"_meta.created_at": {"gt": "2026-01-01T00:00:00Z"}}).plan == Compare(Column("created_at"), "gt", 0)


def test_a_system_value_is_never_null() -> None:
    assert a_filter({"id": {"isNull": True}}).plan == Always(holds=False)
    assert a_filter({"_meta": {"version": {"exists": True}}}).plan == Always(holds=True)


def test_a_condition_through_a_to_one_relation_holds_for_some_related_record() -> None:
    planned = a_filter({"author": {"country": {"ne": "NL"}}})
    assert planned.plan == OnRelated(AUTHOR, "some", Compare(place("country", type=Text()), "ne", 0))
    assert a_filter({"author.country": {"ne": "NL"}}) == planned


def test_a_to_one_relation_is_null_when_nothing_is_related() -> None:
    there = OnRelated(AUTHOR, "some", Always(holds=True))
    assert a_filter({"author": {"isNull": True}}).plan == Not(there)
    assert a_filter({"author": {"isNull": False}}).plan == there
    assert a_filter({"author": {}}).plan == there


def test_conditions_through_lists_of_records_say_how_many_must_match() -> None:
    link = Link("from_one", "books", column="author_id")
    planned = a_filter({"books": {"none": {"title": {"eq": "Dune"}}}}, collection="authors")
    assert planned.plan == OnRelated(link, "none", Compare(TITLE, "eq", 0))
    assert a_filter({"books.none.title": {"eq": "Dune"}}, collection="authors") == planned


def test_a_to_many_relation_is_followed_both_ways_by_its_link_table() -> None:
    forth = a_filter({"tagged": {"some": {"label": {"eq": "x"}}}}).plan
    back = a_filter({"books": {"every": {"in_stock": {"eq": True}}}}, collection="tags").plan
    assert isinstance(forth, OnRelated)
    assert isinstance(back, OnRelated)
    assert forth.link == Link("to_many", "tags", via="books$tag_ids")
    assert back.link == Link("from_many", "books", via="books$tag_ids")


def test_the_id_of_a_to_one_relation_is_read_from_its_column() -> None:
    assert a_filter({"author_id": {"eq": AN_ID}}).plan == Compare(Place(("author_id",), Uuid(), "author_id"), "eq", 0)


def test_ids_of_a_to_many_relation_are_looked_up_in_its_link_table() -> None:
    planned = a_filter({"tag_ids": {"hasAny": [AN_ID, ANOTHER_ID]}})
    assert planned.plan == OnRelated(
        Link("to_many", "tags", via="books$tag_ids"), "some", Compare(Column("id"), "in", 0)
    )
    assert planned.values == ((UUID(AN_ID), UUID(ANOTHER_ID)),)


def test_elements_that_equal_as_json_are_compared_as_json() -> None:
    planned = a_filter({"tags": {"has": 'a"b', "hasAll": ["x", "é"]}})
    tags = place("tags", type=Array(Text()))
    assert planned.plan == And((Compare(tags, "has", 0), Compare(tags, "hasAll", 1)))
    assert planned.values == ('"a\\"b"', ('"x"', '"é"'))


@pytest.mark.parametrize(
    ("items", "operand", "value", "compared"),
    [
        (Uuid(), AN_ID.upper(), UUID(AN_ID), Uuid()),
        (Anything(), {"a": 1}, '{"a":1}', Anything()),
        (Array(Integer()), [1], "[1]", Anything()),
    ],
)
def test_elements_that_do_not_equal_as_json_are_compared_one_by_one(
    items: Type, operand: Json, value: object, compared: Type
) -> None:
    things = a_collection("things", listed=Array(items))
    assert planned_for(things, {"listed": {"has": operand}}) == (
        OnElements(place("listed", type=Array(items)), "some", Compare(Place((), compared), "eq", 0)),
        (value,),
    )


def test_places_below_elements_start_at_the_element() -> None:
    planned = a_filter({"lines": {"some": {"sku": {"eq": "x"}, "parts": {"has": 1}}}})
    assert planned.plan == OnElements(
        place("lines", type=Array(Object("Line"))),
        "some",
        And((Compare(place("sku", type=Text()), "eq", 0), Compare(place("parts", type=Array(Integer())), "has", 1))),
    )


def test_elements_that_are_scalars_take_operators_themselves() -> None:
    planned = a_filter({"tags": {"some": {"startsWith": "a"}, "none": {"isNull": True}}})
    element = Place((), Text())
    tags = place("tags", type=Array(Text()))
    assert planned.plan == And(
        (
            OnElements(tags, "some", Compare(element, "startsWith", 0)),
            OnElements(tags, "none", Presence(element, "isNull", holds=True)),
        )
    )


@pytest.mark.parametrize(("root", "path"), [(Anything(), ()), (Object("Things"), ())])
def test_a_whole_document_can_be_searched_for_json(root: Type, path: Path) -> None:
    things = a_collection("things", root=root, name=Text())
    assert planned_for(things, {"containsJson": {"a": Decimal("1.10")}}) == (
        Compare(Place(path, root), "containsJson", 0),
        ('{"a":1.10}',),
    )


def test_a_document_that_is_a_scalar_takes_operators_at_the_root() -> None:
    things = a_collection("things", root=Date())
    assert planned_for(things, {"gt": "2026-01-31"}) == (Compare(Place((), Date()), "gt", 0), ("2026-01-31",))


@pytest.mark.parametrize(
    ("root", "parameter", "operand"),
    [
        (Object("Things"), ("containsJson", '{"colour":"teal"}'), '{"colour":"teal"}'),
        (Date(), ("gt", "2026-01-31"), "2026-01-31"),
        (Date(), ("in", "2026-01-31,2026-02-28"), ("2026-01-31", "2026-02-28")),
        (Array(Text()), ("hasAny", 'a,"b,c"'), ('"a"', '"b,c"')),
    ],
)
def test_in_the_short_form_an_operator_of_the_whole_document_stands_like_a_field(
    root: Type, parameter: tuple[str, str], operand: object
) -> None:
    things = a_collection("things", root=root)
    short = parse_short([parameter])
    assert plan_filter(a_catalog(things), "things", None, short=short, limits=LIMITS).values == (operand,)


def test_in_the_short_form_an_operator_takes_no_other() -> None:
    things = a_collection("things", root=Anything())
    with pytest.raises(InvalidQuery) as caught:
        plan_filter(a_catalog(things), "things", None, short=parse_short([("containsJson[gt]", "1")]), limits=LIMITS)
    assert str(caught.value) == "containsJson: is an operator and takes no other: write containsJson=value"


def test_a_message_about_the_whole_document_names_the_operator_only() -> None:
    things = a_collection("things", root=Date())
    with pytest.raises(InvalidOperand) as caught:
        planned_for(things, {"gt": "x"})
    assert str(caught.value).startswith("gt: expects a date")


def test_where_no_fields_are_declared_a_field_is_answered_with_what_can_be_asked() -> None:
    things = a_collection("things", root=Anything())
    with pytest.raises(UnknownField) as caught:
        planned_for(things, {"colour": {"eq": "teal"}})
    assert caught.value.hint == "no fields are declared there: filter the record with containsJson"


def test_a_field_may_be_called_like_an_operator() -> None:
    things = a_collection("things", containsJson=Text())
    assert planned_for(things, {"containsJson": {"eq": "x"}})[0] == Compare(place("containsJson", type=Text()), "eq", 0)


def test_deep_nesting_is_too_large_and_no_recursion_error() -> None:
    deep: Json = {"title": {"eq": "x"}}
    for _ in range(100_000):
        deep = {"_not": deep}
    with pytest.raises(QueryTooLarge):
        a_filter(deep)
    with pytest.raises(QueryTooLarge):
        a_filter({"a." * 100_000: {"eq": 1}})


def test_the_deepest_filter_that_is_allowed_resolves() -> None:
    deep: dict[str, Json] = {"title": {"eq": "x"}}
    for _ in range(QueryLimits().filter_depth - 2):
        deep = {"_not": deep}
    assert a_filter(deep).plan == Compare(TITLE, "eq", 0)


def test_conditions_and_relations_in_a_row_are_limited() -> None:
    with pytest.raises(QueryTooLarge) as conditions:
        a_filter({"_or": [{"price": {"eq": each}} for each in range(100)]})
    assert conditions.value.limit == 200
    round_trip = "author.books.some."
    with pytest.raises(QueryTooLarge) as relations:
        a_filter({f"{round_trip * 6}title": {"eq": "x"}})
    assert (relations.value.what, relations.value.limit) == ("relations in a row", 10)


def test_list_operands_are_limited() -> None:
    a_filter({"pages": {"in": list(range(10_000))}})
    with pytest.raises(QueryTooLarge):
        a_filter({"pages": {"in": list(range(10_001))}})


def test_a_message_never_holds_what_cannot_be_encoded_nor_much_of_what_was_sent() -> None:
    half = "\ud800"
    wheres: tuple[RawFilter, ...] = ({half: {"eq": 1}}, {"x" * 100_000: {"eq": 1}}, {"title": {half * 1000: 1}})
    for where in wheres:
        with pytest.raises(JanuaError) as caught:
            a_filter(where)
        assert_can_be_sent(caught.value)


def test_every_operator_of_the_table_stands_on_some_type() -> None:
    types = (Text(), Integer(), Array(Text()), Anything())
    assert {operator for each in types for operator in operators_of(each)} == set(MEANINGS)
