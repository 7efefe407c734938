"""How long the event loop stands still while something is made in a thread."""

import asyncio
import sys
import time
from collections.abc import Awaitable
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


async def stalled(work: Awaitable[T]) -> tuple[T, float]:
    """Return what becomes of some work, and the CPU seconds that others in this process waited for at most.

    CPU time: what other processes do on the same machine holds nobody up in this one.
    """
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.process_time())
            await asyncio.sleep(0.001)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(0.001)  # as the server does
    ticking = asyncio.create_task(tick())
    try:
        found = await work
        await asyncio.sleep(0.01)
    finally:
        ticking.cancel()
        sys.setswitchinterval(interval)
    return found, max(after - before for before, after in pairwise(ticks))
