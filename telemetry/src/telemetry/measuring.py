"""All that measures a service, put together: `Telemetry` has one, and it costs nothing where metrics are off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, NoOpMeterProvider, Observation
from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.resources import Resource
from opentelemetry.semconv._incubating.attributes.otel_attributes import OTEL_COMPONENT_NAME
from opentelemetry.semconv._incubating.metrics.otel_metrics import (
    OTEL_SDK_EXPORTER_SPAN_EXPORTED,
    OTEL_SDK_PROCESSOR_SPAN_PROCESSED,
    OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE,
)

from telemetry import semconv
from telemetry.business import Business
from telemetry.grpc.observing import CallObserver, measure
from telemetry.http.connections import ConnectionMetrics
from telemetry.metric_pipeline import MetricPipeline, make_metric_exporter
from telemetry.metrics import CallMetrics, HttpServerMetrics, client_call_metrics, server_call_metrics
from telemetry.runtime import EventLoopWatch, observe_process

if TYPE_CHECKING:
    from telemetry.config import ExemplarFilter, MetricsConfig
    from telemetry.database_pool import PoolMetrics
    from telemetry.pipeline import ExportCounts

_SCOPE = "throughline"

_FILTERS: dict[ExemplarFilter, type[sdk.ExemplarFilter]] = {
    "trace_based": sdk.TraceBasedExemplarFilter,
    "always_on": sdk.AlwaysOnExemplarFilter,
    "always_off": sdk.AlwaysOffExemplarFilter,
}


class Measuring:
    """The meter provider and what is measured with it.

    Args:
        config: Of the metrics.
        resource: Who is measured.
        readers: More readers, such as an in-memory one in tests.
        spans: Tells what became of the spans, an entry an exporter.

    Attributes:
        provider: OpenTelemetry's; one that does nothing where there is no exporter and no reader.
        meter: For this package's own metrics; None where metrics are off.
        pipelines: Those to flush and to close.
        http: Measures requests; None where metrics are off.
        connections: The same for WebSockets.
        business: Makes the metrics of the service's own.
    """

    def __init__(
        self,
        config: MetricsConfig,
        resource: Resource,
        readers: Sequence[MetricReader],
        spans: Callable[[], Sequence[ExportCounts]],
    ) -> None:
        connect = make_metric_exporter(config.exporter)
        self.pipelines = [] if connect is None else [MetricPipeline(connect, config)]
        self.provider = _make_provider(config, resource, [*(each.reader for each in self.pipelines), *readers])
        self.meter = self.provider.get_meter(_SCOPE) if isinstance(self.provider, sdk.MeterProvider) else None
        self.business = Business(self.meter, config.tenants)
        self.http: HttpServerMetrics | None = None
        self.connections: ConnectionMetrics | None = None
        self._pools: PoolMetrics | None = None
        self._watches: list[EventLoopWatch] = []
        if self.meter is not None:
            self.http = HttpServerMetrics(self.meter)
            self.connections = ConnectionMetrics(self.meter)
            observe_process(self.meter)
            _observe_exports(self.meter, spans)

    def call_observers(self) -> list[CallObserver]:
        """Make what measures the calls that one server serves; nothing where metrics are off."""
        return [] if self.meter is None else [measure(server_call_metrics(self.meter))]

    def client_calls(self) -> CallMetrics | None:
        """Make what measures the calls of one channel; None where metrics are off."""
        return None if self.meter is None else client_call_metrics(self.meter)

    @property
    def pools(self) -> PoolMetrics | None:
        """What measures the pools of databases; None where metrics are off."""
        if self._pools is None and self.meter is not None:
            from telemetry.database_pool import PoolMetrics  # noqa: PLC0415  SQLAlchemy is an extra

            self._pools = PoolMetrics(self.meter)
        return self._pools

    def watch_event_loop(self) -> None:
        """Measure how late the running event loop is, until `stop`."""
        if self.meter is not None:
            self._watches.append(EventLoopWatch(self.meter))

    def use_resource(self, resource: Resource) -> None:
        """Measure another process from now on, a forked child, from nothing."""
        if isinstance(self.provider, _Provider):
            self.provider.use_resource(resource)
        if self.http is not None:
            self.http.after_fork()

    def stop(self) -> None:
        """Watch event loops no more."""
        while self._watches:
            self._watches.pop().stop()


class _Provider(sdk.MeterProvider):
    """The SDK's own would give a forked child's resource what its detectors find; see `telemetry.provider`."""

    def use_resource(self, resource: Resource) -> None:
        self._sdk_config.resource = resource
        consumer: Any = self._measurement_consumer
        consumer._lock = Lock()  # noqa: SLF001
        for reader in tuple(consumer._reader_storages):  # noqa: SLF001
            consumer.add_metric_reader(reader)  # in place of what it had: values start anew

    def _handle_fork(self) -> None:
        self._lock = Lock()  # another thread of the parent may have held them
        self._meter_lock = Lock()


def _make_provider(config: MetricsConfig, resource: Resource, readers: Sequence[MetricReader]) -> MeterProvider:
    if not readers:
        return NoOpMeterProvider()
    return _Provider(
        readers,
        resource,
        exemplar_filter=_FILTERS[config.exemplars](),
        shutdown_on_exit=False,
        views=[View(instrument_name="*", aggregation_cardinality_limit=config.cardinality)],
    )


def _observe_exports(meter: Meter, counts: Callable[[], Sequence[ExportCounts]]) -> None:
    """Measure what becomes of the spans, an entry an exporter, by the names that the convention has for it."""

    def exported(name: str, count: ExportCounts) -> Iterable[Observation]:
        yield Observation(count.exported, {OTEL_COMPONENT_NAME: name})
        yield Observation(count.failed, {OTEL_COMPONENT_NAME: name, semconv.ERROR_TYPE: "export_failed"})

    def processed(name: str, count: ExportCounts) -> Iterable[Observation]:
        yield Observation(count.exported + count.failed, {OTEL_COMPONENT_NAME: name})
        yield Observation(count.dropped, {OTEL_COMPONENT_NAME: name, semconv.ERROR_TYPE: "queue_full"})

    def waiting(name: str, count: ExportCounts) -> Iterable[Observation]:
        yield Observation(count.pending, {OTEL_COMPONENT_NAME: name})

    def each(
        observe: Callable[[str, ExportCounts], Iterable[Observation]],
    ) -> Callable[[CallbackOptions], Iterable[Observation]]:
        return lambda _options: [
            made for number, count in enumerate(counts()) for made in observe(f"exporter/{number}", count)
        ]

    spans = "{span}"
    meter.create_observable_counter(OTEL_SDK_EXPORTER_SPAN_EXPORTED, [each(exported)], spans, "Spans that were sent.")
    meter.create_observable_counter(
        OTEL_SDK_PROCESSOR_SPAN_PROCESSED, [each(processed)], spans, "Spans that have left the queue."
    )
    meter.create_observable_up_down_counter(
        OTEL_SDK_PROCESSOR_SPAN_QUEUE_SIZE, [each(waiting)], spans, "Spans that wait."
    )
