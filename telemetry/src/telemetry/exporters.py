"""The span exporters by name. A backend is imported when it is asked for, so none is a must."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExporter

from telemetry.env import ConfigError

if TYPE_CHECKING:
    from telemetry.config import ExporterConfig


def make_exporter(config: ExporterConfig) -> SpanExporter | None:
    """Make the configured exporter; None for "none". Raises ConfigError when it cannot be made."""
    return EXPORTERS[config.kind](config)


def _otlp(config: ExporterConfig) -> SpanExporter:
    return _otlp_grpc(config) if config.protocol == "grpc" else _otlp_http(config)


def _otlp_grpc(config: ExporterConfig) -> SpanExporter:
    import grpc
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    secure = config.target.startswith("https://")
    roots = _authorities(config)
    return OTLPSpanExporter(
        endpoint=config.target,
        insecure=not secure,
        credentials=grpc.ssl_channel_credentials(roots) if secure else None,
        headers={name.lower(): value for name, value in config.headers.items()},  # as gRPC's metadata must be
        timeout=config.timeout,
        compression=grpc.Compression.Gzip if config.compression == "gzip" else grpc.Compression.NoCompression,
    )


def _otlp_http(config: ExporterConfig) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    _authorities(config)  # a file that cannot be read is told now, not at the first export
    return OTLPSpanExporter(
        endpoint=config.target,
        certificate_file=config.certificate,
        headers=dict(config.headers),
        timeout=config.timeout,
        compression=Compression.Gzip if config.compression == "gzip" else Compression.NoCompression,
    )


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
    from telemetry.file_exporter import FileSpanExporter

    return FileSpanExporter(config.target)


def _console(_config: ExporterConfig) -> SpanExporter:
    return ConsoleSpanExporter(out=sys.stdout)  # its own default is what this was at import


def _none(_config: ExporterConfig) -> None:
    return None


def _authorities(config: ExporterConfig) -> bytes | None:
    path = config.certificate
    try:
        return None if path is None else Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"exporter certificate={path!r}: the file cannot be read: {error.strerror}") from None


EXPORTERS: dict[str, Callable[[ExporterConfig], SpanExporter | None]] = {
    "otlp": _otlp,
    "zipkin": _zipkin,
    "console": _console,
    "file": _file,
    "none": _none,
}
