"""Log lines: one JSON object each, with the trace they belong to."""

import json
import logging
from collections.abc import Generator

import pytest

from janua.telemetry.logs import configure
from janua.telemetry.spans import Kind, Step, Trace, current


@pytest.fixture(autouse=True)
def _root_logger() -> Generator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = before, level
    current.set(None)


def test_a_json_line_has_the_trace_that_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    span = Trace().begin(Step("GET /api/books", Kind.SERVER))
    current.set(span)
    logging.getLogger("janua.test").warning("line\nbreak %s", "“")
    line = capsys.readouterr().err.splitlines()
    assert len(line) == 1
    found = json.loads(line[0])
    assert found | {"time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "janua.test",
        "message": "line\nbreak “",
        "trace_id": f"{span.trace.id:032x}",
        "span_id": f"{span.id:016x}",
    }
    assert found["time"].endswith("Z")


def test_a_traceback_stays_inside_the_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    try:
        raise ValueError("why")
    except ValueError:
        logging.getLogger("janua.test").exception("failed")
    [line] = capsys.readouterr().err.splitlines()
    assert "ValueError: why" in json.loads(line)["exception"]
    assert "trace_id" not in json.loads(line)


def test_pretty_lines_are_for_people_and_levels_hold(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", "pretty")
    logging.getLogger("janua.test").info("not important")
    logging.getLogger("janua.test").warning("important")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("warning important")


def test_libraries_say_warnings_only(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", "pretty")
    logging.getLogger("uvicorn.error").info("Started server process")
    logging.getLogger("uvicorn.error").warning("heard")
    assert [line.split()[-1] for line in capsys.readouterr().err.splitlines()] == ["heard"]
