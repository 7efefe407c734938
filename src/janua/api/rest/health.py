"""For operators: whether the process is alive, and whether it can serve."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from janua.api.rest.resource import gateway_of
from janua.api.wire import json_response
from janua.gateway.gateway import is_ready

READY_SECONDS = 2.0


async def live(_: Request) -> Response:
    """Answer that the process runs; asks nobody else."""
    return json_response({"status": "ok"})


async def ready(request: Request) -> Response:
    """Answer whether the database and a catalog are there: 200, or 503 with what is missing."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            checks = await is_ready(gateway_of(request))
    except TimeoutError:
        checks = {"database": False}
    if all(checks.values()):
        return json_response({"status": "ready", "checks": checks})
    missing = ", ".join(name for name, holds in checks.items() if not holds)
    answer = {"status": "unavailable", "reason": f"not available: {missing}", "checks": checks}
    return json_response(answer, 503, {"Retry-After": "1"})


LIVE = {"GET": live}
READY = {"GET": ready}
