"""The way of a newcomer with curl, from a schema to an export, over a real server and a real database."""

import json
import re
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from tests.api.serving import SCHEMAS

pytestmark = pytest.mark.anyio

LINES = 10_000
BAD_LINES = {100: '{"title": 7}', 5_000: '{"pages": 3}', 9_999: '{"title": "cut'}
HARD = (
    '{"title": "hard", "numbers": [9007199254740993, 1.10, -0.5, 123456789012345678901234567890.125],'
    ' "text": ["\\u00e9", "e\\u0301", "\\ud83d\\ude00"], "nothing": {"nested": [null, {"null": null}]}}'
)


async def test_a_library_from_its_schema_to_its_export(http: httpx.AsyncClient) -> None:
    await register_the_schemas(http)
    author, dune = await add_the_first_book(http)
    await refuse_an_invalid_book(http, author)
    await find_books(http, author)
    await turn_pages(http)
    await include_the_author(http, dune)
    await patch_both_ways(http, dune)


async def register_the_schemas(http: httpx.AsyncClient) -> None:
    for name in ("authors", "books"):
        answer = await http.put(f"/registry/{name}", content=(SCHEMAS / f"{name}.json").read_bytes(), headers=JSON)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"/registry/{name}"
        assert answer.headers["ETag"] == '"1"'
        assert answer.json()["version"] == 1
        assert answer.json()["changed"] is True
    again = await http.put("/registry/books", content=(SCHEMAS / "books.json").read_bytes(), headers=JSON)
    assert (again.status_code, again.json()["changed"], again.json()["version"]) == (200, False, 1)


async def add_the_first_book(http: httpx.AsyncClient) -> tuple[str, str]:
    author = await http.post("/api/authors", json={"name": "Frank Herbert", "country": "US"})
    assert author.status_code == 201, author.text
    book = {
        "title": "Dune",
        "author_id": author.json()["id"],
        "isbn": "9780441172719",
        "price": 9.99,
        "in_stock": True,
        "pages": 612,
        "published": "1965-08-01",
        "publisher": {"name": "Chilton", "city": "Philadelphia"},
        "tags": ["desert", "spice"],
    }
    added = await http.post("/api/books", json=book)
    assert added.status_code == 201, added.text
    record = added.json()
    assert added.headers["ETag"] == '"1"'
    assert added.headers["Location"] == f"/api/books/{record['id']}"
    assert added.headers["Content-Type"] == "application/json"
    assert record["data"] == book
    assert set(record) == {"id", "data", "version", "schema_version", "created_at", "updated_at"}
    found = await http.get(added.headers["Location"])
    assert found.json() == record
    return author.json()["id"], record["id"]


async def refuse_an_invalid_book(http: httpx.AsyncClient, author: str) -> None:
    refused = await http.post("/api/books", json={"price": -1, "pages": "many", "author_id": author, "colour": "red"})
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "record.invalid"
    assert {each["keyword"] for each in problem["violations"]} == {
        "required",
        "minimum",
        "type",
        "additionalProperties",
    }
    assert {"/price", "/pages"} <= {each["pointer"] for each in problem["violations"]}


async def find_books(http: httpx.AsyncClient, author: str) -> None:
    cities = ("Utrecht", "Delft", "Amsterdam")
    for number in range(11):
        book = {
            "title": f"Book {number:02}",
            "author_id": author,
            "price": number,
            "in_stock": number % 2 == 0,
            "publisher": {"city": cities[number % 3]},
        }
        assert (await http.post("/api/books", json=book)).status_code == 201
    where = json.dumps({"_or": [{"price": {"gte": 9}}, {"title": {"eq": "Book 01"}}]})
    assert await titles(http, where=where, sort="title") == ["Book 01", "Book 09", "Book 10", "Dune"]
    short = {"price[gte]": "4", "publisher.city": "Utrecht", "in_stock": "true", "sort": "-price"}
    assert await titles(http, **short) == ["Book 06"]
    through = await titles(http, **{"author.country": "US", "limit": "2", "sort": "title"})
    assert through == ["Book 00", "Book 01"]
    by_city = await titles(http, sort="publisher.city,-price", limit="100")
    assert by_city[:4] == ["Book 08", "Book 05", "Book 02", "Book 10"]
    assert by_city[-1] == "Book 00"


