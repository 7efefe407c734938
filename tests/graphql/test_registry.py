"""The registry over GraphQL: the verbs of the gateway, on a real database, with typed results."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest
from graphql import ExecutionResult, graphql

from janua.api.graphql.context import Context
from janua.api.graphql.registry import registry_part
from janua.api.graphql.schema import SchemaSlices
from janua.config import Settings
from janua.errors import (
    CollectionInUse,
    IncompatibleSchema,
    InvalidQuery,
    InvalidSchema,
    InvalidSteps,
    SchemaVersionMismatch,
)
from janua.gateway import records, schemas
from janua.gateway.evolver import work_once
from janua.gateway.gateway import Gateway, open_gateway
from janua.model.names import RESERVED_ROOTS, RESERVED_TYPES
from tests.gateway.builders import AUTHORS, BOOKS, a_document

pytestmark = pytest.mark.anyio

REGISTER = """
mutation ($name: String!, $document: JSON!, $dryRun: Boolean! = false, $expected: Int) {
  registerSchema(name: $name, document: $document, dryRun: $dryRun, expectedVersion: $expected) {
    collection version changed created dryRun
    report { verdict changes { pointer kind breaking } indexes { build drop } graphql { name kind } }
  }
}
"""
CHECK = """
mutation ($name: String!, $document: JSON!) {
  checkSchema(name: $name, document: $document) {
    verdict records { checked invalid samples } incompatibilities { code keyword pointer counterExample { document } }
  }
}
"""


@pytest.fixture
async def gateway(settings: Settings) -> AsyncGenerator[Gateway]:
    async with open_gateway(settings, name="test") as opened:
        yield opened


async def run(gateway: Gateway, query: str, **variables: Any) -> ExecutionResult:
    slice = await SchemaSlices().slice(gateway.live.catalog, frozenset())
    return await graphql(slice.schema, query, context_value=Context(gateway), variable_values=variables)


async def ask(gateway: Gateway, query: str, **variables: Any) -> dict[str, Any]:
    """Return the data of an operation without errors."""
    found = await run(gateway, query, **variables)
    assert found.errors is None
    assert found.data is not None
    return found.data


async def refused(gateway: Gateway, query: str, **variables: Any) -> Exception | None:
    """Return the error of an operation that has one."""
    found = await run(gateway, query, **variables)
    assert found.errors is not None
    [error] = found.errors
    return error.original_error


async def test_a_schema_is_registered_once_and_again_unchanged(gateway: Gateway) -> None:
    first = (await ask(gateway, REGISTER, name="authors", document=AUTHORS))["registerSchema"]
    again = (await ask(gateway, REGISTER, name="authors", document=AUTHORS))["registerSchema"]
    assert (first["version"], first["changed"], first["created"], first["report"]["verdict"]) == (
        1, True, True, "COMPATIBLE",
    )  # fmt: skip
    assert (again["version"], again["changed"], again["created"]) == (1, False, False)
    assert gateway.live.catalog.collection("authors").version == 1


async def test_a_dry_run_says_what_changes_and_changes_nothing(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    newer = {**AUTHORS, "properties": {"name": {"type": "string", "x-index": True}, "born": {"type": "integer"}}}
    found = (await ask(gateway, REGISTER, name="authors", document=newer, dryRun=True))["registerSchema"]
    assert found["dryRun"] is True
    assert {"name": "Author.born", "kind": "added"} in found["report"]["graphql"]
    assert len(found["report"]["indexes"]["build"]) == 1
    assert gateway.live.catalog.collection("authors").version == 1


async def test_the_expected_version_guards_against_two_people_editing(gateway: Gateway) -> None:
    await ask(gateway, REGISTER, name="authors", document=AUTHORS, expected=0)
    newer = {**AUTHORS, "description": "Who writes."}
    for wrong in (0, 2):
        error = await refused(gateway, REGISTER, name="authors", document=newer, expected=wrong)
        assert isinstance(error, SchemaVersionMismatch)
    assert (await ask(gateway, REGISTER, name="authors", document=newer, expected=1))["registerSchema"]["version"] == 2


async def test_schemas_that_relate_to_each_other_are_registered_together(gateway: Gateway) -> None:
    query = "mutation ($s: [SchemaDocument!]!) { registerSchemas(schemas: $s) { collection created } }"
    together = [{"name": "books", "document": BOOKS}, {"name": "authors", "document": AUTHORS}]
    found = (await ask(gateway, query, s=together))["registerSchemas"]
    assert found == [{"collection": "books", "created": True}, {"collection": "authors", "created": True}]
    assert isinstance(await refused(gateway, query, s=together * 2), InvalidQuery)


async def test_a_check_shows_the_records_that_speak_against_a_schema(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    kept = await records.create(gateway, "authors", a_document(name="Ada"))
    stricter = {**AUTHORS, "properties": {"name": {"type": "string", "minLength": 10}}}
    found = (await ask(gateway, CHECK, name="authors", document=stricter))["checkSchema"]
    assert found["verdict"] == "INCOMPATIBLE"
    assert (found["records"]["checked"], found["records"]["samples"][0]["id"]) == (1, kept.id)
    [reason] = found["incompatibilities"]
    assert reason["counterExample"] == {"document": {"name": "Ada"}}
    error = await refused(gateway, REGISTER, name="authors", document=stricter)
    assert isinstance(error, IncompatibleSchema)


async def test_an_invalid_schema_keeps_its_violations(gateway: Gateway) -> None:
    error = await refused(gateway, REGISTER, name="notes", document={"type": "strin"})
    assert isinstance(error, InvalidSchema)
    assert error.violations[0].pointer == "/type"
    assert isinstance(await refused(gateway, REGISTER, name="notes", document=[1]), InvalidSchema)


async def test_collections_and_their_versions_can_be_read(gateway: Gateway) -> None:
    await schemas.register_many(gateway, {"authors": AUTHORS, "books": BOOKS})
    found = await ask(
        gateway,
        """{
          collections { name version title updatedAt }
          quarantinedCollections { name }
          none: collection(name: "nothing") { name }
          collection(name: "books") {
            version document mode evolution graphql { type single plural }
            fields { pointer graphql rest type indexed } indexes { kind unique state } relations { field inverse many }
          }
          schemaVersions(collection: "books") { version document createdAt }
          schemaVersion(collection: "books", version: 1) { fingerprint }
          later: schemaVersion(collection: "books", version: 2) { fingerprint }
        }""",
    )
    assert [each["name"] for each in found["collections"]] == ["authors", "books"]
    assert found["collections"][0]["updatedAt"].endswith("Z")
    assert (found["none"], found["later"], found["quarantinedCollections"]) == (None, None, [])
    books = found["collection"]
    assert (books["mode"], books["evolution"], books["document"]) == ("BACKWARD", "DATA", BOOKS)
    assert books["graphql"] == {"type": "Book", "single": "book", "plural": "books"}
    assert books["relations"] == [{"field": "author", "inverse": "books", "many": False}]
    assert {"kind": "btree", "unique": True, "state": "VALID"} in books["indexes"]
    assert {each["pointer"] for each in books["fields"]} == {"/title", "/isbn", "/price", "/author_id"}
    assert found["schemaVersions"][0]["document"] == BOOKS
    assert found["schemaVersion"]["fingerprint"] == gateway.live.catalog.collection("books").fingerprint


async def test_policies_are_set_one_by_one(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    query = 'mutation ($m: CompatibilityMode) { configureCollection(name: "authors", mode: $m) { mode evolution } }'
    assert await ask(gateway, query, m="FULL_TRANSITIVE") == {
        "configureCollection": {"mode": "FULL_TRANSITIVE", "evolution": "DATA"}
    }
    assert (await schemas.describe(gateway, "authors")).mode == "full_transitive"


async def test_dropping_asks_for_the_records(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    await records.create(gateway, "authors", a_document(name="Ada"))
    query = 'mutation ($all: Boolean!) { dropCollection(name: "authors", deleteRecords: $all) }'
    assert isinstance(await refused(gateway, query, all=False), CollectionInUse)
    assert await ask(gateway, query, all=True) == {"dropCollection": True}
    assert "authors" not in gateway.live.catalog.collections


async def test_collections_that_relate_to_each_other_are_dropped_together_or_not_at_all(gateway: Gateway) -> None:
    await schemas.register_many(gateway, {"authors": AUTHORS, "books": BOOKS})
    await records.create(gateway, "authors", a_document(name="Ada"))
    query = "mutation ($n: [String!]!, $all: Boolean) { dropCollections(names: $n, deleteRecords: $all) }"
    assert isinstance(await refused(gateway, query, n=["authors"], all=True), CollectionInUse)
    assert isinstance(await refused(gateway, query, n=["books", "authors"]), CollectionInUse)
    assert set(gateway.live.catalog.collections) == {"authors", "books"}
    assert await ask(gateway, query, n=["authors", "books"], all=True) == {"dropCollections": True}
    assert not gateway.live.catalog.collections


async def test_a_report_warns_of_slips_in_a_schema(gateway: Gateway) -> None:
    query = 'mutation ($s: JSON!) { checkSchema(name: "notes", document: $s) { warnings { pointer message } } }'
    found = (await ask(gateway, query, s={"properties": {"mail": {"format": "emial"}}}))["checkSchema"]
    assert [each["pointer"] for each in found["warnings"]] == ["/properties/mail/format"]
    assert "email" in found["warnings"][0]["message"]


async def test_a_schema_in_a_literal_keeps_every_digit(gateway: Gateway) -> None:
    query = """mutation {
      registerSchema(name: "sums", document: {type: "number", maximum: 12345678901234567890.12345678901234567890}) {
        version
      }
    }"""
    await ask(gateway, query)
    document = (await schemas.fetch_version(gateway, "sums", 1)).document
    assert isinstance(document, dict)
    assert str(document["maximum"]) == "12345678901234567890.12345678901234567890"


async def test_every_name_of_the_registry_is_reserved() -> None:
    part = registry_part()
    assert {*part.queries, *part.mutations} <= RESERVED_ROOTS
    assert {each.name for each in part.types} <= RESERVED_TYPES


EVOLVE = """
mutation ($schema: JSON!, $steps: JSON!) {
  previewEvolution(name: "things", document: $schema, steps: $steps) { version changed samples report { verdict } }
  evolveCollection(name: "things", document: $schema, steps: $steps, expectedVersion: 1) { state toVersion }
  changeEvolution(name: "things", verb: PAUSE) { state records { total checked } }
}
"""


async def test_an_evolution_is_previewed_begun_stopped_and_looked_at(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", {"properties": {"name": {"type": "string"}}})
    stored = await records.create(gateway, "things", a_document(name="A"))
    assert await ask(gateway, '{ evolution(collection: "things") { state } }') == {"evolution": None}
    new = {"properties": {"label": {"type": "string"}}, "required": ["label"]}
    steps = [{"op": "move", "from": "/name", "path": "/label"}]
    found = await ask(gateway, EVOLVE, schema=new, steps=steps)
    assert found["previewEvolution"] == {
        "version": 2, "changed": 1, "report": {"verdict": "COMPATIBLE"},
        "samples": [{"id": stored.id, "before": {"name": "A"}, "after": {"label": "A"}}],
    }  # fmt: skip
    assert found["evolveCollection"] == {"state": "RUNNING", "toVersion": 2}
    assert found["changeEvolution"] == {"state": "PAUSED", "records": {"total": 1, "checked": 0}}
    await ask(gateway, 'mutation { changeEvolution(name: "things", verb: RESUME) { state } }')
    await work_once(gateway)
    query = '{ evolution(collection: "things") { state fromVersion steps records { changed samples } reason } }'
    assert (await ask(gateway, query))["evolution"] == {
        "state": "DONE", "fromVersion": 1, "steps": steps, "records": {"changed": 1, "samples": []}, "reason": None,
    }  # fmt: skip
    wrong = await refused(gateway, EVOLVE, schema=new, steps=[{"op": "rename"}])
    assert isinstance(wrong, InvalidSteps)
    assert wrong.violations[0].pointer == "/steps/0/op"
