"""Spans in a file, as OTLP JSON: one export request a line, which collectors and Jaeger can read."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry.env import ConfigError

_IDS = ("traceId", "spanId", "parentSpanId")


class FileSpanExporter(SpanExporter):
    """Appends each batch to a file as a line of OTLP JSON.

    https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
    """

    def __init__(self, path: str) -> None:
        try:
            # Unbuffered: a line is one write, so that programs may share a file, and nothing is left for the close.
            self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115  closed by shutdown
        except OSError as error:
            raise ConfigError(f"exporter path={path!r}: the file cannot be written: {error.strerror}") from None
        self._lock = Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write one line; FAILURE when the disk refuses it."""
        line = json.dumps(otlp_json(spans), separators=(",", ":")).encode() + b"\n"
        try:
            with self._lock:
                written = self._file.write(line)
        except (OSError, ValueError):  # ValueError: closed by shutdown
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS if written == len(line) else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


def otlp_json(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Give an ExportTraceServiceRequest in OTLP's JSON, where ids are hexadecimal and enums are numbers."""
    request: dict[str, Any] = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    for resource in request.get("resourceSpans", ()):
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                for item in (span, *span.get("links", ())):
                    _hexadecimal_ids(item)
    return request


def _hexadecimal_ids(item: dict[str, Any]) -> None:
    for key in _IDS:
        if key in item:
            item[key] = base64.b64decode(item[key]).hex()
