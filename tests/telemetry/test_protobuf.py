"""The bytes of traces, read back by the classes that OpenTelemetry generates."""

import math
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2

from janua import __version__
from janua.telemetry.protobuf import PASSING, message
from janua.telemetry.spans import Kind, Step, Trace, Value
from tests.telemetry.collector import attributes

CALLER = 0x0102030405060708
CLOSE = 10**9  # nanoseconds that a busy machine may take for a line
NAMES = st.one_of(st.sampled_from(sorted(PASSING)), st.text(string.ascii_lowercase, min_size=1))
VALUES = st.one_of(
    st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(), st.sampled_from([0, 1, 0.0, 1.0, True])
)


def read(*traces: Trace) -> list[trace_pb2.Span]:
    [of_process] = ExportTraceServiceRequest.FromString(message(traces, {"service.name": "janua"})).resource_spans
    assert attributes(of_process.resource.attributes) == {"service.name": "janua"}
    [scope] = of_process.scope_spans
    assert (scope.scope.name, scope.scope.version) == ("janua", __version__)
    return list(scope.spans)


def same(found: Value, wanted: Value) -> bool:
    return type(found) is type(wanted) and (found == wanted or (math.isnan(found) and math.isnan(wanted)))  # type: ignore[arg-type] -- only floats are not equal to themselves


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES))
def test_attributes_arrive_as_they_are_with_their_types(known: dict[str, Value], noted: dict[str, Value]) -> None:
    trace = Trace(step=Step("GET /api/books", Kind.SERVER, known))
    for name, value in noted.items():
        trace.note(name, value)
    [span] = read(trace)
    told = [(each.key, attributes([each])[each.key]) for each in span.attributes]
    wanted = [*known.items(), *noted.items()]
    assert [name for name, _ in told] == [name for name, _ in wanted]
    assert all(same(found, value) for (_, found), (_, value) in zip(told, wanted, strict=True))


def test_a_span_says_whose_it_is_when_it_was_and_what_became_of_it() -> None:
    trace = Trace(0xABC, step=Step("GET /api/books", Kind.SERVER))
    trace.parent, trace.state = CALLER, "vendor=1"
    failed = trace.begin(Step("SELECT books", Kind.CLIENT))
    failed.finish(ValueError())
    given_up = trace.begin(Step("plan"))
    before = time.time_ns()
    trace.finish()
    first, second, third = read(trace)
    assert {each.trace_id.hex() for each in (first, second, third)} == {f"{0xABC:032x}"}
    assert [int.from_bytes(each.span_id) for each in (first, second, third)] == [trace.id, failed.id, given_up.id]
    assert [int.from_bytes(each.parent_span_id) for each in (first, second, third)] == [CALLER, trace.id, trace.id]
    assert [each.name for each in (first, second, third)] == ["GET /api/books", "SELECT books", "plan"]
    assert [each.kind for each in (first, second, third)] == [Kind.SERVER, Kind.CLIENT, Kind.INTERNAL]
    assert [first.start_time_unix_nano, second.start_time_unix_nano] == [trace.at(trace.start), trace.at(failed.start)]
    assert first.end_time_unix_nano == third.end_time_unix_nano == trace.at(trace.end)
    assert abs(first.end_time_unix_nano - before) < CLOSE
    assert {(each.flags, each.trace_state) for each in (first, second, third)} == {(1, "vendor=1")}
    assert [each.status.code for each in (first, second, third)] == [0, trace_pb2.Status.STATUS_CODE_ERROR, 0]
    assert attributes(second.attributes) == {"error.type": "ValueError"}


def test_a_trace_without_a_caller_has_a_root_without_a_parent() -> None:
    trace = Trace(step=Step("GET", Kind.SERVER))
    assert read(trace)[0].parent_span_id == b""


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_383, 16_384, 3_000_000])
def test_long_texts_are_whole(size: int) -> None:
    trace = Trace(step=Step("SELECT", Kind.CLIENT, {"db.query.text": "x" * size}))
    assert attributes(read(trace)[0].attributes) == {"db.query.text": "x" * size}


def test_a_path_that_is_not_utf8_costs_no_other_span() -> None:
    first, second = Trace(), Trace()
    first.note("url.path", "/api/\udcff")
    second.note("url.path", "/api/books")
    assert [attributes(each.attributes)["url.path"] for each in read(first, second)] == ["/api/?", "/api/books"]
