"""The entry point: `configure(config)` returns the telemetry of a service."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.metrics import Meter, MeterProvider
from opentelemetry.sdk._logs import LogRecordProcessor
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace import SpanProcessor

from telemetry.config.service import TelemetryConfig
from telemetry.context.propagation import make_propagator
from telemetry.export.counts import ExportCounts
from telemetry.export.exporters import make_pipeline
from telemetry.export.pipelines import Pipeline, flush_all, shutdown_all
from telemetry.forks import renew_after_fork
from telemetry.instrumentation import Instrumentation
from telemetry.logs.handler import LogExport
from telemetry.measurement import Measurement
from telemetry.metrics.business import Business
from telemetry.registry import Registry
from telemetry.resource.service import make_resource, resource_after_fork
from telemetry.sampling.by_name import make_sampler
from telemetry.sampling.rules import RulesSampler
from telemetry.settings.env import ConfigError
from telemetry.shutdown import ShutdownContext
from telemetry.trace.limits import make_limits
from telemetry.trace.provider import ServiceTracerProvider

_services = Registry()


class Telemetry(Instrumentation, ShutdownContext):
    """A service's telemetry, made by `configure`. Also a context manager, sync and async, that shuts it down.

    Attributes:
        config: Its configuration.
        tracer_provider: The OpenTelemetry SDK's provider, for libraries that ask for one.
        measuring: Its metrics: the meter provider, `business` metrics and more.
        log_export: Exports log records.
        propagator: Propagates context.
    """

    def __init__(
        self,
        config: TelemetryConfig,
        span_processors: Sequence[SpanProcessor] = (),
        metric_readers: Sequence[MetricReader] = (),
        log_processors: Sequence[LogRecordProcessor] = (),
    ) -> None:
        self.config = config
        self.propagator = make_propagator(config.propagators)
        self._sampler = make_sampler(config.sampler)
        self._pipelines = [
            pipeline for each in config.exporters if (pipeline := make_pipeline(each, config.batch)) is not None
        ]
        self._processors = tuple(span_processors)
        resource = make_resource(config)
        self.tracer_provider = ServiceTracerProvider(
            sampler=self._sampler,
            resource=resource,
            span_limits=make_limits(config.limits),
            error_sink=config.error_sink,
        )
        for processor in (*self._pipelines, *self._processors):
            self.tracer_provider.add_span_processor(processor)
        self.measuring = Measurement(config.metrics, resource, metric_readers, lambda: self.export_counts)
        self.log_export = LogExport(config.logs, config.limits, resource, log_processors)
        self._all_pipelines: list[Pipeline] = [
            *self._pipelines,
            *self.measuring.pipelines,
            *self.log_export.pipelines,
        ]
        self._closed = False
        renew_after_fork(self)
        if self._all_pipelines:
            _services.claim(config.service_name, self)

    def tracer(self, name: str) -> trace.Tracer:
        """Return a tracer for your own spans; `name` is the module that starts them."""
        return self.tracer_provider.get_tracer(name)

    @property
    def meter_provider(self) -> MeterProvider:
        """OpenTelemetry's meter provider, for libraries that ask for one; a no-op where metrics are off."""
        return self.measuring.provider

    def meter(self, name: str) -> Meter:
        """Return a meter for your own metrics; `name` is the module that creates them."""
        return self.meter_provider.get_meter(name)

    @property
    def business(self) -> Business:
        """Creates business metrics."""
        return self.measuring.business

    def watch_event_loop(self) -> None:
        """Measure the lag of the running event loop until the shutdown, where metrics are on."""
        self.measuring.watch_event_loop()

    def capture_logs(self, logger: logging.Logger | None = None) -> None:
        """Export the logger's records until the shutdown, where logs are exported; by default the root logger's."""
        self.log_export.capture(logger or logging.getLogger())

    def reload_sampling(self) -> bool:
        """Reload the file of sampling rules; an invalid file changes nothing, is logged, and returns False.

        To reload on a signal: ``loop.add_signal_handler(SIGHUP, telemetry.reload_sampling)``.

        Raises:
            ConfigError: The sampler reads no file.
        """
        if not isinstance(self._sampler, RulesSampler):
            raise ConfigError(f"sampler kind={self.config.sampler.kind!r}: only 'rules' can be read again")
        return self._sampler.reload()

    def after_fork(self) -> None:
        """Become another instance of the service, without open spans; called in a forked child."""
        resource = resource_after_fork(self.tracer_provider.resource, self.config)
        for provider in (self.tracer_provider, self.measuring, self.log_export):
            provider.use_resource(resource)

    @property
    def export_counts(self) -> tuple[ExportCounts, ...]:
        """The span counts, one entry per exporter."""
        return tuple(pipeline.counts for pipeline in self._pipelines)

    @property
    def open_spans(self) -> int:
        """The number of sampled spans that have started and not ended."""
        return self.tracer_provider.open_spans

    def force_flush(self, budget: float = 5.0) -> bool:
        """Export the queues; False when that took more than `budget` seconds."""
        return flush_all(self._all_pipelines, self._processors, budget)

    def shutdown(self, budget: float | None = None) -> None:
        """Export the queues and stop, within `budget` seconds in total; by default the configured budget.

        Items that are not exported by then are counted and logged. A second call does nothing.
        """
        if self._closed:
            return
        self._closed = True
        _services.release(self.config.service_name, self)
        self.measuring.stop()
        self.log_export.stop()
        shutdown_all(self._all_pipelines, self._processors, self.config.shutdown_budget if budget is None else budget)


def configure(
    config: TelemetryConfig,
    *,
    span_processors: Sequence[SpanProcessor] = (),
    metric_readers: Sequence[MetricReader] = (),
    log_processors: Sequence[LogRecordProcessor] = (),
) -> Telemetry:
    """Create a service's telemetry. It changes nothing global: pass on what it returns.

    Args:
        config: See `TelemetryConfig`.
        span_processors: More processors, such as an in-memory one in tests.
        metric_readers: The same for metrics.
        log_processors: The same for log records.

    Raises:
        ConfigError: An exporter, a sampler or a propagator cannot be created; or the service is already configured in
            this process and not shut down: the message names the place.
    """
    return Telemetry(config, span_processors, metric_readers, log_processors)
