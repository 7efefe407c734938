"""The statements that write single records of a collection: fixed shapes, cached by collection and schema version.

Each is guarded by the catalog revision that the document was validated under: `janua.guard` raises JA001 when the
collection's schema is another one by now. It stands in a sub-select, so that it is asked once a statement. Records come
back as a part of an answer shows them, one that is the record's own (see `query.ownership`). Statements of this module
take their arguments in the order that is documented, as they are.
"""

from collections.abc import Mapping
from functools import lru_cache

from sqlglot import exp

from janua.model.collection import Collection
from janua.query.parts import Part
from janua.sql import selects, terms
from janua.sql.binds import Binds
from janua.sql.expressions import Row
from janua.sql.parts import RECORD, json_of
from janua.sql.statement import Statement, render
from janua.sql.terms import Tree, cast, name, number, parameter, text

TARGET = Row("target")
"""The record as it is after the write."""
PROPOSED = Row("excluded")
GIVEN = Row("given", typed=False)
"""The ids and documents that a statement is given, where they are many."""


def insert_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that stores a new record: `$1` uuid, `$2` jsonb.

    A row is `id` uuid, `version` int, `text` text. Raises unique_violation of the primary key when the id is taken.
    `together` takes `$1` uuid[], `$2` text[]; its rows have `place` in front, as in `points`.
    """
    return _insert(collection.name, collection.version, collection.revision, shown)


def put_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that stores a record or replaces the one that is there: `$1` uuid, `$2` jsonb.

    A row is `id` uuid, `version` int, `text` text, `created` boolean.
    """
    return _put(collection.name, collection.version, collection.revision, shown)


def update_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that replaces a record at a known version: `$1` uuid, `$2` jsonb, `$3` int.

    A row is `id` uuid, `version` int, `text` text; no row when there is no such record at this version.
    """
    return _update(collection.name, collection.version, collection.revision, shown)


def delete_statement(collection: Collection, shown: Part = RECORD) -> Statement:
    """Return the statement that removes a record: `$1` uuid, `$2` int[] of the versions it may have, or null for any.

    A row is `id` uuid, `version` int, `text` text: the record as it was; no row when there is none at such a version.
    """
    return _delete(collection.name, collection.revision, shown)


def document_statement(collection: Collection) -> Statement:
    """Return the statement that reads a document as stored: `$1` uuid. A row is `version` int, `text` text."""
    return _document(collection.name)


def guarded(collection: str, revision: int) -> Tree:
    """Return the condition that the collection's schema is that of a catalog revision; it raises JA001 otherwise."""
    return selects.scalar(selects.select(terms.own("guard", text(collection), number(revision))))


def inserting(
    table: str, rows: exp.Select, *, conflict: exp.OnConflict | None = None, returning: list[Tree] | None = None
) -> exp.Insert:
    """Return an insert of rows of (`id`, `data`, `schema_version`) into the table of a collection."""
    columns = [name("id"), name("data"), name("schema_version")]
    return exp.Insert(
        this=exp.Schema(this=selects.table(table, TARGET.alias), expressions=columns),
        expression=rows,
        conflict=conflict,
        returning=exp.Returning(expressions=returning) if returning else None,
    )


def inserting_given(table: str, version: int, revision: int, shown: Part) -> exp.Insert:
    """Return an insert of many records: `$1` uuid[], `$2` text[] of the documents, in the same order."""
    columns = (GIVEN.column("id"), cast(GIVEN.column("data"), "jsonb"), number(version))
    rows = selects.select(*columns, source=given_documents(), where=guarded(table, revision))
    return inserting(table, rows, returning=record_columns(shown))


def given_documents() -> exp.Table:
    """Return `$1` uuid[] and `$2` text[] as rows of `given`: `id`, `data`."""
    arrays = terms.call("unnest", cast(parameter(1), "uuid[]"), cast(parameter(2), "text[]"))
    return selects.rows_of(arrays, "given", "id", "data")


def replacing(keys: list[Tree], condition: Tree | None = None) -> exp.OnConflict:
    """Return `ON CONFLICT … DO UPDATE` that makes the proposed document the next version of the record."""
    return exp.OnConflict(
        conflict_keys=keys,
        index_predicate=None if condition is None else exp.Where(this=condition),
        action=exp.Var(this="DO UPDATE"),
        expressions=assignments(
            {
                "data": PROPOSED.column("data"),
                "schema_version": PROPOSED.column("schema_version"),
                **next_version(TARGET),
            }
        ),
    )


