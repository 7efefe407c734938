"""What became of an operation → the response that says so: data, errors, the status, and what its trace is told.

Start at `data_of` for what went well, and at `failed` for what did not.
"""

from collections.abc import Mapping, Sequence

from graphql import GraphQLError

from janua.api.graphql.exchange import NO_HEADERS, Answered
from janua.api.graphql.faults import cause_of, errors_body
from janua.api.problems import graphql_error, retry_headers, status_of
from janua.api.wire import json_bytes
from janua.errors import JanuaError

OK, BAD_REQUEST, FAILED = 200, 400, 500


def data_of(members: bytes, headers: Mapping[str, str] = NO_HEADERS) -> Answered:
    """Return the answer of an operation that went well."""
    return Answered(b'{"data": ' + members + b"}", headers=headers)


def refused(errors: Sequence[GraphQLError | JanuaError]) -> Answered:
    """Return the answer of a document, or of variables, that were wrong before anything was done."""
    causes = [each if isinstance(each, JanuaError) else cause_of(each) for each in errors]
    return Answered(errors_body(*errors), BAD_REQUEST, errors_before_execution=True, error=first_code(causes))


def unanswered(error: JanuaError, path: Sequence[str] | None = None) -> Answered:
    """Return the answer of an operation of which nothing was done, or nothing is left."""
    return failed([graphql_error(error, path)], [error])


def failed(shown: Sequence[Mapping[str, object]], errors: Sequence[JanuaError]) -> Answered:
    """Return the answer without data that shows these errors."""
    again = {name: value for each in errors for name, value in retry_headers(each).items()}
    status = max(map(blamed_status, errors), default=OK)
    return Answered(without_data(shown), status, headers=again, error=first_code(errors))


def first_code(errors: Sequence[JanuaError]) -> str:
    """Return the code of the first error, nothing when there is none."""
    return errors[0].code if errors else ""


def without_data(errors: Sequence[Mapping[str, object]]) -> bytes:
    """Return a response of errors alone."""
    return json_bytes({"errors": errors, "data": None})


def body_of(members: Mapping[str, bytes], errors: Sequence[Mapping[str, object]]) -> bytes:
    """Return a response whose members are JSON texts already, which may be long: they are copied once."""
    parts = [b'{"errors":', json_bytes(errors), b',"data":'] if errors else [b'{"data":']
    before = b"{"
    for name, text in members.items():
        parts += [before, json_bytes(name), b":", text]
        before = b","
    return b"".join([*parts, b"}}"])


def blamed_status(error: JanuaError) -> int:
    """Return the status of an answer that could not be given: what is wrong with the server shows in it."""
    status = status_of(error).value
    return status if status >= FAILED else OK
