"""What a generated client does: requests to a Janua server over REST, with nothing but the standard library.

`janua client` prints this file in front of the types and the `Client` of the collections it knows. So it may import
nothing of Janua, and what it defines are names of the printed module. Numbers keep every digit: those with a fraction
or an exponent are `Decimal`.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, TypeAlias, TypeVar, cast

Document = TypeVar("Document")
Number: TypeAlias = int | float | Decimal
Json: TypeAlias = Any
Filter: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Mapping[str, Any]


class Problem(Exception):
    """The server refused: `code` says why for programs, the message for people; `members` has the whole problem."""

    def __init__(self, status: int, members: Mapping[str, Any]) -> None:
        super().__init__(members.get("detail") or f"HTTP status {status}")
        self.status = status
        self.code = str(members.get("code", ""))
        self.members = members


@dataclass(frozen=True)
class Stored(Generic[Document]):
    """A record: a document with its id, its version and times in RFC 3339; `included` has related records."""

    id: str
    data: Document
    version: int
    schema_version: int
    created_at: str
    updated_at: str
    included: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Page(Generic[Document]):
    """Some records of a list; `next` and `previous` are the cursors of the pages beside it, None at the ends."""

    items: Sequence[Stored[Document]]
    next: str | None
    previous: str | None
    total: int | None


@dataclass(frozen=True)
class Server:
    """Where requests go, and how long one may take in seconds."""

    url: str
    timeout: float
    headers: Mapping[str, str]

    def ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters | None = None,
        body: Json = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """Return the JSON of an answer, None when it has no body. Raises: `Problem`, `OSError`."""
        query = urllib.parse.urlencode(
            {name: _text(each) for name, each in (parameters or {}).items() if each is not None and each is not False}
        )
        request = urllib.request.Request(  # noqa: S310 -- the caller says which server
            f"{self.url.rstrip('/')}{path}{'?' if query else ''}{query}",
            data=None if body is None else _json(body).encode(),
            method=method,
            headers={"Accept": "application/json", **self.headers, **(headers or {})},
        )
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310 -- as above
                text = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise Problem(error.code, _members(error.read())) from None
        return json.loads(text, parse_float=Decimal) if text else None


class Records(Generic[Document]):
    """The records of one collection."""

    def __init__(self, server: Server, name: str) -> None:
        self._server = server
        self._path = f"/api/{name}"

    def list(  # noqa: PLR0913 -- the parameters of a list, by name
        self,
        where: Filter | None = None,
        *,
        sort: str | None = None,
        limit: int | None = None,
        after: str | None = None,
        before: str | None = None,
        offset: int | None = None,
        fields: Sequence[str] | None = None,
        include: Sequence[str] | None = None,
        count: bool = False,
    ) -> Page[Document]:
        """Return a page of the records that match, in the order of `sort` (`-price,title`); with `count`, how many."""
        parameters = {
            "where": where, "sort": sort, "limit": limit, "after": after, "before": before, "offset": offset,
            "fields": fields, "include": include, "count": "exact" if count else None,
        }  # fmt: skip
        found = self._server.ask("GET", self._path, parameters=parameters)
        return Page([_stored(each) for each in found["items"]], **found["page"])

    def all(self, where: Filter | None = None, *, sort: str | None = None) -> Iterator[Stored[Document]]:
        """Yield all the records that match, page by page."""
        page = self.list(where, sort=sort, limit=100)
        yield from page.items
        while page.next is not None:
            page = self.list(where, sort=sort, limit=100, after=page.next)
            yield from page.items

    def get(
        self, id: str, *, fields: Sequence[str] | None = None, include: Sequence[str] | None = None
    ) -> Stored[Document]:
        """Return a record. Raises: `Problem` of code `record.not_found`."""
        return _stored(self._server.ask("GET", self._at(id), parameters={"fields": fields, "include": include}))

    def create(self, document: Document, *, idempotency_key: str | None = None) -> Stored[Document]:
        """Store a new record; one that is sent again with the same key is stored once."""
        headers = {"Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        return _stored(self._server.ask("POST", self._path, body=_Given(document), headers=headers))

    def put(self, id: str, document: Document, *, if_version: int | None = None) -> Stored[Document]:
        """Store a record under an id, in place of the one that is there; with `if_version` only of that version."""
        headers = {"Content-Type": "application/json", **_if_match(if_version)}
        return _stored(self._server.ask("PUT", self._at(id), body=_Given(document), headers=headers))

    def patch(self, id: str, changes: Mapping[str, Any], *, if_version: int | None = None) -> Stored[Document]:
        """Change what `changes` names (RFC 7396): None removes, objects are merged, lists are replaced."""
        headers = {"Content-Type": "application/merge-patch+json", **_if_match(if_version)}
        return _stored(self._server.ask("PATCH", self._at(id), body=_Given(changes), headers=headers))

    def delete(self, id: str, *, if_version: int | None = None) -> None:
        """Remove a record."""
        self._server.ask("DELETE", self._at(id), headers=_if_match(if_version))

    def _at(self, id: str) -> str:
        return f"{self._path}/{urllib.parse.quote(id, safe='')}"


@dataclass(frozen=True)
class _Given:
    """A body that is there, be it None."""

    document: Json


def _stored(members: Mapping[str, Any]) -> Stored[Any]:
    return Stored(**members)


def _if_match(version: int | None) -> dict[str, str]:
    return {} if version is None else {"If-Match": f'"{version}"'}


def _members(text: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError:
        return {}
    return cast("Mapping[str, Any]", found) if isinstance(found, dict) else {}


def _text(value: Json) -> str:
    """Return the text of a parameter: filters are JSON, lists have commas."""
    match value:
        case str():
            return value
        case Mapping():
            return _json(value)
        case Sequence():
            return ",".join(map(str, cast("Sequence[Any]", value)))
        case _:
            return str(value)


def _json(value: Json) -> str:
    """Return JSON in which decimals have all their digits."""
    match value:
        case _Given():
            return _json(value.document)
        case Decimal():
            return str(value)
        case Mapping():
            members = cast("Mapping[str, Any]", value).items()
            return "{" + ",".join(f"{json.dumps(name)}:{_json(each)}" for name, each in members) + "}"
        case list() | tuple():
            return "[" + ",".join(_json(each) for each in cast("Sequence[Any]", value)) + "]"
        case _:
            return json.dumps(value, allow_nan=False)
