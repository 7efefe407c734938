"""GraphQL over HTTP: every rule of the specification's audits, and what Janua adds, over real HTTP."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from janua.config import Settings
from tests.graphql.conftest import Served
from tests.graphql.engine import SmallEngine, serving_engine

pytestmark = pytest.mark.anyio

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
BOTH = [GRAPHQL_JSON, JSON]
POSTED = {"Content-Type": JSON}


async def post(http: httpx.AsyncClient, body: object, accept: str = JSON, path: str = "/graphql") -> httpx.Response:
    return await http.post(path, content=json.dumps(body), headers=POSTED | {"Accept": accept})


def errors_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """The errors of a response that has no data."""
    response = answer.json()
    assert "data" not in response
    assert response["errors"]
    return response["errors"]


def assert_refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    [error] = errors_of(answer)
    assert error["extensions"]["code"] == code


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (JSON, JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("", JSON),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_JSON),
        (
            "application/graphql-response+json, application/graphql+json, application/json, multipart/mixed",
            GRAPHQL_JSON,
        ),
        ("application/json, application/graphql-response+json", GRAPHQL_JSON),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("application/json;q=0, */*;q=0.1", GRAPHQL_JSON),
        ("APPLICATION/GraphQL-Response+JSON; charset=utf-8", GRAPHQL_JSON),
        ("text/html, */*;q=0.1", JSON),
    ],
)
async def test_the_media_type_is_the_one_that_the_client_likes_best(
    http: httpx.AsyncClient, accept: str, found: str
) -> None:
    answer = await post(http, {"query": "{ __typename }"}, accept)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{found}; charset=utf-8")
    assert answer.json() == {"data": {"__typename": "Query"}}


async def test_without_an_accept_header_an_answer_is_plain_json(served: Served) -> None:
    host, _, port = served.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = b'{"query": "{ __typename }"}'
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
    answer = await reader.read()
    writer.close()
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"content-type: application/json; charset=utf-8" in answer


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "application/xml, text/*"])
async def test_what_cannot_be_answered_acceptably_is_406_and_says_what_can(
    http: httpx.AsyncClient, engine: SmallEngine, accept: str
) -> None:
    answer = await post(http, {"query": "{ __typename }"}, accept)
    assert (answer.status_code, answer.json()["code"]) == (406, "request.not_acceptable")
    assert answer.json()["offered"] == [JSON, GRAPHQL_JSON]
    assert engine.asked == []


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "application/graphql", "multipart/form-data"],
)
async def test_a_body_of_another_type_is_415(http: httpx.AsyncClient, engine: SmallEngine, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "request.media_type")
    assert engine.asked == []


async def test_bodies_are_utf_8_and_say_so_or_not(http: httpx.AsyncClient) -> None:
    body = json.dumps({"query": '{ echo(value: "Run🏃Swim🏊") }'}, ensure_ascii=False).encode()
    for content_type in (JSON, "application/json; charset=utf-8", 'application/json;charset="UTF-8"'):
        answer = await http.post("/graphql", content=body, headers={"Content-Type": content_type})
        assert answer.json() == {"data": {"echo": "Run🏃Swim🏊"}}
    latin = await http.post("/graphql", content=body, headers={"Content-Type": "application/json; charset=latin-1"})
    assert latin.status_code == 415
    assert_refused(await http.post("/graphql", content=b'{"query": "\xff"}', headers=POSTED), 400, "document.malformed")


@pytest.mark.parametrize("accept", BOTH)
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"notquery": "{ __typename }"},
        {"query": None},
        {"query": ""},
        *({"query": wrong} for wrong in ({"obj": "ect"}, 0, False, ["array"])),
        *({"query": "{ __typename }", "operationName": wrong} for wrong in ({"obj": "ect"}, 0, False, ["array"])),
        *({"query": "{ __typename }", "variables": wrong} for wrong in ("string", 0, False, ["array"])),
        *({"query": "{ __typename }", "extensions": wrong} for wrong in ("string", 0, False, ["array"])),
        0,
        "{ __typename }",
        None,
    ],
    ids=json.dumps,
)
async def test_parameters_of_wrong_types_are_400_in_every_media_type(
    http: httpx.AsyncClient, engine: SmallEngine, accept: str, body: object
) -> None:
    assert_refused(await post(http, body, accept), 400, "request.invalid")
    assert engine.asked == []


@pytest.mark.parametrize("accept", BOTH)
@pytest.mark.parametrize(
    "body", [b'{ "not a JSON', b"{]", b'{"query": "{a}", "query": "{b}"}', b'{"query": "\\ud800"}', b'{"query": NaN}']
)
async def test_a_body_that_is_no_json_is_400_in_every_media_type(
    http: httpx.AsyncClient, accept: str, body: bytes
) -> None:
    answer = await http.post("/graphql", content=body, headers=POSTED | {"Accept": accept})
    assert_refused(answer, 400, "document.malformed")
    assert answer.headers["Content-Type"].startswith(accept)


async def test_no_body_at_all_is_400(http: httpx.AsyncClient) -> None:
    assert_refused(await http.post("/graphql", headers=POSTED), 400, "request.invalid")


async def test_batches_are_off_and_told_so(http: httpx.AsyncClient, engine: SmallEngine) -> None:
    answer = await post(http, [{"query": "{ __typename }"}] * 2)
    assert_refused(answer, 400, "request.invalid")
    assert "batches" in answer.json()["errors"][0]["message"]
    assert engine.asked == []


@pytest.mark.parametrize("accept", BOTH)
@pytest.mark.parametrize("name", ["variables", "operationName", "extensions", "unknown"])
async def test_parameters_may_be_null_and_others_are_ignored(http: httpx.AsyncClient, accept: str, name: str) -> None:
    answer = await post(http, {"query": "{ __typename }", name: None}, accept)
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})


@pytest.mark.parametrize("accept", BOTH)
async def test_variables_operation_name_and_extensions_are_taken(http: httpx.AsyncClient, accept: str) -> None:
    query = "query A($v: JSON) { echo(value: $v) } query B { hello }"
    extensions = {"some": "value"}
    body = {"query": query, "variables": {"v": {"x": [1]}}, "operationName": "A", "extensions": extensions}
    assert (await post(http, body, accept)).json() == {"data": {"echo": {"x": [1]}}}
    assert (await post(http, body | {"operationName": "B"}, accept)).json() == {"data": {"hello": "world"}}


async def test_numbers_of_variables_keep_every_digit(http: httpx.AsyncClient) -> None:
    numbers = b"[9007199254740993, 123456789012345678901234567890, 1.10, 0.1234567890123456789]"
    body = b'{"query": "query ($v: JSON) { echo(value: $v) }", "variables": {"v": ' + numbers + b"}}"
    answer = await http.post("/graphql", content=body, headers=POSTED)
    assert answer.content == b'{"data":{"echo":' + numbers.replace(b" ", b"") + b"}}"


WRONG_DOCUMENTS = {
    "syntax": {"query": "{"},
    "unknown field": {"query": "{ 8f31403dfe404bccbb0e835f2629c6a7 }"},
    "validation": {"query": "{ nothing }"},
    "variable": {"query": "query ($s: Float!) { wait(seconds: $s) }", "variables": {"s": None}},
    "operation": {"query": "query A { hello } query B { hello }", "operationName": "C"},
}


@pytest.mark.parametrize("body", WRONG_DOCUMENTS.values(), ids=WRONG_DOCUMENTS)
async def test_a_wrong_document_is_400_as_graphql_json_and_200_as_plain_json(
    http: httpx.AsyncClient, body: dict[str, object]
) -> None:
    assert_refused(await post(http, body, GRAPHQL_JSON), 400, "query.malformed")
    assert_refused(await post(http, body, JSON), 200, "query.malformed")


async def test_a_mistake_has_its_place(http: httpx.AsyncClient) -> None:
    answer = await post(http, {"query": "{\n  hello\n  nothing\n}"})
    assert errors_of(answer)[0]["locations"] == [{"line": 3, "column": 3}]


@pytest.mark.parametrize("accept", BOTH)
async def test_an_error_of_a_part_leaves_the_rest_and_has_the_code_and_members_of_rest(
    http: httpx.AsyncClient, accept: str
) -> None:
    answer = await post(http, {"query": "{ hello it: fails }"}, accept)
    assert answer.status_code == 200
    assert answer.json() == {
        "data": {"hello": "world", "it": None},
        "errors": [
            {
                "message": "books has no field 'titel'; it has title",
                "locations": [{"line": 1, "column": 9}],
                "path": ["it"],
                "extensions": {
                    "code": "query.unknown_field", "collection": "books", "path": "titel", "known": ["title"],
                },
            }
        ],
    }  # fmt: skip


async def test_a_failure_that_nobody_foresaw_gives_nothing_away(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await post(http, {"query": "{ broken }"})
    assert answer.json()["errors"][0]["extensions"] == {"code": "request.failed"}
    assert "secret" not in answer.text
    assert "secret" in caplog.text


@pytest.mark.parametrize("accept", BOTH)
async def test_a_hostile_document_is_400_in_every_media_type(http: httpx.AsyncClient, accept: str) -> None:
    answer = await post(http, {"query": "{" + " hello" * 2000 + "}"}, accept)
    assert_refused(answer, 400, "query.too_large")
    assert answer.json()["errors"][0]["extensions"]["limit"] == 30


@pytest.mark.parametrize("accept", BOTH)
async def test_what_the_server_is_to_blame_for_has_its_status_in_every_media_type(
    http: httpx.AsyncClient, accept: str
) -> None:
    answer = await post(http, {"query": "query Timeout { hello }", "operationName": "Timeout"}, accept)
    assert_refused(answer, 504, "database.timeout")
    assert answer.headers["Content-Type"].startswith(accept)


async def test_queries_can_be_asked_by_get(http: httpx.AsyncClient, engine: SmallEngine) -> None:
    parameters = {
        "query": "query A($v: JSON) { echo(value: $v) } query B { hello }",
        "variables": '{"v": "a+b&c 🏃"}',
        "operationName": "A",
        "extensions": '{"some": "value"}',
        "unknown": "x",
    }
    for accept in BOTH:
        answer = await http.get("/graphql", params=parameters, headers={"Accept": accept})
        assert (answer.status_code, answer.json()) == (200, {"data": {"echo": "a+b&c 🏃"}})
    assert [each.mutations_allowed for each in engine.asked] == [False, False]


async def test_empty_parameters_of_a_url_are_not_there(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql?query={hello}&operationName=&variables=&extensions=")
    assert answer.json() == {"data": {"hello": "world"}}


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "variables={}",
        "query={hello}&query={hello}",
        "query=%ff",
        "query={hello}&variables=[]",
        "query={hello}&variables={",
        "query={hello}&extensions=x",
    ],
)
async def test_a_url_that_makes_no_sense_is_400(http: httpx.AsyncClient, query_string: str) -> None:
    answer = await http.get(f"/graphql?{query_string}")
    assert answer.status_code == 400
    assert errors_of(answer)[0]["extensions"]["code"] in ("request.invalid", "document.malformed")


async def test_a_parameter_of_the_url_that_is_no_json_is_named(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql?query={hello}&variables=x")
    assert errors_of(answer)[0]["message"].startswith("`variables` in the URL: is not JSON")


@pytest.mark.parametrize("accept", BOTH)
async def test_a_mutation_by_get_is_405_and_does_nothing(
    http: httpx.AsyncClient, engine: SmallEngine, accept: str
) -> None:
    for query in ("mutation { count }", "mutation { __typename }"):
        answer = await http.get("/graphql", params={"query": query}, headers={"Accept": accept})
        assert_refused(answer, 405, "request.method")
        assert answer.headers["Allow"] == "POST"
    assert engine.counted == 0


async def test_other_methods_are_405_and_options_says_which_there_are(http: httpx.AsyncClient) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = await http.request(method, "/graphql")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")
    options = await http.options("/graphql")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_head_is_get_without_its_body(http: httpx.AsyncClient) -> None:
    got, headed = [await http.request(method, "/graphql?query={hello}") for method in ("GET", "HEAD")]
    assert (headed.status_code, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]


async def test_a_collection_has_an_endpoint_of_its_own(http: httpx.AsyncClient, engine: SmallEngine) -> None:
    assert (await post(http, {"query": "{ hello }"}, path="/graphql/books")).status_code == 200
    assert engine.asked[-1].collection == "books"
    for accept in BOTH:
        answer = await post(http, {"query": "{ hello }"}, accept, path="/graphql/nothing")
        assert_refused(answer, 404, "registry.unknown_collection")


async def test_the_schema_can_be_fetched_as_sdl(http: httpx.AsyncClient) -> None:
    for path in ("/graphql?sdl", "/graphql/books?sdl=", "/graphql?sdl=1"):
        answer = await http.get(path)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "type Query {" in answer.text
    assert (await http.get("/graphql/nothing?sdl")).status_code == 404
    assert (await http.get("/graphql?query={sdl}")).json()["errors"]


async def test_an_idempotency_key_is_passed_on_and_checked(http: httpx.AsyncClient, engine: SmallEngine) -> None:
    body = {"query": "mutation { count }"}
    for given, passed in {"abc": "abc", '"abc"': "abc", None: None}.items():
        headers = {"Idempotency-Key": given} if given else {}
        assert (await http.post("/graphql", json=body, headers=headers)).status_code == 200
        assert engine.asked[-1].idempotency_key == passed
    for wrong in ('""', "a b", "x" * 300):
        refused = await http.post("/graphql", json=body, headers={"Idempotency-Key": wrong})
        assert_refused(refused, 400, "request.invalid")
    assert engine.counted == 3


async def test_large_slow_compressed_and_deep_bodies_are_refused(engine: SmallEngine) -> None:
    settings = Settings.model_validate({"limits": {"body_bytes": 4096}, "server": {"receive_timeout": 0.3}})

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    async def slow() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)

    async with (
        serving_engine(settings, engine) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        large = await post(http, {"query": "{hello}" + " " * 5_000})
        assert (large.status_code, large.json()["code"]) == (413, "document.too_large")
        with contextlib.suppress(httpx.TransportError):
            assert (await http.post("/graphql", content=endless(), headers=POSTED)).status_code == 413
        late = await http.post("/graphql", content=slow(), headers=POSTED)
        assert (late.status_code, late.json()["code"]) == (408, "request.timeout")
        packed = await http.post("/graphql", content=b"{}", headers=POSTED | {"Content-Encoding": "gzip"})
        assert packed.status_code == 415
        for deep in ("[" * 1000 + "]" * 1000, '{"a":' * 140 + "1" + "}" * 140):
            body = b'{"query": "{hello}", "variables": {"v": ' + deep.encode() + b"}}"
            assert_refused(await http.post("/graphql", content=body, headers=POSTED), 413, "document.too_large")
        long = await http.get("/graphql?query=" + quote("{hello}" + " " * 20_000))
        assert (long.status_code, long.json()["code"]) == (414, "request.url_too_long")
    assert engine.asked == []


async def hang_up(address: str, query: str) -> None:
    """Send a query and close the connection a moment later, without waiting for the answer."""
    host, _, port = address.removeprefix("http://").partition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({"query": query}).encode()
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await asyncio.sleep(0.1)
    writer.close()


async def test_a_query_ends_when_its_client_hangs_up(served: Served, engine: SmallEngine) -> None:
    await hang_up(served.address, "{ wait(seconds: 20) }")
    for _ in range(100):
        if engine.cancelled:
            break
        await asyncio.sleep(0.05)
    assert engine.cancelled == 1


async def test_a_mutation_is_done_though_its_client_hangs_up(served: Served, engine: SmallEngine) -> None:
    await hang_up(served.address, "mutation { count }")
    for _ in range(100):
        if engine.counted:
            break
        await asyncio.sleep(0.05)
    assert engine.counted == 1
