"""Records over HTTP: what the contract says of single records, lists, figures, import and export."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("library")]

AN_ID = "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"
MERGE = {"Content-Type": "application/merge-patch+json"}
JSON_PATCH = {"Content-Type": "application/json-patch+json"}
NDJSON = {"Content-Type": "application/x-ndjson"}


async def add(http: httpx.AsyncClient, **book: object) -> dict[str, object]:
    answer = await http.post("/api/books", json=book)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_put_creates_and_then_replaces(http: httpx.AsyncClient) -> None:
    created = await http.put(f"/api/books/{AN_ID}", json={"title": "A"})
    assert (created.status_code, created.headers["ETag"]) == (201, '"1"')
    assert created.headers["Location"] == f"/api/books/{AN_ID}"
    replaced = await http.put(f"/api/books/{AN_ID}", json={"title": "B"})
    assert (replaced.status_code, replaced.headers["ETag"]) == (200, '"2"')
    assert "Location" not in replaced.headers


async def test_put_keeps_its_preconditions(http: httpx.AsyncClient) -> None:
    path, book = f"/api/books/{AN_ID}", {"title": "A"}
    for match in ("*", '"0"', '"1"', '"0", "1"', ""):
        assert (await http.put(path, json=book, headers={"If-Match": match})).status_code == 412
    assert (await http.put(path, json=book, headers={"If-None-Match": "*"})).status_code == 201
    assert (await http.put(path, json=book, headers={"If-None-Match": "*"})).status_code == 412
    assert (await http.put(path, json=book, headers={"If-Match": '"7"'})).status_code == 412
    assert (await http.put(path, json=book, headers={"If-Match": 'W/"1"'})).status_code == 412
    assert (await http.put(path, json=book, headers={"If-Match": '"1", "7"'})).status_code == 200
    assert (await http.put(path, json=book, headers={"If-Match": "1"})).status_code == 400


async def test_a_record_that_the_client_has_is_304(http: httpx.AsyncClient) -> None:
    await http.put(f"/api/books/{AN_ID}", json={"title": "A"})
    same = await http.get(f"/api/books/{AN_ID}", headers={"If-None-Match": '"1"'})
    assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", '"1"')
    assert (await http.get(f"/api/books/{AN_ID}", headers={"If-None-Match": '"2"'})).status_code == 200


async def test_what_is_included_counts_in_the_tag(http: httpx.AsyncClient) -> None:
    author = (await http.post("/api/authors", json={"name": "A"})).json()
    book = await add(http, title="T", author_id=author["id"])
    path = f"/api/books/{book['id']}?include=author"
    first = await http.get(path)
    await http.put(f"/api/authors/{author['id']}", json={"name": "B"})
    second = await http.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (second.status_code, second.json()["included"]["author"]["data"]["name"]) == (200, "B")


async def test_delete_removes_once_and_keeps_its_precondition(http: httpx.AsyncClient) -> None:
    path = f"/api/books/{(await add(http, title='A'))['id']}"
    assert (await http.delete(path, headers={"If-Match": '"2"'})).status_code == 412
    assert (await http.delete(path, headers={"If-Match": '"1"'})).status_code == 204
    gone = await http.delete(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "record.not_found")
    patch = {"Content-Type": "application/merge-patch+json"}
    for condition in ('"1"', "*"):
        assert (await http.delete(path, headers={"If-Match": condition})).status_code == 404
        missing = await http.patch(path, content=b"{}", headers={**patch, "If-Match": condition})
        assert (missing.status_code, missing.json()["code"]) == (404, "record.not_found")


async def test_delete_and_patch_keep_an_if_none_match(http: httpx.AsyncClient) -> None:
    path = f"/api/books/{(await add(http, title='A'))['id']}"
    for tags in ("*", '"1"', '"7", "1"', 'W/"1"'):
        assert (await http.delete(path, headers={"If-None-Match": tags})).status_code == 412
        assert (await http.patch(path, content=b"{}", headers=MERGE | {"If-None-Match": tags})).status_code == 412
    assert (await http.patch(path, content=b"{}", headers=MERGE | {"If-None-Match": '"7"'})).status_code == 200
    both = {"If-Match": '"2"', "If-None-Match": '"7"'}
    assert (await http.delete(path, headers=both | {"If-Match": '"1"'})).status_code == 412
    assert (await http.delete(path, headers=both)).status_code == 204
    assert (await http.delete(path, headers=both)).status_code == 404


async def test_an_id_that_is_none_is_400(http: httpx.AsyncClient) -> None:
    assert (await http.get("/api/books/7")).json()["code"] == "record.invalid_id"


async def test_a_patch_of_each_kind_needs_its_type(http: httpx.AsyncClient) -> None:
    path = f"/api/books/{(await add(http, title='A', tags=['x']))['id']}"
    refused = await http.patch(path, json={"title": "B"})
    assert refused.status_code == 415
    assert refused.json()["accepted"] == ["application/merge-patch+json", "application/json-patch+json"]
    merged = await http.patch(path, content=b'{"title": "B", "tags": null}', headers=MERGE)
    assert merged.json()["data"] == {"title": "B"}
    operations = [{"op": "add", "path": "/tags", "value": ["y"]}, {"op": "move", "from": "/title", "path": "/isbn"}]
    invalid = await http.patch(path, content=json.dumps(operations), headers=JSON_PATCH)
    assert invalid.status_code == 422
    assert (await http.get(path)).json()["data"] == {"title": "B"}
    failed = await http.patch(path, content=b'[{"op":"test","path":"/title","value":"A"}]', headers=JSON_PATCH)
    assert (failed.status_code, failed.json()["code"]) == (409, "record.patch_conflict")
    malformed = await http.patch(path, content=b'[{"op":"jump"}]', headers=JSON_PATCH)
    assert (malformed.status_code, malformed.json()["code"]) == (400, "record.invalid_patch")


async def test_an_idempotency_key_stores_once_and_answers_alike(http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": '"order-1"'}
    first = await http.post("/api/books", json={"title": "A"}, headers=headers)
    again = await http.post("/api/books", json={"title": "A"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    other = await http.post("/api/books", json={"title": "B"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "record.idempotency_conflict")
    assert (await http.get("/api/books?count=exact")).json()["page"]["total"] == 1


IMPORTED = '{"title": "A"}\n{"title": ""}\n{"title": "B"}\n'


async def imported(http: httpx.AsyncClient, body: str = IMPORTED, query: str = "?on_error=skip") -> httpx.Response:
    headers = {"Idempotency-Key": "batch-1", "Content-Type": "application/x-ndjson"}
    return await http.post(f"/api/books/import{query}", content=body, headers=headers)


async def test_an_import_with_an_idempotency_key_stores_once_and_answers_alike(http: httpx.AsyncClient) -> None:
    first, again = await imported(http), await imported(http)
    assert (first.status_code, first.json()["imported"], first.json()["rejected"]) == (200, 2, 1)
    assert (again.status_code, again.content) == (200, first.content)
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    for other in (await imported(http, IMPORTED + "{}"), await imported(http, query="?on_error=skip&records=false")):
        assert (other.status_code, other.json()["code"]) == (422, "record.idempotency_conflict")
    assert (await http.get("/api/books?count=exact")).json()["page"]["total"] == 2


async def test_an_import_that_failed_leaves_its_key_free(http: httpx.AsyncClient) -> None:
    assert (await imported(http, query="")).status_code == 422
    assert (await imported(http, '{"title": "A"}', query="")).json()["imported"] == 1


async def test_concurrent_requests_with_one_key_store_once(http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k"}
    answers = await asyncio.gather(*(http.post("/api/books", json={"title": "A"}, headers=headers) for _ in range(8)))
    assert {each.status_code for each in answers} <= {201, 409}
    assert (await http.get("/api/books?count=exact")).json()["page"]["total"] == 1


async def test_a_client_may_do_without_the_body(http: httpx.AsyncClient) -> None:
    minimal = {"Prefer": "return=minimal"}
    created = await http.post("/api/books", json={"title": "A"}, headers=minimal)
    assert (created.status_code, created.content) == (201, b"")
    assert created.headers["Preference-Applied"] == "return=minimal"
    replaced = await http.put(created.headers["Location"], json={"title": "B"}, headers=minimal)
    assert (replaced.status_code, replaced.headers["ETag"]) == (204, '"2"')


async def test_a_taken_value_names_its_field(http: httpx.AsyncClient) -> None:
    await add(http, title="A", isbn="9780441172719")
    taken = await http.post("/api/books", json={"title": "B", "isbn": "9780441172719"})
    assert (taken.status_code, taken.json()["code"], taken.json()["fields"]) == (409, "record.not_unique", ["isbn"])


async def test_a_related_record_must_be_there_and_stay(http: httpx.AsyncClient) -> None:
    missing = await http.post("/api/books", json={"title": "A", "author_id": AN_ID})
    assert (missing.status_code, missing.json()["code"]) == (409, "record.relation")
    author = (await http.post("/api/authors", json={"name": "A"})).json()["id"]
    await add(http, title="A", author_id=author)
    assert (await http.delete(f"/api/authors/{author}")).json()["code"] == "record.relation"


async def test_the_generic_collection_is_one_resource_under_two_paths(http: httpx.AsyncClient) -> None:
    created = await http.post("/records", json={"any": ["thing", None]})
    assert created.status_code == 201
    assert created.headers["Location"] == f"/records/{created.json()['id']}"
    assert (await http.get(f"/api{created.headers['Location']}")).json() == created.json()


async def test_an_empty_list_is_a_page_without_neighbours(http: httpx.AsyncClient) -> None:
    answer = await http.get("/api/books")
    assert answer.json() == {"items": [], "page": {"next": None, "previous": None, "total": None}}
    assert "Link" not in answer.headers


async def test_links_keep_the_query_and_its_encoding(http: httpx.AsyncClient) -> None:
    for number in range(4):
        await add(http, title=f"é & {number}", in_stock=True)
    query = {"where": '{"title":{"startsWith":"é &"}}', "in_stock": "true", "limit": "2", "offset": "1"}
    first = await http.get("/api/books", params=query)
    second = await http.get(first.links["next"]["url"])
    assert [each["data"]["title"] for each in second.json()["items"]] == ["é & 3"]
    assert "next" not in second.links
    assert (await http.get(second.links["first"]["url"])).json()["items"][0]["data"]["title"] == "é & 0"


async def test_a_cursor_of_another_query_or_no_cursor_at_all_is_refused(http: httpx.AsyncClient) -> None:
    for number in range(3):
        await add(http, title=str(number))
    cursor = (await http.get("/api/books?limit=1")).json()["page"]["next"]
    for query in ({"after": cursor, "sort": "title"}, {"after": "nonsense"}, {"after": cursor[:-2] + "xx"}):
        answer = await http.get("/api/books", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "query.invalid_cursor")
    assert (await http.get("/api/authors", params={"after": cursor})).status_code == 400


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("titel=x", "query.unknown_field"),
        ("price[near]=1", "query.unknown_operator"),
        ("price=cheap", "query.invalid_operand"),
        ("where={", "query.invalid"),
        ('where={"price":{"eq":null}}', "query.invalid_operand"),
        ("sort=tags", "query.invalid"),
        ("fields=colour", "query.unknown_field"),
        ("include=colour", "query.unknown_field"),
        ("limit=-1", "query.invalid"),
        ("limit=1001", "query.too_large"),
        ("offset=1&after=x", "query.invalid"),
    ],
)
async def test_a_query_is_refused_for_what_is_wrong_with_it(http: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await http.get(f"/api/books?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("?page=2", "'page' is neither a field of books nor a parameter; did you mean 'after'?"),
        ("?order=price", "did you mean 'sort'?"),
        ("?limt=3", "did you mean 'limit'?"),
        ("?titel=x", "did you mean 'title'?"),
        ("?titel=x", "parameters: where, sort, limit, after"),
        ("/aggregate?groupBy=in_stock", "did you mean 'group_by'?"),
        ("/aggregate?sort=price", "'sort' is neither a field of books nor a parameter; fields: "),
        ('?where={"titel":{"eq":"x"}}', "books has no field 'titel'; did you mean 'title'?; it has"),
        ('?where={"or":[]}', "did you mean '_or'?"),
        ('?where={"$and":[]}', "did you mean '_and'?"),
        ("?sort=price:desc", "sort: the direction is a sign before the name: -price"),
        ("?fields=tags.x", "elements of an array have no path: take tags whole"),
    ],
)
async def test_a_name_that_nothing_has_is_answered_with_the_one_that_was_meant(
    http: httpx.AsyncClient, query: str, words: str
) -> None:
    assert words in (await http.get(f"/api/books{query}")).json()["detail"]


async def test_what_is_inside_a_union_is_refused_with_the_way_to_ask_for_it(http: httpx.AsyncClient) -> None:
    kinds = [
        {"title": name, "type": "object", "properties": {"type": {"const": name}}, "required": ["type"]}
        for name in ("image", "sound")
    ]
    schema = {"type": "object", "properties": {"media": {"oneOf": kinds}}}
    assert (await http.put("/registry/posts", json=schema)).status_code == 201
    await http.post("/api/posts", json={"media": {"type": "image"}})
    for query in ("media.type=image", "fields=media.type", "sort=media.type"):
        assert "filter it with containsJson" in (await http.get(f"/api/posts?{query}")).json()["detail"]
    for wanted, found in (("image", 1), ("sound", 0)):
        answer = await http.get("/api/posts", params={"media[containsJson]": f'{{"type":"{wanted}"}}'})
        assert len(answer.json()["items"]) == found, answer.text


async def test_figures_come_by_group(http: httpx.AsyncClient) -> None:
    for price, stocked in ((1, True), (2.5, True), (10, False)):
        await add(http, title="A", price=price, in_stock=stocked)
    query = "group_by=in_stock&sum=price&max=price,published&count_distinct=title&price[lt]=10"
    answer = await http.get(f"/api/books/aggregate?{query}")
    assert answer.status_code == 200, answer.text
    [group] = answer.json()["groups"]
    assert (group["key"], group["count"]) == ({"in_stock": True}, 2)
    assert (group["sum"], group["max"]["price"], group["countDistinct"]) == ({"price": 3.5}, 2.5, {"title": 1})


async def test_an_aggregate_of_more_groups_than_are_shown_says_so(http: httpx.AsyncClient) -> None:
    lines = b"\n".join(b'{"title": "%d"}' % number for number in range(1001))
    imported = await http.post("/api/books/import", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert imported.status_code == 200, imported.text
    for filter, shown, truncated in (("", 1000, True), ("&title[ne]=7", 1000, False)):
        for name in ("countDistinct", "count_distinct"):
            answer = await http.get(f"/api/books/aggregate?group_by=title&{name}=price{filter}")
            assert (len(answer.json()["groups"]), answer.json()["truncated"]) == (shown, truncated)


async def test_an_import_stores_all_or_nothing(http: httpx.AsyncClient) -> None:
    lines = b'{"title": "A"}\n\n{"title": 7}\n'
    refused = await http.post("/api/books/import", content=lines, headers=NDJSON)
    assert (refused.status_code, refused.json()["code"], refused.json()["line"]) == (422, "record.import_rejected", 3)
    assert refused.json()["violations"][0]["pointer"] == "/title"
    assert (await http.get("/api/books")).json()["items"] == []


async def test_an_import_takes_an_array(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/books/import", json=[{"title": "A"}, {"title": "B"}])
    assert answer.json() == {"imported": 2, "updated": 0, "rejected": 0, "rejections": []}


async def test_an_import_replaces_by_a_unique_field(http: httpx.AsyncClient) -> None:
    await add(http, title="A", isbn="9780441172719")
    lines = b'{"title": "B", "isbn": "9780441172719"}\n{"title": "C", "isbn": "9780441172720"}\n'
    answer = await http.post("/api/books/import?on_conflict=isbn", content=lines, headers=NDJSON)
    assert (answer.json()["imported"], answer.json()["updated"]) == (1, 1)
    listed = (await http.get("/api/books?sort=title")).json()["items"]
    assert [(each["data"]["title"], each["version"]) for each in listed] == [("B", 2), ("C", 1)]


async def test_whole_records_go_out_and_come_back_under_their_ids(http: httpx.AsyncClient) -> None:
    book = await add(http, title="A")
    exported = (await http.get("/api/books/export?records=true")).content
    assert json.loads(exported)["id"] == book["id"]
    await http.delete(f"/api/books/{book['id']}")
    imported = await http.post("/api/books/import?records=true", content=exported, headers=NDJSON)
    assert imported.json()["imported"] == 1
    assert (await http.get(f"/api/books/{book['id']}")).json()["data"] == {"title": "A"}


async def test_an_export_has_what_matches(http: httpx.AsyncClient) -> None:
    for title in "ABC":
        await add(http, title=title, in_stock=title != "B")
    query = {"in_stock": "true", "where": '{"title": {"ne": "A"}}'}
    answer = await http.get("/api/books/export", params=query)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line) for line in answer.text.splitlines()] == [{"title": "C", "in_stock": True}]
    refused = await http.get("/api/books/export?colour=red")
    assert (refused.status_code, refused.headers["Content-Type"]) == (400, "application/problem+json")


async def test_an_import_whose_client_goes_away_stores_nothing(http: httpx.AsyncClient) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b'{"title": "A"}\n' * 2000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await http.post("/api/books/import", content=broken(), headers=NDJSON)
    await asyncio.sleep(0.2)
    assert (await http.get("/api/books")).json()["items"] == []


async def test_documents_that_cannot_be_kept_are_refused_with_a_pointer(http: httpx.AsyncClient) -> None:
    for body in (b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"a": 1, "a": 2}', b'{"a": NaN}', b"{", b'{"a": 1e99999}'):
        answer = await http.post("/records", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), body
        assert answer.json()["code"].startswith("document.")
    assert (await http.get("/records")).json()["items"] == []
