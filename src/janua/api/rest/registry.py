"""The registry over REST: register, check, read, configure and drop the schemas of collections.

`COLLECTIONS`, `COLLECTION` and the others are the methods of one resource each. Bodies are JSON or YAML. Schemas may
have megabytes, so they are read and written in threads.
"""

import asyncio
from collections.abc import Mapping
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from janua.api.boundary import REVISION
from janua.api.rest.bodies import read_body
from janua.api.rest.conditions import preferred_wait, unchanged, version_tag, versions_of
from janua.api.rest.parameters import Parameters, no_parameters, read_parameters
from janua.api.rest.resource import collection_of, gateway_of, path_of
from janua.api.wire import json_response, plain
from janua.errors import InvalidQuery, InvalidRequest, UnknownSchemaVersion
from janua.gateway import schemas
from janua.gateway.answers import Description, Registration, SchemaVersion, Workers
from janua.gateway.gateway import Gateway, apart_if_large
from janua.gateway.workers import await_workers
from janua.model.collection import Schema
from janua.model.types import Json
from janua.registry.document import read_document, read_schema

JSON_TYPES = ("application/json", "application/schema+json")
YAML_TYPES = ("application/yaml", "text/yaml", "application/x-yaml")
POLICY_TYPES = ("application/json", "application/merge-patch+json")
LONGEST_WAIT = 60
"""Seconds that a registration waits for the other workers at most."""


async def list_collections(request: Request) -> Response:
    """Answer the collections by name, and those that cannot be served with the reason."""
    no_parameters(request)
    gateway = gateway_of(request)
    found = await schemas.list_collections(gateway)
    quarantined = gateway.live.catalog.quarantined
    reasons = [{"collection": name, "reason": reason} for name, reason in quarantined.items()]
    return json_response({"collections": found, "quarantined": reasons})


async def register_many(request: Request) -> Response:
    """Register all schemas of `{"collections": {name: schema}}`, or none."""
    gateway, parameters = gateway_of(request), read_parameters(request, ("dry_run", "wait"))
    dry_run, wait = parameters.flag("dry_run"), wait_seconds(request, parameters)
    documents = _documents(await read_schema_body(request))
    registered = await schemas.register_many(gateway, documents, dry_run=dry_run)
    members, headers = await _everywhere(gateway, wait)
    return json_response({"collections": [_registration(each) for each in registered], **members}, headers=headers)


async def register(request: Request) -> Response:
    """Register the body as the schema of the collection."""
    gateway, parameters = gateway_of(request), read_parameters(request, ("dry_run", "wait"))
    dry_run, wait = parameters.flag("dry_run"), wait_seconds(request, parameters)
    wanted = versions_of(request, "If-Match")
    unwanted = versions_of(request, "If-None-Match")
    if unwanted not in (None, "*"):
        raise InvalidRequest("If-None-Match must be * here: register only if there is no such collection yet")
    registered = await schemas.register(
        gateway,
        collection_of(request),
        await read_schema_body(request),
        dry_run=dry_run,
        if_match=wanted,
        if_none_match=unwanted is not None,
    )
    created = registered.created and not dry_run
    members, headers = await _everywhere(gateway, wait)
    headers |= {"ETag": version_tag(registered.version)} | ({"Location": path_of(request)} if created else {})
    return json_response({**_registration(registered), **members}, 201 if created else 200, headers)


async def check(request: Request) -> Response:
    """Answer what registering the body would do; store nothing."""
    no_parameters(request)
    name = collection_of(request)
    report = await schemas.check(gateway_of(request), name, await read_schema_body(request))
    return json_response({"collection": name, **cast(dict[str, Json], plain(report))})


async def describe(request: Request) -> Response:
    """Answer all that the registry knows about the collection."""
    no_parameters(request)
    found = await schemas.describe(gateway_of(request), collection_of(request))
    return await asyncio.to_thread(_description, found)


async def configure(request: Request) -> Response:
    """Set the compatibility mode or the evolution policy."""
    no_parameters(request)
    gateway = gateway_of(request)
    _, body = await read_body(request, gateway.settings.limits.body_bytes, POLICY_TYPES)
    policy = _policy(read_document(body, gateway.document_limits).value)
    described = await schemas.configure(
        gateway,
        collection_of(request),
        mode=policy.get("mode"),
        evolution=policy.get("evolution"),
        if_match=versions_of(request, "If-Match"),
    )
    return await asyncio.to_thread(_description, described)


async def drop(request: Request) -> Response:
    """Forget the collection; with `?records=delete` also when it holds records."""
    with_records = read_parameters(request, ("records",)).choice("records", ("delete",)) is not None
    wanted = versions_of(request, "If-Match")
    gateway = gateway_of(request)
    await schemas.drop(gateway, collection_of(request), with_records=with_records, if_match=wanted)
    return Response(status_code=204, headers=_revision(gateway))


