"""The client that `janua client` prints: against a real server, and as a type checker reads it."""

import asyncio
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from janua.api.rest.client import client_source
from janua.gateway.gateway import Gateway
from janua.gateway.schemas import register
from janua.model.types import Json

pytestmark = pytest.mark.anyio

Printed = Callable[[], ModuleType]

ODD: dict[str, Json] = {
    "title": "Page",
    "type": "object",
    "required": ["in-stock"],
    "properties": {
        "in-stock": {"type": ["boolean", "null"]},
        "class": {"type": "string"},
        "__x": {"type": "integer"},
        "": {"type": "integer"},
        "str": {"enum": ["a'b", 'c"\\d', "}\n{"]},
        "tree": {"$ref": "#/$defs/node"},
        "shape": {
            "oneOf": [
                {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "round"}}},
                {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "flat"}}},
            ]
        },
    },
    "$defs": {
        "node": {
            "description": 'Says """ and \\ and {}.',
            "type": "object",
            "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/node"}}},
        }
    },
}

USES = """
from printed import Author, Book, Client

client = Client()
good: Author = {"name": "Ada"}
client.authors.create(good)
name: str = client.authors.get("1").data["name"]
bad: Author = {"name": 5}  # wrong
client.books.create({"price": 1})  # wrong
client.books.create({"title": "A", "genre": "poetry"})  # wrong
"""


@pytest.fixture
def printed(gateway: Gateway, library: None) -> Printed:
    """The module as it is printed for the catalog of the moment."""

    def load() -> ModuleType:
        module = ModuleType("printed")
        sys.modules["printed"] = module  # dataclasses look themselves up there
        try:
            exec(compile(client_source(gateway.live.catalog), "printed", "exec"), module.__dict__)
        finally:
            del sys.modules["printed"]
        return module

    return load


async def test_records_are_written_and_read(served: str, printed: Printed) -> None:
    module = printed()

    def use() -> None:
        client = module.Client(served)
        made = client.books.create({"title": "Dune", "price": Decimal("12345678901234567890.10"), "tags": ["a,b", "é"]})
        assert (made.version, made.data["price"]) == (1, Decimal("12345678901234567890.10"))
        assert str(client.books.get(made.id).data["price"]) == "12345678901234567890.10"
        changed = client.books.patch(made.id, {"tags": None, "pages": 3}, if_version=1)
        assert (changed.version, changed.data["pages"], "tags" in changed.data) == (2, 3, False)
        more = client.books.json_patch(made.id, [{"op": "add", "path": "/tags", "value": ["x"]}], if_version=2)
        assert (more.version, more.data["tags"]) == (3, ["x"])
        assert client.books.put(made.id, {"title": "Dune"}, if_version=3).data == {"title": "Dune"}
        client.books.delete(made.id, if_version=4)
        assert client.books.list(count=True).total == 0

    await asyncio.to_thread(use)


async def test_lists_are_filtered_sorted_paged_and_come_with_related_records(served: str, printed: Printed) -> None:
    module = printed()

    def use() -> None:
        client = module.Client(served)
        ada = client.authors.create({"name": "Ada & Co, + ?"})
        for number in range(5):
            client.books.create({"title": f"T{number}", "price": number, "author_id": ada.id})
        where = {"price": {"gte": 1}, "author": {"name": {"eq": "Ada & Co, + ?"}}}
        page = client.books.list(where, sort="-price", limit=3, count=True, include=["author"], fields=["title"])
        assert [each.data for each in page.items] == [{"title": "T4"}, {"title": "T3"}, {"title": "T2"}]
        assert (page.total, page.previous) == (4, None)
        assert page.items[0].included["author"]["data"]["name"] == "Ada & Co, + ?"
        rest = client.books.list(where, sort="-price", limit=3, after=page.next)
        assert [each.data["title"] for each in rest.items] == ["T1"]
        assert [each.data["price"] for each in client.books.all(sort="price")] == [0, 1, 2, 3, 4]

    await asyncio.to_thread(use)


