"""The metrics of a service: `Telemetry` has one, and it costs nothing where metrics are off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from opentelemetry.sdk import metrics as sdk
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource

from telemetry.config.sections import MetricsConfig
from telemetry.export.counts import ExportCounts
from telemetry.export.metrics import MetricPipeline, make_metric_exporter
from telemetry.grpc.metrics import CallMetrics, client_call_metrics, server_call_metrics
from telemetry.grpc.observers import CallObserver, measure
from telemetry.http.connections import ConnectionMetrics
from telemetry.http.metrics import HttpServerMetrics
from telemetry.metrics.business import Business
from telemetry.metrics.provider import ServiceMeterProvider, make_meter_provider, observe_exports
from telemetry.metrics.runtime import EventLoopWatch, observe_process

if TYPE_CHECKING:
    from telemetry.sqlalchemy.pool import PoolMetrics

_SCOPE = "throughline"


class Measurement:
    """The meter provider and its instruments.

    Args:
        config: The metrics section.
        resource: The service's.
        readers: More readers, such as an in-memory one in tests.
        spans: Returns the span counts, one entry per exporter.

    Attributes:
        provider: OpenTelemetry's; a no-op without an exporter or a reader.
        meter: For this package's own metrics; None where metrics are off.
        pipelines: The pipelines to flush and to close.
        http: Measures requests; None where metrics are off.
        connections: The same for WebSockets.
        business: Creates business metrics.
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
        self.provider = make_meter_provider(config, resource, [*(each.reader for each in self.pipelines), *readers])
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
            observe_exports(self.meter, spans)

    def call_observers(self) -> list[CallObserver]:
        """Create the observers of one server's calls; none where metrics are off."""
        return [] if self.meter is None else [measure(server_call_metrics(self.meter))]

    def client_calls(self) -> CallMetrics | None:
        """Create the metrics of one channel's calls; None where metrics are off."""
        return None if self.meter is None else client_call_metrics(self.meter)

    @property
    def pools(self) -> PoolMetrics | None:
        """The metrics of database connection pools; None where metrics are off."""
        if self._pools is None and self.meter is not None:
            from telemetry.sqlalchemy.pool import PoolMetrics  # noqa: PLC0415  SQLAlchemy is an extra

            self._pools = PoolMetrics(self.meter)
        return self._pools

    def watch_event_loop(self) -> None:
        """Measure the lag of the running event loop, until `stop`."""
        if self.meter is not None:
            self._watches.append(EventLoopWatch(self.meter))

    def use_resource(self, resource: Resource) -> None:
        """Start again for another process, a forked child."""
        if isinstance(self.provider, ServiceMeterProvider):
            self.provider.use_resource(resource)
        if self.http is not None:
            self.http.after_fork()

    def stop(self) -> None:
        """Stop measuring event loops."""
        while self._watches:
            self._watches.pop().stop()
