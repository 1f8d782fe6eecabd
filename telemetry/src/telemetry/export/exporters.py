"""The span exporters by name. Each is imported only when it is configured."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

from opentelemetry.sdk.trace.export import ConsoleSpanExporter

from telemetry.config.sections import BatchConfig, ExporterConfig
from telemetry.export.lazy import LazyExporter
from telemetry.export.otlp.options import otlp_grpc, otlp_http
from telemetry.export.queue import Exporter
from telemetry.export.spans import EncodedPipeline, ExportPipeline, SpanPipeline
from telemetry.settings.env import ConfigError

SpanExporter = Exporter[Any]  # of the SDK's spans, or of encoded spans


def make_pipeline(config: ExporterConfig, batch: BatchConfig) -> SpanPipeline[Any] | None:
    """Create the configured exporter and its queue; None for "none". Raises ConfigError when it cannot be created."""
    exporter = make_exporter(config)
    if exporter is None:
        return None
    pipeline: type[SpanPipeline[Any]] = EncodedPipeline if config.kind == "otlp" else ExportPipeline
    target = config.target if config.kind in ("otlp", "zipkin") else None
    return pipeline(exporter, batch, partial(make_exporter, config), target=target)


def make_exporter(config: ExporterConfig) -> SpanExporter | None:
    """Create the configured exporter; None for "none". Raises ConfigError when it cannot be created."""
    return EXPORTERS[config.kind](config)


def _otlp(config: ExporterConfig) -> SpanExporter:
    if config.protocol == "grpc":
        from telemetry.export.otlp.grpc import GrpcSpanExporter

        return LazyExporter(otlp_grpc(config, "traces", GrpcSpanExporter))
    from telemetry.export.otlp.http import HttpSpanExporter

    return LazyExporter(otlp_http(config, "traces", HttpSpanExporter))


def _zipkin(config: ExporterConfig) -> SpanExporter:
    if find_spec("opentelemetry.exporter.zipkin") is None:
        raise ConfigError("exporter kind='zipkin': needs the extra: pip install 'throughline-telemetry[zipkin]'")
    from opentelemetry.exporter.zipkin.json import ZipkinExporter

    warnings.warn(
        "OpenTelemetry removes its Zipkin exporter in December 2026: send OTLP, to a collector if Zipkin must be fed",
        DeprecationWarning,
        stacklevel=2,
    )
    return ZipkinExporter(endpoint=config.target, timeout=max(1, round(config.timeout)))


def _file(config: ExporterConfig) -> SpanExporter:
    from telemetry.export.file import FileSpanExporter

    return FileSpanExporter(config.target)


def _console(_config: ExporterConfig) -> SpanExporter:
    return ConsoleSpanExporter(out=sys.stdout)  # its own default is bound at import


def _none(_config: ExporterConfig) -> None:
    return None


EXPORTERS: dict[str, Callable[[ExporterConfig], SpanExporter | None]] = {
    "otlp": _otlp,
    "zipkin": _zipkin,
    "console": _console,
    "file": _file,
    "none": _none,
}
