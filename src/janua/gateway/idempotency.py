"""Requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key): done once, answered alike ever after.

The answer is stored in the transaction of the writes it answers, so that there are both or neither; a request that
fails leaves its key free. Start at `once`; `created_once` is its like for one record.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

from janua.errors import IdempotencyConflict
from janua.gateway.answers import RecordAnswer
from janua.gateway.gateway import Gateway
from janua.storage import idempotency as storage
from janua.storage.pool import Connection


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The `Idempotency-Key` of a request and a fingerprint of what it asks for."""

    key: str
    fingerprint: bytes

    @classmethod
    def of(cls, key: str, *parts: bytes) -> "Idempotency":
        """Return the key of a request that consists of these parts."""
        return cls(key, sha256(b"\0".join(sha256(part).digest() for part in parts)).digest())


async def once(
    gateway: Gateway, c: Connection, scope: str, idempotency: Idempotency, run: Callable[[], Awaitable[bytes]]
) -> tuple[bytes, bool]:
    """Return what `run` answers, or what it answered the first time; and whether it is the latter.

    Needs an open transaction, which `run` writes in. One key may be used in several scopes: the names of collections
    are those of REST, so others must be no such name (`/graphql`, say).
    Raises: `IdempotencyConflict`, and whatever `run` raises.
    """
    earlier = await _earlier(gateway, c, scope, idempotency)
    if earlier is not None:
        return earlier.text.encode(), True
    answer = await run()
    await storage.store(c, scope, idempotency.key, storage.Answer(idempotency.fingerprint, answer.decode()))
    return answer, False


async def created_once(
    gateway: Gateway,
    c: Connection,
    collection: str,
    idempotency: Idempotency,
    create: Callable[[], Awaitable[RecordAnswer]],
) -> RecordAnswer:
    """Return the record that `create` makes in the open transaction, or that it made the first time.

    Raises: `IdempotencyConflict`, and whatever `create` raises.
    """
    earlier = await _earlier(gateway, c, collection, idempotency)
    if earlier is not None:
        return RecordAnswer(earlier.id, earlier.version, earlier.text, created=True, replayed=True)
    made = await create()
    answer = storage.Answer(idempotency.fingerprint, made.text, made.id, made.version)
    await storage.store(c, collection, idempotency.key, answer)
    return made


async def _earlier(gateway: Gateway, c: Connection, scope: str, idempotency: Idempotency) -> storage.Answer | None:
    """Hold the key until the end of the transaction, and return what was answered under it."""
    if not await storage.claim(c, scope, idempotency.key):
        raise IdempotencyConflict(running=True)
    earlier = await storage.fetch(c, scope, idempotency.key, gateway.settings.idempotency.keep_hours)
    if earlier is not None and earlier.fingerprint != idempotency.fingerprint:
        raise IdempotencyConflict(running=False)
    return earlier
