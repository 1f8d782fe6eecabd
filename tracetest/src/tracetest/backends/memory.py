"""Traces, logs and metrics that never leave the process: tests in milliseconds, with nothing to install.

What is shown is the same in each run. Ids of traces follow from the test, spans are numbered in the order of their
start, and the clock ticks when a span starts or ends: so the order of things is as it was, and their duration means
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar, Unpack, cast

from opentelemetry.context import Context
from opentelemetry.sdk._logs import LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, Metric, MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor
from opentelemetry.sdk.trace import Span as SdkSpan
from opentelemetry.trace import SpanContext, format_span_id, format_trace_id

from tracetest import names
from tracetest.backends.base import Backend, Signals
from tracetest.backends.http import Limits
from tracetest.fetched import Trace
from tracetest.ids import RepeatableContexts, TraceContext
from tracetest.model import Event, Kind, Link, LogRecord, Measurement, Span, Status, Value

_BEGINNING = 1_000_000_000_000_000  # microseconds since the epoch: a morning in September 2001
_TICK = 10  # microseconds
_POLL = 0.005  # seconds

S = TypeVar("S", LogRecord, Measurement)


class Memory(Backend):
    """Keeps what the providers of this process record.

    Give `span_processor`, `log_processor` and a `metric_reader()` each to the providers of every service: to
    `telemetry.configure`, or to OpenTelemetry's own ``TracerProvider``, ``LoggerProvider`` and ``MeterProvider``.

    Args:
        limits: See `Backend`.
    """

    def __init__(self, **limits: Unpack[Limits]) -> None:
        limits.setdefault("poll", _POLL)
        super().__init__(**limits)
        self._lock = Lock()
        self._ticks = 0
        self._started: dict[tuple[int, int], tuple[int, str]] = {}
        self._spans: dict[int, list[tuple[int, int, ReadableSpan]]] = {}
        self._logs: dict[str, list[LogRecord]] = {}
        self._measurements: dict[str, list[Measurement]] = {}
        self._readers: list[InMemoryMetricReader] = []
        self._contexts = RepeatableContexts()
        self.span_processor: SpanProcessor = _Spans(self)
        self.log_processor: LogRecordProcessor = _Logs(self)

    def metric_reader(self) -> MetricReader:
        """Make a reader for one provider of meters; its exemplars are kept."""
        reader = InMemoryMetricReader()
        self._readers.append(reader)
        return reader

    def new_context(self, test: str = "") -> TraceContext:
        """Make the context of a test's next request: the same in each run."""
        return self._contexts.next(test)

    async def fetch(self, trace_id: str) -> Trace | None:
        """Give the spans that have ended; None when there is none."""
        with self._lock:
            ended = list(self._spans.get(int(trace_id, 16), ()))
            numbers = self._numbers(trace_id)
        if not ended:
            return None
        return Trace(trace_id, tuple(_span(*each, numbers) for each in sorted(ended, key=lambda each: each[0])))

    async def signals(self, trace_id: str) -> Signals:
        """Give what was logged and measured within the trace."""
        for reader in self._readers:
            self._collect(reader)
        with self._lock:
            numbers = self._numbers(trace_id)
            logs, measurements = self._logs.get(trace_id, ()), self._measurements.get(trace_id, ())
            return _numbered(logs, numbers), _numbered(measurements, numbers)

    def span_started(self, span: ReadableSpan) -> None:
        """Let the clock tick, and remember when."""
        with self._lock:
            self._ticks += 1
            self._started[_ids(span)] = self._ticks, _service(span.resource)

    def span_ended(self, span: ReadableSpan) -> None:
        """Let the clock tick, and keep the span if it is one that would be exported."""
        context = span.get_span_context()
        with self._lock:
            self._ticks += 1
            if context is not None and context.trace_flags.sampled:
                started, _of = self._started.get(_ids(span), (self._ticks, ""))
                self._spans.setdefault(context.trace_id, []).append((started, self._ticks, span))

    def logged(self, trace_id: int, span_id: int, record: LogRecord) -> None:
        """Keep a log record; where services share a process they share loggers, and so each record comes from each."""
        with self._lock:
            _tick, service = self._started.get((trace_id, span_id), (0, record.service))
            if service == record.service:
                self._logs.setdefault(format_trace_id(trace_id), []).append(record)

    def _numbers(self, trace_id: str) -> dict[str, str]:
        """Give the number of each span of a trace by its id, as text."""
        begun = [(tick, span) for (of, span), (tick, _) in self._started.items() if of == int(trace_id, 16)]
        return {format_span_id(span_id): f"{n:016x}" for n, (_tick, span_id) in enumerate(sorted(begun), 1)}

    def _collect(self, reader: InMemoryMetricReader) -> None:
        data = reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    for trace_id, measurement in _measurements(metric, resource.resource):
                        with self._lock:
                            kept = self._measurements.setdefault(trace_id, [])
                            if measurement not in kept:
                                kept.append(measurement)


