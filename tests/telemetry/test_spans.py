"""Steps of a request: what they nest in, what they cost when nobody watches, and that there is an end to them."""

import asyncio
import gc
from weakref import ref

import pytest

from janua.errors import UnknownField
from janua.telemetry.spans import MOST_SPANS, Kind, Span, Step, Trace, annotate, current, note_step, span
from janua.telemetry.statements import described, note_shared, statement


def a_request() -> Trace:
    trace = Trace(step=Step("GET /api/books", Kind.SERVER))
    current.set((trace, trace.id))
    return trace


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
    assert root.start <= outer.start <= inner.start <= inner.end <= outer.end <= root.end
    assert outer.attributes == {"janua.collection": "books"}
    assert current.get() == (root, root.id)


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
    parents = [each.parent for each in root.spans if each.kind is Kind.CLIENT]
    assert parents == [first.id, second.id]


def test_a_step_that_fails_says_how_without_the_documents_in_the_message() -> None:
    root = a_request()
    with pytest.raises(UnknownField), span("plan"):
        raise UnknownField("books", "secret")
    assert root.spans[1].error == "query.unknown_field"


def test_a_request_has_a_bounded_number_of_steps() -> None:
    root = a_request()
    for _ in range(2 * MOST_SPANS):
        with span("step"), statement("SELECT 1"):
            note_shared("SELECT 2", (), 0.1, root.start, root.start, 2)
            note_step("connection", 0.1)
    assert len(root.spans) == MOST_SPANS


def test_what_ran_for_several_requests_is_told_of_each_in_the_order_of_the_beginnings() -> None:
    root = a_request()
    root.parameters = {}
    with span("plan") as plan:
        note_shared("SELECT 1 FROM collections.books", ["Dune"], 0.25, root.start + 1, root.start + 3, 7)
    note_shared("SELECT 1 FROM collections.books", ["Emma"], 0.0, root.start + 2, root.start + 4, 1)
    assert plan is not None
    assert [(each.name, each.parent) for each in root.steps] == [
        ("plan", root.id),
        ("connection", plan.id),
        ("SELECT books", plan.id),
        ("SELECT books", root.id),
    ]
    _, waited, first, second = root.steps
    assert (waited.start, waited.end, first.end) == (root.start + 0.75, root.start + 1, root.start + 3)
    assert [each.noted for each in (first, second)] == [{"db.operation.batch.size": 7}, None]
    assert root.parameters == {first.id: ("Dune",), second.id: ("Emma",)}


def test_a_trace_that_nobody_wants_any_more_is_gone_without_the_garbage_collector() -> None:
    class Watched(Trace):
        """One that can be looked after: others have no room for that."""

    gc.disable()
    try:
        trace = Watched()
        current.set((trace, trace.id))
        with span("plan"), statement("SELECT 1"):
            note_shared("SELECT 2", (), 0.1, trace.start, trace.start, 2)
            note_step("connection", 0.1)
        annotate("janua.error", "x")
        current.set(None)
        left = ref(trace)
        del trace
        assert left() is None
    finally:
        gc.enable()


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
    root.parameters = {}
    with statement("SELECT $1", ("shown",)):
        pass
    assert list(root.parameters.values()) == [("shown",)]
    assert all("secret" not in str(each.attributes) for each in root.spans)
