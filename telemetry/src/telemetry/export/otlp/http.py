"""OTLP over HTTP for spans and log records that have been encoded; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.otlp.request import Encoded, join_request


class HttpSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, its retries and all, for spans that have been encoded."""

    def export(self, spans: Sequence[Encoded]) -> SpanExportResult:  # type: ignore[override]
        """Send the spans; FAILURE when they were refused, or not taken in time."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        sent = self._client.export(join_request(spans))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


class HttpLogExporter(OTLPLogExporter):
    """The SDK's exporter, its retries and all, for log records that have been encoded."""

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:  # type: ignore[override]
        """Send the records; FAILURE when they were refused, or not taken in time."""
        if self._shutdown:
            return LogRecordExportResult.FAILURE
        sent = self._client.export(join_request(logs))
        return LogRecordExportResult.SUCCESS if sent.success else LogRecordExportResult.FAILURE
