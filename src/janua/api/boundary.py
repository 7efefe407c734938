"""The outermost layer of every HTTP request: what no endpoint should have to think about.

It refuses URLs that are too long or ambiguous, turns errors into problem documents, never lets the details of an
unexpected one out, and stamps the catalog's revision on the answers about collections. Start at `Boundary`.
"""

import logging
import re
from collections.abc import Awaitable
from itertools import chain
from typing import NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from janua.api.directory import Directory
from janua.api.problems import problem_response
from janua.api.repeated import Headers, read_headers
from janua.api.sending import send_response
from janua.errors import (
    HeadersTooLarge,
    InvalidRequest,
    JanuaError,
    MethodNotAllowed,
    RevisionNotReached,
    UnexpectedFailure,
    UnknownResource,
    UrlTooLong,
)
from janua.gateway.gateway import Gateway
from janua.telemetry.spans import ERROR, annotate

REVISION = "Janua-Catalog-Revision"
MINIMUM = "Janua-Minimum-Revision"
MINIMUM_SECONDS = 5.0
"""How long a request waits for the catalog that it demands."""
HEADER_BYTES = 64 * 1024

# An encoded slash, backslash or control character, or a segment of dots, means one thing to us and may mean another
# to a proxy in front of us.
_AMBIGUOUS = re.compile(rb"%(?:2f|5c|[01][0-9a-f]|7f)|/(?:\.|%2e){1,2}(?:/|$)|%(?![0-9a-f]{2})", re.IGNORECASE)

_REVISION = REVISION.lower().encode()
_MINIMUM = MINIMUM.lower().encode()
_HOST = re.compile(rb"(?:[\w.~!$&'()*+,;=%-]*|\[[0-9a-f:.]+\])(?::[0-9]*)?", re.IGNORECASE)
_NUMBER = re.compile(rb"[0-9]{1,18}")

log = logging.getLogger(__name__)


class Boundary:
    """ASGI middleware; `url_bytes` bounds path and query string together.

    What is in the `directory` is found without asking the routes, which takes as long as reading a record.
    """

    def __init__(self, app: ASGIApp, *, url_bytes: int, directory: Directory) -> None:
        self._app = app
        self._url_bytes = url_bytes
        self._directory = directory

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        gateway = _gateway(scope)
        answer = _Answer(scope, receive, send, None if gateway is None else gateway.live.catalog.revision)
        try:
            self._check_url(scope)
            minimum = _minimum(scope)
            if gateway is not None:
                if minimum is not None or gateway.live.refusal is not None:
                    await _require_revision(gateway, scope, minimum)
                answer.revision = gateway.live.catalog.revision
            await self._app_at(scope)(scope, receive, answer.send)
        except ClientDisconnect:
            return
        except JanuaError as error:
            await answer.with_problem(error)
        except HTTPException as error:
            await answer.with_problem(_routing_error(scope, error))
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await answer.with_problem(UnexpectedFailure())

    def _app_at(self, scope: Scope) -> ASGIApp:
        found = None if scope.get("root_path") else self._directory.find(scope["path"])
        if found is None:
            return self._app
        scope["route"], scope["path_params"] = found
        return found[0].app

    def _check_url(self, scope: Scope) -> None:
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        if len(path) + len(scope["query_string"]) > self._url_bytes:
            raise UrlTooLong(self._url_bytes)
        if (b"%" in path or b"/." in path) and _AMBIGUOUS.search(path):
            raise InvalidRequest("the path has an encoded slash, backslash or control character, or a segment of dots")


class _Demands(NamedTuple):
    """What headers say to everybody: how often there is a `Host`, and the revision that the catalog has to have."""

    hosts: int
    minimum: bytes | None


def _demands(headers: Headers) -> _Demands:
    """Return what headers demand; refuse what a proxy in front of us may understand otherwise.

    Rules: RFC 9112, sections 3.2 and 6.1. Raises: `InvalidRequest`, `HeadersTooLarge`.
    """
    if sum(map(len, chain.from_iterable(headers))) > HEADER_BYTES:
        raise HeadersTooLarge(HEADER_BYTES)
    hosts, minimum = 0, None
    for name, value in headers:
        if name == b"host":
            hosts += 1
            if not _HOST.fullmatch(value):
                raise InvalidRequest("Host must be a name or an address, and a port where it needs one")
        elif name == b"transfer-encoding" and value.lower() != b"chunked":
            raise InvalidRequest("Transfer-Encoding can only be chunked")
        elif name == _MINIMUM and minimum is None:
            minimum = value
    return _Demands(hosts, minimum)


def _minimum(scope: Scope) -> bytes | None:
    """Return the revision that the headers of a request demand. Raises: as `_demands`."""
    hosts, minimum = read_headers(scope, _demands)
    if hosts != 1 and (hosts or scope["http_version"] == "1.1"):
        raise InvalidRequest("Host must be given once")
    return minimum


class _Answer:
    """The answer to one request: stamps it, and knows whether it has begun."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, revision: int | None) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._begun = False
        self.revision = revision

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a message of the answer on; not a coroutine of its own, which would be one more for each request."""
        if message["type"] == "http.response.start":
            self._begun = True
            self._stamp(message)
        return self._send(message)

    async def with_problem(self, error: JanuaError) -> None:
        """Answer with an error."""
        annotate(ERROR, error.code)
        if self._begun:
            # Too late for another status: an answer cut off is the only way left to say that it is not whole.
            log.error("%s %s broke off: %s", self._scope["method"], self._scope["path"], error)
            return
        await send_response(problem_response(error), self._scope, self._receive, self.send)

    def _stamp(self, message: Message) -> None:
        # Of the catalog that the request began with; a registration says itself which one it made.
        if self.revision is not None and _REVISION not in dict(message["headers"]):
            message["headers"] = [*message["headers"], (_REVISION, b"%d" % self.revision)]


def _gateway(scope: Scope) -> Gateway | None:
    return getattr(scope["app"].state, "gateway", None) if "app" in scope else None


async def _require_revision(gateway: Gateway, scope: Scope, minimum: bytes | None) -> None:
    """Wait for the catalog that a request demands.

    Raises: `RevisionNotReached`, `InvalidRequest`, and `DatabaseAhead` unless only the process is asked about.
    """
    if minimum is not None:
        if not _NUMBER.fullmatch(minimum):
            raise InvalidRequest(f"{MINIMUM} must be a catalog revision, a whole number as {REVISION} gives it")
        if not await gateway.live.reach(int(minimum), MINIMUM_SECONDS):
            raise RevisionNotReached(int(minimum), gateway.live.catalog.revision)
    if gateway.live.refusal is not None and scope["path"] not in ("/livez", "/readyz"):
        raise gateway.live.refusal


def _routing_error(scope: Scope, error: HTTPException) -> JanuaError:
    if error.status_code == 405:
        return MethodNotAllowed(scope["method"], ("GET", "HEAD"))
    if error.status_code == 404:
        return UnknownResource(scope["path"])
    return InvalidRequest(error.detail)
