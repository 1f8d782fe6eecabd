"""OTLP over gRPC; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from grpc import Channel
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.otlp_spans import EncodedSpan, join_spans

_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class GrpcSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, its retries and all, for spans that have been encoded."""

    def export(self, spans: Sequence[EncodedSpan]) -> SpanExportResult:  # type: ignore[override]
        """Send the spans; FAILURE when they were refused, or not taken in time."""
        return self._export(spans)  # type: ignore[arg-type]

    def _translate_data(self, data: Sequence[EncodedSpan]) -> bytes:  # type: ignore[override]
        return join_spans(data)

    def _initialize_channel_and_stub(self) -> None:
        super()._initialize_channel_and_stub()  # type: ignore[no-untyped-call]
        channel: Any = self._channel
        self._client: Any = _BytesStub(channel)


class _BytesStub:
    """The service's stub, but for requests that are bytes already."""

    def __init__(self, channel: Channel) -> None:
        self.Export: Any = channel.unary_unary(_EXPORT, response_deserializer=ExportTraceServiceResponse.FromString)
