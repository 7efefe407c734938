"""Entity tags and preconditions, as RFC 9110 writes them."""

from typing import Literal

import pytest
from starlette.requests import Request

from janua.api.rest.conditions import idempotency_of, precondition_of, unchanged, versions_of, wants_minimal
from janua.errors import InvalidRequest
from janua.gateway.answers import Precondition

Header = Literal["If-Match", "If-None-Match"]


def a_request(*headers: tuple[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "query_string": b""})


def test_without_headers_nothing_is_demanded() -> None:
    assert precondition_of(a_request()) == Precondition()


@pytest.mark.parametrize(
    ("header", "value", "versions"),
    [
        ("If-Match", '"3"', {3}),
        ("If-Match", '"3", "4",W/"5"', {3, 4}),
        ("If-Match", 'W/"3"', set()),
        ("If-Match", "", set()),
        ("If-Match", '"abc", "03", "-1", "3-"', set()),
        ("If-Match", '"3" ,\t"4"', {3, 4}),
        ("If-Match", '"a,b", "7"', {7}),
        ("If-None-Match", 'W/"3", "4"', {3, 4}),
    ],
)
def test_a_tag_that_no_version_has_matches_nothing(header: Header, value: str, versions: set[int]) -> None:
    assert versions_of(a_request((header, value)), header) == versions


def test_if_match_compares_strongly_and_if_none_match_weakly() -> None:
    both = a_request(("If-Match", 'W/"1"'), ("If-None-Match", 'W/"1"'))
    assert precondition_of(both) == Precondition(frozenset(), frozenset({1}))


def test_an_asterisk_is_any_version() -> None:
    assert precondition_of(a_request(("If-Match", " * "))) == Precondition(match="*")


def test_a_header_given_twice_is_one_list() -> None:
    assert versions_of(a_request(("If-Match", '"1"'), ("If-Match", '"2"')), "If-Match") == {1, 2}


@pytest.mark.parametrize("value", ["3", "'3'", '"3', '"3" "4"', '"3",', '"3", *', '*, "3"', 'w/"3"', '"3";', '"3 "'])
def test_a_malformed_header_is_refused_and_not_taken_for_absent(value: str) -> None:
    with pytest.raises(InvalidRequest):
        precondition_of(a_request(("If-Match", value)))


def test_a_representation_that_the_client_has_is_not_sent_again() -> None:
    response = unchanged(a_request(("If-None-Match", 'W/"7"')), '"7"')
    assert response is not None
    assert (response.status_code, response.headers["ETag"]) == (304, '"7"')
    assert unchanged(a_request(("If-None-Match", '"6"')), '"7"') is None
    assert unchanged(a_request(), '"7"') is None


@pytest.mark.parametrize(
    ("value", "minimal"),
    [("return=minimal", True), ("respond-async, Return=Minimal; x=1", True), ("return=representation", False)],
)
def test_a_preference_is_found_among_others(value: str, minimal: bool) -> None:
    assert wants_minimal(a_request(("Prefer", value))) is minimal


def test_an_idempotency_key_is_the_same_with_and_without_quotes() -> None:
    bare = idempotency_of(a_request(("Idempotency-Key", "k-1")), b"{}")
    assert bare is not None
    assert bare == idempotency_of(a_request(("Idempotency-Key", '"k-1"')), b"{}")
    assert bare != idempotency_of(a_request(("Idempotency-Key", "k-1")), b"[]")


@pytest.mark.parametrize("value", ["", '""', "a b", "x" * 256, "é"])
def test_an_idempotency_key_is_printable_and_not_long(value: str) -> None:
    with pytest.raises(InvalidRequest):
        idempotency_of(a_request(("Idempotency-Key", value)), b"")
