"""Evolutions over REST: begin one, or say what it would do; see how far it is; pause, resume and abort it.

`EVOLUTION`, `PAUSE` and the others are the methods of one resource each. Bodies are JSON or YAML with a schema and
steps.
"""

from functools import partial
from typing import cast

from starlette.requests import Request
from starlette.responses import Response

from janua.api.rest.conditions import versions_of
from janua.api.rest.parameters import no_parameters, read_parameters
from janua.api.rest.registry import read_schema_body, wait_seconds
from janua.api.rest.resource import collection_of, gateway_of, path_of
from janua.api.wire import json_response, plain
from janua.gateway import evolutions
from janua.gateway.answers import Evolution
from janua.gateway.evolutions import Verb
from janua.model.types import Json
from janua.registry.steps import read_evolution


async def begin(request: Request) -> Response:
    """Begin an evolution; with `dry_run=true` answer what it would do, with `wait` answer when it is over."""
    gateway, parameters = gateway_of(request), read_parameters(request, ("dry_run", "wait"))
    name, dry_run, seconds = collection_of(request), parameters.flag("dry_run"), wait_seconds(request, parameters)
    wanted = versions_of(request, "If-Match")
    schema, steps = read_evolution(await read_schema_body(request))
    if dry_run:
        members = cast(dict[str, Json], plain(await evolutions.preview(gateway, name, schema, steps)))
        report = cast(dict[str, Json], members.pop("report"))
        return json_response({**members, "dry_run": True, **report})
    begun = await evolutions.begin(gateway, name, schema, steps, if_match=None if wanted == "*" else wanted)
    found = begun if seconds is None else await evolutions.wait(gateway, name, seconds)
    return json_response(found, 202 if found.state == "running" else 200, {"Location": path_of(request)})


async def status(request: Request) -> Response:
    """Answer how far the last evolution of the collection is, or how it ended."""
    no_parameters(request)
    return json_response(await evolutions.status(gateway_of(request), collection_of(request)))


async def change(request: Request, *, verb: Verb) -> Response:
    """Pause, resume or abort the evolution."""
    no_parameters(request)
    found: Evolution = await evolutions.change(gateway_of(request), collection_of(request), verb)
    return json_response(found)


EVOLUTION = {"GET": status, "POST": begin}
PAUSE = {"POST": partial(change, verb="pause")}
RESUME = {"POST": partial(change, verb="resume")}
ABORT = {"POST": partial(change, verb="abort")}
