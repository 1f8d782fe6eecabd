"""Log records and metrics by trace, sent by OpenTelemetry's own SDK."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.sdk.metrics import MeterProvider, TraceBasedExemplarFilter
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider

TRACE, OTHER = "ab" * 16, "cd" * 16
PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.fixture
def logs() -> bytes:
    """Write an export request with log records of two traces and of none, not in the order of their times."""
    request = ExportLogsServiceRequest()
    for service, records in (("order", ((3, TRACE), (1, TRACE), (2, OTHER))), ("user", ((4, ""), (2, TRACE)))):
        group = request.resource_logs.add()
        group.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
        scoped = group.scope_logs.add()
        for time, trace_id in records:
            scoped.log_records.add(
                time_unix_nano=time,
                trace_id=bytes.fromhex(trace_id),
                span_id=b"12345678" if trace_id else b"",
                severity_text="INFO",
                severity_number=9,
                body=AnyValue(string_value=f"{service} {time}"),
            )
    return request.SerializeToString()


def bodies(document: dict[str, Any]) -> list[str]:
    return [
        record["body"]["stringValue"]
        for group in document["resourceLogs"]
        for scoped in group["scopeLogs"]
        for record in scoped["logRecords"]
    ]


async def test_the_log_records_of_a_trace_are_given_service_by_service(client: httpx.AsyncClient, logs: bytes) -> None:
    assert (await client.post("/v1/logs", content=logs, headers=PROTOBUF)).content == b""
    answer = (await client.get(f"/api/logs?traceId={TRACE}")).json()
    assert bodies(answer) == ["order 1", "order 3", "user 2"]
    record = answer["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    assert record == {
        "timeUnixNano": "1",
        "severityNumber": 9,
        "severityText": "INFO",
        "body": {"stringValue": "order 1"},
        "traceId": TRACE,
        "spanId": b"12345678".hex(),
    }


async def test_the_latest_log_records_are_given_without_a_trace(client: httpx.AsyncClient, logs: bytes) -> None:
    await client.post("/v1/logs", content=logs, headers=PROTOBUF)
    assert bodies((await client.get("/api/logs?limit=3")).json()) == ["order 2", "user 4", "user 2"]
    assert bodies((await client.get("/api/logs?service=order")).json()) == ["order 3", "order 1", "order 2"]


@pytest.fixture
def measured() -> Callable[[], tuple[bytes, str]]:
    """Measure a call in a trace and one outside; give the export request, and the trace's id."""

    def measure() -> tuple[bytes, str]:
        reader = InMemoryMetricReader()
        meters = MeterProvider(
            [reader], Resource({"service.name": "order"}), exemplar_filter=TraceBasedExemplarFilter()
        )
        histogram = meters.get_meter("test").create_histogram("rpc.server.call.duration", unit="s")
        with TracerProvider().get_tracer("test").start_as_current_span("call") as span:
            histogram.record(0.25, {"rpc.method": "a.B/Traced"})
        histogram.record(0.5, {"rpc.method": "a.B/Untraced"})
        data = reader.get_metrics_data()
        assert data
        meters.shutdown()
        return encode_metrics(data).SerializeToString(), f"{span.get_span_context().trace_id:032x}"

    return measure


async def test_of_metrics_the_points_with_an_exemplar_of_the_trace_are_given(
    client: httpx.AsyncClient, measured: Callable[[], tuple[bytes, str]]
) -> None:
    request, trace_id = measured()
    assert (await client.post("/v1/metrics", content=request, headers=PROTOBUF)).content == b""
    [group] = (await client.get(f"/api/metrics?traceId={trace_id}")).json()["resourceMetrics"]
    [metric] = group["scopeMetrics"][0]["metrics"]
    [point] = metric["histogram"]["dataPoints"]
    assert metric["name"] == "rpc.server.call.duration"
    assert point["attributes"] == [{"key": "rpc.method", "value": {"stringValue": "a.B/Traced"}}]
    [exemplar] = point["exemplars"]
    assert (exemplar["traceId"], exemplar["asDouble"]) == (trace_id, 0.25)


async def test_without_a_trace_the_last_export_of_each_metric_is_given(
    client: httpx.AsyncClient, measured: Callable[[], tuple[bytes, str]]
) -> None:
    for _ in range(2):
        await client.post("/v1/metrics", content=measured()[0], headers=PROTOBUF)
    [group] = (await client.get("/api/metrics")).json()["resourceMetrics"]
    [metric] = group["scopeMetrics"][0]["metrics"]
    assert len(metric["histogram"]["dataPoints"]) == 2


@pytest.mark.parametrize("name", ["logs", "metrics"])
async def test_a_trace_without_any_has_none(client: httpx.AsyncClient, name: str) -> None:
    answer = await client.get(f"/api/{name}?traceId={TRACE}")
    assert (answer.status_code, answer.json()) == (200, {f"resource{name.title()}": []})


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/api/logs?traceId=x", 'strconv.ParseUint: parsing "x": invalid syntax'),
        (f"/api/metrics?traceId={TRACE}aa", f"TraceID cannot be longer than 32 hex characters: {TRACE}aa"),
        ("/api/logs?limit=0", "malformed parameter limit: expected a number greater than 0, got 0"),
    ],
)
async def test_wrong_parameters_are_refused(client: httpx.AsyncClient, path: str, problem: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, problem)


async def test_what_is_held_is_counted(client: httpx.AsyncClient, sample: bytes, logs: bytes) -> None:
    await client.post("/v1/traces", content=sample, headers={"content-type": "application/json"})
    await client.post("/v1/logs", content=logs, headers=PROTOBUF)
    usage = (await client.get("/api/usage")).json()
    assert (usage["traces"]["traces"], usage["traces"]["spans"], usage["traces"]["evicted_traces"]) == (2, 15, 0)
    assert (usage["logs"]["items"], usage["metrics"]["items"], usage["logs"]["evicted"]) == (5, 0, 0)
    assert all(part["memory_bytes"] > 0 for name, part in usage.items() if name != "metrics")
