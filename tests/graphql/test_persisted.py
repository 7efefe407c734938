"""Documents sent by their hash, as clients of Apollo's protocol do."""

import hashlib
import json

import httpx
import pytest

from janua.api.graphql.parameters import Parameters
from janua.api.graphql.persisted import ENTRY_BYTES, PersistedDocuments
from janua.errors import UnknownPersistedDocument
from tests.graphql.engine import SmallEngine

pytestmark = pytest.mark.anyio

GRAPHQL_JSON = "application/graphql-response+json"


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def extension(text: str, **other: object) -> dict[str, object]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashed(text)} | other}


async def test_a_client_sends_the_hash_then_both_then_the_hash_alone(
    http: httpx.AsyncClient, engine: SmallEngine
) -> None:
    text = "query ($v: JSON) { first: echo(value: $v) }"
    alone = {"extensions": extension(text), "variables": {"v": 1}}
    unknown = await http.post("/graphql", json=alone)
    assert unknown.status_code == 200
    assert unknown.json() == {
        "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    }
    assert (await http.post("/graphql", json=alone, headers={"Accept": GRAPHQL_JSON})).status_code == 400
    assert (await http.post("/graphql", json=alone | {"query": text})).json() == {"data": {"first": 1}}
    assert (await http.post("/graphql", json=alone)).json() == {"data": {"first": 1}}
    by_get = {"extensions": json.dumps(extension(text)), "variables": '{"v": 2}'}
    assert (await http.get("/graphql", params=by_get)).json() == {"data": {"first": 2}}
    assert {each.query for each in engine.asked} == {text}


async def test_a_hash_of_another_text_is_refused_and_not_remembered(
    http: httpx.AsyncClient, engine: SmallEngine
) -> None:
    wrong = await http.post("/graphql", json={"query": "{ hello }", "extensions": extension("{ another }")})
    assert wrong.status_code == 400
    assert wrong.json()["errors"][0]["message"] == "provided sha does not match query"
    again = await http.post("/graphql", json={"extensions": extension("{ another }")})
    assert again.json()["errors"][0]["message"] == "PersistedQueryNotFound"
    assert engine.asked == []


@pytest.mark.parametrize(
    "persisted",
    [
        {"version": 2, "sha256Hash": hashed("{ hello }")},
        {"sha256Hash": hashed("{ hello }")},
        {"version": 1},
        {"version": 1, "sha256Hash": "abc"},
        {"version": 1, "sha256Hash": 7},
        "x",
        None,
    ],
)
async def test_a_malformed_extension_is_refused(http: httpx.AsyncClient, persisted: object) -> None:
    answer = await http.post("/graphql", json={"query": "{ hello }", "extensions": {"persistedQuery": persisted}})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "request.invalid")


@pytest.mark.parametrize("text", ["{", "{ nothing }", "{" + " hello" * 500 + "}"])
async def test_a_wrong_document_is_not_remembered(http: httpx.AsyncClient, text: str) -> None:
    assert (await http.post("/graphql", json={"query": text, "extensions": extension(text)})).json()["errors"]
    answer = await http.post("/graphql", json={"extensions": extension(text)})
    assert answer.json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_a_mutation_by_its_hash_still_needs_post(http: httpx.AsyncClient, engine: SmallEngine) -> None:
    text = "mutation { count }"
    assert (await http.post("/graphql", json={"query": text, "extensions": extension(text)})).status_code == 200
    answer = await http.get("/graphql", params={"extensions": json.dumps(extension(text))})
    assert answer.status_code == 405
    assert engine.counted == 1


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    texts = [f"{{ a{n} }}" for n in range(4)]
    documents = PersistedDocuments(3 * (len(texts[0]) + ENTRY_BYTES))

    def known(text: str) -> bool:
        try:
            return documents.resolve(Parameters(None, None, {}, extension(text)))[0] == text  # pyright: ignore[reportArgumentType] -- it is JSON
        except UnknownPersistedDocument:
            return False

    for text in texts[:3]:
        documents.remember(hashed(text), text)
    assert [known(each) for each in (texts[1], texts[2], texts[0])] == [True] * 3
    documents.remember(hashed(texts[3]), texts[3])
    assert [known(each) for each in texts] == [True, False, True, True]
    documents.remember(hashed("x" * 10_000), "x" * 10_000)
    assert [known(each) for each in texts] == [True, False, True, True]
