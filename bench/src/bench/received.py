"""What the receiver was sent, counted: so that no contender wins by leaving spans out, or by losing them."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgpack  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.counts import Counts

_GZIP = b"\x1f\x8b"
_TRACE_ID = 3  # its place in a span of ddtrace's format v0.5


@dataclass(slots=True)
class Received:
    """The bodies as they came. They are looked at when a launch is over: the measured processes need the cores."""

    traces: list[bytes]
    metrics: list[bytes]
    logs: list[bytes]
    ddtrace: list[tuple[str, bytes]]

    @classmethod
    def nothing(cls) -> Received:
        """Give an empty one."""
        return cls([], [], [], [])

    def count(self) -> Counts:
        """Count spans, traces, metrics and log records."""
        of_trace: Counter[bytes | int] = Counter()
        for body in self.traces:
            of_trace.update(_otlp_trace_ids(_plain(body)))
        for version, body in self.ddtrace:
            of_trace.update(_ddtrace_trace_ids(version, _plain(body)))
        return Counts(
            spans=of_trace.total(),
            traces=len(of_trace),
            smallest=min(of_trace.values(), default=0),
            largest=max(of_trace.values(), default=0),
            metrics=sum(_metrics(_plain(body)) for body in self.metrics),
            logs=sum(_logs(_plain(body)) for body in self.logs),
        )


def _plain(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(_GZIP) else body


def _otlp_trace_ids(body: bytes) -> Iterator[bytes]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield span.trace_id


def _metrics(body: bytes) -> int:
    resources = ExportMetricsServiceRequest.FromString(body).resource_metrics
    return sum(len(scope.metrics) for resource in resources for scope in resource.scope_metrics)


def _logs(body: bytes) -> int:
    resources = ExportLogsServiceRequest.FromString(body).resource_logs
    return sum(len(scope.log_records) for resource in resources for scope in resource.scope_logs)


def _ddtrace_trace_ids(version: str, body: bytes) -> Iterable[int]:
    content = msgpack.unpackb(body, raw=False, strict_map_key=False)
    if version == "v0.5":  # a table of all strings, then traces of spans that are lists
        return (span[_TRACE_ID] for trace in content[1] for span in trace)
    return (span["trace_id"] for trace in content for span in trace)
