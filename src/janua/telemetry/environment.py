"""OpenTelemetry's variables, looked at before a server starts: its SDK finds fault with them late, and in a traceback.

Start at `check_environment`.
"""

import os
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from janua.errors import InvalidConfiguration
from janua.telemetry.tracing import exports

RATIOS: Final = ("traceidratio", "parentbased_traceidratio")
DELAY: Final = "OTEL_BSP_SCHEDULE_DELAY"
LARGEST: Final = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"
QUEUE: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
SIZES: Final = {DELAY: 5000, QUEUE: 2048, LARGEST: 512}
"""Milliseconds until what waits is sent, traces that wait at most, and that are sent together; the SDK's defaults."""


def check_environment() -> None:
    """Look at the variables that decide what is sent to a collector, if anything is.

    Raises: `InvalidConfiguration`, which names the variable.
    """
    wanted = [exports("TRACES"), exports("METRICS")]
    if not any(wanted):
        return
    for name, (holds, rule) in _RULES.items():
        given = os.environ.get(name, "").strip()
        if given and not holds(given):
            raise InvalidConfiguration(name, f"must be {rule}, not {given!r}")
    queue, largest = (int(os.environ.get(name, "").strip() or SIZES[name]) for name in (QUEUE, LARGEST))
    if queue < largest:
        raise InvalidConfiguration(LARGEST, f"({SIZES[LARGEST]} if absent) must be no more than {QUEUE}")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


def _is_file(text: str) -> bool:
    return Path(text).is_file()


def _is_number(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


def _is_ratio(text: str) -> bool:
    try:
        return os.environ.get("OTEL_TRACES_SAMPLER", "").strip() not in RATIOS or 0 <= float(text) <= 1
    except ValueError:
        return False


def _is_pairs(text: str) -> bool:
    return all("=" in each for each in text.split(",") if each.strip())


_Rule = tuple[Callable[[str], bool], str]
_ADDRESS: Final[_Rule] = (_is_address, "a URL such as http://localhost:4318")
_COUNT: Final[_Rule] = (_is_count, "a whole number above 0")
_FILE: Final[_Rule] = (_is_file, "a file that can be read")
_SECONDS: Final[_Rule] = (_is_number, "a number of seconds")
_PAIRS: Final[_Rule] = (_is_pairs, "of the form name=value,name=value")
_ENDS: Final[Mapping[str, _Rule]] = {
    "ENDPOINT": _ADDRESS,
    "TIMEOUT": _SECONDS,
    "HEADERS": _PAIRS,
    "CERTIFICATE": _FILE,
    "CLIENT_CERTIFICATE": _FILE,
    "CLIENT_KEY": _FILE,
}
_RULES: Final[Mapping[str, _Rule]] = {
    **{f"OTEL_EXPORTER_OTLP_{of}{end}": _ENDS[end] for of, end in product(("", "TRACES_", "METRICS_"), _ENDS)},
    "OTEL_TRACES_SAMPLER_ARG": (_is_ratio, "a number from 0 to 1"),
    "OTEL_RESOURCE_ATTRIBUTES": _PAIRS,
    "OTEL_METRIC_EXPORT_INTERVAL": (_is_number, "a number of milliseconds"),
    DELAY: _COUNT,
    "OTEL_BSP_EXPORT_TIMEOUT": _COUNT,
    QUEUE: _COUNT,
    LARGEST: _COUNT,
}
