"""A load generator: so many connections, each sending the next request when it has the answer to the last."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """Requests per second and the 99th percentile of the time to an answer, in milliseconds."""

    rate: float
    p99: float


async def load(port: int, request: bytes, *, connections: int, seconds: float, status: bytes) -> Measured:
    """Send one request over and over; every answer must have the status that is given."""
    end = time.perf_counter() + seconds
    rounds = await asyncio.gather(*(_connection(port, request, end, status) for _ in range(connections)))
    times = sorted(each for one in rounds for each in one)
    return Measured(len(times) / seconds, times[int(len(times) * 0.99)] * 1000)


def http(method: str, path: str, body: bytes = b"") -> bytes:
    """Return the bytes of a request."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    )
    return f"{head}\r\n\r\n".encode() + body


async def _connection(port: int, request: bytes, end: float, status: bytes) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times: list[float] = []
    while (start := time.perf_counter()) < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 " + status):
            raise RuntimeError(f"expected {status.decode()}, got {head.decode().splitlines()[0]}")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        times.append(time.perf_counter() - start)
    writer.close()
    return times
