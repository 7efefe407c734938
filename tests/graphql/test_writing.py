"""Mutations that are compiled answer, byte for byte, as those that graphql-core coerces and that are resolved anew."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from janua.api.graphql.exchange import Asked
from janua.api.graphql.execution import Engine
from janua.api.graphql.programs import Scene
from janua.model.json import dumps, loads
from janua.storage.pool import connection
from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

FIRST, SECOND = "019b0000-0000-7000-8000-000000000001", "019b0000-0000-7000-8000-000000000002"
OBJECT = {"type": "object", "additionalProperties": False}
THINGS: dict[str, Any] = {
    "title": "Thing",
    **OBJECT,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "code": {"type": "string", "x-unique": True},
        "count": {"type": "integer"},
        "small": {"type": "integer", "minimum": 0, "maximum": 9},
        "price": {"type": "number", "minimum": 0},
        "genre": {"enum": ["sci-fi", "novel"]},
        "made-on": {"type": "string", "format": "date"},
        "flag": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "anything": True,
        "maker": {
            **OBJECT,
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "big": {"type": "integer"}},
        },
        "parts": {"type": "array", "items": {"$ref": "#"}},
        "form": {
            "oneOf": [
                {
                    "title": "Circle",
                    "type": "object",
                    "required": ["kind", "radius"],
                    "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
                },
                {
                    "title": "Square",
                    "type": "object",
                    "required": ["kind"],
                    "properties": {"kind": {"const": "square"}, "side": {"type": "number"}},
                },
            ]
        },
    },
}
SHOWN = "name code count price genre made_on flag tags anything maker { name big } _meta { version }"
OPERATIONS = [
    "mutation ($id: ID!, $i: ThingInput!) { createThing(id: $id, input: $i) { id SHOWN } }",
    "mutation ($id: ID, $i: ThingInput!) { made: createThing(id: $id, input: $i) { name } __typename }",
    (
        "mutation ($i: ThingInput!, $p: ThingPatch!, $v: Int) {"
        ' a: createThing(id: "FIRST", input: $i) { SHOWN }'
        ' updateThing(id: "FIRST", patch: $p, ifVersion: $v) { SHOWN } }'
    ),
    (
        "mutation ($n: String!, $c: String, $x: Float = 7.50, $t: [String!], $m: ThingMakerInput, $b: Boolean) {"
        ' createThing(id: "FIRST", input: {name: $n, code: $c, price: $x, flag: $b, tags: $t, maker: $m}) { SHOWN } }'
    ),
    (
        "mutation ($n: String!, $o: String = null, $b: Boolean = false) {"
        ' createThing(id: "FIRST", input: {name: $n, tags: [$n], anything: {deep: [1.50, {x: null}]},'
        " parts: {name: $n},"
        " form: {circle: {radius: 1}}, maker: {name: $n}, code: $o}) { ...Shown @include(if: $b) id @skip(if: $b) } }"
        " fragment Shown on Thing { name tags anything code }"
    ),
    'mutation ($a: JSON) { createThing(id: "FIRST", input: {name: "A", anything: {k: [$a]}}) { anything } }',
    "mutation ($many: [ThingInput!]!) { createThings(inputs: $many) { name price } }",
    (
        "mutation ($i: ThingInput!, $u: ThingUniqueField!) {"
        ' first: upsertThing(input: {name: "A", code: "c"}) { SHOWN }'
        " upsertThing(input: $i, onConflict: $u) { name count } }"
    ),
    (
        "mutation ($i: ThingInput!, $w: ThingWhere!, $p: ThingPatch!, $n: Int) {"
        ' createThing(id: "FIRST", input: $i) { name } updateThings(where: $w, patch: $p, atMost: $n) { SHOWN }'
        " deleteThings(where: $w) { id } }"
    ),
    (
        'mutation ($i: ThingInput!, $v: Int) { replaceThing(id: "SECOND", input: $i, ifVersion: $v) { SHOWN }'
        ' deleteThing(id: "SECOND") { id name } }'
    ),
]
"""Of each the same document is sent with many variables."""


def some_input(random: Random, depth: int = 0) -> Any:
    makers: dict[str, list[Any]] = {
        "name": ["A", "B", 'é\n\\"', "", 7, None],
        "code": ["c", None, "d"],
        "count": [1, 2**60, "123456789012345678901", "1e3", True, loads("1.0"), loads("2.5")],
        "small": [1, 9, 10, 2**31],
        "price": [loads("1.50"), 3, -1, loads("1E+3"), loads("1e-7"), "3"],
        "genre": ["sci_fi", "novel", "sci-fi", 1],
        "made_on": ["2026-01-31", "2026-02-30"],
        "flag": [True, False, None, "true"],
        "tags": [[], ["a"], ["a", "a"], "a", [None], {"a": 1}],
        "anything": [None, [1, {"k": loads("1.10")}], "x", {"": {}}, loads("12345678901234567890.123456789")],
        "maker": [{"name": "M"}, {"name": "M", "big": str(2**70)}, {}, None, {"name": "M", "other": 1}, []],
        "form": [{"circle": {"radius": 1}}, {"square": {}}, {"circle": {"kind": "square", "radius": 1}}, {}, None],
        "parts": [[], [{"name": "P"}], {"name": "P"}, [{"price": 1}]],
        "other": [1],
    }
    chance = {"name": 0.95, "other": 0.03}
    found = {name: random.choice(each) for name, each in makers.items() if random.random() < chance.get(name, 0.25)}
    return random.choice([found] * 8 + [dict(reversed(found.items())), None, [found]])


def some_good_input(random: Random) -> Any:
    return {
        "name": random.choice("AB"),
        **random.choice([{}, {"price": loads("2.50")}, {"made_on": "2026-01-31", "count": "12"}, {"tags": "a"}]),
    }


def some_variables(random: Random) -> dict[str, Any]:
    makers: dict[str, Callable[[], Any]] = {
        "id": lambda: random.choice([FIRST, FIRST, SECOND, "x", 7, None]),
        "i": lambda: random.choice([some_input, some_good_input])(random),
        "p": lambda: random.choice([some_input, some_good_input])(random),
        "many": lambda: (
            [some_good_input(random) for _ in range(random.randint(0, 3))] + random.choice([[], [None], [{}]])
        ),
        "v": lambda: random.choice([1, 1, 2, None, "1"]),
        "n": lambda: random.choice(["A", "B", "", None, 5]),
        "c": lambda: random.choice(["c", None, 1]),
        "o": lambda: random.choice(["c", None]),
        "x": lambda: random.choice([1, loads("1.50"), None, -1]),
        "t": lambda: random.choice([["a"], "a", [], None, [None]]),
        "m": lambda: random.choice([{"name": "M"}, {}, None]),
        "b": lambda: random.choice([True, False, None, "true"]),
        "a": lambda: random.choice([1, "a", None, [{"k": loads("1.10")}]]),
        "u": lambda: random.choice(["code", "code", "name", None]),
        "w": lambda: random.choice([{"name": {"eq": "A"}}, {"name": {"eq": None}}, {}, {"price": {"gt": 1}}, {"x": 1}]),
    }
    return {name: make() for name, make in makers.items() if random.random() < 0.9}


async def answer(reading: Reading, engine: Engine, query: str, variables: Any) -> tuple[bytes, int]:
    """Return the answer to an operation on no records but what it makes."""
    async with connection(reading.gateway.pool) as c:
        await c.execute('TRUNCATE "collections"."things"')
    answered = await engine.execute(Asked(query, None, variables, None, True, None))
    return answered.body, answered.status_if_graphql_json


def is_compiled(reading: Reading, engine: Engine, query: str, variables: Any) -> bool:
    """Return whether an operation has been compiled for such variables, and these fit."""
    catalog = reading.gateway.live.catalog
    document = engine.documents.find(None, query, catalog)
    if document is None:
        return False
    operation = document.operation(None)
    scene = Scene(reading.gateway, catalog, document.slice.schema, operation.type, document.fragments)
    return operation.writes.find(variables, scene) is not None


@pytest.mark.parametrize("operation", range(len(OPERATIONS)))
async def test_a_compiled_mutation_answers_as_one_that_is_resolved_anew(reading: Reading, operation: int) -> None:
    random = Random(operation)
    await reading.register({"things": THINGS})
    query = OPERATIONS[operation].replace("SHOWN", SHOWN).replace("FIRST", FIRST).replace("SECOND", SECOND)
    kept, compiled, refused = Engine(reading.gateway, dev=True), 0, 0
    for _ in range(25):
        variables: Any = loads(dumps(some_variables(random)))
        # An engine that has seen nothing has compiled nothing.
        anew = await answer(reading, Engine(reading.gateway, dev=True), query, variables)
        for _ in range(2):
            was_compiled = is_compiled(reading, kept, query, variables)
            assert await answer(reading, kept, query, variables) == anew, variables
            compiled += was_compiled
            refused += was_compiled and b'"errors"' in anew[0]
    # JSON with variables in it is put together by graphql-core.
    assert bool(compiled) == ("[$a]" not in query)
    assert refused or operation not in (0, 2)


async def test_what_a_mutation_selects_decides_whether_it_is_compiled(reading: Reading) -> None:
    author = {"type": "object", "properties": {"name": {"type": "string"}}}
    relation = {"collection": "authors", "field": "author", "inverse": "things"}
    thing = {
        "type": "object",
        "properties": {"author_id": {"type": "string", "format": "uuid", "x-relation": relation}},
    }
    await reading.register({"authors": author, "things": thing})
    plain = "mutation ($n: String) { createAuthor(input: {name: $n}) { name } }"
    paged = "mutation ($n: String, $f: Int) { createAuthor(input: {name: $n}) { things(first: $f) { totalCount } } }"
    for query, variables in ((plain, {"n": "A"}), (paged, {"n": "A", "f": 1})):
        for _ in range(2):
            await reading.ask(query, variables)
        assert is_compiled(reading, reading.engine, query, variables) == (query == plain)


async def test_a_schema_that_changes_compiles_mutations_anew(reading: Reading) -> None:
    await reading.register({"things": {"title": "Thing", "type": "object", "properties": {"a": {"type": "string"}}}})
    query, variables = "mutation ($i: ThingInput!) { createThing(input: $i) { a } }", {"i": {"a": "x"}}
    for _ in range(2):
        assert await reading.ask(query, variables) == {"createThing": {"a": "x"}}
    await reading.register(
        {"things": {"title": "Thing", "type": "object", "properties": {"a": {"type": "string", "maxLength": 1}}}}
    )
    assert not is_compiled(reading, reading.engine, query, variables)
    assert (await reading.refusal(query, {"i": {"a": "xy"}}))["extensions"]["code"] == "record.invalid"
