"""GraphiQL: who gets it, what it loads, and that it works in a browser."""

import json
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.async_api import async_playwright

from janua.api.graphql import page
from janua.config import Settings
from tests.graphql.conftest import Served
from tests.graphql.engine import SmallEngine, serving_engine

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[2]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")


async def test_a_browser_gets_the_page_and_others_get_answers(http: httpx.AsyncClient) -> None:
    for path in ("/graphql", "/graphql/books", "/graphql?query={hello}"):
        answer = await http.get(path, headers=BROWSER)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "graphiql" in answer.text
    for accept in ("*/*", "application/json", "application/json, text/html;q=0.5"):
        assert (await http.get("/graphql?query={hello}", headers={"Accept": accept})).json()["data"]
    assert (await http.post("/graphql", json={"query": "{ hello }"}, headers=BROWSER)).json()["data"]


async def test_the_page_begins_with_a_sample_of_its_collection(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql/books", headers=BROWSER)
    assert 'query: "{ hello } # \\u003c/script>"' in answer.text
    script = answer.text.rpartition('<script type="module">')[2].partition("</script>")[0]
    assert page.digest_of(script) in answer.headers["Content-Security-Policy"]
    assert (await http.get("/graphql/boks", headers=BROWSER)).status_code == 404


@pytest.mark.parametrize(
    ("dev", "setting", "shown"), [(True, None, True), (False, None, False), (True, False, False), (False, True, True)]
)
async def test_the_page_is_for_developers_unless_a_setting_says_otherwise(
    dev: bool, setting: bool | None, shown: bool
) -> None:
    settings = Settings.model_validate({"graphql": {"graphiql": setting}})
    async with (
        serving_engine(settings, SmallEngine(settings), dev=dev) as address,
        httpx.AsyncClient(base_url=address, headers=BROWSER) as http,
    ):
        answer = await http.get("/graphql?query={hello}")
    assert ("<script" in answer.text) == shown
    assert shown or answer.json() == {"data": {"hello": "world"}}


async def test_nothing_of_the_request_is_in_the_page(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql/books?query=</script><script>alert(1)</script>", headers=BROWSER)
    assert "alert" not in answer.text
    assert "books" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


async def test_installed_assets_are_all_that_is_loaded(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "STATIC", tmp_path)
    from_cdn = await http.get("/graphql", headers=BROWSER)
    assert "https://esm.sh/graphiql@" in from_cdn.text
    assert "just assets" in from_cdn.text
    assert "script-src https://esm.sh 'sha256-" in from_cdn.headers["Content-Security-Policy"]
    (tmp_path / "graphiql").mkdir()
    (tmp_path / "graphiql" / "graphiql.js").write_text("asset")
    installed = await http.get("/graphql", headers=BROWSER)
    assert "/static/graphiql/graphiql.js" in installed.text
    assert "just assets" not in installed.text
    assert "https://" not in installed.text + installed.headers["Content-Security-Policy"]


def test_the_cdn_is_asked_for_the_versions_that_the_assets_have() -> None:
    pinned = json.loads((ROOT / "scripts/assets/package.json").read_text())["dependencies"]
    assert {name: pinned[name] for name in page.VERSIONS} == page.VERSIONS


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium or Chrome on the PATH")
@pytest.mark.skipif(
    not (page.STATIC / "graphiql" / "graphiql.js").is_file(), reason="GraphiQL is not installed: run `just assets`"
)
async def test_graphiql_asks_the_endpoint_that_it_was_loaded_from(served: Served, engine: SmallEngine) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = await browser.new_page()
        mistakes: list[str] = []
        tab.on("pageerror", lambda error: mistakes.append(str(error)))
        tab.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
        await tab.goto(f"{served.address}/graphql/books")
        await tab.locator(".graphiql-query-editor .view-lines", has_text="hello").first.click()
        await tab.keyboard.press("Control+A")
        await tab.keyboard.type("{ hello ")  # the editor closes the brace
        await tab.keyboard.press("Control+Enter")
        await tab.locator(".result-window", has_text="world").wait_for()
        await browser.close()
    assert mistakes == []
    assert {each.collection for each in engine.asked} == {"books"}
    assert any("__schema" in each.query for each in engine.asked)
