"""Requests with an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key): done once, answered alike ever after.

The answer is stored in the transaction of the writes it answers, so that there are both or neither; a request that
fails leaves its key free. Start at `once`; `created_once` is its like for one record, `streamed_once` for a body
that is never held as a whole.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
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


class Streamed:
    """The `Idempotency-Key` of a request whose body is read through `body`, which makes its fingerprint.

    `replayed` says in the end whether the answer was that of an earlier request.
    """

    def __init__(self, key: str, source: AsyncIterator[bytes], *parts: bytes) -> None:
        self.key = key
        self.replayed = False
        self._parts = parts
        self._read = sha256()
        self.body = self._reading(source)

    async def idempotency(self) -> Idempotency:
        """Return key and fingerprint, when the rest of the body was read."""
        async for _ in self.body:
            pass
        return Idempotency.of(self.key, *self._parts, self._read.digest())

    async def _reading(self, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for chunk in source:
            self._read.update(chunk)
            yield chunk


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


async def streamed_once(
    gateway: Gateway, c: Connection, scope: str, streamed: Streamed, run: Callable[[], Awaitable[str]]
) -> str:
    """Return what `run` answers, which reads the body, or what it answered the first time; as `once`."""
    earlier = await _claimed(gateway, c, scope, streamed.key)
    if earlier is not None:
        _refuse_another(earlier, await streamed.idempotency())
        streamed.replayed = True
        return earlier.text
    answer = await run()
    idempotency = await streamed.idempotency()
    await storage.store(c, scope, idempotency.key, storage.Answer(idempotency.fingerprint, answer))
    return answer


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
    """Hold the key until the end of the transaction, and return what this request was answered under it."""
    earlier = await _claimed(gateway, c, scope, idempotency.key)
    if earlier is not None:
        _refuse_another(earlier, idempotency)
    return earlier


async def _claimed(gateway: Gateway, c: Connection, scope: str, key: str) -> storage.Answer | None:
    """Hold the key until the end of the transaction, and return what was answered under it."""
    if not await storage.claim(c, scope, key):
        raise IdempotencyConflict(running=True)
    return await storage.fetch(c, scope, key, gateway.settings.idempotency.keep_hours)


def _refuse_another(earlier: storage.Answer, idempotency: Idempotency) -> None:
    if earlier.fingerprint != idempotency.fingerprint:
        raise IdempotencyConflict(running=False)
