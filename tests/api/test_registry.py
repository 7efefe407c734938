"""The registry over HTTP."""

import asyncio
import json

import httpx
import pytest

pytestmark = pytest.mark.anyio

NAMED = {"type": "object", "properties": {"name": {"type": "string"}}}
YAML = "type: object\nproperties:\n  name: {type: string}\n"


async def test_a_schema_may_be_json_or_yaml_and_is_the_same(http: httpx.AsyncClient) -> None:
    first = await http.put("/registry/things", json=NAMED)
    assert (first.status_code, first.headers["Location"]) == (201, "/registry/things")
    for media_type in ("application/yaml", "text/yaml", "application/x-yaml"):
        again = await http.put("/registry/things", content=YAML, headers={"Content-Type": media_type})
        assert (again.status_code, again.json()["changed"], again.headers["ETag"]) == (200, False, '"1"')
    json_schema = {"Content-Type": "application/schema+json"}
    same = await http.put("/registry/things", content=json.dumps(NAMED), headers=json_schema)
    assert same.json()["fingerprint"] == first.json()["fingerprint"]


async def test_two_people_who_edit_do_not_overwrite_each_other(http: httpx.AsyncClient) -> None:
    await http.put("/registry/things", json=NAMED)
    newer = {**NAMED, "title": "Thing"}
    first = await http.put("/registry/things", json=newer, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    second = await http.put("/registry/things", json={**NAMED, "title": "X"}, headers={"If-Match": '"1"'})
    assert (second.status_code, second.json()["code"]) == (412, "registry.version_mismatch")
    assert second.json()["current"] == 2
    fresh = await http.put("/registry/things", json=NAMED, headers={"If-None-Match": "*"})
    assert fresh.status_code == 412


async def test_a_dry_run_and_a_check_store_nothing(http: httpx.AsyncClient) -> None:
    for answer in (
        await http.put("/registry/things?dry_run=true", json=NAMED),
        await http.post("/registry/things/check", json=NAMED),
    ):
        assert answer.status_code == 200
        assert answer.json()["verdict"] == "compatible"
        assert answer.json()["collection"] == "things"
    assert (await http.get("/registry/things")).status_code == 404


async def test_an_incompatible_schema_is_409_with_the_members_of_a_report(http: httpx.AsyncClient) -> None:
    await http.put("/registry/things", json=NAMED)
    record = (await http.post("/api/things", json={"name": "x"})).json()
    narrower = {"type": "object", "properties": {"name": {"type": "integer"}}}
    refused = await http.put("/registry/things", json=narrower)
    assert (refused.status_code, refused.json()["code"]) == (409, "registry.incompatible")
    problem = refused.json()
    assert problem["verdict"] == "incompatible"
    assert problem["records"]["invalid"] == 1
    assert problem["records"]["samples"][0]["id"] == record["id"]
    assert {"changes", "incompatibilities", "indexes", "graphql", "rest"} <= set(problem)
    checked = await http.post("/registry/things/check", json=narrower)
    assert (checked.status_code, checked.json()["verdict"]) == (200, "incompatible")
    assert (await http.get("/registry/things")).headers["ETag"] == '"1"'


async def test_what_is_not_a_schema_is_422_with_pointers(http: httpx.AsyncClient) -> None:
    refused = await http.put("/registry/things", json={"properties": {"a": {"type": "strnig"}}, "required": "a"})
    assert (refused.status_code, refused.json()["code"]) == (422, "registry.invalid_schema")
    assert {"/properties/a/type", "/required"} <= {each["pointer"] for each in refused.json()["violations"]}
    remote = await http.put("/registry/things", json={"$ref": "http://127.0.0.1:9/schema"})
    assert remote.status_code == 422


@pytest.mark.parametrize("name", ["Things", "1things", "th-ings", "t" * 48])
async def test_a_name_that_sql_and_graphql_could_not_spell_is_refused(http: httpx.AsyncClient, name: str) -> None:
    refused = await http.put(f"/registry/{name}", json=NAMED)
    assert (refused.status_code, refused.json()["code"]) == (422, "registry.invalid_name")


async def test_several_schemas_in_a_circle_are_registered_all_or_none(http: httpx.AsyncClient) -> None:
    def related(to: str) -> dict[str, object]:
        relation = {"type": "string", "format": "uuid", "x-relation": {"collection": to, "field": "other"}}
        return {"type": "object", "properties": {"other_id": relation}}

    broken = {"left": related("right"), "right": {"type": "nonsense"}}
    refused = await http.post("/registry", json={"collections": broken})
    assert refused.status_code == 422
    assert (await http.get("/registry/left")).status_code == 404
    answer = await http.post("/registry", json={"collections": {"left": related("right"), "right": related("left")}})
    assert answer.status_code == 200, answer.text
    assert [each["version"] for each in answer.json()["collections"]] == [1, 1]
    described = (await http.get("/registry/left")).json()
    assert [each["collection"] for each in described["relations"]] == ["right"]


@pytest.mark.parametrize("body", [{}, {"collections": []}, {"collections": {"a": 1}}, {"collections": {}, "x": 1}])
async def test_a_body_of_another_shape_is_refused(http: httpx.AsyncClient, body: object) -> None:
    assert (await http.post("/registry", json=body)).status_code == 400


async def test_versions_stay_as_they_were_registered(http: httpx.AsyncClient) -> None:
    await http.put("/registry/things", json=NAMED)
    await http.put("/registry/things", json={**NAMED, "title": "Thing"})
    listed = (await http.get("/registry/things/versions")).json()["versions"]
    assert [(each["version"], each["schema"].get("title")) for each in listed] == [(1, None), (2, "Thing")]
    first = await http.get("/registry/things/versions/1")
    assert first.json()["schema"] == NAMED
    assert set(first.json()) == {"collection", "version", "fingerprint", "schema", "created_at"}
    headers = {"If-None-Match": first.headers["ETag"]}
    assert (await http.get("/registry/things/versions/1", headers=headers)).status_code == 304
    for missing in ("3", "0"):
        answer = await http.get(f"/registry/things/versions/{missing}")
        assert (answer.status_code, answer.json()["code"]) == (404, "registry.unknown_version")
    assert (await http.get("/registry/things/versions/x")).status_code == 400


async def test_a_description_has_names_indexes_and_relations(http: httpx.AsyncClient, library: None) -> None:
    answer = await http.get("/registry/books")
    described = answer.json()
    assert answer.headers["ETag"] == '"1"'
    assert described["schema"]["title"] == "Book"
    assert (described["mode"], described["evolution"]) == ("backward", "data")
    fields = {each["pointer"]: each for each in described["fields"]}
    assert set(fields["/title"]) == {"pointer", "graphql", "rest", "type", "indexed"}
    assert fields["/publisher/city"]["indexed"] is not False
    assert {each["state"] for each in described["indexes"]} == {"valid"}
    assert [(each["field"], each["collection"]) for each in described["relations"]] == [("author", "authors")]
    assert described["graphql"]["type"] == "Book"
    listed = (await http.get("/registry")).json()["collections"]
    assert [each["collection"] for each in listed] == ["authors", "books", "records", "reviews"]


async def test_mode_and_policy_can_be_set(http: httpx.AsyncClient) -> None:
    await http.put("/registry/things", json=NAMED)
    answer = await http.patch("/registry/things", json={"mode": "full", "evolution": "proof"})
    assert (answer.json()["mode"], answer.json()["evolution"]) == ("full", "proof")
    for body in ({"mode": "sideways"}, {"modus": "full"}, {}, [], {"mode": 1}):
        assert (await http.patch("/registry/things", json=body)).status_code == 400
    assert (await http.patch("/registry/nothing", json={"mode": "full"})).status_code == 404


async def test_mode_and_policy_are_set_only_if_the_schema_is_the_one_that_was_read(http: httpx.AsyncClient) -> None:
    await http.put("/registry/things", json=NAMED)
    stale = await http.patch("/registry/things", json={"mode": "full"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]) == (412, "registry.version_mismatch", 1)
    assert (await http.get("/registry/things")).json()["mode"] == "backward"
    for tag in ('"1"', '"7", "1"', "*"):
        done = await http.patch("/registry/things", json={"mode": "full"}, headers={"If-Match": tag})
        assert (done.status_code, done.json()["mode"]) == (200, "full")


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"b": {"eq": 1}}, "has no field 'b'"),
        ({"name": {"above": 1}}, "has no operator 'above'"),
        ({"name": {"eq": 1}}, "expects a string"),
        ({"author": {"eq": 1}}, "has no field 'author'"),
    ],
)
async def test_a_senseless_condition_of_an_index_is_refused_where_it_stands(
    http: httpx.AsyncClient, where: dict[str, object], message: str
) -> None:
    indexes = [{"fields": ["name"]}, {"fields": ["name"], "where": where}]
    refused = await http.put("/registry/things", json=NAMED | {"x-indexes": indexes})
    assert (refused.status_code, refused.json()["code"]) == (422, "registry.invalid_schema")
    [violation] = refused.json()["violations"]
    assert violation["pointer"] == "/x-indexes/1/where"
    assert message in violation["message"]


