"""Split a stream of bytes into JSON documents, in bounded memory: NDJSON lines or the elements of one array.

Start at `split`. Documents are numbered from 1, for NDJSON by line. Only the ends of documents are found here;
whether one is a valid document is for `registry.document` to say.
"""

import codecs
import json
from collections.abc import AsyncIterator
from typing import Literal

from janua.errors import DocumentTooLarge, MalformedDocument

Shape = Literal["ndjson", "array"]

_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_FIRST_TRY = 4096


def split(source: AsyncIterator[bytes], shape: Shape, limit: int) -> AsyncIterator[tuple[int, bytes]]:
    """Return the documents of a stream with their numbers; blank NDJSON lines count but are left out.

    Raises, while iterating: `DocumentTooLarge` when one is over `limit` bytes, `MalformedDocument` when what should be
    an array is not one.
    """
    return _lines(source, limit) if shape == "ndjson" else _Elements(limit).split(source)


async def _lines(source: AsyncIterator[bytes], limit: int) -> AsyncIterator[tuple[int, bytes]]:
    number, size = 0, 0
    pending: list[bytes] = []
    async for chunk in source:
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            number += 1
            line = b"".join((*pending, piece)).strip()
            pending, size = [], 0
            if number == 1:
                line = line.removeprefix(_BOM)
            if len(line) > limit:
                raise DocumentTooLarge("bytes", limit)
            if line:
                yield number, line
        pending.append(rest)
        size += len(rest)
        if size > limit + len(_BOM):
            raise DocumentTooLarge("bytes", limit)
    last = b"".join(pending).strip()
    if last := last.removeprefix(_BOM) if number == 0 else last:
        yield number + 1, last


class _Elements:
    """Finds the elements of an array with the C scanner of `json`, which says where a value ends."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # The values are thrown away, so numbers need no conversion (and a 5,000-digit one must not raise).
        self._decode = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode
        self._text = ""
        self._at = 0
        self._number = 0
        self._retry_at = 0
        self._state: Literal["start", "first", "element", "comma", "end"] = "start"

    async def split(self, source: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        async for chunk in source:
            self._append(self._decoded(decoder, chunk, final=False))
            while (element := self._next(complete=False)) is not None:
                yield self._number, element
        self._append(self._decoded(decoder, b"", final=True))
        while (element := self._next(complete=True)) is not None:
            yield self._number, element
        if self._state != "end":
            raise MalformedDocument("the array does not end: the closing ']' is missing")

    def _decoded(self, decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> str:
        try:
            return decoder.decode(chunk, final)
        except UnicodeDecodeError:
            raise MalformedDocument(f"the text after document {self._number} is not UTF-8") from None

    def _append(self, text: str) -> None:
        self._text = self._text[self._at :] + text if self._at else self._text + text
        self._retry_at = max(0, self._retry_at - self._at)
        self._at = 0

    def _next(self, *, complete: bool) -> bytes | None:
        """Return the next element, or None when the text so far does not hold all of it."""
        while True:
            self._at = _skip_space(self._text, self._at)
            if self._at == len(self._text):
                return None
            if self._state in {"element", "first"} and not (self._state == "first" and self._text[self._at] == "]"):
                return self._element(complete=complete)
            self._punctuation(self._text[self._at])
            self._at += 1

    def _punctuation(self, found: str) -> None:
        match self._state, found:
            case "start", "[":
                self._state = "first"
            case "start", "\ufeff":
                pass
            case "comma", ",":
                self._state = "element"
            case (("comma" | "first"), "]"):
                self._state = "end"
            case _:
                wanted = {"start": "the '[' of an array", "comma": "',' or ']'", "end": "nothing more"}
                where = f"after document {self._number}" if self._number else "at the start"
                raise MalformedDocument(f"expected {wanted[self._state]} {where}, found {found!r}")

    def _element(self, *, complete: bool) -> bytes | None:
        # An element that is still coming is tried again only when its text has doubled, so that the work stays linear.
        if not complete and len(self._text) < self._retry_at:
            return None
        try:
            _, end = self._decode(self._text, self._at)
        except (ValueError, RecursionError) as error:
            return self._incomplete(error, complete=complete)
        # A number that ends with the text may have more digits to come.
        if end == len(self._text) and not complete:
            return None
        element = self._text[self._at : end].encode("utf-8", "surrogatepass")
        if len(element) > self._limit:
            raise DocumentTooLarge("bytes", self._limit)
        self._at, self._number, self._retry_at, self._state = end, self._number + 1, 0, "comma"
        return element

    def _incomplete(self, error: Exception, *, complete: bool) -> None:
        if isinstance(error, RecursionError):
            raise MalformedDocument(f"document {self._number + 1} is nested too deeply")
        size = len(self._text) - self._at
        if complete:
            raise MalformedDocument(f"document {self._number + 1} is not JSON: {error}")
        if size > self._limit:
            raise DocumentTooLarge("bytes", self._limit)
        self._retry_at = self._at + max(_FIRST_TRY, 2 * size)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at
