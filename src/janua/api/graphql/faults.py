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
    return graphql_error(_cause(error), error.path, locations or None)


def _cause(error: GraphQLError) -> JanuaError:
    cause: BaseException | None = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:
        return InvalidOperation(error.message)
    if isinstance(cause, JanuaError):
        return cause
    log.error("a resolver failed", exc_info=cause)
    return UnexpectedFailure()
