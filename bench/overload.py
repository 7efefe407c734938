"""Ten times as many clients as it takes to keep a worker busy: `python -m bench.overload [--seconds 1.5] [--rounds 5]`.

Prints, for few clients, for enough and for ten times that: answers per second (goodput), their p50 and p99, of the
refused (503) how many and their p99, and beside those of enough clients, goodput and p99: medians of rounds, and of the
ratios within rounds, for what else the machine does changes from one to the next. "Unloaded" is here enough clients:
as many as the worker needs to do its most. What is asked in the first `SETTLING` seconds of each is left out: a worker
that has had little to do takes as many on as it has places for. Rude clients do not wait after a 503, but ask again at
once; that many of them keep the generator busier than the server, so measure on more than two cores.
"""

import argparse
import asyncio
import random
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import cases, library
from bench.load import http
from bench.servers import janua
from janua.config import load_settings
from janua.gateway.gateway import open_gateway
from janua.storage import embedded, migrations

CLIENTS = {"few": (4, True), "enough": (32, True), "ten times": (320, True), "ten times, rude": (320, False)}
"""Name → how many, and whether they wait as `Retry-After` asks them to."""
UNLOADED = "enough"
SETTLING = 0.5
HEAD = f"{'clients':<24}{'goodput/s':>10}{'':>6}{'p50 ms':>9}{'p99 ms':>9}{'':>6}{'refused/s':>11}{'p99 ms':>9}"


@dataclass
class Seen:
    """Seconds to the answers, and to the refusals."""

    answered: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])


async def main(seconds: float, rounds: int) -> None:
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
                found: dict[str, list[Seen]] = {name: [] for name in CLIENTS}
                for _ in range(rounds):
                    for name, (clients, polite) in CLIENTS.items():
                        found[name].append(await besiege(port, request, clients, seconds, polite=polite))
                print(HEAD)  # noqa: T201 -- a table
                for name, each in found.items():
                    print(line(f"{name} ({CLIENTS[name][0]})", each, found[UNLOADED], seconds))  # noqa: T201 -- a table


def line(name: str, rounds: list[Seen], unloaded: list[Seen], seconds: float) -> str:
    """Return one line of the table."""
    goodput = median(len(each.answered) for each in rounds) / seconds
    p50, p99, refused = (median(at(each, share) for each in times) for times, share in (
        ([each.answered for each in rounds], 0.5),
        ([each.answered for each in rounds], 0.99),
        ([each.refused for each in rounds], 0.99),
    ))  # fmt: skip
    pairs = list(zip(rounds, unloaded, strict=True))
    share = median(len(this.answered) / len(that.answered) for this, that in pairs)
    times = median(at(this.answered, 0.99) / at(that.answered, 0.99) for this, that in pairs)
    away = median(len(each.refused) for each in rounds) / seconds
    answered = f"{goodput:>10.0f}{share:>6.0%}{p50:>9.1f}{p99:>9.1f}{times:>5.1f}x"
    return f"{name:<24}{answered}{away:>11.0f}{refused:>9.1f}"


def at(times: list[float], share: float) -> float:
    """Return the time, in milliseconds, that this share of all stays below."""
    return sorted(times)[int(len(times) * share)] * 1000 if times else 0.0


async def besiege(port: int, request: bytes, clients: int, seconds: float, *, polite: bool = True) -> Seen:
    """Send one request over and over from so many connections; any answer but 200 and 503 is an error."""
    seen = Seen()
    start = time.perf_counter() + SETTLING
    await asyncio.gather(*(_client(port, request, start, start + seconds, seen, polite=polite) for _ in range(clients)))
    return seen


async def _client(port: int, request: bytes, start: float, end: float, seen: Seen, *, polite: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (asked := time.perf_counter()) < end:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(each for each in head.lower().split(b"\r\n") if each.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        times = {b"200": seen.answered, b"503": seen.refused}.get(head[9:12])
        if times is None:
            raise RuntimeError(head.decode())
        if asked >= start:
            times.append(time.perf_counter() - asked)
        if polite and times is seen.refused:
            await asyncio.sleep(random.uniform(0.75, 1.25))  # noqa: S311 -- Retry-After is 1
    writer.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each")
    options = parser.parse_args()
    asyncio.run(main(options.seconds, options.rounds))
