"""Send the figures of `janua.telemetry.metrics` to a collector too, every `OTEL_METRIC_EXPORT_INTERVAL` milliseconds.

The instruments are prometheus_client's, which cost a tenth of OpenTelemetry's; here they are read and put into
OpenTelemetry's data model. Start at `MetricsSender`; `measured` is the translation.
"""

import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics.export import (
    AggregationTemporality,
    Gauge,
    Histogram,
    HistogramDataPoint,
    Metric,
    MetricsData,
    NumberDataPoint,
    ResourceMetrics,
    ScopeMetrics,
    Sum,
)
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from prometheus_client import REGISTRY
from prometheus_client import Metric as Family
from prometheus_client.samples import Sample

from janua import __version__
from janua.telemetry import metrics
from janua.telemetry.otlp import resource

INTERVAL: Final = "OTEL_METRIC_EXPORT_INTERVAL"
DEFAULT_INTERVAL: Final = 60_000.0  # milliseconds; OpenTelemetry's specification
_ATTRIBUTES: Final = {
    "http_request_method": "http.request.method",
    "http_route": "http.route",
    "http_response_status_code": "http.response.status_code",
    "db_operation_name": "db.operation.name",
    "janua_collection": "janua.collection",
}
"""Label → attribute; in Prometheus, names have no dots."""
_NAMES: Final = {
    "http_server_request_duration_seconds": "http.server.request.duration",
    "http_server_active_requests": "http.server.active_requests",
    "db_client_operation_duration_seconds": "db.client.operation.duration",
    "db_client_connection_count": "db.client.connection.count",
    "db_client_connection_max": "db.client.connection.max",
    "db_client_connection_wait_time_seconds": "db.client.connection.wait_time",
}
"""Metric → the semantic conventions' name, where they have one."""

Labels = tuple[tuple[str, str], ...]


class MetricsSender:
    """Sends all figures from a thread until it is closed, and then once more."""

    def __init__(self) -> None:
        self._exporter = OTLPMetricExporter()
        self._resource = resource()
        self._started = time.time_ns()
        self._closed = threading.Event()
        self._interval = float(os.environ.get(INTERVAL) or DEFAULT_INTERVAL) / 1000
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send the last figures and stop."""
        self._closed.set()
        self._thread.join()
        self._exporter.shutdown()  # pyright: ignore[reportUnknownMemberType]  # takes anything

    def _run(self) -> None:
        while not self._closed.wait(self._interval):
            self._send()
        self._send()

    def _send(self) -> None:
        metrics.observe()
        found = measured(REGISTRY.collect(), self._started, time.time_ns())
        scope = ScopeMetrics(InstrumentationScope("janua", __version__), found, "")
        self._exporter.export(  # pyright: ignore[reportUnknownMemberType]  # takes anything
            MetricsData([ResourceMetrics(self._resource, [scope], "")])
        )


def measured(families: Iterable[Family], started: int, now: int) -> Sequence[Metric]:
    """Return the figures in OpenTelemetry's data model."""
    return [
        Metric(_name(each.name), each.documentation, "s" if each.name.endswith("_seconds") else "", data)
        for each in families
        if (data := _data(each, started, now)) is not None
    ]


def _name(name: str) -> str:
    return _NAMES.get(name) or name.removesuffix("_seconds").replace("janua_", "janua.", 1)


def _data(family: Family, started: int, now: int) -> Sum | Gauge | Histogram | None:
    match family.type:
        case "counter":
            points = [each for each in family.samples if each.name.endswith("_total")]
            numbers = [_number(each, started, now) for each in points]
            return Sum(numbers, AggregationTemporality.CUMULATIVE, is_monotonic=True)
        case "gauge":
            return Gauge([_number(each, started, now) for each in family.samples])
        case "histogram":
            return Histogram(_histograms(family, started, now), AggregationTemporality.CUMULATIVE)
        case _:
            return None  # `python_info` and the like, which the resource says


def _number(sample: Sample, started: int, now: int) -> NumberDataPoint:
    return NumberDataPoint(_attributes(sample.labels), started, now, sample.value)


def _histograms(family: Family, started: int, now: int) -> list[HistogramDataPoint]:
    buckets: dict[Labels, list[tuple[float, float]]] = {}
    sums: dict[Labels, float] = {}
    for sample in family.samples:
        labels = tuple((name, value) for name, value in sample.labels.items() if name != "le")
        if sample.name.endswith("_bucket"):
            buckets.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_sum"):
            sums[labels] = sample.value
    return [_histogram(dict(labels), each, sums[labels], started, now) for labels, each in buckets.items()]


def _histogram(
    labels: Mapping[str, str], buckets: list[tuple[float, float]], total: float, started: int, now: int
) -> HistogramDataPoint:
    # Prometheus's buckets hold all below their bound, OpenTelemetry's what is between two bounds.
    counts = [count for _, count in buckets]
    between = [int(count - before) for before, count in zip([0.0, *counts], counts, strict=False)]
    bounds = [bound for bound, _ in buckets[:-1]]
    least, most = float("inf"), float("-inf")  # as the SDK's own, where they are not recorded
    return HistogramDataPoint(_attributes(labels), started, now, int(counts[-1]), total, between, bounds, least, most)


def _attributes(labels: Mapping[str, str]) -> dict[str, str | int]:
    found: dict[str, str | int] = {_ATTRIBUTES.get(name, name): value for name, value in labels.items()}
    status = found.get("http.response.status_code")
    return found | ({"http.response.status_code": int(status)} if isinstance(status, str) and status else {})
