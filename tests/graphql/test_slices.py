"""Laws of slices: types are built once and reused, and building them holds nobody up."""

import asyncio
from typing import Any

import pytest

from janua.api.graphql.schema import INLINE_FIELDS, SchemaSlices, connected
from janua.errors import CollectionQuarantined, UnknownCollection
from janua.model.catalog import Catalog
from janua.registry.compile import compile_collection
from tests.graphql.builders import a_catalog
from tests.graphql.stalls import stalled
from tests.registry.builders import UUID, an_object

pytestmark = pytest.mark.anyio

NOTES = an_object(text={"type": "string"})


def related(target: str) -> Any:
    return an_object(target_id={**UUID, "x-relation": {"collection": target}})


def registered(catalog: Catalog, name: str, document: Any, *, version: int = 2) -> Catalog:
    """Return the catalog after one more registration; the other collections are the same values in it."""
    revision = catalog.revision + 1
    new = compile_collection(name, document, version=version, revision=revision)
    return Catalog.of(revision, [*(each for each in catalog.collections.values() if each.name != name), new])


async def test_types_are_the_same_objects_after_a_registration_elsewhere() -> None:
    slices = SchemaSlices()
    before = a_catalog(books=related("authors"), authors=NOTES, notes=NOTES)
    first = (await slices.whole(before)).schema.type_map
    after = registered(before, "notes", an_object(text={"type": "string"}, more={"type": "string"}))
    second = (await slices.whole(after)).schema.type_map
    kept = [name for name in first if name.startswith(("Book", "Author"))]
    assert len(kept) > 20
    assert all(second[name] is first[name] for name in kept)
    assert second["Note"] is not first["Note"]


async def test_introspection_shows_no_more_than_clients_know() -> None:
    schema = (await SchemaSlices().whole(a_catalog(notes=NOTES))).schema
    names = {each.name for each in schema.directives}
    assert names == {"skip", "include", "deprecated", "specifiedBy", "oneOf"}
    # GraphQL.js 16 knows the locations of the specification of September 2025.
    assert "DIRECTIVE_DEFINITION" not in {at.name for each in schema.directives for at in each.locations}


async def test_slices_share_their_types() -> None:
    slices = SchemaSlices()
    catalog = a_catalog(books=related("authors"), authors=NOTES, notes=NOTES)
    whole = (await slices.whole(catalog)).schema.type_map
    part = (await slices.slice(catalog, frozenset({"authors"}))).schema.type_map
    assert part["Book"] is whole["Book"]
    assert "Note" not in part
    assert await slices.slice(catalog, frozenset({"books"})) is await slices.slice(catalog, frozenset({"authors"}))


async def test_a_relation_that_is_added_joins_what_was_apart() -> None:
    slices = SchemaSlices()
    before = a_catalog(books=NOTES, authors=NOTES)
    assert "Book" not in (await slices.slice(before, frozenset({"authors"}))).schema.type_map
    after = registered(before, "books", related("authors"))
    author: Any = (await slices.slice(after, frozenset({"authors"}))).schema.type_map["Author"]
    assert "books" in author.fields


async def test_what_is_asked_with_an_older_catalog_is_answered_from_it() -> None:
    slices = SchemaSlices()
    before = a_catalog(notes=NOTES)
    after = registered(before, "notes", an_object(title={"type": "string"}))
    for catalog, field in ((before, "text"), (after, "title"), (before, "text"), (after, "title")):
        note: Any = (await slices.slice(catalog, frozenset({"notes"}))).schema.type_map["Note"]
        assert field in note.fields


async def test_a_name_that_is_taken_meanwhile_is_dodged() -> None:
    slices = SchemaSlices()
    before = a_catalog(books=NOTES)
    assert "BookWhere" in (await slices.slice(before, frozenset({"books"}))).schema.type_map
    after = registered(before, "others", {**NOTES, "title": "BookWhere"}, version=1)
    assert "BookWhere" not in (await slices.slice(after, frozenset({"books"}))).schema.type_map
    assert "BookWhere" in (await slices.whole(after)).schema.type_map


async def test_a_relation_to_a_quarantined_collection_is_left_out() -> None:
    catalog = a_catalog(books=related("authors"), authors=NOTES)
    quarantined = Catalog.of(2, [catalog.collection("books")], {"authors": "broken"})
    slices = SchemaSlices()
    book: Any = (await slices.slice(quarantined, frozenset({"books"}))).schema.type_map["Book"]
    assert set(book.fields) == {"id", "_meta", "target_id"}
    with pytest.raises(CollectionQuarantined):
        await slices.slice(quarantined, frozenset({"authors"}))
    with pytest.raises(UnknownCollection):
        await slices.slice(quarantined, frozenset({"nothing"}))


async def test_root_fields_lead_to_their_collections() -> None:
    roots = SchemaSlices().roots(a_catalog(books=NOTES, authors=NOTES))
    assert roots["book"] == roots["books"] == roots["booksAggregate"] == roots["createBook"] == "books"
    assert roots["deleteAuthors"] == "authors"
    assert "collections" not in roots


async def test_components_are_what_relations_connect() -> None:
    catalog = a_catalog(a=related("b"), b=NOTES, c=related("b"), d=NOTES, e=related("e"))
    found = connected(catalog)
    assert found["a"] == found["b"] == found["c"] == {"a", "b", "c"}
    assert (found["d"], found["e"]) == ({"d"}, {"e"})


async def test_building_a_large_schema_does_not_hold_up_others() -> None:
    wide = an_object(**{f"p{number}": {"type": "string", "description": "x"} for number in range(50)})
    catalog = a_catalog(**{f"c{number}": wide for number in range(60)})
    assert INLINE_FIELDS < 60 * 50
    slices = (SchemaSlices(), SchemaSlices())
    both, worst = await stalled(asyncio.gather(*(each.whole(catalog) for each in slices)))
    assert len(both[0].schema.type_map) > 60 * 14
    assert worst < 0.5


async def test_two_who_ask_at_once_get_the_same_schema() -> None:
    slices = SchemaSlices()
    wide = an_object(**{f"p{number}": {"type": "string"} for number in range(50)})
    catalog = a_catalog(**{f"c{number}": wide for number in range(60)})
    first, second = await asyncio.gather(slices.whole(catalog), slices.whole(catalog))
    assert first is second
