"""GraphQL over HTTP in the application itself: the transport and the engine fit together."""

import asyncio
import contextlib
import hashlib
import json
import shutil
from collections.abc import AsyncGenerator

import httpx
import pytest

from janua.app import server_config
from janua.config import Settings
from janua.gateway.gateway import Gateway, open_gateway
from janua.gateway.schemas import register_many
from janua.storage.pool import connection
from tests.api.serving import SCHEMAS, serving
from tests.graphql.test_audit import AUDIT, audited
from tests.graphql.test_limits import HOSTILE

pytestmark = pytest.mark.anyio

BOTH = ["application/graphql-response+json", "application/json"]


@contextlib.asynccontextmanager
async def library(settings: Settings, *, dev: bool) -> AsyncGenerator[tuple[str, httpx.AsyncClient, Gateway]]:
    """A server with the example schemas: its address, a client of it, and its gateway."""
    names = ("authors", "books", "reviews")
    async with contextlib.AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(open_gateway(settings, name="test"))
        await register_many(gateway, {name: json.loads((SCHEMAS / f"{name}.json").read_text()) for name in names})
        address = await stack.enter_async_context(serving(server_config(settings, dev=dev, gateway=gateway)))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=address, timeout=30))
        yield address, http, gateway


async def test_answers_carry_the_catalogs_revision(settings: Settings) -> None:
    async with library(settings, dev=True) as (_, http, gateway):
        for path in ("/graphql", "/graphql/books", "/graphql/nothing"):
            answer = await http.post(path, json={"query": "{ __typename }"})
            assert answer.headers["Janua-Catalog-Revision"] == str(gateway.live.catalog.revision)


async def test_a_registration_carries_the_revision_that_it_made(settings: Settings) -> None:
    async with library(settings, dev=True) as (_, http, gateway):
        before = gateway.live.catalog.revision
        for mutation, made in (
            ('a: registerSchema(name: "things", document: {type: "object"}) { version }', 1),
            ('a: registerSchema(name: "things", document: {type: "object"}) { version }', 1),
            ('a: registerSchema(name: "more", document: {}) { version } b: dropCollection(name: "nothing")', 2),
            ('a: dropCollection(name: "things")', 3),
        ):
            answer = await http.post("/graphql", json={"query": f"mutation {{ {mutation} }}"})
            assert answer.headers.get_list("Janua-Catalog-Revision") == [str(before + made)]
            assert gateway.live.catalog.revision == before + made


async def test_what_the_database_is_to_blame_for_says_when_to_try_again(settings: Settings) -> None:
    crowded = {"pool_min": 1, "pool_max": 1, "acquire_timeout": 0.05}
    impatient = settings.model_copy(update={"database": settings.database.model_copy(update=crowded)})
    async with library(impatient, dev=True) as (_, http, gateway), connection(gateway.pool):
        for query in ("{ books { totalCount } }", "{ collections { name } }"):
            for accepted in BOTH:
                answer = await http.post("/graphql", json={"query": query}, headers={"Accept": accepted})
                assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "1")
                assert answer.json()["errors"][0]["extensions"]["code"] == "database.unavailable"


async def test_both_endpoints_answer_by_post_and_by_get(settings: Settings) -> None:
    query = "query Books($first: Int) { books(first: $first) { nodes { title author { name } } totalCount } }"
    expected = {"data": {"books": {"nodes": [], "totalCount": 0}}}
    async with library(settings, dev=True) as (_, http, _):
        for path in ("/graphql", "/graphql/books", "/graphql/authors"):
            for accept in BOTH:
                posted = await http.post(
                    path, json={"query": query, "variables": {"first": 2}}, headers={"Accept": accept}
                )
                got = await http.get(
                    path, params={"query": query, "variables": '{"first": 2}'}, headers={"Accept": accept}
                )
                assert (posted.status_code, got.status_code) == (200, 200)
                assert posted.json() == got.json() == expected


