"""OTLP over gRPC for encoded spans and log records; imported only when configured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc import Channel, RpcError, StatusCode
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.errors.remote import grpc_details
from telemetry.export.too_large import RequestTooLargeError
from telemetry.otlp.request import Encoded, join_request
from telemetry.semconv import ERROR_RETRY_DELAY

TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
LOGS = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"

_RETRY_INFO = "google.rpc.retryinfo-bin"
_RESPONSES: dict[str, Any] = {TRACES: ExportTraceServiceResponse, LOGS: ExportLogsServiceResponse}


class BytesStub:
    """A stub of OTLP's gRPC services for encoded requests, called by OpenTelemetry's exporters."""

    def __init__(self, channel: Channel, method: str) -> None:
        self._call: Any = channel.unary_unary(method, response_deserializer=_RESPONSES[method].FromString)

    def Export(self, request: bytes, metadata: Any, timeout: float) -> Any:  # noqa: N802  the generated stub's name
        """Send a request.

        Raises:
            RequestTooLargeError: The server refused it as too large. OpenTelemetry's exporters retry it unchanged, but
                RESOURCE_EXHAUSTED is retryable only with RetryInfo (https://opentelemetry.io/docs/specs/otlp/#failures).
            RpcError: It failed.
        """
        try:
            return self._call(request, metadata=metadata, timeout=timeout)
        except RpcError as error:
            if _is_too_large(error):
                raise RequestTooLargeError from error
            raise


def _is_too_large(error: Any) -> bool:
    if error.code() is not StatusCode.RESOURCE_EXHAUSTED:
        return False
    return _RETRY_INFO not in dict(error.trailing_metadata() or ()) and ERROR_RETRY_DELAY not in grpc_details(error)


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