async def drop_many(request: Request) -> Response:
    """Forget the collections of `?collections=a,b`, all or none; as with one, `records=delete` if they hold records."""
    asked = read_parameters(request, ("collections", "records"))
    names = asked.names("collections")
    if names is None:
        raise InvalidQuery("collections", "is missing: say which collections to drop, as in collections=a,b")
    with_records = asked.choice("records", ("delete",)) is not None
    await schemas.drop_many(gateway_of(request), names, with_records=with_records)
    return Response(status_code=204)


async def list_versions(request: Request) -> Response:
    """Answer all schema versions, oldest first."""
    no_parameters(request)
    name = collection_of(request)
    versions = await schemas.list_versions(gateway_of(request), name)
    body = {"collection": name, "versions": [_version(each) for each in versions]}
    return await asyncio.to_thread(json_response, body)


async def fetch_version(request: Request) -> Response:
    """Answer one schema version, which never changes."""
    no_parameters(request)
    name, number = collection_of(request), request.path_params["version"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise InvalidRequest(f"a schema version is a number, not {number[:40]!r}")
    if int(number) == 0:
        raise UnknownSchemaVersion(name, 0)
    found = await schemas.fetch_version(gateway_of(request), name, int(number))
    tag = f'"{found.fingerprint}"'
    answer = await asyncio.to_thread(json_response, _version(found), headers={"ETag": tag})
    return unchanged(request, tag) or answer


COLLECTIONS = {"GET": list_collections, "POST": register_many, "DELETE": drop_many}
COLLECTION = {"GET": describe, "PUT": register, "PATCH": configure, "DELETE": drop}
VERSIONS = {"GET": list_versions}
VERSION = {"GET": fetch_version}
CHECK = {"POST": check}


async def read_schema_body(request: Request) -> Schema:
    """Return the schema in a body of JSON or YAML, or another object that holds one.

    Raises: `UnsupportedMediaType`, `DocumentTooLarge`, `MalformedDocument`, …
    """
    gateway = gateway_of(request)
    limit = gateway.settings.limits.schema_bytes
    media_type, body = await read_body(request, limit, (*JSON_TYPES, *YAML_TYPES))
    media = "yaml" if media_type in YAML_TYPES else "json"
    return await apart_if_large(len(body), read_schema, body, media, gateway.document_limits)


def wait_seconds(request: Request, parameters: Parameters) -> int | None:
    """Return how long the answer may wait for all workers, None for not at all.

    Raises: `InvalidQuery`.
    """
    seconds = parameters.integer("wait")
    if seconds is not None and not 0 <= seconds <= LONGEST_WAIT:
        raise InvalidQuery("wait", f"expects seconds, at most {LONGEST_WAIT}")
    preferred = preferred_wait(request)
    return seconds if preferred is None else min(preferred, LONGEST_WAIT)


async def _everywhere(gateway: Gateway, wait: int | None) -> tuple[dict[str, Workers], dict[str, str]]:
    """Wait until all workers serve what this one does, if that is wanted; return the members and headers about it."""
    headers = _revision(gateway)
    if wait is None:
        return {}, headers
    workers = await await_workers(gateway.pool, gateway.live.catalog.revision, wait)
    applied = {"Preference-Applied": f"wait={wait}"} if workers.serving == workers.live else {}
    return {"workers": workers}, headers | applied


def _revision(gateway: Gateway) -> dict[str, str]:
    return {REVISION: str(gateway.live.catalog.revision)}


def _documents(body: Schema) -> Mapping[str, Schema]:
    documents = body.get("collections") if isinstance(body, Mapping) and set(body) == {"collections"} else None
    if not isinstance(documents, Mapping):
        raise InvalidRequest('send {"collections": {name: schema, …}}, and nothing beside it')
    for name, each in documents.items():
        if not isinstance(each, bool | Mapping):
            raise InvalidRequest(f"the schema of {name[:60]!r} must be an object or a boolean")
    return cast(Mapping[str, Schema], documents)


def _policy(body: Json) -> dict[str, str]:
    if not isinstance(body, dict) or not body or set(body) - {"mode", "evolution"}:
        raise InvalidRequest('send {"mode": …} or {"evolution": …}, or both, and nothing beside them')
    for name, each in body.items():
        if not isinstance(each, str):
            raise InvalidRequest(f"{name} must be a string")
    return cast(dict[str, str], body)


def _registration(registered: Registration) -> Mapping[str, Json]:
    members = cast(dict[str, Json], plain(registered))
    report = cast(dict[str, Json], members.pop("report"))
    return {**members, **report}


def _version(found: SchemaVersion) -> Mapping[str, object]:
    return {
        "collection": found.collection,
        "version": found.version,
        "fingerprint": found.fingerprint,
        "schema": found.document,
        "created_at": found.created_at,
    }


def _description(found: Description) -> Response:
    members = cast(dict[str, Json], plain(found))
    ordered = {("schema" if name == "document" else name): each for name, each in members.items()}
    return json_response(ordered, headers={"ETag": version_tag(found.version)})
