"""Query texts of REST and the command line → what `ast` holds; only their grammar: names are looked up in `plan`.

`parse_where` reads JSON filters, `parse_short` the short form, `parse_sort` and `parse_order_by` orders, `parse_names`
the comma lists of `fields`, `include` and `group_by`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from janua.errors import InvalidQuery
from janua.model.json import loads
from janua.model.types import Json
from janua.query.ast import Direction, Nulls, OrderTerm, RawFilter
from janua.query.operators import MEANINGS
from janua.query.scopes import legible

DIRECTIONS: dict[str, tuple[Direction, Nulls | None]] = {
    "ASC": ("asc", None),
    "DESC": ("desc", None),
    "ASC_NULLS_FIRST": ("asc", "first"),
    "ASC_NULLS_LAST": ("asc", "last"),
    "DESC_NULLS_FIRST": ("desc", "first"),
    "DESC_NULLS_LAST": ("desc", "last"),
}
"""The values of GraphQL's `orderBy`."""

NULLS: dict[str, Nulls] = {":nulls_first": "first", ":nulls_last": "last"}
"""The endings of a REST sort key."""

LIST_OPERATORS = frozenset(name for name, each in MEANINGS.items() if each.operand == "values")
_PARAMETER = re.compile(r"(?P<path>[^\[\]]+)(?:\[(?P<operator>[^\[\]]*)\])?")
_ITEM = re.compile(r'"(?P<quoted>(?:[^"]|"")*)"(?:,|$)|(?P<bare>[^,]*)(?:,|$)')


def parse_where(text: str) -> RawFilter:
    """Return the filter of `where={…}`.

    Raises: `InvalidQuery` unless it is a JSON object.
    """
    try:
        found = loads(text)
    except ValueError as error:
        raise InvalidQuery("where", f"is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise InvalidQuery("where", 'expects a JSON object like {"title": {"eq": "Dune"}}')
    return found


def parse_short(parameters: Iterable[tuple[str, str]]) -> RawFilter | None:
    """Return the filter of parameters like `price[gte]=10` or `publisher.city=Utrecht`, with operands as text.

    All must hold, also when one is given twice. Without an operator it is `eq`. The operators that take a list take it
    with commas: `status[in]=draft,published`; an item with a comma is put in double quotes, a double quote in it
    doubled: `title[in]="Guns, Germs",Dune`; nothing is the empty list.
    Returns None without parameters. Raises: `InvalidQuery` for a malformed name.
    """
    parts: list[Json] = [_condition(name, value) for name, value in parameters]
    return {"_and": parts} if parts else None


def parse_sort(text: str) -> tuple[OrderTerm, ...]:
    """Return the order of `sort=-published,title:nulls_first`: `-` is descending.

    Raises: `InvalidQuery` for an empty key.
    """
    return tuple(_sort_key(each) for each in parse_names("sort", text))


def parse_names(parameter: str, text: str) -> tuple[str, ...]:
    """Return the names of a comma list; none for an empty text.

    Raises: `InvalidQuery` when a name is missing between commas.
    """
    names = tuple(each.strip() for each in text.split(",")) if text.strip() else ()
    if "" in names:
        raise InvalidQuery(parameter, "has a name missing between commas")
    return names


def parse_order_by(objects: Sequence[Json]) -> tuple[OrderTerm, ...]:
    """Return the order of GraphQL's `orderBy: [{price: DESC}, {publisher: {city: ASC_NULLS_FIRST}}]`.

    An object without a field is no key: that is what an absent variable leaves of `{price: $direction}`.
    Raises: `InvalidQuery` unless every other object names exactly one field and a direction.
    """
    return tuple(term for each in objects if (term := _order_term(each)) is not None)


def _condition(name: str, value: str) -> dict[str, Json]:
    found = _PARAMETER.fullmatch(name)
    if found is None:
        raise InvalidQuery(legible(name), "is not a parameter; a filter is field=value or field[operator]=value")
    operator = "eq" if found["operator"] is None else found["operator"]
    operand: Json = list[Json](parse_items(value)) if operator in LIST_OPERATORS else value
    return {found["path"]: {operator: operand}}


def parse_items(text: str) -> list[str]:
    """Return the items of the comma list that an operator takes in the short form; see `parse_short`."""
    items: list[str] = []
    place = 0
    # A comma at the very end is followed by one more, empty, item.
    while place < len(text) or text[place - 1 : place] == ",":
        found = _ITEM.match(text, place)
        if found is None:
            break
        quoted, bare = found["quoted"], found["bare"]
        items.append(bare if quoted is None else quoted.replace('""', '"'))
        if found.end() == len(text) and not found[0].endswith(","):
            break
        place = found.end()
    return items


def _sort_key(text: str) -> OrderTerm:
    direction: Direction = "desc" if text.startswith("-") else "asc"
    name = text.removeprefix("-")
    for ending, nulls in NULLS.items():
        if name.endswith(ending):
            return OrderTerm(tuple(name.removesuffix(ending).split(".")), direction, nulls)
    return OrderTerm(tuple(name.split(".")), direction)


def _order_term(raw: Json) -> OrderTerm | None:
    path: list[str] = []
    while isinstance(raw, Mapping) and len(raw) == 1:
        [(name, raw)] = raw.items()
        path.append(name)
    if raw == {}:
        return None
    if not path or not isinstance(raw, str) or raw not in DIRECTIONS:
        raise InvalidQuery("orderBy", "each object names one field and its direction, like {price: DESC}")
    return OrderTerm(tuple(path), *DIRECTIONS[raw])
