"""Plans that are kept for the next request answer as new ones would, and take bounded memory."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from janua.api.graphql.execution import Engine
from janua.api.graphql.programs import Program, Programs, Room
from janua.api.graphql.shaping import MAX_DECIDING
from janua.gateway import schemas
from janua.sql.statement import Statement
from tests.graphql.reading import Reading, reading_of

pytestmark = pytest.mark.anyio

BOOKS: dict[str, Any] = {
    "title": "Book",
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "pages": {"type": "integer"},
        "genre": {"enum": ["sci-fi", "novel"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "anything": True,
    },
}
STORED: list[dict[str, Any]] = [
    {"title": "A", "pages": 1, "genre": "sci-fi", "tags": ["x"], "anything": []},
    {"title": "B", "pages": 2, "genre": "novel", "tags": [], "anything": {"k": [1, None]}},
    {"title": "C", "anything": [1], "tags": ["x", "y"]},
    {"pages": 3, "anything": "text"},
]
QUERY = """
query($w: BookWhere, $j: JSON, $t: [String!], $n: Int, $skip: Int, $b: Boolean = true, $o: [BookOrderBy!], $p: BigInt,
      $g: BookGenre) {
  first: books(where: $w, first: $n, offset: $skip, orderBy: $o) { totalCount nodes { title pages @include(if: $b) } }
  second: books(where: {anything: {containsJson: $j}, tags: {hasAny: $t}, pages: {gte: $p}}) { nodes { title } }
  third: books(where: {_or: [{anything: {containsJson: {k: [$j]}}}, {genre: {eq: $g}}]}) { nodes { title } }
  booksAggregate(where: $w, groupBy: [genre], first: $n) { key { genre } count }
}"""
TITLES: list[Any] = ["A", "B", "C", ""]


def some_filter(random: Random, depth: int = 0) -> Any:
    makers: list[Callable[[], Any]] = [
        lambda: {"title": {random.choice(["eq", "ne", "gt", "startsWith"]): random.choice(TITLES)}},
        lambda: {"title": {"in": random.choice([[], "A", random.choices(TITLES, k=2)])}},
        lambda: {"pages": {random.choice(["eq", "lt"]): random.choice([1, 2, "2"])}},
        lambda: {"genre": {"isNull": random.choice([True, False])}},
        lambda: {"tags": {random.choice(["has", "hasAny", "hasAll"]): random.choice(["x", "y"])}},
        lambda: {"anything": {"containsJson": random.choice([[], [1], {"k": []}, "text"])}},
        dict,
    ]
    if depth < 2 and random.random() < 0.4:
        parts = [some_filter(random, depth + 1) for _ in range(random.randint(0, 2))]
        one: Any = {"title": {"eq": "A"}}
        return random.choice([{"_and": parts}, {"_or": parts}, {"_not": some_filter(random, 2)}, {"_or": one}])
    return random.choice(makers)()


def some_variables(random: Random) -> dict[str, Any]:
    choices: dict[str, list[Any]] = {
        "w": [some_filter(random), some_filter(random), None],
        "j": [1, [], [1], {"k": [1]}, "text", {}],
        "t": [["x"], ["x", "y"], "y", []],
        "n": [0, 1, 2, None],
        "skip": [0, 1, None],
        "b": [True, False],
        "o": [{"title": "DESC"}, [{"pages": "ASC"}], [{"title": "ASC_NULLS_FIRST"}, {"id": "DESC"}], [], None],
        "p": [1, "2", 3],
        "g": ["sci_fi", "novel"],
    }
    return {name: random.choice(values) for name, values in choices.items() if random.random() < 0.7}


@pytest.fixture
async def books(reading: Reading) -> Reading:
    await reading.register({"books": BOOKS})
    await reading.store("books", *STORED)
    return reading


@pytest.mark.parametrize("seed", range(2))
async def test_a_kept_plan_answers_as_a_new_one(books: Reading, seed: int) -> None:
    random = Random(seed)
    for _ in range(25):
        variables = some_variables(random)
        cold = await Reading(books.gateway, Engine(books.gateway, dev=True)).body(QUERY, variables)
        assert await books.body(QUERY, variables) == cold, variables
        assert await books.body(QUERY, variables) == cold, variables


async def test_one_document_keeps_one_plan_for_all_values_of_a_shape(books: Reading) -> None:
    query = """query($w: BookWhere, $t: String) {
        books(where: $w) { totalCount } others: books(where: {title: {ne: $t}}) { totalCount } }"""
    for title in TITLES:
        await books.ask(query, {"w": {"title": {"in": [title, "x"]}}, "t": title})
    assert len(books.engine.documents.room) == 1
    await books.ask(query, {"w": {"title": {"in": []}}, "t": "A"})
    await books.ask(query, {"t": "A"})
    assert len(books.engine.documents.room) == 3


async def test_a_plan_is_forgotten_with_the_schema_it_was_made_for(books: Reading) -> None:
    query = "query($t: String) { books(where: {title: {ne: $t}}, first: 1) { nodes { title genre } } }"
    assert await books.nodes(query, {"t": "B"}) == [{"title": "A", "genre": "sci_fi"}]
    changed = BOOKS | {"properties": BOOKS["properties"] | {"genre": {"type": "string"}}}
    await books.register({"books": changed})
    assert await books.nodes(query, {"t": "B"}) == [{"title": "A", "genre": "sci-fi"}]
    await books.register({"others": BOOKS})
    assert await books.nodes(query, {"t": "A"}) == [{"title": "B", "genre": "novel"}]


async def test_a_document_is_validated_anew_when_its_collection_changes(books: Reading) -> None:
    query = "{ books { nodes { title pages } } }"
    assert len(await books.nodes(query)) == 4
    fewer = {name: each for name, each in BOOKS["properties"].items() if name != "pages"}
    await books.register({"books": BOOKS | {"properties": fewer}})
    error = await books.refusal(query)
    assert error["extensions"]["code"] == "query.malformed"
    assert "pages" in error["message"]
    await books.register({"books": BOOKS})
    assert len(await books.nodes(query)) == 4
    await schemas.drop(books.gateway, "books", with_records=True)
    for _ in range(2):
        assert "books" in (await books.refusal(query))["message"]


async def test_two_workers_follow_each_other(books: Reading) -> None:
    """What one worker registers or drops, another answers for at its next request, or says what is gone."""
    query = '{ books(where: {title: {eq: "A"}}) { nodes { title } } }'
    async with reading_of(books.gateway.settings, name="other") as other:
        assert await other.nodes(query) == [{"title": "A"}]
        await schemas.drop(books.gateway, "books", with_records=True)
        assert (await other.refusal(query))["extensions"]["code"] == "query.malformed"
        await books.register({"books": BOOKS})
        await books.store("books", {"title": "A"})
        assert await books.nodes(query) == [{"title": "A"}]


async def test_hostile_shapes_take_bounded_memory(books: Reading) -> None:
    room = books.engine.documents.room
    query = "query($w: BookWhere) { books(where: $w) { nodes { title } } }"
    for number in range(12):
        await books.ask(query, {"w": {"_and": [{"pages": {"gt": 0}}] * number}})
    assert len(room) == 12
    before = room.size
    huge = {"anything": {"containsJson": "x" * 200_000}}
    await books.ask(query, {"w": huge})
    assert room.size - before < 10_000
    inside = "query($j: JSON) { books(where: {anything: {containsJson: [$j]}}) { nodes { title } } }"
    before = len(room)
    for number in range(3):
        assert await books.nodes(inside, {"j": "x" * 200_000 + str(number)}) == []
    assert len(room) == before


def test_a_room_forgets_what_was_used_longest_ago() -> None:
    room = Room(20_000)
    first, second = Programs(room), Programs(room)
    program = Program(Statement("S" * 1000), (), (), 7)
    for number in range(100):
        first.keep((number,), program)
        second.keep((number,), None)
        assert first.find((0,), 7) is program
        assert room.size <= 20_000
    assert first.find((99,), 7) is program
    assert first.find((99,), 8) is None
    assert first.find((1,), 7) is None
    assert second.is_unrepeatable((99,))
    assert not second.is_unrepeatable((0,))
    assert not first.is_unrepeatable((99,))
    assert 2 < len(room) < 40


async def test_so_many_places_decide_plans_and_no_more(books: Reading) -> None:
    query = "query($w: BookWhere) { books(where: $w) { nodes { title } } }"
    random = Random(1)
    await books.ask(query, {})
    document = books.engine.documents.find(None, query, books.gateway.live.catalog)
    assert document is not None
    shaping = document.operation(None).shaping
    for _ in range(15):
        where: Any = {"genre": {"isNull": False}}
        for _ in range(random.randint(1, 30)):
            where = random.choice([{"_not": {"_not": where}}, {"_and": [{}, where]}, {"_and": [where]}])
        assert len(await books.nodes(query, {"w": where})) == 2
    assert len(shaping.deciding) <= MAX_DECIDING
