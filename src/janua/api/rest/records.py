"""Records over REST: one collection's list and figures, and single records.

`COLLECTION`, `RECORD` and `AGGREGATE` are the methods of one resource each. Answers are the texts that PostgreSQL
made, sent unread.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from janua.api.headers import REPLAYED
from janua.api.rest.bodies import read_body
from janua.api.rest.conditions import (
    content_tag,
    idempotency_of,
    precondition_of,
    unchanged,
    version_tag,
    wants_minimal,
)
from janua.api.rest.parameters import Parameters, naming_parameters, no_parameters, pairs_of, read_parameters
from janua.api.rest.resource import collection_of, gateway_of, path_of
from janua.api.wire import JSON, JsonText, json_bytes, json_object
from janua.errors import InvalidQuery, InvalidRequest
from janua.gateway import queries, records
from janua.gateway.answers import PageAnswer, RecordAnswer
from janua.gateway.gateway import apart_if_large
from janua.model.patch import JsonPatch, MergePatch
from janua.query.ast import AggregateFunction, AggregateQuery, OrderTerm, PageRequest, ReadQuery
from janua.query.parse import parse_sort
from janua.registry.document import Document, read_document

LIST_PARAMETERS = ("where", "sort", "limit", "after", "before", "offset", "fields", "include", "count")
RECORD_PARAMETERS = ("fields", "include")
MEASURES: dict[str, AggregateFunction] = {
    "sum": "sum",
    "avg": "avg",
    "min": "min",
    "max": "max",
    "countDistinct": "countDistinct",
    "count_distinct": "countDistinct",
}
AGGREGATE_PARAMETERS = ("where", "group_by", *MEASURES)
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"


async def list_records(request: Request) -> Response:
    """Answer one page of the records that match."""
    asked = read_parameters(request, LIST_PARAMETERS, filters=True)
    with naming_parameters(asked, LIST_PARAMETERS):
        page = await queries.read(gateway_of(request), _read_query(collection_of(request), asked))
    position = {"next": page.next, "previous": page.previous, "total": page.total}
    body = json_object(items=page.items, page=json_bytes(position).decode())
    tag = content_tag(body)
    headers = {"ETag": tag} | _links(request, page)
    return unchanged(request, tag) or Response(body, headers=headers, media_type=JSON)


async def create(request: Request) -> Response:
    """Store the body as a new record."""
    no_parameters(request)
    if "If-Match" in request.headers:
        raise InvalidRequest("If-Match says nothing about a record that is not there yet; use PUT with an id")
    document, body = await _read_document(request)
    created = await records.create(
        gateway_of(request), collection_of(request), document, idempotency=idempotency_of(request, body)
    )
    return _written(request, created, f"{path_of(request)}/{created.id}")


async def fetch(request: Request) -> Response:
    """Answer one record."""
    asked = read_parameters(request, RECORD_PARAMETERS)
    include = asked.names("include") or ()
    found = await records.fetch(
        gateway_of(request), collection_of(request), _id(request), fields=asked.names("fields"), include=include
    )
    body = found.text.encode()
    # What is included changes without the record's version doing so.
    tag = content_tag(body) if include else version_tag(found.version)
    return unchanged(request, tag) or JsonText(body, etag=tag)


async def replace(request: Request) -> Response:
    """Store the body under the id, whether or not there is a record."""
    no_parameters(request)
    precondition = precondition_of(request)
    document, _ = await _read_document(request)
    written = await records.replace(
        gateway_of(request), collection_of(request), _id(request), document, precondition=precondition
    )
    return _written(request, written, path_of(request))


async def patch(request: Request) -> Response:
    """Change the record by a merge patch or a JSON Patch."""
    no_parameters(request)
    precondition = precondition_of(request)
    gateway = gateway_of(request)
    media_type, body = await read_body(request, gateway.settings.limits.body_bytes, (MERGE_PATCH, JSON_PATCH))
    read = await apart_if_large(len(body), read_document, body, gateway.document_limits)
    change = MergePatch(read.value) if media_type == MERGE_PATCH else JsonPatch.read(read.value)
    written = await records.patch(gateway, collection_of(request), _id(request), change, precondition=precondition)
    return _written(request, written, path_of(request))


async def delete(request: Request) -> Response:
    """Remove the record."""
    no_parameters(request)
    await records.delete(
        gateway_of(request), collection_of(request), _id(request), precondition=precondition_of(request)
    )
    return Response(status_code=204)


async def aggregate(request: Request) -> Response:
    """Answer figures over the records that match, by group."""
    asked = read_parameters(request, AGGREGATE_PARAMETERS, filters=True)
    measures: list[tuple[AggregateFunction, str]] = []
    for name, function in MEASURES.items():
        measures.extend((function, path) for path in asked.names(name) or ())
    query = AggregateQuery(
        collection_of(request),
        where=asked.where(),
        group_by=asked.names("group_by") or (),
        measures=tuple(measures),
        short=asked.short(),
    )
    with naming_parameters(asked, AGGREGATE_PARAMETERS):
        groups = await queries.aggregate(gateway_of(request), query)
    body = json_object(groups=groups.items, truncated=json_bytes(groups.truncated).decode())
    return Response(body, media_type=JSON)


COLLECTION = {"GET": list_records, "POST": create}
RECORD = {"GET": fetch, "PUT": replace, "PATCH": patch, "DELETE": delete}
AGGREGATE = {"GET": aggregate}


def _read_query(collection: str, asked: Parameters) -> ReadQuery:
    page = PageRequest(
        first=asked.integer("limit"),
        after=asked.text("after"),
        before=asked.text("before"),
        offset=asked.integer("offset"),
    )
    return ReadQuery(
        collection,
        where=asked.where(),
        order=_order(asked.text("sort")),
        page=page,
        fields=asked.names("fields"),
        include=asked.names("include") or (),
        count=asked.choice("count", ("exact",)) is not None,
        short=asked.short(),
    )


def _order(sort: str | None) -> tuple[OrderTerm, ...]:
    if sort is None:
        return ()
    order = parse_sort(sort)
    if not order:
        raise InvalidQuery("sort", "has no name")
    return order


async def _read_document(request: Request) -> tuple[Document, bytes]:
    gateway = gateway_of(request)
    _, body = await read_body(request, gateway.settings.limits.body_bytes)
    return await apart_if_large(len(body), read_document, body, gateway.document_limits), body


def _id(request: Request) -> str:
    return request.path_params["id"]


def _written(request: Request, written: RecordAnswer, location: str) -> Response:
    headers = {"ETag": version_tag(written.version)}
    if written.created:
        headers["Location"] = location
    if written.replayed:
        headers[REPLAYED] = "true"
    if wants_minimal(request):
        headers["Preference-Applied"] = "return=minimal"
        return Response(status_code=201 if written.created else 204, headers=headers)
    return Response(written.text.encode(), 201 if written.created else 200, headers, media_type=JSON)


def _links(request: Request, page: PageAnswer) -> dict[str, str]:
    """Return the `Link` header (RFC 8288): the same query at other positions, relative to this server."""
    if page.next is None and page.previous is None:
        return {}
    kept = urlencode([pair for pair in pairs_of(request) if pair[0] not in ("after", "before", "offset")])
    path = path_of(request)
    base = f"{path}?{kept}&" if kept else f"{path}?"
    # A cursor is base64url with a dot: nothing in it has to be encoded.
    following = [] if page.next is None else [f'<{base}after={page.next}>; rel="next"']
    preceding = [] if page.previous is None else [f'<{base}before={page.previous}>; rel="prev"']
    return {"Link": ", ".join((*following, *preceding, f'<{base[:-1]}>; rel="first"'))}
