"""Builders of models and queries for tests: small catalogs without a JSON Schema or a database."""

from collections.abc import Iterable, Mapping

from janua.errors import JanuaError
from janua.model.catalog import Catalog
from janua.model.collection import Collection, Field, Names, ObjectType, OnDelete, Relation
from janua.model.types import (
    Anything,
    Array,
    Boolean,
    Date,
    DateTime,
    Enum,
    EnumValue,
    Integer,
    Number,
    Object,
    Text,
    Time,
    Type,
    Union,
    Uuid,
    Variant,
)
from janua.query.ast import RawFilter, Spelling
from janua.query.cursor import CursorKey
from janua.query.limits import QueryLimits
from janua.query.nodes import Filter
from janua.query.plan import Planned, plan_filter

LIMITS = QueryLimits()
KEY = CursorKey(b"sixteen bytes or more of secret")
AN_ID = "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"
ANOTHER_ID = "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e78"


def a_field(name: str, type: Type, graphql: str | None = None) -> Field:
    """Return an optional field, spelled alike everywhere unless GraphQL's name is given."""
    return Field(name, graphql or name, name, type)


def an_object(name: str, /, **types: Type) -> ObjectType:
    """Return an object type with these fields."""
    return ObjectType(name, tuple(a_field(each, of) for each, of in types.items()))


def a_relation(
    property: str,
    target: str,
    *,
    field: str | None = None,
    inverse: str | None = None,
    many: bool = False,
    on_delete: OnDelete = "restrict",
) -> Relation:
    """Return a relation at a top-level property; `author_id` appears as `author`."""
    shown = field or property.removesuffix("_ids").removesuffix("_id")
    return Relation((property,), shown, target, many, on_delete, column=property, inverse=inverse)


def a_collection(
    name: str,
    /,
    *,
    objects: Iterable[ObjectType] = (),
    relations: tuple[Relation, ...] = (),
    fields: Iterable[Field] = (),
    root: Type | None = None,
    **types: Type,
) -> Collection:
    """Return a collection whose records have these fields, or are of type `root`."""
    record = ObjectType(name.capitalize(), (*(a_field(each, of) for each, of in types.items()), *fields))
    return Collection(
        name,
        version=1,
        fingerprint=name,
        text="true",
        type=root or Object(record.name),
        objects={each.name: each for each in (record, *objects)},
        names=Names(record.name, name.removesuffix("s"), name),
        relations=relations,
    )


def a_catalog(*collections: Collection) -> Catalog:
    """Return a catalog of these collections, or the library when there are none."""
    return Catalog.of(1, collections or library())


GENRE = Enum("Genre", (EnumValue("novel", "novel"), EnumValue("sci-fi", "sci_fi")))


def library() -> tuple[Collection, ...]:
    """Return authors, books (every kind of field) and tags, related one-to-many and many-to-many."""
    publisher = an_object("Publisher", name=Text(), city=Text(max_length=80), address=Object("Address"))
    address = an_object("Address", street=Text(), number=Integer())
    line = an_object("Line", sku=Text(), amount=Number(), parts=Array(Integer()))
    authors = a_collection("authors", name=Text(), country=Text(), born=Date())
    tags = a_collection("tags", label=Text())
    books = a_collection(
        "books",
        objects=(publisher, address, line),
        relations=(
            a_relation("author_id", "authors", inverse="books"),
            a_relation("tag_ids", "tags", field="tagged", inverse="books", many=True),
        ),
        title=Text(),
        isbn=Text(max_length=20),
        price=Number(),
        pages=Integer(),
        in_stock=Boolean(),
        published=Date(),
        sold_at=DateTime(),
        opens=Time(),
        code=Uuid(),
        genre=GENRE,
        publisher=Object("Publisher"),
        tags=Array(Text()),
        codes=Array(Uuid()),
        lines=Array(Object("Line")),
        attributes=Anything(),
        media=Union("Media", "kind", (Variant("Publisher", ("publisher",)),)),
        author_id=Uuid(),
        tag_ids=Array(Uuid()),
        fields=(a_field("page-count", Integer(), graphql="page_count"),),
    )
    return (authors, tags, books)


def a_filter(
    where: RawFilter | None = None,
    *,
    short: RawFilter | None = None,
    collection: str = "books",
    spelling: Spelling = "rest",
    limits: QueryLimits = LIMITS,
) -> Planned[Filter]:
    """Return the planned filter of the library's books."""
    return plan_filter(a_catalog(), collection, where, short=short, spelling=spelling, limits=limits)


def assert_can_be_sent(error: JanuaError) -> None:
    """Assert that the text and the members of an error can be encoded, and are short."""
    assert len(str(error).encode()) < 2000
    assert len(repr(error.members()).encode()) < 10_000


def operands(where: Mapping[str, object]) -> tuple[object, ...]:
    """Return the operand values of a filter on books."""
    return a_filter(where).values  # type: ignore[arg-type]  # tests also send what is no JSON
