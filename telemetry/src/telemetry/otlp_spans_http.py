"""OTLP over HTTP; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.otlp_spans import encode_gently


class HttpSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, its retries and all, with the gentle encoding."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans; FAILURE when they were refused, or not taken in time."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        sent = self._client.export(encode_gently(spans).SerializePartialToString())
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE
