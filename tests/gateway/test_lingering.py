"""Who validates documents that may take long waits for a slot, whatever it is for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from janua.gateway import evolutions, records, schemas, transfer
from janua.gateway.gateway import Gateway
from janua.gateway.lingering import BATCH, LINGERING, heard
from janua.model.types import Json
from janua.registry.validation import Validator
from tests.gateway.builders import a_document, a_schema, stream

pytestmark = pytest.mark.anyio

LOOKING = r"(?<=a)b(?!c)"
STEPS: Json = [{"op": "set", "path": "/kind", "value": "ab"}]


def looking() -> dict[str, Json]:
    return a_schema({"kind": {"type": "string", "pattern": LOOKING}})


VERBS: dict[str, Callable[[Gateway], Awaitable[object]]] = {
    "register": lambda gateway: schemas.register(gateway, "things", looking()),
    "check": lambda gateway: schemas.register(gateway, "things", looking(), dry_run=True),
    "evolve": lambda gateway: evolutions.preview(gateway, "things", looking(), STEPS),
    "create": lambda gateway: records.create(gateway, "looks", a_document(kind="ab")),
    "import": lambda gateway: transfer.import_documents(gateway, "looks", stream('{"kind": "ab"}')),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_documents_that_may_take_long_wait_for_a_slot(gateway: Gateway, verb: str) -> None:
    await schemas.register(gateway, "things", a_schema({"kind": {"type": "string"}}))
    await schemas.register(gateway, "looks", looking())
    await records.create(gateway, "things", a_document(kind="ab"))
    for _ in range(LINGERING):
        await gateway.lingering.acquire()
    done = asyncio.ensure_future(VERBS[verb](gateway))
    await asyncio.sleep(1)
    assert not done.done()
    gateway.lingering.release()
    await done


async def test_a_schema_without_such_patterns_waits_for_nobody(gateway: Gateway) -> None:
    await schemas.register(gateway, "things", a_schema({"kind": {"type": "string"}}))
    await records.create(gateway, "things", a_document(kind="ab"))
    for _ in range(LINGERING):
        await gateway.lingering.acquire()
    await schemas.register(gateway, "things", a_schema({"kind": {"type": "string", "pattern": "^a"}}))


async def test_documents_that_may_take_long_are_validated_a_few_at_a_time_in_order() -> None:
    calls: list[list[int]] = []

    def hear(documents: Sequence[int]) -> int:
        calls.append([*documents])
        return sum(documents)

    numbers = range(2 * BATCH + 1)
    slots = asyncio.Semaphore(1)
    assert sum(await heard(Validator({"pattern": LOOKING}), slots, hear, numbers)) == sum(numbers)
    assert [len(each) for each in calls] == [BATCH, BATCH, 1]
    assert [number for each in calls for number in each] == [*numbers]
    assert await heard(Validator({"pattern": "^a"}), slots, hear, numbers) == [sum(numbers)]