def next_version(row: Row) -> Mapping[str, Tree]:
    """Return what every change of a record sets; `updated_at` moves even within one transaction."""
    moment = cast(text("1 microsecond"), "interval")
    after = exp.Add(this=row.column("updated_at"), expression=moment)
    return {
        "version": terms.plus(row.column("version"), 1),
        "updated_at": terms.call("greatest", terms.call("clock_timestamp"), after),
    }


def assignments(changes: Mapping[str, Tree]) -> list[Tree]:
    """Return SET of these columns."""
    return [exp.EQ(this=exp.Column(this=name(called)), expression=value) for called, value in changes.items()]


def proposed(table: str, version: int, revision: int) -> exp.Select:
    """Return the row to be stored of `$1` uuid and `$2` jsonb."""
    columns = (cast(parameter(1), "uuid"), _document_parameter(), number(version))
    return selects.select(*columns, where=guarded(table, revision))


def record_columns(shown: Part) -> list[Tree]:
    """Return what a write answers: `id`, `version`, and as `text` the record in the shape of a part of its own."""
    binds = Binds()
    text = json_of(shown, TARGET, binds)
    if binds.used:
        raise ValueError("a record as it is written shows nothing that has operands")
    return [TARGET.column("id"), TARGET.column("version"), selects.aliased(text, "text")]


def is_created() -> Tree:
    """Return the column `created`: whether a write that may replace made the record."""
    return selects.aliased(terms.compare(TARGET.column("version"), "=", number(1)), "created")


@lru_cache(maxsize=1024)
def _insert(table: str, version: int, revision: int, shown: Part) -> Statement:
    inserted = inserting(table, proposed(table, version, revision), returning=record_columns(shown))
    stored, wanted = Row("stored"), Row("wanted")
    ids = selects.numbered_rows_of(terms.call("unnest", cast(parameter(1), "uuid[]")), "wanted", "id", "place")
    rows = selects.select(wanted.column("place"), selects.every_column("stored"), source=exp.Table(this=name("stored")))
    rows.join(ids, on=terms.compare(wanted.column("id"), "=", stored.column("id")), copy=False)
    rows.with_("stored", as_=inserting_given(table, version, revision, shown), copy=False)
    return Statement(render(inserted), (), render(rows))


@lru_cache(maxsize=1024)
def _put(table: str, version: int, revision: int, shown: Part) -> Statement:
    conflict = replacing([name("id")])
    rows = proposed(table, version, revision)
    returning = [*record_columns(shown), is_created()]
    return Statement(render(inserting(table, rows, conflict=conflict, returning=returning)))


@lru_cache(maxsize=1024)
def _update(table: str, version: int, revision: int, shown: Part) -> Statement:
    changes = {"data": _document_parameter(), "schema_version": number(version), **next_version(TARGET)}
    at_version = terms.compare(TARGET.column("version"), "=", cast(parameter(3), "int"))
    return Statement(
        render(
            exp.Update(
                this=selects.table(table, TARGET.alias),
                expressions=assignments(changes),
                where=exp.Where(this=terms.all_of(_is_wanted(), at_version, guarded(table, revision))),
                returning=exp.Returning(expressions=record_columns(shown)),
            )
        )
    )


@lru_cache(maxsize=1024)
def _delete(table: str, revision: int, shown: Part) -> Statement:
    versions = cast(parameter(2), "int[]")
    at_version = terms.any_of(terms.is_null(versions), terms.equals_any(TARGET.column("version"), versions.copy()))
    return Statement(
        render(
            exp.Delete(
                this=selects.table(table, TARGET.alias),
                where=exp.Where(this=terms.all_of(_is_wanted(), exp.Paren(this=at_version), guarded(table, revision))),
                returning=exp.Returning(expressions=record_columns(shown)),
            )
        )
    )


@lru_cache(maxsize=1024)
def _document(table: str) -> Statement:
    shown = selects.aliased(cast(TARGET.column("data"), "text"), "text")
    source = selects.table(table, TARGET.alias)
    return Statement(render(selects.select(TARGET.column("version"), shown, source=source, where=_is_wanted())))


def _document_parameter() -> Tree:
    return cast(parameter(2), "jsonb")


def _is_wanted() -> Tree:
    return terms.compare(TARGET.column("id"), "=", cast(parameter(1), "uuid"))
