"""What a service's telemetry is configured with: plain values, checked when they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args
from urllib.parse import unquote, urlsplit

from telemetry.checks import between, http_url, one_of
from telemetry.env import ConfigError, Env
from telemetry.propagation import known_propagators
from telemetry.sampling import SAMPLERS

ExporterKind = Literal["otlp", "zipkin", "console", "file", "none"]
Protocol = Literal["grpc", "http/protobuf"]
Compression = Literal["none", "gzip"]
Attributes = Mapping[str, str | bool | int | float]

_DEFAULT_ENDPOINTS: dict[tuple[str, str], str] = {
    ("otlp", "grpc"): "http://localhost:4317",
    ("otlp", "http/protobuf"): "http://localhost:4318/v1/traces",
    ("zipkin", "http/protobuf"): "http://localhost:9411/api/v2/spans",
    ("zipkin", "grpc"): "http://localhost:9411/api/v2/spans",
    ("file", "http/protobuf"): "traces.jsonl",
    ("file", "grpc"): "traces.jsonl",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """Where finished spans go.

    Attributes:
        kind: "otlp", "zipkin" (needs the extra ``zipkin``), "console", "file" (OTLP JSON, one batch a line) or "none".
        endpoint: A URL, for kind "file" a path; the kind's own default when None. For OTLP over HTTP a URL without a
            path gets ``/v1/traces``.
        protocol: How OTLP is spoken.
        headers: Sent with each export (OTLP alone); never logged.
        timeout: Seconds that one export may take, its retries included.
        compression: Of the body sent by OTLP.
        certificate: Path of the PEM file with the authorities to trust, for OTLP over TLS.
    """

    kind: ExporterKind = "otlp"
    endpoint: str | None = None
    protocol: Protocol = "http/protobuf"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0
    compression: Compression = "none"
    certificate: str | None = None

    def __post_init__(self) -> None:
        one_of("exporter kind", self.kind, get_args(ExporterKind))
        one_of("exporter protocol", self.protocol, get_args(Protocol))
        one_of("exporter compression", self.compression, get_args(Compression))
        between("exporter timeout", self.timeout, 0.001, 3600)
        if self.kind in ("otlp", "zipkin") and self.endpoint is not None:
            http_url("exporter endpoint", self.endpoint)

    @property
    def target(self) -> str:
        """The endpoint in full, with the default filled in."""
        if self.endpoint is None:
            return _DEFAULT_ENDPOINTS.get((self.kind, self.protocol), "")
        if self.kind == "otlp" and self.protocol == "http/protobuf" and not urlsplit(self.endpoint).path:
            return _under(self.endpoint, "/v1/traces")
        return self.endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplerConfig:
    """Which traces are recorded: a name of `telemetry.sampling.SAMPLERS` and the share, from 0 to 1, that it takes."""

    kind: str = "parentbased_always_on"
    ratio: float = 1.0

    def __post_init__(self) -> None:
        one_of("sampler kind", self.kind, tuple(SAMPLERS))
        between("sampler ratio", self.ratio, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchConfig:
    """How finished spans wait for their export.

    Attributes:
        max_queue_size: Spans that may wait; one more drops the oldest, which is counted.
        max_export_batch_size: Spans sent at once.
        schedule_delay: Seconds between exports.
    """

    max_queue_size: int = 2048
    max_export_batch_size: int = 512
    schedule_delay: float = 1.0

    def __post_init__(self) -> None:
        between("batch max_queue_size", self.max_queue_size, 1, 1_000_000)
        between("batch max_export_batch_size", self.max_export_batch_size, 1, self.max_queue_size)
        between("batch schedule_delay", self.schedule_delay, 0.001, 3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryConfig:
    """Everything that `telemetry.configure` needs; a wrong value raises ConfigError when it is made.

    Attributes:
        service_name: As traces show it.
        service_version: The deployed version.
        environment: Such as "production"; written as ``deployment.environment.name``.
        attributes: More attributes of the resource; they win over the ones made here.
        exporter: One exporter, or several to export to all.
        sampler: Which traces are recorded.
        propagators: How context travels: names of ``opentelemetry_propagator`` entry points.
        batch: How finished spans wait for their export.
        shutdown_budget: Seconds that `shutdown` may take in all.
    """

    service_name: str
    service_version: str = ""
    environment: str = ""
    attributes: Attributes = field(default_factory=dict)
    exporter: ExporterConfig | tuple[ExporterConfig, ...] = ExporterConfig()
    sampler: SamplerConfig = SamplerConfig()
    propagators: tuple[str, ...] = ("tracecontext", "baggage")
    batch: BatchConfig = BatchConfig()
    shutdown_budget: float = 5.0

    def __post_init__(self) -> None:
        if not self.service_name.strip():
            raise ConfigError(f"service_name={self.service_name!r}: expected a name")
        between("shutdown_budget", self.shutdown_budget, 0.0, 60.0)

    @property
    def exporters(self) -> tuple[ExporterConfig, ...]:
        """All exporters."""
        return (self.exporter,) if isinstance(self.exporter, ExporterConfig) else self.exporter

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str],
        *,
        service_name: str,
        service_version: str = "",
        environment: str = "",
    ) -> TelemetryConfig:
        """Read the standard ``OTEL_*`` variables; what they leave open is taken from the arguments and the defaults.

        https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
        """
        env = Env(environ)
        resource = _pairs(env, "OTEL_RESOURCE_ATTRIBUTES")
        named = resource.pop("service.name", service_name)
        return cls(
            service_name=env.text("OTEL_SERVICE_NAME", named),
            service_version=resource.pop("service.version", service_version),
            environment=resource.pop("deployment.environment.name", environment),
            attributes=resource,
            exporter=_exporters(env),
            sampler=_sampler(env),
            propagators=_propagators(env),
            batch=_batch(env),
        )


def _exporters(env: Env) -> tuple[ExporterConfig, ...]:
    if env.flag("OTEL_SDK_DISABLED", default=False):
        return (ExporterConfig(kind="none"),)
    kinds = _names(env, "OTEL_TRACES_EXPORTER", "otlp")
    for kind in kinds:
        one_of("OTEL_TRACES_EXPORTER", kind, get_args(ExporterKind))
    makers = {"otlp": _otlp, "zipkin": _zipkin, "file": _file}
    return tuple(makers[kind](env) if kind in makers else _plain(kind) for kind in kinds)


def _plain(kind: str) -> ExporterConfig:
    return ExporterConfig(kind="console" if kind == "console" else "none")


def _otlp(env: Env) -> ExporterConfig:
    protocol = _signal_choice(env, "PROTOCOL", "http/protobuf", get_args(Protocol))
    compression = _signal_choice(env, "COMPRESSION", "none", get_args(Compression))
    exporter = ExporterConfig(
        protocol="grpc" if protocol == "grpc" else "http/protobuf",
        headers=_pairs(env, _signal_name(env, "HEADERS")),
        timeout=_milliseconds(env, _signal_name(env, "TIMEOUT"), 10.0),
        compression="gzip" if compression == "gzip" else "none",
        certificate=env.get(_signal_name(env, "CERTIFICATE")),
    )
    return replace(exporter, endpoint=_otlp_endpoint(env, exporter.protocol))


def _otlp_endpoint(env: Env, protocol: str) -> str | None:
    """The variable for traces is taken as it stands; the common one is a base, as the specification says."""
    own, common = env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), env.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if own is not None:
        http_url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own)
        return own if protocol == "grpc" or urlsplit(own).path else _under(own, "/")
    if common is not None:
        http_url("OTEL_EXPORTER_OTLP_ENDPOINT", common)
        return common if protocol == "grpc" else _under(common, "/v1/traces")
    return None


def _under(base: str, path: str) -> str:
    parts = urlsplit(base)
    return parts._replace(path=parts.path.rstrip("/") + path).geturl()


def _zipkin(env: Env) -> ExporterConfig:
    endpoint = env.get("OTEL_EXPORTER_ZIPKIN_ENDPOINT")
    if endpoint is not None:
        http_url("OTEL_EXPORTER_ZIPKIN_ENDPOINT", endpoint)
    return ExporterConfig(
        kind="zipkin", endpoint=endpoint, timeout=_milliseconds(env, "OTEL_EXPORTER_ZIPKIN_TIMEOUT", 10.0)
    )


def _file(env: Env) -> ExporterConfig:
    return ExporterConfig(kind="file", endpoint=env.get("OTEL_EXPORTER_FILE_PATH"))


def _propagators(env: Env) -> tuple[str, ...]:
    names = _names(env, "OTEL_PROPAGATORS", "tracecontext,baggage")
    for name in names:
        one_of("OTEL_PROPAGATORS", name, known_propagators())
    return tuple(names)


def _sampler(env: Env) -> SamplerConfig:
    kind = env.choice("OTEL_TRACES_SAMPLER", "parentbased_always_on", tuple(SAMPLERS))
    return SamplerConfig(kind=kind, ratio=env.number("OTEL_TRACES_SAMPLER_ARG", 1.0, low=0.0, high=1.0))


def _batch(env: Env) -> BatchConfig:
    queue = env.integer("OTEL_BSP_MAX_QUEUE_SIZE", 2048, low=1, high=1_000_000)
    return BatchConfig(
        max_queue_size=queue,
        max_export_batch_size=env.integer("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", min(512, queue), low=1, high=queue),
        schedule_delay=_milliseconds(env, "OTEL_BSP_SCHEDULE_DELAY", 1.0),
    )


def _signal_name(env: Env, suffix: str) -> str:
    own = f"OTEL_EXPORTER_OTLP_TRACES_{suffix}"
    return own if env.get(own) is not None else f"OTEL_EXPORTER_OTLP_{suffix}"


def _signal_choice(env: Env, suffix: str, default: str, allowed: tuple[str, ...]) -> str:
    return env.choice(_signal_name(env, suffix), default, allowed)


def _milliseconds(env: Env, name: str, default: float) -> float:
    return env.number(name, default * 1000, low=1, high=3_600_000) / 1000


def _names(env: Env, name: str, default: str) -> list[str]:
    text = env.text(name, default)
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip())) or [text]


def _pairs(env: Env, name: str) -> dict[str, str]:
    """Read ``key=value,key=value`` with percent-encoded values; the values are never shown, as they may be secret."""
    pairs: dict[str, str] = {}
    for part in (env.get(name) or "").split(","):
        if not part.strip():
            continue
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"{name}: expected key=value pairs separated by commas, values percent-encoded")
        pairs[key.strip()] = unquote(value.strip())
    return pairs
