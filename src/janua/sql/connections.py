"""Connections: pages of records as GraphQL shows them, as one value inside a larger answer.

The rows are limited first, by the innermost select; nothing is counted, and no cursor made, that is not shown. A cursor
is what `query.cursor` makes, made in SQL: `1.` and base64url of an HMAC-SHA256 (RFC 2104) and what it signs.
Start at `connection_text`.
"""

from collections.abc import Callable
from typing import assert_never

from sqlglot import exp

from janua.query.cursor import MAC_BYTES, PREFIX
from janua.query.parts import (
    Connection,
    Constant,
    Cursors,
    EdgeCursor,
    Edges,
    ListPart,
    Nodes,
    PageFact,
    PageFacts,
    Part,
    Total,
)
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.filters import condition, related_rows
from janua.sql.order import InOrder, Numbered, Sorting
from janua.sql.pages import Page, limit_of, page_rows
from janua.sql.terms import Tree, text
from janua.sql.values import object_of

Show = Callable[[Part, Row, Binds], list[Tree]]
"""Makes the fragments of a part of a row; `parts.fragments`."""


def connection_text(part: Connection, row: Row, binds: Binds, show: Show) -> Tree:
    """Return the text of a connection, as a value; `row` is the record that it belongs to, where it belongs to one."""
    return _Page(part, row, binds, show).text()


class _Page:
    """One connection on its way to SQL."""

    def __init__(self, part: Connection, row: Row, binds: Binds, show: Show) -> None:
        self._part, self._row, self._binds, self._show = part, row, binds, show

    @property
    def _limit(self) -> Tree:
        # Not before it is needed: a parameter that no text names is one too many.
        return limit_of(self._part.limit, self._part.size, self._binds)

    def text(self) -> Tree:
        """Return the text of the whole, as a value."""
        shown = [each for _, each in self._part.members]
        if not any(isinstance(each, Nodes | Edges | PageFacts) for each in shown):
            return terms.concatenated(self._object(None, None))
        looks_on = any(isinstance(each, PageFacts) for each in shown)
        part = self._part
        limit = terms.plus(self._limit, 1) if looks_on else self._limit
        rows, sorting = page_rows(
            self._rows, Page(part.order, limit, part.bound, part.offset, part.backward), self._binds
        )
        found = sorting.numbered(rows, backward=part.backward) if looks_on else sorting.in_order(rows)
        answer = terms.concatenated(self._object(sorting, found))
        return selects.scalar(selects.select(answer, source=found.source))

    def _rows(self) -> tuple[Row, exp.Select]:
        if self._part.link is None:
            related = Row(self._binds.alias())
            rows = selects.select(source=selects.table(self._part.table, related.alias))
        else:
            related, rows = related_rows(self._part.link, self._row, self._binds)
        return related, selects.with_condition(rows, condition(self._part.filter, related, self._binds))

    def _object(self, sorting: Sorting | None, found: InOrder | None) -> list[Tree]:
        return object_of([(key, self._member(each, sorting, found)) for key, each in self._part.members])

    def _member(self, part: ListPart, sorting: Sorting | None, found: InOrder | None) -> list[Tree]:
        match part:
            case Constant(constant):
                return [text(constant)]
            case Total():
                return [self._total()]
            case _ if sorting is None or found is None:
                raise TypeError("members that show records need rows")
            case Nodes(shown):
                return self._listed(self._show(shown, found.row, self._binds), found)
            case Edges(members):
                shown = object_of([(key, self._edge(each, sorting, found)) for key, each in members])
                return self._listed(shown, found)
            case PageFacts(members):
                if not isinstance(found, Numbered):
                    raise TypeError("facts of a page need numbered rows")
                return object_of([(key, self._fact(each, sorting, found)) for key, each in members])
            case _:
                assert_never(part)

    def _edge(self, part: Constant | EdgeCursor | Nodes, sorting: Sorting, found: InOrder) -> list[Tree]:
        match part:
            case Constant(constant):
                return [text(constant)]
            case Nodes(shown):
                return self._show(shown, found.row, self._binds)
            case EdgeCursor():
                return [self._cursor(sorting, found)]
            case _:
                assert_never(part)

    def _listed(self, shown: list[Tree], found: InOrder) -> list[Tree]:
        # Those that are not numbered are as many as are shown.
        within = self._within(found) if isinstance(found, Numbered) else None
        items = selects.aggregate("string_agg", terms.concatenated(shown), text(", "), order=found.order, only=within)
        return [text("["), items, text("]")]

    def _within(self, numbered: Numbered) -> Tree:
        return terms.compare(numbered.place, "<=", self._limit)

    def _total(self) -> Tree:
        _, rows = self._rows()
        return selects.scalar(rows.select(terms.call("count", terms.star()), copy=False))

    def _fact(self, fact: Constant | PageFact, sorting: Sorting, numbered: Numbered) -> list[Tree]:
        match fact:
            case Constant(constant):
                return [text(constant)]
            case "hasNextPage":
                return [self._behind() if self._part.backward else self._ahead()]
            case "hasPreviousPage":
                return [self._ahead() if self._part.backward else self._behind()]
            case "startCursor" | "endCursor":
                return [self._end_cursor(fact, sorting, numbered)]
            case _:
                assert_never(fact)

    def _ahead(self) -> Tree:
        """Return whether there are records beyond the page, in the direction of reading."""
        return terms.cast(terms.compare(terms.call("count", terms.star()), ">", self._limit), "text")

    def _behind(self) -> Tree:
        """Return whether there are records on the other side: a boundary, or a skip, proves some."""
        return text("true" if self._part.bound is not None or self._part.skips else "false")

    def _end_cursor(self, fact: PageFact, sorting: Sorting, numbered: Numbered) -> Tree:
        nearest = terms.compare(numbered.place, "=", terms.number(1))
        farthest = terms.compare(numbered.place, "=", terms.call("least", numbered.found, self._limit))
        at_start = (fact == "startCursor") != self._part.backward
        only = terms.all_of(nearest if at_start else farthest, self._within(numbered))
        cursor = selects.aggregate("max", self._cursor(sorting, numbered), only=only)
        return terms.call("coalesce", cursor, text("null"))

    def _cursor(self, sorting: Sorting, found: InOrder) -> Tree:
        if self._part.cursors is None:
            raise TypeError("a connection that shows cursors has their keys")
        return cursor_text(self._part.cursors, sorting.key_texts(found.row.alias or ""), self._binds)


def cursor_text(cursors: Cursors, keys: list[Tree], binds: Binds) -> Tree:
    """Return the cursor of a row with these key values, as a JSON string."""
    payload = _bytes(terms.cast(terms.call("json_build_array", binds.use(cursors.context, "text"), *keys), "text"))
    inner = binds.use(cursors.inner_key, "bytea")
    outer = binds.use(cursors.outer_key, "bytea")
    signed = terms.joined(inner, _bytes(text(PREFIX)), payload)
    mac = terms.call("sha256", terms.joined(outer, terms.call("sha256", signed)))
    cut = terms.call("substr", mac, terms.number(1), terms.number(MAC_BYTES))
    encoded = terms.call("encode", terms.joined(cut, payload.copy()), text("base64"))
    # base64url without padding; PostgreSQL breaks its base64 into lines.
    url = terms.call("translate", encoded, text("+/=\n"), text("-_"))
    return terms.joined(text(f'"{PREFIX}'), url, text('"'))


def _bytes(value: Tree) -> Tree:
    return terms.call("convert_to", value, text("UTF8"))
