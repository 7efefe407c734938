"""Registering schemas: one total order, nothing half done, no stored record that fails the current schema."""

import asyncio

import pytest

from janua.config import Settings
from janua.errors import (
    CollectionInUse,
    IncompatibleSchema,
    InvalidCollectionName,
    InvalidQuery,
    InvalidSchema,
    SchemaVersionMismatch,
    UnknownCollection,
    UnknownSchemaVersion,
)
from janua.gateway import records, schemas
from janua.gateway.gateway import Gateway, open_gateway
from janua.storage.pool import connection
from tests.gateway.builders import AUTHORS, BOOKS, a_document, a_schema

pytestmark = pytest.mark.anyio


async def test_the_same_document_again_is_no_new_version(gateway: Gateway) -> None:
    first = await schemas.register(gateway, "authors", AUTHORS)
    again = await schemas.register(gateway, "authors", dict(reversed(list(AUTHORS.items()))))
    assert (first.version, first.changed, first.created) == (1, True, True)
    assert (again.version, again.changed, again.created) == (1, False, False)


async def test_versions_stay_readable_after_newer_ones(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS)
    newer = a_schema({"name": {"type": "string"}, "born": {"type": "integer"}}, required=("name",))
    assert (await schemas.register(gateway, "authors", newer)).version == 2
    assert (await schemas.fetch_version(gateway, "authors", 1)).document == AUTHORS
    assert [each.version for each in await schemas.list_versions(gateway, "authors")] == [1, 2]
    with pytest.raises(UnknownSchemaVersion):
        await schemas.fetch_version(gateway, "authors", 3)


async def test_a_schema_that_a_stored_record_fails_is_refused_with_the_record(library: Gateway) -> None:
    kept = await records.create(library, "authors", a_document(name="Ada"))
    stricter = a_schema({"name": {"type": "string", "minLength": 10}}, required=("name",))
    with pytest.raises(IncompatibleSchema) as caught:
        await schemas.register(library, "authors", stricter)
    assert caught.value.report["verdict"] == "incompatible"
    assert caught.value.report["records"]["invalid"] == 1
    assert caught.value.report["records"]["samples"][0]["id"] == kept.id
    [reason] = caught.value.report["incompatibilities"]
    assert (reason["keyword"], reason["counter_example"]["document"]) == ("minLength", {"name": "Ada"})
    assert library.live.catalog.collection("authors").version == 1


async def test_a_check_says_what_registering_would_say_and_stores_nothing(library: Gateway) -> None:
    await records.create(library, "authors", a_document(name="Ada"))
    revision = library.live.catalog.revision
    stricter = a_schema({"name": {"type": "string", "minLength": 10, "x-index": True}}, required=("name",))
    report = await schemas.check(library, "authors", stricter)
    dry = await schemas.register(library, "authors", stricter, dry_run=True)
    assert report.verdict == dry.report.verdict == "incompatible"
    assert len(report.indexes.build) == 1
    await library.live.refresh()
    assert library.live.catalog.revision == revision


async def test_a_unique_field_that_stored_records_share_is_refused(library: Gateway) -> None:
    for _ in range(2):
        await records.create(library, "authors", a_document(name="Ada"))
    unique = a_schema({"name": {"type": "string", "x-unique": True}}, required=("name",))
    with pytest.raises(IncompatibleSchema) as caught:
        await schemas.register(library, "authors", unique)
    assert [each["code"] for each in caught.value.report["incompatibilities"]] == ["records.unique"]


