"""All resources of the REST face: path → methods.

Those of records are loaded with the server. The others are named only, and loaded a moment later or with the first
request: to register schemas takes a third of all code.
"""

from starlette.routing import Route

from janua.api.rest import documents, health, records
from janua.api.rest.resource import GENERIC, resource

HERE = "janua.api.rest"
PATCHES = f"{records.MERGE_PATCH}, {records.JSON_PATCH}"
POLICIES = f"application/json, {records.MERGE_PATCH}"


def rest_routes() -> list[Route]:
    """Return the routes; none of them depends on which collections there are.

    They are asked in this order, so those of records come first.
    """
    return [
        *_record_routes("/api/{collection}"),
        *_record_routes(f"/{GENERIC}"),
        resource("/registry", f"{HERE}.registry:COLLECTIONS"),
        resource("/registry/{collection}", f"{HERE}.registry:COLLECTION", accept_patch=POLICIES),
        resource("/registry/{collection}/versions", f"{HERE}.registry:VERSIONS"),
        resource("/registry/{collection}/versions/{version}", f"{HERE}.registry:VERSION"),
        resource("/registry/{collection}/check", f"{HERE}.registry:CHECK"),
        resource("/registry/{collection}/evolution", f"{HERE}.evolutions:EVOLUTION"),
        resource("/registry/{collection}/evolution/pause", f"{HERE}.evolutions:PAUSE"),
        resource("/registry/{collection}/evolution/resume", f"{HERE}.evolutions:RESUME"),
        resource("/registry/{collection}/evolution/abort", f"{HERE}.evolutions:ABORT"),
        resource("/openapi.json", documents.ALL),
        resource("/openapi/{collection}.json", documents.ONE),
        resource("/livez", health.LIVE),
        resource("/readyz", health.READY),
    ]


def _record_routes(prefix: str) -> list[Route]:
    return [
        resource(prefix, records.COLLECTION),
        resource(f"{prefix}/import", f"{HERE}.transfer:IMPORT"),
        resource(f"{prefix}/export", f"{HERE}.transfer:EXPORT"),
        resource(f"{prefix}/aggregate", records.AGGREGATE),
        resource(f"{prefix}/{{id}}", records.RECORD, accept_patch=PATCHES),
    ]
