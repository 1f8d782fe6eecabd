"""Log records on their way out as OTLP, with the context that they were written in."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import partial
from threading import Lock
from time import time_ns
from typing import TYPE_CHECKING

from opentelemetry._logs import SeverityNumber
from opentelemetry.context import get_current
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk._logs import (
    LoggerProvider,
    LogRecordLimits,
    LogRecordProcessor,
    ReadableLogRecord,
    ReadWriteLogRecord,
)
from opentelemetry.sdk._logs.export import ConsoleLogRecordExporter, LogRecordExporter, LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.config import BatchConfig
from telemetry.log_fields import describe
from telemetry.otlp_options import otlp_grpc, otlp_http
from telemetry.pipeline import ExportQueue, flush_all, shutdown_all
from telemetry.tenant import current_tenant

if TYPE_CHECKING:
    from telemetry.config import ExporterConfig, LimitsConfig, LogsConfig

# https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
_SEVERITIES = (
    (logging.CRITICAL, SeverityNumber.FATAL, "FATAL"),
    (logging.ERROR, SeverityNumber.ERROR, "ERROR"),
    (logging.WARNING, SeverityNumber.WARN, "WARN"),
    (logging.INFO, SeverityNumber.INFO, "INFO"),
    (logging.DEBUG, SeverityNumber.DEBUG, "DEBUG"),
)


class LogPipeline(ExportQueue[ReadableLogRecord], LogRecordProcessor):
    """The queue of log records."""

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        """Queue the record."""
        self.put(
            ReadableLogRecord(
                log_record=log_record.log_record,
                resource=log_record.resource or Resource.get_empty(),
                instrumentation_scope=log_record.instrumentation_scope,
                limits=log_record.limits,
            )
        )

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what waits; False when that took longer than the time-out."""
        return flush_all([self], (), timeout_millis / 1000)

    def shutdown(self, budget: float = 5.0) -> None:
        """Export what waits, then stop; give up after `budget` seconds."""
        shutdown_all([self], (), budget)


class ExportHandler(logging.Handler):
    """Hands log records to OpenTelemetry.

    Records that exporting itself gives rise to are left out, so that a collector that is away cannot make it go round.
    """

    def __init__(self, provider: LoggerProvider) -> None:
        super().__init__()
        self._provider = provider

    def emit(self, record: logging.LogRecord) -> None:
        """Hand a record on."""
        if record.name.startswith("opentelemetry.") or not is_instrumentation_enabled():
            return
        try:
            self._export(record)
        except Exception:  # noqa: BLE001  as every handler of logging does
            self.handleError(record)

    def _export(self, record: logging.LogRecord) -> None:
        described = describe(record)
        attributes: dict[str, AttributeValue] = {
            _utf8(name): _utf8(value) if isinstance(value, str) else value
            for name, value in described.extra.items()
            if value is not None
        }
        if (tenant := current_tenant()) is not None:
            attributes[semconv.TENANT_ID] = tenant
        if described.error is not None:
            attributes[semconv.EXCEPTION_TYPE] = type(described.error).__qualname__
            attributes[semconv.EXCEPTION_STACKTRACE] = _utf8(described.stack_trace)
        number, text = severity_of(record.levelno)
        self._provider.get_logger(record.name).emit(
            timestamp=int(record.created * 1e9),
            observed_timestamp=time_ns(),
            context=get_current(),
            severity_number=number,
            severity_text=text,
            body=_utf8(described.message),
            attributes=attributes,
        )


class LogExport:
    """The provider of loggers, and the handlers that feed it.

    Args:
        config: Of the logs.
        limits: How large a record may grow.
        resource: Who writes.
        processors: More processors, such as an in-memory one in tests.

    Attributes:
        provider: OpenTelemetry's; None where there is no exporter and no processor.
        pipelines: Those to flush and to close.
    """

    def __init__(
        self, config: LogsConfig, limits: LimitsConfig, resource: Resource, processors: Sequence[LogRecordProcessor]
    ) -> None:
        connect = make_log_exporter(config.exporter)
        batch = BatchConfig(
            max_queue_size=config.max_queue_size,
            max_export_batch_size=config.max_export_batch_size,
            schedule_delay=config.schedule_delay,
        )
        self.pipelines: list[LogPipeline] = []
        if connect is not None:
            remake = partial(_LazyExporter, connect)
            self.pipelines.append(LogPipeline(remake(), batch, remake, "log records"))
        self.provider: _Provider | None = None
        self._captured: list[tuple[logging.Logger, logging.Handler]] = []
        if self.pipelines or processors:
            bounds = LogRecordLimits(limits.attributes, max_attribute_length=limits.attribute_length)
            self.provider = _Provider(
                resource, shutdown_on_exit=False, meter_provider=NoOpMeterProvider(), log_record_limits=bounds
            )
            for processor in (*self.pipelines, *processors):
                self.provider.add_log_record_processor(processor)

    def capture(self, logger: logging.Logger) -> None:
        """Export what the logger is given from now on."""
        if self.provider is not None and all(logger is not each for each, _handler in self._captured):
            handler = ExportHandler(self.provider)
            logger.addHandler(handler)
            self._captured.append((logger, handler))

    def use_resource(self, resource: Resource) -> None:
        """Give all records from now on this resource."""
        if self.provider is not None:
            self.provider.use_resource(resource)

    def stop(self) -> None:
        """Take the handlers off the loggers again."""
        while self._captured:
            logger, handler = self._captured.pop()
            logger.removeHandler(handler)


class _Provider(LoggerProvider):
    """The SDK's own would give a forked child's resource what its detectors find; see `telemetry.provider`."""

    def use_resource(self, resource: Resource) -> None:
        self._resource = resource
        for logger in list(self._active_loggers):
            logger._set_resource(resource)  # noqa: SLF001  the SDK has no public way

    def _handle_fork(self) -> None:
        self._logger_cache_lock = Lock()  # another thread of the parent may have held them
        self._active_loggers_lock = Lock()


def severity_of(level: int) -> tuple[SeverityNumber, str]:
    """Give OpenTelemetry's severity of a level of `logging`: the highest that is not above it."""
    found = ((number, text) for least, number, text in _SEVERITIES if level >= least)
    return next(found, (SeverityNumber.TRACE, "TRACE"))


def make_log_exporter(config: ExporterConfig) -> Callable[[], LogRecordExporter] | None:
    """Give what makes the configured exporter; None for "none". Raises ConfigError when it cannot be made."""
    if config.kind == "none":
        return None
    if config.kind == "console":
        return lambda: ConsoleLogRecordExporter(out=sys.stdout)  # its own default is what this was at import
    if config.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc._log_exporter import (  # noqa: PLC0415  imported when asked for
            OTLPLogExporter as GrpcExporter,
        )

        return otlp_grpc(config, "logs", GrpcExporter)
    from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415  imported when asked for
        OTLPLogExporter as HttpExporter,
    )

    return otlp_http(config, "logs", HttpExporter)


def _utf8(text: str) -> str:
    """Give a text that OTLP can carry: one half of a surrogate pair would cost the whole batch."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class _LazyExporter:
    """Connects when it first exports, in the process that does."""

    def __init__(self, connect: Callable[[], LogRecordExporter]) -> None:
        self._connect = connect
        self._exporter: LogRecordExporter | None = None

    def export(self, records: Sequence[ReadableLogRecord]) -> LogRecordExportResult:
        self._exporter = self._exporter or self._connect()
        return self._exporter.export(records)

    def shutdown(self) -> None:
        if self._exporter is not None:
            shutdown: Callable[[], object] = self._exporter.shutdown
            shutdown()