async def titles(http: httpx.AsyncClient, **query: str) -> list[str]:
    answer = await http.get("/api/books", params=query)
    assert answer.status_code == 200, answer.text
    return [each["data"]["title"] for each in answer.json()["items"]]


async def turn_pages(http: httpx.AsyncClient) -> None:
    unpaged = await titles(http, sort="-price,title", limit="100")
    seen: list[str] = []
    path: str | None = "/api/books?sort=-price,title&limit=5&count=exact"
    before: str | None = None
    pages = 0
    while path is not None:
        answer = await http.get(path)
        assert answer.status_code == 200, answer.text
        assert answer.json()["page"]["total"] == 12
        seen += [each["data"]["title"] for each in answer.json()["items"]]
        pages += 1
        path = link(answer, "next")
        before = link(answer, "prev")
    assert pages == 3
    assert seen == unpaged
    assert before is not None
    middle = await http.get(before)
    assert [each["data"]["title"] for each in middle.json()["items"]] == unpaged[5:10]


def link(answer: httpx.Response, relation: str) -> str | None:
    found = re.search(rf'<([^>]*)>; rel="{relation}"', answer.headers.get("Link", ""))
    return found[1] if found else None


async def include_the_author(http: httpx.AsyncClient, dune: str) -> None:
    answer = await http.get(f"/api/books/{dune}", params={"include": "author", "fields": "title,publisher.city"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"] == {"title": "Dune", "publisher": {"city": "Philadelphia"}}
    assert answer.json()["included"]["author"]["data"]["name"] == "Frank Herbert"


async def patch_both_ways(http: httpx.AsyncClient, dune: str) -> None:
    path = f"/api/books/{dune}"
    merged = await http.patch(
        path,
        content=b'{"price": 12.50, "tags": null}',
        headers={"Content-Type": "application/merge-patch+json", "If-Match": '"1"'},
    )
    assert merged.status_code == 200, merged.text
    assert merged.headers["ETag"] == '"2"'
    assert json.loads(merged.text, parse_float=Decimal)["data"]["price"] == Decimal("12.50")
    assert "tags" not in merged.json()["data"]
    operations = [{"op": "test", "path": "/title", "value": "Dune"}, {"op": "replace", "path": "/pages", "value": 613}]
    headers = {"Content-Type": "application/json-patch+json", "If-Match": '"2"'}
    patched = await http.patch(path, content=json.dumps(operations), headers=headers)
    assert patched.status_code == 200, patched.text
    assert (patched.headers["ETag"], patched.json()["data"]["pages"]) == ('"3"', 613)
    stale = await http.patch(path, content=json.dumps(operations), headers=headers)
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (412, "record.version_mismatch", 3)


async def test_an_import_reports_its_bad_lines_and_its_export_gives_the_rest_back(http: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
    assert (await http.put("/registry/notes", json=schema)).status_code == 201
    answer = await http.post(
        "/api/notes/import",
        params={"on_error": "skip"},
        content=lines(),
        headers={"Content-Type": "application/x-ndjson"},
    )
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["imported"], report["rejected"]) == (LINES - 3, 3)
    assert [each["line"] for each in report["rejections"]] == sorted(BAD_LINES)
    exported = await http.get("/api/notes/export")
    assert exported.headers["Content-Type"].startswith("application/x-ndjson")
    stored = exported.text.splitlines()
    expected = [line for number, line in numbered() if number not in BAD_LINES]
    assert sorted(map(exactly, stored)) == sorted(map(exactly, expected))


JSON = {"Content-Type": "application/json"}


def numbered() -> list[tuple[int, str]]:
    return [
        (number, BAD_LINES.get(number) or (HARD if number == 1 else json.dumps({"title": f"note {number}"})))
        for number in range(1, LINES + 1)
    ]


async def lines() -> AsyncIterator[bytes]:
    for _, line in numbered():
        yield line.encode() + b"\n"


def exactly(line: str) -> str:
    """Return a form in which two lines are equal when their JSON values are, digit by digit."""
    return repr(sort_keys(json.loads(line, parse_float=Decimal, parse_int=Decimal)))


def sort_keys(value: object) -> object:
    if isinstance(value, dict):
        return sorted((name, sort_keys(each)) for name, each in value.items())
    return [sort_keys(each) for each in value] if isinstance(value, list) else value
