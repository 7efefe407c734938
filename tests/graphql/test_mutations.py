"""Every mutation over real HTTP, on the example library and on schemas that are hard to spell."""

import asyncio
import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from janua.config import Settings
from janua.gateway import schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.model.json import dumps, loads
from tests.api.serving import SCHEMAS
from tests.graphql.test_application import library

pytestmark = pytest.mark.anyio

ADA, BOB = "019b0000-0000-7000-8000-00000000000a", "019b0000-0000-7000-8000-00000000000b"
BOOK, OTHER = "019b0000-0000-7000-8000-000000000001", "019b0000-0000-7000-8000-000000000002"
ISBN = "9780061054884"
COUNT = "{ books { totalCount } authors { totalCount } }"


@dataclass(frozen=True)
class Asking:
    """A client of a library, with Ada, her book, and a book of nobody."""

    http: httpx.AsyncClient
    gateway: Gateway

    async def body(self, query: str, variables: Any = None, **headers: str) -> Any:
        """Return the exact answer, be it an error."""
        request = dumps({"query": query, "variables": variables})
        told = {"Content-Type": "application/json", "Accept": "application/graphql-response+json"} | headers
        answer = await self.http.post("/graphql", content=request, headers=told)
        return loads(answer.text)

    async def data(self, query: str, variables: Any = None, **headers: str) -> Any:
        """Return the data of an answer without errors."""
        body = await self.body(query, variables, **headers)
        assert "errors" not in body, body
        return body["data"]

    async def refusal(self, query: str, variables: Any = None, **headers: str) -> Any:
        """Return the extensions of the only error, with its path; nothing was done."""
        before = await self.data(COUNT)
        body = await self.body(query, variables, **headers)
        [error] = body["errors"]
        assert body.get("data") is None
        assert await self.data(COUNT) == before
        return {**error["extensions"], "path": error.get("path")}

    async def counts(self) -> tuple[int, int]:
        """Return how many books and authors there are."""
        found = await self.data(COUNT)
        return found["books"]["totalCount"], found["authors"]["totalCount"]


@pytest.fixture
async def asking(settings: Settings) -> AsyncGenerator[Asking]:
    async with library(settings, dev=True) as (_, http, gateway):
        client = Asking(http, gateway)
        await client.data(
            """
            mutation ($ada: ID, $book: ID, $other: ID, $input: BookInput!) {
              createAuthor(id: $ada, input: {name: "Ada", country: "NL"}) { id }
              createBook(id: $book, input: $input) { id }
              other: createBook(id: $other, input: {title: "Other", price: 5, status: draft}) { id }
            }
            """,
            {
                "ada": ADA,
                "book": BOOK,
                "other": OTHER,
                "input": {"title": "Book", "author_id": ADA, "isbn": ISBN, "price": 10, "tags": ["a", "b"]},
            },
        )
        yield client


async def test_a_created_record_is_shown_with_what_it_relates_to(asking: Asking) -> None:
    found = await asking.data(
        """
        mutation ($ada: UUID) {
          createBook(input: {title: "New", author_id: $ada, publisher: {city: "Utrecht"}}) {
            title genre publisher { name city } _meta { version schemaVersion }
            author { name books(orderBy: [{title: ASC}]) { nodes { title } totalCount } }
          }
        }
        """,
        {"ada": ADA},
    )
    assert found["createBook"] == {
        "title": "New",
        "genre": None,
        "publisher": {"name": None, "city": "Utrecht"},
        "_meta": {"version": 1, "schemaVersion": 1},
        "author": {"name": "Ada", "books": {"nodes": [{"title": "Book"}, {"title": "New"}], "totalCount": 2}},
    }


async def test_several_are_created_in_order_or_none(asking: Asking) -> None:
    many = "mutation ($inputs: [BookInput!]!) { createBooks(inputs: $inputs) { title author { name } } }"
    made = await asking.data(many, {"inputs": [{"title": "Z", "author_id": ADA}, {"title": "A"}]})
    assert made == {"createBooks": [{"title": "Z", "author": {"name": "Ada"}}, {"title": "A", "author": None}]}
    refused = await asking.refusal(many, {"inputs": [{"title": "Fine"}, {"title": ""}]})
    assert (refused["code"], refused["path"]) == ("record.invalid", ["createBooks"])
    assert await asking.data("mutation { createBooks(inputs: []) { id } }") == {"createBooks": []}