async def test_a_relation_that_stored_records_break_is_refused(library: Gateway) -> None:
    loose = a_schema({"author_id": {"type": "string", "format": "uuid"}})
    await schemas.register(library, "reviews", loose)
    await records.create(library, "reviews", a_document(author_id="00000000-0000-7000-8000-000000000000"))
    related = a_schema({"author_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "authors"}}})
    with pytest.raises(IncompatibleSchema) as caught:
        await schemas.register(library, "reviews", related)
    assert [each["code"] for each in caught.value.report["incompatibilities"]] == ["records.relation"]


async def test_collections_that_relate_in_a_circle_are_registered_together_or_not_at_all(gateway: Gateway) -> None:
    left = a_schema({"right_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "rights"}}})
    right = a_schema({"left_id": {"type": "string", "format": "uuid", "x-relation": {"collection": "lefts"}}})
    with pytest.raises(InvalidSchema) as caught:
        await schemas.register(gateway, "lefts", left)
    assert caught.value.violations[0].pointer == "/properties/right_id/x-relation/collection"
    with pytest.raises(InvalidSchema):
        await schemas.register_many(gateway, {"lefts": left, "rights": {"type": 7}})
    assert not {"lefts", "rights"} & set(gateway.live.catalog.collections)
    await schemas.register_many(gateway, {"lefts": left, "rights": right})
    assert {"lefts", "rights"} <= set(gateway.live.catalog.collections)


async def test_a_reference_to_another_collection_is_pinned_to_its_version(gateway: Gateway) -> None:
    await schemas.register(gateway, "names", {"type": "string", "minLength": 2})
    await schemas.register(gateway, "people", a_schema({"name": {"$ref": "janua:names"}}))
    await schemas.register(gateway, "names", {"type": "string"})
    assert gateway.live.catalog.collection("people").references == {"names": 1}
    async with open_gateway(gateway.settings, name="another") as another:
        for each in (gateway, another):
            validator = each.live.validator(each.live.catalog.collection("people"))
            assert [bad.pointer for bad in validator.validate({"name": "x"})] == ["/name"]
    with pytest.raises(CollectionInUse):
        await schemas.drop(gateway, "names")


async def test_if_match_refuses_what_was_decided_on_an_older_version(gateway: Gateway) -> None:
    await schemas.register(gateway, "authors", AUTHORS, if_none_match=True)
    with pytest.raises(SchemaVersionMismatch) as caught:
        await schemas.register(gateway, "authors", BOOKS, if_match=frozenset({7}))
    assert caught.value.current == 1
    with pytest.raises(SchemaVersionMismatch):
        await schemas.register(gateway, "authors", AUTHORS, if_none_match=True)
    with pytest.raises(SchemaVersionMismatch):
        await schemas.register(gateway, "others", AUTHORS, if_match="*")


@pytest.mark.parametrize("name", ["", "Books", "1st", "a-b", "a" * 48, "a;--", 'a"', "é", "../x"])
async def test_a_name_that_is_not_one_is_refused(gateway: Gateway, name: str) -> None:
    with pytest.raises(InvalidCollectionName):
        await schemas.register(gateway, name, True)


async def test_a_collection_that_others_relate_to_or_that_holds_records_is_not_dropped(library: Gateway) -> None:
    author = await records.create(library, "authors", a_document(name="Ada"))
    with pytest.raises(CollectionInUse) as related:
        await schemas.drop(library, "authors")
    assert related.value.related == ["books"]
    await schemas.drop(library, "books")
    with pytest.raises(CollectionInUse) as holding:
        await schemas.drop(library, "authors")
    assert holding.value.records == 1
    await schemas.drop(library, "authors", with_records=True)
    with pytest.raises(UnknownCollection):
        await records.fetch(library, "authors", author.id)


async def test_modes_and_policies_can_be_set_to_those_there_are(library: Gateway) -> None:
    described = await schemas.configure(library, "books", mode="full", evolution="proof")
    assert (described.mode, described.evolution) == ("full", "proof")
    with pytest.raises(InvalidQuery):
        await schemas.configure(library, "books", mode="sideways")


async def test_another_worker_soon_serves_a_new_schema(gateway: Gateway, settings: Settings) -> None:
    async with open_gateway(settings, name="another") as another:
        await schemas.register(gateway, "authors", AUTHORS)
        async with asyncio.timeout(5):  # the machine that runs the tests may be busy
            while "authors" not in another.live.catalog.collections:  # noqa: ASYNC110 -- the other worker polls, too
                await asyncio.sleep(0.02)


async def test_registrations_at_once_make_one_total_order(gateway: Gateway, settings: Settings) -> None:
    async with open_gateway(settings, name="another") as another:
        await schemas.register(gateway, "counters", a_schema({}))
        documents = [a_schema({f"p{number}": {}}) for number in range(8)]
        done = await asyncio.gather(
            *(
                schemas.register(worker, "counters", each)
                for worker, each in zip([gateway, another] * 4, documents, strict=True)
            )
        )
    assert sorted(each.version for each in done) == list(range(2, 10))
    versions = await schemas.list_versions(gateway, "counters")
    assert {each.version: each.document for each in versions[1:]} == {
        each.version: document for each, document in zip(done, documents, strict=True)
    }


async def test_no_write_gets_past_a_schema_that_changes_meanwhile(gateway: Gateway, settings: Settings) -> None:
    loose = a_schema({"n": {"type": "integer"}})
    strict = a_schema({"n": {"type": "integer", "maximum": 10}})
    await schemas.register(gateway, "numbers", loose)
    async with open_gateway(settings, name="another") as another:
        assert another.live.catalog.collection("numbers").version == 1
        registration = await schemas.register(gateway, "numbers", strict)
        assert registration.version == 2
        refused = asyncio.gather(
            *(records.create(another, "numbers", a_document(n=11)) for _ in range(5)), return_exceptions=True
        )
        assert {type(each).__name__ for each in await refused} == {"InvalidRecord"}
        stored = await records.create(another, "numbers", a_document(n=9))
        assert '"schema_version": 2' in stored.text


async def test_a_corrupt_registry_row_quarantines_its_collection_only(library: Gateway, settings: Settings) -> None:
    async with connection(library.pool) as c:
        await c.execute("""UPDATE janua.schema_versions SET document = '{"type": 7}' WHERE collection = 'books'""")
    async with open_gateway(settings, name="another") as another:
        assert set(another.live.catalog.collections) == {"authors"}
        assert set(another.live.catalog.quarantined) == {"books"}
        await records.create(another, "authors", a_document(name="Ada"))


async def test_a_schema_without_a_relation_can_follow_one_with_it_once_all_records_were_checked(
    library: Gateway,
) -> None:
    await records.create(library, "books", a_document(title="A"))
    narrower = BOOKS | a_schema({"title": {"type": "string", "maxLength": 5}}, required=("title",))
    report = (await schemas.register(library, "books", narrower)).report
    assert report.records.checked == 1
    assert not library.live.catalog.collection("books").relations


async def test_a_name_stays_with_whom_has_it_also_when_another_derives_it(gateway: Gateway) -> None:
    shelves = {**a_schema({"name": {"type": "string"}}), "title": "BookWhere"}
    await schemas.register(gateway, "shelves", shelves)
    await schemas.register(gateway, "books", {**a_schema({"name": {"type": "string"}}), "title": "Book"})
    await schemas.register(gateway, "shelves", {**shelves, "description": "Changed."})
    assert gateway.live.catalog.collection("shelves").names.type == "BookWhere"
    inner = {**a_schema({"city": {"type": "string"}}), "title": "BookWhere"}
    await schemas.register(gateway, "books", {**a_schema({"inner": inner}), "title": "Book"})
    assert "BookWhere" not in gateway.live.catalog.collection("books").objects


async def test_collections_that_relate_in_a_circle_are_dropped_together_or_not_at_all(gateway: Gateway) -> None:
    uuid = {"type": "string", "format": "uuid"}
    to_many = {"type": "array", "items": uuid, "x-relation": {"collection": "hens", "field": "layers"}}
    schemas_of = {
        "hens": a_schema({"egg_id": {**uuid, "x-relation": {"collection": "eggs"}}}),
        "eggs": a_schema({"hen_ids": to_many}),
        "third": a_schema({"hen_id": {**uuid, "x-relation": {"collection": "hens"}}}),
    }
    await schemas.register_many(gateway, schemas_of)
    for names in (["hens"], ["eggs"], ["hens", "eggs"]):
        with pytest.raises(CollectionInUse):
            await schemas.drop_many(gateway, names)
    with pytest.raises(UnknownCollection):
        await schemas.drop_many(gateway, [*schemas_of, "fourth"])
    assert set(schemas_of) <= set(gateway.live.catalog.collections)
    await schemas.drop_many(gateway, list(schemas_of))
    assert not set(schemas_of) & set(gateway.live.catalog.collections)
    async with connection(gateway.pool) as c:
        left = await c.fetch("SELECT relname FROM pg_class WHERE relnamespace = 'collections'::regnamespace")
    assert not [each["relname"] for each in left if each["relname"].startswith(("hens", "eggs", "third"))]
