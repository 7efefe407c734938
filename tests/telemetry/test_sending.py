"""How traces wait for their collector: how many, for how long, and what becomes of those that are too many."""

import logging
import time

import pytest

from janua.telemetry.environment import SIZES
from janua.telemetry.otlp import TraceSender
from janua.telemetry.spans import Trace
from tests.telemetry.collector import Collector, attributes, collecting

PATIENCE = 20.0


def a_trace(number: int) -> Trace:
    trace = Trace()
    trace.note("number", number)
    return trace


def sent(collector: Collector) -> list[int]:
    return [attributes(each.attributes)["number"] for each in collector.spans]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SIZES:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_what_waits_is_sent_in_its_order_at_the_end(environment: pytest.MonkeyPatch) -> None:
    with collecting() as collector:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        sender = TraceSender()
        for number in range(1200):
            sender.send(a_trace(number))
        sender.close()
    assert sent(collector) == list(range(1200))
    assert max(len(each.resource_spans[0].scope_spans[0].spans) for each in collector.traces) <= 512


def test_a_full_batch_is_sent_at_once_and_a_part_of_one_after_a_while(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "10")
    environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "60000")
    with collecting() as collector:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        sender = TraceSender()
        for number in range(15):
            sender.send(a_trace(number))
        end = time.monotonic() + PATIENCE
        while len(sent(collector)) < 10 and time.monotonic() < end:
            time.sleep(0.01)
        assert sent(collector) == list(range(10))
        sender.close()
        assert sent(collector) == list(range(15))
        environment.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        sender = TraceSender()
        sender.send(a_trace(99))
        while 99 not in sent(collector) and time.monotonic() < end:
            time.sleep(0.01)
        assert sent(collector)[-1] == 99, "nobody closed it"
        sender.close()


def test_of_too_many_the_oldest_are_dropped_and_the_log_tells_once(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    environment.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "5")
    with collecting() as collector, caplog.at_level(logging.WARNING, "janua"):
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        sender = TraceSender()
        with collector.busy:
            for number in range(5):
                sender.send(a_trace(number))
            end = time.monotonic() + PATIENCE
            while not collector.asked and time.monotonic() < end:
                time.sleep(0.01)
            for number in range(5, 25):
                sender.send(a_trace(number))
        sender.close()
    assert sent(collector) == [0, 1, 2, 3, 4, 20, 21, 22, 23, 24]
    assert [each.getMessage() for each in caplog.records] == [
        "the collector does not keep up: traces are dropped (OTEL_BSP_MAX_QUEUE_SIZE)"
    ]


@pytest.mark.parametrize("given", ["", "none", "-1", "0", "1.5"])
def test_a_size_that_is_none_counts_for_nothing(given: str, environment: pytest.MonkeyPatch) -> None:
    for name in SIZES:
        environment.setenv(name, given)
    environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    sender = TraceSender()
    assert sender.sizes == tuple(SIZES.values())
    sender.close()
