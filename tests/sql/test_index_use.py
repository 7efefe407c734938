"""Every operator that an index claims to serve is planned with it on 50,000 records, and finds what no index finds."""

import json
from collections.abc import AsyncGenerator, Iterator
from hashlib import md5
from typing import Any

import asyncpg
import pytest

from janua.model.catalog import Catalog
from janua.model.collection import Index
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    EnumValue,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Uuid,
)
from janua.query.ast import OrderTerm, PageRequest, RawFilter, ReadQuery
from janua.query.plan import plan_filter, plan_read
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.claims import claims
from janua.sql.expressions import Row
from janua.sql.filters import condition
from janua.sql.indexes import named_index
from janua.sql.select import select_statement
from janua.sql.statement import Statement, statement_of, values_for
from tests.conftest import administer, in_database
from tests.query.builders import KEY, LIMITS, a_catalog, a_collection, a_relation, an_object
from tests.sql.builders import an_id, an_index, cursors, indexed, prepare

pytestmark = pytest.mark.anyio

RECORDS = 50_000
FIELDS: dict[str, Any] = {
    "title": Text(),
    "isbn": Text(max_length=20),
    "genre": Enum("Genre", tuple(EnumValue(f"g{number}", f"g{number}") for number in range(200))),
    "price": Number(),
    "pages": Integer(),
    "in_stock": Boolean(),
    "published": Date(),
    "sold_at": DateTime(),
    "opens": Time(),
    "code": Uuid(),
    "tags": Array(Text()),
    "counts": Array(Integer()),
    "lines": Array(Object("Line")),
    "attributes": Anything(),
    "publisher": Object("Publisher"),
    "summary": Text(),
    "body": Text(),
    "author_id": Uuid(),
}
INDEXES: dict[str, Index] = {
    **{
        name: an_index("btree", name)
        for name in ["title", "isbn", "genre", "price", "pages", "in_stock", "published", "sold_at", "opens", "code"]
    },
    **{name: an_index("gin", name) for name in ["tags", "counts", "lines", "attributes", "publisher"]},
    "summary": an_index("trigram", "summary"),
    "body": an_index("fulltext", "body"),
}
# n is the number of a record; 7 and 200 in the operands are records 7 and 200 (with others where values repeat).
DOCUMENT = """
    jsonb_build_object(
        'title', CASE n % 5 WHEN 0 THEN repeat('same long beginning ', 10) ELSE '' END || 'title ' || n,
        'isbn', 'isbn' || n, 'genre', 'g' || n % 200, 'price', n * 1.5, 'pages', n, 'in_stock', n % 200 = 0,
        'published', to_char(date '1900-01-01' + n, 'YYYY-MM-DD'),
        'sold_at', to_char(timestamp '2000-01-01' + n * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS') || 'Z',
        'opens', to_char(time '00:00' + n * interval '1 second', 'HH24:MI:SS') || 'Z',
        'code', lpad(to_hex(n), 8, '0') || '-0000-0000-0000-000000000000'
    ) || jsonb_build_object(
        'tags', jsonb_build_array('tag' || n, 'tag' || n % 100), 'counts', jsonb_build_array(n, -n),
        'lines', jsonb_build_array(jsonb_build_object('sku', 'sku' || n, 'amount', n)),
        'attributes', jsonb_build_object('color', 'c' || n % 300, 'n', n),
        'publisher', jsonb_build_object('city', 'city ' || n % 300),
        'summary', md5(n::text) || ' ' || md5((-n)::text), 'body', md5(n::text) || ' ' || md5((n % 300)::text),
        'author_id', '00000000-0000-0000-0000-' || lpad(to_hex(n % 500), 12, '0')
    )
"""
MD5_OF_7 = md5(b"7").hexdigest()
MD5_OF_MINUS_7 = md5(b"-7").hexdigest()
OPERANDS: dict[str, dict[str, Any]] = {
    "title": {"eq": "title 7", "in": ["title 7", "same long beginning " * 10 + "title 200"], "gt": "title 998",
              "gte": "title 9999", "lt": "same long beginning " * 10 + "title 101",
              "lte": "same long beginning " * 10 + "title 101", "startsWith": "title 123"},
    "isbn": {"eq": "isbn7", "in": ["isbn7", "isbn200"], "gt": "isbn9998", "gte": "isbn9998", "lt": "isbn1001",
             "lte": "isbn1001", "startsWith": "isbn123"},
    "genre": {"eq": "g7", "in": ["g7", "g8"], "gt": "g98", "gte": "g99", "lt": "g1", "lte": "g1"},
    "price": {"eq": "10.5", "in": [10.5, 300], "gt": 74900, "gte": 74900, "lt": 100, "lte": 100},
    "pages": {"eq": 7, "in": [7, 200], "gt": 49900, "gte": 49900, "lt": 100, "lte": 100},
    "in_stock": {"eq": True, "in": [True]},
    "published": {"eq": "1900-01-08", "in": ["1900-01-08"], "gt": "2036-11-01", "gte": "2036-11-01", "lt": "1900-02-01",
                  "lte": "1900-02-01"},
    "sold_at": {"eq": "2000-01-01T08:00:00+01:00", "in": ["2000-01-01T07:00:00Z"], "gt": "2005-09-10T00:00:00Z",
                "gte": "2005-09-10T00:00:00Z", "lt": "2000-01-02T00:00:00Z", "lte": "2000-01-02T00:00:00Z"},
    "opens": {"eq": "00:00:07Z", "in": ["00:00:07Z", "01:00:08+01:00"], "gt": "13:52:00Z", "gte": "13:52:00Z",
              "lt": "00:01:00Z", "lte": "00:01:00Z"},
    "code": {"eq": "00000007-0000-0000-0000-000000000000", "in": ["00000007-0000-0000-0000-000000000000"],
             "gt": "0000c340-0000-0000-0000-000000000000", "gte": "0000c340-0000-0000-0000-000000000000",
             "lt": "00000010-0000-0000-0000-000000000000", "lte": "00000010-0000-0000-0000-000000000000"},
    "tags": {"has": "tag7", "hasAny": ["tag7", "tag200"], "hasAll": ["tag207", "tag7"], "containsJson": ["tag207"]},
    "counts": {"has": 7, "hasAny": [7, -200], "hasAll": [7, -7], "containsJson": [-7]},
    "lines": {"containsJson": [{"sku": "sku7"}], "has": {"sku": "sku7", "amount": 7},
              "hasAll": [{"sku": "sku7", "amount": 7}],
              "some": {"sku": {"eq": "sku7"}, "amount": {"eq": 7}}},
    "attributes": {"eq": {"color": "c7", "n": 7}, "containsJson": {"color": "c7"}},
    "publisher": {"containsJson": {"city": "city 7"}},
    "summary": {"contains": MD5_OF_7[3:20], "startsWith": MD5_OF_7[:20], "endsWith": MD5_OF_MINUS_7[-16:],
                "icontains": MD5_OF_7[3:20].upper(), "ieq": f"{MD5_OF_7} {MD5_OF_MINUS_7}".upper(),
                "like": f"%{MD5_OF_7[5:20]}_%",
                "ilike": f"%{MD5_OF_7[5:20].upper()}_%"},
    "body": {"search": MD5_OF_7},
    "author_id": {"eq": str(an_id(7)), "in": [str(an_id(7))]},
}  # fmt: skip
UNCLAIMED = {"lines": ("some",)}
"""An index on an array of objects also serves equality in `some`, which is no operator."""


