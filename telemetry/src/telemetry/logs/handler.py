"""The handler that exports log records as OTLP, with their context."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice
from threading import Lock
from time import time_ns
from typing import Any

from opentelemetry._logs import SeverityNumber
from opentelemetry.context import get_current
from opentelemetry.instrumentation.utils import is_instrumentation_enabled
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk._logs import LoggerProvider, LogRecordLimits, LogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import get_current_span
from opentelemetry.util.types import AttributeValue

from telemetry import semconv
from telemetry.config.sections import LimitsConfig, LogsConfig
from telemetry.context.tenant import current_tenant
from telemetry.errors.texts import message_of, type_name
from telemetry.export.logs import EncodedLogPipeline, LogPipeline, make_log_pipeline
from telemetry.logs.fields import Described, describe
from telemetry.otlp.logs import write_log
from telemetry.otlp.source import Source

_MOST_LOGGERS = 1000
_LONGEST_BODY = 32_768  # characters; with the queue's size this limits the memory of queued records

# https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber
_SEVERITIES = (
    (logging.CRITICAL, SeverityNumber.FATAL, "FATAL"),
    (logging.ERROR, SeverityNumber.ERROR, "ERROR"),
    (logging.WARNING, SeverityNumber.WARN, "WARN"),
    (logging.INFO, SeverityNumber.INFO, "INFO"),
    (logging.DEBUG, SeverityNumber.DEBUG, "DEBUG"),
)


class ExportHandler(logging.Handler):
    """Puts encoded log records into the queues, or passes them to OpenTelemetry where other processors exist.

    Records of the export itself are left out, so that an unavailable collector cannot cause a loop.

    Args:
        provider: OpenTelemetry's logger provider.
        queues: The provider's pipelines, when it has no other processors.
        limits: The limits of a record.
    """

    def __init__(self, provider: LoggerProvider, queues: Sequence[EncodedLogPipeline], limits: LimitsConfig) -> None:
        super().__init__()
        self._provider = provider
        self._queues = tuple(queues)
        self._limits = limits
        self._resource = provider.resource
        self._sources: dict[str, Source] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Export a record."""
        if record.name.startswith("opentelemetry.") or not is_instrumentation_enabled():
            return
        try:
            if self._queues:
                self._queue(record)
            else:
                self._export(record)
        except Exception:  # noqa: BLE001  as every handler of logging does
            self.handleError(record)

    def _queue(self, record: logging.LogRecord) -> None:
        described = describe(record)
        attributes, dropped = self._bound(_attributes(described))
        encoded = write_log(
            self._source(record.name),
            (int(record.created * 1e9), time_ns()),
            _encoded_severity(record.levelno),
            described.message[:_LONGEST_BODY],
            attributes,
            get_current_span().get_span_context(),
            dropped,
        )
        for queue in self._queues:
            queue.put(encoded)

    def _source(self, name: str) -> Source:
        if self._resource is not self._provider.resource or len(self._sources) >= _MOST_LOGGERS:
            self._resource = self._provider.resource
            self._sources.clear()
        source = self._sources.get(name)
        if source is None:
            source = self._sources[name] = Source(self._resource, InstrumentationScope(name))
        return source

    def _bound(self, attributes: dict[str, AttributeValue]) -> tuple[dict[str, AttributeValue], int]:
        """Return the attributes within the limits, and the number of others."""
        most, longest = self._limits.attributes, self._limits.attribute_length
        kept = attributes if len(attributes) <= most else dict(islice(attributes.items(), most))
        for name, value in kept.items():
            if isinstance(value, str) and len(value) > longest:
                kept[name] = value[:longest]
        return kept, len(attributes) - len(kept)

    def _export(self, record: logging.LogRecord) -> None:
        described = describe(record)
        number, text = severity_of(record.levelno)
        self._provider.get_logger(record.name).emit(
            timestamp=int(record.created * 1e9),
            observed_timestamp=time_ns(),
            context=get_current(),
            severity_number=number,
            severity_text=text,
            body=_utf8(described.message[:_LONGEST_BODY]),
            attributes={
                _utf8(name): _utf8(value) if isinstance(value, str) else value
                for name, value in _attributes(described).items()
            },
        )


def _attributes(described: Described) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {
        name: value for name, value in described.extra.items() if value is not None
    }
    if (tenant := current_tenant()) is not None:
        attributes[semconv.TENANT_ID] = tenant
    if described.error is not None:
        attributes[semconv.EXCEPTION_TYPE] = type_name(described.error)
        attributes[semconv.EXCEPTION_MESSAGE] = message_of(described.error)
        attributes[semconv.EXCEPTION_STACKTRACE] = described.stack_trace
    if described.stack_info:
        attributes[semconv.CODE_STACKTRACE] = described.stack_info
    return attributes


class LogExport:
    """The logger provider, and the handlers that feed it.

    Args:
        config: The logs section.
        limits: The limits of a record.
        resource: The service's.
        processors: More processors, such as an in-memory one in tests.

    Attributes:
        provider: OpenTelemetry's; None where there is no exporter and no processor.
        pipelines: The pipelines to flush and to close.
    """

    def __init__(
        self, config: LogsConfig, limits: LimitsConfig, resource: Resource, processors: Sequence[LogRecordProcessor]
    ) -> None:
        pipeline = make_log_pipeline(config)
        self.pipelines: list[LogPipeline[Any]] = [] if pipeline is None else [pipeline]
        encoded = [each for each in self.pipelines if isinstance(each, EncodedLogPipeline)]
        self._queues = encoded if encoded and not processors else []
        self._limits = limits
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
        """Export the logger's records from now on."""
        if self.provider is not None and all(logger is not each for each, _handler in self._captured):
            handler = ExportHandler(self.provider, self._queues, self._limits)
            logger.addHandler(handler)
            self._captured.append((logger, handler))

    def use_resource(self, resource: Resource) -> None:
        """Use this resource for all records from now on."""
        if self.provider is not None:
            self.provider.use_resource(resource)

    def stop(self) -> None:
        """Remove the handlers from the loggers."""
        while self._captured:
            logger, handler = self._captured.pop()
            logger.removeHandler(handler)


class _Provider(LoggerProvider):
    """A logger provider whose resource can be replaced after a fork; see `telemetry.trace.provider`."""

    def use_resource(self, resource: Resource) -> None:
        self._resource = resource
        for logger in list(self._active_loggers):
            logger._set_resource(resource)  # noqa: SLF001  the SDK has no public way

    def _handle_fork(self) -> None:
        self._logger_cache_lock = Lock()  # another thread of the parent may have held them
        self._active_loggers_lock = Lock()


def severity_of(level: int) -> tuple[SeverityNumber, str]:
    """Return OpenTelemetry's severity of a level of `logging`: the highest that is not above it."""
    found = ((number, text) for least, number, text in _SEVERITIES if level >= least)
    return next(found, (SeverityNumber.TRACE, "TRACE"))


@lru_cache(maxsize=64)
def _encoded_severity(level: int) -> tuple[int, str]:
    number, text = severity_of(level)
    return number.value, text


def _utf8(text: str) -> str:
    """Return a text that UTF-8 can encode: a lone surrogate would make the whole batch fail."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
