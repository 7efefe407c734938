"""What decides whether a request is traced agrees with the SDK and the W3C, which it does without."""

import itertools
import random

import pytest
from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    Decision,
    ParentBased,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from janua.telemetry.sampling import Sampling
from janua.telemetry.traceparent import Caller, caller_of, traceparent

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Odd(Sampler):
    """One that the SDK does not have: every second id."""

    def should_sample(self, parent_context: Context | None, trace_id: int, *_: object, **__: object) -> SamplingResult:
        return SamplingResult(Decision.RECORD_AND_SAMPLE if trace_id % 2 else Decision.DROP)

    def get_description(self) -> str:
        return "Odd"


SAMPLERS = [
    ALWAYS_ON,
    ALWAYS_OFF,
    *(TraceIdRatioBased(each) for each in (0.0, 0.01, 0.5, 1.0)),
    ParentBased(ALWAYS_ON),
    ParentBased(ALWAYS_OFF),
    ParentBased(TraceIdRatioBased(0.3)),
    ParentBased(ALWAYS_ON, remote_parent_sampled=ALWAYS_OFF),
    ParentBased(ALWAYS_OFF, remote_parent_not_sampled=ALWAYS_ON),
    Odd(),
    ParentBased(Odd()),
]


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda each: each.get_description()[:60])
def test_a_sampler_decides_as_the_sdk_lets_it(sampler: Sampler) -> None:
    ours = Sampling(sampler)
    source = random.Random(5)
    ids = [1, 2, 2**64 - 1, 2**64, 2**128 - 1, *(source.getrandbits(128) or 1 for _ in range(300))]
    for id, sampled in itertools.product(ids, (None, True, False)):
        caller = None if sampled is None else Caller(id, 7, sampled, "")
        header = None if caller is None else traceparent(id, 7, sampled=caller.sampled).decode()
        parent = TraceContextTextMapPropagator().extract({"traceparent": header} if header else {}, Context())
        decided = sampler.should_sample(parent, id, "").decision is Decision.RECORD_AND_SAMPLE
        assert ours.samples(id, caller) is decided, (id, sampled)


@pytest.mark.parametrize(
    ("name", "share", "wanted"),
    [
        ("", "", 1.0),
        ("always_off", "", 0.0),
        ("parentbased_always_off", "", 0.0),
        ("traceidratio", "0.25", 0.25),
        ("parentbased_traceidratio", "0.25", 0.25),
    ],
)
def test_the_environment_says_how_many(name: str, share: str, wanted: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", name)
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", share)
    ours = Sampling()
    source = random.Random(7)
    found = sum(ours.samples(source.getrandbits(128), None) for _ in range(4000)) / 4000
    assert found == pytest.approx(wanted, abs=0.05 if 0 < wanted < 1 else 0)


@pytest.mark.parametrize(
    "header",
    [
        f"00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-00",
        f"00-{TRACE}-{SPAN}-03",
        f"00-{TRACE}-{SPAN}-02",
        f"01-{TRACE}-{SPAN}-01",
        f"01-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01-",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}",
        f" 00-{TRACE}-{SPAN}-01 ",
        f"0-{TRACE}-{SPAN}-01",
        f"xx-{TRACE}-{SPAN}-01",
        "",
        "00",
        "é",
    ],
)
def test_a_callers_header_is_read_as_the_sdk_reads_it(header: str) -> None:
    found = caller_of([(b"host", b"x"), (b"traceparent", header.encode("latin-1"))])
    context = TraceContextTextMapPropagator().extract({"traceparent": header}, Context())
    theirs = api.get_current_span(context).get_span_context()
    if theirs.is_valid:
        assert found == (theirs.trace_id, theirs.span_id, theirs.trace_flags.sampled, "")
    else:
        assert found is None


def test_what_vendors_say_goes_along_from_all_headers_in_their_order() -> None:
    headers = [(b"traceparent", f"00-{TRACE}-{SPAN}-01".encode()), (b"tracestate", b"a=1"), (b"tracestate", b"b=2")]
    assert caller_of(headers) == (int(TRACE, 16), int(SPAN, 16), True, "a=1,b=2")
