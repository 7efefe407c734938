"""`/traces`, for developers: the last requests as waterfalls, with the SQL of each and, on demand, its plan.

The page is one file each of HTML, CSS and JavaScript below `traces_page/`; it asks `/traces/recent` for what is new.
Only `janua dev` has these routes. Start at `trace_routes`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from janua.api.wire import json_response
from janua.errors import InvalidQuery, UnknownResource
from janua.gateway.plans import explain, is_explainable, is_planned
from janua.sql.display import pretty
from janua.telemetry.recent import Recent
from janua.telemetry.spans import COLLECTION, ERROR, OPERATION, QUERY, ROOT_FIELDS, STATUS, Span, Trace
from janua.telemetry.statements import collections_of

PAGE: Final = Path(__file__).parent / "traces_page"
SHOWN_CHARACTERS: Final = 2000  # of one bound value
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def trace_routes() -> list[Route]:
    """Return the routes of the page and of what it shows."""
    return [
        Route("/traces", page, methods=["GET"]),
        Route("/traces/page.css", style, methods=["GET"]),
        Route("/traces/page.js", script, methods=["GET"]),
        Route("/traces/recent", recent, methods=["GET"]),
        Route("/traces/{trace}/{span}/plan", plan, methods=["GET"]),
    ]


async def page(_: Request) -> Response:
    """Answer the page."""
    return FileResponse(PAGE / "page.html", headers=HEADERS)


async def style(_: Request) -> Response:
    """Answer the page's style."""
    return FileResponse(PAGE / "page.css", headers=HEADERS)


async def script(_: Request) -> Response:
    """Answer the page's script."""
    return FileResponse(PAGE / "page.js", headers=HEADERS)


async def recent(request: Request) -> Response:
    """Answer the requests that ended after the one numbered `after`, oldest first, and the number of the last."""
    after = request.query_params.get("after", "0")
    if not after.isdecimal():
        raise InvalidQuery("after", "must be the number that the last answer gave as `last`")
    last, traces = recent_of(request).since(int(after))
    # After a restart the numbers begin again.
    if last < int(after):
        last, traces = recent_of(request).since(0)
    return json_response({"last": last, "traces": [shown(each) for each in traces]}, headers=HEADERS)


async def plan(request: Request) -> Response:
    """Answer how PostgreSQL would run a statement now, with the values that were bound to it; it does not run."""
    trace = recent_of(request).find(number_of(request.path_params["trace"]))
    span = trace and next((each for each in trace.spans if each.id == number_of(request.path_params["span"])), None)
    if trace is None or span is None or QUERY not in span.attributes:
        raise UnknownResource(request.scope["path"])
    lines = await explain(request.app.state.gateway, str(span.attributes[QUERY]), values_of(trace, span))
    return json_response({"plan": lines}, headers=HEADERS)


def recent_of(request: Request) -> Recent:
    """Return the memory of the last requests."""
    return request.app.state.tracing.recent


def number_of(text: str) -> int:
    """Return an id, 0 for what is none."""
    try:
        return int(text, 16)
    except ValueError:
        return 0


def values_of(trace: Trace, span: Span) -> tuple[Any, ...]:
    """Return what was bound to a statement."""
    return (trace.parameters or {}).get(span.id, ())


def shown(trace: Trace) -> dict[str, object]:
    """Return a request as the page reads it; times are in milliseconds, ids in hexadecimal."""
    about = trace.attributes
    collections = {str(each.attributes[COLLECTION]) for each in trace.spans if COLLECTION in each.attributes}
    collections |= {name for each in trace.spans for name in collections_of(str(each.attributes.get(QUERY, "")))}
    return {
        "id": f"{trace.id:016x}",
        "trace": f"{trace.trace_id:032x}",
        "method": about["http.request.method"],
        "path": about["url.path"],
        "query": trace.query,
        "operation": about.get(OPERATION, ""),
        "root_fields": about.get(ROOT_FIELDS, ""),
        "error": about.get(ERROR, ""),
        "status": about.get(STATUS, 0),
        "started": datetime.fromtimestamp(trace.at(trace.start) / 1e9, UTC),
        "duration": milliseconds(trace.end - trace.start),
        "collections": sorted(collections),
        "spans": [shown_span(trace, each) for each in trace.spans],
    }


def shown_span(trace: Trace, span: Span) -> dict[str, object]:
    """Return one step as the page reads it."""
    end = span.end or trace.end
    text = span.attributes.get(QUERY)
    found: dict[str, object] = {
        "id": f"{span.id:016x}",
        "parent": f"{span.parent:016x}",
        "name": span.name,
        "start": milliseconds(span.start - trace.start),
        "duration": milliseconds(end - span.start),
        "error": span.error,
        "attributes": {name: each for name, each in span.attributes.items() if name != QUERY},
    }
    if text is None:
        return found
    values = [shown_value(each) for each in values_of(trace, span)]
    sql = pretty(str(text)) if is_planned(str(text)) else str(text)
    return {**found, "sql": sql, "values": values, "explainable": is_explainable(str(text))}


def shown_value(value: object) -> str:
    """Return a bound value as text, not all of a long one."""
    match value:
        case None:
            text = "null"
        case bytes():
            text = f"{len(value)} bytes"
        case str():
            text = repr(value)
        case Mapping():
            text = repr(dict(cast("Mapping[object, object]", value)))
        case _:
            text = str(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"


def milliseconds(seconds: float) -> float:
    """Return a time with three decimals."""
    return round(seconds * 1e3, 3)
