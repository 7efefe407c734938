"""Steps of a request: what they nest in, what they cost when nobody watches, and that there is an end to them."""

import asyncio

import pytest

from janua.errors import UnknownField
from janua.telemetry.spans import MOST_SPANS, Kind, Span, Step, Trace, current, span
from janua.telemetry.statements import described, statement


def a_request() -> Span:
    root = Trace().begin(Step("GET /api/books", Kind.SERVER))
    current.set(root)
    return root


@pytest.fixture(autouse=True)
def _untraced() -> None:
    current.set(None)


def test_a_step_of_a_request_that_is_not_traced_leaves_nothing() -> None:
    with span("plan") as step, statement("SELECT 1"):
        assert step is None
    assert current.get() is None


def test_steps_nest_and_take_their_time_within_the_request() -> None:
    root = a_request()
    with span("plan", {"janua.collection": "books"}) as outer, span("fold") as inner:
        pass
    root.finish()
    assert outer is not None
    assert inner is not None
    assert (outer.parent, inner.parent) == (root.id, outer.id)
    assert 0 <= outer.start <= inner.start <= inner.end <= outer.end <= root.end
    assert outer.attributes == {"janua.collection": "books"}
    assert current.get() is root


async def _two_at_once() -> list[Span]:
    async def step(name: str, pause: float) -> Span:
        with span(name) as outer:
            await asyncio.sleep(pause)
            with statement("SELECT 1 FROM collections.books"):
                await asyncio.sleep(pause)
        assert outer is not None
        return outer

    return list(await asyncio.gather(step("a", 0.002), step("b", 0.003)))


def test_steps_at_the_same_time_keep_their_own_children() -> None:
    root = a_request()
    first, second = asyncio.run(_two_at_once())
    parents = [each.parent for each in root.trace.spans if each.kind is Kind.CLIENT]
    assert parents == [first.id, second.id]


def test_a_step_that_fails_says_how_without_the_documents_in_the_message() -> None:
    root = a_request()
    with pytest.raises(UnknownField), span("plan"):
        raise UnknownField("books", "secret")
    assert root.trace.spans[1].error == "query.unknown_field"


def test_a_request_has_a_bounded_number_of_steps() -> None:
    root = a_request()
    for _ in range(2 * MOST_SPANS):
        with span("step"), statement("SELECT 1"):
            pass
    assert len(root.trace.spans) == MOST_SPANS


@pytest.mark.parametrize(
    ("text", "operation", "target"),
    [
        ('SELECT data FROM "collections"."books" AS r WHERE id = $1', "SELECT", "books"),
        ("WITH page AS (SELECT 1 FROM collections.books) SELECT * FROM page", "SELECT", "books"),
        ('WITH old AS (SELECT 1) INSERT INTO "collections"."books" (id) VALUES ($1)', "INSERT", "books"),
        (
            "SELECT concat('(', (SELECT 1 FROM collections.authors)) FROM (SELECT * FROM collections.books) AS b",
            "SELECT",
            "books",
        ),
        ("SELECT ')))', (SELECT 1 FROM collections.authors) FROM collections.books", "SELECT", "books"),
        ("SELECT janua.instant('x'), \"janua\".\"uuid\"('y') FROM collections.books", "SELECT", "books"),
        ("BEGIN;", "BEGIN", ""),
        ("SELECT revision FROM janua.catalog", "SELECT", "janua.catalog"),
        ("EXPLAIN SELECT 1", "OTHER", ""),
        ("", "OTHER", ""),
    ],
)
def test_a_statement_is_named_by_what_it_does_and_to_what(text: str, operation: str, target: str) -> None:
    assert described(text) == (operation, target)


def test_the_values_of_a_statement_are_kept_only_where_asked_for() -> None:
    root = a_request()
    with statement("SELECT $1", ("secret",)):
        pass
    root.trace.parameters = {}
    with statement("SELECT $1", ("shown",)):
        pass
    assert list(root.trace.parameters.values()) == [("shown",)]
    assert all("secret" not in str(each.attributes) for each in root.trace.spans)