class _Spans(SpanProcessor):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def on_start(self, span: SdkSpan, parent_context: Context | None = None) -> None:  # noqa: ARG002
        self._memory.span_started(span)

    def on_end(self, span: ReadableSpan) -> None:
        self._memory.span_ended(span)


class _Logs(LogRecordProcessor):
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        record = log_record.log_record
        if not record.trace_id:
            return
        self._memory.logged(
            record.trace_id,
            record.span_id or 0,
            LogRecord(
                service=_service(log_record.resource),
                body=str(record.body),
                severity=record.severity_text or "",
                span_id=format_span_id(record.span_id or 0),
                attributes=_values(record.attributes),
            ),
        )

    def shutdown(self) -> None:
        """Keep what there is."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        return True


def _span(started: int, ended: int, span: ReadableSpan, numbers: Mapping[str, str]) -> Span:
    trace_id, span_id = _ids(span)
    parent = span.parent
    resource = _values(span.resource.attributes)
    return Span(
        service=str(resource.pop(names.SERVICE_NAME, "")),
        name=span.name,
        kind=_kind(span.kind.name),
        status=_status(span.status.status_code.name),
        span_id=_number(span_id, numbers),
        parent_id=None if parent is None else _number(parent.span_id, numbers),
        start=_BEGINNING + started * _TICK,
        duration=(ended - started) * _TICK,
        attributes=_values(span.attributes),
        status_message=span.status.description or "",
        events=tuple(Event(each.name, _values(each.attributes)) for each in span.events),
        links=tuple(_link(each.context, numbers if each.context.trace_id == trace_id else {}) for each in span.links),
        resource=resource,
    )


def _link(context: SpanContext, numbers: Mapping[str, str]) -> Link:
    return Link(format_trace_id(context.trace_id), _number(context.span_id, numbers))


def _number(span_id: int, numbers: Mapping[str, str]) -> str:
    """Give the number of a span; its id for one that is not of this process."""
    known = format_span_id(span_id)
    return numbers.get(known, known)


def _numbered(signals: Sequence[S], numbers: Mapping[str, str]) -> tuple[S, ...]:
    return tuple(replace(each, span_id=numbers.get(each.span_id, each.span_id)) for each in signals)


def _measurements(metric: Metric, resource: Resource) -> Iterator[tuple[str, Measurement]]:
    for point in metric.data.data_points:
        for exemplar in point.exemplars:
            if exemplar.trace_id and exemplar.span_id:
                yield (
                    format_trace_id(exemplar.trace_id),
                    Measurement(
                        service=_service(resource),
                        name=metric.name,
                        unit=metric.unit or "",
                        value=float(exemplar.value),
                        span_id=format_span_id(exemplar.span_id),
                        attributes=_values(point.attributes),
                    ),
                )


def _ids(span: ReadableSpan) -> tuple[int, int]:
    context = span.get_span_context()
    return (0, 0) if context is None else (context.trace_id, context.span_id)


def _service(resource: Resource | None) -> str:
    return "" if resource is None else str(resource.attributes.get(names.SERVICE_NAME, ""))


def _values(attributes: Mapping[str, Any] | None) -> dict[str, Value]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in (attributes or {}).items()}


def _kind(name: str) -> Kind:
    return cast("Kind", name)  # OpenTelemetry has the same five


def _status(name: str) -> Status:
    return cast("Status", name)  # and the same three
