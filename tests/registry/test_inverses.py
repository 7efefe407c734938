"""Whether the name that a relation wishes for on the other side is free there."""

from typing import Any

import pytest

from janua.errors import Violation
from janua.model.catalog import Catalog
from janua.model.collection import Collection
from janua.registry.inverses import inverse_violations
from tests.registry.builders import UUID, a_collection, an_object

CUSTOMERS = a_collection(
    an_object(
        email={"type": "string"}, city_id={**UUID, "x-relation": {"collection": "customers", "inverse": "locals"}}
    ),
    "customers",
)


def to_customers(**more: Any) -> Any:
    return {**UUID, "x-relation": {"collection": "customers", **more}}


def violations(old: Any, new: Any, *others: Collection) -> list[Violation]:
    before = a_collection(old, "orders") if old else None
    after = a_collection(new, "orders")
    catalog = Catalog.of(1, [*others, *([before] if before else [])])
    return inverse_violations(before, after, catalog, Catalog.of(1, [*others, after]))


@pytest.mark.parametrize(
    ("wished", "words"),
    [
        ("email", "customers has a field 'email' already; give another \"inverse\""),
        ("city", "customers has a relation 'city' already"),
        ("locals", "customers shows customers by city as 'locals' already"),
        ("carts", "customers shows carts by customer as 'carts' already"),
        ("id", "customers has 'id' of its own already"),
    ],
)
def test_an_explicit_inverse_that_the_target_has_already_is_refused(wished: str, words: str) -> None:
    carts = a_collection(an_object(customer_id=to_customers()), "carts")
    [violation] = violations(None, an_object(customer_id=to_customers(inverse=wished)), CUSTOMERS, carts)
    assert violation.pointer == "/properties/customer_id/x-relation/inverse"
    assert words in violation.message


def test_two_relations_of_one_schema_cannot_wish_for_the_same_inverse() -> None:
    twice = an_object(a_id=to_customers(inverse="orders"), b_id=to_customers(inverse="orders"))
    assert [each.pointer for each in violations(None, twice, CUSTOMERS)] == [
        "/properties/a_id/x-relation/inverse",
        "/properties/b_id/x-relation/inverse",
    ]


def test_an_inverse_that_nobody_wished_for_is_never_refused() -> None:
    named = a_collection(an_object(orders={"type": "string"}), "customers")
    assert violations(None, an_object(a_id=to_customers(), b_id=to_customers()), named) == []


def test_an_inverse_that_was_free_when_it_was_declared_stays_allowed() -> None:
    grown = a_collection(an_object(email={"type": "string"}, mine={"type": "string"}), "customers")
    schema = an_object(customer_id=to_customers(inverse="mine"))
    assert violations(schema, schema, grown) == []
    assert len(violations(an_object(), schema, grown)) == 1