def the_catalog() -> Catalog:
    line = an_object("Line", sku=Text(), amount=Number())
    publisher = an_object("Publisher", city=Text())
    relation = a_relation("author_id", "authors", inverse="things")
    things = a_collection("things", objects=(line, publisher), relations=(relation,), **FIELDS)
    return a_catalog(a_collection("authors", name=Text()), indexed(things, *INDEXES.values()))


CATALOG = the_catalog()
THINGS = CATALOG.collection("things")


def cases() -> Iterator[tuple[str, str, RawFilter]]:
    for name, operands in OPERANDS.items():
        for operator, operand in operands.items():
            yield name, operator, {name: {operator: operand}}
    for name, index in INDEXES.items():
        if index.kind == "btree":
            yield name, "isNull", {name: {"isNull": True}}
            yield name, "exists", {name: {"exists": False}}


CASES = [pytest.param(name, where, id=f"{name}-{operator}") for name, operator, where in cases()]


@pytest.fixture(scope="module")
async def things(server: str, template: str) -> AsyncGenerator[asyncpg.Connection]:
    """A connection to a database with 50,000 records, every field indexed."""
    await administer(server, f"CREATE DATABASE things TEMPLATE {template}")
    connection = await asyncpg.connect(in_database(server, "things"), server_settings={"TimeZone": "UTC", "jit": "off"})
    await prepare(connection, *CATALOG.collections.values(), build=False)
    await connection.execute(
        "INSERT INTO collections.authors (id, data, schema_version) SELECT "
        "('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, '{}', 1 FROM generate_series(0, 499) n"
    )
    # Every 211th record is empty, and every 223rd has nulls only.
    await connection.execute(
        "INSERT INTO collections.things (id, data, schema_version) SELECT "
        "('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, CASE 0 WHEN n % 211 THEN '{}' WHEN n % 223 "
        f"THEN $1::jsonb ELSE {DOCUMENT} END, 1 FROM generate_series(1, {RECORDS}) n",
        json.dumps(dict.fromkeys(FIELDS)),
    )
    for index in INDEXES.values():
        await connection.execute(named_index(THINGS, index).create())
    await connection.execute("VACUUM ANALYZE")
    yield connection
    await connection.close()
    await administer(server, "DROP DATABASE things WITH (FORCE)")


