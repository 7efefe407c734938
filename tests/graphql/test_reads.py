"""What is selected comes back as it was stored, whatever the schema, the names and the selection are like."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from janua.api.graphql.execution import Engine
from janua.gateway import records
from janua.model.json import loads
from janua.query.limits import QueryLimits
from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

ODD = [
    "and", "id", "_meta", "__typename", "_and", "_not", "a-b", "a b", "1x", "", "ünï", "😀", "eq", "isNull", "data",
    "x" * 80, "nodes", "edges", "'; --", '"', "\\", "{}", "$1", "%s", "__proto__",
]  # fmt: skip


def an_object(properties: Any, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, **more}


@pytest.mark.parametrize("count", [51, 99, 101, 240])
async def test_any_number_of_fields_is_selected(reading: Reading, count: int) -> None:
    names = [f"f{number}" for number in range(count)]
    await reading.register({"wides": an_object({each: {"type": "integer"} for each in names}, title="Wide")})
    document = {name: number for number, name in enumerate(names)}
    [id] = await reading.store("wides", document)
    shown = " ".join(names)
    assert await reading.nodes(f"{{ wides {{ nodes {{ {shown} }} }} }}") == [document]
    [name] = (await reading.ask(f'{{ wide(id: "{id}") {{ {shown} }} }}')).values()
    assert list(name) == names


async def test_many_root_fields_and_long_response_keys_stay_apart(reading: Reading) -> None:
    await reading.register({"books": an_object({"title": {"type": "string"}}, title="Book")})
    await reading.store("books", {"title": "A"})
    keys = ["k" * 100 + str(number) for number in range(12)]
    query = " ".join(f"{key}: books {{ {key}: nodes {{ {keys[0]}: title {keys[1]}: id }} }}" for key in keys)
    data = await reading.ask(f"{{ {query} }}")
    assert list(data) == keys
    assert all(data[key][key][0][keys[0]] == "A" for key in keys)


async def test_properties_that_graphql_cannot_spell_come_through(reading: Reading) -> None:
    inner = {each: {"type": "string"} for each in ("eq", "isNull", "exists", "containsJson", "id", "_meta", "_and")}
    properties: dict[str, Any] = {each: {"type": "string"} for each in ODD} | {"inner": an_object(inner)}
    await reading.register({"odds": an_object(properties, title="Odd")})
    document: dict[str, Any] = {each: f"value of {each}" for each in ODD} | {
        "inner": {each: each * 2 for each in inner}
    }
    await reading.store("odds", document, {})
    collection = reading.gateway.live.catalog.collection("odds")
    fields = [each for each in collection.fields if each.name != "inner"]
    [below] = [each for each in collection.fields if each.name == "inner"]
    names = {each.graphql: each.name for each in collection.children(below.type)}
    shown = f"{' '.join(each.graphql for each in fields)} inner {{ {' '.join(names)} }}"
    first, second = await reading.nodes(f"{{ odds {{ nodes {{ {shown} }} }} }}")
    assert first.pop("inner") == {graphql: name * 2 for graphql, name in names.items()}
    assert first == {each.graphql: document[each.name] for each in fields}
    assert {*second.values()} == {None}
    for each in fields:
        arguments = f"where: {{{each.graphql}: {{eq: $v}}}}, orderBy: {{{each.graphql}: DESC}}"
        query = f"query($v: String) {{ odds({arguments}) {{ totalCount }} }}"
        assert await reading.ask(query, {"v": document[each.name]}) == {"odds": {"totalCount": 1}}, each
    for graphql, name in names.items():
        query = f'{{ odds(where: {{inner: {{{graphql}: {{eq: "{name * 2}"}}}}}}) {{ totalCount }} }}'
        assert await reading.ask(query) == {"odds": {"totalCount": 1}}, name


AHEAD = "2026-01-31T13:00:00+01:00"
WHOLES: list[tuple[Any, list[Any], str, list[Any]]] = [
    ({"type": "string"}, ["a", 'b"😀'], '{startsWith: "b"}', ['b"😀']),
    ({"type": "integer"}, [1, 2**53 + 1, Decimal("1E+2"), Decimal("1.0")], "{gt: 9007199254740992}", [2**53 + 1]),
    ({"type": "array", "items": {"type": ["integer", "null"]}}, [[1, None, 2], []], "{has: 2}", [[1, None, 2]]),
    ({"type": "boolean"}, [True, False], "{eq: false}", [False]),
    ({"enum": ["a", "b-c", "true", ""]}, ["a", "b-c"], "{in: [b_c]}", ["b_c"]),
    ({"type": "string", "format": "date-time"}, [AHEAD], '{eq: "2026-01-31T12:00:00Z"}', [AHEAD]),
    (True, [None, Decimal("1.10"), "x", {"a": None}, [True]], "{containsJson: [true]}", [[True]]),
    (True, [None, Decimal("1.10"), {"a b": 2**63}], "{eq: 1.1}", [Decimal("1.10")]),
    ({"type": "null"}, [None], "{}", [None]),
    ({"type": "object"}, [{}, {"a": {"b": 1}}], "{containsJson: {a: {b: 1.0}}}", [{"a": {"b": 1}}]),
    (False, [], "{}", []),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "documents", "where", "expected"), WHOLES)
async def test_records_without_fields_are_shown_filtered_and_counted_as_a_whole(
    reading: Reading, schema: Any, documents: list[Any], where: str, expected: list[Any]
) -> None:
    await reading.register({"things": schema})
    await reading.store("things", *documents)
    data = await reading.ask(
        f"{{ things {{ totalCount nodes {{ data }} }} found: things(where: {where}) {{ nodes {{ data }} }} }}"
    )
    assert data["things"]["totalCount"] == len(documents)
    assert [each["data"] for each in data["found"]["nodes"]] == expected
    assert await reading.ask("{ thingsAggregate { count } }") == {"thingsAggregate": [{"count": len(documents)}]}


async def test_numbers_and_times_come_as_through_rest(reading: Reading) -> None:
    texts = [
        '{"whole": 9007199254740993, "number": 123456789012345678.901234567890, "at": "2026-01-31T13:00:00+01:00"}',
        '{"whole": 1.0, "number": 1.10, "at": null}',
        '{"whole": 1e2, "number": 1e-20}',
    ]
    properties = {
        "whole": {"type": ["integer", "null"]},
        "number": {"type": "number"},
        "at": {"type": ["string", "null"], "format": "date-time"},
    }
    await reading.register({"things": an_object(properties)})
    ids = await reading.store("things", *(each.encode() for each in texts))
    nodes = await reading.nodes("{ things { nodes { whole number at } } }")
    assert [each["whole"] for each in nodes] == [2**53 + 1, 1, 100]
    for id, node in zip(ids, nodes, strict=True):
        stored: Any = loads((await records.fetch(reading.gateway, "things", id)).text)
        assert str(node["number"]) == str(stored["data"]["number"])
        assert node["at"] == stored["data"].get("at")
    absent = """query($b: Boolean) {
        things(where: {at: {exists: $b}}) { totalCount } null: things(where: {at: {isNull: true}}) { totalCount } }"""
    assert await reading.ask(absent, {"b": True}) == {"things": {"totalCount": 2}, "null": {"totalCount": 2}}


BRANCH = an_object(
    {
        "v": {"type": "integer"},
        "kids": {"type": "array", "items": {"$ref": "#/$defs/branch"}},
        "one": {"$ref": "#/$defs/branch"},
    }
)
TREES: dict[str, Any] = an_object({"root": {"$ref": "#/$defs/branch"}}, **{"$defs": {"branch": BRANCH}})


async def test_recursive_types_are_shown_as_deep_as_asked(reading: Reading) -> None:
    await reading.register({"trees": TREES})
    await reading.store("trees", {"root": {"v": 1, "kids": [{"v": 2, "kids": []}, {}], "one": {"one": {"v": 9}}}}, {})
    first, second = await reading.nodes(
        "{ trees { nodes { root { v kids { v kids { v } } one { v one { v one { v } } } } } } }"
    )
    assert first["root"] == {
        "v": 1,
        "kids": [{"v": 2, "kids": []}, {"v": None, "kids": None}],
        "one": {"v": None, "one": {"v": 9, "one": None}},
    }
    assert second == {"root": None}
    query = """{ trees(where: {root: {one: {one: {v: {eq: 9}}}, kids: {some: {v: {gt: 1}}}}},
        orderBy: {root: {v: ASC}}) { totalCount } }"""
    assert await reading.ask(query) == {"trees": {"totalCount": 1}}


MEDIA: dict[str, Any] = {
    "oneOf": [
        an_object({"kind": {"const": "disc"}, "minutes": {"type": "integer"}}, required=["kind"]),
        an_object({"kind": {"enum": ["page", "leaf"]}, "ink": {"enum": ["a b", "c"]}}, required=["kind"]),
    ]
}


async def test_unions_show_the_fields_of_the_type_that_a_value_has(reading: Reading) -> None:
    properties = {"media": MEDIA, "all": {"type": "array", "items": MEDIA}}
    await reading.register({"books": an_object(properties, title="Book")})
    disc, leaf = {"kind": "disc", "minutes": Decimal("3.0")}, {"kind": "leaf", "ink": "a b"}
    await reading.store("books", {"media": disc, "all": [leaf, disc, {"kind": "page"}]}, {"media": leaf}, {})
    query = """
        query($short: Boolean = false) { books { nodes {
            media { __typename ...Both ... on BookMediaDisc { minutes @skip(if: $short) again: minutes } }
            all { type: __typename ... on BookAllLeaf { ink } } } } }
        fragment Both on BookMedia { ... on BookMediaLeaf { kind tint: ink } ... on BookMediaDisc { k: kind } }"""
    first, second, third = await reading.nodes(query)
    assert first["media"] == {"__typename": "BookMediaDisc", "k": "disc", "minutes": 3, "again": 3}
    assert first["all"] == [
        {"type": "BookAllLeaf", "ink": "a_b"},
        {"type": "BookAllDisc"},
        {"type": "BookAllLeaf", "ink": None},
    ]
    assert second == {"media": {"__typename": "BookMediaLeaf", "kind": "leaf", "tint": "a_b"}, "all": None}
    assert third == {"media": None, "all": None}
    first, *_ = await reading.nodes(query, {"short": True})
    assert first["media"] == {"__typename": "BookMediaDisc", "k": "disc", "again": 3}


async def test_fields_selected_several_times_are_merged(reading: Reading) -> None:
    publisher = an_object({"city": {"type": "string"}, "name": {"type": "string"}})
    await reading.register({"books": an_object({"title": {"type": "string"}, "publisher": publisher}, title="Book")})
    await reading.store("books", {"title": "A", "publisher": {"city": "C", "name": "N"}})
    query = """
        { books(first: 1) { nodes { title publisher { city } } } ...More books(first: 1) { totalCount nodes { id } } }
        fragment More on Query { ... { books(first: 1) { nodes { title publisher { name c: city } } __typename } } }"""
    data = await reading.ask(query)
    [node] = data["books"].pop("nodes")
    assert data["books"] == {"__typename": "BookConnection", "totalCount": 1}
    del node["id"]
    assert node == {"title": "A", "publisher": {"city": "C", "name": "N", "c": "C"}}


SALES: dict[str, Any] = an_object(
    {
        "genre": {"enum": ["sci-fi", "novel"]},
        "price": {"type": "number"},
        "count": {"type": "integer"},
        "small": {"type": "integer", "minimum": 0, "maximum": 9},
        "shop": an_object({"city": {"type": "string", "maxLength": 9}, "since": {"type": "string", "format": "date"}}),
        "at": {"type": "string", "format": "date-time"},
    },
    title="Sale",
)
SOLD: list[Any] = [
    {"genre": "sci-fi", "price": Decimal("1.10"), "count": 2**53 + 1, "small": 3, "shop": {"city": "A"}, "at": AHEAD},
    {"genre": "sci-fi", "price": Decimal("0.1"), "count": 1, "shop": {"city": "B", "since": "1999-12-31"}},
    {"genre": "novel", "price": 5, "shop": {"city": "A", "since": "2001-01-01"}},
    {"price": Decimal("123456789012345678901234567890.5")},
]  # fmt: skip


COVERING = [{"fields": ["genre", "shop.city"], "include": ["price", "count_6c3549", "small", "at", "shop.since"]}]


@pytest.mark.parametrize("indexes", [[], COVERING], ids=["documents", "extract"])
async def test_aggregates_are_grouped_ordered_aliased_and_exact(reading: Reading, indexes: Any) -> None:
    await reading.register({"sales": {**SALES, "x-indexes": indexes}})
    await reading.store("sales", *SOLD)
    assert len(reading.gateway.live.catalog.extracts) == len(indexes)
    data = await reading.ask("""{ salesAggregate {
        n: count sum { count small price } avg { small } min { genre at shop { since } }
        max { shop { since city } } countDistinct { genre shop { city } } } }""")
    [whole] = data["salesAggregate"]
    assert whole == {
        "n": 4,
        "sum": {"count": 2**53 + 2, "small": 3, "price": Decimal("123456789012345678901234567896.70")},
        "avg": {"small": 3},
        "min": {"genre": "novel", "at": "2026-01-31T12:00:00.000000Z", "shop": {"since": "1999-12-31"}},
        "max": {"shop": {"since": "2001-01-01", "city": "B"}},
        "countDistinct": {"genre": 2, "shop": {"city": 2}},
    }
    query = """query($w: SaleWhere, $by: [SaleGroupField!], $first: Int, $d: SortOrder) {
        salesAggregate(where: $w, groupBy: $by, first: $first, orderBy: [{count: $d}, {key: {genre: ASC}}]) {
            __typename key { g: genre shop { c: city } } n: count sum { price } } }"""
    variables: Any = {"by": ["genre", "shop_city"], "d": "DESC", "w": {"price": {"lt": 10}}}
    groups = (await reading.ask(query, variables))["salesAggregate"]
    assert [(each["key"]["g"], each["key"]["shop"]["c"], each["n"]) for each in groups] == [
        ("novel", "A", 1), ("sci_fi", "A", 1), ("sci_fi", "B", 1),
    ]  # fmt: skip
    assert (await reading.ask(query, variables | {"first": 1}))["salesAggregate"] == groups[:1]
    one = "{ salesAggregate(groupBy: genre, orderBy: {sum: {price: DESC}}) { key { genre } count } }"
    assert [each["key"]["genre"] for each in (await reading.ask(one))["salesAggregate"]] == [None, "novel", "sci_fi"]
    by_version = (
        "{ salesAggregate(groupBy: _meta_version) { key { _meta { version } } count max { _meta { version } } } }"
    )
    [version] = (await reading.ask(by_version))["salesAggregate"]
    assert version == {"key": {"_meta": {"version": 1}}, "count": 4, "max": {"_meta": {"version": 1}}}
    error = await reading.refusal("{ salesAggregate { key { genre } } }")
    assert error["extensions"]["code"] == "query.invalid"


async def test_an_aggregate_of_too_many_groups_is_refused_unless_it_says_how_many_to_show(reading: Reading) -> None:
    await reading.register({"sales": SALES})
    await reading.store("sales", *SOLD)
    gateway = replace(reading.gateway, query_limits=QueryLimits(groups=2))
    strict = Reading(gateway, Engine(gateway, dev=True))
    grouped = "a: salesAggregate(groupBy: genre) { key { genre } } sales { totalCount }"
    for query in (f"{{ {grouped} }}", f"{{ {grouped} collections {{ name }} }}"):
        for _ in range(2):
            error = await strict.refusal(query)
            told = error["extensions"]
            assert (told["code"], told["found"], told["limit"]) == ("query.too_large", 3, 2)
            assert error["path"] == ["a"]
    few = "few: salesAggregate(groupBy: genre, where: {genre: {eq: $g}}) { count } one: salesAggregate { count }"
    for query in (f"query($g: SaleGenre) {{ {few} {grouped} }}", f"query($g: SaleGenre) {{ {grouped} {few} }}"):
        assert (await strict.refusal(query, {"g": "novel"}))["path"] == ["a"]
    alone = await strict.refusal("{ a: salesAggregate(groupBy: genre) { count } }")
    assert (alone["path"], "`first`" in alone["message"]) == (["a"], True)
    shown = await strict.ask(f"{{ {grouped.replace('genre)', 'genre, first: 2)')} }}")
    assert shown == {"a": [{"key": {"genre": "novel"}}, {"key": {"genre": "sci_fi"}}], "sales": {"totalCount": 4}}
    fewer = await strict.ask("{ salesAggregate(groupBy: genre, where: {genre: {isNull: false}}) { count } }")
    assert fewer == {"salesAggregate": [{"count": 1}, {"count": 2}]}
    assert await strict.ask("{ salesAggregate { count } }") == {"salesAggregate": [{"count": 4}]}


async def test_an_error_names_the_root_field_that_it_is_about(reading: Reading) -> None:
    await reading.register({"sales": SALES})
    query = """query($n: Int, $price: Float) {
        fine: sales { totalCount }
        page: sales(first: $n) { totalCount }
        found: sales(where: {price: {eq: $price}}) { totalCount } }"""
    assert "fine" in await reading.ask(query, {"n": 1, "price": 2})
    for variables, path in (({"n": -1}, ["page"]), ({"n": 1, "price": None}, ["found"])):
        assert (await reading.refusal(query, variables))["path"] == path
