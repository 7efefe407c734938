"""What a generated client does: requests to a Janua server over REST, with nothing but the standard library.

`janua client` prints this file in front of the types and the `Client` of the collections it knows. So it may import
nothing of Janua, and what it defines are names of the printed module. Numbers keep every digit: those with a fraction
or an exponent are `Decimal`.
"""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, Literal, TypeAlias, TypeVar, cast

Document = TypeVar("Document")
Number: TypeAlias = int | float | Decimal
Json: TypeAlias = Any
Filter: TypeAlias = Mapping[str, Any]
Parameters: TypeAlias = Mapping[str, Any]
CHUNK_BYTES = 65536


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
class Group:
    """Records with the same values in `key`: how many, and the figures that were asked for, by field."""

    key: Mapping[str, Any]
    count: int
    sum: Mapping[str, Any]
    avg: Mapping[str, Any]
    min: Mapping[str, Any]
    max: Mapping[str, Any]
    count_distinct: Mapping[str, int]


@dataclass(frozen=True)
class Groups:
    """What is known of all groups; `truncated`: there are more of them than an answer may have."""

    groups: Sequence[Group]
    truncated: bool


@dataclass(frozen=True)
class ImportReport:
    """How many documents became records, replaced one, or were left out, and of the first of these why."""

    imported: int
    updated: int
    rejected: int
    rejections: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Server:
    """Where requests go, and for how many seconds nothing may come or go while one is under way."""

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
        data = None if body is None else _json(body).encode()
        with self.send(method, path, parameters=parameters, data=data, headers=headers) as answer:
            text = answer.read()
        return json.loads(text, parse_float=Decimal) if text else None

    def send(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters | None = None,
        data: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> http.client.HTTPResponse:
        """Return an answer that is still to be read, and closed. Raises: `Problem`, `OSError`."""
        query = urllib.parse.urlencode(
            {name: _text(each) for name, each in (parameters or {}).items() if each is not None and each is not False}
        )
        request = urllib.request.Request(  # noqa: S310 -- the caller says which server
            f"{self.url.rstrip('/')}{path}{'?' if query else ''}{query}",
            data=data,
            method=method,
            headers={"Accept": "application/json", **self.headers, **(headers or {})},
        )
        try:
            return cast("http.client.HTTPResponse", urllib.request.urlopen(request, timeout=self.timeout))  # noqa: S310 -- as above
        except urllib.error.HTTPError as error:
            with error:
                raise Problem(error.code, _members(error.read())) from None


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

    def json_patch(
        self, id: str, operations: Sequence[Mapping[str, Any]], *, if_version: int | None = None
    ) -> Stored[Document]:
        """Change a record by operations of RFC 6902: `[{"op": "add", "path": "/tags/-", "value": "new"}]`."""
        headers = {"Content-Type": "application/json-patch+json", **_if_match(if_version)}
        return _stored(self._server.ask("PATCH", self._at(id), body=_Given(operations), headers=headers))

    def delete(self, id: str, *, if_version: int | None = None) -> None:
        """Remove a record."""
        self._server.ask("DELETE", self._at(id), headers=_if_match(if_version))

    def aggregate(  # noqa: PLR0913 -- the figures, by name
        self,
        where: Filter | None = None,
        *,
        group_by: Sequence[str] = (),
        sum: Sequence[str] = (),
        avg: Sequence[str] = (),
        min: Sequence[str] = (),
        max: Sequence[str] = (),
        count_distinct: Sequence[str] = (),
    ) -> Groups:
        """Return figures of the records that match: of all together, or for each group of equal values."""
        asked = {
            "group_by": group_by, "sum": sum, "avg": avg, "min": min, "max": max, "count_distinct": count_distinct,
        }  # fmt: skip
        parameters = {"where": where, **{name: each for name, each in asked.items() if each}}
        found = self._server.ask("GET", f"{self._path}/aggregate", parameters=parameters)
        return Groups([_group(each) for each in found["groups"]], found["truncated"])

    def import_documents(
        self,
        documents: Iterable[Document],
        *,
        on_error: Literal["abort", "skip"] = "abort",
        on_conflict: str | None = None,
    ) -> ImportReport:
        """Store any number of documents in one transaction, of which few are held in memory.

        With `skip`, those that cannot be stored are left out; `on_conflict` names a unique field by which stored ones
        are replaced. The server stores when it has all: for millions, a `timeout` of minutes.
        """
        parameters = {"on_error": on_error, "on_conflict": on_conflict}
        headers = {"Content-Type": "application/x-ndjson"}
        data = _chunks(documents)
        with self._server.send(
            "POST", f"{self._path}/import", parameters=parameters, data=data, headers=headers
        ) as answer:
            return ImportReport(**json.loads(answer.read(), parse_float=Decimal))

    def export(self, where: Filter | None = None) -> Iterator[Document]:
        """Yield the documents that match, from one snapshot, as they come."""
        with self._server.send("GET", f"{self._path}/export", parameters={"where": where}) as answer:
            for line in answer:
                yield json.loads(line, parse_float=Decimal)

    def _at(self, id: str) -> str:
        return f"{self._path}/{urllib.parse.quote(id, safe='')}"


@dataclass(frozen=True)
class _Given:
    """A body that is there, be it None."""

    document: Json


def _stored(members: Mapping[str, Any]) -> Stored[Any]:
    return Stored(**members)


def _group(members: Mapping[str, Any]) -> Group:
    figures = {name: members.get(name, {}) for name in ("key", "sum", "avg", "min", "max")}
    return Group(count=members["count"], count_distinct=members.get("countDistinct", {}), **figures)


def _chunks(documents: Iterable[Any]) -> Iterator[bytes]:
    """Yield the lines of documents, several at a time."""
    lines: list[bytes] = []
    size = 0
    for each in documents:
        lines.append(_json(each).encode() + b"\n")
        size += len(lines[-1])
        if size >= CHUNK_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)


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
