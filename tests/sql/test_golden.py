"""Golden SQL: what queries on the library's books are lowered to. `golden/*.sql` has a title, the input, the SQL.

After a wanted change, `python -m tests.sql.test_golden` writes the files anew; read the difference before committing.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from janua.query.ast import AggregateQuery, PageRequest, ReadQuery
from janua.query.cursor import encode
from janua.query.orders import order_keys
from janua.query.parse import parse_sort
from janua.query.plan import context_of, plan_aggregate, plan_filter, plan_read
from janua.sql.aggregate import aggregate_statement
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.filters import condition
from janua.sql.indexes import named_index
from janua.sql.select import select_statement
from janua.sql.statement import render
from tests.query.builders import KEY, LIMITS, a_catalog
from tests.sql.builders import an_index

FOLDER = Path(__file__).parent / "golden"
CATALOG = a_catalog()


def a_condition(where: Any) -> str:
    planned = plan_filter(CATALOG, "books", where, limits=LIMITS)
    return render(condition(planned.plan, Row("t"), Binds()))


def a_page(asked: Mapping[str, Any]) -> str:
    order = parse_sort(asked.get("sort", ""))
    after = asked.get("after")
    where = asked.get("where")
    if after is not None:
        keys = order_keys(CATALOG, "books", order, "rest", LIMITS)
        after = encode(KEY, context_of("books", keys, (where, None)), after)
    query = ReadQuery(
        "books",
        where,
        order=order,
        page=PageRequest(first=asked.get("limit"), after=after),
        fields=None if "fields" not in asked else tuple(asked["fields"]),
        include=tuple(asked.get("include", ())),
        count=asked.get("count", False),
    )
    return select_statement(plan_read(CATALOG, query, LIMITS, KEY).plan).text


def an_aggregate(asked: Mapping[str, Any]) -> str:
    measures = tuple((function, field) for function, field in asked.get("measures", ()))
    query = AggregateQuery("books", asked.get("where"), group_by=tuple(asked.get("group_by", ())), measures=measures)
    return aggregate_statement(plan_aggregate(CATALOG, query, LIMITS).plan).text


def an_index_definition(asked: Mapping[str, Any]) -> str:
    index = an_index(asked["kind"], *asked["fields"], unique=asked.get("unique", False), where=asked.get("where"))
    return named_index(CATALOG.collection("books"), index).create()


LOWERED: dict[str, Callable[[Any], str]] = {
    "filters": a_condition,
    "pages": a_page,
    "aggregates": an_aggregate,
    "indexes": an_index_definition,
}


def blocks(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield the title, the input and the SQL of each block of a file."""
    text = (FOLDER / f"{kind}.sql").read_text()
    for found in re.finditer(r"^-- (.+)\n-- (.+)\n(?:(?!-- )(.+)\n)?", text, re.MULTILINE):
        yield found[1], found[2], found[3] or ""


CASES = [
    pytest.param(kind, asked, sql, id=title.replace(" ", "-")) for kind in LOWERED for title, asked, sql in blocks(kind)
]


@pytest.mark.parametrize(("kind", "asked", "sql"), CASES)
def test_sql_is_as_agreed(kind: str, asked: str, sql: str) -> None:
    assert f"{LOWERED[kind](json.loads(asked))};" == sql


def write() -> None:
    for kind, lowered in LOWERED.items():
        written = [f"-- {title}\n-- {asked}\n{lowered(json.loads(asked))};\n" for title, asked, _ in blocks(kind)]
        (FOLDER / f"{kind}.sql").write_text("\n".join(written))


if __name__ == "__main__":
    write()
