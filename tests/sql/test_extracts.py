"""Aggregates give the same from an extract as from the documents, and as plain Python, whatever is stored."""

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from janua.model.catalog import Catalog
from janua.model.collection import Collection, Index, IndexKey
from janua.model.json import dumps
from janua.model.types import Number, Text
from janua.query.ast import AggregateQuery, RawFilter
from janua.query.limits import QueryLimits
from janua.query.parts import AggregatePlan, Figures
from janua.query.plan import Planned, plan_aggregate, plan_filter
from janua.sql import extracts
from janua.sql.aggregate import aggregate_statement
from janua.sql.indexes import collection_of, is_index_name
from janua.sql.statement import values_for
from janua.storage.pool import Pool, connection
from tests.query.builders import GENRE, a_collection, a_field, an_object, library
from tests.sql.builders import LIMITS, Connection, aggregate, an_id, prepare, store
from tests.sql.reference import holds
from tests.sql.test_ddl import noise, wild_documents
from tests.sql.test_filters import SCALARS, a_document, a_scalar_condition

pytestmark = pytest.mark.anyio

HELD = ("isbn", "price", "pages", "in_stock", "published", "sold_at", "opens", "code", "publisher.city", "author_id")
COVERING = Index("btree", (IndexKey(("genre",)),), include=tuple(tuple(each.split(".")) for each in HELD))
PRICED = replace(COVERING, include=(("price",), ("pages",), ("in_stock",)))
BOOKS = replace(library()[2], relations=(), indexes=(COVERING,))
NAME = extracts.index_name(BOOKS, COVERING)
DOCUMENTS_ONLY = Catalog.of(1, [BOOKS])
WITH_EXTRACT = replace(DOCUMENTS_ONLY, extracts={"books": (extracts.extract_of(BOOKS, COVERING),)})
MEASURES = (
    *((function, field) for field in ("price", "pages") for function in ("sum", "avg", "min", "max")),
    *(("max", field) for field in ("isbn", "published", "sold_at", "opens", "code", "genre", "publisher.city")),
    *(("countDistinct", field) for field in ("genre", *HELD)),
)


async def make(c: Connection, collection: Collection = BOOKS, index: Index = COVERING) -> None:
    for statement in extracts.make(collection, index):
        await c.execute(statement)


def a_query(where: RawFilter | None = None, *, by: tuple[str, ...] = (), measures: Any = MEASURES) -> AggregateQuery:
    return AggregateQuery("books", where, group_by=by, measures=measures)


async def groups(c: Connection, catalog: Catalog, query: AggregateQuery, *, count: bool = True) -> Any:
    planned = plan_aggregate(catalog, query, LIMITS)
    assert (planned.plan.extract is not None) is bool(catalog.extracts)
    planned = planned if count else without_count(planned)
    statement = aggregate_statement(planned.plan)
    [row] = await c.fetch(statement.text, *values_for(statement, planned.values))
    # Which of 1.0 and 1.00 is the largest is nobody's promise, so they are compared as numbers.
    return json.loads(row["groups"], parse_float=Decimal, parse_int=Decimal)


def a_filter_of_values(source: random.Random, depth: int = 0) -> dict[str, Any]:
    """Return a filter that an extract can answer."""
    if depth == 2 or source.random() < 0.6:
        name = source.choice(["price", "pages", "in_stock", "published", "sold_at", "opens", "code", "genre"])
        condition = a_scalar_condition(source, name)
        if "exists" in condition or "isNull" in condition:
            condition = {"ne": SCALARS[name][0]} if name in ("sold_at", "opens", "code") else {"isNull": True}
        return {name: condition}
    parts = [a_filter_of_values(source, depth + 1) for _ in range(source.randint(1, 3))]
    return source.choice([{"_and": parts}, {"_or": parts}, {"_not": {"_and": parts}}])


def with_extract(index: Index) -> Catalog:
    """Return a catalog of books whose extract of this index holds all of them."""
    return replace(DOCUMENTS_ONLY, extracts={"books": (extracts.extract_of(BOOKS, index),)})


