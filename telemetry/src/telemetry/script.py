"""Tracing in one line, for scripts."""

from __future__ import annotations

import atexit

from opentelemetry import propagate, trace

from telemetry.config.sections import ExporterConfig, ExporterKind
from telemetry.config.service import TelemetryConfig
from telemetry.registry import program_line
from telemetry.settings.env import ConfigError
from telemetry.setup import configure

_places: list[str] = []


def init_tracer(
    service_name: str,
    service_version: str = "",
    environment: str = "",
    exporter_type: ExporterKind = "otlp",
    endpoint: str | None = None,
) -> trace.Tracer:
    """Set up tracing in one line, for scripts: set OpenTelemetry's global provider and return a tracer.

    A service calls `configure` and shuts it down itself; here the interpreter's exit does, within the default budget of
    five seconds.

    Args:
        service_name: Written as ``service.name``.
        service_version: Written as ``service.version``.
        environment: Written as ``deployment.environment.name``.
        exporter_type: See `ExporterConfig.kind`.
        endpoint: See `ExporterConfig.endpoint`.

    Raises:
        ConfigError: A value is invalid, or a global provider is already set: OpenTelemetry allows one per process.
    """
    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        place = f"by init_tracer at {_places[0]}" if _places else "by other code"
        raise ConfigError(f"init_tracer: the global tracer provider was set {place}: expected to be called once")
    exporter = ExporterConfig(kind=exporter_type, endpoint=endpoint)
    telemetry = configure(
        TelemetryConfig(
            service_name=service_name, service_version=service_version, environment=environment, exporter=exporter
        )
    )
    trace.set_tracer_provider(telemetry.tracer_provider)
    propagate.set_global_textmap(telemetry.propagator)
    _places.append(program_line())
    atexit.register(telemetry.shutdown)
    return telemetry.tracer(service_name)
