"""The export of log records: their queues, and the exporters by name."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any

from opentelemetry.sdk._logs import LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord
from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import SpanContext, TraceFlags

from telemetry.config.sections import BatchConfig, ExporterConfig, LogsConfig
from telemetry.export.lazy import LazyExporter
from telemetry.export.otlp.options import otlp_grpc, otlp_http
from telemetry.export.pipelines import flush_all, shutdown_all
from telemetry.export.queue import Exporter, ExportQueue, Item
from telemetry.otlp.logs import write_log
from telemetry.otlp.request import Encoded
from telemetry.otlp.source import Source


class LogPipeline(ExportQueue[Item], LogRecordProcessor):
    """A queue of log records, in whatever form they wait."""

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue the record."""
        try:
            kept = self._keep(log_record)
        except Exception as error:  # noqa: BLE001  such as a time that is no integer
            self.refuse(error)
        else:
            self.put(kept)

    @abstractmethod
    def _keep(self, log_record: ReadWriteLogRecord) -> Item:
        """Return the form that waits for the export."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export the queue; False when that took longer than the timeout."""
        return flush_all([self], (), timeout_millis / 1000)

    def shutdown(self, budget: float = 5.0) -> None:
        """Export the queue, then stop; give up after `budget` seconds."""
        shutdown_all([self], (), budget)


class ReadableLogPipeline(LogPipeline[ReadableLogRecord]):
    """The queue of an SDK exporter, which takes the SDK's records."""

    def _keep(self, log_record: ReadWriteLogRecord) -> ReadableLogRecord:
        return ReadableLogRecord(
            log_record=log_record.log_record,
            resource=log_record.resource or Resource.get_empty(),
            instrumentation_scope=log_record.instrumentation_scope,
            limits=log_record.limits,
        )


class EncodedLogPipeline(LogPipeline[Encoded]):
    """The queue of an OTLP exporter: records wait as encoded bytes."""

    def _keep(self, log_record: ReadWriteLogRecord) -> Encoded:
        given = log_record.log_record
        number = 0 if given.severity_number is None else given.severity_number.value
        span = SpanContext(
            given.trace_id or 0, given.span_id or 0, is_remote=False, trace_flags=given.trace_flags or TraceFlags(0)
        )
        return write_log(
            Source(log_record.resource or Resource.get_empty(), log_record.instrumentation_scope),
            (given.timestamp or 0, given.observed_timestamp or 0),
            (number, given.severity_text or ""),
            given.body,
            given.attributes or {},
            span,
            dropped=log_record.dropped_attributes,
            event_name=given.event_name or "",
        )

    def _size_of(self, item: Encoded) -> int:
        return len(item.item)


def make_log_pipeline(config: LogsConfig) -> LogPipeline[Any] | None:
    """Create the configured exporter and its queue; None for "none". Raises ConfigError when it cannot be created."""
    exporter = config.exporter
    make = _MAKERS[exporter.kind](exporter)
    if make is None:
        return None
    batch = BatchConfig(
        max_queue_size=config.max_queue_size,
        max_export_batch_size=config.max_export_batch_size,
        schedule_delay=config.schedule_delay,
    )
    pipeline: type[LogPipeline[Any]] = ReadableLogPipeline if exporter.kind == "console" else EncodedLogPipeline
    target = exporter.target_for("logs") if exporter.kind == "otlp" else None
    return pipeline(make(), batch, make, "log records", target)


_Make = Callable[[], Exporter[Any]]


def _otlp(config: ExporterConfig) -> _Make:
    if config.protocol == "grpc":
        from telemetry.export.otlp.grpc import GrpcLogExporter  # noqa: PLC0415  imported only when configured

        return partial(LazyExporter[Encoded], otlp_grpc(config, "logs", GrpcLogExporter))
    from telemetry.export.otlp.http import HttpLogExporter  # noqa: PLC0415  the same

    return partial(LazyExporter[Encoded], otlp_http(config, "logs", HttpLogExporter))


def _file(config: ExporterConfig) -> _Make:
    from telemetry.export.file import FileLogExporter  # noqa: PLC0415  the same

    exporter = FileLogExporter(config.target_for("logs"))
    return lambda: exporter


def _console(_config: ExporterConfig) -> _Make:
    return lambda: ConsoleLogRecordExporter(out=sys.stdout)  # its own default is bound at import


def _none(_config: ExporterConfig) -> None:
    return None


_MAKERS: dict[str, Callable[[ExporterConfig], _Make | None]] = {
    "otlp": _otlp,
    "file": _file,
    "console": _console,
    "none": _none,
}
