from __future__ import annotations

import gzip

import msgpack  # type: ignore[import-untyped]
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.counts import Counts
from bench.received import Received


def _export(*trace_ids: bytes) -> bytes:
    export = ExportTraceServiceRequest()
    scope = export.resource_spans.add().scope_spans.add()
    for trace_id in trace_ids:
        scope.spans.add(trace_id=trace_id)
    return export.SerializeToString()


def test_spans_of_several_processes_make_one_trace() -> None:
    received = Received.nothing()
    received.traces += [_export(b"a", b"b", b"a"), gzip.compress(_export(b"a", b"b"))]

    assert received.count() == Counts(spans=5, traces=2, smallest=2, largest=3)


@pytest.mark.parametrize(
    ("version", "content"),
    [
        ("v0.4", [[{"trace_id": 1}, {"trace_id": 1}], [{"trace_id": 2}]]),
        ("v0.5", [["", "gateway"], [[[1, 0, 0, 1, 9], [1, 0, 0, 1, 8]], [[1, 0, 0, 2, 7]]]]),
    ],
)
def test_what_ddtrace_sends_is_counted_alike(version: str, content: object) -> None:
    received = Received.nothing()
    received.ddtrace.append((version, msgpack.packb(content)))

    assert received.count() == Counts(spans=3, traces=2, smallest=1, largest=2)


def test_metrics_and_log_records_are_counted() -> None:
    metrics, logs = ExportMetricsServiceRequest(), ExportLogsServiceRequest()
    metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="http.server.request.duration")
    records = logs.resource_logs.add().scope_logs.add().log_records
    records.add()
    records.add()
    received = Received.nothing()
    received.metrics.append(metrics.SerializeToString())
    received.logs.append(logs.SerializeToString())

    assert received.count() == Counts(metrics=1, logs=2)
