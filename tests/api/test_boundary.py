"""What every request meets: bounds on head, URL and body, problem documents for everything, nothing leaked."""

import asyncio
import contextlib
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response

from janua.app import create_app, server_config
from janua.config import Settings
from janua.gateway.gateway import Gateway, open_gateway
from janua.gateway.schemas import register
from tests.api.serving import Relay, serving

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}


async def raw(address: str, request: bytes, *, wait: float = 5) -> bytes:
    """Send bytes as they are and return all that comes back before the server closes."""
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        async with asyncio.timeout(wait):
            return await reader.read()
    finally:
        writer.close()


def assert_problem(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, f"/problems/{code}")


async def test_an_unknown_path_is_a_problem(http: httpx.AsyncClient) -> None:
    assert_problem(await http.get("/nothing/here"), 404, "request.not_found")
    assert_problem(await http.get("/static/../secret"), 404, "request.not_found")


async def test_an_unknown_collection_is_a_problem(http: httpx.AsyncClient) -> None:
    assert_problem(await http.get("/api/nothing"), 404, "registry.unknown_collection")
    assert_problem(await http.get("/openapi/nothing.json"), 404, "registry.unknown_collection")


async def test_a_wrong_method_says_which_there_are(http: httpx.AsyncClient) -> None:
    answer = await http.put("/records", json={})
    assert_problem(answer, 405, "request.method")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"
    assert_problem(await http.request("BREW", "/records"), 400, "request.invalid")
    assert_problem(await http.delete("/livez"), 405, "request.method")


async def test_options_says_which_methods_and_patches_there_are(http: httpx.AsyncClient) -> None:
    answer = await http.options("/records/0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77")
    assert answer.status_code == 204
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, PATCH, PUT, OPTIONS"
    assert answer.headers["Accept-Patch"] == "application/merge-patch+json, application/json-patch+json"


async def test_head_is_get_without_its_body(http: httpx.AsyncClient) -> None:
    got, headed = await http.get("/records"), await http.head("/records")
    assert headed.content == b""
    assert headed.headers["ETag"] == got.headers["ETag"]
    assert headed.headers["Content-Length"] == got.headers["Content-Length"]
    exported = await http.head("/records/export")
    assert (exported.status_code, exported.content) == (200, b"")


