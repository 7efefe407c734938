"""Errors as answers: one table from `JanuaError.code` to an HTTP status, and both forms in which a client gets one.

Start at `problem_response`, the problem documents of RFC 9457, and `graphql_error`, a member of GraphQL's `errors`.
A problem's `type` is the path of a page of this server that explains its code.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.responses import Response

from janua.api.wire import json_bytes
from janua.errors import IdempotencyConflict, JanuaError, MethodNotAllowed

PROBLEM_JSON = "application/problem+json"
RETRY_SECONDS = 1

STATUSES: Mapping[str, HTTPStatus] = {
    "config.invalid": HTTPStatus.INTERNAL_SERVER_ERROR,
    "database.unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "database.timeout": HTTPStatus.GATEWAY_TIMEOUT,
    "database.conflict": HTTPStatus.CONFLICT,
    "database.full": HTTPStatus.INSUFFICIENT_STORAGE,
    "database.behind": HTTPStatus.SERVICE_UNAVAILABLE,
    "database.ahead": HTTPStatus.SERVICE_UNAVAILABLE,
    "database.directory_in_use": HTTPStatus.INTERNAL_SERVER_ERROR,
    "database.embedded_failed": HTTPStatus.INTERNAL_SERVER_ERROR,
    "document.malformed": HTTPStatus.BAD_REQUEST,
    "document.unstorable": HTTPStatus.UNPROCESSABLE_ENTITY,
    "document.too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "registry.unknown_collection": HTTPStatus.NOT_FOUND,
    "registry.unknown_version": HTTPStatus.NOT_FOUND,
    "registry.invalid_name": HTTPStatus.UNPROCESSABLE_ENTITY,
    "registry.invalid_schema": HTTPStatus.UNPROCESSABLE_ENTITY,
    "registry.invalid_steps": HTTPStatus.UNPROCESSABLE_ENTITY,
    "registry.incompatible": HTTPStatus.CONFLICT,
    "registry.unknown_evolution": HTTPStatus.NOT_FOUND,
    "registry.evolution_conflict": HTTPStatus.CONFLICT,
    "registry.version_mismatch": HTTPStatus.PRECONDITION_FAILED,
    "registry.collection_in_use": HTTPStatus.CONFLICT,
    "registry.quarantined": HTTPStatus.SERVICE_UNAVAILABLE,
    "registry.stale_catalog": HTTPStatus.CONFLICT,
    "registry.revision_not_reached": HTTPStatus.SERVICE_UNAVAILABLE,
    "query.invalid": HTTPStatus.BAD_REQUEST,
    "query.unknown_field": HTTPStatus.BAD_REQUEST,
    "query.unknown_operator": HTTPStatus.BAD_REQUEST,
    "query.invalid_operand": HTTPStatus.BAD_REQUEST,
    "query.invalid_cursor": HTTPStatus.BAD_REQUEST,
    "query.too_large": HTTPStatus.BAD_REQUEST,
    "query.malformed": HTTPStatus.BAD_REQUEST,
    "query.introspection_off": HTTPStatus.FORBIDDEN,
    "PERSISTED_QUERY_NOT_FOUND": HTTPStatus.BAD_REQUEST,
    "record.not_found": HTTPStatus.NOT_FOUND,
    "record.invalid_id": HTTPStatus.BAD_REQUEST,
    "record.invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "record.exists": HTTPStatus.CONFLICT,
    "record.not_unique": HTTPStatus.CONFLICT,
    "record.relation": HTTPStatus.CONFLICT,
    "record.version_mismatch": HTTPStatus.PRECONDITION_FAILED,
    "record.invalid_patch": HTTPStatus.BAD_REQUEST,
    "record.patch_conflict": HTTPStatus.CONFLICT,
    "record.too_many": HTTPStatus.CONFLICT,
    "record.import_rejected": HTTPStatus.UNPROCESSABLE_ENTITY,
    "record.idempotency_conflict": HTTPStatus.CONFLICT,
    "request.invalid": HTTPStatus.BAD_REQUEST,
    "request.media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "request.not_acceptable": HTTPStatus.NOT_ACCEPTABLE,
    "request.not_found": HTTPStatus.NOT_FOUND,
    "request.method": HTTPStatus.METHOD_NOT_ALLOWED,
    "request.url_too_long": HTTPStatus.REQUEST_URI_TOO_LONG,
    "request.headers_too_large": HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    "request.timeout": HTTPStatus.REQUEST_TIMEOUT,
    "request.overloaded": HTTPStatus.SERVICE_UNAVAILABLE,
    "request.failed": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Every code there is; a test holds this against `janua.errors`."""

RETRIED = frozenset({"database.conflict", "registry.stale_catalog"})
"""Codes of what may go well a moment later, beside those of 503."""

CLOSING = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE}
)
"""Statuses after which what is left of the request's body is not worth reading."""


def status_of(error: JanuaError) -> HTTPStatus:
    """Return the HTTP status of an error."""
    # draft-ietf-httpapi-idempotency-key-header, section 2.7: another request's key is 422, a running one's 409.
    if isinstance(error, IdempotencyConflict) and not error.running:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return STATUSES[error.code]


def problem_of(error: JanuaError) -> dict[str, object]:
    """Return the problem document of an error: the members of RFC 9457, `code`, and the error's own fields."""
    known = {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": status_of(error).value,
        "detail": str(error),
        "code": error.code,
    }
    # Twice: they come first, and no member of an error's own takes their place.
    return {**known, **error.members(), **known}


def graphql_error(
    error: JanuaError,
    path: Sequence[str | int] | None = None,
    locations: Sequence[Mapping[str, int]] | None = None,
) -> dict[str, object]:
    """Return the error as GraphQL has it; `extensions` have `code` and the error's own fields, as a problem does."""
    where = {"locations": locations, "path": path}
    told = {name: value for name, value in where.items() if value is not None}
    return {"message": str(error), **told, "extensions": {**error.members(), "code": error.code}}


def problem_response(error: JanuaError) -> Response:
    """Return the answer to a request that met this error."""
    return Response(json_bytes(problem_of(error)), status_of(error), headers_of(error), media_type=PROBLEM_JSON)


def headers_of(error: JanuaError) -> dict[str, str]:
    """Return the headers that go with an error."""
    status = status_of(error)
    headers = {"Cache-Control": "no-store", **retry_headers(error)}
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if status in CLOSING:
        headers["Connection"] = "close"
    return headers


def retry_headers(error: JanuaError) -> dict[str, str]:
    """Return the header that says when to send the request again, if that may help."""
    again = status_of(error) == HTTPStatus.SERVICE_UNAVAILABLE or error.code in RETRIED
    return {"Retry-After": str(RETRY_SECONDS)} if again else {}
