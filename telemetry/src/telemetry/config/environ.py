"""The sections of the configuration out of ``OTEL_*`` variables.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import get_args

from telemetry.config.environ_otlp import milliseconds, read_otlp
from telemetry.config.environ_signals import read_logs, read_metrics
from telemetry.config.sections import (
    SAMPLER_KINDS,
    BatchConfig,
    ExporterConfig,
    ExporterKind,
    LimitsConfig,
    SamplerConfig,
    Sink,
)
from telemetry.settings.checks import http_url, one_of
from telemetry.settings.env import ConfigError, Env

PROPAGATOR_GROUP = "opentelemetry_propagator"


def known_propagators() -> list[str]:
    """Return the names of the installed propagators, and "none"."""
    return sorted({*entry_points(group=PROPAGATOR_GROUP).names, "none"})


def _exporters(env: Env) -> tuple[ExporterConfig, ...]:
    if env.flag("OTEL_SDK_DISABLED", default=False):
        return (ExporterConfig(kind="none"),)
    kinds = _names(env, "OTEL_TRACES_EXPORTER", "otlp")
    for kind in kinds:
        one_of("OTEL_TRACES_EXPORTER", kind, get_args(ExporterKind))
    makers = {"otlp": lambda env: read_otlp(env, "traces"), "zipkin": _zipkin, "file": _file}
    return tuple(makers[kind](env) if kind in makers else _plain(kind) for kind in kinds)


def _plain(kind: str) -> ExporterConfig:
    return ExporterConfig(kind="console" if kind == "console" else "none")


def _zipkin(env: Env) -> ExporterConfig:
    endpoint = env.get("OTEL_EXPORTER_ZIPKIN_ENDPOINT")
    if endpoint is not None:
        http_url("OTEL_EXPORTER_ZIPKIN_ENDPOINT", endpoint)
    return ExporterConfig(
        kind="zipkin", endpoint=endpoint, timeout=milliseconds(env, "OTEL_EXPORTER_ZIPKIN_TIMEOUT", 10.0)
    )


def _file(env: Env) -> ExporterConfig:
    return ExporterConfig(kind="file", endpoint=env.get("OTEL_EXPORTER_FILE_PATH"))


def _propagators(env: Env) -> tuple[str, ...]:
    names = _names(env, "OTEL_PROPAGATORS", "tracecontext,baggage")
    for name in names:
        one_of("OTEL_PROPAGATORS", name, known_propagators())
    return tuple(names)


def _sampler(env: Env) -> SamplerConfig:
    """Read the sampler and its argument: a ratio, traces a second, or the path of a file."""
    kind = env.choice("OTEL_TRACES_SAMPLER", "parentbased_always_on", SAMPLER_KINDS)
    argument = "OTEL_TRACES_SAMPLER_ARG"
    if kind == "rules":
        if env.get(argument) is None:
            raise ConfigError(f"{argument} is not set: expected the path of a file of sampling rules")
        return SamplerConfig(kind=kind, rules=env.text(argument))
    if kind == "rate_limited":
        return SamplerConfig(kind=kind, rate=env.number(argument, SamplerConfig().rate, low=0, high=1_000_000))
    return SamplerConfig(kind=kind, ratio=env.number(argument, 1.0, low=0.0, high=1.0))


def _batch(env: Env) -> BatchConfig:
    queue = env.integer("OTEL_BSP_MAX_QUEUE_SIZE", 2048, low=1, high=1_000_000)
    return BatchConfig(
        max_queue_size=queue,
        max_export_batch_size=env.integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", min(512, queue), low=1, high=queue),
        schedule_delay=milliseconds(env, "OTEL_BSP_SCHEDULE_DELAY", 1.0),
    )


def _limits(env: Env) -> LimitsConfig:
    default = LimitsConfig()
    common = env.integer("OTEL_ATTRIBUTE_COUNT_LIMIT", default.attributes, low=0, high=10_000)
    length = env.integer("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", default.attribute_length, low=0, high=1_000_000)
    return LimitsConfig(
        attribute_length=env.integer("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", length, low=0, high=1_000_000),
        attributes=env.integer("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", common, low=0, high=10_000),
        events=env.integer("OTEL_SPAN_EVENT_COUNT_LIMIT", default.events, low=0, high=10_000),
        links=env.integer("OTEL_SPAN_LINK_COUNT_LIMIT", default.links, low=0, high=10_000),
    )


def _names(env: Env, name: str, default: str) -> list[str]:
    text = env.text(name, default)
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip())) or [text]


def _error_sink(env: Env) -> Sink:
    """Read the variable that moves exceptions from span events to log records."""
    return _SINKS[env.choice("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "events", tuple(_SINKS))]


_SINKS: dict[str, Sink] = {"events": "event", "logs": "log", "logs/dup": "both"}

# Field of `TelemetryConfig` → what reads it.
READERS: dict[str, Callable[[Env], object]] = {
    "exporter": _exporters,
    "sampler": _sampler,
    "propagators": _propagators,
    "batch": _batch,
    "limits": _limits,
    "metrics": read_metrics,
    "logs": read_logs,
    "error_sink": _error_sink,
    "test_profile": lambda env: env.flag("TEST_PROFILE", default=False),
}
