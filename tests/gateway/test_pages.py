"""A page that is read by a plan made for others is the page that a plan of its own would read."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from janua.errors import InvalidCursor, InvalidOperand, JanuaError, QueryTooLarge
from janua.gateway.pages import Pages, context_in
from janua.query.ast import OrderTerm, PageRequest, ReadQuery
from janua.query.cursor import encode
from janua.query.limits import QueryLimits
from janua.query.patterns import pattern_of
from janua.query.plan import plan_read
from janua.sql.select import select_statement
from tests.query.builders import AN_ID, ANOTHER_ID, KEY, LIMITS, a_catalog

CATALOG = a_catalog()
OPERANDS = st.one_of(
    st.sampled_from(["true", "false", "1", "2024-05-01", "novel", "*", "", AN_ID, True, False, None, 1, 1.5, "50%"]),
    st.sampled_from([[], [1], ["a"], ["a", "b"], [None], [True], [[1]], [{"a": 1}], {}, {"a": 1}, {"eq": 1}]),
)
OPERATORS = st.sampled_from(
    [
        "eq",
        "ne",
        "in",
        "notIn",
        "gt",
        "lte",
        "isNull",
        "exists",
        "contains",
        "startsWith",
        "like",
        "has",
        "hasAny",
        "hasAll",
        "isEmpty",
        "containsJson",
        "x",
    ]
)
FIELDS = st.sampled_from(
    [
        "title",
        "price",
        "pages",
        "in_stock",
        "published",
        "genre",
        "tags",
        "codes",
        "attributes",
        "publisher.city",
        "author.name",
        "author_id",
        "id",
        "nope",
    ]
)
CONDITIONS = st.lists(st.tuples(FIELDS, OPERATORS), min_size=1, max_size=2)
FORMS: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda part: part,
    lambda part: {"_or": [part, {}]},
    lambda part: {"_not": part},
    lambda part: {"lines": {"some": part}, "author": part},
]


def outcome(prepare: Any) -> Any:
    """Return what is read, or what is wrong: everything that the client would notice."""
    try:
        return prepare()
    except JanuaError as error:
        return type(error), str(error)


def by_itself(query: ReadQuery) -> Any:
    planned = plan_read(CATALOG, query, LIMITS, KEY)
    return select_statement(planned.plan), planned.values, planned.context


def by_pattern(pages: Pages, query: ReadQuery) -> Any:
    prepared = pages.prepare(CATALOG, query)
    return prepared.statement, prepared.values, context_in(query, prepared.plan)


@given(
    CONDITIONS,
    st.lists(st.tuples(OPERANDS, OPERANDS), min_size=2, max_size=6),
    st.sampled_from(FORMS),
    st.sampled_from([None, 0, 7]),
)
@example([("title", "in")], [(["a"], 0), ([], 0), ({}, 0), ("a", 0), (None, 0)], FORMS[0], None)
@example([("in_stock", "isNull")], [(True, 0), (False, 0), ("true", 0), ("x", 0)], FORMS[0], None)
def test_after_others_were_planned_a_query_is_what_it_would_be_alone(
    conditions: list[tuple[str, str]], operands: list[tuple[Any, Any]], form: Any, first: int | None
) -> None:
    pages = Pages(LIMITS, KEY)
    for each in operands:
        asked = [{field: {operator: operand}} for (field, operator), operand in zip(conditions, each, strict=False)]
        query = ReadQuery("books", form(asked[0]), short={"_and": asked}, page=PageRequest(first=first))
        assert outcome(lambda query=query: by_pattern(pages, query)) == outcome(lambda query=query: by_itself(query))


def of_genre(genre: Any, **page: Any) -> ReadQuery:
    order = (OrderTerm(("title",)),)
    return ReadQuery("books", short={"_and": [{"genre": {"eq": genre}}]}, order=order, page=PageRequest(**page))


def test_queries_that_differ_in_an_operand_are_planned_once() -> None:
    pages = Pages(LIMITS, KEY)
    one, other = (pages.prepare(CATALOG, of_genre(each)) for each in ("novel", "sci-fi"))
    assert one.plan is other.plan
    assert (one.values[0], other.values[0]) == ("novel", "sci-fi")


def test_a_wrong_operand_is_refused_whoever_was_planned_before() -> None:
    pages = Pages(LIMITS, KEY)
    for each in ("novel", "poem", "novel"):
        found = outcome(lambda each=each: pages.prepare(CATALOG, of_genre(each)).values[0])
        assert found == "novel" if each == "novel" else found[0] is InvalidOperand


@pytest.mark.parametrize("direction", ["after", "before"])
@pytest.mark.parametrize("title", ["Dune", None])
def test_pages_after_a_cursor_are_planned_once_for_all_positions(direction: str, title: str | None) -> None:
    pages = Pages(LIMITS, KEY)
    context = by_itself(of_genre("novel"))[2]
    for id in (AN_ID, ANOTHER_ID):
        query = of_genre("novel", **{direction: encode(KEY, context, (title, id))})
        assert by_pattern(pages, query) == by_itself(query)
    assert len(pages._kept) == 1  # noqa: SLF001 -- that it is one plan shows nowhere else


@pytest.mark.parametrize("other", ["sci-fi", "novel"])
def test_a_cursor_of_another_filter_or_key_is_refused(other: str) -> None:
    pages = Pages(LIMITS, KEY)
    context = by_itself(of_genre("novel"))[2]
    good = encode(KEY, context, ("Dune", AN_ID))
    pages.prepare(CATALOG, of_genre("novel", after=good))
    forged = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    with pytest.raises(InvalidCursor):
        pages.prepare(CATALOG, of_genre(other, after=good if other == "sci-fi" else forged))


def test_a_new_catalog_is_planned_for_anew() -> None:
    pages = Pages(LIMITS, KEY)
    before = pages.prepare(CATALOG, of_genre("novel"))
    later = type(CATALOG).of(CATALOG.revision + 1, [*CATALOG.collections.values()])
    assert pages.prepare(later, of_genre("novel")).plan is not before.plan


def nested(depth: int) -> Mapping[str, Any]:
    return {"title": {"eq": "x"}} if depth == 0 else {"_not": nested(depth - 1)}


def test_limits_hold_for_operands_that_a_plan_leaves_out() -> None:
    pages = Pages(QueryLimits(in_operands=3), KEY)
    pages.prepare(CATALOG, ReadQuery("books", {"title": {"in": ["a"]}}))
    with pytest.raises(QueryTooLarge):
        pages.prepare(CATALOG, ReadQuery("books", {"title": {"in": ["a"] * 4}}))
    assert pattern_of(ReadQuery("books", nested(500))) is None
