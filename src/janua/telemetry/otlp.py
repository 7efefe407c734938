"""Send finished traces to a collector: OTLP over HTTP in protobuf, in batches, from a thread.

How many wait, and for how long, is said by `OTEL_BSP_…`, as for the SDK's own queue, which takes ten times as long to
put something in. The SDK sends (`OTEL_EXPORTER_OTLP_…`). Start at `TraceSender`.
"""

import logging
import os
import socket
import threading
from collections import deque

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource

from janua import __version__
from janua.telemetry.environment import SIZES
from janua.telemetry.protobuf import message
from janua.telemetry.sampling import Sampling
from janua.telemetry.spans import Trace

log = logging.getLogger(__name__)


def resource() -> Resource:
    """Return what this process is; `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` win."""
    own = {
        "service.name": "janua",
        "service.version": __version__,
        "service.instance.id": f"{socket.gethostname()}-{os.getpid()}",
    }
    return Resource.create(own).merge(OTELResourceDetector().detect())


class TraceSender:
    """Takes finished traces and sends them on; drops the oldest when the collector does not keep up."""

    def __init__(self) -> None:
        self.sizes = tuple(_size(name, default) for name, default in SIZES.items())
        self._delay, self._most, batch = self.sizes[0] / 1000, self.sizes[1], self.sizes[2]
        self._batch = min(batch, self._most)
        self._waiting: deque[Trace] = deque(maxlen=self._most)
        self._told = self._closed = False
        self._wake = threading.Event()
        self._resource = resource().attributes
        self._otlp = OTLPSpanExporter()
        self.sampling = Sampling()
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def send(self, trace: Trace) -> None:
        """Queue a trace; returns at once."""
        count = len(self._waiting) + 1
        if count > self._most and not self._told:
            self._told = True
            log.warning("the collector does not keep up: traces are dropped (OTEL_BSP_MAX_QUEUE_SIZE)")
        self._waiting.append(trace)
        if count == self._batch:
            self._wake.set()

    def close(self) -> None:
        """Send what is queued; takes as long as the collector, up to `OTEL_EXPORTER_OTLP_TIMEOUT`."""
        self._closed = True
        self._wake.set()
        self._thread.join()
        self._otlp.shutdown()

    def _run(self) -> None:
        while not self._closed:
            woken = self._wake.wait(self._delay)
            self._wake.clear()
            self._send(self._batch if woken else 1)
        self._send(1)

    def _send(self, least: int) -> None:
        """Send what waits, as long as it is so many."""
        while len(self._waiting) >= least:
            traces = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
            try:
                sent = self._otlp._client.export(message(traces, self._resource))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # the public way encodes first
            except Exception:
                log.exception("traces cannot be sent")
            else:
                if self._closed and not sent.success:
                    return  # the end of the process does not wait for a collector that is not there


def _size(name: str, default: int) -> int:
    given = os.environ.get(name, "").strip()
    return int(given) if given.isdecimal() and int(given) > 0 else default
