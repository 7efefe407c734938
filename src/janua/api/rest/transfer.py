"""Import and export over REST, both streamed: neither the request nor the answer is ever held as a whole."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from janua.api.headers import REPLAYED
from janua.api.rest.bodies import check_head, stream_body
from janua.api.rest.conditions import streamed_idempotency_of
from janua.api.rest.parameters import read_parameters
from janua.api.rest.resource import collection_of, gateway_of
from janua.api.wire import json_response
from janua.gateway.transfer import OnError, export, import_documents

NDJSON = "application/x-ndjson"
NDJSON_TYPES = (NDJSON, "application/jsonl", "application/ndjson")
IMPORT_TYPES = (*NDJSON_TYPES, "application/json")
IMPORT_PARAMETERS = ("on_error", "on_conflict", "records")
EXPORT_PARAMETERS = ("where", "records")


async def import_records(request: Request) -> Response:
    """Store the documents of the body, NDJSON or one JSON array, in one transaction."""
    asked = read_parameters(request, IMPORT_PARAMETERS)
    gateway = gateway_of(request)
    limit = gateway.settings.limits.import_bytes
    media_type = check_head(request, limit, IMPORT_TYPES)
    on_error: OnError = "skip" if asked.choice("on_error", ("abort", "skip")) == "skip" else "abort"
    async with aclosing(stream_body(request, limit)) as source:
        once = streamed_idempotency_of(request, source)
        report = await import_documents(
            gateway,
            collection_of(request),
            source if once is None else once.body,
            shape="ndjson" if media_type in NDJSON_TYPES else "array",
            on_error=on_error,
            on_conflict=asked.text("on_conflict"),
            records=asked.flag("records"),
            once=once,
        )
    return json_response(report, headers={REPLAYED: "true"} if once is not None and once.replayed else {})


async def export_records(request: Request) -> Response:
    """Answer the records that match as NDJSON, from one snapshot."""
    asked = read_parameters(request, EXPORT_PARAMETERS, filters=True)
    lines = export(
        gateway_of(request),
        collection_of(request),
        where=asked.where(),
        short=asked.short(),
        records=asked.flag("records"),
    )
    # The first part is fetched before the answer starts, so that an error is still a problem document.
    first = await anext(lines, b"")
    if request.method == "HEAD":
        await lines.aclose()
        return Response(media_type=NDJSON)
    return StreamingResponse(_rest(first, lines), media_type=NDJSON)


IMPORT = {"POST": import_records}
EXPORT = {"GET": export_records}


async def _rest(first: bytes, lines: AsyncGenerator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(lines):
        yield first
        async for each in lines:
            yield each
