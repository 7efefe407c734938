"""Page positions: opaque texts that only this server can make, for one collection, filter and order.

A cursor is `1.` + base64url of a 16-byte MAC (HMAC-SHA256, truncated as RFC 2104 section 5 allows) and the JSON text
`[context, value, …]`: the values of the order keys of one record as PostgreSQL writes them as text, the last being its
id. `context` digests what the position is in. The values come from SQL even when the answer does not show them, and go
back there to be cast to their types; Text is cut to `nodes.SORT_CHARACTERS` in SQL, so that a cursor stays short.
"""

import binascii
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import cast

from janua.errors import InvalidCursor
from janua.model.json import dumps
from janua.model.types import Json
from janua.query.ast import Raw
from janua.query.nodes import OrderKey, Place

PREFIX = "1."
MAC_BYTES = 16
HASH_BLOCK = 64
MAX_CHARACTERS = 65_536


@dataclass(frozen=True, slots=True)
class CursorKey:
    """The server's secret for cursors, at least 16 random bytes; all workers share it."""

    secret: bytes = field(repr=False)

    @property
    def pads(self) -> tuple[bytes, bytes]:
        """Return the beginnings of the inner and the outer hash of the HMAC (RFC 2104, section 2), for SQL."""
        block = (self.secret if len(self.secret) <= HASH_BLOCK else sha256(self.secret).digest()).ljust(
            HASH_BLOCK, b"\0"
        )
        return bytes(each ^ 0x36 for each in block), bytes(each ^ 0x5C for each in block)


def context_of(table: str, order: tuple[OrderKey, ...], filters: Sequence[Mapping[str, Raw] | None]) -> str:
    """Return the digest that binds a cursor to a collection, an order with the types it sorts, and filters as asked.

    The size of the page is not part of it: it may change from page to page.
    """
    keys = _order_text(order)
    asked = "\n".join("" if each is None else dumps(cast("Json", each), sort_keys=True) for each in filters)
    return sha256(f"{table}\n{keys}\n\n{asked}".encode()).hexdigest()[:32]


def encode(key: CursorKey, context: str, values: Sequence[str | None]) -> str:
    """Return the cursor of the record whose order values these are."""
    payload = json.dumps([context, *values], ensure_ascii=False, separators=(",", ":")).encode()
    return PREFIX + urlsafe_b64encode(_mac(key, payload) + payload).decode().rstrip("=")


def decode(key: CursorKey, context: str, cursor: str) -> tuple[str | None, ...]:
    """Return the order values of a cursor that `encode` made with the same key and context.

    Raises: `InvalidCursor` for everything else.
    """
    signed = _signed(cursor)
    mac, payload = signed[:MAC_BYTES], signed[MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, payload)):
        raise InvalidCursor
    found, *values = cast("list[str | None]", json.loads(payload))
    if found != context:
        raise InvalidCursor
    return tuple(values)


def nulls_of(cursor: str) -> tuple[bool, ...]:
    """Return which order values of a cursor are null; nothing else of it is to be trusted before `decode`.

    Raises: `InvalidCursor`.
    """
    try:
        values: object = json.loads(_signed(cursor)[MAC_BYTES:])
    except ValueError:
        raise InvalidCursor from None
    if not isinstance(values, list):
        raise InvalidCursor
    return tuple(each is None for each in cast("list[object]", values)[1:])


def _signed(cursor: str) -> bytes:
    text = cursor.removeprefix(PREFIX)
    if text == cursor or len(text) > MAX_CHARACTERS or not text.isascii():
        raise InvalidCursor
    try:
        signed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise InvalidCursor from None
    # base64 has several spellings of some bytes; only ours is a cursor.
    if urlsafe_b64encode(signed).decode().rstrip("=") != text:
        raise InvalidCursor
    return signed


def _mac(key: CursorKey, payload: bytes) -> bytes:
    return hmac.digest(key.secret, PREFIX.encode() + payload, "sha256")[:MAC_BYTES]


@lru_cache(maxsize=1024)
def _order_text(order: tuple[OrderKey, ...]) -> str:
    return "\n".join(map(_key_text, order))


def _key_text(key: OrderKey) -> str:
    target = key.target
    place = [*target.path, "", type(target.type).__name__] if isinstance(target, Place) else [target.name]
    through = [[each.table, each.column, each.via] for each in key.through]
    return json.dumps([through, place, key.direction, key.nulls])
