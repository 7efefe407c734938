"""Ten times as many clients as it takes to keep a worker busy: `python -m bench.overload [--seconds 3]`.

Prints, for few clients, for enough and for ten times that: answers per second (goodput), their p50 and p99, and of the
refused (503) how many and their p99. Rude clients do not wait after a 503, but ask again at once; that many of them
keep the generator busier than the server, so measure on more than two cores.
"""

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from bench import cases, library
from bench.load import http
from bench.servers import janua
from janua.config import load_settings
from janua.gateway.gateway import open_gateway
from janua.storage import embedded, migrations

CLIENTS = {"few": (4, True), "enough": (32, True), "ten times": (320, True), "ten times, rude": (320, False)}
"""Name → how many, and whether they wait as `Retry-After` asks them to."""


@dataclass
class Seen:
    """Seconds to the answers, and to the refusals."""

    answered: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])


async def main(seconds: float) -> None:
    """Start a server and meet it with more and more clients."""
    with tempfile.TemporaryDirectory() as directory:
        async with embedded.running(Path(directory) / "data") as database:
            await migrations.migrate(database.dsn)
            async with open_gateway(load_settings().with_dsn(database.dsn), name="bench") as gateway:
                await library.fill(gateway)
            with janua(database.dsn) as port:
                asked = cases.asked("list_filter_20", "rest")
                request = http(asked.method, asked.path)
                await besiege(port, request, 32, 1)
                print(f"{'clients':<24}{'goodput/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'refused/s':>11}{'p99 ms':>9}")  # noqa: T201 -- a table
                for name, (clients, polite) in CLIENTS.items():
                    seen = await besiege(port, request, clients, seconds, polite=polite)
                    print(line(f"{name} ({clients})", seen, seconds))  # noqa: T201 -- a table


def line(name: str, seen: Seen, seconds: float) -> str:
    """Return one line of the table."""
    answered = f"{len(seen.answered) / seconds:>10.0f}{at(seen.answered, 0.5):>9.1f}{at(seen.answered, 0.99):>9.1f}"
    return f"{name:<24}{answered}{len(seen.refused) / seconds:>11.0f}{at(seen.refused, 0.99):>9.1f}"


def at(times: list[float], share: float) -> float:
    """Return the time, in milliseconds, that this share of all stays below."""
    return sorted(times)[int(len(times) * share)] * 1000 if times else 0.0


async def besiege(port: int, request: bytes, clients: int, seconds: float, *, polite: bool = True) -> Seen:
    """Send one request over and over from so many connections; any answer but 200 and 503 is an error."""
    seen = Seen()
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_client(port, request, end, seen, polite=polite) for _ in range(clients)))
    return seen


async def _client(port: int, request: bytes, end: float, seen: Seen, *, polite: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (start := time.perf_counter()) < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        match head[9:12]:
            case b"200":
                seen.answered.append(time.perf_counter() - start)
            case b"503":
                seen.refused.append(time.perf_counter() - start)
                if polite:
                    await asyncio.sleep(random.uniform(0.75, 1.25))  # noqa: S311 -- Retry-After is 1
            case _:
                raise RuntimeError(head.decode())
    writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement")
    asyncio.run(main(parser.parse_args().seconds))
