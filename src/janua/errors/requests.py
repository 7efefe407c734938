"""What is wrong with a request as such, or with the server that should answer it: family `request`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from janua.errors.root import JanuaError


@dataclass(eq=False)
class InvalidRequest(JanuaError):
    """A header, path or method is malformed; `reason` says which and what to send instead."""

    code: ClassVar[str] = "request.invalid"
    title: ClassVar[str] = "Invalid request"
    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class UnsupportedMediaType(JanuaError):
    """The body has a content type that this resource does not take."""

    code: ClassVar[str] = "request.media_type"
    title: ClassVar[str] = "Unsupported media type"
    found: str
    accepted: Sequence[str]

    def __str__(self) -> str:
        return f"content type {self.found or '(none)'!r} is not accepted here; send {' or '.join(self.accepted)}"


@dataclass(eq=False)
class NotAcceptable(JanuaError):
    """`Accept` allows none of the media types that this resource has."""

    code: ClassVar[str] = "request.not_acceptable"
    title: ClassVar[str] = "Not acceptable"
    offered: Sequence[str]

    def __str__(self) -> str:
        return f"the Accept header allows none of the media types there are here: {', '.join(self.offered)}"


@dataclass(eq=False)
class UnknownResource(JanuaError):
    """No resource has this path."""

    code: ClassVar[str] = "request.not_found"
    title: ClassVar[str] = "No such resource"
    path: str

    def __str__(self) -> str:
        return f"there is nothing at {self.path[:200]!r}"


@dataclass(eq=False)
class MethodNotAllowed(JanuaError):
    """The resource exists, but does not have this method; the `Allow` header lists those it has."""

    code: ClassVar[str] = "request.method"
    title: ClassVar[str] = "Method not allowed"
    method: str
    allowed: Sequence[str]

    def __str__(self) -> str:
        return f"{self.method[:40]} is not allowed here; use {', '.join(self.allowed)}"


@dataclass(eq=False)
class UrlTooLong(JanuaError):
    """The path and query string are longer than `limits.url_bytes`."""

    code: ClassVar[str] = "request.url_too_long"
    title: ClassVar[str] = "The URL is too long"
    limit: int

    def __str__(self) -> str:
        return f"the path and query string have more than {self.limit} bytes"


@dataclass(eq=False)
class HeadersTooLarge(JanuaError):
    """The headers of the request have more bytes than the server takes."""

    code: ClassVar[str] = "request.headers_too_large"
    title: ClassVar[str] = "The headers are too large"
    limit: int

    def __str__(self) -> str:
        return f"the headers have more than {self.limit} bytes"


@dataclass(eq=False)
class RequestTooSlow(JanuaError):
    """The headers or the body did not arrive within `server.receive_timeout`; for an import, its next part."""

    code: ClassVar[str] = "request.timeout"
    title: ClassVar[str] = "The request took too long to arrive"
    seconds: float

    def __str__(self) -> str:
        return f"the request did not arrive within {self.seconds:g} seconds"


@dataclass(eq=False)
class Overloaded(JanuaError):
    """More requests are here than `server.max_in_flight` lets in at once; nothing was done about this one."""

    code: ClassVar[str] = "request.overloaded"
    title: ClassVar[str] = "Too many requests at once"

    def __str__(self) -> str:
        return "too many requests at once; nothing was done, send it again after a moment"


@dataclass(eq=False)
class UnexpectedFailure(JanuaError):
    """Something failed that Janua did not foresee: a bug. The details are in the server's log, never in the answer."""

    code: ClassVar[str] = "request.failed"
    title: ClassVar[str] = "Unexpected failure"

    def __str__(self) -> str:
        return "Janua failed unexpectedly; the server's log has the details"