async def test_any_number_of_documents_go_in_and_come_out_as_they_were(served: str, printed: Printed) -> None:
    module = printed()

    def use() -> None:
        client = module.Client(served)
        price = Decimal("12345678901234567890.10")
        books = [{"title": f"é {number}", "price": price, "isbn": f"978{number:010}"} for number in range(3000)]
        report = client.books.import_documents(iter(books))
        assert (report.imported, report.updated, report.rejected) == (3000, 0, 0)
        assert list(client.books.export()) == books
        assert list(client.books.export({"isbn": {"eq": books[7]["isbn"]}})) == [books[7]]
        again = client.books.import_documents(
            [{"title": "new", "isbn": books[7]["isbn"]}, {"title": 5}], on_conflict="isbn", on_error="skip"
        )
        assert (again.imported, again.updated, [each["line"] for each in again.rejections]) == (0, 1, [2])
        with pytest.raises(module.Problem) as refused:
            client.books.import_documents([{"title": 5}] * 10_000)
        assert refused.value.code == "record.import_rejected"

    await asyncio.to_thread(use)


async def test_records_are_counted_and_summed_in_groups(served: str, printed: Printed) -> None:
    module = printed()

    def use() -> None:
        client = module.Client(served)
        for price, pages in ((1, 10), (2, 10), (5, 20)):
            client.books.create({"title": "A", "price": price, "pages": pages})
        found = client.books.aggregate(
            {"price": {"lt": 9}}, group_by=["pages"], sum=["price"], count_distinct=["title"]
        )
        groups = {each.key["pages"]: (each.count, each.sum, each.count_distinct) for each in found.groups}
        assert groups == {10: (2, {"price": 3}, {"title": 1}), 20: (1, {"price": 5}, {"title": 1})}
        [whole] = client.books.aggregate(max=["price"], avg=["pages"]).groups
        assert (whole.key, whole.max, whole.min) == ({}, {"price": 5}, {})
        assert not found.truncated

    await asyncio.to_thread(use)


async def test_a_refusal_is_a_problem_with_its_code(served: str, printed: Printed) -> None:
    module = printed()

    def use() -> None:
        client = module.Client(served, headers={"Janua-Minimum-Revision": "1"})
        with pytest.raises(module.Problem) as invalid:
            client.books.create({"title": "", "pages": "x"})
        assert (invalid.value.status, invalid.value.code) == (422, "record.invalid")
        assert len(invalid.value.members["violations"]) == 2
        made = client.authors.create({"name": "A"}, idempotency_key="k")
        assert client.authors.create({"name": "A"}, idempotency_key="k").id == made.id
        with pytest.raises(module.Problem) as stale:
            client.authors.put(made.id, {"name": "B"}, if_version=7)
        assert (stale.value.status, stale.value.members["current"]) == (412, 1)

    await asyncio.to_thread(use)


async def test_a_type_checker_knows_what_the_schemas_allow(gateway: Gateway, library: None, tmp_path: Path) -> None:
    await register(gateway, "class", ODD)
    await register(gateway, "lists", {"type": "array", "items": {"type": "integer"}})
    (tmp_path / "printed.py").write_text(client_source(gateway.live.catalog))
    (tmp_path / "uses.py").write_text(USES)
    asked = (sys.executable, "-m", "pyright", "--outputjson", "printed.py", "uses.py")
    process = await asyncio.create_subprocess_exec(*asked, cwd=tmp_path, stdout=asyncio.subprocess.PIPE)
    found: Any = json.loads((await process.communicate())[0])
    errors = {
        (Path(each["file"]).name, each["range"]["start"]["line"])
        for each in found["generalDiagnostics"]
        if each["severity"] == "error"
    }
    wrong = {("uses.py", line) for line, text in enumerate(USES.splitlines()) if text.endswith("# wrong")}
    assert errors == wrong


async def test_odd_names_make_a_module_too(served: str, gateway: Gateway, printed: Printed) -> None:
    await register(gateway, "class", ODD)
    module = printed()
    document = {"in-stock": None, "class": "x", "__x": 1, "": 2, "str": 'c"\\d', "shape": {"kind": "flat"}}
    made = await asyncio.to_thread(module.Client(served).class_.create, document)
    assert made.data == document
