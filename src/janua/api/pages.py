"""Pages for people: the index, Swagger UI, Redoc, and what each error code means; GraphiQL's is in `graphql`.

The two viewers are scripts of others. `just assets` puts them below `static/`, and nothing else is loaded then;
without them the pages load the same versions from a CDN. Nothing of a caller's is ever written into a page.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from functools import partial
from html import escape
from inspect import getdoc
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from janua import __version__
from janua.api.problems import STATUSES, problem_of
from janua.api.wire import json_bytes, json_response
from janua.errors import JanuaError, UnknownResource

STATIC = Path(__file__).parent / "static"
CDN = "https://cdn.jsdelivr.net/npm"
ASSETS = {
    "swagger-ui/swagger-ui.css": "swagger-ui-dist@5.35.0/swagger-ui.css",
    "swagger-ui/swagger-ui-bundle.js": "swagger-ui-dist@5.35.0/swagger-ui-bundle.js",
    "redoc/redoc.standalone.js": "redoc@2.5.4/bundles/redoc.standalone.js",
}
"""Asset below `static/` → the same on the CDN, in the version that `scripts/assets/package.json` pins."""

LINKS = {
    "registry": "/registry",
    "records": "/records",
    "graphql": "/graphql",
    "openapi": "/openapi.json",
    "docs": "/docs",
    "redoc": "/redoc",
    "traces": "/traces",
    "live": "/livez",
    "ready": "/readyz",
}
_SWAGGER = (
    'SwaggerUIBundle({url: "/openapi.json", dom_id: "#page", deepLinking: true, docExpansion: "none",'
    " defaultModelsExpandDepth: 0, validatorUrl: null})"
)
_REDOC = 'Redoc.init("/openapi.json", {hideDownloadButton: true}, document.getElementById("page"))'


def page_routes(*, viewers: bool = True, traces: bool = False) -> list[BaseRoute]:
    """Return the routes of the pages, with `viewers` also of Swagger UI and Redoc, and of the installed assets.

    `traces`: the index leads to the last requests, too.
    """
    left_out = {*(() if viewers else VIEWERS), *(() if traces else ("/traces",))}
    links = {name: path for name, path in LINKS.items() if path not in left_out}
    pages: list[BaseRoute] = [
        Route("/", partial(index, links), methods=["GET"]),
        Route("/problems/{code}", problem, methods=["GET"]),
    ]
    shown = [Route(path, page, methods=["GET"]) for path, page in VIEWERS.items() if viewers]
    return [*pages, *shown, Mount("/static", Assets(directory=STATIC, check_dir=False))]


class Assets(StaticFiles):
    """The installed scripts; where none are installed, nothing is found."""

    async def check_config(self) -> None:
        """Look for no directory: Starlette fails where there is none, be it a thousand times a second."""


async def index(links: Mapping[str, str], request: Request) -> Response:
    """Answer where everything is: HTML for a browser, JSON for the rest."""
    if "text/html" not in request.headers.get("Accept", ""):
        return json_response({"name": "janua", "version": __version__, "links": links})
    listed = "".join(f'<li><a href="{path}">{path}</a></li>' for path in links.values())
    return html_page("Janua", f"<h1>Janua {__version__}</h1><ul>{listed}</ul>")


async def swagger(_: Request) -> Response:
    """Answer Swagger UI on all collections."""
    style = f'<link rel="stylesheet" href="{_asset("swagger-ui/swagger-ui.css")}">'
    return _viewer("Janua: Swagger UI", "swagger-ui/swagger-ui-bundle.js", _SWAGGER, style)


async def redoc(_: Request) -> Response:
    """Answer Redoc on all collections."""
    return _viewer("Janua: Redoc", "redoc/redoc.standalone.js", _REDOC)


async def problem(request: Request) -> Response:
    """Answer what an error code means: the `type` of every problem document leads here."""
    code = request.path_params["code"]
    found = next((each for each in every_error(JanuaError) if each.code == code), None)
    if found is None:
        raise UnknownResource(request.scope["path"])
    status = STATUSES[code].value
    meaning, example = getdoc(found) or "", example_of(found)
    if "text/html" not in request.headers.get("Accept", ""):
        told = {"code": code, "title": found.title, "status": status, "meaning": meaning}
        return json_response({**told, "what_to_do": found.cure, "example": example})
    shown = escape(json.dumps(example, indent=2, ensure_ascii=False))
    body = (
        f"<h1>{escape(found.title)}</h1><p><code>{code}</code>, status {status}</p>{_paragraphs(meaning)}"
        f"<h2>What to do</h2>{_paragraphs(found.cure)}<h2>Example</h2><pre>{shown}</pre>"
    )
    return html_page(found.title, body)


def example_of(error: type[JanuaError]) -> object:
    """Return a problem document of such an error."""
    return json.loads(json_bytes(problem_of(error(**error.example))))


def _paragraphs(text: str) -> str:
    """Return a text as HTML: what stands in backticks is code."""
    found = (re.sub("`([^`]+)`", r"<code>\1</code>", escape(each)) for each in text.split("\n\n"))
    return "".join(f"<p>{each}</p>" for each in found)


def every_error(root: type[JanuaError]) -> list[type[JanuaError]]:
    """Return all errors below one."""
    return [found for each in root.__subclasses__() for found in (each, *every_error(each))]


def html_page(
    title: str, body: str, head: str = "", *, scripts: str = "'none'", styles: str = "'none'", origin: str = ""
) -> Response:
    """Return a page that runs only these scripts, and loads the rest from here and, if need be, from one `origin`."""
    policy = (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:;"
        f" font-src 'self' data: {origin}; connect-src 'self' {origin}; worker-src 'self' blob:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    )
    html = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"{head}</head><body>{body}</body></html>"
    )
    headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(html, headers=headers)


def waiting_for(host: str) -> str:
    """Return what a page shows until a viewer from another host is there: all there is where that is out of reach."""
    return (
        f"<p>This page is loaded from {host}. If it stays like this, that cannot be reached from here: run"
        " <code>uv run just assets</code> once where Janua is installed, and the page needs no network.</p>"
    )


def digest_of(script: str) -> str:
    """Return the source by which a policy allows this script where it stands in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _viewer(title: str, script: str, start: str, head: str = "") -> Response:
    installed = (STATIC / script).is_file()
    waiting = "" if installed else waiting_for("cdn.jsdelivr.net")
    body = f'<div id="page">{waiting}</div><script src="{_asset(script)}"></script><script>{start}</script>'
    origin = "'self'" if installed else "https://cdn.jsdelivr.net"
    return html_page(title, body, head, scripts=f"{origin} {digest_of(start)}", styles=f"{origin} 'unsafe-inline'")


def _asset(name: str) -> str:
    return f"/static/{name}" if (STATIC / name).is_file() else f"{CDN}/{ASSETS[name]}"


VIEWERS = {"/docs": swagger, "/redoc": redoc}
"""The pages that `server.pages` is about."""
