"""The whole configuration of a service's telemetry, given in code or read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict, Unpack, get_args

from telemetry.config.environ import READERS
from telemetry.config.environ_kubernetes import kubernetes_from_env
from telemetry.config.environ_otlp import pairs
from telemetry.config.sections import (
    Attributes,
    BatchConfig,
    ExporterConfig,
    LimitsConfig,
    LogsConfig,
    MetricsConfig,
    SamplerConfig,
    Sink,
)
from telemetry.semconv import DEPLOYMENT_ENVIRONMENT_NAME as ENVIRONMENT
from telemetry.semconv import SERVICE_NAME, SERVICE_VERSION
from telemetry.settings.checks import between, one_of
from telemetry.settings.env import ConfigError, Env


class InCode(TypedDict, total=False):
    """Fields that the program sets in code; each overrides the variables of its field. See `TelemetryConfig`."""

    service_name: str
    service_version: str
    environment: str
    attributes: Attributes
    exporter: ExporterConfig | tuple[ExporterConfig, ...]
    sampler: SamplerConfig
    propagators: tuple[str, ...]
    batch: BatchConfig
    limits: LimitsConfig
    metrics: MetricsConfig
    logs: LogsConfig
    error_sink: Sink
    shutdown_budget: float
    test_profile: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryConfig:
    """Everything that `telemetry.configure` needs; an invalid value raises ConfigError on creation.

    Attributes:
        service_name: Written as ``service.name``.
        service_version: The deployed version; written as ``service.version``.
        environment: Such as "production"; written as ``deployment.environment.name``.
        attributes: More attributes of the resource; they override the detected ones.
        exporter: One exporter, or several to export to all.
        sampler: Which traces are recorded.
        propagators: How context travels: names of ``opentelemetry_propagator`` entry points.
        batch: How ended spans are batched for export.
        limits: How large a span can grow.
        metrics: How the service is measured.
        logs: Where log records go.
        error_sink: Where `record_error` and OpenTelemetry's `record_exception` write: an "event" of the span, a "log"
            record of the logger ``telemetry.errors``, or "both".
        shutdown_budget: Seconds for the whole of `shutdown`.
        test_profile: Whether services export on demand, see `chassis.flush`; refused in "production".
    """

    service_name: str
    service_version: str = ""
    environment: str = ""
    attributes: Attributes = field(default_factory=dict)
    exporter: ExporterConfig | tuple[ExporterConfig, ...] = field(default_factory=ExporterConfig)
    sampler: SamplerConfig = field(default_factory=SamplerConfig)
    propagators: tuple[str, ...] = ("tracecontext", "baggage")
    batch: BatchConfig = field(default_factory=BatchConfig)
    limits: LimitsConfig = field(default_factory=LimitsConfig)
    metrics: MetricsConfig = field(default_factory=MetricsConfig)
    logs: LogsConfig = field(default_factory=LogsConfig)
    error_sink: Sink = "event"
    shutdown_budget: float = 5.0
    test_profile: bool = False

    def __post_init__(self) -> None:
        if not self.service_name.strip():
            raise ConfigError(f"service_name={self.service_name!r}: expected a name")
        one_of("error_sink", self.error_sink, get_args(Sink))
        between("shutdown_budget", self.shutdown_budget, 0.0, 60.0)
        if self.test_profile and self.environment == "production":
            raise ConfigError("test_profile=True: expected False where the environment is 'production'")

    @property
    def exporters(self) -> tuple[ExporterConfig, ...]:
        """All exporters."""
        return (self.exporter,) if isinstance(self.exporter, ExporterConfig) else self.exporter

    @classmethod
    def from_env(cls, environ: Mapping[str, str], **code: Unpack[InCode]) -> TelemetryConfig:
        """Read the standard ``OTEL_*`` variables: arguments override them, and they override the defaults.

        A field that is given is used unchanged and its variables are not read; `attributes` are merged key by key.

        https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
        """
        return read_config(environ, **code)


def read_config(environ: Mapping[str, str], **code: Unpack[InCode]) -> TelemetryConfig:
    """Read the fields that code does not set; raise ConfigError with one line for an invalid variable."""
    env = Env(environ)
    made: dict[str, Any] = {name: read(env) for name, read in READERS.items() if name not in code}
    resource = {**kubernetes_from_env(environ), **pairs(env, "OTEL_RESOURCE_ATTRIBUTES"), **code.get("attributes", {})}
    named, version, environment = (resource.pop(key, "") for key in (SERVICE_NAME, SERVICE_VERSION, ENVIRONMENT))
    if "service_name" not in code:
        made["service_name"] = _service_name(env, str(named))
    made.update(service_version=str(version), environment=str(environment))
    return TelemetryConfig(**{**made, **code, "attributes": resource})


def _service_name(env: Env, named: str) -> str:
    name = env.get("OTEL_SERVICE_NAME") or named
    if not name.strip():
        raise ConfigError("OTEL_SERVICE_NAME is not set: expected a name, there or in code")
    return name