def by(*keys: str, included: tuple[str, ...] = HELD) -> Index:
    """Return a covering index of these keys (`-`: descending), and what of the rest it includes."""
    paths = {each.removeprefix("-"): tuple(each.removeprefix("-").split(".")) for each in (*keys, "genre", *included)}
    fields = [IndexKey(paths[each.removeprefix("-")], descending=each.startswith("-")) for each in keys]
    held = tuple(path for path in paths.values() if path not in {each.path for each in fields})
    return Index("btree", tuple(fields), include=held)


def without_count(planned: Planned[AggregatePlan]) -> Planned[AggregatePlan]:
    """Return the plan of an aggregate that shows its measures only, as one of GraphQL may."""
    shown = Figures(tuple(each for each in planned.plan.shown.members if each[0] != "count"))
    return replace(planned, plan=replace(planned.plan, shown=shown))


async def stored(c: Connection, source: random.Random, wild: list[Any]) -> dict[int, Any]:
    """Store documents before and after the extract is made, change and delete some; return what there is."""
    documents = [a_document(source) for _ in range(120)] + wild
    source.shuffle(documents)
    texts, half = [dumps(each) for each in documents], len(documents) // 2
    await store(c, "books", texts[:half])
    await make(c)
    await store(c, "books", texts[half : half + 5], start=half)
    await c.execute(extracts.fill_all(BOOKS, COVERING))
    await store(c, "books", texts[half + 5 :], start=half + 5)
    found = dict(enumerate(documents))
    for number in source.sample(sorted(found), 20):
        found[number] = a_document(source)
        await c.execute("UPDATE collections.books SET data = $2 WHERE id = $1", an_id(number), dumps(found[number]))
    for number in source.sample(sorted(found), 10):
        del found[number]
        await c.execute("DELETE FROM collections.books WHERE id = $1", an_id(number))
    return found


def prices(documents: Mapping[int, Any], where: RawFilter) -> tuple[int, Fraction | None]:
    """Return how many documents match, and what their prices come to, as plain Python has it."""
    planned = plan_filter(DOCUMENTS_ONLY, "books", where, limits=LIMITS)
    matching = [each for number, each in documents.items() if holds(planned.plan, each, an_id(number), planned.values)]
    found = [Fraction(each["price"]) for each in matching if each.get("price") is not None]
    return len(matching), sum(found, Fraction()) if found else None


@pytest.mark.parametrize("seed", range(4))
async def test_an_extract_answers_as_documents_and_plain_python_do(pool: Pool, seed: int) -> None:
    source = random.Random(seed)
    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        documents = await stored(c, source, [])
        for _ in range(40):
            where = a_filter_of_values(source)
            by = tuple(source.sample(["genre", "in_stock", "published", "publisher.city"], source.randint(0, 2)))
            from_documents = await groups(c, DOCUMENTS_ONLY, a_query(where, by=by))
            assert await groups(c, WITH_EXTRACT, a_query(where, by=by)) == from_documents, where
            [whole] = await groups(c, WITH_EXTRACT, a_query(where))
            assert (whole["count"], whole["sum"]["price"]) == prices(documents, where), where


@pytest.mark.parametrize("genre", [{"eq": "novel"}, {"ne": "novel"}, {"in": ["sci-fi", "novel"]}, {"isNull": True}])
async def test_an_extract_answers_as_documents_of_the_wrong_types_do(pool: Pool, genre: RawFilter) -> None:
    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        await stored(c, random.Random(5), wild_documents())
        await make(c, BOOKS, PRICED)
        await c.execute(extracts.fill_all(BOOKS, PRICED))
        for where in (None, {"genre": genre}):
            for by in ((), ("in_stock",)):
                asked = a_query(where, by=by, measures=MEASURES[:8])
                from_documents = await groups(c, DOCUMENTS_ONLY, asked)
                for catalog in (WITH_EXTRACT, with_extract(PRICED)):
                    assert await groups(c, catalog, asked) == from_documents


