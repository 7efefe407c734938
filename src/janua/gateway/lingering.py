"""Documents that may take long to validate: few of them at a time, so that threads are left for everybody else.

A thread cannot be stopped, and patterns that look around may take a second for one document. Start at `heard`.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from janua.registry.validation import Validator

LINGERING = 2
"""Threads of one process that may validate such documents at the same time."""
BATCH = 5
"""Such documents that one thread validates before others get their turn."""

T = TypeVar("T")
R = TypeVar("R")


async def heard(
    validator: "Validator", slots: asyncio.Semaphore, hear: Callable[[Sequence[T]], R], documents: Sequence[T]
) -> list[R]:
    """Return what `hear`, which validates, returns of documents: of all at once, or where that may take long of some.

    It is called in a thread, one call after the other.
    """
    if not validator.lingers:
        return [await asyncio.to_thread(hear, documents)]
    found: list[R] = []
    for start in range(0, len(documents), BATCH):
        async with slots:
            found.append(await asyncio.to_thread(hear, documents[start : start + BATCH]))
    return found
