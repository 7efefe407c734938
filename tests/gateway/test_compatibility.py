"""Which schema versions are accepted: by the rules, by the stored records, and who of them decides."""

from typing import Any

import pytest

from janua.errors import IncompatibleSchema
from janua.gateway import records, schemas
from janua.gateway.answers import Report
from janua.gateway.gateway import Gateway
from tests.gateway.builders import a_document, a_schema

pytestmark = pytest.mark.anyio

TEXT = {"type": "string"}
OLD = a_schema({"name": TEXT})
NARROWER = a_schema({"name": {"type": "string", "maxLength": 5}})


@pytest.fixture
async def people(gateway: Gateway) -> Gateway:
    await schemas.register(gateway, "people", OLD)
    return gateway


def codes(report: Report) -> list[str]:
    return [each.code for each in report.incompatibilities]


async def refused(gateway: Gateway, document: Any) -> Any:
    with pytest.raises(IncompatibleSchema) as caught:
        await schemas.register(gateway, "people", document)
    return caught.value


async def test_adding_an_optional_property_to_an_open_object_simply_works(people: Gateway) -> None:
    await records.create(people, "people", a_document(name="Ada"))
    added = await schemas.register(people, "people", a_schema({"name": TEXT, "born": {"type": "integer"}}))
    report = added.report
    assert added.version == 2
    assert (report.verdict, report.decided_by, report.evolution) == ("compatible", "records", "data")
    assert (report.records.checked, report.records.invalid) == (1, 0)
    assert report.verdicts == {"rules": "incompatible", "records": "compatible"}
    assert report.rules is not None
    assert (report.rules.mode, report.rules.verdict, report.rules.versions) == ("backward", "incompatible", [1])
    assert codes(report) == ["type.narrowed"]
    assert [change["breaking"] for change in report.changes] == [True]


async def test_what_a_stored_record_breaks_is_refused_under_every_mode_and_policy(people: Gateway) -> None:
    await records.create(people, "people", a_document(name="Ada Lovelace"))
    for mode in ("none", "backward", "forward_transitive"):
        for evolution in ("data", "proof"):
            await schemas.configure(people, "people", mode=mode, evolution=evolution)
            report = (await refused(people, NARROWER)).report
            assert (report["verdict"], report["decided_by"]) == ("incompatible", "records")
            assert report["verdicts"]["records"] == "incompatible"
            assert report["incompatibilities"][0]["code"] == "records.maxLength"


async def test_a_reason_of_the_rules_and_of_the_records_is_told_once(people: Gateway) -> None:
    await records.create(people, "people", a_document(name="Ada Lovelace"))
    report = await schemas.check(people, "people", NARROWER)
    assert codes(report) == ["records.maxLength"]
    assert report.rules is not None
    assert report.rules.verdict == "incompatible"


async def test_under_proof_the_rules_decide_alone(people: Gateway) -> None:
    await schemas.configure(people, "people", evolution="proof")
    error = await refused(people, NARROWER)
    assert (error.report["verdict"], error.report["decided_by"]) == ("incompatible", "rules")
    [reason] = error.report["incompatibilities"]
    assert (reason["code"], reason["pointer"], reason["old"], reason["new"], reason["version"]) == (
        "max_length.lowered", "/properties/name/maxLength", None, 5, 1,
    )  # fmt: skip
    assert reason["counter_example"]["valid_under"] == "old"
    assert "under the policy `data` the stored records would allow it" in str(error)
    wider = await schemas.register(people, "people", a_schema({"name": {"type": ["string", "null"]}}))
    assert (wider.version, wider.report.decided_by) == (2, "rules")


async def test_under_proof_what_is_undecided_is_refused_and_says_so(people: Gateway) -> None:
    hard, harder = ({"name": {"type": "string", "pattern": f"^(?=.*q.*7){more}"}} for more in ("", "(?=.*w8)"))
    await schemas.register(people, "people", a_schema(hard))
    assert (await schemas.check(people, "people", a_schema(harder))).verdict == "compatible"
    await schemas.configure(people, "people", evolution="proof")
    error = await refused(people, a_schema(harder))
    assert (error.report["verdict"], error.report["incompatibilities"]) == ("undecided", [])
    assert error.report["rules"]["undecided"][0]["pointer"] == "/properties/name/pattern"
    assert "cannot be proven to be compatible" in str(error)


@pytest.mark.parametrize(
    ("mode", "accepted"),
    [("none", True), ("backward", False), ("forward", True), ("full", False)],
)
async def test_the_mode_of_a_collection_takes_effect(people: Gateway, mode: str, accepted: bool) -> None:
    await schemas.configure(people, "people", mode=mode, evolution="proof")
    assert ((await schemas.check(people, "people", NARROWER)).verdict == "compatible") == accepted


async def test_a_transitive_mode_looks_at_every_earlier_version(people: Gateway) -> None:
    await schemas.register(people, "people", a_schema({"name": {"type": ["string", "null"]}}))
    await schemas.register(people, "people", OLD)
    narrower = a_schema({"name": {"type": "string"}, "x": True})
    await schemas.configure(people, "people", mode="backward", evolution="proof")
    assert (await schemas.check(people, "people", narrower)).verdict == "compatible"
    await schemas.configure(people, "people", mode="backward_transitive")
    report = await schemas.check(people, "people", narrower)
    assert (report.verdict, [each.version for each in report.incompatibilities]) == ("incompatible", [2])


async def test_a_pinned_reference_is_compared_as_it_was_and_as_it_will_be(gateway: Gateway) -> None:
    await schemas.register(gateway, "names", TEXT)
    schema = a_schema({"name": {"$ref": "janua:names"}})
    await schemas.register(gateway, "people", schema)
    await schemas.register(gateway, "names", {"type": "string", "minLength": 2})
    report = await schemas.check(gateway, "people", {**schema, "title": "Person"})
    assert [(each.code, each.pointer) for each in report.incompatibilities] == [
        ("min_length.raised", "janua:names#/minLength")
    ]


async def test_the_report_tells_what_happens_to_relations_and_clients(people: Gateway) -> None:
    related = {"type": "string", "format": "uuid", "x-relation": {"collection": "people", "field": "friend"}}
    report = await schemas.check(people, "people", a_schema({"friend_id": related}))
    assert [(each["name"], each["kind"]) for each in report.relations] == [("friend", "added")]
    assert [(each["name"], each["kind"], each["breaking"]) for each in report.rest] == [
        ("name", "removed", True),
        ("friend_id", "added", False),
        ("friend", "added", False),
        ("people", "added", False),
    ]
    removed = [each for each in report.graphql if each["kind"] == "removed"]
    assert [(str(each["name"]).partition(".")[2], each["breaking"]) for each in removed] == [("name", True)]


async def test_a_first_version_has_nothing_to_be_compatible_with(gateway: Gateway) -> None:
    report = (await schemas.register(gateway, "people", OLD)).report
    assert (report.verdict, report.rules, report.decided_by) == ("compatible", None, None)
