"""The catalog → an OpenAPI 3.1 document, of all collections or of one. Pure: start at `openapi_document`.

`embedding` brings in the registered schemas, `filter_schemas` and `parameter_schemas` what can be asked, `operations`
`registry_operations` and `evolution_operations` the paths, `responses` what is the same for all.
"""

from collections.abc import Callable, Mapping

from janua import __version__
from janua.api.rest.embedding import Embedding
from janua.api.rest.evolution_operations import EVOLUTION_COMPONENTS, evolution_paths
from janua.api.rest.filter_schemas import common_filter, filter_schemas
from janua.api.rest.operations import record_components, record_paths
from janua.api.rest.registry_operations import health_paths, registry_paths
from janua.api.rest.responses import COMPONENTS, HEADERS, PARAMETERS, RESPONSES
from janua.model.catalog import Catalog, Inverse
from janua.model.collection import Collection, Schema
from janua.model.types import Json
from janua.query.limits import QueryLimits

JsonObject = dict[str, Json]
References = Callable[[Collection], Mapping[str, Schema]]
DESCRIPTION = """\
Every collection is a JSON Schema in the [registry](#tag/registry); its records are validated against it.

Errors are problem documents (RFC 9457) with a stable `code`. Query parameters that are not known are refused. Strings
cannot hold the character NUL, and numbers are kept exactly. What a cursor is good for is one query: it is refused for
another collection, filter or order.
"""


def openapi_document(
    catalog: Catalog, references: References, limits: QueryLimits, collection: str | None = None
) -> JsonObject:
    """Return the document of all collections, or of one, with the schemas of those it relates to.

    Raises: `UnknownCollection`, `CollectionQuarantined`.
    """
    described = list(catalog.collections.values()) if collection is None else [catalog.collection(collection)]
    paths: JsonObject = registry_paths() | evolution_paths() | health_paths() if collection is None else {}
    for each in described:
        paths |= record_paths(catalog, each, limits)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Janua" if collection is None else f"Janua: {described[0].title or collection}",
            "version": __version__,
            "description": DESCRIPTION,
            "x-janua-catalog-revision": catalog.revision,
        },
        "servers": [{"url": "/"}],
        "tags": _tags(described, whole=collection is None),
        "paths": paths,
        "components": {
            "schemas": _schemas(catalog, references, limits, related(catalog, described)),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": RESPONSES,
        },
    }


def related(catalog: Catalog, collections: list[Collection]) -> dict[str, Collection]:
    """Return these collections and all that their relations lead to, both ways, by name."""
    found: dict[str, Collection] = {}
    pending = list(collections)
    while pending:
        each = pending.pop()
        if each.name in found:
            continue
        found[each.name] = each
        for relation in catalog.relations(each.name).values():
            target = relation.source if isinstance(relation, Inverse) else relation.target
            if target in catalog.collections:
                pending.append(catalog.collections[target])
    return dict(sorted(found.items()))


def _schemas(
    catalog: Catalog, references: References, limits: QueryLimits, collections: Mapping[str, Collection]
) -> JsonObject:
    embedding = Embedding(collections)
    schemas: JsonObject = {}
    for each in collections.values():
        embedding.add(each, references(each))
        schemas |= record_components(catalog, each) | filter_schemas(catalog, each, limits)
        schemas[f"{each.name}-where"] = common_filter(each)
    return {**embedding.components, **schemas, **COMPONENTS, **EVOLUTION_COMPONENTS}


def _tags(collections: list[Collection], *, whole: bool) -> list[Json]:
    tags: list[Json] = [
        {"name": each.name, **({"description": each.description} if each.description else {})} for each in collections
    ]
    fixed: list[Json] = [
        {"name": "registry", "description": "The schemas of the collections."},
        {"name": "operations", "description": "For operators."},
    ]
    return [*tags, *fixed] if whole else tags
