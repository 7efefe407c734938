"""What was made for a request goes with it: in a circle of references it would stay until a search for garbage."""

import asyncio
import gc
import json
from collections import Counter

import pytest

from janua.api.sending import Cycle
from janua.app import server_config
from janua.gateway.gateway import Gateway
from janua.storage.batches import _Member
from tests.api.serving import serving

pytestmark = pytest.mark.anyio

REQUESTS, CLIENTS = 40, 8
BODIES = {
    "POST /graphql": json.dumps({"query": '{ record(id: "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77") { id } }'}),
    "GET /records/0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77": "",
    "POST /records": "{}",
    "GET /livez": "",
}


async def ask(port: int, line: str, body: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(REQUESTS):
        writer.write((head + body).encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        await reader.readexactly(int(answer.partition("content-length: ")[2].partition("\r\n")[0]))
    writer.close()


@pytest.mark.parametrize("line", BODIES)
async def test_a_request_is_freed_without_a_search_for_garbage(gateway: Gateway, line: str) -> None:
    async with serving(server_config(gateway.settings, gateway=gateway)) as address:
        gc.collect()
        gc.disable()
        try:
            await asyncio.gather(*(ask(int(address.rpartition(":")[2]), line, BODIES[line]) for _ in range(CLIENTS)))
            kept = Counter(type(each).__name__ for each in gc.get_objects() if isinstance(each, Cycle | _Member))
        finally:
            gc.enable()
    assert kept["Cycle"] <= 2 * CLIENTS, "the last one of each connection"
    assert kept["_Member"] <= CLIENTS
