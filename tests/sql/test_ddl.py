"""Tables, relations and indexes on a real PostgreSQL: whatever is stored, they can be made, and they hold."""

import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from janua.model.collection import Collection, OnDelete
from janua.model.json import dumps
from janua.model.types import Array, Text, Uuid
from janua.sql import ddl
from janua.sql.indexes import indexes, named_index
from janua.storage.pool import Pool
from tests.query.builders import a_collection, a_relation, library
from tests.sql.builders import Connection, an_id, an_index, indexed, prepare, store
from tests.sql.test_filters import INDEXES

pytestmark = pytest.mark.anyio

BOOKS = indexed(
    library()[2],
    *INDEXES,
    an_index("btree", "title", unique=True),
    an_index("btree", "isbn", "-title"),
    an_index(
        "btree", "genre", "-published", where={"in_stock": {"eq": True}, "sold_at": {"in": ["2026-01-01T00:00:00Z"]}}
    ),
    an_index("trigram", "publisher.city"),
    an_index("fulltext", "publisher.address.street"),
)
FIELDS = [field.name for field in BOOKS.fields]
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NUMBER = st.integers(-(10**500), 10**500) | st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-(10**300), max_value=10**300
)
NEARLY = st.sampled_from(
    ["2026-02-30T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:60-23:59", "24:00:00Z", "x" * 5000]
)
WILD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT | NEARLY,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*FIELDS, "city", "sku"]), inner, max_size=4)
    ),
    max_leaves=15,
)


def noise(source: random.Random, length: int) -> str:
    """Return text that does not compress."""
    return "".join(chr(source.randrange(0x20, 0xD7FF)) for _ in range(length))


def wild_documents() -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=400,
        database=None,
        derandomize=True,
    )
    @given(WILD, st.lists(st.tuples(st.sampled_from(FIELDS), WILD), max_size=12))
    def collect(root: Any, members: list[tuple[str, Any]]) -> None:
        found.extend([root, dict(members)])

    collect()
    return found


async def test_every_kind_of_index_can_be_built_over_any_document(pool: Pool) -> None:
    source = random.Random(1)
    documents = wild_documents()
    for name in FIELDS:
        documents += [{name: noise(source, 6000)}, {name: [noise(source, 6000)]}, {name: {"city": noise(source, 6000)}}]
    plain = replace(BOOKS, relations=(), indexes=())
    async with pool.acquire() as connection:
        await prepare(connection, plain)
        await store(connection, "books", [dumps(each) for each in documents])
        for index in indexes(replace(BOOKS, relations=())):
            if not index.index.unique:
                await connection.execute(index.create())
                await connection.execute(index.drop())
                await connection.execute(index.create(concurrently=True))


async def test_random_strings_of_6_kb_are_stored_in_indexed_fields(pool: Pool) -> None:
    source = random.Random(2)
    async with pool.acquire() as connection:
        await prepare(connection, *library()[:2], BOOKS)
        documents = [
            {"title": noise(source, 6000), "attributes": {"x": noise(source, 6000)}, "tags": [noise(source, 6000)]}
            for _ in range(20)
        ]
        await store(connection, "books", documents)


async def test_a_text_of_any_words_can_be_indexed_for_search(pool: Pool) -> None:
    source = random.Random(3)
    worst = [
        " ".join(f"{noise(source, 3)}-{noise(source, 2)}" for _ in range(20_000)),
        " ".join(f"http://{number}.example/{number}/x?y={number}" for number in range(6000)),
        "\U00010400-" * 100_000,
    ]
    things = indexed(a_collection("things", a=Text()), an_index("fulltext", "a"))
    async with pool.acquire() as connection:
        await prepare(connection, things)
        await store(connection, "things", [{"a": each} for each in worst])


async def test_unique_text_is_unique_in_all_its_length_and_only_where_it_is_there(pool: Pool) -> None:
    things = indexed(a_collection("things", a=Text()), an_index("btree", "a", unique=True))
    long = "é\\" * 200
    async with pool.acquire() as connection:
        await prepare(connection, things)
        kept = [{}, {}, {"a": None}, {"a": None}, {"a": ""}, {"a": long}, {"a": long + "x"}, {"a": long[:128]}]
        await store(connection, "things", kept)
        for refused in ("", long, long + "x", long[:128]):
            with pytest.raises(asyncpg.UniqueViolationError) as caught:
                await store(connection, "things", [{"a": refused}], start=100)
            assert ddl.constraint_of(things, caught.value.constraint_name or "") == things.indexes[0]


