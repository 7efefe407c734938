"""The parameters of a GraphQL request: out of a JSON body or a query string, checked for their types.

Members that GraphQL over HTTP does not know are ignored, as it demands. Start at `read_body_parameters` and
`read_url_parameters`.
"""

from collections.abc import Mapping
from typing import NamedTuple, cast
from urllib.parse import parse_qsl

from janua.errors import InvalidRequest, MalformedDocument
from janua.model.types import Json
from janua.registry.document import Limits, read_document

NAMES = ("query", "operationName", "variables", "extensions")


class Parameters(NamedTuple):
    """What a request says; `query` may be left out where `extensions` name a persisted document."""

    query: str | None
    operation_name: str | None
    variables: Mapping[str, Json]
    extensions: Mapping[str, Json]


def read_body_parameters(body: bytes, limits: Limits) -> Parameters:
    """Return the parameters in a body.

    Raises: `MalformedDocument`, `UnstorableDocument`, `DocumentTooLarge`, `InvalidRequest`.
    """
    if not body:
        raise InvalidRequest('the body is empty; send a JSON object like {"query": "{ __typename }"}')
    value = read_document(body, limits).value
    if isinstance(value, list):
        raise InvalidRequest("batches are not taken: send each operation in a request of its own")
    if not isinstance(value, dict):
        raise InvalidRequest('the body must be a JSON object like {"query": "{ __typename }"}')
    return _checked(value)


def read_url_parameters(query_string: bytes, limits: Limits) -> Parameters:
    """Return the parameters in a query string, where `variables` and `extensions` are JSON; empty ones are left out.

    Raises: as `read_body_parameters`.
    """
    try:
        pairs = parse_qsl(query_string.decode("ascii"), errors="strict")
    except UnicodeError:
        raise InvalidRequest("the query string must be percent-encoded UTF-8") from None
    given = [(name, value) for name, value in pairs if name in NAMES]
    found: dict[str, Json] = dict(given)
    if len(found) < len(given):
        raise InvalidRequest(f"each of {', '.join(NAMES)} can be given once")
    for name in NAMES[2:]:
        if name in found:
            found[name] = _json(name, str(found[name]), limits)
    return _checked(found)


def _json(name: str, text: str, limits: Limits) -> Json:
    try:
        return read_document(text.encode(), limits).value
    except MalformedDocument as error:
        reason = error.reason.removeprefix("the body ").removeprefix("it ")
        raise InvalidRequest(f"`{name}` in the URL: {reason}") from None


def _checked(found: dict[str, Json]) -> Parameters:
    query = found.get("query")
    operation_name = found.get("operationName")
    if not (query is None or isinstance(query, str)):
        raise InvalidRequest("`query` must be a string: the text of a GraphQL document")
    if not (operation_name is None or isinstance(operation_name, str)):
        raise InvalidRequest("`operationName` must be a string or null")
    return Parameters(query, operation_name or None, _object(found, "variables"), _object(found, "extensions"))


def _object(found: dict[str, Json], name: str) -> Mapping[str, Json]:
    value = found.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest(f"`{name}` must be a JSON object or null")
    return cast("Mapping[str, Json]", value)