async def test_whatever_is_stored_can_be_written_and_put_into_an_extract(pool: Pool) -> None:
    source = random.Random(6)
    # Digits that do not compress: PostgreSQL compresses the entries of an index, too.
    longest = {each: source.randrange(10**2999, 10**3000) for each in ("price", "pages")}
    wide = [{each: noise(source, 6000) for each in ("genre", *HELD)}, longest]
    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        await store(c, "books", wide)
        await make(c)
        await c.execute(extracts.fill_all(BOOKS, COVERING))
        await store(c, "books", wide, start=2)
        assert await c.fetchval(extracts.is_complete(BOOKS, COVERING))
        assert await c.fetchval(extracts.differences(BOOKS, COVERING)) == 0


async def test_a_number_is_kept_to_its_last_digit_when_only_that_changes(pool: Pool) -> None:
    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        await make(c)
        await store(c, "books", [{"price": Decimal("1.0")}])
        await c.execute("""UPDATE collections.books SET data = '{"price": 1.00}'""")
        asked = a_query(measures=(("max", "price"),))
        assert [await aggregate(c, each, asked) for each in (DOCUMENTS_ONLY, WITH_EXTRACT)] == [
            [{"count": "1", "max": {"price": "1.00"}}]
        ] * 2


async def test_an_extract_is_emptied_with_its_collection(pool: Pool) -> None:
    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        await make(c)
        await store(c, "books", [{"price": 1}])
        await c.execute("TRUNCATE collections.books")
        assert await c.fetchval(extracts.differences(BOOKS, COVERING)) == 0


EQUALITIES: tuple[dict[str, Any] | None, ...] = (
    None,
    {"genre": {"eq": "novel"}},
    {"genre": {"eq": "novel"}, "in_stock": {"eq": True}},
    {"genre": {"eq": "novel"}, "_and": [{"in_stock": {"eq": False}}, {"published": {"eq": "2024-01-01"}}]},
    {"_and": [{"genre": {"eq": "novel"}}, {"genre": {"eq": "sci-fi"}}]},
    {"in_stock": {"eq": True}},
    {"isbn": {"eq": "in no book"}},
    {"_or": [{"genre": {"eq": "novel"}}]},
    {"genre": {"ne": "novel"}},
    {"genre": {"eq": "novel"}, "price": {"gte": 1}},
)
HARD_PRICES = (
    *("0", "-0.0", "1.10", "1.100", "1e2", "-7", "9007199254740993", "0.1", "1e-400", "-1e-450"),
    *(f"{sign}{'9' * 400}.{'1' * 90}" for sign in ("", "-")),
)


@pytest.mark.parametrize(
    "index",
    [
        *(by("genre", included=each) for each in (("price",), HELD)),
        *(by(*each) for each in (("-genre", "in_stock"), ("in_stock", "-genre", "price"), ("-isbn",))),
    ],
    ids=lambda index: ",".join(".".join(each.path) for each in index.keys) + f"+{len(index.include)}",
)
async def test_what_is_least_and_largest_is_the_same_at_the_edges_of_an_index(pool: Pool, index: Index) -> None:
    source, catalog = random.Random(7), with_extract(index)
    documents = [dumps(a_document(source)) for _ in range(150)]
    documents += [f'{{"genre": "{genre}", "price": {each}}}' for each in HARD_PRICES for genre in ("novel", "sci-fi")]
    held = {".".join(path) for path, _ in extracts.extract_of(BOOKS, index).columns}
    fields = [each for each in ("genre", *HELD) if each in held and each != "in_stock"]
    edges = [(function, field) for function in ("min", "max") for field in fields]

    async def assert_the_same() -> None:
        probes = 0
        for where in EQUALITIES:
            for each in (edges, [*edges, ("avg", "price")], *([each] for each in source.sample(edges, 2))):
                query = a_query(where, measures=tuple(each))
                plan = plan_aggregate(catalog, query, LIMITS).plan
                if plan.extract is not None:
                    count = source.random() < 0.5
                    expected = await groups(c, DOCUMENTS_ONLY, query, count=count)
                    assert await groups(c, catalog, query, count=count) == expected, (where, each)
                probes += aggregate_statement(plan).text.count("(SELECT m")
        assert probes > 0

    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        await make(c, BOOKS, index)
        await assert_the_same()
        await store(c, "books", documents)
        await assert_the_same()