async def test_every_reason_against_a_document_is_told(asking: Asking) -> None:
    refused = await asking.refusal(
        'mutation { made: createBook(input: {title: "", price: -1, tags: ["a", "a"]}) { id } }'
    )
    assert (refused["code"], refused["path"], refused["collection"]) == ("record.invalid", ["made"], "books")
    assert {(each["pointer"], each["keyword"]) for each in refused["violations"]} == {
        ("/title", "minLength"),
        ("/price", "minimum"),
        ("/tags", "uniqueItems"),
    }


@pytest.mark.parametrize(
    ("mutation", "code", "members"),
    [
        (f'createBook(id: "{BOOK}", input: {{title: "A"}})', "record.exists", {"id": BOOK}),
        ('createBook(id: "1", input: {title: "A"})', "record.invalid_id", {"id": "1"}),
        (f'createBook(input: {{title: "A", isbn: "{ISBN}"}})', "record.not_unique", {"fields": ["isbn"]}),
        (f'createBook(input: {{title: "A", author_id: "{BOB}"}})', "record.relation", {"field": "author"}),
        (f'updateBook(id: "{BOB}", patch: {{price: 1}})', "record.not_found", {"id": BOB}),
        (f'updateBook(id: "{BOOK}", patch: {{title: null}})', "record.invalid", {"collection": "books"}),
        (f'updateBook(id: "{BOOK}", patch: {{price: 1}}, ifVersion: 7)', "record.version_mismatch", {"current": 1}),
        (f'replaceBook(id: "{BOOK}", input: {{title: "A"}}, ifVersion: 7)', "record.version_mismatch", {"current": 1}),
        (f'replaceBook(id: "{BOB}", input: {{title: "A"}}, ifVersion: 1)', "record.version_mismatch", {"current": 0}),
        (f'replaceBook(id: "{BOB}", input: {{title: "A"}}, ifVersion: 0)', "record.version_mismatch", {"current": 0}),
        (f'deleteBook(id: "{BOOK}", ifVersion: 7)', "record.version_mismatch", {"current": 1}),
        (f'deleteBook(id: "{BOB}")', "record.not_found", {"id": BOB}),
        (f'deleteAuthor(id: "{ADA}")', "record.relation", {"collection": "authors"}),
        ('upsertBook(input: {title: "A"})', "query.invalid", {}),
        ("updateBooks(where: {}, patch: {price: 1})", "query.invalid", {"parameter": "where"}),
        ("deleteBooks(where: {_and: [{}]})", "query.invalid", {"parameter": "where"}),
        ("updateBooks(where: {price: {gt: 1}}, patch: {price: 1}, atMost: 1)", "record.too_many", {"limit": 1}),
        ("deleteBooks(where: {price: {gt: 1}}, atMost: 1)", "record.too_many", {"limit": 1}),
        ("updateBooks(where: {price: {gt: 1}}, patch: {price: -1})", "record.invalid", {"collection": "books"}),
        (f'updateBooks(where: {{price: {{gt: 1}}}}, patch: {{isbn: "{ISBN}"}})', "record.not_unique", {}),
    ],
)
async def test_a_refused_write_names_its_code_and_field_and_does_nothing(
    asking: Asking, mutation: str, code: str, members: dict[str, object]
) -> None:
    refused = await asking.refusal(f"mutation {{ {mutation} {{ id }} }}")
    assert refused["code"] == code
    assert refused["path"] == [mutation.partition("(")[0]]
    assert refused | members == refused
    assert (await asking.data(f'{{ book(id: "{BOOK}") {{ price _meta {{ version }} }} }}'))["book"] == {
        "price": 10, "_meta": {"version": 1},
    }  # fmt: skip


