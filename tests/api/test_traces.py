"""The page `/traces` and what it shows, on a real server and in a real browser."""

import asyncio
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, async_playwright, expect

from janua.app import server_config
from janua.gateway.gateway import Gateway
from janua.telemetry.recent import Recent
from janua.telemetry.spans import Kind, Step, Trace
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

CHROMIUM = Path("/usr/bin/chromium")
PATIENCE = 20_000  # milliseconds for the browser


async def shown(http: httpx.AsyncClient, after: int = 0) -> list[dict[str, Any]]:
    answer = await http.get(f"/traces/recent?after={after}")
    assert answer.status_code == 200
    return answer.json()["traces"]


def statement(trace: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in trace["spans"] if each["name"] == name)


async def test_a_request_is_shown_with_its_sql_and_what_was_bound(http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/books?genre=history")
    [trace] = await shown(http)
    assert (trace["method"], trace["path"], trace["query"], trace["status"]) == (
        "GET", "/api/books", "genre=history", 200,
    )  # fmt: skip
    assert trace["collections"] == ["books"]
    sql = statement(trace, "SELECT books")
    assert "FROM" in sql["sql"]
    assert sql["sql"].count("\n") > 3, "over several lines"
    assert "'history'" in sql["values"]
    assert 0 < sql["duration"] <= trace["duration"]


async def test_no_plan_is_offered_of_the_lines_of_an_import_which_are_gone(
    http: httpx.AsyncClient, library: None
) -> None:
    lines = b'{"title": "Dune"}\n' * 600  # few are stored by one statement, which needs no table for them
    answer = await http.post("/api/books/import", content=lines, headers={"content-type": "application/x-ndjson"})
    assert answer.json()["imported"] == 600
    [trace] = await shown(http)
    staged = [each for each in trace["spans"] if "janua_import" in each.get("sql", "")]
    assert staged
    assert not any(each["explainable"] for each in staged)
    answer = await http.get(f"/traces/{trace['id']}/{staged[-1]['id']}/plan")
    assert "one import only" in answer.json()["plan"][0]


async def test_the_plan_is_of_the_real_values_and_nothing_is_run(http: httpx.AsyncClient, library: None) -> None:
    await http.post("/api/books", json={"title": "Dune"})
    await http.get("/api/books?genre=history")
    written, read = await shown(http)
    answer = await http.get(f"/traces/{read['id']}/{statement(read, 'SELECT books')['id']}/plan")
    assert any("history" in line for line in answer.json()["plan"])
    answer = await http.get(f"/traces/{written['id']}/{statement(written, 'INSERT books')['id']}/plan")
    assert any("Insert on" in line for line in answer.json()["plan"])
    assert len((await http.get("/api/books")).json()["items"]) == 1


async def test_an_operation_is_shown_with_its_root_fields_and_the_code_of_its_error(
    http: httpx.AsyncClient, library: None
) -> None:
    async def ask(query: str) -> None:
        assert (await http.post("/graphql", json={"query": query})).status_code == 200

    await ask("query Shelf { books { totalCount } b: books { totalCount } authors { totalCount } }")
    await ask("{ books { titel } }")
    await ask("{ books(first: -1) { totalCount } }")
    await ask("{ books(")
    await ask('mutation { updateAuthor(id: "x", patch: {}) { name } }')
    await ask('mutation { registerSchema(name: "A", document: true) { version } }')
    assert (await http.get("/api/books?nonsense=1")).status_code == 400
    assert [(each["operation"], each["root_fields"], each["error"]) for each in await shown(http)] == [
        ("Shelf", "authors, books", ""),
        ("", "books", "query.malformed"),
        ("", "books", "query.invalid"),
        ("", "", "query.malformed"),
        ("", "updateAuthor", "record.invalid_id"),
        ("", "registerSchema", "registry.invalid_name"),
        ("", "", "query.unknown_field"),
    ]


async def test_a_statement_whose_table_is_gone_says_so(http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/reviews")
    [trace] = await shown(http)
    assert (await http.delete("/registry/reviews")).status_code == 204
    answer = await http.get(f"/traces/{trace['id']}/{statement(trace, 'SELECT reviews')['id']}/plan")
    assert answer.status_code == 200
    assert "no plan any more" in answer.json()["plan"][0]


@pytest.mark.parametrize("path", ["x/y", "0/0", f"{'f' * 16}/{'f' * 16}"])
async def test_what_was_never_traced_has_no_plan(path: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(f"/traces/{quote(path)}/plan")).status_code == 404


async def test_only_what_is_new_is_sent_again(http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/books")
    first = (await http.get("/traces/recent")).json()
    await http.get("/api/authors")
    later = (await http.get(f"/traces/recent?after={first['last']}")).json()
    assert [each["path"] for each in later["traces"]] == ["/api/authors"]
    assert (await http.get(f"/traces/recent?after={later['last']}")).json()["traces"] == []
    assert len(await shown(http, after=10_000)) == 2, "a page from before a restart gets all there is"
    assert (await http.get("/traces/recent?after=x")).status_code == 400


async def test_the_page_does_not_show_itself(http: httpx.AsyncClient) -> None:
    await http.get("/traces")
    assert await shown(http) == []


async def test_production_has_no_traces(gateway: Gateway) -> None:
    async with (
        serving(server_config(gateway.settings, gateway=gateway)) as address,
        httpx.AsyncClient(base_url=address) as http,
    ):
        for path in ("/traces", "/traces/recent", "/traces/page.js"):
            assert (await http.get(path)).status_code == 404


async def test_the_page_loads_nothing_from_elsewhere_and_runs_no_inline_script(http: httpx.AsyncClient) -> None:
    for path in ("/traces", "/traces/page.css", "/traces/page.js"):
        answer = await http.get(path)
        assert answer.status_code == 200
        assert not re.search(r"https?://(?!\$)", answer.text.replace("http://www.w3.org", ""))
    assert "'unsafe-inline'" not in (await http.get("/traces")).headers["Content-Security-Policy"]
    assert not re.search(
        r"<script>|innerHTML", (await http.get("/traces")).text + (await http.get("/traces/page.js")).text
    )


def test_the_memory_of_requests_is_bounded() -> None:
    recent = Recent(kept=3)
    for number in range(10):
        recent.keep(Trace(step=Step(str(number), Kind.SERVER)))
    last, traces = recent.since(0)
    assert last == 10
    assert [each.name for each in traces] == ["7", "8", "9"]


# --- in a browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncGenerator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"needs Chromium at {CHROMIUM}")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        await launched.close()


@pytest.fixture
async def page(browser: Browser, served: str) -> AsyncGenerator[Page]:
    """The page, open; a mistake that the browser notices fails the test."""
    opened = await browser.new_page(base_url=served)
    opened.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    mistakes: list[str] = []
    opened.on("pageerror", lambda error: mistakes.append(str(error)))
    opened.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    await opened.goto("/traces")
    yield opened
    await opened.close()
    assert mistakes == []


async def test_requests_appear_by_themselves_and_two_clicks_lead_to_the_plan(
    page: Page, http: httpx.AsyncClient, library: None
) -> None:
    await expect(page.locator("#empty")).to_contain_text("No request yet")
    await http.get("/api/books?sort=-price")
    row = page.locator(".row")
    await expect(row).to_contain_text("/api/books?sort=-price")
    await row.click()
    await expect(page.locator("pre.sql")).to_contain_text("SELECT")
    await page.locator(".explain").click()
    await expect(page.locator("pre.plan")).to_contain_text("books")
    await expect(page.locator(".hint")).to_be_visible()


async def test_what_failed_in_graphql_is_found_though_its_status_is_200(
    page: Page, http: httpx.AsyncClient, library: None
) -> None:
    await http.post("/graphql", json={"query": "{ books { totalCount } }"})
    await http.post("/graphql", json={"query": "{ authors(first: -1) { totalCount } }"})
    rows = page.locator(".row")
    await expect(rows).to_have_text(
        [re.compile("200.*/graphql query.invalid authors"), re.compile("200.*/graphql books")]
    )
    await expect(rows.locator(".status.ok")).to_have_count(1)
    await page.select_option("#status", "client")
    await expect(rows).to_have_text(re.compile("authors"))
    await page.select_option("#status", "ok")
    await expect(rows).to_have_text(re.compile("books"))
    await page.select_option("#status", "")
    await page.fill("#text", "query.inv")
    await expect(rows).to_have_count(1)


async def test_that_there_is_no_request_is_said_when_it_is_known(browser: Browser, served: str) -> None:
    opened = await browser.new_page(base_url=served)
    asked = asyncio.Event()
    answered = asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await answered.wait()
        await route.continue_()

    await opened.route("**/traces/recent*", hold)
    await opened.goto("/traces")
    await asyncio.wait_for(asked.wait(), 20)
    await expect(opened.locator("#empty")).to_be_hidden()
    answered.set()
    await expect(opened.locator("#empty")).to_contain_text("No request yet")
    await opened.close()


async def test_filters_leave_what_they_say(page: Page, http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/books")
    await http.get("/api/authors?name=Ann")
    await http.get("/api/books?nonsense=1")
    rows = page.locator(".row")
    await expect(rows).to_have_count(3)
    await page.select_option("#collection", "authors")
    await expect(rows).to_have_count(1)
    await page.select_option("#collection", "")
    await page.select_option("#status", "client")
    await expect(rows).to_have_text(re.compile("nonsense"))
    await page.select_option("#status", "")
    await page.fill("#text", "ann")
    await expect(rows).to_have_text(re.compile("authors"))
    await page.fill("#text", "")
    await page.fill("#duration", "60000")
    await expect(rows).to_have_count(0)
    await expect(page.locator("#empty")).to_contain_text("None of the 3 requests")


async def test_the_keyboard_does_everything(page: Page, http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/books")
    await http.get("/api/authors")
    await expect(page.locator(".row")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator(".detail")).to_contain_text("books")
    await page.keyboard.press("e")
    await expect(page.locator("pre.plan")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator(".detail")).to_have_count(0)
    await page.keyboard.press("/")
    await page.keyboard.type("authors")
    await expect(page.locator(".row")).to_have_count(1)


async def test_a_paused_page_stays_as_it_is(page: Page, http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/books")
    await expect(page.locator(".row")).to_have_count(1)
    await page.keyboard.press("p")
    await http.get("/api/books")
    await expect(page.locator("#state")).to_contain_text("paused")
    await page.wait_for_timeout(1500)
    await expect(page.locator(".row")).to_have_count(1)
    await page.keyboard.press("p")
    await expect(page.locator(".row")).to_have_count(2)


async def test_what_callers_send_is_shown_as_text(page: Page, http: httpx.AsyncClient, library: None) -> None:
    await http.get("/api/books?title=<img src=x onerror=document.title=1>")
    await page.locator(".row").click()
    await expect(page.locator(".values")).to_contain_text("<img src=x")
    assert await page.locator("img").count() == 0
    assert await page.title() == "Janua: traces"