async def test_equal_definitions_have_equal_names_and_names_fit(pool: Pool) -> None:
    name = "a" * 47
    first = indexed(a_collection(name, a=Text(), b=Text()), an_index("btree", "a"), an_index("btree", "a"))
    second = replace(indexed(first, an_index("btree", "a"), an_index("btree", "-a")), version=2)
    changes = ddl.diff(first, second)
    assert [each.index for each in changes.build] == [an_index("btree", "-a")]
    assert changes.drop == changes.tables == changes.removals == changes.additions == ()
    assert [each.index for each in ddl.diff(second, first).drop] == [an_index("btree", "-a")]
    assert all(len(each.name.encode()) <= 63 for each in indexes(second))
    async with pool.acquire() as connection:
        await prepare(connection, first)
        existing = await connection.fetch("SELECT indexname FROM pg_indexes WHERE schemaname = 'collections'")
        assert {row["indexname"] for row in existing} == {indexes(first)[0].name, f"{name}$pkey"}


async def test_a_partial_index_serves_a_query_that_implies_its_condition(pool: Pool) -> None:
    index = an_index("btree", "title", where={"genre": {"eq": "novel"}})
    books = indexed(replace(library()[2], relations=()), index)
    async with pool.acquire() as connection:
        await prepare(connection, books)
        await store(connection, "books", [{"title": f"{n}", "genre": "novel"} for n in range(50)])
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch(
            'EXPLAIN SELECT FROM collections.books "t" WHERE left("t"."data" ->> \'genre\', 512) COLLATE "C" = $1 '
            'AND left("t"."data" ->> \'title\', 128) COLLATE "C" = $2',
            "novel",
            "7",
        )
        assert named_index(books, index).name in str(plan)


def people(on_delete: OnDelete, *, nullable: bool = True) -> tuple[Collection, Collection]:
    """Return people and their pets, related in every way with one rule; people also relate to each other."""
    persons = a_collection(
        "people",
        relations=(
            a_relation("boss_id", "people", inverse="team", on_delete=on_delete),
            a_relation("friend_ids", "people", field="friends", inverse="friends_of", many=True, on_delete=on_delete),
        ),
        boss_id=Uuid(),
        friend_ids=Array(Uuid()),
    )
    pets = a_collection(
        "pets", relations=(a_relation("owner_id", "people", inverse="pets", on_delete=on_delete),), owner_id=Uuid()
    )
    if nullable:
        return persons, pets
    [pet] = pets.objects.values()
    fields = tuple(replace(each, nullable=False) for each in pet.fields)
    return persons, replace(pets, objects={pet.name: replace(pet, fields=fields)})


ANN, BOB, CID = (str(an_id(number)) for number in range(3))


async def data(connection: Connection, collection: str) -> list[Any]:
    rows = await connection.fetch(f"SELECT id, data::text, version FROM collections.{collection} ORDER BY id")
    return [(row["id"].int, row["data"], row["version"]) for row in rows]


async def test_a_relation_needs_a_record_that_is_there(pool: Pool) -> None:
    persons, pets = people("restrict")
    async with pool.acquire() as connection:
        await prepare(connection, persons, pets)
        for refused in ({"boss_id": CID}, {"friend_ids": [ANN, CID]}):
            with pytest.raises(asyncpg.ForeignKeyViolationError) as caught:
                await store(connection, "people", [refused])
            [key] = refused
            assert ddl.constraint_of(persons, caught.value.constraint_name or "") == persons.relation_at((key,))
        # A record may relate to itself, and to one of the same statement.
        await store(connection, "people", [{"boss_id": ANN, "friend_ids": [ANN]}])


async def test_restrict_keeps_what_is_referred_to(pool: Pool) -> None:
    persons, pets = people("restrict")
    async with pool.acquire() as connection:
        await prepare(connection, persons, pets)
        await store(connection, "people", [{}, {"boss_id": ANN}, {"friend_ids": [BOB, BOB]}])
        for referred in (0, 1):
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await connection.execute("DELETE FROM collections.people WHERE id = $1", an_id(referred))
        await connection.execute("UPDATE collections.people SET data = '{}' WHERE id = $1", an_id(2))
        await connection.execute("DELETE FROM collections.people WHERE id = $1", an_id(1))
        await connection.execute("DELETE FROM collections.people")


async def test_cascade_takes_along_what_refers_to_a_deleted_record(pool: Pool) -> None:
    persons, pets = people("cascade")
    async with pool.acquire() as connection:
        await prepare(connection, persons, pets)
        await store(connection, "people", [{}, {"boss_id": ANN}, {"friend_ids": [BOB]}, {}])
        await store(connection, "pets", [{"owner_id": CID}, {}])
        await connection.execute("DELETE FROM collections.people WHERE id = $1", an_id(0))
        assert [number for number, *_ in await data(connection, "people")] == [3]
        assert [number for number, *_ in await data(connection, "pets")] == [1]