async def test_what_the_graphql_schema_forbids_is_told_before_anything_is_done(asking: Asking) -> None:
    for wrong in (
        "titel: 1",
        'title: "A", published: "yesterday"',
        'title: "A", genre: cooking',
        'title: "A", pages: 1.5',
    ):
        body = await asking.body(
            f'mutation {{ createAuthor(input: {{name: "B"}}) {{ id }} createBook(input: {{{wrong}}}) {{ id }} }}'
        )
        assert {each["extensions"]["code"] for each in body["errors"]} == {"query.malformed"}
        assert "data" not in body
        assert all(each["locations"] for each in body["errors"])
    assert await asking.counts() == (2, 1)


async def test_an_operation_is_one_transaction(asking: Asking) -> None:
    refused = await asking.refusal(
        f"""
        mutation {{
          first: createAuthor(input: {{name: "Bob"}}) {{ id }}
          second: deleteBook(id: "{BOOK}") {{ id }}
          third: updateBook(id: "{OTHER}", patch: {{price: -1}}) {{ id }}
        }}
        """
    )
    assert (refused["code"], refused["path"]) == ("record.invalid", ["third"])
    done = await asking.data(
        f"""
        mutation {{
          createAuthor(id: "{BOB}", input: {{name: "Bob"}}) {{ books {{ totalCount }} }}
          updateBook(id: "{OTHER}", patch: {{author_id: "{BOB}"}}) {{ author {{ name books {{ totalCount }} }} }}
          again: updateBook(id: "{OTHER}", patch: {{price: 6}}, ifVersion: 2) {{ price _meta {{ version }} }}
          deleteBook(id: "{BOOK}") {{ author {{ name books {{ totalCount }} }} }}
        }}
        """
    )
    assert done == {
        "createAuthor": {"books": {"totalCount": 0}},
        "updateBook": {"author": {"name": "Bob", "books": {"totalCount": 1}}},
        "again": {"price": 6, "_meta": {"version": 3}},
        "deleteBook": {"author": {"name": "Ada", "books": {"totalCount": 1}}},
    }
    assert await asking.counts() == (1, 2)


async def test_a_mutation_says_its_type_beside_what_it_does(asking: Asking) -> None:
    assert await asking.data("mutation { __typename }") == {"__typename": "Mutation"}
    written = 'mutation { a: __typename createAuthor(input: {name: "Bob"}) { name } __typename }'
    assert await asking.data(written) == {"a": "Mutation", "createAuthor": {"name": "Bob"}, "__typename": "Mutation"}
    registered = 'mutation { __typename registerSchema(name: "more", document: {}) { version } }'
    assert await asking.data(registered) == {"__typename": "Mutation", "registerSchema": {"version": 1}}
    assert await asking.counts() == (2, 2)


async def test_a_selection_that_cannot_be_planned_is_named_and_nothing_is_done(asking: Asking) -> None:
    refused = await asking.refusal(
        'mutation { fine: createAuthor(input: {name: "B"}) { id } '
        'bad: createAuthor(input: {name: "C"}) { books(first: -1) { totalCount } } }'
    )
    assert (refused["code"], refused["path"]) == ("query.invalid", ["bad"])


async def test_a_patch_sets_removes_and_merges(asking: Asking) -> None:
    first = f'updateBook(id: "{BOOK}", patch: {{publisher: {{name: "P", city: "C"}}, price: null, tags: ["z"]}})'
    second = f'updateBook(id: "{BOOK}", patch: {{publisher: {{city: null}}}}, ifVersion: 2)'
    shown = "{ title price tags publisher { name city } _meta { version } }"
    assert await asking.data(f"mutation {{ first: {first} {shown} second: {second} {shown} }}") == {
        "first": {
            "title": "Book", "price": None, "tags": ["z"], "publisher": {"name": "P", "city": "C"},
            "_meta": {"version": 2},
        },
        "second": {
            "title": "Book", "price": None, "tags": ["z"], "publisher": {"name": "P", "city": None},
            "_meta": {"version": 3},
        },
    }  # fmt: skip