@pytest.mark.parametrize("path", ["/api/a%2Fb", "/api/%2e%2e/registry", "/api/x%00", "/records/%5c", "/records/%0d%0a"])
async def test_an_ambiguous_path_is_refused(served: str, path: str) -> None:
    answer = await raw(served, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"code":"request.invalid"' in answer


@pytest.mark.parametrize("size", [17_000, 100_000, 3_000_000])
async def test_a_url_too_long_is_414(served: str, size: int) -> None:
    request = b"GET /records?where=" + b"a" * size + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await raw(served, request)
    assert answer.startswith(b"HTTP/1.1 414 ")
    assert b'"code":"request.url_too_long"' in answer


@pytest.mark.parametrize("size", [70_000, 3_000_000])
async def test_headers_too_large_are_431(served: str, size: int) -> None:
    request = b"GET /records HTTP/1.1\r\nHost: x\r\nX: " + b"a" * size + b"\r\nConnection: close\r\n\r\n"
    answer = await raw(served, request)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b'"code":"request.headers_too_large"' in answer


async def test_what_is_not_http_is_answered_with_a_problem(served: str) -> None:
    answer = await raw(served, b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"application/problem+json" in answer


async def test_a_body_too_large_is_refused_before_it_was_read(settings: Settings, gateway: Gateway) -> None:
    limit = 1000
    small = replace_limits(settings, body_bytes=limit)
    async with serving(server_config(small, gateway=replace(gateway, settings=small))) as address:
        head = b"POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        announced = await raw(address, head + b"Content-Length: 1000000000\r\n\r\n")
        assert announced.startswith(b"HTTP/1.1 413 ")
        chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
        chunked = await raw(address, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
        assert chunked.startswith(b"HTTP/1.1 413 ")
        async with httpx.AsyncClient(base_url=address) as http:
            assert_problem(await http.post("/records", json={"x": "y" * limit}), 413, "document.too_large")
            assert (await http.post("/records", json={"x": "y"})).status_code == 201


async def test_a_client_that_never_stops_sending_is_cut_off(http: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    with contextlib.suppress(httpx.TransportError):
        assert_problem(await http.post("/records", content=endless(), headers=JSON), 413, "document.too_large")
    assert sent < 2**34


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/jsonp", "application/json; charset=latin-1"])
async def test_a_body_of_another_type_is_415_and_says_which_are_taken(
    http: httpx.AsyncClient, content_type: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = await http.post("/records", content=b"{}", headers=headers)
    assert_problem(answer, 415, "request.media_type")
    assert answer.json()["accepted"] == ["application/json"]


async def test_a_charset_of_utf_8_is_taken(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": 'application/json; charset="UTF-8"'}
    assert (await http.post("/records", content=b"{}", headers=headers)).status_code == 201


async def test_a_compressed_body_is_415(http: httpx.AsyncClient) -> None:
    answer = await http.post("/records", content=gzip.compress(b"{}"), headers={**JSON, "Content-Encoding": "gzip"})
    assert_problem(answer, 415, "request.media_type")


async def test_a_slow_head_and_a_slow_body_are_408(settings: Settings, gateway: Gateway) -> None:
    hasty = settings.model_copy(update={"server": settings.server.model_copy(update={"receive_timeout": 0.3})})
    async with serving(server_config(hasty, gateway=replace(gateway, settings=hasty))) as address:
        head = b"POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        assert (await raw(address, head)).startswith(b"HTTP/1.1 408 ")
        assert (await raw(address, head + b"Content-Length: 10\r\n\r\n{")).startswith(b"HTTP/1.1 408 ")
        imported = head.replace(b"/records", b"/records/import") + b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n"
        assert (await raw(address, imported)).startswith(b"HTTP/1.1 408 ")
        assert await raw(address, b"") == b""


async def test_an_unexpected_failure_is_a_problem_without_details(settings: Settings, gateway: Gateway) -> None:
    app = create_app(settings, gateway=gateway)

    async def broken(_: Request) -> Response:
        raise RuntimeError("SELECT secret FROM /etc/passwd")

    app.add_route("/broken", broken)
    app.state.gateway = gateway
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        answer = await http.get("/broken")
    assert_problem(answer, 500, "request.failed")
    assert "secret" not in answer.text


async def test_every_answer_carries_the_catalogs_revision(http: httpx.AsyncClient) -> None:
    before = int((await http.get("/records")).headers["Janua-Catalog-Revision"])
    registered = await http.put("/registry/things", json={"type": "object"})
    assert int(registered.headers["Janua-Catalog-Revision"]) == before + 1
    refused = await http.post("/api/things", json=[])
    assert int(refused.headers["Janua-Catalog-Revision"]) == before + 1
    for path in ("/livez", "/openapi.json", "/nowhere"):
        assert int((await http.get(path)).headers["Janua-Catalog-Revision"]) == before + 1


async def test_the_server_does_not_say_what_it_is(http: httpx.AsyncClient) -> None:
    assert "Server" not in (await http.get("/livez")).headers


@pytest.mark.parametrize(
    "query", ["colour=red", "limit=1&limit=2", "limit=x", "limit=1.0", "count=all", "where=%ff", "fields=", "sort="]
)
async def test_a_query_that_makes_no_sense_is_400_and_names_the_parameter(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.get(f"/records?{query}")
    assert answer.status_code == 400
    assert answer.json()["code"].startswith("query.")


async def test_parameters_where_there_are_none_are_refused(http: httpx.AsyncClient) -> None:
    answer = await http.post("/records?dry_run=true", json={})
    assert_problem(answer, 400, "query.invalid")
    assert answer.json()["parameter"] == "dry_run"
    assert (await http.get("/records")).json()["items"] == []


async def test_health_says_that_the_process_lives_and_the_database_answers(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).json() == {"status": "ok"}
    ready = await http.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]) == (200, {"database": True, "catalog": True})


async def test_without_its_database_it_says_so_and_recovers_by_itself(settings: Settings, database: str) -> None:
    async with (
        Relay(database) as relay,
        serving(server_config(settings.with_dsn(relay.dsn))) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        await relay.close()
        ready = await http.get("/readyz")
        assert (ready.status_code, ready.json()["checks"]["database"]) == (503, False)
        answer = await http.get("/records")
        assert_problem(answer, 503, "database.unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert (await http.get("/livez")).status_code == 200
        await relay.open()
        assert (await http.get("/records")).status_code == 200


async def test_the_index_leads_to_everything(http: httpx.AsyncClient) -> None:
    links = (await http.get("/")).json()["links"]
    assert links["openapi"] == "/openapi.json"
    assert links.pop("graphql") == "/graphql"
    assert (await http.get("/graphql", headers={"Accept": "text/html"})).status_code == 200
    for path in links.values():
        assert (await http.get(path)).status_code == 200, path
    assert "<ul>" in (await http.get("/", headers={"Accept": "text/html"})).text


async def test_the_pages_allow_no_other_scripts_than_their_own(http: httpx.AsyncClient) -> None:
    for path in ("/docs", "/redoc"):
        page = await http.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "script-src" in policy
        assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]
        assert "/openapi.json" in page.text


async def test_a_problems_type_explains_it(http: httpx.AsyncClient) -> None:
    problem = (await http.get("/api/nothing")).json()
    page = (await http.get(problem["type"])).json()
    assert page["meaning"] == "No collection of this name is registered."
    assert page["what_to_do"] == "Check the name with `GET /registry`, or register it."
    assert page["example"] == problem | {"collection": "boks", "detail": page["example"]["detail"]}
    shown = (await http.get(problem["type"], headers={"Accept": "text/html"})).text
    assert "Check the name with <code>GET /registry</code>, or register it." in shown
    assert "&quot;collection&quot;: &quot;boks&quot;" in shown
    assert (await http.get("/problems/no.such")).status_code == 404


async def test_openapi_follows_the_catalog(http: httpx.AsyncClient) -> None:
    first = await http.get("/openapi.json")
    assert (await http.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})).status_code == 304
    schema = {"type": "object", "description": "</script><script>alert(1)</script>"}
    await http.put("/registry/things", json=schema)
    assert "/api/things" in (await http.get("/openapi.json")).json()["paths"]
    one = (await http.get("/openapi/things.json")).json()
    assert json.loads(json.dumps(one["components"]["schemas"]["things"]))["description"] == schema["description"]


def replace_limits(settings: Settings, **limits: int) -> Settings:
    return settings.model_copy(update={"limits": settings.limits.model_copy(update=limits)})


async def test_a_request_waits_for_the_revision_that_it_demands(http: httpx.AsyncClient, gateway: Gateway) -> None:
    revision = gateway.live.catalog.revision
    async with open_gateway(gateway.settings, name="other") as other:
        demanding = asyncio.create_task(
            http.get("/registry/things", headers={"Janua-Minimum-Revision": str(revision + 1)})
        )
        await asyncio.sleep(0.2)
        assert not demanding.done()
        await register(other, "things", {"type": "object"})
    answer = await demanding
    assert answer.status_code == 200
    assert int(answer.headers["Janua-Catalog-Revision"]) >= revision + 1


async def test_a_revision_that_does_not_come_is_a_503(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("janua.api.boundary.MINIMUM_SECONDS", 0.1)
    answer = await http.get("/registry", headers={"Janua-Minimum-Revision": "1000000"})
    assert answer.status_code == 503
    assert answer.json()["code"] == "registry.revision_not_reached"
    assert answer.headers["Retry-After"]
    for wrong in ("-1", "x", "", "1.5", "9" * 30):
        assert (await http.get("/registry", headers={"Janua-Minimum-Revision": wrong})).status_code == 400


async def test_a_registration_waits_for_the_workers_when_asked(http: httpx.AsyncClient) -> None:
    schema = {"type": "object"}
    asked = await http.put("/registry/things?wait=5", json=schema)
    assert asked.json()["workers"] == {"live": 0, "serving": 0}
    preferred = await http.post("/registry", json={"collections": {"things": schema}}, headers={"Prefer": "wait=2"})
    assert preferred.headers["Preference-Applied"] == "wait=2"
    assert "workers" not in (await http.put("/registry/things", json=schema)).json()
    for wrong in ("-1", "x", "61"):
        assert (await http.put(f"/registry/things?wait={wrong}", json=schema)).status_code == 400
