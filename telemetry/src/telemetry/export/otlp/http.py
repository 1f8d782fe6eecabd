"""OTLP over HTTP for encoded spans and log records; imported only when configured."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.otlp.request import Encoded, join_request


class HttpSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, with its retries, for encoded spans."""

    def export(self, spans: Sequence[Encoded]) -> SpanExportResult:  # type: ignore[override]
        """Send the spans; FAILURE when they are refused or not accepted in time."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        sent = self._client.export(join_request(spans))
        return SpanExportResult.SUCCESS if sent.success else SpanExportResult.FAILURE


class HttpLogExporter(OTLPLogExporter):
    """The SDK's exporter, with its retries, for encoded log records."""

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:  # type: ignore[override]
        """Send the records; FAILURE when they are refused or not accepted in time."""
        if self._shutdown:
            return LogRecordExportResult.FAILURE
        sent = self._client.export(join_request(logs))
        return LogRecordExportResult.SUCCESS if sent.success else LogRecordExportResult.FAILURE
