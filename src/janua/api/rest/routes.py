"""All resources of the REST face: path → methods."""

from starlette.routing import Route

from janua.api.rest import documents, evolutions, health, records, registry, transfer
from janua.api.rest.resource import GENERIC, resource

PATCHES = f"{records.MERGE_PATCH}, {records.JSON_PATCH}"


def rest_routes() -> list[Route]:
    """Return the routes; none of them depends on which collections there are.

    They are asked in this order, so those of records come first.
    """
    return [
        *_record_routes("/api/{collection}"),
        *_record_routes(f"/{GENERIC}"),
        resource("/registry", registry.COLLECTIONS),
        resource("/registry/{collection}", registry.COLLECTION, accept_patch=", ".join(registry.POLICY_TYPES)),
        resource("/registry/{collection}/versions", registry.VERSIONS),
        resource("/registry/{collection}/versions/{version}", registry.VERSION),
        resource("/registry/{collection}/check", registry.CHECK),
        resource("/registry/{collection}/evolution", evolutions.EVOLUTION),
        *(resource(f"/registry/{{collection}}/evolution/{verb}", each) for verb, each in evolutions.VERBS.items()),
        resource("/openapi.json", documents.ALL),
        resource("/openapi/{collection}.json", documents.ONE),
        resource("/livez", health.LIVE),
        resource("/readyz", health.READY),
    ]


def _record_routes(prefix: str) -> list[Route]:
    return [
        resource(prefix, records.COLLECTION),
        resource(f"{prefix}/import", transfer.IMPORT),
        resource(f"{prefix}/export", transfer.EXPORT),
        resource(f"{prefix}/aggregate", records.AGGREGATE),
        resource(f"{prefix}/{{id}}", records.RECORD, accept_patch=PATCHES),
    ]
