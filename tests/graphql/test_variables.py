"""Variables of operations, wherever they stand: coerced as GraphQL says, and never mistaken for each other.

Most operations are sent several times, as the plan that one run left behind must serve, or not serve, the next.
"""

from decimal import Decimal
from typing import Any

import pytest

from tests.graphql.reading import Reading

pytestmark = pytest.mark.anyio

BOOKS = {
    "title": "Book",
    "type": "object",
    "properties": {
        "title": {"type": ["string", "null"]},
        "pages": {"type": "integer"},
        "price": {"type": "number"},
        "genre": {"enum": ["sci-fi", "novel", "true"]},
        "tags": {"type": "array", "items": {"type": "string"}},
        "anything": True,
    },
}
STORED: list[dict[str, Any]] = [
    {"title": "A", "pages": 1, "genre": "sci-fi", "tags": ["x", "y"], "anything": []},
    {"title": "B", "pages": 2**53 + 1, "genre": "novel", "tags": [], "anything": {"k": [1, None]}},
    {"title": "C", "price": Decimal("1.10"), "genre": "true", "anything": [1]},
    {"title": None, "anything": "text"},
]
BY_WHERE = "query($w: BookWhere) { books(where: $w) { nodes { title } } }"
BY_TITLE = "query($t: String) { books(where: {title: {eq: $t}}) { nodes { title } } }"
BY_JSON = "query($j: JSON) { books(where: {anything: {containsJson: $j}}) { nodes { title } } }"
BY_PART = "query($j: JSON) { books(where: {anything: {containsJson: {k: [$j]}}}) { nodes { title } } }"


@pytest.fixture
async def books(reading: Reading) -> Reading:
    await reading.register({"books": BOOKS})
    await reading.store("books", *STORED)
    return reading


async def titles(books: Reading, query: str, variables: Any = None) -> list[str | None]:
    return [each["title"] for each in await books.nodes(query, variables)]


BY_PARTS = "query($w: [BookWhere!]) { books(where: {_or: $w}) { nodes { title } } }"
BY_TITLES = "query($t: [String!]) { books(where: {title: {in: $t}}) { nodes { title } } }"
IN_ORDER = "query($o: [BookOrderBy!]) { books(orderBy: $o) { nodes { title } } }"


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        (BY_WHERE, {"w": {"_and": {"title": {"eq": "A"}}}}, ["A"]),
        (BY_WHERE, {"w": {"title": {"in": "B"}}}, ["B"]),
        (BY_WHERE, {"w": {"tags": {"hasAny": "y"}}}, ["A"]),
        (BY_PARTS, {"w": {"title": {"eq": "C"}}}, ["C"]),
        (BY_TITLES, {"t": "A"}, ["A"]),
        (IN_ORDER, {"o": {"title": "DESC"}}, [None, "C", "B", "A"]),
    ],
)
async def test_one_value_is_a_list_of_it(books: Reading, query: str, variables: Any, expected: list[Any]) -> None:
    assert await titles(books, query, variables) == expected
    assert await titles(books, query, variables) == expected


async def test_single_values_in_lists_do_not_share_a_plan(books: Reading) -> None:
    for title in "ABCA":
        assert await titles(books, BY_WHERE, {"w": {"_or": {"title": {"eq": title}}}}) == [title]
        assert await titles(books, BY_WHERE, {"w": {"_or": [{"title": {"eq": title}}]}}) == [title]


async def test_an_empty_json_list_is_a_value_like_others(books: Reading) -> None:
    cases: list[tuple[Any, list[str | None]]] = [([], ["A", "C"]), ({"k": [1]}, ["B"]), ([1], ["C"]), ("text", [None])]
    for value, expected in cases + cases[::-1]:
        assert await titles(books, BY_JSON, {"j": value}) == expected


async def test_variables_stand_inside_json_literals(books: Reading) -> None:
    for value, expected in ((1, ["B"]), (2, []), (None, ["B"]), (1, ["B"]), ("1", [])):
        assert await titles(books, BY_PART, {"j": value}) == expected
    query = "query($j: Float) { books(where: {anything: {containsJson: {k: $j}}}) { nodes { title } } }"
    for variables, expected in (({"j": 1}, []), ({}, ["B"]), ({"j": 1}, [])):
        assert await titles(books, query, variables) == expected


