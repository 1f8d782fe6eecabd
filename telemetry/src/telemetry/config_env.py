"""The configuration out of ``OTEL_*`` variables.

https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypedDict, Unpack, get_args
from urllib.parse import unquote, urlsplit

from telemetry.checks import http_url, one_of
from telemetry.config import (
    Attributes,
    BatchConfig,
    Compression,
    ExporterConfig,
    ExporterKind,
    LimitsConfig,
    Protocol,
    SamplerConfig,
    TelemetryConfig,
    url_under,
)
from telemetry.env import ConfigError, Env
from telemetry.propagation import known_propagators
from telemetry.resource_kubernetes import kubernetes_from_env
from telemetry.sampling import SAMPLERS
from telemetry.semconv import DEPLOYMENT_ENVIRONMENT_NAME as ENVIRONMENT
from telemetry.semconv import SERVICE_NAME, SERVICE_VERSION


class InCode(TypedDict, total=False):
    """What the program decides itself; each wins over the variables of its field. See `TelemetryConfig`."""

    service_name: str
    service_version: str
    environment: str
    attributes: Attributes
    exporter: ExporterConfig | tuple[ExporterConfig, ...]
    sampler: SamplerConfig
    propagators: tuple[str, ...]
    batch: BatchConfig
    limits: LimitsConfig
    shutdown_budget: float


def read_config(environ: Mapping[str, str], **code: Unpack[InCode]) -> TelemetryConfig:
    """Read what code leaves open; raise ConfigError with one line for a variable that is wrong."""
    env = Env(environ)
    made: dict[str, Any] = {name: read(env) for name, read in _READERS.items() if name not in code}
    resource = {**kubernetes_from_env(environ), **_pairs(env, "OTEL_RESOURCE_ATTRIBUTES"), **code.get("attributes", {})}
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
        client_certificate=env.get(_signal_name(env, "CLIENT_CERTIFICATE")),
        client_key=_client_key(env),
    )
    return replace(exporter, endpoint=_otlp_endpoint(env, exporter.protocol))


def _client_key(env: Env) -> str | None:
    name = _signal_name(env, "CLIENT_KEY")
    key = env.get(name)
    if key is not None and env.get(_signal_name(env, "CLIENT_CERTIFICATE")) is None:
        raise ConfigError(f"{name}={key!r}: expected OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE to be set beside it")
    return key


def _otlp_endpoint(env: Env, protocol: str) -> str | None:
    """The variable for traces is taken as it stands; the common one is a base, as the specification says."""
    own, common = env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"), env.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if own is not None:
        http_url("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", own)
        return own if protocol == "grpc" or urlsplit(own).path else url_under(own, "/")
    if common is not None:
        http_url("OTEL_EXPORTER_OTLP_ENDPOINT", common)
        return common if protocol == "grpc" else url_under(common, "/v1/traces")
    return None


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
    """The argument is what the sampler of that name takes: a ratio, traces a second, or the path of a file."""
    kind = env.choice("OTEL_TRACES_SAMPLER", "parentbased_always_on", tuple(SAMPLERS))
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
        schedule_delay=_milliseconds(env, "OTEL_BSP_SCHEDULE_DELAY", 1.0),
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


_READERS: dict[str, Callable[[Env], object]] = {
    "exporter": _exporters,
    "sampler": _sampler,
    "propagators": _propagators,
    "batch": _batch,
    "limits": _limits,
}
