"""`/metrics`: every figure in Prometheus's text format, of all workers.

Start at `metrics_route`.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from janua.gateway.vitals import take
from janua.telemetry.metrics import TYPE, exposition


def metrics_route() -> Route:
    """Return the route."""
    return Route("/metrics", metrics, methods=["GET"])


async def metrics(request: Request) -> Response:
    """Answer the figures as they are now."""
    take(request.app.state.gateway)
    return Response(exposition(), headers={"Cache-Control": "no-store", "Content-Type": TYPE})
