import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from janua.errors import InvalidCursor
from janua.model.types import Json
from janua.query.ast import OrderTerm, PageRequest, ReadQuery
from janua.query.cursor import CursorKey, context_of, decode, encode
from janua.query.plan import plan_read
from tests.query.builders import AN_ID, KEY, LIMITS, a_catalog

CONTEXT = context_of("books", (), ())
VALUES = ("1.10", None, "é\n\U0001f600", AN_ID)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.none() | TEXTS))
def test_a_cursor_brings_back_the_values_it_was_made_of(values: list[str | None]) -> None:
    cursor = encode(KEY, CONTEXT, values)
    assert decode(KEY, CONTEXT, cursor) == tuple(values)
    assert cursor.isascii()
    assert all(each.isalnum() or each in "-_." for each in cursor)


@given(st.integers(min_value=0), st.characters(max_codepoint=127))
def test_a_cursor_with_one_character_changed_is_refused(place: int, character: str) -> None:
    cursor = encode(KEY, CONTEXT, VALUES)
    place %= len(cursor)
    tampered = cursor[:place] + character + cursor[place + 1 :]
    if tampered != cursor:
        with pytest.raises(InvalidCursor):
            decode(KEY, CONTEXT, tampered)


def test_a_cursor_that_is_cut_or_extended_is_refused() -> None:
    cursor = encode(KEY, CONTEXT, VALUES)
    for each in [cursor[:length] for length in range(len(cursor))] + [cursor + "A", cursor + "=", " " + cursor]:
        with pytest.raises(InvalidCursor):
            decode(KEY, CONTEXT, each)


@given(st.text())
def test_what_is_no_cursor_is_refused(text: str) -> None:
    for each in (text, "1." + text):
        with pytest.raises(InvalidCursor):
            decode(KEY, CONTEXT, each)


@pytest.mark.parametrize("cursor", ["1." + "A" * 70_000, "1." + base64.b64encode(b"x" * 40).decode()])
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        decode(KEY, CONTEXT, cursor)


def test_a_cursor_of_another_server_is_refused() -> None:
    with pytest.raises(InvalidCursor):
        decode(CursorKey(b"another secret of some length"), CONTEXT, encode(KEY, CONTEXT, VALUES))


def test_the_secret_is_never_shown() -> None:
    assert "secret" not in repr(KEY)


ASKED = ReadQuery("books", {"price": {"gt": 10}}, (OrderTerm(("title",)),), short={"pages": {"eq": "3"}})


def cursor_of(query: ReadQuery) -> str:
    planned = plan_read(a_catalog(), query, LIMITS, KEY)
    return encode(KEY, planned.context, ["x"] * len(planned.plan.order))


def at(query: ReadQuery, page: PageRequest) -> ReadQuery:
    return ReadQuery(query.collection, query.where, query.order, page, short=query.short)


def test_a_cursor_holds_for_its_query_whatever_the_page_size_and_direction() -> None:
    cursor = cursor_of(ASKED)
    after, before = PageRequest(first=7, after=cursor), PageRequest(last=3, before=cursor)
    for page in (after, before, PageRequest(first=1, before=cursor)):
        planned = plan_read(a_catalog(), at(ASKED, page), LIMITS, KEY)
        assert planned.plan.bound is not None
        assert [planned.values[each] for each in planned.plan.bound.values if each is not None] == ["x", "x"]


@pytest.mark.parametrize(
    "other",
    [
        ReadQuery("authors"),
        ReadQuery("books"),
        ReadQuery("books", {"price": {"gt": 11}}, ASKED.order, short=ASKED.short),
        ReadQuery("books", ASKED.where, (OrderTerm(("title",), "desc"),), short=ASKED.short),
        ReadQuery("books", ASKED.where, (OrderTerm(("title",), nulls="first"),), short=ASKED.short),
        ReadQuery("books", ASKED.where, (OrderTerm(("isbn",)),), short=ASKED.short),
        ReadQuery("books", ASKED.where, (OrderTerm(("author", "name")),), short=ASKED.short),
        ReadQuery("books", ASKED.where, ASKED.order, short={"pages": {"eq": "4"}}),
        ReadQuery("books", ASKED.where, ASKED.order),
    ],
)
def test_a_cursor_of_another_collection_filter_or_order_is_refused(other: ReadQuery) -> None:
    with pytest.raises(InvalidCursor):
        plan_read(a_catalog(), at(other, PageRequest(after=cursor_of(ASKED))), LIMITS, KEY)


def test_a_filter_with_its_members_in_another_order_is_the_same_filter() -> None:
    one: dict[str, Json]
    other: dict[str, Json]
    one, other = {"price": {"gt": 1}, "pages": {"lt": 9}}, {"pages": {"lt": 9}, "price": {"gt": 1}}
    assert context_of("books", (), (one,)) == context_of("books", (), (other,))
