"""Log lines on standard error: one JSON object each, or for people to read; both carry the trace they belong to.

Start at `configure`.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final, Literal

from janua.telemetry.spans import current

COLOURS: Final = {"WARNING": "\x1b[33m", "ERROR": "\x1b[31m", "CRITICAL": "\x1b[31m", "DEBUG": "\x1b[2m"}
PLAIN: Final = "\x1b[0m"
QUIET: Final = ("asyncio", "uvicorn", "opentelemetry", "watchfiles", "pgmigrate", "sqlglot")
"""Libraries whose lines below a warning tell an operator nothing."""
SILENT: Final = ("asyncpg.pool",)
"""Libraries whose warnings do neither: a traceback, twice a second, while PostgreSQL is away."""


Level = Literal["debug", "info", "warning", "error"]
Format = Literal["json", "pretty"]


def configure(level: Level, format: Format) -> None:
    """Write what is at least of this level to standard error, instead of wherever it went before."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if format == "json" else PrettyLines(colours=sys.stderr.isatty()))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.ERROR)


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": _time(record).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_trace(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class PrettyLines(logging.Formatter):
    """Time, level and message in a line; below it a traceback, where there is one."""

    def __init__(self, *, colours: bool) -> None:
        super().__init__()
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        level = f"{record.levelname.lower():<7}"
        if self._colours and record.levelname in COLOURS:
            level = f"{COLOURS[record.levelname]}{level}{PLAIN}"
        trace = "".join(f"  trace {each}" for name, each in _trace().items() if name == "trace_id")
        line = f"{_time(record).astimezone():%H:%M:%S} {level} {record.getMessage()}{trace}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


def _trace() -> dict[str, str]:
    """Return the ids of the step that is running; records are formatted where they are made."""
    inside = current.get()
    return {} if inside is None else {"trace_id": f"{inside[0].trace_id:032x}", "span_id": f"{inside[1]:016x}"}