async def test_of_writers_at_once_with_one_version_one_wins(asking: Asking) -> None:
    change = f'mutation ($p: Float) {{ updateBook(id: "{BOOK}", patch: {{price: $p}}, ifVersion: 1) {{ price }} }}'
    answers = await asyncio.gather(*(asking.body(change, {"p": price}) for price in range(8)))
    won = [each["data"]["updateBook"]["price"] for each in answers if "errors" not in each]
    lost = {each["errors"][0]["extensions"]["code"] for each in answers if "errors" in each}
    assert (len(won), lost) == (1, {"record.version_mismatch"})
    assert await asking.data(f'{{ book(id: "{BOOK}") {{ price }} }}') == {"book": {"price": won[0]}}


async def test_a_replaced_document_has_nothing_of_the_one_before(asking: Asking) -> None:
    replace = (
        'mutation ($id: ID!) { replaceBook(id: $id, input: {title: "Whole"}) { id title isbn tags author { id } } }'
    )
    for id in (BOOK, BOB):
        assert await asking.data(replace, {"id": id}) == {
            "replaceBook": {"id": id, "title": "Whole", "isbn": None, "tags": None, "author": None}
        }
    assert await asking.counts() == (3, 1)


async def test_an_upsert_replaces_the_record_of_the_same_value_or_creates_one(asking: Asking) -> None:
    upsert = (
        "mutation ($input: BookInput!)"
        " { upsertBook(input: $input, onConflict: isbn) { id title tags _meta { version } } }"
    )
    replaced = await asking.data(upsert, {"input": {"title": "Same", "isbn": ISBN}})
    assert replaced["upsertBook"] == {"id": BOOK, "title": "Same", "tags": None, "_meta": {"version": 2}}
    created = await asking.data(upsert, {"input": {"title": "New", "isbn": "9780000000000"}})
    assert created["upsertBook"]["_meta"] == {"version": 1}
    assert await asking.counts() == (3, 1)


async def test_what_is_wrong_with_a_write_is_told_in_the_words_of_graphql(asking: Asking) -> None:
    upsert = await asking.refusal('mutation { upsertBook(input: {title: "x"}, onConflict: isbn) { id } }')
    assert (upsert["parameter"], "at /isbn" in upsert["reason"]) == ("onConflict", True)
    bulk = await asking.refusal("mutation { deleteBooks(where: {price: {gt: 1}}, atMost: -1) { id } }")
    assert bulk["parameter"] == "atMost"


async def test_a_bulk_write_touches_at_most_what_the_setting_says(settings: Settings) -> None:
    strict = settings.model_copy(update={"limits": settings.limits.model_copy(update={"bulk_at_most": 1})})
    async with library(strict, dev=True) as (_, http, gateway):
        asking = Asking(http, gateway)
        await asking.data('mutation { createAuthors(inputs: [{name: "A"}, {name: "B"}]) { id } }')
        for said in ("", ", atMost: null"):
            refused = await asking.refusal(
                f'mutation {{ deleteAuthors(where: {{name: {{gte: "A"}}}}{said}) {{ id }} }}'
            )
            assert (refused["code"], refused["limit"]) == ("record.too_many", 1)
        done = await asking.data('mutation { deleteAuthors(where: {name: {gte: "A"}}, atMost: 2) { name } }')
        assert len(done["deleteAuthors"]) == 2


async def test_a_bulk_write_touches_what_matches_through_relations(asking: Asking) -> None:
    updated = await asking.data(
        'mutation { updateBooks(where: {author: {country: {eq: "NL"}}}, patch: {in_stock: true})'
        " { title in_stock author { name } } }"
    )
    assert updated == {"updateBooks": [{"title": "Book", "in_stock": True, "author": {"name": "Ada"}}]}
    deleted = await asking.data(
        "mutation { deleteBooks(where: {price: {gt: 1}}, atMost: 2) { title author { name } } }"
    )
    assert sorted(deleted["deleteBooks"], key=lambda each: each["title"]) == [
        {"title": "Book", "author": {"name": "Ada"}},
        {"title": "Other", "author": None},
    ]
    assert await asking.data("mutation { deleteBooks(where: {price: {gt: 1}}) { id } }") == {"deleteBooks": []}