async def test_a_collection_in_use_is_not_dropped(http: httpx.AsyncClient, library: None) -> None:
    refused = await http.delete("/registry/authors")
    assert (refused.status_code, refused.json()["code"]) == (409, "registry.collection_in_use")
    await http.put("/registry/things", json=NAMED)
    await http.post("/api/things", json={})
    held = await http.delete("/registry/things")
    assert (held.status_code, held.json()["records"]) == (409, 1)
    assert (await http.delete("/registry/things?records=delete", headers={"If-Match": '"9"'})).status_code == 412
    assert (await http.delete("/registry/things?records=delete")).status_code == 204
    assert (await http.get("/api/things")).status_code == 404
    assert (await http.delete("/registry/things")).status_code == 404


async def test_concurrent_registrations_have_one_order(http: httpx.AsyncClient) -> None:
    await http.put("/registry/things", json=NAMED)
    answers = await asyncio.gather(
        *(
            http.put("/registry/things", json={**NAMED, "title": f"T{number}"}, headers={"If-Match": '"1"'})
            for number in range(5)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, 412, 412, 412, 412]


async def test_several_collections_are_dropped_all_or_none(http: httpx.AsyncClient) -> None:
    for name in ("hens", "eggs"):
        await http.put(f"/registry/{name}", json=NAMED)
    await http.post("/api/eggs", json={"name": "x"})
    missing = await http.delete("/registry")
    assert (missing.status_code, missing.json()["code"]) == (400, "query.invalid")
    held = await http.delete("/registry?collections=hens,eggs")
    assert (held.status_code, held.json()["code"]) == (409, "registry.collection_in_use")
    assert (await http.get("/registry/hens")).status_code == 200
    assert (await http.delete("/registry?collections=hens,eggs&records=delete")).status_code == 204
    for name in ("hens", "eggs"):
        assert (await http.get(f"/registry/{name}")).status_code == 404


async def test_a_report_warns_of_likely_slips_and_registers_all_the_same(http: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"sku": {"type": "string", "x-uniqe": True}}}
    expected = [{"pointer": "/properties/sku/x-uniqe", "message": "unknown keyword 'x-uniqe'; did you mean x-unique?"}]
    assert (await http.post("/registry/goods/check", json=schema)).json()["warnings"] == expected
    registered = await http.put("/registry/goods", json=schema)
    assert (registered.status_code, registered.json()["warnings"]) == (201, expected)