async def test_an_absent_variable_drops_its_condition_and_null_is_an_error(books: Reading) -> None:
    for _ in range(2):
        assert len(await titles(books, BY_TITLE, {})) == 4
        assert (await books.refusal(BY_TITLE, {"t": None}))["extensions"]["code"] == "query.invalid_operand"
        assert await titles(books, BY_TITLE, {"t": "A"}) == ["A"]


async def test_an_absent_variable_leaves_its_sort_key_out(books: Reading) -> None:
    query = """query($title: SortOrder, $pages: SortOrder) {
        books(orderBy: [{pages: $pages}, {title: $title}]) { nodes { title } }
        booksAggregate(groupBy: [title], orderBy: [{key: {title: $title}}]) { key { title } } }"""
    for variables in ({}, {"title": "DESC"}, {"title": "DESC"}, {}):
        data = await books.ask(query, variables)
        listed = [each["title"] for each in data["books"]["nodes"]]
        grouped = [each["key"]["title"] for each in data["booksAggregate"]]
        assert listed == ([None, "C", "B", "A"] if variables else ["A", "B", "C", None])
        assert grouped == listed
    assert (await books.refusal(query, {"title": None}))["extensions"]["code"] == "query.invalid"


async def test_defaults_stand_in_for_absent_variables_only(books: Reading) -> None:
    query = 'query($t: String = "A") { books(where: {title: {eq: $t}}) { nodes { title } } }'
    for _ in range(2):
        assert await titles(books, query) == ["A"]
        assert await titles(books, query, {"t": "B"}) == ["B"]
        assert (await books.refusal(query, {"t": None}))["extensions"]["code"] == "query.invalid_operand"
    query = 'query($w: BookWhere = {title: {eq: "A"}}) { books(where: $w) { nodes { title } } }'
    assert await titles(books, query) == ["A"]
    assert len(await titles(books, query, {"w": {}})) == len(await titles(books, query, {"w": None})) == 4


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("query($b: Boolean = true) { books { nodes { title @include(if: $b) pages } } }", {"b": None}),
        ('query($t: String = "A") { books(where: {title: {in: [$t]}}) { nodes { title } } }', {"t": None}),
        ("query($o: SortOrder) { books(orderBy: {title: $o}) { nodes { title } } }", {"o": None}),
        (BY_WHERE, {"w": {"title": None}}),
        (BY_WHERE, {"w": {"_not": None}}),
        (BY_WHERE, {"w": {"_and": [None]}}),
        (BY_WHERE, {"w": {"title": {"in": ["A", None]}}}),
        (BY_WHERE, {"w": {"titel": {"eq": "A"}}}),
        (BY_WHERE, {"w": {"genre": {"eq": "sci-fi"}}}),
        (BY_WHERE, {"w": []}),
        (BY_WHERE, {"w": "title"}),
        (BY_TITLE, {"t": 1}),
        (BY_TITLE, {"t": {}}),
        ("query($n: Int) { books(first: $n) { nodes { title } } }", {"n": "1"}),
        ("query($n: Int) { books(first: $n) { nodes { title } } }", {"n": -1}),
    ],
)
async def test_a_wrong_value_is_refused_each_time(books: Reading, query: str, variables: Any) -> None:
    for _ in range(2):
        assert (await books.refusal(query, variables))["extensions"]["code"].startswith("query.")


QUOTED: list[tuple[str, Any, str]] = [
    ("String!", None, "Expected value of non-null type 'String!' not to be null."),
    ("String", True, "String cannot represent a non string value: true"),
    ("String", {"a": None, "b": [True, "c's", Decimal("1.10")]}, """{"a":null,"b":[true,"c's",1.10]}"""),
    ("ID", Decimal("1.50"), "ID cannot represent value: 1.50"),
    ("Boolean", "True", 'Boolean cannot represent a non boolean value: "True"'),
    ("BookGenre", False, "Enum 'BookGenre' cannot represent non-string value: false."),
    ("BookWhere", "None", 'to be an object, found: "None".'),
    ("BookWhere", {"nix": {"eq": None}}, """Found: {"nix":{"eq":null}}."""),
    ("[Int!]", [1, None], "at [1]: Expected value of non-null type 'Int!' not to be null."),
    ("BookWhere", {"title": {"eq": [": True"]}}, 'String cannot represent a non string value: [": True"]'),
]