async def test_an_absent_variable_never_makes_a_bulk_write_one_of_everything(asking: Asking) -> None:
    delete = (
        "mutation ($title: String, $where: BookWhere! = {})"
        " { a: deleteBooks(where: {title: {eq: $title}}) { id } b: deleteBooks(where: $where) { id } }"
    )
    assert (await asking.refusal(delete))["code"] == "query.invalid"
    assert (await asking.refusal(delete, {"title": None}))["code"] == "query.invalid_operand"
    assert (await asking.refusal(delete, {"title": "none", "where": {"title": {}}}))["path"] == ["b"]


async def test_a_mistyped_variable_does_not_widen_a_bulk_write(asking: Asking) -> None:
    delete = (
        "mutation ($stock: Boolean, $tag: String)"
        " { deleteBooks(where: {_or: [{price: {gt: 1}, in_stock: {eq: $stock}}, {tags: {has: $tag}}]}) { id } }"
    )
    [error] = (await asking.body(delete, {"stok": True, "tag": "x"}))["errors"]
    assert error["extensions"]["code"] == "query.invalid"
    assert "$stock" in error["message"]
    assert "$stok " not in error["message"]
    assert len((await asking.data(delete, {"stock": True, "tag": "a"}))["deleteBooks"]) == 1


async def test_a_deleted_record_is_shown_with_what_goes_with_it(asking: Asking) -> None:
    await asking.data(f'mutation {{ createReview(input: {{book_id: "{BOOK}", rating: 5}}) {{ book {{ title }} }} }}')
    deleted = await asking.data(
        f'mutation {{ deleteBook(id: "{BOOK}", ifVersion: 1)'
        " { id author { name } reviews { nodes { rating } } } }"
    )
    assert deleted["deleteBook"] == {"id": BOOK, "author": {"name": "Ada"}, "reviews": {"nodes": [{"rating": 5}]}}
    assert await asking.data(f'{{ book(id: "{BOOK}") {{ id }} reviews {{ totalCount }} }}') == {
        "book": None, "reviews": {"totalCount": 0},
    }  # fmt: skip


async def test_a_mutation_with_an_idempotency_key_is_done_once(asking: Asking) -> None:
    create = "mutation ($title: String!) { createBook(input: {title: $title}) { id title author { name } } }"
    key = {"Idempotency-Key": '"one"'}
    answers = [await asking.data(create, {"title": "A"}, **key) for _ in range(2)]
    assert answers[0] == answers[1]
    again = await asking.http.post("/graphql", json={"query": create, "variables": {"title": "A"}}, headers=key)
    assert (again.json()["data"], again.headers["Idempotency-Replayed"]) == (answers[0], "true")
    other = await asking.refusal(create, {"title": "B"}, **key)
    assert (other["code"], other["running"]) == ("record.idempotency_conflict", False)
    assert await asking.counts() == (3, 1)


async def test_of_requests_at_once_with_one_key_one_is_done(asking: Asking) -> None:
    create = 'mutation { createBook(input: {title: "At once"}) { id } }'
    answers = await asyncio.gather(*(asking.body(create, **{"Idempotency-Key": '"k"'}) for _ in range(8)))
    done = {each["data"]["createBook"]["id"] for each in answers if "errors" not in each}
    running = [each["errors"][0]["extensions"] for each in answers if "errors" in each]
    assert len(done) == 1
    assert all((each["code"], each["running"]) == ("record.idempotency_conflict", True) for each in running)
    assert await asking.counts() == (3, 1)


async def test_a_key_of_a_mutation_that_failed_is_free(asking: Asking) -> None:
    create = "mutation ($title: String!) { createBook(input: {title: $title}) { title } }"
    key = {"Idempotency-Key": '"again"'}
    assert (await asking.refusal(create, {"title": ""}, **key))["code"] == "record.invalid"
    assert await asking.data(create, {"title": "Now"}, **key) == {"createBook": {"title": "Now"}}


