"""The table of statuses, and problem documents."""

import dataclasses
import json

import pytest

from janua.api.pages import every_error
from janua.api.problems import STATUSES, problem_of, problem_response, status_of
from janua.errors import (
    DatabaseUnavailable,
    IdempotencyConflict,
    InvalidRecord,
    InvalidSchema,
    JanuaError,
    MethodNotAllowed,
    RequestTooSlow,
    Violation,
)

SERVER_SIDE = {"config", "database"}


def test_every_error_has_a_status_and_every_status_an_error() -> None:
    assert {each.code for each in every_error(JanuaError)} == set(STATUSES)


@pytest.mark.parametrize("error", every_error(JanuaError), ids=lambda each: each.code)
def test_every_error_says_what_to_do_and_has_an_example_with_all_that_it_tells(error: type[JanuaError]) -> None:
    assert error.cure
    optional = {each.name for each in dataclasses.fields(error) if each.default is not dataclasses.MISSING}
    told = {each.name for each in dataclasses.fields(error)} - optional - {"report"}
    example = problem_of(error(**error.example))
    assert example["code"] == error.code
    assert [name for name in ("detail", *told) if example[name] in ("", ())] == []


def test_no_two_errors_share_a_code() -> None:
    codes = [each.code for each in every_error(JanuaError)]
    assert len(codes) == len(set(codes))


def test_what_a_client_did_wrong_is_never_a_server_error() -> None:
    blamed = {code: status for code, status in STATUSES.items() if code.split(".")[0] not in SERVER_SIDE}
    ours = {"registry.quarantined", "registry.revision_not_reached", "request.failed", "request.overloaded"}
    assert {code for code, status in blamed.items() if status >= 500} == ours


def test_a_problem_has_the_members_of_rfc_9457_its_code_and_the_fields_of_its_error() -> None:
    error = InvalidRecord("books", [Violation("/price", "minimum", "must be at least 0", "/properties/price/minimum")])
    response = problem_response(error)
    assert response.status_code == 422
    assert response.media_type == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": "/problems/record.invalid",
        "title": "The document does not satisfy the schema",
        "status": 422,
        "detail": "at /price: must be at least 0",
        "code": "record.invalid",
        "collection": "books",
        "violations": [
            {
                "pointer": "/price",
                "keyword": "minimum",
                "message": "must be at least 0",
                "schema_pointer": "/properties/price/minimum",
            }
        ],
    }


def test_the_collection_is_left_out_where_it_is_not_known_whose_schema_this_is() -> None:
    violations = [Violation("", "type", "a schema is an object, or true or false")]
    assert "collection" not in problem_of(InvalidSchema(violations))
    assert problem_of(InvalidSchema(violations, "books"))["collection"] == "books"


def test_an_unavailable_database_says_when_to_come_back() -> None:
    assert problem_response(DatabaseUnavailable()).headers["Retry-After"] == "1"


def test_a_wrong_method_says_which_are_right() -> None:
    assert problem_response(MethodNotAllowed("PUT", ("GET", "HEAD"))).headers["Allow"] == "GET, HEAD"


def test_a_request_that_came_too_slowly_ends_its_connection() -> None:
    assert problem_response(RequestTooSlow(20.0)).headers["Connection"] == "close"


def test_a_key_in_use_is_a_conflict_and_a_key_used_for_something_else_is_unprocessable() -> None:
    assert status_of(IdempotencyConflict(running=True)) == 409
    assert status_of(IdempotencyConflict(running=False)) == 422