@pytest.mark.parametrize(("nullable", "left"), [(True, '{"owner_id": null}'), (False, "{}")])
async def test_set_null_takes_the_id_out_of_what_refers_to_a_deleted_record(
    pool: Pool, nullable: bool, left: str
) -> None:
    persons, pets = people("set_null", nullable=nullable)
    async with pool.acquire() as connection:
        await prepare(connection, persons, pets)
        await store(
            connection, "people", [{"boss_id": ANN}, {"boss_id": ANN, "friend_ids": [BOB, ANN, None, BOB, ANN]}, {}]
        )
        await store(connection, "pets", [{"owner_id": ANN}, {"owner_id": BOB}])
        await connection.execute("DELETE FROM collections.people WHERE id = $1", an_id(0))
        friends = dumps({"boss_id": None, "friend_ids": [BOB, None, BOB]})
        assert [(number, text.replace(" ", "")) for number, text, _ in await data(connection, "people")] == [
            (1, friends),
            (2, "{}"),
        ]
        assert await data(connection, "pets") == [(0, left, 2), (1, f'{{"owner_id": "{BOB}"}}', 1)]
        # Those that refer to each other may go in one statement.
        await connection.execute("DELETE FROM collections.people")
        assert await connection.fetchval('SELECT count(*) FROM collections."people$friend_ids"') == 0


async def test_a_relation_is_added_to_records_and_taken_away_again(pool: Pool) -> None:
    persons, _ = people("set_null")
    plain = replace(persons, relations=())
    async with pool.acquire() as connection:
        await prepare(connection, plain)
        documents: Sequence[Any] = [{"boss_id": ANN, "friend_ids": [BOB]}, {"boss_id": "no id", "friend_ids": "none"}]
        await store(connection, "people", documents)
        for _ in range(2):
            for statement in ddl.diff(plain, persons).additions:
                await connection.execute(statement)
            assert await connection.fetchval("SELECT boss_id FROM collections.people WHERE id = $1", an_id(0)) == an_id(
                0
            )
            assert await connection.fetchval('SELECT target_id FROM collections."people$friend_ids"') == an_id(1)
            for statement in ddl.diff(persons, plain).removals:
                await connection.execute(statement)
        left = await connection.fetchval(
            "SELECT count(*) FROM pg_proc WHERE pronamespace = 'collections'::regnamespace"
        )
        assert left == 0
        assert len(await data(connection, "people")) == 2


async def test_dropping_a_collection_leaves_nothing_of_it(pool: Pool) -> None:
    persons, pets = people("set_null")
    async with pool.acquire() as connection:
        await prepare(connection, persons, pets)
        *before, drop_table = ddl.drop("people")
        transaction = connection.transaction()
        await transaction.start()
        for statement in before:
            await connection.execute(statement)
        with pytest.raises(asyncpg.DependentObjectsStillExistError):
            await connection.execute(drop_table)
        await transaction.rollback()
        for name in ("pets", "people"):
            for statement in ddl.drop(name):
                await connection.execute(statement)
        for catalog, of in (("pg_class", "relnamespace"), ("pg_proc", "pronamespace")):
            assert not await connection.fetchval(
                f"SELECT count(*) FROM {catalog} WHERE {of} = 'collections'::regnamespace"
            )


async def test_checks_find_the_records_that_stand_in_the_way(pool: Pool) -> None:
    persons, _ = people("restrict")
    unique = indexed(replace(persons, relations=()), an_index("btree", "boss_id", unique=True))
    plain = replace(persons, relations=())
    async with pool.acquire() as connection:
        await prepare(connection, plain)
        await store(
            connection,
            "people",
            [{"boss_id": ANN}, {"boss_id": ANN}, {"boss_id": CID}, {"friend_ids": [str(an_id(9))]}, {}],
        )
        found = {
            type(check.subject).__name__ + getattr(check.subject, "field", ""): [
                int(row["id"][-1]) for row in await connection.fetch(check.statement)
            ]
            for check in (*ddl.checks(plain, unique), *ddl.checks(plain, persons))
        }
        assert {key: sorted(value) for key, value in found.items()} == {
            "Index": [0, 1],
            "Relationboss": [],
            "Relationfriends": [3],
        }
        absent = [check for check in ddl.checks(plain, persons, absent={"people"}) if "boss_id" in str(check.subject)]
        assert len(await connection.fetch(absent[0].statement)) == 3


def test_a_decimal_of_an_index_condition_is_written_exactly() -> None:
    index = an_index("btree", "price", where={"price": {"gt": Decimal("1.10")}})
    assert "CAST('1.10' AS DECIMAL)" in named_index(BOOKS, index).definition