async def test_a_mutation_by_get_is_refused_and_does_nothing(asking: Asking) -> None:
    answer = await asking.http.get("/graphql", params={"query": 'mutation { createBook(input: {title: "A"}) { id } }'})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert await asking.counts() == (2, 1)


async def test_a_write_under_a_schema_that_changed_underneath_follows_the_new_one(
    asking: Asking, settings: Settings
) -> None:
    old = asking.gateway.live.catalog
    document = json.loads((SCHEMAS / "books.json").read_text())
    document["properties"]["title"]["maxLength"] = 10
    async with open_gateway(settings, name="other") as other:
        await schemas.register(other, "books", document)
    create = "mutation ($title: String!) { createBook(input: {title: $title}) { title _meta { schemaVersion } } }"
    for title, code in (("Much longer than ten", "record.invalid"), ("Short", None)):
        asking.gateway.live.publish(old)
        body = await asking.body(create, {"title": title})
        if code is None:
            assert body == {"data": {"createBook": {"title": "Short", "_meta": {"schemaVersion": 2}}}}
        else:
            assert body["errors"][0]["extensions"]["code"] == code


HARD: dict[str, Any] = {
    "title": "Thing",
    "type": "object",
    "properties": {
        "in-stock": {"type": "boolean"},
        "2d": {"enum": ["not spelled", "a-1", "Ok", "true"]},
        "and": {"type": "string"},
        "_and": {"type": "string"},
        "id": {"type": "integer"},
        "_meta": {"type": "string"},
        "__typename": {"type": "string"},
        "whole": {"type": "integer"},
        "amount": {"type": "number"},
        "free": {"type": "object"},
        "outline": {
            "oneOf": [
                {
                    "title": "Circle", "type": "object", "required": ["kind", "radius"],
                    "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}},
                    "additionalProperties": False,
                },
                {
                    "title": "Square", "type": "object", "required": ["kind", "side"],
                    "properties": {"kind": {"const": "square"}, "side": {"type": "number"}},
                    "additionalProperties": False,
                },
            ]
        },
    },
    "additionalProperties": False,
}  # fmt: skip


async def names_of(asking: Asking) -> dict[str, str]:
    found = await asking.data('{ collection(name: "things") { fields { pointer graphql } } }')
    return {each["pointer"].removeprefix("/"): each["graphql"] for each in found["collection"]["fields"]}


async def test_names_and_enums_that_cannot_be_spelled_are_written_and_read_back(asking: Asking) -> None:
    await schemas.register(asking.gateway, "things", HARD)
    names = await names_of(asking)
    document = {
        "in-stock": True,
        "2d": "not spelled",
        "and": "a",
        "_and": "b",
        "id": 7,
        "_meta": "m",
        "__typename": "t",
    }
    given = {names[name]: value for name, value in document.items()} | {names["2d"]: "not_spelled"}
    shown = " ".join(given)
    create = f"mutation ($input: ThingInput!) {{ createThing(input: $input) {{ key: id {shown} }} }}"
    made = (await asking.data(create, {"input": given}))["createThing"]
    assert made == given | {"key": made["key"]}
    assert json.loads((await asking.http.get(f"/api/things/{made['key']}")).text)["data"] == document
    patch = f"mutation ($id: ID!, $patch: ThingPatch!) {{ updateThing(id: $id, patch: $patch) {{ {shown} }} }}"
    changed = await asking.data(patch, {"id": made["key"], "patch": {names["_and"]: None, names["2d"]: "a_1"}})
    assert changed["updateThing"] == given | {names["_and"]: None, names["2d"]: "a_1"}


