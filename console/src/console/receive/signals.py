"""The three signals of OTLP: what differs between them, as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from console.otlp.decoded import Decoded
from console.otlp.logs import decode_logs
from console.otlp.metrics import decode_metrics
from console.otlp.spans import decode_spans


@dataclass(frozen=True, slots=True)
class Signal:
    """One kind of export request (https://opentelemetry.io/docs/specs/otlp/).

    Attributes:
        name: as in the path ``/v1/traces``.
        noun: what is counted when something is refused.
        service: the full name of the gRPC service; its one method is Export.
        request: the message that is sent.
        response: the message that is answered.
        rejected: the field of its partial success with the number of those that were refused.
        things: the JSON name of the field that holds everything.
        decode: reads a request in protobuf; raises MalformedRequestError when it is none.
    """

    name: str
    noun: str
    service: str
    request: type[Message]
    response: type[Message]
    rejected: str
    things: str
    decode: Callable[[bytes], Decoded[Any]]

    @property
    def path(self) -> str:
        """Where it is sent by HTTP."""
        return f"/v1/{self.name}"

    def answer(self, refused: int, reason: str) -> Message:
        """Make the answer to a request that was taken, but for those that were refused."""
        if not refused:
            return self.response()
        partial = {self.rejected: refused, "error_message": f"{refused} {self.noun} refused: {reason}"}
        return self.response(partial_success=partial)


TRACES = Signal(
    "traces",
    "spans",
    "opentelemetry.proto.collector.trace.v1.TraceService",
    trace_service_pb2.ExportTraceServiceRequest,
    trace_service_pb2.ExportTraceServiceResponse,
    "rejected_spans",
    "resourceSpans",
    decode_spans,
)
LOGS = Signal(
    "logs",
    "log records",
    "opentelemetry.proto.collector.logs.v1.LogsService",
    logs_service_pb2.ExportLogsServiceRequest,
    logs_service_pb2.ExportLogsServiceResponse,
    "rejected_log_records",
    "resourceLogs",
    decode_logs,
)
METRICS = Signal(
    "metrics",
    "metrics",
    "opentelemetry.proto.collector.metrics.v1.MetricsService",
    metrics_service_pb2.ExportMetricsServiceRequest,
    metrics_service_pb2.ExportMetricsServiceResponse,
    "rejected_data_points",
    "resourceMetrics",
    decode_metrics,
)
SIGNALS = (TRACES, LOGS, METRICS)
