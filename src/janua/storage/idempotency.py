"""First answers to requests with an `Idempotency-Key`, stored in the transaction of the write they answer.

An answer is one record, with its id and version, or any other text: then they are nil and 0.
"""

from dataclasses import dataclass
from uuid import UUID

from janua.storage.pool import Connection

NIL = str(UUID(int=0))
"""The id that no record has (RFC 9562, section 5.9)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the first request was answered, and the fingerprint of what it asked for."""

    fingerprint: bytes
    text: str
    id: str = NIL
    version: int = 0


async def claim(connection: Connection, scope: str, key: str) -> bool:
    """Hold the key until the end of the transaction; false when another request holds it."""
    return await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", f"{scope}\n{key}")


async def fetch(connection: Connection, scope: str, key: str, keep_hours: float) -> Answer | None:
    """Return the answer stored under the key in the last `keep_hours`."""
    row = await connection.fetchrow(
        "SELECT request_hash, answer, record_id::text, record_version FROM janua.idempotency "
        "WHERE scope = $1 AND key = $2 AND created_at > now() - $3::float8 * interval '1 hour'",
        scope,
        key,
        keep_hours,
    )
    return Answer(*row) if row else None


async def store(connection: Connection, scope: str, key: str, answer: Answer) -> None:
    """Keep the answer, in place of one that has expired."""
    await connection.execute(
        "INSERT INTO janua.idempotency (scope, key, request_hash, record_id, record_version, answer) "
        "VALUES ($1, $2, $3, $4::text::uuid, $5, $6) ON CONFLICT (scope, key) DO UPDATE SET created_at = now(), "
        "request_hash = excluded.request_hash, record_id = excluded.record_id, "
        "record_version = excluded.record_version, answer = excluded.answer",
        scope,
        key,
        answer.fingerprint,
        answer.id,
        answer.version,
        answer.text,
    )


async def forget_expired(connection: Connection, keep_hours: float) -> None:
    """Delete answers that are no longer kept."""
    await connection.execute(
        "DELETE FROM janua.idempotency WHERE created_at <= now() - $1::float8 * interval '1 hour'", keep_hours
    )
