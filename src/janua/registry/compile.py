"""JSON Schema → `Collection`: what a schema means, once it is found to be allowed.

In: a schema document, the names of the version before and the schemas it refers to. Out: a `Collection`. Start at
`compile_collection`, which shows the steps in order: check, outline (what documents are), spell (how it is all called),
read annotations (indexes and relations).
"""

from collections.abc import Container, Mapping
from typing import cast

from janua.errors import InvalidSchema, Violation
from janua.model.collection import Collection, Names, Schema
from janua.model.json import dumps
from janua.model.names import collection_names, is_legal, wished_names
from janua.model.types import Json
from janua.registry.annotations import read_annotations
from janua.registry.discriminators import share_discriminators
from janua.registry.document import fingerprint
from janua.registry.outline import outline_of
from janua.registry.references import SchemaMap, with_itself
from janua.registry.schema_check import check_schema
from janua.registry.spelling import Stored, as_stored, spell_outline

SCHEMA_COST = 100_000
"""The default of the setting `limits.schema_cost`."""
NOTHING: Stored = {}


def compile_collection(  # noqa: PLR0913 -- each is a fact of its own, and all but two are by name
    name: str,
    document: Schema,
    *,
    version: int,
    revision: int = 0,
    names: Stored = NOTHING,
    taken: Container[str] = (),
    references: Mapping[str, Schema] | None = None,
    pinned: Mapping[str, int] | None = None,
    cost: int = SCHEMA_COST,
    registered: str = "",
) -> Collection:
    """Return the collection that a schema document makes.

    `names` is the name map of the version before (`Collection.name_map`), `taken` the GraphQL names of the other
    collections (`names.TakenNames`). `references` has the documents of the collections that
    `references.referenced_collections` lists, and of those that these refer to; `pinned` their versions. `registered`
    is the fingerprint with which the document was checked before: while it has that, it is not checked again, which is
    half of the work. Takes milliseconds for usual schemas and up to two seconds for megabytes: call it in a thread.
    Raises: `InvalidSchema` with all violations of the first step that finds any.
    """
    found = fingerprint(document)
    known = with_itself(name, document, references or {})
    schemas = SchemaMap(document, known) if found == registered else _checked(name, document, known, cost)
    own = _own_names(name, schemas, taken, names.get("collection"))
    outline = outline_of(schemas)
    share_discriminators(outline)
    spelling = spell_outline(outline, own, taken, names)
    annotations = read_annotations(schemas, spelling)
    violations = [*schemas.violations, *spelling.violations, *annotations.violations]
    if violations:
        raise InvalidSchema(violations, name)
    return Collection(
        name=name,
        version=version,
        fingerprint=found,
        text=dumps(cast("Json", document)),
        type=spelling.type,
        objects=spelling.objects,
        names=own,
        indexes=annotations.indexes,
        relations=annotations.relations,
        name_map=as_stored(spelling.name_map),
        references=dict(pinned or {}),
        title=_text(schemas, "title"),
        description=_text(schemas, "description"),
        revision=revision,
    )


def _checked(name: str, document: Schema, references: Mapping[str, Schema], cost: int) -> SchemaMap:
    try:
        return check_schema(document, references, cost)
    except InvalidSchema as error:
        raise InvalidSchema(error.violations, name) from None


def _own_names(name: str, schemas: SchemaMap, taken: Container[str], stored: Mapping[str, str] | None) -> Names:
    wished = schemas.root.note("x-graphql-name")
    if wished is None:
        return collection_names(name, _text(schemas, "title") or "", taken, stored)
    if not isinstance(wished, str) or not is_legal(wished):
        raise _misnamed(name, "a GraphQL name has letters, digits and _, and starts with neither a digit nor __")
    found = wished_names(name, wished, taken)
    if found is None:
        raise _misnamed(name, f"{wished!r} is reserved or taken by another collection; choose another name")
    return found


def _misnamed(name: str, message: str) -> InvalidSchema:
    return InvalidSchema([Violation("/x-graphql-name", "x-graphql-name", message)], name)


def _text(schemas: SchemaMap, keyword: str) -> str | None:
    found = schemas.root.note(keyword)
    return found if isinstance(found, str) else None
