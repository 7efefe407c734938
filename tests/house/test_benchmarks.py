"""What the benchmarks promise of their figures: nothing wrong is timed, and like is compared with like."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from bench import cases, chart
from bench.load import Measured
from bench.report import table
from bench.requests import FLOOR, JANUA, Results

BOOK = {"id": cases.one_book()[0], **cases.one_book()[1]}
GET_BY_ID = ("get_by_id", "graphql")


def rest(**changes: Any) -> bytes:
    return json.dumps({"id": BOOK["id"], "version": 1, "data": cases.one_book()[1] | changes}).encode()


def test_an_answer_of_either_face_that_says_what_the_library_says_is_timed() -> None:
    cases.check("get_by_id", json.dumps({"data": {"book": BOOK}}).encode())
    cases.check("get_by_id", rest())


def test_a_number_may_come_as_text() -> None:
    cases.check("get_by_id", json.dumps({"data": {"book": BOOK | {"price": str(BOOK["price"])}}}).encode())


@pytest.mark.parametrize("changes", [{"title": "Another"}, {"price": 1}, {"genre": None}])
def test_an_answer_that_says_something_else_is_not_timed(changes: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="get_by_id is answered by"):
        cases.check("get_by_id", rest(**changes))


def test_a_list_that_lacks_books_is_not_timed() -> None:
    nodes = cases.expected("list_filter_20")
    cases.check("list_filter_20", json.dumps({"data": {"books": {"nodes": nodes}}}).encode())
    with pytest.raises(RuntimeError):
        cases.check("list_filter_20", json.dumps({"data": {"books": {"nodes": nodes[:-1]}}}).encode())


def test_a_refusal_is_what_an_invalid_document_must_get() -> None:
    cases.check("create_invalid", b'{"violations": [{"pointer": "/price"}]}')
    with pytest.raises(RuntimeError):
        cases.check("create_invalid", b'{"data": {"createBook": {"id": "1"}}}')


@pytest.mark.parametrize("case", [*cases.CASES, *cases.WRITES])
def test_every_case_is_asked_of_every_target(case: str) -> None:
    bodies = {style: json.loads(cases.graphql_body(case, style)) for style in cases.TEXTS[case]}
    assert {*bodies} == {"janua", "postgraphile", "naive"} | ({"parse"} if case != "aggregate" else set())
    assert all(each["query"].startswith(("query", "mutation")) and each["variables"] for each in bodies.values())
    assert cases.asked(case, "rest").path.startswith("/api/")


def test_a_ratio_is_the_median_of_ratios_within_each_round() -> None:
    results = Results()
    for floor, ours in ((100.0, 90.0), (10.0, 20.0), (50.0, 40.0)):
        results.add(GET_BY_ID, FLOOR, Measured(floor, 1))
        results.add(GET_BY_ID, JANUA, Measured(ours, 2))
    assert results.ratio(GET_BY_ID, JANUA) == pytest.approx(0.9)
    assert results.p99(GET_BY_ID, JANUA) == 2


def test_the_picture_has_a_bar_for_each_ratio_and_a_word_for_each_target() -> None:
    picture = ET.fromstring(chart.drawn({"get_by_id": {"a": 0.5, "b & c": 2.0}, "create": {"a": 1.0}}))
    texts = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"get_by_id", "create", "a", "b & c", "0.50", "2.00", "1.00"} <= set(texts)
    widths = [float(each.get("width", 0)) for each in picture.iter("{http://www.w3.org/2000/svg}rect")][2:]
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01)


def test_a_table_is_markdown() -> None:
    assert table(["case", "a"], [["x", "1.00"]]).splitlines() == [
        "| case |    a |",
        "|------|-----:|",
        "| x    | 1.00 |",
    ]
