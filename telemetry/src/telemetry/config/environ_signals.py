"""The variables of metrics and logs. Both are off by default: the default stack has no receiver for them."""

from __future__ import annotations

from typing import get_args

from telemetry.config.environ_otlp import milliseconds, read_otlp
from telemetry.config.sections import (
    ExemplarFilter,
    ExporterConfig,
    LogsConfig,
    MetricsConfig,
    Signal,
    SignalExporterKind,
)
from telemetry.settings.env import Env


def read_metrics(env: Env) -> MetricsConfig:
    """Read ``OTEL_METRICS_*`` and OTLP's variables; raise ConfigError for an invalid one."""
    exemplars = env.choice("OTEL_METRICS_EXEMPLAR_FILTER", "trace_based", get_args(ExemplarFilter))
    return MetricsConfig(
        exporter=_exporter(env, "metrics"),
        interval=milliseconds(env, "OTEL_METRIC_EXPORT_INTERVAL", MetricsConfig().interval),
        exemplars=next(each for each in get_args(ExemplarFilter) if each == exemplars),
    )


def read_logs(env: Env) -> LogsConfig:
    """Read ``OTEL_LOGS_EXPORTER``, ``OTEL_BLRP_*``, OTLP's variables and ``ACCESS_LOG``; raise ConfigError."""
    queue = env.integer("OTEL_BLRP_MAX_QUEUE_SIZE", 2048, low=1, high=1_000_000)
    return LogsConfig(
        exporter=_exporter(env, "logs"),
        max_queue_size=queue,
        max_export_batch_size=env.integer("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", min(512, queue), low=1, high=queue),
        schedule_delay=milliseconds(env, "OTEL_BLRP_SCHEDULE_DELAY", LogsConfig().schedule_delay),
        access=env.flag("ACCESS_LOG", default=True),
    )


def _exporter(env: Env, signal: Signal) -> ExporterConfig:
    if env.flag("OTEL_SDK_DISABLED", default=False):
        return ExporterConfig(kind="none")
    kind = env.choice(f"OTEL_{signal.upper()}_EXPORTER", "none", get_args(SignalExporterKind))
    if kind == "otlp":
        return read_otlp(env, signal)
    if kind == "file":
        return ExporterConfig(kind="file", endpoint=env.get(f"OTEL_EXPORTER_FILE_{signal.upper()}_PATH"))
    return ExporterConfig(kind="console" if kind == "console" else "none")
