"""Creates OpenTelemetry's OTLP exporters, for every signal in the same way.

Left alone, they read the environment; here they get the configured values and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc

from telemetry.config.sections import ExporterConfig, Signal
from telemetry.export.losses import quieten
from telemetry.export.otlp.tls import read_tls

Exporter = TypeVar("Exporter")

# The fraction of an export's time for one attempt to connect. The SDK's exporters give all of it to the first attempt,
# and lose the batch when a collector restarts at another address a second later.
_TO_CONNECT = 0.2

_OWN_HEADERS = ("content-type", "content-encoding", "user-agent")


def otlp_http(config: ExporterConfig, signal: Signal, make: Callable[..., Exporter]) -> Callable[[], Exporter]:
    """Return a factory of an exporter over HTTP; raise ConfigError for invalid TLS files."""
    from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: PLC0415  imported only when configured

    from telemetry.export.otlp.session import ExporterSession  # noqa: PLC0415  the same

    quieten(_library(make))
    read_tls(config)  # reported now, not by the first export

    def connect() -> Exporter:
        session = ExporterSession()
        session.connect_within = config.timeout * _TO_CONNECT
        exporter: Any = make(
            endpoint=config.target_for(signal),
            timeout=config.timeout,
            compression=Compression.Gzip if config.compression == "gzip" else Compression.NoCompression,
            session=session,
        )
        session.trust(config)
        # Without this, headers of the environment join the configured ones.
        own = {name: value for name, value in exporter._client._headers.items() if name.lower() in _OWN_HEADERS}  # noqa: SLF001
        exporter._client._headers = own | _lower(config.headers)  # noqa: SLF001
        made: Exporter = exporter
        return made

    return connect


def otlp_grpc(config: ExporterConfig, signal: Signal, make: Callable[..., Exporter]) -> Callable[[], Exporter]:
    """Return a factory of an exporter over gRPC; raise ConfigError for invalid TLS files."""
    quieten("opentelemetry.exporter.otlp.proto.grpc.exporter")
    target = config.target_for(signal)
    secure = target.startswith("https://")
    tls = read_tls(config)

    def connect() -> Exporter:
        credentials = grpc.ssl_channel_credentials(tls.authorities, tls.client_key, tls.client_certificate)
        exporter: Any = make(
            endpoint=target,
            insecure=not secure,
            credentials=credentials if secure else None,
            timeout=config.timeout,
            compression=grpc.Compression.Gzip if config.compression == "gzip" else grpc.Compression.NoCompression,
            # Despite its name, the time of one attempt: https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
            channel_options=(("grpc.min_reconnect_backoff_ms", max(1, round(config.timeout * _TO_CONNECT * 1000))),),
        )
        exporter._headers = tuple(_lower(config.headers).items())  # noqa: SLF001  without those of the environment
        made: Exporter = exporter
        return made

    return connect


def _library(made: Any) -> str:
    """Return the module whose logger the exporter uses: that of OpenTelemetry's own exporter."""
    modules: list[str] = [kind.__module__ for kind in made.__mro__]
    return next(module for module in modules if module.startswith("opentelemetry."))


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
