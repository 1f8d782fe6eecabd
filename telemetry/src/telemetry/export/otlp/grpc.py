"""OTLP over gRPC for encoded spans and log records; imported only when configured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc import Channel
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.otlp.request import Encoded, join_request

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

_RESPONSES: dict[str, Any] = {TRACES: ExportTraceServiceResponse, LOGS: ExportLogsServiceResponse}


class BytesStub:
    """A stub of OTLP's gRPC services for encoded requests, called by OpenTelemetry's exporters."""

    def __init__(self, channel: Channel, method: str) -> None:
        self.Export: Any = channel.unary_unary(method, response_deserializer=_RESPONSES[method].FromString)


class GrpcSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, with its retries, for encoded spans."""

    def export(self, spans: Sequence[Encoded]) -> SpanExportResult:  # type: ignore[override]
        """Send the spans; FAILURE when they are refused or not accepted in time."""
        return self._export(spans)  # type: ignore[arg-type]

    def _translate_data(self, data: Sequence[Encoded]) -> bytes:  # type: ignore[override]
        return join_request(data)

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call]
        channel: Any = self._channel
        self._client: Any = BytesStub(channel, TRACES)


class GrpcLogExporter(OTLPLogExporter):
    """The SDK's exporter, with its retries, for encoded log records."""

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:  # type: ignore[override]
        """Send the records; FAILURE when they are refused or not accepted in time."""
        return self._export(logs)  # type: ignore[arg-type]

    def _translate_data(self, data: Sequence[Encoded]) -> bytes:  # type: ignore[override]
        return join_request(data)

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call]
        channel: Any = self._channel
        self._client: Any = BytesStub(channel, LOGS)
