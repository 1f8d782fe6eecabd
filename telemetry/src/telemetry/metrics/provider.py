"""The meter provider, and the metrics of the exporters themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Any

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
from telemetry.config.sections import ExemplarFilter, MetricsConfig
from telemetry.export.counts import ExportCounts

_FILTERS: dict[ExemplarFilter, type[sdk.ExemplarFilter]] = {
    "trace_based": sdk.TraceBasedExemplarFilter,
    "always_on": sdk.AlwaysOnExemplarFilter,
    "always_off": sdk.AlwaysOffExemplarFilter,
}


class ServiceMeterProvider(sdk.MeterProvider):
    """A meter provider whose resource can be replaced after a fork; see `telemetry.trace.provider`."""

    def use_resource(self, resource: Resource) -> None:
        """Start again for another process, a forked child."""
        self._sdk_config.resource = resource
        consumer: Any = self._measurement_consumer
        consumer._lock = Lock()  # noqa: SLF001
        for reader in tuple(consumer._reader_storages):  # noqa: SLF001
            consumer.add_metric_reader(reader)  # replaces its storage: values start again

    def _handle_fork(self) -> None:
        self._lock = Lock()  # another thread of the parent may have held them
        self._meter_lock = Lock()


def make_meter_provider(config: MetricsConfig, resource: Resource, readers: Sequence[MetricReader]) -> MeterProvider:
    """Create the provider; a no-op without readers."""
    if not readers:
        return NoOpMeterProvider()
    return ServiceMeterProvider(
        readers,
        resource,
        exemplar_filter=_FILTERS[config.exemplars](),
        shutdown_on_exit=False,
        views=[View(instrument_name="*", aggregation_cardinality_limit=config.cardinality)],
    )


def observe_exports(meter: Meter, counts: Callable[[], Sequence[ExportCounts]]) -> None:
    """Measure exported, failed, dropped and queued spans of each exporter, under the names of the conventions."""

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
