"""Builders for tests of SQL on a real PostgreSQL: make collections' tables, store documents, ask queries."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg

from janua.model.catalog import Catalog
from janua.model.collection import Collection, Index, IndexKey, IndexKind
from janua.model.json import dumps
from janua.model.types import Json
from janua.query.ast import AggregateQuery, OrderTerm, PageRequest, RawFilter, ReadQuery
from janua.query.cursor import encode
from janua.query.limits import QueryLimits
from janua.query.plan import plan_aggregate, plan_one, plan_read
from janua.sql import ddl
from janua.sql.aggregate import aggregate_statement
from janua.sql.select import one_statement, select_statement
from janua.sql.statement import Statement, values_for
from tests.query.builders import KEY

LIMITS = QueryLimits(page_limit=1_000_000, answer_records=10_000_000)
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


def an_index(kind: IndexKind, *fields: str, unique: bool = False, where: dict[str, Json] | None = None) -> Index:
    """Return an index on dotted fields, descending where they start with a minus."""
    keys = tuple(IndexKey(tuple(each.lstrip("-").split(".")), each.startswith("-")) for each in fields)
    return Index(kind, keys, unique=unique, where=where)


def indexed(collection: Collection, *indexes: Index) -> Collection:
    """Return the collection with these indexes."""
    return replace(collection, indexes=indexes)


async def prepare(connection: Connection, *collections: Collection, build: bool = True) -> None:
    """Make the tables, relations and indexes of collections."""
    changes = [ddl.diff(None, each) for each in collections]
    statements = [statement for each in changes for statement in each.tables]
    statements += [statement for each in changes for statement in (*each.removals, *each.additions)]
    statements += [index.create() for each in changes for index in each.build if build]
    for each in collections:
        await connection.execute(
            "INSERT INTO janua.collections (name, version, revision) VALUES ($1, $2, $3)",
            each.name,
            each.version,
            each.revision,
        )
    for statement in statements:
        await connection.execute(statement)


def an_id(number: int) -> UUID:
    """Return the id of the record of this number; ids sort like their numbers."""
    return UUID(int=number)


async def store(connection: Connection, collection: str, documents: Iterable[object], *, start: int = 0) -> None:
    """Store documents as the records with the ids 0, 1, ….; texts are taken for JSON."""
    texts = [each if isinstance(each, str) else dumps(each) for each in documents]  # type: ignore[arg-type] -- strings are JSON text
    await connection.executemany(
        f'INSERT INTO collections."{collection}" (id, data, schema_version) VALUES ($1, $2, 1)',
        [(an_id(number), text) for number, text in enumerate(texts, start)],
    )


async def row_of(connection: Connection, statement: Statement, *arguments: object) -> asyncpg.Record:
    """Return the only row of a statement."""
    [row] = await connection.fetch(statement.text, *arguments)
    return row


async def read(
    connection: Connection,
    catalog: Catalog,
    collection: str,
    where: RawFilter | None = None,
    *,
    order: Sequence[OrderTerm] = (),
    page: PageRequest | None = None,
    limits: QueryLimits = LIMITS,
    **asked: Any,
) -> asyncpg.Record:
    """Return the row of a page."""
    query = ReadQuery(collection, where, order=tuple(order), page=page or PageRequest(first=limits.page_limit), **asked)
    planned = plan_read(catalog, query, limits, KEY)
    statement = select_statement(planned.plan)
    return await row_of(connection, statement, *values_for(statement, planned.values))


async def numbers(
    connection: Connection, catalog: Catalog, collection: str, where: RawFilter | None, **asked: Any
) -> list[int]:
    """Return the numbers of the records that match, in order."""
    row = await read(connection, catalog, collection, where, fields=(), **asked)
    return [UUID(each["id"]).int for each in json.loads(row["items"])]


async def cursors(
    connection: Connection, catalog: Catalog, query: ReadQuery, limits: QueryLimits = LIMITS
) -> tuple[list[int], str | None, str | None, bool]:
    """Return a page's numbers, the cursors of its first and last record, and whether there are more."""
    planned = plan_read(catalog, query, limits, KEY)
    statement = select_statement(planned.plan)
    row = await row_of(connection, statement, *values_for(statement, planned.values))
    found = [UUID(each["id"]).int for each in json.loads(row["items"])]
    first, last = (
        None if keys is None else encode(KEY, planned.context, json.loads(keys))
        for keys in (row["first_keys"], row["last_keys"])
    )
    return found, first, last, row["fetched"] > len(found)


async def one(connection: Connection, catalog: Catalog, collection: str, number: int, **asked: Any) -> Any:
    """Return one record, its JSON read; None when there is none."""
    planned = plan_one(catalog, collection, str(an_id(number)), limits=LIMITS, **asked)
    statement = one_statement(planned.plan)
    row = await connection.fetchrow(statement.text, *values_for(statement, planned.values))
    return row and json.loads(row["text"])


async def aggregate(
    connection: Connection, catalog: Catalog, query: AggregateQuery, limits: QueryLimits = LIMITS
) -> Any:
    """Return the groups, with numbers as text."""
    planned = plan_aggregate(catalog, query, limits)
    statement = aggregate_statement(planned.plan)
    row = await row_of(connection, statement, *values_for(statement, planned.values))
    return json.loads(row["groups"], parse_float=str, parse_int=str)
