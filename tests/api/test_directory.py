"""The directory finds the route that Starlette's router would, with the same parameters, or leaves it to the router."""

import pytest
from starlette.routing import Match, Route

from janua.api.directory import Directory
from janua.api.graphql.http import GraphQLEndpoint, graphql_routes
from janua.api.rest.routes import rest_routes
from janua.config import Settings

ROUTES = [*graphql_routes(GraphQLEndpoint(Settings(), dev=False)), *rest_routes()]
PATHS = [
    "/graphql", "/graphql/books", "/graphql/books/x", "/api/books", "/api/books/", "/api//books", "/api",
    "/api/books/1", "/api/books/import", "/api/books/export", "/api/books/aggregate", "/api/import",
    "/api/import/import", "/api/books/1/2", "/records", "/records/1", "/records/import", "/registry",
    "/registry/books/versions/3",
    "/registry/books/check", "/registry/books/evolution/pause", "/registry/books/no", "/livez", "/", "", "/api/b%2f",
    "/api/ünï/ 1", "/openapi.json", "/nothing",
]  # fmt: skip
LEFT = "/openapi/books.json"
"""Has a parameter that is part of a segment."""


def by_starlette(path: str) -> tuple[Route, dict[str, str]] | None:
    for each in ROUTES:
        match, child = each.matches({"type": "http", "path": path, "method": "GET"})
        if match is Match.FULL:
            return each, child["path_params"]
    return None


@pytest.mark.parametrize("path", PATHS)
def test_a_path_leads_where_starlette_leads_it(path: str) -> None:
    assert Directory(ROUTES).find(path) == by_starlette(path)


def test_what_has_a_parameter_within_a_segment_is_left_to_the_router() -> None:
    assert Directory(ROUTES).find(LEFT) is None
    assert by_starlette(LEFT) is not None


def test_a_route_that_answers_some_methods_only_is_left_to_the_router() -> None:
    route = Route("/x", lambda _: None, methods=["GET"])
    assert Directory([route]).find("/x") is None
