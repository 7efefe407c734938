"""One resource: its methods, and what all methods have in common.

`resource` makes a route of it. HEAD comes with GET, OPTIONS with everything; another method is a 405 that says which
there are. A read whose client has gone is cancelled, so that its SQL is too.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pkgutil import resolve_name
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from janua.api.sending import send_response
from janua.api.watch import Watch
from janua.errors import MethodNotAllowed
from janua.gateway.gateway import Gateway

Method = Callable[[Request], Awaitable[Response]]
GENERIC = "records"
"""The collection that `/records` is about."""


def resource(path: str, methods: Mapping[str, Method] | str, **headers: str) -> Route:
    """Return the route of a resource with these methods; `headers` (`accept_patch`) go with OPTIONS.

    Methods may be named, as `module:NAME`: the module is then loaded with the first request.
    """
    return Route(path, _Resource(methods, headers))


def gateway_of(request: Request) -> Gateway:
    """Return the gateway that the application opened."""
    return request.app.state.gateway


def collection_of(request: Request) -> str:
    """Return the collection that the path names."""
    return request.path_params.get("collection", GENERIC)


def path_of(request: Request) -> str:
    """Return the path of the request, encoded; unlike `request.url` it does not depend on the `Host` header."""
    return quote(request.scope["path"])


class _Resource:
    def __init__(self, methods: Mapping[str, Method] | str, headers: Mapping[str, str]) -> None:
        self._name = methods if isinstance(methods, str) else ""
        self.methods: Mapping[str, Method] = {} if isinstance(methods, str) else _with_head(methods)
        self._headers = {name.replace("_", "-").title(): each for name, each in headers.items()}

    def load(self) -> None:
        """Load the methods that were only named; this may take a while."""
        self.methods = _with_head(resolve_name(self._name))

    @property
    def _allowed(self) -> tuple[str, ...]:
        return (*sorted(self.methods), "OPTIONS")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(request)
        await send_response(response, scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not self.methods:
            await asyncio.to_thread(self.load)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ", ".join(self._allowed), **self._headers})
        method = self.methods.get(request.method)
        if method is None:
            raise MethodNotAllowed(request.method, self._allowed)
        if request.method not in ("GET", "HEAD"):
            return await method(request)
        with Watch(request.scope):
            return await method(request)


def _with_head(methods: Mapping[str, Method]) -> Mapping[str, Method]:
    return {**methods, **({"HEAD": methods["GET"]} if "GET" in methods else {})}
