"""Spans, metrics and log records in files, as OTLP JSON: one export request per line, which collectors can read.

https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.metrics.export import MetricExporter, MetricExportResult, MetricsData
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from telemetry.otlp.request import Encoded, join_request
from telemetry.settings.env import ConfigError

_IDS = frozenset({"traceId", "spanId", "parentSpanId"})


class JsonLines:
    """A file that lines are appended to.

    Args:
        path: The file; it is created if it does not exist. ConfigError when it cannot be written.
    """

    def __init__(self, path: str) -> None:
        try:
            # Unbuffered: a line is one write, so several programs can share a file and closing it loses nothing.
            self._file = Path(path).open("ab", buffering=0)  # noqa: SIM115  closed by shutdown
        except OSError as error:
            raise ConfigError(f"exporter path={path!r}: the file cannot be written: {error.strerror}") from None
        self._lock = Lock()

    def add(self, request: Message) -> bool:
        """Write one line; return whether that succeeded."""
        line = json.dumps(otlp_json(request), separators=(",", ":")).encode() + b"\n"
        try:
            with self._lock:
                return self._file.write(line) == len(line)
        except (OSError, ValueError):  # ValueError: it is closed
            return False

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()


class FileSpanExporter(SpanExporter):
    """Appends each batch of spans to a file."""

    def __init__(self, path: str) -> None:
        self._lines = JsonLines(path)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Write one line; FAILURE when that fails."""
        return SpanExportResult.SUCCESS if self._lines.add(encode_spans(spans)) else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the file."""
        self._lines.close()


class FileMetricExporter(MetricExporter):
    """Appends the collected metrics to a file, once per interval."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._lines = JsonLines(path)

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **_options: Any) -> MetricExportResult:  # noqa: ARG002
        """Write one line; FAILURE when that fails."""
        written = self._lines.add(encode_metrics(metrics_data))
        return MetricExportResult.SUCCESS if written else MetricExportResult.FAILURE

    def force_flush(self, timeout_millis: float = 10_000) -> bool:  # noqa: ARG002
        """Nothing is buffered."""
        return True

    def shutdown(self, timeout_millis: float = 30_000, **_options: Any) -> None:  # noqa: ARG002
        """Close the file."""
        self._lines.close()


class FileLogExporter:
    """Appends each batch of log records to a file."""

    def __init__(self, path: str) -> None:
        self._lines = JsonLines(path)

    def export(self, logs: Sequence[Encoded]) -> LogRecordExportResult:
        """Write one line; FAILURE when that fails."""
        written = self._lines.add(ExportLogsServiceRequest.FromString(join_request(logs)))
        return LogRecordExportResult.SUCCESS if written else LogRecordExportResult.FAILURE

    def shutdown(self) -> None:
        """Close the file."""
        self._lines.close()


def otlp_json(request: Message) -> dict[str, Any]:
    """Return an export request as OTLP JSON, where ids are hexadecimal and enums are numbers."""
    made: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for item in _mappings(made):
        for key in _IDS & item.keys():
            item[key] = base64.b64decode(item[key]).hex()
    return made


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    """Return all objects inside; an attribute's key is a value there, so it cannot be mistaken for an id."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
