"""What a collector gets of real requests, and what the client is told of it."""

import asyncio
import gc
import os
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import httpx
import pytest

from janua.app import server_config
from janua.config import Settings
from janua.errors import InvalidConfiguration
from janua.gateway.gateway import Gateway, open_gateway
from janua.gateway.schemas import register_many
from janua.model.collection import Schema
from janua.telemetry.spans import Trace
from janua.telemetry.tracing import exports
from tests.api.serving import serving
from tests.telemetry.collector import Collector, attributes, collecting
from tests.telemetry.test_metrics import figures

pytestmark = pytest.mark.anyio

BOOKS: Schema = {"title": "Book", "type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Generator[Collector]:
    with collecting() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.endpoint)
        yield found


@pytest.fixture
async def gateway(settings: Settings) -> AsyncGenerator[Gateway]:
    async with open_gateway(settings, name="test") as opened:
        await register_many(opened, {"books": BOOKS})
        yield opened


@asynccontextmanager
async def client(gateway: Gateway, *, dev: bool = False) -> AsyncGenerator[httpx.AsyncClient]:
    """The spans are with the collector when the block has ended."""
    async with (
        serving(server_config(gateway.settings, dev=dev, gateway=gateway)) as address,
        httpx.AsyncClient(base_url=address, timeout=30) as http,
    ):
        yield http