def test_every_claimed_operator_is_tried() -> None:
    for name, index in INDEXES.items():
        tried = {operator for of, operator, _ in cases() if of == name} - set(UNCLAIMED.get(name, ()))
        assert tried == set(claims(index.kind, FIELDS[name])), name


@pytest.mark.parametrize(("name", "where"), CASES)
async def test_a_page_of_a_claimed_operator_is_read_by_its_index(
    things: asyncpg.Connection, name: str, where: RawFilter
) -> None:
    planned = plan_read(CATALOG, ReadQuery("things", where, count=True), LIMITS, KEY)
    statement = select_statement(planned.plan)
    plan = await explain(things, statement, values_for(statement, planned.values))
    assert index_of(name) in conditioned(plan), json.dumps(plan, indent=1)


@pytest.mark.parametrize(("name", "where"), CASES)
async def test_a_generic_plan_of_a_claimed_operator_can_use_its_index(
    things: asyncpg.Connection, name: str, where: RawFilter
) -> None:
    statement, values = counting(where)
    # Without the values a range is taken for a third of the records, which a scan may read as well as an index.
    await things.execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off")
    await things.execute(f"PREPARE q AS {statement.text}")
    operands = f"({', '.join('NULL' for _ in values)})" if values else ""
    plan = json.loads(await things.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE q{operands}"))
    await things.execute("DEALLOCATE q; RESET ALL")
    assert index_of(name) in conditioned(plan), json.dumps(plan, indent=1)


@pytest.mark.parametrize(("name", "where"), CASES)
async def test_an_index_finds_what_a_sequential_scan_finds(
    things: asyncpg.Connection, name: str, where: RawFilter
) -> None:
    statement, values = counting(where)
    found: list[str] = []
    for mode in ("force_custom_plan", "force_generic_plan"):
        await things.execute(f"SET plan_cache_mode = {mode}; SET enable_seqscan = off")
        found.append(await things.fetchval(statement.text, *values))
    await things.execute("SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off")
    await things.execute("RESET enable_seqscan")
    scanned = await things.fetchval(statement.text, *values)
    await things.execute("RESET ALL")
    assert found == [scanned, scanned]
    assert scanned, "the operand finds nothing, which proves nothing"


@pytest.mark.parametrize("name", [name for name, index in INDEXES.items() if index.kind == "btree"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_a_sorted_page_is_read_by_the_index_from_its_start_and_after_a_cursor(
    things: asyncpg.Connection, name: str, direction: Any
) -> None:
    query = ReadQuery("things", order=(OrderTerm((name,), direction),), page=PageRequest(first=5))
    _, _, last, _ = await cursors(things, CATALOG, query)
    for page, used in ((PageRequest(first=5), scanned), (PageRequest(first=5, after=last), conditioned)):
        asked = ReadQuery("things", order=query.order, page=page)
        planned = plan_read(CATALOG, asked, LIMITS, KEY)
        statement = select_statement(planned.plan)
        plan = await explain(things, statement, values_for(statement, planned.values))
        assert index_of(name) in used(plan), json.dumps(plan, indent=1)
        assert "Seq Scan" not in json.dumps(plan)


def counting(where: RawFilter) -> tuple[Statement, list[Any]]:
    """Return a statement that joins the ids of all records that match, which nothing but the filter narrows."""
    planned = plan_filter(CATALOG, "things", where, limits=LIMITS)
    binds, row = Binds(), Row("t")
    id = terms.cast(row.column("id"), "text")
    in_order = [selects.ordered(id.copy(), descending=False, nulls_first=False)]
    ids = selects.aggregate("string_agg", id, terms.text(","), order=in_order)
    counted = selects.select(ids, source=selects.table("things", "t"), where=condition(planned.plan, row, binds))
    statement = statement_of(counted, binds)
    return statement, values_for(statement, planned.values)


async def explain(connection: asyncpg.Connection, statement: Statement, values: list[Any]) -> Any:
    return json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {statement.text}", *values))


def index_of(name: str) -> str:
    return "things$author_id$index" if name == "author_id" else named_index(THINGS, INDEXES[name]).name


def nodes(plan: Any) -> Iterator[dict[str, Any]]:
    match plan:
        case list():
            for each in plan:
                yield from nodes(each)
        case dict():
            yield plan
            for each in plan.values():
                yield from nodes(each)
        case _:
            pass


def scanned(plan: Any) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node}


def conditioned(plan: Any) -> set[str]:
    return {node["Index Name"] for node in nodes(plan) if "Index Name" in node and "Index Cond" in node}
