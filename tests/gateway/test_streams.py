"""Splitting streams: the documents come out whole, wherever the chunks were cut."""

import json
from collections.abc import AsyncIterator

import pytest

from janua.errors import DocumentTooLarge, MalformedDocument
from janua.gateway.streams import Shape, split

pytestmark = pytest.mark.anyio

DOCUMENTS = [
    *({"a": each, "text": "é\u2028\\n]}\"" * each, "list": [1.5, None, {"x": []}]} for each in range(20)),
    5, "x", True, None, 12345678901234567890, [], {},
]  # fmt: skip


async def chunks(text: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(text), size):
        yield text[start : start + size]


async def documents(text: bytes, shape: Shape, *, size: int = 7, limit: int = 100_000) -> list[tuple[int, bytes]]:
    return [each async for each in split(chunks(text, size), shape, limit)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1_000_000])
@pytest.mark.parametrize("indent", [None, 1])
async def test_an_array_splits_into_its_elements_wherever_it_is_cut(size: int, indent: int | None) -> None:
    text = json.dumps(DOCUMENTS, indent=indent, ensure_ascii=False).encode()
    found = await documents(text, "array", size=size)
    assert [json.loads(each) for _, each in found] == DOCUMENTS
    assert [number for number, _ in found] == list(range(1, len(DOCUMENTS) + 1))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100, 1_000_000])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
async def test_ndjson_splits_into_its_lines_wherever_it_is_cut(size: int, newline: bytes) -> None:
    text = b"\xef\xbb\xbf" + newline.join(json.dumps(each).encode() for each in DOCUMENTS) + newline
    found = await documents(text, "ndjson", size=size)
    assert [json.loads(each) for _, each in found] == DOCUMENTS


async def test_blank_lines_are_left_out_but_count() -> None:
    assert await documents(b"1\n\n  \n2", "ndjson") == [(1, b"1"), (4, b"2")]


async def test_an_element_keeps_the_digits_it_was_written_with() -> None:
    assert await documents(b"[1.10, 1e400, 9007199254740993]", "array") == [
        (1, b"1.10"),
        (2, b"1e400"),
        (3, b"9007199254740993"),
    ]


@pytest.mark.parametrize("text", [b"{}", b"", b"[1,]", b"[1 2]", b"[1", b"[1]x", b"[{]", b"[\xff]", b"[" * 100_000])
async def test_what_is_not_an_array_is_malformed(text: bytes) -> None:
    with pytest.raises(MalformedDocument):
        await documents(text, "array", size=1000)


@pytest.mark.parametrize("shape", ["array", "ndjson"])
@pytest.mark.parametrize("end", ['"', ""])
async def test_a_document_over_the_limit_is_refused_before_all_of_it_was_read(shape: Shape, end: str) -> None:
    text = ("[" * (shape == "array") + '"' + "x" * 50_000 + end).encode()
    with pytest.raises(DocumentTooLarge):
        await documents(text, shape, size=1000, limit=10_000)
