import asyncio

import pytest

from janua.storage.turns import Turns

pytestmark = pytest.mark.anyio


async def test_places_are_given_in_the_order_in_which_they_were_asked_for() -> None:
    turns, served = Turns(1), list[int]()

    async def take(number: int) -> None:
        await turns.take(5)
        served.append(number)
        turns.give()

    await turns.take(5)
    waiting = [asyncio.create_task(take(number)) for number in range(5)]
    await asyncio.sleep(0)
    turns.give()
    await asyncio.gather(*waiting)
    assert served == [0, 1, 2, 3, 4]


async def test_who_waits_too_long_is_told_and_takes_no_place() -> None:
    turns = Turns(1)
    await turns.take(5)
    with pytest.raises(TimeoutError):
        await turns.take(0.01)
    turns.give()
    await asyncio.wait_for(turns.take(5), 1)


async def test_a_place_given_to_someone_who_is_gone_by_then_goes_on() -> None:
    turns = Turns(1)
    await turns.take(5)
    gone = asyncio.create_task(turns.take(5))
    await asyncio.sleep(0)
    turns.give()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    await asyncio.wait_for(turns.take(5), 1)
