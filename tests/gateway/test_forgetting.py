"""What is kept for a time only does not pile up."""

import asyncio

import pytest

from janua.config import Settings
from janua.gateway import forgetting
from janua.gateway.gateway import open_gateway
from janua.storage import idempotency
from janua.storage.pool import Pool, connection

pytestmark = pytest.mark.anyio


async def test_answers_that_have_expired_vanish_and_others_stay(
    pool: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "PERIOD_SECONDS", 0.05)
    async with open_gateway(settings, name="test"), connection(pool) as c:
        for key in ("old", "new"):
            answer = idempotency.Answer(b"x" * 32, "{}", "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77", 1)
            await idempotency.store(c, "books", key, answer)
        hours = settings.idempotency.keep_hours + 1
        await c.execute(
            "UPDATE janua.idempotency SET created_at = now() - $1 * interval '1 hour' WHERE key = 'old'", hours
        )
        async with asyncio.timeout(10):
            while (left := await c.fetch("SELECT key FROM janua.idempotency ORDER BY key")) != [("new",)]:
                assert left
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert await c.fetchval("SELECT count(*) FROM janua.idempotency") == 1
