"""What is wrong with a request as such, or with the server that should answer it: family `request`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class InvalidRequest(JanuaError):
    """A header, path or method is malformed; `reason` says which and what to send instead."""

    code: ClassVar[str] = "request.invalid"
    title: ClassVar[str] = "Invalid request"
    cure: ClassVar[str] = "Correct what `reason` names."
    example: ClassVar[Mapping[str, Any]] = {"reason": "Idempotency-Key is given twice"}
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class UnsupportedMediaType(JanuaError):
    """The body has a content type that this resource does not take."""

    code: ClassVar[str] = "request.media_type"
    title: ClassVar[str] = "Unsupported media type"
    cure: ClassVar[str] = "Send one of the `accepted` content types."
    example: ClassVar[Mapping[str, Any]] = {"found": "text/plain", "accepted": ("application/json",)}
    found: str
    accepted: Sequence[str]

    def __str__(self) -> str:
        return f"content type {self.found or '(none)'!r} is not accepted here; send {' or '.join(self.accepted)}"


@dataclass(eq=False)
class NotAcceptable(JanuaError):
    """`Accept` allows none of the media types that this resource has."""

    code: ClassVar[str] = "request.not_acceptable"
    title: ClassVar[str] = "Not acceptable"
    cure: ClassVar[str] = "Allow one of the `offered` media types, or `*/*`."
    example: ClassVar[Mapping[str, Any]] = {"offered": ("application/json",)}
    offered: Sequence[str]

    def __str__(self) -> str:
        return f"the Accept header allows none of the media types there are here: {', '.join(self.offered)}"


@dataclass(eq=False)
class UnknownResource(JanuaError):
    """No resource has this path."""

    code: ClassVar[str] = "request.not_found"
    title: ClassVar[str] = "No such resource"
    cure: ClassVar[str] = "Check the path; `/docs` lists all."
    example: ClassVar[Mapping[str, Any]] = {"path": "/apis/books"}
    path: str

    def __str__(self) -> str:
        return f"there is nothing at {self.path[:200]!r}"


@dataclass(eq=False)
class MethodNotAllowed(JanuaError):
    """The resource exists, but does not have this method; the `Allow` header lists those it has."""

    code: ClassVar[str] = "request.method"
    title: ClassVar[str] = "Method not allowed"
    cure: ClassVar[str] = "Use one of the `allowed` methods."
    example: ClassVar[Mapping[str, Any]] = {"method": "PUT", "allowed": ("GET", "HEAD")}
    method: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        return f"{self.method[:40]} is not allowed here; use {', '.join(self.allowed)}"


@dataclass(eq=False)
class UrlTooLong(JanuaError):
    """The path and query string are longer than `limits.url_bytes`."""

    code: ClassVar[str] = "request.url_too_long"
    title: ClassVar[str] = "The URL is too long"
    cure: ClassVar[str] = "Shorten the query, or raise `limits.url_bytes`."
    example: ClassVar[Mapping[str, Any]] = {"limit": 16384}
    limit: int

    def __str__(self) -> str:
        return f"the path and query string have more than {self.limit} bytes"


@dataclass(eq=False)
class HeadersTooLarge(JanuaError):
    """The headers of the request have more bytes than the server takes."""

    code: ClassVar[str] = "request.headers_too_large"
    title: ClassVar[str] = "The headers are too large"
    cure: ClassVar[str] = "Send fewer or shorter headers."
    example: ClassVar[Mapping[str, Any]] = {"limit": 65536}
    limit: int

    def __str__(self) -> str:
        return f"the headers have more than {self.limit} bytes"


@dataclass(eq=False)
class RequestTooSlow(JanuaError):
    """The headers or the body did not arrive within `server.receive_timeout`; for an import, its next part."""

    code: ClassVar[str] = "request.timeout"
    title: ClassVar[str] = "The request took too long to arrive"
    cure: ClassVar[str] = "Send it again on a faster line; `server.receive_timeout` is the limit."
    example: ClassVar[Mapping[str, Any]] = {"seconds": 20.0}
    seconds: float

    def __str__(self) -> str:
        return f"the request did not arrive within {self.seconds:g} seconds"


@dataclass(eq=False)
class Overloaded(JanuaError):
    """More requests are here than `server.max_in_flight` lets in at once; nothing was done about this one."""

    code: ClassVar[str] = "request.overloaded"
    title: ClassVar[str] = "Too many requests at once"
    cure: ClassVar[str] = "Send it again after `Retry-After`; run more workers when it happens often."

    def __str__(self) -> str:
        return "too many requests at once; nothing was done, send it again after a moment"


@dataclass(eq=False)
class UnexpectedFailure(JanuaError):
    """Something failed that Janua did not foresee: a bug. The details are in the server's log, never in the answer."""

    code: ClassVar[str] = "request.failed"
    title: ClassVar[str] = "Unexpected failure"
    cure: ClassVar[str] = "Look in the server's log, and report it: this is a bug of Janua."

    def __str__(self) -> str:
        return "Janua failed unexpectedly; the server's log has the details"
