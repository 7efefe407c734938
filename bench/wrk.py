"""Load by wrk: so many connections, each sending the next request when it has the answer to the last."""

import asyncio
import json
import math
import re
import tempfile
from pathlib import Path

from bench.cases import Asked
from bench.load import Measured

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
GOOD = range(200, 400)
LONGEST_SECONDS = 30


async def load(port: int, asked: Asked, *, connections: int, seconds: float) -> Measured:
    """Send one request over and over, for whole seconds, and more of them until there is an answer.

    Raises: `RuntimeError` when answers have another status than they should.
    """
    told = await _run(port, asked, connections=connections, seconds=math.ceil(seconds))
    requests, bad = number(r"(\d+) requests in", told), number(r"Non-2xx or 3xx responses: (\d+)", told)
    if not requests and seconds < LONGEST_SECONDS:
        return await load(port, asked, connections=connections, seconds=2 * math.ceil(seconds))
    # A function of ours that looks at every answer would cost wrk more than sending the request.
    p99 = re.search(r"99%\s+([\d.]+)([a-z]+)", told)
    if "Socket errors" in told or p99 is None or bad != (0 if asked.status in GOOD else requests):
        raise RuntimeError(told)
    return Measured(number(r"Requests/sec:\s+([\d.]+)", told), float(p99[1]) * UNITS[p99[2]])


async def _run(port: int, asked: Asked, *, connections: int, seconds: int) -> str:
    with tempfile.TemporaryDirectory() as directory:
        script = Path(directory) / "request.lua"
        script.write_text(lua(asked))
        sent = [f"-c{connections}", "-t1", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", str(script)]
        process = await asyncio.create_subprocess_exec(
            "wrk", *sent, f"http://127.0.0.1:{port}{asked.path}", stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode()


def number(pattern: str, told: str) -> float:
    """Return the number that wrk told, 0 when it told none."""
    found = re.search(pattern, told)
    return float(found[1]) if found else 0.0


def lua(asked: Asked) -> str:
    """Return the program that wrk reads its request from."""
    return (
        f"wrk.method = {json.dumps(asked.method)}\n"
        f"wrk.body = [==[{asked.body.decode()}]==]\n"
        f'wrk.headers["Content-Type"] = {json.dumps(asked.type)}\n'
    )
