"""Log lines: one JSON object each, with the trace they belong to."""

import json
import logging
from collections.abc import Generator

import pytest

from janua.telemetry.logs import configure
from janua.telemetry.spans import Trace, current
from janua.telemetry.trouble import AGAIN_SECONDS, Trouble


@pytest.fixture(autouse=True)
def _root_logger() -> Generator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = before, level
    current.set(None)


def test_a_json_line_has_the_trace_that_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    trace = Trace()
    current.set((trace, trace.id))
    logging.getLogger("janua.test").warning("line\nbreak %s", "“")
    line = capsys.readouterr().err.splitlines()
    assert len(line) == 1
    found = json.loads(line[0])
    assert found | {"time": ""} == {
        "time": "",
        "level": "warning",
        "logger": "janua.test",
        "message": "line\nbreak “",
        "trace_id": f"{trace.trace_id:032x}",
        "span_id": f"{trace.id:016x}",
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


def test_what_lasts_is_said_now_and_then_and_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    trouble = Trouble(logging.getLogger("janua.test"), "it cannot be done", "it can be done again", clock=lambda: now)
    trouble.ends()
    for second in range(int(AGAIN_SECONDS) + 10):
        now = float(second)
        trouble.lasts("there is no power")
        if second > 5:
            trouble.lasts("the fuse is blown")
    trouble.ends()
    trouble.ends()
    trouble.lasts("there is no power")
    assert [each.getMessage() for each in caplog.records] == [
        "it cannot be done: there is no power",
        "it cannot be done: the fuse is blown",
        "it cannot be done: there is no power",
        "it cannot be done: the fuse is blown",
        "it can be done again",
        "it cannot be done: there is no power",
    ]
