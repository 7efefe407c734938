"""A variable of OpenTelemetry that Janua cannot use is named before a server starts."""

import os
from pathlib import Path

import pytest

from janua.errors import InvalidConfiguration
from janua.telemetry.environment import check_environment
from janua.telemetry.otlp import TraceSender
from janua.telemetry.otlp_metrics import MetricsSender

COLLECTOR = "http://localhost:1"


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize(
    "assigned",
    [
        "OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
        "OTEL_TRACES_EXPORTER=console",
        "OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://[::1",
        "OTEL_EXPORTER_OTLP_HEADERS=nonsense",
        "OTEL_EXPORTER_OTLP_TIMEOUT=soon",
        "OTEL_EXPORTER_OTLP_CERTIFICATE=/nowhere.pem",
        "OTEL_RESOURCE_ATTRIBUTES=nonsense",
        "OTEL_METRIC_EXPORT_INTERVAL=0",
        "OTEL_METRIC_EXPORT_INTERVAL=nan",
        "OTEL_BSP_SCHEDULE_DELAY=1.5",
        "OTEL_BSP_MAX_QUEUE_SIZE=-1",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=4096",
        "OTEL_TRACES_SAMPLER_ARG=2",
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, assigned: str) -> None:
    name, _, value = assigned.partition("=")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
    check_environment()
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidConfiguration) as caught:
        check_environment()
    assert caught.value.setting == name
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    check_environment()


def test_a_queue_is_no_shorter_than_what_is_sent_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "100")
    with pytest.raises(InvalidConfiguration, match="must be no more than OTEL_BSP_MAX_QUEUE_SIZE"):
        check_environment()


def test_what_is_accepted_can_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    for name, value in {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://user@collector.example:4318/base/",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20x,other=",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
        "OTEL_EXPORTER_OTLP_CERTIFICATE": str(tmp_path / "ca.pem"),
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,",
        "OTEL_METRIC_EXPORT_INTERVAL": "60000.0",
        "OTEL_BSP_MAX_QUEUE_SIZE": "100",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100",
        "OTEL_TRACES_SAMPLER": "traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": "1e-3",
    }.items():
        monkeypatch.setenv(name, value)
    check_environment()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", COLLECTOR)
    for sender in (TraceSender(), MetricsSender()):
        sender.close()
