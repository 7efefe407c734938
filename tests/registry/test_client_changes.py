"""What clients of GraphQL and REST meet when a schema changes: what breaks them, and what may surprise them."""

from typing import Any

import pytest

from janua.registry.client_changes import graphql_changes, relation_changes, rest_changes
from tests.registry.builders import UUID, a_collection, an_object


def versions(old: Any, new: Any) -> tuple[Any, Any]:
    first = a_collection(old)
    return first, a_collection(new, names=first.name_map)


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
        "Book.g": ("changed", "dangerous"),
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
    def related(**more: Any) -> Any:
        return {**UUID, "x-relation": {"collection": "authors", **more}}

    old = an_object(a_id=related(field="a"), b_id=related(field="b"))
    new = an_object(a_id=related(field="a", on_delete="cascade"), b_id=UUID, c_id=related(field="c"))
    assert severities(relation_changes(*versions(old, new))) == {
        "a": ("changed", "dangerous"),
        "b": ("removed", "breaking"),
        "c": ("added", "safe"),
    }
