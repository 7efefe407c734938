"""Which requests are traced, and where their traces go: to a collector, to the page `/traces`, nowhere.

OpenTelemetry's standard variables decide (`OTEL_SDK_DISABLED`, `OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_ENDPOINT`,
`OTEL_TRACES_SAMPLER`, …). Start at `open_tracing`.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator
from random import getrandbits
from typing import TYPE_CHECKING, Final

from janua.errors import InvalidConfiguration
from janua.telemetry.recent import Recent
from janua.telemetry.spans import Trace
from janua.telemetry.traceparent import Headers, caller_of

if TYPE_CHECKING:
    from janua.telemetry.otlp import TraceSender
    from janua.telemetry.otlp_metrics import MetricsSender

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_{}_ENDPOINT")
PROTOCOL: Final = "OTEL_EXPORTER_OTLP_PROTOCOL"
CLOSE_PATIENCE: Final = 3.0  # seconds for the collector to take what is left
_LOW: Final = 2**64 - 1


class Tracing:
    """Begins and ends the traces of requests; `recent` is where developers look, None in production."""

    def __init__(self, sender: "TraceSender | None" = None, recent: Recent | None = None) -> None:
        self.open(sender, recent)

    def open(self, sender: "TraceSender | None", recent: Recent | None) -> None:
        """Trace for these from now on; for neither of them, not at all."""
        self.recent = recent
        self._sender = sender
        self.is_on = sender is not None or recent is not None
        self._bound = 0 if sender is None else sender.sampling.bound

    def begin(self, headers: Headers) -> Trace | None:
        """Return a trace for a request with these headers, None if it is not to be traced."""
        caller = caller_of(headers)
        id = getrandbits(128) if caller is None else caller.trace
        if caller is None and self._bound is not None:
            sampled = id & _LOW < self._bound  # as `Sampling.samples`, which is a call more for each request
        else:
            sampled = self._sender is not None and self._sender.sampling.samples(id, caller)
        if not sampled and self.recent is None:
            return None
        trace = Trace(id, sampled=sampled)
        if caller is not None:
            trace.parent, trace.state = caller.span, caller.state
        if self.recent is not None:
            trace.parameters = {}
        return trace

    def end(self, trace: Trace) -> None:
        """Pass a finished trace on."""
        if self.recent is not None:
            trace.settle()
            self.recent.keep(trace)
        if trace.sampled and self._sender is not None:
            self._sender.send(trace)


@contextlib.asynccontextmanager
async def open_tracing(tracing: Tracing, *, dev: bool) -> AsyncGenerator[None]:
    """Trace as the environment says while the block runs; `dev` keeps the last requests for `/traces`.

    Raises: `InvalidConfiguration` when the environment asks for an exporter or a protocol that Janua does not have.
    """
    traces, metrics = senders()
    tracing.open(traces, Recent() if dev else None)
    try:
        yield
    finally:
        closing = [asyncio.to_thread(each.close) for each in (traces, metrics) if each is not None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_PATIENCE):
                await asyncio.gather(*closing)


def senders() -> "tuple[TraceSender | None, MetricsSender | None]":
    """Return what the environment asks for; OpenTelemetry's SDK is loaded only then, for that takes a while."""
    wants_traces, wants_metrics = exports("TRACES"), exports("METRICS")
    if not wants_traces and not wants_metrics:
        return None, None
    from janua.telemetry.otlp import TraceSender
    from janua.telemetry.otlp_metrics import MetricsSender

    return TraceSender() if wants_traces else None, MetricsSender() if wants_metrics else None


def exports(signal: str) -> bool:
    """Say whether the environment asks for `TRACES` or `METRICS` to be sent to a collector.

    Raises: `InvalidConfiguration`.
    """
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    variable = f"OTEL_{signal}_EXPORTER"
    exporter = os.environ.get(variable, "").strip()
    if exporter not in ("", "otlp", "none"):
        raise InvalidConfiguration(variable, f"must be otlp or none, not {exporter!r}")
    wanted = exporter == "otlp" or any(os.environ.get(each.format(signal)) for each in ENDPOINTS)
    if exporter == "none" or not wanted:
        return False
    for name in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", PROTOCOL):
        if (protocol := os.environ.get(name, "").strip()) not in ("", "http/protobuf"):
            raise InvalidConfiguration(name, f"must be http/protobuf (port 4318 of a collector), not {protocol!r}")
    return True
