"""What `/metrics` answers after real requests, from one process and from several workers."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from janua.telemetry import metrics

pytestmark = pytest.mark.anyio


def figures(text: str) -> dict[str, float]:
    """Metric with its labels → value."""
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def grown(before: dict[str, float], after: dict[str, float], name: str) -> float:
    """How much the figures of this name have grown, all labels together."""
    names = [each for each in after if re.match(rf"{name}\b", each)]
    assert names, f"there is no {name}"
    return sum(after[each] - before.get(each, 0.0) for each in names)


async def test_requests_statements_imports_and_the_state_of_things_are_counted(
    http: httpx.AsyncClient, library: None
) -> None:
    before = figures((await http.get("/metrics")).text)
    for _ in range(3):
        await http.get("/api/books")
    lines = b'{"title": "A"}\n{"title": 1}\n{"title": "B"}\n'
    await http.post("/api/books/import?on_error=skip", content=lines, headers={"Content-Type": "application/x-ndjson"})
    answer = await http.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    after = figures(answer.text)
    requests = "http_server_request_duration_seconds_count"
    labels = [("http_request_method", "GET"), ("http_response_status_code", "200"), ("http_route", "/api/{collection}")]
    assert after[f"{requests}{labels}"] - before.get(f"{requests}{labels}", 0) == 3
    assert grown(before, after, r"db_client_operation_duration_seconds_count") >= 3
    assert grown(before, after, r"janua_cache_requests_total") >= 3
    rows = "janua_import_rows_total"
    for outcome, count in (("inserted", 2), ("rejected", 1)):
        key = f"{rows}{[('janua_collection', 'books'), ('outcome', outcome)]}"
        assert after[key] - before.get(key, 0) == count
    assert after["janua_collections[]"] == 4, "the three of the library, and records"
    assert after["janua_catalog_revision[]"] >= 1
    assert after["db_client_connection_max[]"] == 10
    assert after["http_server_active_requests[]"] == 1, "the one that asks"


def test_no_duration_is_lost_or_counted_twice_while_others_look() -> None:
    name, count = "/tallied", 5 * metrics.MOST_NOTED + 7
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            metrics.observe()

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(count):
        metrics.request_answered("GET", name, 200, 0.004)
    done.set()
    looking.join()
    found = {each: value for each, value in figures(metrics.exposition().decode()).items() if name in each}
    assert {value for each, value in found.items() if "_count" in each} == {count}
    assert {value for each, value in found.items() if "'0.0025'" in each} == {0}
    assert {value for each, value in found.items() if "'0.005'" in each} == {count}
    assert [value for each, value in found.items() if "_sum" in each] == [pytest.approx(count * 0.004)]


async def test_paths_that_callers_make_up_are_no_labels(http: httpx.AsyncClient) -> None:
    for path in ("/nonsense-1", "/api/nonsense-2", "/registry/nonsense-3/versions/4", "/static/nonsense-5"):
        await http.get(path)
    await http.request("NONSENSE6", "/api/books")
    assert "nonsense" not in (await http.get("/metrics")).text.lower()


def test_any_worker_answers_for_all(database: str) -> None:
    with serving_with_workers(database) as address:
        for _ in range(40):
            # A connection of its own each: which worker takes it is for the kernel to decide.
            assert httpx.get(f"{address}/readyz", timeout=60).status_code == 200
        time.sleep(1.5)  # longer than the figures of the other workers' state take
        found = {count_of_ready(httpx.get(f"{address}/metrics").text) for _ in range(10)}
        assert found == {40}
        assert figures(httpx.get(f"{address}/metrics").text)["db_client_connection_max[]"] == 20


def count_of_ready(text: str) -> float:
    found = figures(text)
    return sum(
        each for name, each in found.items() if name.startswith("http_server_request_duration_seconds_count")
        and "'/readyz'" in name and "'200'" in name
    )  # fmt: skip


@contextmanager
def serving_with_workers(dsn: str) -> Generator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "janua", "serve", "--workers", "2", "--port", str(port)],
        env=os.environ | {"JANUA_DATABASE__DSN": dsn},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 120
        while not listening(port):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
