"""The query string → parameters. What a resource does not know is refused, never ignored.

Start at `read_parameters`.
"""

import re
from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from janua.errors import InvalidQuery, UnknownField
from janua.model.likeness import nearest
from janua.query.ast import RawFilter
from janua.query.parse import parse_names, parse_short, parse_where

MANY = 1000
"""Parameters in one query string at most."""

MEANT = {
    "order": "sort", "orderby": "sort", "sortby": "sort",
    "page": "after", "cursor": "after", "skip": "offset",
    "pagesize": "limit", "perpage": "limit", "size": "limit", "first": "limit", "top": "limit",
    "filter": "where", "q": "where", "query": "where",
    "select": "fields", "expand": "include", "embed": "include", "populate": "include",
    "total": "count", "group": "group_by",
}  # fmt: skip
"""How other APIs call our parameters, without _ and capitals."""

_INTEGER = re.compile(r"-?[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Parameters:
    """`named` are the parameters that the resource knows, `filters` all others, in the order of the query string."""

    named: dict[str, str]
    filters: tuple[tuple[str, str], ...] = ()

    def text(self, name: str) -> str | None:
        """Return a parameter as it is."""
        return self.named.get(name)

    def integer(self, name: str) -> int | None:
        """Return a whole number.

        Raises: `InvalidQuery`.
        """
        text = self.named.get(name)
        if text is None:
            return None
        if not _INTEGER.fullmatch(text):
            raise InvalidQuery(name, "expects a whole number")
        return int(text)

    def flag(self, name: str) -> bool:
        """Return a yes or no; no when it was not given.

        Raises: `InvalidQuery` unless it is `true` or `false`.
        """
        return self.choice(name, ("true", "false")) == "true"

    def choice(self, name: str, choices: tuple[str, ...]) -> str | None:
        """Return one of a few words.

        Raises: `InvalidQuery` for any other.
        """
        text = self.named.get(name)
        if text is not None and text not in choices:
            raise InvalidQuery(name, f"expects {' or '.join(choices)}")
        return text

    def names(self, name: str) -> tuple[str, ...] | None:
        """Return a comma list of names, each of which stands there once.

        Raises: `InvalidQuery`.
        """
        text = self.named.get(name)
        if text is None:
            return None
        found = parse_names(name, text)
        if not found:
            raise InvalidQuery(name, "has no name")
        if len(found) != len(set(found)):
            raise InvalidQuery(name, "has a name twice")
        return found

    def where(self) -> RawFilter | None:
        """Return the filter of `where`.

        Raises: `InvalidQuery`.
        """
        text = self.named.get("where")
        return None if text is None else parse_where(text)

    def short(self) -> RawFilter | None:
        """Return the filter of the short form, with operands as text.

        Raises: `InvalidQuery`.
        """
        return parse_short(self.filters)


def read_parameters(request: Request, known: Collection[str], *, filters: bool = False) -> Parameters:
    """Return the parameters of a request; `filters`: others than the known ones are filters in the short form.

    Raises: `InvalidQuery` for one that is unknown, given twice, or not UTF-8.
    """
    named: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name, value in pairs_of(request):
        if name not in known:
            others.append((name, value))
        elif name in named:
            raise InvalidQuery(name, "is given more than once")
        else:
            named[name] = value
    if others and not filters:
        raise InvalidQuery(others[0][0][:200], _unknown(known))
    return Parameters(named, tuple(others))


@contextmanager
def naming_parameters(asked: Parameters, known: Collection[str]) -> Generator[None]:
    """Say of a filter whose name is no field that it is no parameter either, where it might have been meant for one."""
    try:
        yield
    except UnknownField as error:
        if error.path not in {name.partition("[")[0] for name, _ in asked.filters}:
            raise
        meant = MEANT.get(error.path.replace("_", "").lower()) or nearest(error.path, known)
        hint = f"did you mean {meant!r}?" if meant in known else error.hint
        raise UnknownField(error.collection, error.path, error.known, tuple(known), hint) from None


def pairs_of(request: Request) -> list[tuple[str, str]]:
    """Return the names and values of the query string, decoded.

    Raises: `InvalidQuery` when it is not UTF-8 or has too many.
    """
    query: bytes = request.scope["query_string"]
    if not query:
        return []
    try:
        return parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MANY)
    except UnicodeDecodeError:
        raise InvalidQuery("the query string", "is not percent-encoded UTF-8") from None
    except ValueError:
        raise InvalidQuery("the query string", f"has more than {MANY} parameters") from None


def no_parameters(request: Request) -> None:
    """Refuse any parameter.

    Raises: `InvalidQuery`.
    """
    read_parameters(request, ())


def _unknown(known: Collection[str]) -> str:
    listed = f"; this resource has {', '.join(sorted(known))}" if known else "; this resource has none"
    return f"is not a parameter here{listed}"