async def store_many(c: Connection) -> None:
    """Store 12,000 books, 2,000 of them novels, so that their index answers alone."""
    # The server of the tests is told not to; then a vacuum may come before it is known that a record is committed.
    await c.execute("SET synchronous_commit = on")
    await prepare(c, BOOKS, build=False)
    await make(c)
    await c.execute(
        "INSERT INTO collections.books (id, data, schema_version) SELECT gen_random_uuid(), jsonb_build_object("
        "'genre', CASE WHEN n % 6 = 0 THEN 'novel' ELSE 'sci-fi' END, 'price', n, 'isbn', n::text), 1 "
        "FROM generate_series(1, 12000) AS n"
    )
    await c.execute(extracts.vacuum(NAME))


async def looked_at(c: Connection, query: AggregateQuery, *, count: bool = True) -> list[tuple[str, int]]:
    """Return by which scans of its index an aggregate over an extract is answered, and of how many rows each."""
    planned = plan_aggregate(WITH_EXTRACT, query, LIMITS)
    statement = aggregate_statement(planned.plan if count else without_count(planned).plan)
    explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement.text}"
    found: list[tuple[str, int]] = []

    def walk(node: dict[str, Any]) -> None:
        if "Scan" in node["Node Type"] and node.get("Relation Name"):
            assert (node["Node Type"], node["Index Name"]) == ("Index Only Scan", NAME)
            found.append((node["Scan Direction"], node["Actual Rows"]))
        for each in node.get("Plans", ()):
            walk(each)

    walk(json.loads(await c.fetchval(explained, *values_for(statement, planned.values)))[0]["Plan"])
    return sorted(found)


async def test_least_and_largest_values_are_one_look_at_the_edge_of_an_index(pool: Pool) -> None:
    novels, one = {"genre": {"eq": "novel"}}, ("max", "isbn")
    async with connection(pool) as c:
        await store_many(c)
        least, largest, every = ("Forward", 1), ("Backward", 1), ("Forward", 2000)
        assert await looked_at(c, a_query(novels, measures=(one,)), count=False) == [largest]
        assert await looked_at(c, a_query(novels, measures=(one, ("min", "isbn"))), count=False) == [largest, least]
        assert await looked_at(c, a_query(novels, measures=(one, ("avg", "price")))) == [largest, every]
        assert await looked_at(c, a_query(novels, measures=(("min", "isbn"),))) == [least, every]
        assert await looked_at(c, a_query(measures=(("max", "genre"),)), count=False) == [largest]
        # Elsewhere the values are at no edge, and a look of its own would be one at all rows again.
        assert await looked_at(c, a_query(novels, measures=(one, ("max", "price")))) == [largest, every]
        assert await looked_at(c, a_query(novels, measures=(("max", "price"), ("min", "price")))) == [every]


async def test_an_extract_whose_index_has_an_earlier_form_answers_the_same(pool: Pool) -> None:
    columns = ", ".join(f'"{each.name}"' for each in extracts.columns_of(BOOKS, COVERING)[1:])
    async with connection(pool) as c:
        await prepare(c, BOOKS, build=False)
        await stored(c, random.Random(8), [])
        before = [await groups(c, DOCUMENTS_ONLY, a_query(each)) for each in EQUALITIES]
        await c.execute(f'DROP INDEX collections."{NAME}"')
        held = extracts.Parts(NAME).table
        await c.execute(f'CREATE INDEX "{NAME}" ON collections."{held}" (genre) INCLUDE ({columns})')
        assert [await groups(c, WITH_EXTRACT, a_query(each)) for each in EQUALITIES] == before


