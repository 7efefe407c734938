"""The OpenAPI documents as resources: made once for each revision of the catalog, off the event loop."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from janua.api.rest.conditions import content_tag, unchanged
from janua.api.rest.parameters import no_parameters
from janua.api.rest.resource import gateway_of
from janua.api.wire import json_bytes
from janua.gateway.gateway import Gateway
from janua.model.catalog import Catalog

OPENAPI_JSON = "application/json"
KEPT = 200
"""Documents kept at most; each is of one revision and one collection, or all."""


class OpenApiDocuments:
    """The documents of the current revision, as bytes; concurrent requests for one share the work."""

    def __init__(self) -> None:
        self._documents: dict[tuple[int, str | None], asyncio.Task[bytes]] = {}

    async def document(self, gateway: Gateway, collection: str | None) -> bytes:
        """Return the document of one collection, or of all.

        Raises: `UnknownCollection`, `CollectionQuarantined`.
        """
        catalog = gateway.live.catalog
        if collection is not None:
            catalog.collection(collection)
        key = (catalog.revision, collection)
        if key not in self._documents:
            self._forget(catalog.revision)
            self._documents[key] = asyncio.create_task(asyncio.to_thread(_render, gateway, catalog, collection))
        try:
            return await asyncio.shield(self._documents[key])
        except asyncio.CancelledError:
            raise
        except Exception:
            self._documents.pop(key, None)
            raise

    def _forget(self, revision: int) -> None:
        kept = {key: each for key, each in self._documents.items() if key[0] == revision}
        self._documents = kept if len(kept) < KEPT else {}


def _render(gateway: Gateway, catalog: Catalog, collection: str | None) -> bytes:
    from janua.api.rest.openapi import openapi_document  # noqa: PLC0415 -- a server starts sooner without

    return json_bytes(openapi_document(catalog, gateway.live.references, gateway.query_limits, collection))


async def _answer(request: Request, collection: str | None) -> Response:
    no_parameters(request)
    documents: OpenApiDocuments = request.app.state.openapi
    body = await documents.document(gateway_of(request), collection)
    tag = content_tag(body)
    return unchanged(request, tag) or Response(body, headers={"ETag": tag}, media_type=OPENAPI_JSON)


async def describe_all(request: Request) -> Response:
    """Answer the document of all collections."""
    return await _answer(request, None)


async def describe_one(request: Request) -> Response:
    """Answer the document of one collection and the schemas of those it relates to."""
    return await _answer(request, request.path_params["collection"])


ALL = {"GET": describe_all}
ONE = {"GET": describe_one}
