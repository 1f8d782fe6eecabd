"""Log records by OTLP over HTTP; imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult

from telemetry.otlp_request import Encoded, join_request


class HttpLogExporter(OTLPLogExporter):
    """The SDK's exporter, its retries and all, for records that have been encoded."""

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:  # type: ignore[override]
        """Send the records; FAILURE when they were refused, or not taken in time."""
        if self._shutdown:
            return LogRecordExportResult.FAILURE
        sent = self._client.export(join_request(logs))
        return LogRecordExportResult.SUCCESS if sent.success else LogRecordExportResult.FAILURE