@pytest.mark.parametrize(
    ("where", "measures"),
    [
        ({"title": {"eq": "a"}}, ()),
        ({"isbn": {"startsWith": "9"}}, ()),
        ({"price": {"exists": True}}, ()),
        ({"code": {"isNull": True}}, ()),
        ({"tags": {"has": "a"}}, ()),
        ({"_or": [{"price": {"gt": 1}}, {"title": {"eq": "a"}}]}, ()),
        ({"_meta": {"version": {"gt": 1}}}, ()),
        (None, (("max", "title"),)),
        (None, (("max", "_meta.created_at"),)),
    ],
)
def test_what_an_extract_does_not_hold_is_read_from_documents(where: RawFilter | None, measures: Any) -> None:
    planned = plan_aggregate(WITH_EXTRACT, a_query(where, measures=measures), LIMITS)
    assert planned.plan.extract is None


def test_numbers_of_more_digits_than_an_extract_holds_are_read_from_documents() -> None:
    allowed = QueryLimits(number_digits=4000)
    assert plan_aggregate(WITH_EXTRACT, a_query(), allowed).plan.extract is None
    assert plan_aggregate(WITH_EXTRACT, a_query(), LIMITS).plan.extract is not None


def test_the_extract_whose_index_serves_the_filter_is_chosen() -> None:
    by_price = Index("btree", (IndexKey(("price",)),), include=(("genre",),))
    both = tuple(extracts.extract_of(BOOKS, each) for each in (COVERING, by_price))
    catalog = replace(DOCUMENTS_ONLY, extracts={"books": both})

    def chosen(where: RawFilter | None) -> object:
        return plan_aggregate(catalog, a_query(where, measures=(("max", "price"),)), LIMITS).plan.extract

    assert [chosen({"genre": {"eq": "novel"}}), chosen({"price": {"gt": 1}}), chosen(None)] == [*both, both[1]]


async def test_an_aggregate_over_an_extract_reads_its_index_alone(pool: Pool) -> None:
    planned = plan_aggregate(
        WITH_EXTRACT, a_query({"genre": {"eq": "novel"}}, measures=(("avg", "price"), ("max", "price"))), LIMITS
    )
    statement = aggregate_statement(planned.plan)
    async with connection(pool) as c:
        await store_many(c)
        plan = await c.fetch(f"EXPLAIN {statement.text}", *values_for(statement, planned.values))
    assert f'Index Only Scan using "{NAME}"' in "\n".join(row[0] for row in plan)


def test_names_that_postgresql_has_for_itself_are_columns_by_another() -> None:
    thing = a_collection("things", fields=[a_field(each, Number()) for each in ("id", "xmin", "x" * 63, "a.b")])
    index = Index("btree", (IndexKey(("id",)),), include=(("xmin",), ("x" * 63,), ("a.b",)))
    assert [each.name for each in extracts.columns_of(thing, index)] == ["$1", "$2", "$3", "a.b"]


def test_the_name_of_an_index_tells_what_its_extract_is_made_of() -> None:
    other = replace(COVERING, keys=(IndexKey(("genre",), descending=True),))
    longer = replace(BOOKS, objects={**BOOKS.objects, "Books": an_object("Books", genre=GENRE, isbn=Text(30))})
    longest = replace(COVERING, include=(("isbn",),))
    names = [extracts.index_name(BOOKS, each) for each in (COVERING, other, longest)]
    assert len({*names, extracts.index_name(longer, longest)}) == 4
    assert all(is_index_name(each) and collection_of(each) == "books" for each in names)
    assert not is_index_name(extracts.Parts(NAME).primary)


def test_no_part_of_an_extract_has_a_name_that_postgresql_cuts() -> None:
    parts = extracts.Parts(f"{'a' * 47}$$0123456789ab")
    names = {parts.index, parts.table, parts.primary, parts.function, *parts.triggers}
    assert len(names) == 8
    assert max(len(each) for each in names) <= 63
