"""The composition root: settings → gateway → ASGI application → server. It wires, and decides nothing.

Start at `create_app` for the application, at `run` for a server of it.
"""

import asyncio
import contextlib
import gc
import importlib
import logging
import math
import socket
import sys
from collections.abc import AsyncGenerator
from functools import partial
from types import FrameType

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp
from uvicorn.supervisors.multiprocess import Multiprocess, Process

from janua.api.admission import FEWEST
from janua.api.boundary import Boundary
from janua.api.directory import Directory
from janua.api.graphql.execution import Engine
from janua.api.graphql.http import GraphQLEndpoint, graphql_routes
from janua.api.metrics import metrics_route
from janua.api.observation import Observation, Observed
from janua.api.pages import page_routes
from janua.api.protocol import ServerConfig
from janua.api.rest.documents import OpenApiDocuments
from janua.api.rest.routes import rest_routes
from janua.api.traces import trace_routes
from janua.config import Settings, is_open
from janua.gateway.builtin import ensure_records
from janua.gateway.evolver import evolving
from janua.gateway.gateway import Gateway, open_gateway
from janua.gateway.vitals import taking_vitals
from janua.telemetry.metrics import NOW, share_between_workers, worker_ended
from janua.telemetry.tracing import Tracing, open_tracing

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 30
START_SECONDS = 60
"""How long a worker may take to start or to answer its parent; uvicorn's 5 would kill those of a busy machine."""
SWITCH_SECONDS = 0.001
"""How long a thread that compiles a schema may hold up the event loop; Python's own 5 ms add up within a request."""
GC_THRESHOLD = 10_000
"""Objects that may come into being before the garbage is looked through. With Python's 700, that is done many times
while some requests are under way, whose objects are all still wanted."""


LATER = (
    "janua.registry.validation",
    "janua.gateway.evolving",
    "janua.api.rest.registry",
    "janua.api.rest.evolutions",
    "janua.api.rest.transfer",
    "janua.api.rest.openapi",
    "janua.api.graphql.registry",
)
"""What no read of records needs: a third of all code. It is loaded once the server answers, or by the first request
that needs it."""
LATER_SECONDS = 0.5
"""How long the first requests have the process to themselves."""


def create_app(settings: Settings, *, dev: bool = False, gateway: Gateway | None = None) -> Starlette:
    """Return the application; while it runs, it has a gateway of its own, unless it is given one.

    `dev` is for what only developers may see.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        sys.setswitchinterval(SWITCH_SECONDS)
        NOW.places = settings.server.max_in_flight
        async with contextlib.AsyncExitStack() as stack:
            await stack.enter_async_context(open_tracing(observed.tracing, dev=dev))
            app.state.gateway = gateway or await stack.enter_async_context(open_gateway(settings, serves=True))
            observed.live = app.state.gateway.live
            await ensure_records(app.state.gateway)
            app.state.graphql = Engine(app.state.gateway, dev=dev)
            await stack.enter_async_context(taking_vitals(app.state.gateway))
            await stack.enter_async_context(evolving(app.state.gateway))
            # What is there now stays: to look through it again and again would hold requests up by 100 ms.
            gc.freeze()
            gc.enable()
            gc.set_threshold(GC_THRESHOLD)
            await stack.enter_async_context(loading_the_rest())
            yield

    observed = Observed(Tracing())
    faces = [*graphql_routes(GraphQLEndpoint(settings, dev=dev)), *rest_routes()]
    app = _Application(
        routes=[
            *faces,
            *page_routes(viewers=is_open(settings.server.pages, dev=dev), traces=dev),
            metrics_route(),
            *(trace_routes() if dev else ()),
        ],
        middleware=[
            Middleware(Observation, observed),
            Middleware(Boundary, url_bytes=settings.limits.url_bytes, directory=Directory(faces)),
        ],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.openapi = OpenApiDocuments()
    app.state.tracing = observed.tracing
    app.state.dev = dev
    return app


@contextlib.asynccontextmanager
async def loading_the_rest() -> AsyncGenerator[None]:
    """Load what the first answers did without, in a thread, while the block runs."""

    async def load() -> None:
        await asyncio.sleep(LATER_SECONDS)
        for each in LATER:
            await asyncio.to_thread(importlib.import_module, each)
        gc.freeze()

    task = asyncio.create_task(load())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def server_config(settings: Settings, *, dev: bool = False, gateway: Gateway | None = None) -> ServerConfig:
    """Return the configuration of a server of the application; it can be sent to a worker unless it has a gateway."""
    server = settings.server
    return ServerConfig(
        partial(create_app, settings, dev=dev, gateway=gateway),
        factory=True,
        head_seconds=server.receive_timeout,
        url_bytes=settings.limits.url_bytes,
        max_in_flight=server.max_in_flight,
        fewest_in_flight=max(FEWEST, 2 * settings.database.pool_max),
        log=(settings.log.level, settings.log.format),
        host=server.host.strip("[]"),
        port=server.port,
        workers=server.workers,
        loop="uvloop",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_worker_healthcheck=START_SECONDS,
        timeout_graceful_shutdown=math.ceil(server.shutdown_grace),
    )


def run(settings: Settings, listener: socket.socket) -> None:
    """Serve on a bound socket until SIGINT or SIGTERM, with `server.workers` processes.

    Requests under way then get `server.shutdown_grace` seconds to finish.
    """
    config = server_config(settings)
    config.configure_logging()
    if config.workers == 1:
        _Server(config).run(sockets=[listener])
    else:
        gc.enable()  # each worker does it for itself
        with share_between_workers():
            _Supervisor(config, sockets=[listener]).run()


class _Server(uvicorn.Server):
    """A server that is done when it has stopped: uvicorn's raises the signal again, as if nobody had heard it."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 -- uvicorn's signature
        """Stop at a signal, at once at the second one."""
        self.force_exit = self.should_exit
        self.should_exit = True


class _Supervisor(Multiprocess):
    """Keeps the workers running.

    Uvicorn's would give up all of them when one that is started again meets no database, and kill one that takes more
    than a few seconds to start, on a busy machine again and again.
    """

    def keep_subprocess_alive(self) -> None:
        """Replace the workers that have died."""
        for place, worker in enumerate(self.processes):
            if self.should_exit.is_set() or worker.process.is_alive():
                continue
            worker.join()
            log.warning("worker %s ended with %s and is replaced", worker.pid, worker.exitcode)
            worker_ended(worker.pid or 0)
            self.processes[place] = Process(self.config, self.sockets)
            self.processes[place].start()


class _Application(Starlette):
    """An application with no layers but its own: the boundary makes problem documents of all errors."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return the layers, the outermost first."""
        app: ASGIApp = self.router
        for made, args, kwargs in reversed(self.user_middleware):
            app = made(app, *args, **kwargs)
        return app
