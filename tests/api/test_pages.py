"""The pages without a server: where their scripts come from, and that the server can have workers."""

import json
import pickle
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from janua.api import pages
from janua.app import create_app, server_config
from janua.config import Server, Settings

ROOT = Path(__file__).parents[2]


def test_the_cdn_is_asked_for_the_versions_that_the_assets_have() -> None:
    pinned = json.loads((ROOT / "scripts/assets/package.json").read_text())["dependencies"]
    for path in pages.ASSETS.values():
        package, _, version = path.partition("/")[0].partition("@")
        assert pinned[package] == version


@pytest.mark.anyio
async def test_installed_assets_are_served_and_nothing_else_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in pages.ASSETS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("asset")
    monkeypatch.setattr(pages, "STATIC", tmp_path)
    transport = httpx.ASGITransport(Starlette(routes=pages.page_routes(viewers=True)))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        for path in ("/docs", "/redoc"):
            page = await http.get(path)
            assert "https://" not in page.text + page.headers["Content-Security-Policy"]
        for name in pages.ASSETS:
            assert name in (await http.get("/docs")).text + (await http.get("/redoc")).text
            assert (await http.get(f"/static/{name}")).text == "asset"


@pytest.mark.anyio
async def test_where_no_assets_are_installed_none_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "STATIC", tmp_path / "not there")
    transport = httpx.ASGITransport(Starlette(routes=pages.page_routes(viewers=True)))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        for name in (*pages.ASSETS, "", "x/y"):
            assert (await http.get(f"/static/{name}")).status_code == 404


def test_the_configuration_of_a_server_can_be_sent_to_its_workers() -> None:
    settings = Settings().with_dsn("postgresql://user:secret@localhost/db")
    sent = pickle.loads(pickle.dumps(server_config(settings)))
    assert sent.head_seconds == settings.server.receive_timeout
    assert sent.app.args[0] == settings


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("setting", "dev", "status"), [(None, True, 200), (None, False, 404), (True, False, 200), (False, True, 404)]
)
async def test_the_pages_are_for_development_unless_the_setting_says(
    setting: bool | None, dev: bool, status: int
) -> None:
    settings = Settings(server=Server(pages=setting))
    transport = httpx.ASGITransport(create_app(settings, dev=dev))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
        assert [(await http.get(path)).status_code for path in ("/docs", "/redoc")] == [status, status]
        links = (await http.get("/")).json()["links"]
        assert ("/traces" in links.values()) == dev == ((await http.get("/traces")).status_code == 200)
    assert ("/docs" in links.values(), links["openapi"]) == (status == 200, "/openapi.json")
