"""OTLP over HTTP for encoded spans and log records; imported only when configured."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.trace.export import SpanExportResult

from telemetry.export.too_large import RequestTooLargeError
from telemetry.otlp.request import Encoded, join_request

_LARGE = 1024 * 1024  # bytes


class HttpSpanExporter(OTLPSpanExporter):
    """The SDK's exporter, with its retries, for encoded spans."""

    def export(self, spans: Sequence[Encoded]) -> SpanExportResult:  # type: ignore[override]
        """Send the spans; FAILURE when they are refused or not accepted in time."""
        if self._shutdown:
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS if _send(self._client, join_request(spans)) else SpanExportResult.FAILURE


class HttpLogExporter(OTLPLogExporter):
    """The SDK's exporter, with its retries, for encoded log records."""

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:  # type: ignore[override]
        """Send the records; FAILURE when they are refused or not accepted in time."""
        if self._shutdown:
            return LogRecordExportResult.FAILURE
        return (
            LogRecordExportResult.SUCCESS if _send(self._client, join_request(logs)) else LogRecordExportResult.FAILURE
        )


def _send(client: Any, body: bytes) -> bool:
    """Send a request; return whether it was accepted, and raise RequestTooLargeError when its size was the reason.

    The collector responds with 400, not 413, to a body over its limit.
    """
    sent = client.export(body)
    too_large = sent.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    if too_large or (sent.status_code == HTTPStatus.BAD_REQUEST and len(body) > _LARGE):
        raise RequestTooLargeError
    return bool(sent.success)
