"""What clients of GraphQL and REST meet when a schema changes: what breaks them, and what may surprise them."""

from typing import Any

import pytest

from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.registry.client_changes import graphql_changes, relation_changes, rest_changes
from janua.registry.client_view import Side
from tests.registry.builders import UUID, a_collection, an_object


def versions(old: Any, new: Any, *others: Collection) -> tuple[Side, Side]:
    first = a_collection(old)
    both = first, a_collection(new, names=first.name_map)
    before, after = (Side(each, Catalog.of(1, [each, *others])) for each in both)
    return before, after


def related(**more: Any) -> Any:
    return {**UUID, "x-relation": {"collection": "authors", **more}}


def severity(change: Any) -> str:
    assert not (change["breaking"] and change["dangerous"])
    return "breaking" if change["breaking"] else "dangerous" if change["dangerous"] else "safe"


def severities(changes: Any) -> dict[str, tuple[str, str]]:
    return {each["name"]: (each["kind"], severity(each)) for each in changes}


def test_equal_versions_change_nothing() -> None:
    old, new = versions(an_object(a={"type": "string"}), an_object(a={"type": "string"}))
    assert [*graphql_changes(old, new), *rest_changes(old, new), *relation_changes(old, new)] == []


def test_graphql_clients_are_told_what_breaks_them_and_what_may_surprise_them() -> None:
    old = an_object(
        ["a"], a={"type": "string"}, b={"type": "integer"}, c={"enum": ["x"]}, d=an_object(e={"type": "string"}),
        g={"type": "string"}, h={"enum": ["x", "y"]},
    )  # fmt: skip
    new = an_object(
        ["g"], a={"type": "string"}, c={"enum": ["x", "y"]}, d=an_object(e={"type": "number"}), f={"type": "boolean"},
        g={"type": "string"}, h={"enum": ["x"]},
    )  # fmt: skip
    assert severities(graphql_changes(*versions(old, new))) == {
        "Book.a": ("changed", "dangerous"),
        "Book.b": ("removed", "breaking"),
        "Book.c": ("changed", "dangerous"),
        "BookD.e": ("changed", "breaking"),
        "Book.f": ("added", "safe"),
        "Book.g": ("changed", "breaking"),
        "Book.h": ("changed", "breaking"),
    }


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (an_object(c={"enum": ["x"]}), an_object(c={"enum": ["x", "y"]}), "GraphQL-dangerous: the enum gains y"),
        (an_object(["c"], c={"type": "string"}), an_object(c={"type": "string"}), "may meet null"),
        (an_object(c={"type": "string"}), an_object(["c"], c={"type": "string"}), "have to give it"),
        (an_object(c={"type": "string"}), an_object(d={"type": "string"}), "queries that ask for it are refused"),
    ],
)
def test_a_graphql_change_says_what_it_does_to_clients(old: Any, new: Any, words: str) -> None:
    assert words in str(graphql_changes(*versions(old, new))[0]["message"])


def test_rest_clients_are_told_which_fields_are_gone() -> None:
    old = an_object(b={"type": "integer"}, d=an_object(e={"type": "string"}))
    new = an_object(d=an_object(e={"type": "number"}), f={"type": "boolean"})
    changes = rest_changes(*versions(old, new))
    assert severities(changes) == {
        "b": ("removed", "breaking"),
        "d.e": ("changed", "breaking"),
        "f": ("added", "safe"),
    }
    assert "filters, sort, fields and group_by that name it are refused" in str(changes[0]["message"])


def test_relations_that_come_go_and_change_are_told() -> None:
    old = an_object(a_id=related(field="a"), b_id=related(field="b"))
    new = an_object(a_id=related(field="a", on_delete="cascade"), b_id=UUID, c_id=related(field="c"))
    assert severities(relation_changes(*versions(old, new))) == {
        "a": ("changed", "dangerous"),
        "b": ("removed", "breaking"),
        "c": ("added", "safe"),
    }


AUTHORS = a_collection(an_object(name={"type": "string"}), "authors")


def test_a_renamed_inverse_breaks_whoever_asks_for_it_on_the_other_side() -> None:
    old = an_object(a_id=related(inverse="works"))
    both = versions(old, an_object(a_id=related(inverse="books")), AUTHORS)
    gone_and_come = [("removed", "breaking"), ("added", "safe")]
    assert severities(graphql_changes(*both)) == dict(zip(["Author.works", "Author.books"], gone_and_come, strict=True))
    assert severities(rest_changes(*both)) == dict(zip(["authors.works", "authors.books"], gone_and_come, strict=True))
    assert severities(relation_changes(*both)) == {"a": ("changed", "breaking")}


def test_writing_down_the_inverse_that_it_has_anyway_changes_nothing() -> None:
    both = versions(an_object(a_id=related()), an_object(a_id=related(inverse="books")), AUTHORS)
    assert [*graphql_changes(*both), *rest_changes(*both), *relation_changes(*both)] == []


def test_a_field_that_takes_the_name_of_what_relates_to_it_breaks_those_who_ask_for_the_related_records() -> None:
    pages = a_collection(an_object(book_id={**UUID, "x-relation": {"collection": "books"}}), "pages")
    both = versions(an_object(), an_object(pages={"type": "integer"}), pages)
    assert severities(graphql_changes(*both)) == {
        "Book.pages": ("changed", "breaking"),
        "Book.pages_by_book": ("added", "safe"),
    }
    assert severities(rest_changes(*both)) == {"pages": ("changed", "breaking"), "pages_by_book": ("added", "safe")}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"on_delete": "cascade"}, "dangerous"),
        ({"on_delete": "cascade"}, {}, "breaking"),
        ({"collection": "books"}, {}, "breaking"),
    ],
)
def test_a_relation_that_refuses_more_or_leads_elsewhere_breaks_clients(old: Any, new: Any, expected: str) -> None:
    [change] = relation_changes(*versions(an_object(a_id=related(**old)), an_object(a_id=related(**new)), AUTHORS))
    assert severity(change) == expected