async def test_wrong_documents_have_their_status_and_place(settings: Settings) -> None:
    async with library(settings, dev=True) as (_, http, _):
        for query, line in (("{\n books {", 2), ("{\n nothing\n}", 2), ("{ books(first: $x) { nodes { id } } }", 1)):
            for accept, status in zip(BOTH, (400, 200), strict=True):
                answer = await http.post("/graphql", json={"query": query}, headers={"Accept": accept})
                assert answer.status_code == status
                error = answer.json()["errors"][0]
                assert error["locations"][0]["line"] == line
                assert error["extensions"]["code"] == "query.malformed"
                assert "data" not in answer.json()
        unknown = await http.post("/graphql/nothing", json={"query": "{ __typename }"})
        assert (unknown.status_code, unknown.json()["errors"][0]["extensions"]["code"]) == (
            404,
            "registry.unknown_collection",
        )


async def test_hostile_documents_are_refused_while_others_are_served(settings: Settings) -> None:
    async with library(settings, dev=True) as (_, http, _):
        for what, query, other in HOSTILE.values():
            if other:
                continue
            answers = await asyncio.gather(
                http.post("/graphql", json={"query": query}),
                http.post("/graphql/authors", json={"query": "{__typename}"}),
            )
            if len(query) > 4 * 1024 * 1024:
                assert (answers[0].status_code, answers[0].json()["code"]) == (413, "document.too_large")
            else:
                assert answers[0].status_code == 400, answers[0].text
                assert answers[0].json()["errors"][0]["extensions"] | {"found": 0, "limit": 0} == {
                    "code": "query.too_large", "what": what, "found": 0, "limit": 0,
                }  # fmt: skip
            assert answers[1].json() == {"data": {"__typename": "Query"}}


async def test_a_persisted_document_is_found_by_its_hash(settings: Settings) -> None:
    text = "{ authors { totalCount } }"
    known = {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}
    async with library(settings, dev=True) as (_, http, _):
        unknown = await http.post("/graphql", json={"extensions": known})
        assert unknown.json()["errors"][0]["message"] == "PersistedQueryNotFound"
        for body in ({"query": text, "extensions": known}, {"extensions": known}):
            assert (await http.post("/graphql", json=body)).json() == {"data": {"authors": {"totalCount": 0}}}


async def test_production_keeps_its_schema_and_the_page_to_itself_unless_told_otherwise(settings: Settings) -> None:
    asked = {"query": "{ __schema { queryType { name } } }"}
    open_to_all = settings.model_copy(
        update={"graphql": settings.graphql.model_copy(update={"graphiql": True, "introspection": True})}
    )
    for told, status in ((settings, 403), (open_to_all, 200)):
        async with library(told, dev=False) as (_, http, _):
            for answer in (await http.post("/graphql", json=asked), await http.get("/graphql?sdl")):
                assert answer.status_code == status
            page = await http.get("/graphql", headers={"Accept": "text/html, */*;q=0.1"})
            assert ("<script" in page.text) == (status == 200)
            assert (await http.post("/graphql", json={"query": "{ __typename }"})).status_code == 200


async def test_only_developers_are_told_what_they_may_have_meant(settings: Settings) -> None:
    by_variable = "query ($where: BookWhere) { books(where: $where) { totalCount } }"
    wrong = [
        {"query": "{ books { nodes { titel } } }"},
        {"query": "{ boks { totalCount } }"},
        {"query": "mutation { creatBook(input: {}) { id } }"},
        {"query": "{ books { title } }"},
        {"query": '{ books(where: {titel: {eq: "x"}}) { totalCount } }'},
        {"query": by_variable, "variables": {"where": {"titel": {"eq": "x"}}}},
        {"query": by_variable, "variables": {"where": {"status": {"eq": "draf"}}}},
    ]
    for dev in (True, False):
        async with library(settings, dev=dev) as (_, http, _):
            for each in wrong:
                [error] = (await http.post("/graphql", json=each)).json()["errors"]
                assert ("Did you mean" in error["message"]) == dev


@pytest.mark.skipif(not shutil.which("node"), reason="there is no Node.js on the PATH")
@pytest.mark.skipif(
    not (AUDIT / "node_modules" / "graphql-http").is_dir(), reason="the audits are not installed: run `just audit` once"
)
async def test_every_audit_passes_at_both_endpoints(settings: Settings) -> None:
    async with library(settings, dev=True) as (address, _, _):
        assert await audited(f"{address}/graphql") == ""
        assert await audited(f"{address}/graphql/books") == ""
