"""The span exporters by name. A backend is imported when it is asked for, so none is a must."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from opentelemetry.sdk.trace.export import ConsoleSpanExporter

from telemetry.env import ConfigError
from telemetry.lazy_exporter import LazyExporter
from telemetry.losses import quieten
from telemetry.pipeline import Exporter
from telemetry.span_pipeline import EncodedPipeline, ExportPipeline, SpanPipeline
from telemetry.tls import read_tls

if TYPE_CHECKING:
    from telemetry.config import BatchConfig, ExporterConfig

SpanExporter = Exporter[Any]  # of the SDK's spans, or of encoded ones

_HTTP_HEADERS = ("content-type", "content-encoding", "user-agent")


def make_pipeline(config: ExporterConfig, batch: BatchConfig) -> SpanPipeline[Any] | None:
    """Make the configured exporter and its queue; None for "none". Raises ConfigError when it cannot be made."""
    exporter = make_exporter(config)
    if exporter is None:
        return None
    pipeline: type[SpanPipeline[Any]] = EncodedPipeline if config.kind == "otlp" else ExportPipeline
    target = config.target if config.kind in ("otlp", "zipkin") else None
    return pipeline(exporter, batch, partial(make_exporter, config), target=target)


def make_exporter(config: ExporterConfig) -> SpanExporter | None:
    """Make the configured exporter; None for "none". Raises ConfigError when it cannot be made."""
    return EXPORTERS[config.kind](config)


def _otlp(config: ExporterConfig) -> SpanExporter:
    return _otlp_grpc(config) if config.protocol == "grpc" else _otlp_http(config)


def _otlp_grpc(config: ExporterConfig) -> SpanExporter:
    import grpc

    from telemetry.otlp_spans_grpc import GrpcSpanExporter

    quieten("opentelemetry.exporter.otlp.proto.grpc.exporter")
    secure = config.target.startswith("https://")
    tls = read_tls(config)

    def connect() -> SpanExporter:
        credentials = grpc.ssl_channel_credentials(tls.authorities, tls.client_key, tls.client_certificate)
        exporter = GrpcSpanExporter(
            endpoint=config.target,
            insecure=not secure,
            credentials=credentials if secure else None,
            timeout=config.timeout,
            compression=grpc.Compression.Gzip if config.compression == "gzip" else grpc.Compression.NoCompression,
        )
        # Given to it, an empty mapping would let the headers of the environment in. gRPC wants lower case.
        exporter._headers = tuple((name.lower(), value) for name, value in config.headers.items())  # noqa: SLF001
        return exporter

    return LazyExporter(connect)


def _otlp_http(config: ExporterConfig) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http import Compression

    from telemetry.http_session import ExporterSession
    from telemetry.otlp_spans_http import HttpSpanExporter

    quieten("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    read_tls(config)  # a file that is no good is told now, not at the first export
    session = ExporterSession()
    exporter = HttpSpanExporter(
        endpoint=config.target,
        session=session,
        timeout=config.timeout,
        compression=Compression.Gzip if config.compression == "gzip" else Compression.NoCompression,
    )
    session.trust(config)  # only now: making the exporter has read the environment's
    sent = exporter._client._headers  # noqa: SLF001  headers of the environment would join those that are given
    own = {name: value for name, value in sent.items() if name.lower() in _HTTP_HEADERS}
    exporter._client._headers = own | {name.lower(): value for name, value in config.headers.items()}  # noqa: SLF001
    return exporter


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


EXPORTERS: dict[str, Callable[[ExporterConfig], SpanExporter | None]] = {
    "otlp": _otlp,
    "zipkin": _zipkin,
    "console": _console,
    "file": _file,
    "none": _none,
}