async def test_refused_values_are_quoted_as_they_were_sent(books: Reading) -> None:
    for type, value, message in QUOTED:
        query = f"query($v: {type}) {{ books(where: {{anything: {{containsJson: [$v]}}}}) {{ totalCount }} }}"
        error = await books.refusal(query, {"v": value})
        assert message in error["message"]
        assert error["locations"]


async def test_booleans_decide_what_is_shown_and_asked(books: Reading) -> None:
    query = """query($b: Boolean!, $none: Boolean) { books(where: {title: {isNull: $none}}) {
        nodes { title @include(if: $b) pages @skip(if: $b) ... @include(if: $b) { genre } } } }"""
    for shown in (True, False, True):
        first, *_ = await books.nodes(query, {"b": shown, "none": False})
        assert first == ({"title": "A", "genre": "sci_fi"} if shown else {"pages": 1})
    assert await titles(books, query, {"b": True, "none": True}) == [None]
    assert len(await titles(books, query, {"b": True})) == 4


async def test_pages_and_orders_follow_their_variables(books: Reading) -> None:
    query = """query($o: [BookOrderBy!], $d: SortOrder, $n: Int, $skip: Int) {
        books(orderBy: $o, first: $n, offset: $skip) { nodes { title } }
        sorted: books(orderBy: [{title: $d}], last: $n) { nodes { title } } }"""
    cases: list[tuple[Any, list[str | None], list[str | None]]] = [
        ({"o": [{"title": "DESC"}], "n": 2, "d": "ASC"}, [None, "C"], ["C", None]),
        ({"o": [{"title": "DESC"}], "n": 2, "d": "ASC_NULLS_FIRST", "skip": 1}, ["C", "B"], ["B", "C"]),
        ({"o": [{"pages": "ASC"}, {"title": "DESC"}], "n": 1, "d": "DESC"}, ["A"], ["A"]),
        ({"n": 0, "d": "DESC"}, [], []),
        ({"n": Decimal("1.0"), "d": "DESC_NULLS_LAST"}, ["A"], [None]),
    ]
    for variables, first, second in cases + cases:
        data = await books.ask(query, variables)
        assert [[each["title"] for each in data[key]["nodes"]] for key in ("books", "sorted")] == [first, second]


async def test_enums_and_numbers_are_coerced_wherever_they_come_from(books: Reading) -> None:
    query = """query($g: BookGenre, $p: BigInt, $f: Float) {
        books(where: {_or: [{genre: {eq: $g}}, {pages: {eq: $p}}, {price: {eq: $f}}]}) { nodes { title } } }"""
    for number in (2**53 + 1, str(2**53 + 1)):
        assert await titles(books, query, {"g": "true_b5bea4", "p": number, "f": Decimal("1.100")}) == ["B", "C"]
    assert await titles(books, query, {"g": "sci_fi", "p": 2**53, "f": Decimal("1.1000000000000001")}) == ["A"]
    assert await titles(books, BY_WHERE, {"w": {"genre": {"in": ["sci_fi", "true_b5bea4"]}}}) == ["A", "C"]


async def test_a_literal_cursor_goes_with_variables_in_the_filter(books: Reading) -> None:
    page = "query($t: String) { books(where: {title: {ne: $t}}, first: 1) { pageInfo { endCursor } } }"
    cursor = (await books.ask(page, {"t": "C"}))["books"]["pageInfo"]["endCursor"]
    query = """query($t: String) {
        books(where: {title: {ne: $t}}, first: 1, after: "CURSOR") { nodes { title } } }""".replace("CURSOR", cursor)
    for _ in range(2):
        assert await titles(books, query, {"t": "C"}) == ["B"]
        assert (await books.refusal(query, {"t": "A"}))["extensions"]["code"] == "query.invalid_cursor"


async def test_variables_serve_operations_with_fields_of_the_registry_too(books: Reading) -> None:
    query = """query($n: String!, $t: String) {
        collection(name: $n) { name } books(where: {title: {eq: $t}}) { nodes { title } } }"""
    for title in "AB":
        data = await books.ask(query, {"n": "books", "t": title})
        assert data == {"collection": {"name": "books"}, "books": {"nodes": [{"title": title}]}}
