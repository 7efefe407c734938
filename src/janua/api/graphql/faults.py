"""Errors as GraphQL has them, in the `errors` of a response: graphql-core's, and ours that it carries.

Start at `errors_body`. Codes and members are those of the problem documents; see `janua.api.problems`.
"""

import logging
from collections.abc import Mapping

from graphql import GraphQLError

from janua.api.problems import graphql_error
from janua.api.wire import json_bytes
from janua.errors import InvalidOperation, JanuaError, UnexpectedFailure

log = logging.getLogger(__name__)


def errors_body(*errors: JanuaError | GraphQLError) -> bytes:
    """Return the response of an operation that was not executed: errors, and no `data`."""
    return json_bytes({"errors": [fault(each) for each in errors]})


def fault(error: JanuaError | GraphQLError) -> Mapping[str, object]:
    """Return one member of `errors`; of an error that nobody foresaw only that there was one."""
    if isinstance(error, JanuaError):
        return graphql_error(error)
    locations = [{"line": each.line, "column": each.column} for each in error.locations or ()]
    cause = cause_of(error)
    if isinstance(cause, UnexpectedFailure):
        log.error("a resolver failed", exc_info=error.original_error)
    return graphql_error(cause, error.path, locations or None)


def cause_of(error: GraphQLError) -> JanuaError:
    """Return the error of ours that graphql-core carries, or what its own means."""
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return InvalidOperation(error.message)
    return cause if isinstance(cause, JanuaError) else UnexpectedFailure()