async def test_a_request_is_a_trace_with_its_plan_and_its_statement(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        answer = await http.get("/api/books?title=Dune", headers={"User-Agent": "test"})
    assert answer.status_code == 200
    spans = {each.name: each for each in collector.spans}
    assert set(spans) >= {"GET /api/{collection}", "plan", "SELECT books"}
    root, sql = spans["GET /api/{collection}"], spans["SELECT books"]
    assert {each.parent_span_id for each in (spans["plan"], sql)} == {root.span_id}
    assert len({each.trace_id for each in spans.values()}) == 1
    assert root.start_time_unix_nano <= sql.start_time_unix_nano < sql.end_time_unix_nano <= root.end_time_unix_nano
    assert attributes(root.attributes) | {"server.port": 0} == {
        "http.request.method": "GET",
        "http.route": "/api/{collection}",
        "http.response.status_code": 200,
        "url.path": "/api/books",
        "url.scheme": "http",
        "network.protocol.version": "1.1",
        "server.address": "127.0.0.1",
        "server.port": 0,
        "user_agent.original": "test",
        "janua.collection": "books",
        "janua.schema_version": 1,
        "janua.catalog_revision": gateway.live.catalog.revision,
    }
    found = attributes(sql.attributes)
    assert found["db.system.name"] == "postgresql"
    assert found["db.query.text"].startswith(("SELECT", "WITH"))
    assert "Dune" not in str(spans), "values and query strings stay out of what is sent on"
    assert collector.resource["service.name"] == "janua"


async def test_a_write_is_validated_in_a_step_of_its_own(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        assert (await http.post("/api/books", json={"title": "Dune"})).status_code == 201
        assert (await http.post("/api/books", json={})).status_code == 422
    steps = [each for each in collector.spans if each.name == "validate"]
    assert [attributes(each.attributes).get("error.type") for each in steps] == [None, "record.invalid"]
    assert {attributes(each.attributes)["janua.schema_version"] for each in steps} == {1}


async def test_a_callers_trace_goes_on_and_the_answer_names_it(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        headers = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "vendor=1"}
        answer = await http.get("/api/books", headers=headers)
    [root] = [each for each in collector.spans if each.kind == 2]
    assert (root.trace_id.hex(), root.parent_span_id.hex(), root.trace_state) == (TRACE, CALLER, "vendor=1")
    assert answer.headers["traceparent"] == f"00-{TRACE}-{root.span_id.hex()}-01"


async def test_what_was_sent_is_freed_without_a_search_for_garbage(gateway: Gateway, collector: Collector) -> None:
    key = "0198c5a4-7c1e-7d6a-b8f0-3f2a9d1c5e77"
    gc.disable()
    try:
        async with client(gateway) as http:
            await asyncio.gather(*(http.get(f"/api/books/{key}") for _ in range(100)))
        kept = [each for each in gc.get_objects() if isinstance(each, Trace)]
    finally:
        gc.enable()
    assert len([each for each in collector.spans if each.kind == 2]) == 100
    assert len(kept) <= 20, "those whose tasks their connections still know"


async def test_a_caller_that_does_not_sample_is_followed(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        await http.get("/api/books", headers={"traceparent": f"00-{TRACE}-{CALLER}-00"})
    assert collector.spans == []


async def test_the_sampler_of_the_environment_decides(
    gateway: Gateway, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "always_off")
    async with client(gateway) as http:
        assert "traceparent" not in (await http.get("/api/books")).headers
    assert collector.spans == []


async def test_a_malformed_traceparent_starts_a_new_trace(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        answer = await http.get("/api/books", headers={"traceparent": "00-zzz-1-01"})
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", answer.headers["traceparent"])
    assert TRACE not in answer.headers["traceparent"]


async def test_the_environment_names_the_service(
    gateway: Gateway, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "library")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    async with client(gateway) as http:
        await http.get("/api/books")
    assert collector.resource["service.name"] == "library"
    assert collector.resource["deployment.environment.name"] == "test"


async def test_health_checks_are_not_traced(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await http.get(path)).status_code == 200
    assert collector.spans == []


async def test_without_a_collector_nothing_is_traced_and_production_tells_no_timings(gateway: Gateway) -> None:
    async with client(gateway) as http:
        answer = await http.get("/api/books")
    assert {"traceparent", "server-timing"} & set(answer.headers) == set()


async def test_developers_get_the_timings_in_the_answer(gateway: Gateway) -> None:
    async with client(gateway, dev=True) as http:
        answer = await http.get("/api/books")
    assert re.fullmatch(r"total;dur=[\d.]+, plan;dur=[\d.]+, (connection;dur=[\d.]+, )?sql;dur=[\d.]+",
                        answer.headers["server-timing"])  # fmt: skip


async def test_metrics_go_to_the_collector_too(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway) as http:
        await http.get("/api/books")
    durations = collector.metrics["http.server.request.duration"]
    assert durations.unit == "s"
    [point] = [
        each
        for each in durations.histogram.data_points
        if attributes(each.attributes)
        == {"http.request.method": "GET", "http.route": "/api/{collection}", "http.response.status_code": 200}
    ]
    assert point.count == sum(point.bucket_counts) >= 1
    assert len(point.bucket_counts) == len(point.explicit_bounds) + 1
    assert collector.metrics["janua.catalog_revision"].gauge.data_points[0].as_double >= 1


async def test_a_collector_that_is_not_there_costs_the_client_nothing(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    async with client(gateway) as http:
        assert (await http.get("/api/books")).status_code == 200


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OTEL_TRACES_EXPORTER", "zipkin"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
    ],
)
async def test_what_the_environment_asks_for_in_vain_is_an_error_that_names_it(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidConfiguration, match=variable):
        exports("TRACES")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
async def test_the_standard_variables_switch_tracing_on_and_off(
    environment: dict[str, str], expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert exports("TRACES") is expected


async def test_a_graphql_document_is_read_once_and_its_operation_is_named(
    gateway: Gateway, collector: Collector
) -> None:
    document = {"query": "query Titles { books { nodes { title } } }"}
    async with client(gateway) as http:
        before = figures((await http.get("/metrics")).text)
        for _ in range(2):
            assert (await http.post("/graphql", json=document)).json()["data"] == {"books": {"nodes": []}}
        after = figures((await http.get("/metrics")).text)
    roots = [each for each in collector.spans if each.kind == 2]
    assert {each.name for each in roots} == {"POST /graphql"}
    assert {attributes(each.attributes)["graphql.operation.name"] for each in roots} == {"Titles"}
    assert {attributes(each.attributes)["graphql.operation.type"] for each in roots} == {"query"}
    # On a busy machine a request may wait for its connection.
    spans = [each for each in collector.spans if each.name != "connection"]
    steps = [{each.name for each in spans if each.parent_span_id == root.span_id} for root in roots]
    first = {"graphql.parse", "graphql.schema", "graphql.validate", "plan", "SELECT books"}
    assert steps == [first, {"SELECT books"}]
    for outcome in ("hit", "miss"):
        key = f"janua_cache_requests_total{[('cache', 'documents'), ('outcome', outcome)]}"
        assert after[key] - before.get(key, 0) == 1


async def test_developers_see_query_strings_and_collectors_do_not(gateway: Gateway, collector: Collector) -> None:
    async with client(gateway, dev=True) as http:
        await http.get("/api/books?title=Secret")
        [shown] = (await http.get("/traces/recent")).json()["traces"]
    assert shown["query"] == "title=Secret"
    assert collector.spans
    assert not any("Secret" in str(attributes(each.attributes)) for each in collector.spans)