async def test_unions_are_given_by_member_and_come_back_by_type(asking: Asking) -> None:
    await schemas.register(asking.gateway, "things", HARD)
    shown = "outline { __typename ... on Circle { kind radius } ... on Square { kind side } }"
    create = f"mutation ($outline: ThingOutlineInput) {{ createThing(input: {{outline: $outline}}) {{ {shown} }} }}"
    circle = {"__typename": "Circle", "kind": "circle", "radius": 2}
    assert (await asking.data(create, {"outline": {"circle": {"radius": 2}}}))["createThing"]["outline"] == circle
    literal = f"mutation {{ createThing(input: {{outline: {{square: {{side: 1.50}}}}}}) {{ {shown} }} }}"
    assert str((await asking.data(literal))["createThing"]["outline"]["side"]) == "1.50"
    for wrong in ({}, {"circle": {"radius": 1}, "square": {"side": 1}}, {"circle": None}):
        [error] = (await asking.body(create, {"outline": wrong}))["errors"]
        assert error["extensions"]["code"] == "query.malformed"


async def test_a_patch_turns_one_alternative_into_another_and_leaves_nothing_of_it(asking: Asking) -> None:
    await schemas.register(asking.gateway, "things", HARD)
    shown = "outline { __typename ... on Circle { kind radius } ... on Square { kind side } }"
    made = await asking.data(
        f"mutation {{ createThing(input: {{outline: {{circle: {{radius: 2}}}}}}) {{ id {shown} }} }}"
    )
    patch = f"mutation ($id: ID!, $patch: ThingPatch!) {{ updateThing(id: $id, patch: $patch) {{ {shown} }} }}"
    for outline, expected in (
        ({"circle": {"radius": 3}}, {"__typename": "Circle", "kind": "circle", "radius": 3}),
        ({"square": {"side": 1}}, {"__typename": "Square", "kind": "square", "side": 1}),
        ({"circle": {"radius": 4, "kind": "circle"}}, {"__typename": "Circle", "kind": "circle", "radius": 4}),
        (None, None),
        ({"square": {"side": 5}}, {"__typename": "Square", "kind": "square", "side": 5}),
    ):
        told = {"id": made["createThing"]["id"], "patch": {"outline": outline}}
        assert (await asking.data(patch, told))["updateThing"]["outline"] == expected
    literal = (
        f"mutation ($id: ID!) {{ updateThing(id: $id, patch: {{outline: {{circle: {{radius: 6}}}}}}) {{ {shown} }} }}"
    )
    done = await asking.data(literal, {"id": made["createThing"]["id"]})
    assert done["updateThing"]["outline"] == {"__typename": "Circle", "kind": "circle", "radius": 6}


NUMBERS = {
    "whole": "9007199254740993",
    "amount": "123456789012345678901234567890.123456789012345678901234567890",
    "free": '{"deep": [1.10, 12345678901234567890123]}',
}


async def test_numbers_are_exact_as_literals_and_as_variables(asking: Asking) -> None:
    await schemas.register(asking.gateway, "things", HARD)
    shown = "{ whole amount free }"
    literal = ", ".join(f"{name}: {text}" for name, text in NUMBERS.items()).replace('"deep"', "deep")
    given = "{" + ", ".join(f'"{name}": {text}' for name, text in NUMBERS.items()) + "}"
    queries = [
        (f"mutation {{ createThing(input: {{{literal}}}) {shown} }}", "{}"),
        (f"mutation ($input: ThingInput!) {{ createThing(input: $input) {shown} }}", f'{{"input": {given}}}'),
    ]
    for query, variables in queries:
        text = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
        answer = await asking.http.post("/graphql", content=text, headers={"Content-Type": "application/json"})
        assert loads(answer.text) == {"data": {"createThing": loads(given)}}
        assert all(each in answer.text for each in NUMBERS.values())
    where = (
        "{whole: {eq: 9007199254740993}, amount: {eq: 123456789012345678901234567890.12345678901234567890123456789}}"
    )
    assert await asking.data(f"{{ things(where: {where}) {{ totalCount }} }}") == {"things": {"totalCount": 2}}
    nearly = "{_or: [{whole: {eq: 9007199254740992}}, {amount: {eq: 123456789012345678901234567890.1}}]}"
    assert await asking.data(f"{{ things(where: {nearly}) {{ totalCount }} }}") == {"things": {"totalCount": 0}}
