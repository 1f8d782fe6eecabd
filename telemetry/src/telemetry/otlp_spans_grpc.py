"""OTLP over gRPC; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan

from telemetry.otlp_spans import encode_gently


class GrpcSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, its retries and all, with the gentle encoding."""

    def _translate_data(self, data: Sequence[ReadableSpan]) -> ExportTraceServiceRequest:
        return encode_gently(data)
