"""Clients that people use work with Janua as they are: gql, urql, GraphQL Code Generator, GraphiQL in a browser.

Those from npm need `just clients` once, GraphiQL `just assets`.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from gql import Client, GraphQLRequest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from playwright.async_api import async_playwright

from janua.api.graphql import page
from janua.config import Settings
from tests.graphql.test_application import library
from tests.graphql.test_page import CHROMIUM

pytestmark = pytest.mark.anyio

CLIENTS = Path(__file__).parents[2] / "scripts" / "clients"
MODULES = CLIENTS / "node_modules"
needs_npm = pytest.mark.skipif(
    not (shutil.which("node") and (MODULES / "@urql" / "core").is_dir()),
    reason="the clients from npm are not installed: run `just clients` once",
)
CREATE = "mutation ($input: BookInput!) { createBook(input: $input) { title price } }"
LIST = "query ($title: String) { books(where: {title: {eq: $title}}) { nodes { title price } totalCount } }"
OPERATIONS = """
query Books($where: BookWhere, $first: Int) {
  books(where: $where, first: $first, orderBy: [{price: DESC}]) {
    nodes { id title genre price published author { name } _meta { updatedAt } }
    pageInfo { endCursor }
  }
}
mutation Add($input: BookInput!) { createBook(input: $input) { id publisher { city } tags } }
"""
USE = """
import type { AddMutationVariables, BooksQuery } from "./NAME.operations";
import type { Book, BookInput } from "./NAME.types";
const input: BookInput = { title: "A", tags: ["b"], publisher: { city: null } };
export const variables: AddMutationVariables = { input: { title: "A", price: 12.5 } };
export const prices = (found: BooksQuery): (number | null)[] => found.books.nodes.map((node) => node.price);
export const name = (book: Book): string | undefined => book.author?.name;
// @ts-expect-error -- the title is required
export const wrong: BookInput = { price: 1 };
void input;
"""


@pytest.fixture
async def address(settings: Settings) -> AsyncGenerator[str]:
    async with library(settings, dev=True) as (address, _, _):
        yield f"{address}/graphql"


async def run(*command: str, cwd: Path = CLIENTS) -> str:
    """Return what a command prints; it must succeed."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), timeout=120)
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_gql_reads_the_schema_and_sends_operations(address: str) -> None:
    transport = HTTPXAsyncTransport(url=address)
    async with Client(transport=transport, fetch_schema_from_transport=True) as session:
        create = GraphQLRequest(CREATE, variable_values={"input": {"title": "By gql", "price": 12.5}})
        assert await session.execute(create) == {"createBook": {"title": "By gql", "price": 12.5}}
        found = await session.execute(GraphQLRequest(LIST, variable_values={"title": "By gql"}))
        assert found == {"books": {"nodes": [{"title": "By gql", "price": 12.5}], "totalCount": 1}}
        refused = GraphQLRequest(CREATE, variable_values={"input": {"title": "", "price": -1}})
        with pytest.raises(TransportQueryError) as caught:
            await session.execute(refused)
    [error] = caught.value.errors or []
    assert (error["path"], error["extensions"]["code"]) == (["createBook"], "record.invalid")
    assert len(error["extensions"]["violations"]) == 2


@needs_npm
async def test_urql_sends_operations_and_persisted_documents(address: str) -> None:
    told: dict[str, Any] = json.loads(await run("node", "urql.mjs", address))
    found = {"books": {"nodes": [{"title": "By urql", "price": 12.5}], "totalCount": 1}}
    assert told["made"]["createBook"] | {"id": ""} == {"id": "", "title": "By urql", "price": 12.5, "author": None}
    assert [each["extensions"]["code"] for each in told["refused"]] == ["record.invalid"]
    assert told["found"] == found
    assert told["persisted"] == [found, found]
    assert told["sent"] == [False, True, False], "the text is sent once, after the hash was not known"


@needs_npm
async def test_generated_typescript_compiles_strictly(address: str, tmp_path: Path) -> None:
    (tmp_path / "operations.graphql").write_text(OPERATIONS)
    await run("node", "codegen.mjs", address, str(tmp_path))
    for source in ("introspected", "printed"):
        (tmp_path / f"{source}.ts").write_text(USE.replace("NAME", source))
    names = [each.name for each in sorted(tmp_path.glob("*.ts"))]
    assert len(names) == 6
    compiler = str(MODULES / ".bin" / "tsc")
    await run(
        compiler, "--strict", "--noEmit", "--module", "esnext", "--moduleResolution", "bundler", *names, cwd=tmp_path
    )


@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium or Chrome on the PATH")
@pytest.mark.skipif(
    not (page.STATIC / "graphiql" / "graphiql.js").is_file(), reason="GraphiQL is not installed: run `just assets`"
)
async def test_graphiql_completes_runs_and_explains(address: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = await browser.new_page()
        mistakes: list[str] = []
        tab.on("pageerror", lambda error: mistakes.append(str(error)))
        await tab.goto(address)
        await tab.locator(".graphiql-query-editor .view-lines").first.click()
        await tab.keyboard.press("Control+A")
        await tab.keyboard.type("{ book", delay=40)
        await tab.locator(".suggest-widget .monaco-list-row", has_text="booksAggregate").wait_for()
        await tab.keyboard.press("Escape")
        await tab.keyboard.type("s { totalCount ")  # the editor closes the braces
        await tab.keyboard.press("Control+Enter")
        await tab.locator(".result-window", has_text='"totalCount": 0').wait_for()
        await tab.get_by_role("button", name="Show Documentation Explorer").click()
        explorer = tab.locator(".graphiql-doc-explorer")
        await explorer.get_by_text("Book", exact=True).first.click()
        await explorer.get_by_text("The title on the cover", exact=False).first.wait_for()
        await browser.close()
    assert mistakes == []
