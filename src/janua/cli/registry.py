"""`apply`, `check`, `list`, `show`, `drop` and what prints APIs: the registry's verbs with schema files and tables.

Start at `apply`; `check` is the same decision with nothing stored.
"""

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from janua.cli.opening import opened
from janua.cli.places import Place
from janua.cli.reports import note_refusal, print_consequences, print_report
from janua.cli.schema_files import read_schemas
from janua.cli.terminal import note, print_json, print_line, print_table, progress
from janua.errors import IncompatibleSchema, InvalidSchema
from janua.gateway import schemas
from janua.gateway.answers import Description, IndexState, Registration
from janua.gateway.gateway import Gateway
from janua.model.collection import Schema

POLL = 0.2  # seconds between looks at indexes that are being built


async def apply(place: Place, files: Sequence[Path], *, dry_run: bool, as_json: bool) -> int:
    """Register the schemas in `files`, all or none, and wait for the indexes they declare.

    Returns 1 when a dry run finds that they would be refused.
    Raises: `InvalidSchema`, `IncompatibleSchema`, `MalformedDocument`.
    """
    async with opened(place) as gateway:
        documents = read_schemas(files, gateway.document_limits)
        registrations = await registered(gateway, documents, dry_run=dry_run, as_json=as_json)
        if not dry_run:
            await built(gateway, [each.collection for each in registrations], quiet=as_json)
    if as_json:
        print_json({"registrations": registrations})
    else:
        print_registrations(registrations)
        for each in registrations:
            print_report(each) if dry_run else print_consequences(each)
    return 1 if any(each.report.verdict != "compatible" for each in registrations) else 0


async def check(place: Place, files: Sequence[Path], *, as_json: bool) -> int:
    """Print what registering the schemas in `files` would change; return 1 when it would be refused.

    Raises: `InvalidSchema`, `MalformedDocument`.
    """
    async with opened(place) as gateway:
        documents = read_schemas(files, gateway.document_limits)
        registrations = await registered(gateway, documents, dry_run=True, as_json=as_json)
    refused = [each for each in registrations if each.report.verdict != "compatible"]
    if as_json:
        print_json({"verdict": refused[0].report.verdict if refused else "compatible", "registrations": registrations})
    else:
        print_registrations(registrations)
        for each in registrations:
            print_report(each)
    return 1 if refused else 0


async def registered(
    gateway: Gateway, documents: Mapping[str, Schema], *, dry_run: bool, as_json: bool
) -> Sequence[Registration]:
    """Register documents; why a schema is invalid or refused is told in full, the first reason by the error itself.

    Raises: `InvalidSchema`, `IncompatibleSchema`.
    """
    try:
        return await schemas.register_many(gateway, documents, dry_run=dry_run)
    except InvalidSchema as error:
        for each in error.violations[1:]:
            note(f"  {error.collection} {each.pointer or '/'}: {each.message}")
        raise
    except IncompatibleSchema as error:
        if as_json:
            refused = {"collection": error.collection, "report": error.report}
            print_json({"verdict": error.report["verdict"], "registrations": [refused]})
        else:
            note_refusal(error)
        raise


async def built(gateway: Gateway, names: Sequence[str], *, quiet: bool) -> None:
    """Wait until no index of these collections is being built any more."""
    with progress("building indexes", None, quiet=quiet) as moved:
        for name in names:
            while building := [each for each in await indexes(gateway, name) if each.state == "building"]:
                moved(len(building))
                await asyncio.sleep(POLL)


async def indexes(gateway: Gateway, name: str) -> Sequence[Any]:
    """Return the indexes of a collection and their states."""
    return (await schemas.describe(gateway, name)).indexes


async def list_collections(place: Place, *, as_json: bool) -> None:
    """Print the collections, and those that cannot be served with the reason."""
    async with opened(place) as gateway:
        found = await schemas.list_collections(gateway)
        quarantined = gateway.live.catalog.quarantined
    if as_json:
        reasons = [{"collection": name, "reason": reason} for name, reason in quarantined.items()]
        print_json({"collections": found, "quarantined": reasons})
        return
    for name, reason in quarantined.items():
        note(f"  {name} is not served: {reason}")
    rows = [[each.collection, str(each.version), each.title or "", each.description or ""] for each in found]
    print_table(["COLLECTION", "VERSION", "TITLE", "DESCRIPTION"], rows, empty="There are no collections yet.")


