"""GraphiQL, for people who come with a browser.

`just assets` bundles it with its workers below `static/graphiql`, and nothing else is loaded then; without, the page
loads the same versions from a CDN. The page asks the path that it was loaded from, and begins with a sample query;
nothing of a caller's is in it.
"""

import json

from starlette.responses import Response

from janua.api.pages import STATIC, digest_of, html_page, waiting_for

CDN = "https://esm.sh"
VERSIONS = {
    "@graphiql/toolkit": "0.12.1",
    "graphiql": "5.4.0",
    "graphql": "16.11.0",
    "react": "19.2.0",
    "react-dom": "19.2.0",
}
"""Package → the version that `scripts/assets/package.json` pins."""

HOST = CDN.removeprefix("https://")
_INSTALLED = 'import {mount} from "/static/graphiql/graphiql.js";'
# Each package is loaded once: what several of them need is left out of their bundles and found by the import map.
_IMPORTS = {
    "react": f"{CDN}/react@{VERSIONS['react']}",
    "react/": f"{CDN}/react@{VERSIONS['react']}/",
    "react-dom": f"{CDN}/react-dom@{VERSIONS['react-dom']}",
    "react-dom/": f"{CDN}/react-dom@{VERSIONS['react-dom']}/",
    "graphql": f"{CDN}/graphql@{VERSIONS['graphql']}",
    "graphiql": f"{CDN}/graphiql@{VERSIONS['graphiql']}?standalone&external=react,react-dom,@graphiql/react,graphql",
    "graphiql/": f"{CDN}/graphiql@{VERSIONS['graphiql']}/",
    "@graphiql/react": f"{CDN}/@graphiql/react@0.39.0?standalone&external=react,react-dom,graphql,@graphiql/toolkit",
    "@graphiql/toolkit": f"{CDN}/@graphiql/toolkit@{VERSIONS['@graphiql/toolkit']}?standalone&external=graphql",
}
_FROM_CDN = """
import {createElement} from "react";
import {createRoot} from "react-dom/client";
import {GraphiQL} from "graphiql";
import {createGraphiQLFetcher} from "@graphiql/toolkit";
import "graphiql/setup-workers/esm.sh";
const mount = (element, {query, ...options}) => createRoot(element).render(
  createElement(GraphiQL, {fetcher: createGraphiQLFetcher(options), defaultQuery: query}));
"""


def graphiql(sample: str) -> Response:
    """Return the page, which begins with this query when its reader has not been there before."""
    mount = _mount(sample)
    if (STATIC / "graphiql" / "graphiql.js").is_file():
        script = _INSTALLED + mount
        return _page("/static/graphiql/graphiql.css", "'self'", "", _element() + _module(script), digest_of(script))
    imports = json.dumps({"imports": _IMPORTS})
    script = _FROM_CDN + mount
    body = f'{_element(waiting_for(HOST))}<script type="importmap">{imports}</script>{_module(script)}'
    style = f"{CDN}/graphiql@{VERSIONS['graphiql']}/dist/style.css"
    return _page(style, CDN, CDN, body, f"{digest_of(imports)} {digest_of(script)}")


def _mount(sample: str) -> str:
    # Names of GraphQL need no escaping in a script; should one ever, it does not end it.
    query = json.dumps(sample).replace("<", "\\u003c")
    return f'mount(document.getElementById("page"), {{url: location.pathname, query: {query}}});'


def _page(style: str, source: str, origin: str, body: str, digests: str) -> Response:
    head = f'<link rel="stylesheet" href="{style}"><style>body {{margin: 0}}</style>'
    return html_page(
        "Janua: GraphiQL",
        body,
        head,
        scripts=f"{source} {digests}",
        styles=f"{source} 'unsafe-inline'",
        origin=origin,
    )


def _element(content: str = "") -> str:
    return f'<div id="page" style="height: 100vh">{content}</div>'


def _module(script: str) -> str:
    return f'<script type="module">{script}</script>'
