from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Link, SpanKind

from telemetry import ConfigError, ExporterConfig, Telemetry, TelemetryConfig, configure
from telemetry.export.file import FileSpanExporter


def open_file(path: Path) -> Telemetry:
    return configure(TelemetryConfig(service_name="user", exporter=ExporterConfig(kind="file", endpoint=str(path))))


def requests_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def spans_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        span for resource in request["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]
    ]


def test_a_batch_is_a_line_of_otlp_json(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_file(path) as telemetry:
        tracer = telemetry.tracer("tests")
        with tracer.start_as_current_span("parent", kind=SpanKind.SERVER) as parent:
            link = Link(parent.get_span_context())
            with tracer.start_as_current_span("child", links=[link], attributes={"größe": "ü\n", "n": 2**60}) as child:
                child.add_event("happened")

    (request,) = requests_of(path)
    inner, outer = spans_of(request)
    context = parent.get_span_context()
    assert outer["traceId"] == f"{context.trace_id:032x}"
    assert outer["spanId"] == f"{context.span_id:016x}"
    assert "parentSpanId" not in outer
    assert outer["kind"] == 2
    assert inner["parentSpanId"] == outer["spanId"]
    assert inner["links"][0]["traceId"] == outer["traceId"]
    assert inner["links"][0]["spanId"] == outer["spanId"]
    assert inner["attributes"] == [
        {"key": "größe", "value": {"stringValue": "ü\n"}},
        {"key": "n", "value": {"intValue": str(2**60)}},
    ]


def test_a_line_is_an_otlp_request_once_its_ids_are_bytes_again(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    with open_file(path) as telemetry, telemetry.tracer("tests").start_as_current_span("work") as work:
        pass

    (request,) = requests_of(path)
    for span in spans_of(request):
        for name in ("traceId", "spanId"):
            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    message = ParseDict(request, ExportTraceServiceRequest())
    (sent,) = message.resource_spans[0].scope_spans[0].spans
    assert sent.trace_id == work.get_span_context().trace_id.to_bytes(16, "big")
    assert sent.name == "work"


def test_a_second_run_adds_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    for name in ("first", "second"):
        with open_file(path) as telemetry, telemetry.tracer("tests").start_as_current_span(name):
            pass

    assert [spans_of(request)[0]["name"] for request in requests_of(path)] == ["first", "second"]


def test_lines_of_several_programs_do_not_mix(tmp_path: Path, spans: list[Any], telemetry: Telemetry) -> None:
    path = tmp_path / "spans.jsonl"
    for _span in range(100):
        with telemetry.tracer("tests").start_as_current_span("work", attributes={"text": "x" * 1000}):
            pass
    exporters = [FileSpanExporter(str(path)) for _program in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda exporter: [exporter.export(spans) for _batch in range(5)], exporters))
    for exporter in exporters:
        exporter.shutdown()

    assert {result for each in results for result in each} == {SpanExportResult.SUCCESS}
    assert [len(spans_of(request)) for request in requests_of(path)] == [100] * 20


@pytest.mark.parametrize(
    ("name", "reason"), [("missing/spans.jsonl", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path: Path, name: str, reason: str) -> None:
    path = tmp_path / name
    with pytest.raises(ConfigError) as raised:
        open_file(path)

    assert str(raised.value) == f"exporter path={str(path)!r}: the file cannot be written: {reason}"


def test_a_disk_that_is_full_is_a_failure_that_is_counted(caplog: pytest.LogCaptureFixture) -> None:
    with open_file(Path("/dev/full")) as telemetry, telemetry.tracer("tests").start_as_current_span("work"):
        pass

    assert [(counts.exported, counts.failed) for counts in telemetry.export_counts] == [(0, 1)]
    assert "1 of 1 spans were not exported" in caplog.text


def test_after_its_shutdown_it_refuses(tmp_path: Path, spans: list[Any], telemetry: Telemetry) -> None:
    with telemetry.tracer("tests").start_as_current_span("work"):
        pass
    exporter = FileSpanExporter(str(tmp_path / "spans.jsonl"))
    exporter.shutdown()
    exporter.shutdown()

    assert exporter.export(spans) is SpanExportResult.FAILURE