async def show(place: Place, name: str, *, as_json: bool) -> None:
    """Print a collection's fields, relations, indexes and schema versions.

    Raises: `UnknownCollection`.
    """
    async with opened(place) as gateway:
        found = await schemas.describe(gateway, name)
        versions = await schemas.list_versions(gateway, name)
    if as_json:
        listed = [{name: getattr(each, name) for name in ("version", "fingerprint", "created_at")} for each in versions]
        names = {field.name: field.name for field in dataclasses.fields(found)} | {"document": "schema"}
        print_json({names[each]: getattr(found, each) for each in names} | {"versions": listed})
        return
    print_line(f"{name}, schema version {found.version}, compatibility {found.mode}, evolution {found.evolution}\n")
    print_description(found)
    print_line("")
    rows = [[str(each.version), f"{each.created_at:%Y-%m-%d %H:%M:%S}", each.fingerprint[:12]] for each in versions]
    print_table(["VERSION", "REGISTERED (UTC)", "FINGERPRINT"], rows, empty="")


async def drop(place: Place, names: Sequence[str], *, with_records: bool, as_json: bool) -> None:
    """Forget collections, all of them or none, and say which.

    Raises: `UnknownCollection`, `CollectionInUse`.
    """
    async with opened(place) as gateway:
        await schemas.drop_many(gateway, list(dict.fromkeys(names)), with_records=with_records)
    if as_json:
        print_json({"dropped": list(dict.fromkeys(names))})
    else:
        print_line(f"dropped {', '.join(names)}")


async def openapi(place: Place, name: str | None) -> None:
    """Print the OpenAPI description of all collections, or of one.

    Raises: `UnknownCollection`.
    """
    from janua.api.rest.openapi import openapi_document  # noqa: PLC0415 -- only this command needs the faces

    async with opened(place) as gateway:
        live = gateway.live
        print_json(openapi_document(live.catalog, live.references, gateway.query_limits, name))


async def sdl(place: Place, name: str | None) -> None:
    """Print the GraphQL schema of all collections, or of one and what it relates to.

    Raises: `UnknownCollection`, `CollectionQuarantined`.
    """
    from janua.api.graphql.schema import SchemaSlices  # noqa: PLC0415 -- only this command needs the faces

    async with opened(place) as gateway:
        catalog, slices = gateway.live.catalog, SchemaSlices()
        found = await (slices.whole(catalog) if name is None else slices.slice(catalog, frozenset({name})))
    print_line(found.sdl().rstrip("\n"))


async def client(place: Place, name: str | None) -> None:
    """Print a client in Python for all collections, or for one.

    Raises: `UnknownCollection`, `CollectionQuarantined`.
    """
    from janua.api.rest.client import client_source  # noqa: PLC0415 -- only this command needs the faces

    async with opened(place) as gateway:
        source = client_source(gateway.live.catalog, name)
    print_line(source.rstrip("\n"))


def print_description(found: Description) -> None:
    """Print fields, relations and indexes."""
    rows = [
        [str(each["pointer"]), str(each["type"]), str(each["rest"] or ""), "yes" if each["indexed"] else ""]
        for each in found.fields
    ]
    print_table(["FIELD", "TYPE", "REST", "INDEXED"], rows, empty="It declares no fields.")
    if found.relations:
        print_line("")
        rows = [
            [each.field, f"{each.collection}{' (many)' if each.many else ''}", each.pointer, each.on_delete]
            for each in found.relations
        ]
        print_table(["RELATION", "TO", "BY", "ON DELETE"], rows, empty="")
    if found.indexes:
        print_line("")
        rows = [[each.kind, _held(each), "yes" if each.unique else "", each.state] for each in found.indexes]
        print_table(["INDEX", "FIELDS", "UNIQUE", "STATE"], rows, empty="")


def _held(index: IndexState) -> str:
    fields = ", ".join(index.fields)
    return f"{fields} (include {', '.join(index.include)})" if index.include else fields


def print_registrations(registrations: Sequence[Registration]) -> None:
    """Print what became, or would become, of each schema."""
    rows = [
        [each.collection, str(each.version), outcome(each), str(len(each.report.indexes.build) or "")]
        for each in registrations
    ]
    print_table(["COLLECTION", "VERSION", "SCHEMA", "INDEXES"], rows, empty="There is nothing to register.")


def outcome(registration: Registration) -> str:
    """Return in a word what registering did."""
    if registration.report.verdict != "compatible":
        return registration.report.verdict
    if not registration.changed:
        return "unchanged"
    return "new" if registration.created else "changed"
