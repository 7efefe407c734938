"""GraphQL in the application itself."""

import httpx
import pytest

from janua.api.graphql.http import GraphQLEndpoint, graphql_routes
from janua.api.protocol import ServerConfig
from janua.app import create_app
from janua.config import Settings
from janua.gateway.gateway import open_gateway
from tests.api.serving import serving
from tests.graphql.engine import SmallEngine

pytestmark = pytest.mark.anyio


async def test_answers_carry_the_catalogs_revision(settings: Settings) -> None:
    async with open_gateway(settings, name="test") as gateway:
        app = create_app(settings, gateway=gateway)
        app.router.routes[:0] = graphql_routes(GraphQLEndpoint(settings, dev=True))
        app.state.graphql = SmallEngine(settings)
        config = ServerConfig(app, head_seconds=5, url_bytes=settings.limits.url_bytes, log_config=None, ws="none")
        async with serving(config) as address, httpx.AsyncClient(base_url=address) as http:
            for path in ("/graphql", "/graphql/books", "/graphql/nothing"):
                answer = await http.post(path, json={"query": "{ hello }"})
                assert answer.headers["Janua-Catalog-Revision"] == str(gateway.live.catalog.revision)
            unlike = await http.get("/graphqlx")
            assert "Janua-Catalog-Revision" not in unlike.headers
