"""The export of metrics: a thread collects and sends them, and a shutdown gives up in time."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from threading import Thread
from typing import Any

from opentelemetry.sdk.metrics.export import (
    ConsoleMetricExporter,
    MetricExporter,
    MetricExportResult,
    MetricsData,
    PeriodicExportingMetricReader,
)

from telemetry.config.sections import ExporterConfig, MetricsConfig
from telemetry.export.losses import LossLog
from telemetry.export.otlp.options import otlp_grpc, otlp_http
from telemetry.export.reachability import GRACE, refuses_connections
from telemetry.forks import renew_after_fork

_logger = logging.getLogger(__name__)


class MetricPipeline:
    """An SDK reader whose shutdown has a time limit; see `telemetry.export.pipelines.shutdown_all`."""

    def __init__(self, connect: Callable[[], MetricExporter], config: MetricsConfig) -> None:
        self._exporter = _LazyExporter(connect)
        self._target = config.exporter.target_for("metrics") if config.exporter.kind == "otlp" else None
        self._reason = ""
        milliseconds = config.interval * 1000
        self.reader = PeriodicExportingMetricReader(self._exporter, milliseconds, config.exporter.timeout * 1000)

    @property
    def failed(self) -> int:
        """Exports that the receiver refused or did not answer in time."""
        return self._exporter.failed

    def flush(self) -> object:
        """Collect and export, however long it takes."""
        return self.reader.force_flush()

    def close(self) -> None:
        """Collect and export for the last time and stop, however long it takes.

        A collector that was never reachable gets less time, see `telemetry.export.queue.ExportQueue.close`.
        """
        last = Thread(target=self.reader.shutdown, name="telemetry-export", daemon=True)
        last.start()
        last.join(GRACE)
        if last.is_alive() and not self._exporter.exported and refuses_connections(self._target):
            self._reason = f"no collector at {self._target}"
            self._exporter.shutdown()  # ends its retries
        last.join()

    def report(self, budget: float, *, in_time: bool) -> None:
        """Log that the last metrics were not exported, if so, and release the exporter."""
        reason = self._reason or ("" if in_time else f"gave up after {budget:g} s")
        if reason:
            _logger.warning("the last metrics were not exported: %s", reason)
        if not in_time:
            Thread(target=self._exporter.shutdown, name="telemetry", daemon=True).start()  # the same


def make_metric_exporter(config: ExporterConfig) -> Callable[[], MetricExporter] | None:
    """Return a factory of the configured exporter; None for "none". Raises ConfigError when it cannot be created."""
    if config.kind == "none":
        return None
    if config.kind == "console":
        return lambda: ConsoleMetricExporter(out=sys.stdout)  # its own default is bound at import
    if config.kind == "file":
        from telemetry.export.file import FileMetricExporter  # noqa: PLC0415  imported only when configured

        exporter = FileMetricExporter(config.target_for("metrics"))
        return lambda: exporter
    if config.protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import (  # noqa: PLC0415  imported only when configured
            OTLPMetricExporter as GrpcExporter,
        )

        return otlp_grpc(config, "metrics", GrpcExporter)
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415  imported only when configured
        OTLPMetricExporter as HttpExporter,
    )

    return otlp_http(config, "metrics", HttpExporter)


class _LazyExporter(MetricExporter):
    """Connects on its first export, in the process that exports; a forked child connects again."""

    def __init__(self, connect: Callable[[], MetricExporter]) -> None:
        super().__init__()
        self._connect = connect
        self._exporter: MetricExporter | None = None
        self._inherited: MetricExporter | None = None
        self._closed = False
        self.exported = self.failed = 0
        self._losses = LossLog("exports of metrics")
        renew_after_fork(self)

    def after_fork(self) -> None:
        # The parent's is kept and never used: closing gRPC's channel in a forked child can hang.
        self._inherited, self._exporter = self._inherited or self._exporter, None

    def export(self, metrics_data: MetricsData, timeout_millis: float = 10_000, **options: Any) -> MetricExportResult:
        result = MetricExportResult.FAILURE
        try:
            if not self._closed:
                self._exporter = self._exporter or self._connect()
                result = self._exporter.export(metrics_data, timeout_millis, **options)
        except Exception as error:  # noqa: BLE001  the reader continues whatever an exporter raises
            self._losses.explain(error)
        if result is MetricExportResult.SUCCESS:
            self.exported += 1
        else:
            self.failed += 1
            self._losses.tell(self.failed, 0)
        return result

    def force_flush(self, timeout_millis: float = 10_000) -> bool:
        return self._exporter is None or self._exporter.force_flush(timeout_millis)

    def shutdown(self, timeout_millis: float = 30_000, **options: Any) -> None:
        closed, self._closed = self._closed, True
        if not closed and self._exporter is not None:
            self._exporter.shutdown(timeout_millis, **options)
